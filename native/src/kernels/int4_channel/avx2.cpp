// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avx2.h"
#include "kernels/codes/channel.h"
#include "kernels/codes/kernel.h"

namespace ks {

const KernelCode kInt4ChannelAvx2 = CodesKernel<Channel<4>>::kCode;

}  // namespace ks
