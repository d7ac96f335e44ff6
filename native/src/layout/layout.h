// SPDX-License-Identifier: Apache-2.0
// Packed layouts as closed formulas over one panel of columns; ks_layout in the public header states each.
#pragma once

#include <stdint.h>

#include "kleidisharp.h"

namespace ks {

// A weight matrix before packing, or where unpacking puts it. F32: `weights` are f32 [n][k]; INT4_GROUP: codes
// [n][k/2].
template <typename Byte, typename Scale, typename Float>
struct WeightsOf {
    int64_t n;
    int64_t k;
    int64_t group;
    Byte* weights;
    int64_t stride_bytes;
    Scale* scales;
    int64_t scales_stride;
    Float* bias;  // may be null: zeros, or not wanted
};
using Weights = WeightsOf<const uint8_t, const uint16_t, const float>;
using MutableWeights = WeightsOf<uint8_t, uint16_t, float>;

struct Layout {
    int32_t id;
    int32_t format;
    int32_t columns;  // of a panel
    uint64_t (*panel_bytes)(int64_t k, int64_t group);
    // Where in a panel the bias of its columns stands.
    uint64_t (*bias_offset)(int64_t k, int64_t group);
    // Column `n_begin` is the first of the panel.
    void (*pack_panel)(const Weights& from, int64_t n_begin, uint8_t* panel);
    void (*unpack_panel)(const uint8_t* panel, int64_t n_begin, const MutableWeights& to);
};

extern const Layout kF32N16;
extern const Layout kInt4N32K4;
extern const Layout kInt4Nr8Kr8;
extern const Layout kInt4Nr8Kr16;

// The layout of a ks_layout, or null for an unknown one.
const Layout* find_layout(int32_t id);

}  // namespace ks
