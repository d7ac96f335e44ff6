// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avxvnni.h"

#include "kernels/codes/kernel.h"
#include "kernels/q4_0/family.h"

namespace ks {

const KernelCode kQ4AvxVnni = CodesKernel<Q4>::kCode;

}  // namespace ks
