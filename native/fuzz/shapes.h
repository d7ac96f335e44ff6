// SPDX-License-Identifier: Apache-2.0
// Small matrices of every layout. Included by one file of a program, hence the anonymous namespace.
#pragma once

#include <initializer_list>

#include "bytes.h"
#include "format.h"
#include "layout/layout.h"
#include "require.h"

namespace ks_fuzz {
namespace {

// A layout for a vector length.
struct Made {
    const ks::Layout* layout;
    int32_t vector_bytes;
};

// Those whose largest matrix fits the arena.
struct MadeLayouts {
    static constexpr int32_t kMost = 128;
    Made made[kMost];
    int32_t count = 0;

    MadeLayouts() {
        for (int32_t id = 0; id < 256; ++id) {
            for (const int32_t bytes : {0, 16, 32, 64}) {
                if (ks_panel_columns(id, bytes) == 0) continue;
                KS_REQUIRE(count < kMost);
                made[count++] = {ks::find_layout(id), bytes};
            }
        }
        KS_REQUIRE(count > 30);
    }
};

constexpr int32_t kMostRows = 40;
constexpr int32_t kMostK = 96;

inline ks_shape draw_shape(Bytes& bytes) {
    static const MadeLayouts layouts;
    const Made& made = layouts.made[bytes.integer(0, layouts.count - 1)];
    const ks::Format& format = *ks::find_format(made.layout->format);
    ks_shape shape = {};
    shape.struct_size = sizeof shape;
    shape.format = format.id;
    shape.layout = made.layout->id;
    shape.vector_bytes = made.vector_bytes;
    shape.n = bytes.integer(1, kMostRows);
    if (format.grouped) {
        shape.group = 32 * bytes.integer(1, 3);
        shape.k = shape.group == 32 ? 32 * bytes.integer(1, 3) : shape.group;
    } else {
        const int32_t step = static_cast<int32_t>(format.k_step);
        shape.k = step * bytes.integer(1, kMostK / step);
    }
    return shape;
}

}  // namespace
}  // namespace ks_fuzz
