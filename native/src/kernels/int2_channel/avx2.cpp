// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avx2.h"
#include "kernels/codes/channel.h"
#include "kernels/codes/kernel.h"

namespace ks {

const KernelCode kInt2ChannelAvx2 = CodesKernel<Channel<2>>::kCode;

}  // namespace ks
