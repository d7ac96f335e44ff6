// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/neon.h"
#include "kernels/codes/kernel.h"
#include "kernels/q4_0/family.h"

namespace ks {

const KernelCode kQ4Neon = CodesKernel<Q4>::kCode;

}  // namespace ks
