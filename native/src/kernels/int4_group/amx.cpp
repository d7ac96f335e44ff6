// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/amx.h"
#include "kernels/codes/amx_kernel.h"
#include "kernels/int4_group/family.h"

namespace ks {

const KernelCode kInt4GroupAmx = AmxKernel<Int4Group>::kCode;

}  // namespace ks
