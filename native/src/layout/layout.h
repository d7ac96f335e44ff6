// SPDX-License-Identifier: Apache-2.0
// Packed layouts as closed formulas; ks_layout in the public header states each. One table of parameters describes them
// all, and two pieces of code, for floats and for codes, do what it says.
#pragma once

#include <stdint.h>

#include "format.h"
#include "kernel.h"
#include "kleidisharp.h"

namespace ks {

// A weight matrix before packing, or where unpacking puts it; ks_format says what the rows are.
template <typename Byte, typename Float>
struct WeightsOf {
    int64_t n;
    int64_t k;
    int64_t group;
    Byte* weights;
    int64_t stride_bytes;
    Byte* scales;
    int64_t scales_stride;  // elements
    Float* zeros;
    int64_t zeros_stride;
    Float* bias;  // may be null: zeros, or not wanted
};
using Weights = WeightsOf<const uint8_t, const float>;
using MutableWeights = WeightsOf<uint8_t, float>;

// How 32 codes of one column are spread over the panel; ks_layout explains run and distance.
struct CodeOrder {
    int32_t run;
    void (*pack)(const uint8_t* codes, uint8_t* out, int64_t columns, uint8_t flip);
    void (*unpack)(const uint8_t* in, uint8_t* codes, int64_t columns, uint8_t flip);
};

enum class Padding : uint8_t { kZero, kRepeatLastColumn };

// How a number stands in a panel; kNeutral: 1 for a scale and -0 for a bias, the numbers themselves stand in the tail.
enum class Stored : uint8_t { kAbsent, kPlain, kSixteenth, kNeutral };

// Where the scales of groups stand: before or after the codes of their group, or after all codes.
enum class ScalePlace : uint8_t { kFirst, kAfterCodes, kLast };

enum class Sum : uint8_t { kNone, kRowSum, kInt32, kInt32Times16 };

struct Layout {
    int32_t id;
    int32_t format;
    int32_t columns;  // of a panel; 0: vector_bytes / vector_divisor
    int32_t vector_divisor;
    Vectors vectors;  // kAny, kSve or kSme: what vector_bytes is the length of
    Padding padding;
    // Formats with codes only:
    CodeOrder order;
    uint8_t flip;  // codes are XORed with it
    ScalePlace scale_place;
    Stored group_scale;
    Sum sum;
    Stored channel_scale;
    // All formats again; for floats kNeutral is -0 of the type of the weights.
    Stored bias;  // kPlain: in the panel; else in the tail
    // Formats of floats only: how many values of k of a column stand together.
    int32_t run = 1;
};

// A layout with the shape of a matrix.
struct PackedMatrix {
    const Layout* layout;
    const Format* format;
    int64_t n;
    int64_t k;
    int64_t group;
    int64_t vector_bytes;

    int64_t columns() const { return layout->columns != 0 ? layout->columns : vector_bytes / layout->vector_divisor; }
    int64_t panels() const { return (n - 1) / columns() + 1; }
    int64_t padded_n() const { return panels() * columns(); }
    bool tail_scale() const { return layout->channel_scale == Stored::kNeutral; }
    bool tail_bias() const { return layout->bias != Stored::kPlain; }
    uint64_t tail_bytes() const {
        return static_cast<uint64_t>(padded_n() * (tail_scale() + tail_bias())) * sizeof(float);
    }
    uint64_t panel_bytes() const;
    // Panels and tail.
    uint64_t payload_bytes() const { return static_cast<uint64_t>(panels()) * panel_bytes() + tail_bytes(); }
    // Where the bias of a column stands, in bytes from the first panel on.
    uint64_t bias_offset(int64_t column) const;
};

// Packs panel `index`, and its part of the tail.
void pack_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels);

void unpack_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to);

// The layout of a ks_layout, or null for an unknown one.
const Layout* find_layout(int32_t id);

// Whether `vector_bytes` is one that the layout can be made for.
bool vector_allowed(const Layout& layout, int64_t vector_bytes);

}  // namespace ks
