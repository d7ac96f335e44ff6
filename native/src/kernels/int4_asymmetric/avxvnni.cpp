// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avxvnni.h"

#include "kernels/codes/kernel.h"
#include "kernels/int4_asymmetric/family.h"

namespace ks {

const KernelCode kInt4AsymmetricAvxVnni = CodesKernel<Int4Asymmetric>::kCode;

}  // namespace ks
