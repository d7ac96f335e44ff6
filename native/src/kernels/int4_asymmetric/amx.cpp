// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/amx.h"
#include "kernels/codes/amx_kernel.h"
#include "kernels/int4_asymmetric/family.h"

namespace ks {

const KernelCode kInt4AsymmetricAmx = AmxKernel<Int4Asymmetric>::kCode;

}  // namespace ks
