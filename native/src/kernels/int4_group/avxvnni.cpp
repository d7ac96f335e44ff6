// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avxvnni.h"

#include "kernels/codes/kernel.h"
#include "kernels/int4_group/family.h"

namespace ks {

const KernelCode kInt4GroupAvxVnni = CodesKernel<Int4Group>::kCode;

}  // namespace ks
