// SPDX-License-Identifier: Apache-2.0
// Panels of floats: the bias of the columns, then for each k their weights.
#include <string.h>

#include "layout/panels.h"

namespace ks {
namespace {

template <typename Element>
struct FloatPanel {
    static void pack(const Weights& from, int64_t width, int64_t n_begin, uint8_t* panel) {
        const int64_t columns = from.n - n_begin < width ? from.n - n_begin : width;
        if (columns < width) {
            memset(panel, 0, static_cast<uint64_t>(width) * (sizeof(float) + static_cast<uint64_t>(from.k) * sizeof(Element)));
        }
        float* bias = reinterpret_cast<float*>(panel);
        for (int64_t c = 0; c < columns; ++c) bias[c] = from.bias != nullptr ? from.bias[n_begin + c] : 0.0f;
        Element* out = reinterpret_cast<Element*>(bias + width);
        for (int64_t c = 0; c < columns; ++c) {
            const Element* row = reinterpret_cast<const Element*>(from.weights + (n_begin + c) * from.stride_bytes);
            for (int64_t k = 0; k < from.k; ++k) out[k * width + c] = row[k];
        }
    }

    static void unpack(const uint8_t* panel, int64_t width, int64_t n_begin, const MutableWeights& to) {
        const int64_t columns = to.n - n_begin < width ? to.n - n_begin : width;
        const float* bias = reinterpret_cast<const float*>(panel);
        const Element* in = reinterpret_cast<const Element*>(bias + width);
        for (int64_t c = 0; c < columns; ++c) {
            Element* row = reinterpret_cast<Element*>(to.weights + (n_begin + c) * to.stride_bytes);
            if (to.bias != nullptr) to.bias[n_begin + c] = bias[c];
            for (int64_t k = 0; k < to.k; ++k) row[k] = in[k * width + c];
        }
    }
};

}  // namespace

void pack_float_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels) {
    const int64_t width = matrix.columns();
    uint8_t* panel = panels + static_cast<uint64_t>(index) * matrix.panel_bytes();
    const auto pack = matrix.format->element_bytes == 4 ? FloatPanel<uint32_t>::pack : FloatPanel<uint16_t>::pack;
    pack(from, width, index * width, panel);
}

void unpack_float_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to) {
    const int64_t width = matrix.columns();
    const uint8_t* panel = panels + static_cast<uint64_t>(index) * matrix.panel_bytes();
    const auto unpack =
        matrix.format->element_bytes == 4 ? FloatPanel<uint32_t>::unpack : FloatPanel<uint16_t>::unpack;
    unpack(panel, width, index * width, to);
}

}  // namespace ks
