// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/amx.h"
#include "kernels/codes/amx_kernel.h"
#include "kernels/q4_0/family.h"

namespace ks {

const KernelCode kQ4Amx = AmxKernel<Q4>::kCode;

}  // namespace ks
