// SPDX-License-Identifier: Apache-2.0
// Panels of floats: the bias of the columns, then for each run of k their weights.
#include <string.h>

#include "layout/panels.h"

namespace ks {
namespace {

constexpr uint16_t kMinusZero = 0x8000;  // of f16 and bf16

uint64_t bias_bytes(const PackedMatrix& matrix) {
    return static_cast<uint64_t>(matrix.columns()) * (matrix.tail_bias() ? sizeof kMinusZero : sizeof(float));
}

// One panel of a matrix; Element is an unsigned integer of the size of the weights.
template <typename Element>
struct FloatPanel {
    const PackedMatrix& matrix;
    int64_t n_begin;

    int64_t width() const { return matrix.columns(); }
    int64_t columns() const { return matrix.n - n_begin < width() ? matrix.n - n_begin : width(); }

    // Calls visit(place in the panel, k) for every weight of a column.
    template <typename Visit>
    void for_each(int64_t column, Visit visit) const {
        const int64_t run = matrix.layout->run;
        for (int64_t k = 0; k < matrix.k; k += run) {
            const int64_t place = k * width() + column * run;
            for (int64_t j = 0; j < run && k + j < matrix.k; ++j) visit(place + j, k + j);
        }
    }

    void pack(const Weights& from, uint8_t* panel, uint8_t* panels) const {
        if (columns() < width() || matrix.k % matrix.layout->run != 0) memset(panel, 0, matrix.panel_bytes());
        for (int64_t c = 0; c < width(); ++c) {
            const float bias = c < columns() && from.bias != nullptr ? from.bias[n_begin + c] : 0.0f;
            memcpy(panels + matrix.bias_offset(n_begin + c), &bias, sizeof bias);
        }
        Element* out = reinterpret_cast<Element*>(panel + bias_bytes(matrix));
        for (int64_t c = 0; c < columns(); ++c) {
            if (matrix.tail_bias()) memcpy(panel + c * sizeof kMinusZero, &kMinusZero, sizeof kMinusZero);
            const Element* row = reinterpret_cast<const Element*>(from.weights + (n_begin + c) * from.stride_bytes);
            for_each(c, [&](int64_t place, int64_t k) { out[place] = row[k]; });
        }
    }

    void unpack(const uint8_t* panel, const uint8_t* panels, const MutableWeights& to) const {
        const Element* in = reinterpret_cast<const Element*>(panel + bias_bytes(matrix));
        for (int64_t c = 0; c < columns(); ++c) {
            Element* row = reinterpret_cast<Element*>(to.weights + (n_begin + c) * to.stride_bytes);
            if (to.bias != nullptr) {
                memcpy(to.bias + n_begin + c, panels + matrix.bias_offset(n_begin + c), sizeof(float));
            }
            for_each(c, [&](int64_t place, int64_t k) { row[k] = in[place]; });
        }
    }
};

}  // namespace

uint64_t float_panel_bytes(const PackedMatrix& matrix) {
    const int64_t run = matrix.layout->run;
    const uint64_t padded_k = static_cast<uint64_t>(matrix.k / run + (matrix.k % run != 0)) * run;
    return bias_bytes(matrix) + static_cast<uint64_t>(matrix.columns()) * padded_k * matrix.format->element_bytes;
}

void pack_float_panel(const PackedMatrix& matrix, const Weights& from, int64_t index, uint8_t* panels) {
    uint8_t* panel = panels + static_cast<uint64_t>(index) * matrix.panel_bytes();
    const int64_t n_begin = index * matrix.columns();
    if (matrix.format->element_bytes == 4) {
        FloatPanel<uint32_t>{matrix, n_begin}.pack(from, panel, panels);
    } else {
        FloatPanel<uint16_t>{matrix, n_begin}.pack(from, panel, panels);
    }
}

void unpack_float_panel(const PackedMatrix& matrix, const uint8_t* panels, int64_t index, const MutableWeights& to) {
    const uint8_t* panel = panels + static_cast<uint64_t>(index) * matrix.panel_bytes();
    const int64_t n_begin = index * matrix.columns();
    if (matrix.format->element_bytes == 4) {
        FloatPanel<uint32_t>{matrix, n_begin}.unpack(panel, panels, to);
    } else {
        FloatPanel<uint16_t>{matrix, n_begin}.unpack(panel, panels, to);
    }
}

}  // namespace ks
