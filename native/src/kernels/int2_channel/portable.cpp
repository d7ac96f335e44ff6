// SPDX-License-Identifier: Apache-2.0
// int2 per channel in plain C++. Reads KS_LAYOUT_INT2_CHANNEL_N32K4.
#include "kernels/portable.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

struct Int2Channel : PerChannel<2, Int2Channel> {
    static float result(int32_t t, float scale_x, float scale_w) { return static_cast<float>(t) * (scale_x * scale_w); }
};

}  // namespace

const KernelCode kInt2ChannelPortable = Portable<Int2Channel>::kCode;

}  // namespace ks
