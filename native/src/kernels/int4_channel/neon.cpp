// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/neon.h"
#include "kernels/codes/channel.h"
#include "kernels/codes/kernel.h"

namespace ks {

const KernelCode kInt4ChannelNeon = CodesKernel<Channel<4>>::kCode;

}  // namespace ks
