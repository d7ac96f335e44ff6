// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/amx.h"
#include "kernels/codes/amx_kernel.h"
#include "kernels/codes/channel.h"

namespace ks {

const KernelCode kInt2ChannelAmx = AmxKernel<Channel<2>>::kCode;

}  // namespace ks
