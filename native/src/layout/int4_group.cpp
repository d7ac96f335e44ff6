// SPDX-License-Identifier: Apache-2.0
// The int4 layouts differ in four numbers: columns of a panel, bytes of a column that stand together, the value that
// the bytes are XORed with, and what pads the last panel.
#include <string.h>

#include "float_bits.h"
#include "layout/layout.h"

namespace ks {
namespace {

enum class Padding { kZeroWeights, kRepeatLastColumn };

constexpr int kPiece = 32;               // values of k that are interleaved with one another
constexpr int kPieceBytes = kPiece / 2;  // of one column

// Codes 8, which stand for 0.
constexpr uint8_t kZeroPiece[kPieceBytes] = {0x88, 0x88, 0x88, 0x88, 0x88, 0x88, 0x88, 0x88,
                                             0x88, 0x88, 0x88, 0x88, 0x88, 0x88, 0x88, 0x88};

template <int kColumns, int kRun, uint8_t kFlip, Padding kPadding>
struct Int4Group {
    static constexpr int kPanelPieceBytes = kColumns * kPieceBytes;

    static uint64_t panel_bytes(int64_t k, int64_t group) {
        return kColumns * static_cast<uint64_t>(k / 2 + 2 * (k / group) + 8);
    }

    static uint64_t bias_offset(int64_t k, int64_t group) { return panel_bytes(k, group) - kColumns * sizeof(float); }

    // 32 codes of one column, the even k in the low nibble, spread over the column's runs of a piece.
    static void pack_piece(const uint8_t* codes, uint8_t* out) {
        for (int j = 0; j < kPieceBytes; ++j) {
            const int shift = j % 2 * 4;
            const int low = (codes[j / 2] >> shift) & 15;
            const int high = (codes[8 + j / 2] >> shift) & 15;
            out[j / kRun * (kColumns * kRun) + j % kRun] = static_cast<uint8_t>((low | high << 4) ^ kFlip);
        }
    }

    static void unpack_piece(const uint8_t* in, uint8_t* codes) {
        for (int j = 0; j < kPieceBytes; j += 2) {
            const uint8_t* pair = in + j / kRun * (kColumns * kRun) + j % kRun;
            const int first = pair[0] ^ kFlip;
            const int second = pair[1] ^ kFlip;
            codes[j / 2] = static_cast<uint8_t>((first & 15) | (second & 15) << 4);
            codes[8 + j / 2] = static_cast<uint8_t>(first >> 4 | (second & 0xF0));
        }
    }

    static int sum_of_piece(const uint8_t* codes) {
        int sum = -8 * kPiece;
        for (int j = 0; j < kPieceBytes; ++j) sum += (codes[j] & 15) + (codes[j] >> 4);
        return sum;
    }

    static void pack_panel(const Weights& from, int64_t n_begin, uint8_t* panel) {
        float rowsum[kColumns] = {};
        for (int64_t group = 0; group < from.k / from.group; ++group) {
            uint8_t* scales = panel + from.group / kPiece * kPanelPieceBytes;
            for (int c = 0; c < kColumns; ++c) {
                const int64_t n = source_column(from, n_begin + c);
                const uint16_t scale_bits = n < 0 ? uint16_t{0} : from.scales[n * from.scales_stride + group];
                const float scale = bf16_to_float(scale_bits);
                const uint8_t* codes = n < 0 ? nullptr : from.weights + n * from.stride_bytes + group * from.group / 2;
                for (int64_t piece = 0; piece < from.group / kPiece; ++piece) {
                    const uint8_t* in = codes == nullptr ? kZeroPiece : codes + piece * kPieceBytes;
                    pack_piece(in, panel + piece * kPanelPieceBytes + c * kRun);
                    rowsum[c] = rowsum[c] + static_cast<float>(sum_of_piece(in)) * scale;
                }
                memcpy(scales + c * sizeof scale_bits, &scale_bits, sizeof scale_bits);
            }
            panel = scales + kColumns * sizeof(uint16_t);
        }
        float bias[kColumns] = {};
        for (int c = 0; c < kColumns; ++c) {
            const int64_t n = source_column(from, n_begin + c);
            if (n >= 0 && from.bias != nullptr) bias[c] = from.bias[n];
            // Infinite parts of opposite sign: which NaN comes out depends on the processor, the blob does not.
            if (is_nan(rowsum[c])) rowsum[c] = bits_to_float(kQuietNan);
        }
        memcpy(panel, rowsum, sizeof rowsum);
        memcpy(panel + sizeof rowsum, bias, sizeof bias);
    }

    static void unpack_panel(const uint8_t* panel, int64_t n_begin, const MutableWeights& to) {
        const int columns = static_cast<int>(to.n - n_begin < kColumns ? to.n - n_begin : kColumns);
        for (int64_t group = 0; group < to.k / to.group; ++group) {
            const uint8_t* scales = panel + to.group / kPiece * kPanelPieceBytes;
            for (int c = 0; c < columns; ++c) {
                const int64_t n = n_begin + c;
                uint8_t* codes = to.weights + n * to.stride_bytes + group * to.group / 2;
                for (int64_t piece = 0; piece < to.group / kPiece; ++piece) {
                    unpack_piece(panel + piece * kPanelPieceBytes + c * kRun, codes + piece * kPieceBytes);
                }
                memcpy(&to.scales[n * to.scales_stride + group], scales + c * sizeof(uint16_t), sizeof(uint16_t));
            }
            panel = scales + kColumns * sizeof(uint16_t);
        }
        if (to.bias != nullptr) memcpy(to.bias + n_begin, panel + kColumns * sizeof(float), columns * sizeof(float));
    }

  private:
    // The column of the source that column n of the last panel shows; -1 for zero weights.
    static int64_t source_column(const Weights& from, int64_t n) {
        if (n < from.n) return n;
        return kPadding == Padding::kRepeatLastColumn ? from.n - 1 : -1;
    }
};

template <typename Formula>
constexpr Layout layout_of(int32_t id, int32_t columns) {
    return {id,
            KS_FORMAT_INT4_GROUP,
            columns,
            Formula::panel_bytes,
            Formula::bias_offset,
            Formula::pack_panel,
            Formula::unpack_panel};
}

}  // namespace

const Layout kInt4N32K4 = layout_of<Int4Group<32, 4, 0x00, Padding::kZeroWeights>>(KS_LAYOUT_INT4_N32K4, 32);
const Layout kInt4Nr8Kr8 = layout_of<Int4Group<8, 4, 0x88, Padding::kRepeatLastColumn>>(KS_LAYOUT_INT4_NR8KR8, 8);
const Layout kInt4Nr8Kr16 = layout_of<Int4Group<8, 8, 0x88, Padding::kRepeatLastColumn>>(KS_LAYOUT_INT4_NR8KR16, 8);

}  // namespace ks
