// SPDX-License-Identifier: Apache-2.0
// int4 per channel in plain C++. Reads KS_LAYOUT_INT4_CHANNEL_N32K4.
#include "kernels/portable.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

struct Int4Channel : PerChannel<4, Int4Channel> {
    static float result(int32_t t, float scale_x, float scale_w) {
        const int32_t sixteenfold = static_cast<int32_t>(static_cast<uint32_t>(t) * 16);
        return static_cast<float>(sixteenfold) * (scale_x * (scale_w / 16.0f));
    }
};

}  // namespace

const KernelCode kInt4ChannelPortable = Portable<Int4Channel>::kCode;

}  // namespace ks
