// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/neon.h"
#include "kernels/codes/kernel.h"
#include "kernels/int4_asymmetric/family.h"

namespace ks {

const KernelCode kInt4AsymmetricNeon = CodesKernel<Int4Asymmetric>::kCode;

}  // namespace ks
