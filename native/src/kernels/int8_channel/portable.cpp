// SPDX-License-Identifier: Apache-2.0
// int8 per channel in plain C++. Reads KS_LAYOUT_INT8_CHANNEL_N32K4.
#include "kernels/portable.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

struct Int8Channel : PerChannel<8, Int8Channel> {
    static float result(int32_t t, float scale_x, float scale_w) { return static_cast<float>(t) * (scale_x * scale_w); }
};

}  // namespace

const KernelCode kInt8ChannelPortable = Portable<Int8Channel>::kCode;

}  // namespace ks
