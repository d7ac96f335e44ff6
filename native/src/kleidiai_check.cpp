// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "cpu.h"
#include "error.h"
#include "float_bits.h"
#include "kai/kai_common.h"
#include "kernels/kleidiai/kleidiai_layout.h"
#include "kleidiai.h"

namespace ks {
namespace {

const KleidiAILayouts* const families[] = {
    &kFloatKleidiAILayouts,
    &kF32SmeLayouts,
    &kInt4GroupKleidiAILayouts,
    &kInt4GroupSmeLayouts,
    &kInt4ChannelKleidiAILayouts,
    &kInt4ChannelSmeLayouts,
    &kInt8ChannelKleidiAILayouts,
    &kInt8ChannelSmeLayouts,
    &kInt2ChannelKleidiAILayouts,
    &kInt2ChannelSmeLayouts,
    &kQ4KleidiAILayouts,
    &kQ4SmeLayouts,
    &kInt4AsymmetricKleidiAILayouts,
    &kInt4AsymmetricSmeLayouts,
};

// Numerical Recipes' linear congruential generator; its high bits serve.
struct Random {
    uint32_t state = 1;

    uint32_t next() {
        state = state * 1664525 + 1013904223;
        return state >> 16;
    }
    // Magnitudes from 2^-10 to 2^10, as bf16: far enough apart that sums are rounded and their order shows, near enough
    // that no term drowns.
    uint16_t bf16() {
        const uint32_t exponent = 117 + next() % 20;
        return static_cast<uint16_t>((next() & 0x8000) | exponent << 7 | (next() & 0x7F));
    }
    float f32() {
        const uint32_t high = bf16();
        return bits_to_float(high << 16 | next());
    }
};

constexpr int64_t kPanels = 2;
constexpr int64_t kMostGroups = kMostPackedValues / 32;

// A matrix of two panels, in the form of its ks_format.
struct Source {
    alignas(float) uint8_t codes[kMostPackedValues];
    alignas(float) uint8_t scales[kMostGroups * sizeof(float)];
    float zeros[kMostGroups];
    float bias[kMostPackedColumns];

    Weights draw(const PackedMatrix& matrix) {
        const Format& format = *matrix.format;
        const int64_t scales_per_row = format.scales_per_row(matrix.k, matrix.group);
        Random random;
        for (int64_t i = 0; i < matrix.n * format.row_bytes(matrix.k); i += 2) {
            const uint16_t bits = format.element_bytes == 2 ? random.bf16() : static_cast<uint16_t>(random.next());
            memcpy(codes + i, &bits, sizeof bits);
        }
        if (format.id == KS_FORMAT_Q4_0) {
            // Finite scales, even 16 times as large.
            for (int64_t i = 1; i < matrix.n * format.row_bytes(matrix.k); i += kQ4BlockBytes) codes[i] &= 0xBF;
        }
        for (int64_t i = 0; i < matrix.n * scales_per_row; ++i) {
            const uint32_t bits = format.scales == ScaleType::kF32 ? float_to_bits(random.f32()) : random.bf16();
            memcpy(scales + static_cast<uint64_t>(i) * format.scale_bytes(), &bits, format.scale_bytes());
            zeros[i] = random.f32();
        }
        for (int64_t i = 0; i < matrix.n; ++i) bias[i] = random.f32();
        return {matrix.n, matrix.k,       matrix.group, codes,          format.row_bytes(matrix.k),
                scales,   scales_per_row, zeros,        scales_per_row, bias};
    }

