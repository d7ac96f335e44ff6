// SPDX-License-Identifier: Apache-2.0
#include "kernels/codes/avxvnni.h"

#include "kernels/codes/channel.h"
#include "kernels/codes/kernel.h"

namespace ks {

const KernelCode kInt8ChannelAvxVnni = CodesKernel<Channel<8>>::kCode;

}  // namespace ks
