// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "layout/layout.h"

namespace ks {
namespace {

constexpr int kColumns = 16;

uint64_t panel_bytes(int64_t k, int64_t) { return kColumns * (static_cast<uint64_t>(k) + 1) * sizeof(float); }

uint64_t bias_offset(int64_t, int64_t) { return 0; }

int columns_of(int64_t n, int64_t n_begin) { return static_cast<int>(n - n_begin < kColumns ? n - n_begin : kColumns); }

void pack_panel(const Weights& from, int64_t n_begin, uint8_t* panel) {
    const int columns = columns_of(from.n, n_begin);
    float* out = reinterpret_cast<float*>(panel);
    if (columns < kColumns) memset(panel, 0, panel_bytes(from.k, 0));
    const float* rows[kColumns];
    for (int c = 0; c < columns; ++c) {
        rows[c] = reinterpret_cast<const float*>(from.weights + (n_begin + c) * from.stride_bytes);
        out[c] = from.bias != nullptr ? from.bias[n_begin + c] : 0.0f;
    }
    for (int64_t k = 0; k < from.k; ++k) {
        for (int c = 0; c < columns; ++c) out[(k + 1) * kColumns + c] = rows[c][k];
    }
}

void unpack_panel(const uint8_t* panel, int64_t n_begin, const MutableWeights& to) {
    const int columns = columns_of(to.n, n_begin);
    const float* in = reinterpret_cast<const float*>(panel);
    for (int c = 0; c < columns; ++c) {
        float* row = reinterpret_cast<float*>(to.weights + (n_begin + c) * to.stride_bytes);
        if (to.bias != nullptr) to.bias[n_begin + c] = in[c];
        for (int64_t k = 0; k < to.k; ++k) row[k] = in[(k + 1) * kColumns + c];
    }
}

}  // namespace

const Layout kF32N16 = {KS_LAYOUT_F32_N16, KS_FORMAT_F32, kColumns, panel_bytes, bias_offset, pack_panel, unpack_panel};

}  // namespace ks