    // What stands in the panels where the real ones stand in the tail.
    void make_neutral(const PackedMatrix& matrix) {
        const float one = 1;
        for (int64_t i = 0; i < matrix.n; ++i) {
            if (matrix.tail_scale()) memcpy(scales + i * static_cast<int64_t>(sizeof one), &one, sizeof one);
            if (matrix.tail_bias()) bias[i] = -0.0f;
        }
    }
};

bool may_ask(const Ukernel& ukernel) {
    switch (ukernel.vectors) {
        case Vectors::kAny:
            return true;
        case Vectors::kSve256:
            return cpu_sve_bytes() == 32;
        case Vectors::kSve:
            return cpu_sve_bytes() != 0;
        default:
            return cpu_sme_bytes() != 0;
    }
}

bool tile_agrees(const Ukernel& ukernel, size_t columns) {
    if (!may_ask(ukernel)) return true;
    const bool sme = ukernel.vectors == Vectors::kSme;
    const UkernelTile own = sme ? ukernel.tile.for_vectors(cpu_sme_bytes()) : ukernel.tile;
    const UkernelTile linked = ukernel.linked_tile();
    return linked.mr == own.mr && linked.nr == columns && linked.kr == own.kr && linked.sr == own.sr;
}

bool bytes_agree(const KleidiAILayout& row, const PackedMatrix& matrix) {
    constexpr int64_t kMostBytes = kMostPackedValues + kMostPackedColumns * 20 + kMostGroups * 8;
    alignas(KS_ALIGNMENT) uint8_t ours[kMostBytes] = {};
    alignas(KS_ALIGNMENT) uint8_t theirs[kMostBytes] = {};
    Source source;
    const Weights weights = source.draw(matrix);
    if (matrix.payload_bytes() > sizeof ours) return false;
    for (int64_t panel = 0; panel < matrix.panels(); ++panel) pack_panel(matrix, weights, panel, ours);

    UkernelTile tile = row.ukernels[0]->tile;
    tile.nr = static_cast<size_t>(matrix.columns());
    source.make_neutral(matrix);
    row.pack(weights, tile, theirs);
    return memcmp(ours, theirs, static_cast<uint64_t>(matrix.panels()) * matrix.panel_bytes()) == 0;
}

bool agrees(const KleidiAILayout& row) {
    const Layout& layout = *find_layout(row.layout);
    const Format& format = *find_format(layout.format);
    const int64_t vector_bytes = layout.vectors == Vectors::kSve   ? cpu_sve_bytes()
                                 : layout.vectors == Vectors::kSme ? cpu_sme_bytes()
                                                                   : 0;
    if (!vector_allowed(layout, vector_bytes) || (row.pack_needs & ~cpu_features()) != 0) return true;
    PackedMatrix matrix = {&layout, &format, 0, 0, 0, vector_bytes};
    const int64_t columns = matrix.columns();
    for (const Ukernel* ukernel : row.ukernels) {
        if (ukernel != nullptr && !tile_agrees(*ukernel, static_cast<size_t>(columns))) return false;
    }
    // A whole panel and one with a tail; where the panel holds neutral numbers, so does the padding, unlike KleidiAI's,
    // and for SME some of that is not written.
    const bool whole =
        layout.channel_scale == Stored::kNeutral || layout.bias == Stored::kNeutral || layout.vectors == Vectors::kSme;
    matrix.n = kPanels * columns - (whole ? 0 : 1);
    const int64_t element_bytes = format.is_float() ? format.element_bytes : 1;
    const int64_t longest = kMostPackedValues / (kPanels * columns * element_bytes);
    matrix.k = longest < 512 ? longest : 512;
    if (format.k_step == 1) matrix.k -= 5;
    if (!format.grouped) return bytes_agree(row, matrix);
    for (int64_t group = 32; group <= 64; group += 32) {
        matrix.group = group;
        if (matrix.k % group == 0 && !bytes_agree(row, matrix)) return false;
    }
    return true;
}

}  // namespace

const char* kleidiai_version() { return kai_get_version(); }

int32_t kleidiai_check_layout(int32_t layout) {
    for (const KleidiAILayouts* family : families) {
        for (const KleidiAILayout& row : *family) {
            if (row.layout != layout || agrees(row)) continue;
            return fail(KS_ERROR_LAYOUT_MISMATCH, "layout %d is not what KleidiAI %s packs and reads", layout,
                        kai_get_version());
        }
    }
    return KS_OK;
}

}  // namespace ks
