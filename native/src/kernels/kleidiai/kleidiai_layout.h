// SPDX-License-Identifier: Apache-2.0
// The layouts of the table that are KleidiAI's, each with its packer and the micro-kernels that read it: what
// ks_verify_layout() compares with. Each family says which are its own.
#pragma once

#include "kernels/kleidiai/ukernel.h"
#include "layout/layout.h"

namespace ks {

constexpr int kMostUkernels = 4;

struct KleidiAILayout {
    int32_t layout;
    const Ukernel* ukernels[kMostUkernels];  // one or more, then null
    // Packs rows without gaps, in the form of their ks_format, as KleidiAI does for a tile.
    void (*pack)(const Weights& from, const UkernelTile& tile, uint8_t* to);
    uint64_t pack_needs = 0;  // ks_cpu_feature bits
};

struct KleidiAILayouts {
    const KleidiAILayout* first;
    int64_t count;

    template <int64_t kCount>
    constexpr KleidiAILayouts(const KleidiAILayout (&all)[kCount]) : first(all), count(kCount) {}
    const KleidiAILayout* begin() const { return first; }
    const KleidiAILayout* end() const { return first + count; }
};

extern const KleidiAILayouts kFloatKleidiAILayouts;
extern const KleidiAILayouts kF32SmeLayouts;
extern const KleidiAILayouts kInt4GroupKleidiAILayouts;
extern const KleidiAILayouts kInt4GroupSmeLayouts;
extern const KleidiAILayouts kInt4ChannelKleidiAILayouts;
extern const KleidiAILayouts kInt4ChannelSmeLayouts;
extern const KleidiAILayouts kInt8ChannelKleidiAILayouts;
extern const KleidiAILayouts kInt8ChannelSmeLayouts;
extern const KleidiAILayouts kInt2ChannelKleidiAILayouts;
extern const KleidiAILayouts kInt2ChannelSmeLayouts;
extern const KleidiAILayouts kQ4KleidiAILayouts;
extern const KleidiAILayouts kQ4SmeLayouts;
extern const KleidiAILayouts kInt4AsymmetricKleidiAILayouts;
extern const KleidiAILayouts kInt4AsymmetricSmeLayouts;

// What pack() is called with, at most: values of k in all rows, and rows.
constexpr int64_t kMostPackedValues = 16384;
constexpr int64_t kMostPackedColumns = 512;

}  // namespace ks
