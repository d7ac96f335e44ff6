// SPDX-License-Identifier: Apache-2.0
// int4 groups in plain C++. Activations are prepared row by row: int8 codes, then what they mean.
#include <string.h>

#include "activations.h"
#include "float_bits.h"
#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr int kColumns = 32;
constexpr int kPiece = 32;  // values of k between two lines of a panel's formula
constexpr int kPieceBytes = kColumns * kPiece / 2;
constexpr int kTileRows = 8;  // rows that share the decoding of a piece

int64_t lhs_stride(int64_t k) { return k + static_cast<int64_t>(sizeof(RowQuantization)); }

uint64_t lhs_size(int64_t m, int64_t k, int64_t) { return static_cast<uint64_t>(m * lhs_stride(k)); }

int64_t lhs_pieces(int64_t m) { return m; }

void pack_lhs(const MatMul& mm, int64_t row) {
    uint8_t* lhs = mm.lhs + row * lhs_stride(mm.k);
    const RowQuantization quantization = quantize_row(mm.x + row * mm.x_stride, mm.k, reinterpret_cast<int8_t*>(lhs));
    memcpy(lhs + mm.k, &quantization, sizeof quantization);
}

// Weights of one piece as [column][k], less the offset of 8.
void decode_piece(const uint8_t* packed, int16_t (&weights)[kColumns][kPiece]) {
    for (int i = 0; i < kPieceBytes; ++i) {
        const int t = i / (4 * kColumns);
        const int column = i / 4 % kColumns;
        const int k = 4 * t + i % 4;
        weights[column][k] = static_cast<int16_t>((packed[i] & 15) - 8);
        weights[column][k + 16] = static_cast<int16_t>((packed[i] >> 4) - 8);
    }
}

void run_tile(const MatMul& mm, const uint8_t* panel, int64_t row_begin, int rows, int64_t n_begin, int columns) {
    float acc[kTileRows][kColumns] = {};
    for (int64_t k = 0; k < mm.k;) {
        int32_t sums[kTileRows][kColumns] = {};
        for (const int64_t group_end = k + mm.group; k < group_end; k += kPiece, panel += kPieceBytes) {
            int16_t weights[kColumns][kPiece];
            decode_piece(panel, weights);
            for (int r = 0; r < rows; ++r) {
                const int8_t* codes = reinterpret_cast<const int8_t*>(mm.lhs) + (row_begin + r) * lhs_stride(mm.k) + k;
                int16_t wide[kPiece];
                for (int i = 0; i < kPiece; ++i) wide[i] = codes[i];
                for (int c = 0; c < kColumns; ++c) {
                    int32_t sum = 0;
                    for (int i = 0; i < kPiece; ++i) sum += wide[i] * weights[c][i];
                    sums[r][c] += sum;
                }
            }
        }
        uint16_t scales[kColumns];
        memcpy(scales, panel, sizeof scales);
        panel += sizeof scales;
        for (int r = 0; r < rows; ++r) {
            for (int c = 0; c < kColumns; ++c) {
                acc[r][c] = fused_multiply_add(static_cast<float>(sums[r][c]), bf16_to_float(scales[c]), acc[r][c]);
            }
        }
    }
    float rowsum[kColumns];
    float bias[kColumns];
    memcpy(rowsum, panel, sizeof rowsum);
    memcpy(bias, panel + sizeof rowsum, sizeof bias);
    for (int r = 0; r < rows; ++r) {
        RowQuantization quantization;
        memcpy(&quantization, mm.lhs + (row_begin + r) * lhs_stride(mm.k) + mm.k, sizeof quantization);
        const float negative_zero_point = static_cast<float>(-quantization.zero_point);
        float* y = mm.y + (row_begin + r) * mm.y_stride + n_begin;
        for (int c = 0; c < columns; ++c) {
            const float sum = fused_multiply_add(rowsum[c], negative_zero_point, acc[r][c]);
            y[c] = clamp_result(sum * quantization.scale + bias[c], mm.lo, mm.hi);
        }
    }
}

void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
    const int64_t panel_bytes = kColumns * (mm.k / 2 + 2 * (mm.k / mm.group) + 8);
    for (int64_t n = n_begin; n < n_end; n += kColumns) {
        const uint8_t* panel = mm.panels + n / kColumns * panel_bytes;
        const int columns = static_cast<int>(n_end - n < kColumns ? n_end - n : kColumns);
        for (int64_t row = 0; row < mm.m; row += kTileRows) {
            const int rows = static_cast<int>(mm.m - row < kTileRows ? mm.m - row : kTileRows);
            run_tile(mm, panel, row, rows, n, columns);
        }
    }
}

}  // namespace

const KernelCode kInt4GroupPortable = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};

}  // namespace ks
