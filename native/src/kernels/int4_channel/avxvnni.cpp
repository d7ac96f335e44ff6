// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avxvnni.h"

#include "kernels/codes/channel.h"
#include "kernels/codes/kernel.h"

namespace ks {

const KernelCode kInt4ChannelAvxVnni = CodesKernel<Channel<4>>::kCode;

}  // namespace ks
