// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/neon.h"
#include "kernels/codes/kernel.h"
#include "kernels/int4_group/family.h"

namespace ks {

const KernelCode kInt4GroupNeon = CodesKernel<Int4Group>::kCode;

}  // namespace ks
