// SPDX-License-Identifier: Apache-2.0
// Products of codes in plain C++, for every format with codes and its layout N32K4. A panel of 32 columns consists of
// groups, each its codes and then the numbers that belong to them, and of an end, of which the bias is the last. A
// channel counts as one group.
#pragma once

#include <string.h>

#include "activations.h"
#include "float_bits.h"
#include "kernel.h"

namespace ks {
namespace {

constexpr int kColumns = 32;
constexpr int kPiece = 32;    // values of k that are decoded at once
constexpr int kTileRows = 8;  // rows that share the decoding

constexpr int64_t padded_k(int64_t k) { return (k + kPiece - 1) / kPiece * kPiece; }

// Weights of one piece as [column][k]. Byte b of a column holds, from the low bits on, codes that are kDistance apart.
template <int kBits>
void decode_piece(const uint8_t* packed, int16_t (&weights)[kColumns][kPiece]) {
    constexpr int kPerByte = 8 / kBits;
    constexpr int kDistance = kBits == 4 ? 16 : kBits == 2 ? 4 : 1;
    constexpr int kMask = (1 << kBits) - 1;
    constexpr int kHalf = 1 << (kBits - 1);
    for (int i = 0; i < kColumns * kPiece / kPerByte; ++i) {
        const int column = i / 4 % kColumns;
        const int b = i / (4 * kColumns) * 4 + i % 4;
        const int k = b / kDistance * kDistance * kPerByte + b % kDistance;
        for (int j = 0; j < kPerByte; ++j) {
            const int code = packed[i] >> (kBits * j) & kMask;
            // 8 bits are two's complement, fewer have an offset.
            weights[column][k + kDistance * j] = static_cast<int16_t>((kBits == 8 ? code ^ kHalf : code) - kHalf);
        }
    }
}

// The ways to prepare a row of x: int8 codes, and a number of quantisations that say what they mean.
struct QuantizedPerRow {
    using Quantization = RowQuantization;
    static int64_t count(int64_t, int64_t) { return 1; }
    static const RowQuantization& of_group(const RowQuantization* all, int64_t) { return all[0]; }
    static void quantize(const MatMul& mm, const float* x, int8_t* codes, RowQuantization* to) {
        *to = quantize_row(x, mm.k, mm.fixed, codes);
    }
};

struct QuantizedPerBlock {
    using Quantization = float;  // the scale
    static int64_t count(int64_t k, int64_t) { return k / 32; }
    static const float& of_group(const float* all, int64_t g) { return all[g]; }
    static void quantize(const MatMul& mm, const float* x, int8_t* codes, float* to) {
        quantize_blocks(x, mm.k, codes, to);
    }
};

struct QuantizedPerGroup {
    using Quantization = GroupQuantization;
    static int64_t count(int64_t k, int64_t group) { return k / group; }
    static const GroupQuantization& of_group(const GroupQuantization* all, int64_t g) { return all[g]; }
    static void quantize(const MatMul& mm, const float* x, int8_t* codes, GroupQuantization* to) {
        quantize_groups(x, mm.k, mm.group, codes, to);
    }
};

// sum - zero_point * weight_sum. What a blob says of the sum of its weights may be wrong: then this wraps around.
inline int32_t combine(int32_t sum, int32_t zero_point, int32_t weight_sum) {
    return static_cast<int32_t>(static_cast<uint32_t>(sum) -
                                static_cast<uint32_t>(zero_point) * static_cast<uint32_t>(weight_sum));
}

// The formats with one scale a channel. Family::result() makes a float of t.
template <int kCodeBits, typename Family>
struct PerChannel {
    using Activations = QuantizedPerRow;
    static constexpr int kBits = kCodeBits;
    static constexpr int64_t kGroupBytes = kColumns * (sizeof(int32_t) + sizeof(float));  // sum(qw), scale
    static constexpr int64_t kEndBytes = kColumns * sizeof(float);
    static int64_t group_values(const MatMul& mm) { return padded_k(mm.k); }

    static void add_group(const int32_t (&sums)[kColumns], const uint8_t* numbers, const RowQuantization& row,
                          float (&acc)[kColumns]) {
        const auto* weight_sums = reinterpret_cast<const int32_t*>(numbers);
        const auto* scales = reinterpret_cast<const float*>(numbers) + kColumns;
        for (int c = 0; c < kColumns; ++c) {
            acc[c] = Family::result(combine(sums[c], row.zero_point, weight_sums[c]), row.scale, scales[c]);
        }
    }
    static void finish(const uint8_t*, const RowQuantization&, float (&)[kColumns]) {}
};

// A kernel for the family of a format; what a family has to say is what PerChannel says.
template <typename Family>
struct Portable {
    using Activations = typename Family::Activations;
    using Quantization = typename Activations::Quantization;

    static constexpr int64_t kPieceBytes = kColumns * kPiece * Family::kBits / 8;

    struct Row {
        int8_t* codes;
        Quantization* quantizations;
    };

    static int64_t row_bytes(int64_t k, int64_t group) {
        return padded_k(k) + Activations::count(k, group) * static_cast<int64_t>(sizeof(Quantization));
    }

    static Row row_at(const MatMul& mm, int64_t row) {
        uint8_t* begin = mm.lhs + row * row_bytes(mm.k, mm.group);
        return {reinterpret_cast<int8_t*>(begin), reinterpret_cast<Quantization*>(begin + padded_k(mm.k))};
    }

    static uint64_t lhs_size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(m * row_bytes(k, group));
    }

    static int64_t lhs_pieces(int64_t m) { return m; }

    static void pack_lhs(const MatMul& mm, int64_t index) {
        const Row row = row_at(mm, index);
        Activations::quantize(mm, mm.x + index * mm.x_stride, row.codes, row.quantizations);
        memset(row.codes + mm.k, 0, static_cast<size_t>(padded_k(mm.k) - mm.k));
    }

    static void add_products(const int8_t* codes, const int16_t (&weights)[kColumns][kPiece],
                             int32_t (&sums)[kColumns]) {
        int16_t wide[kPiece];
        for (int i = 0; i < kPiece; ++i) wide[i] = codes[i];
        for (int c = 0; c < kColumns; ++c) {
            int32_t sum = 0;
            for (int i = 0; i < kPiece; ++i) sum += wide[i] * weights[c][i];
            sums[c] += sum;
        }
    }

    static void run_tile(const MatMul& mm, const uint8_t* panel, int64_t row_begin, int rows, int64_t n_begin,
                         int columns) {
        const int64_t values = Family::group_values(mm);
        const int64_t groups = padded_k(mm.k) / values;
        float acc[kTileRows][kColumns] = {};
        for (int64_t g = 0; g < groups; ++g) {
            int32_t sums[kTileRows][kColumns] = {};
            for (int64_t k = g * values; k < (g + 1) * values; k += kPiece, panel += kPieceBytes) {
                int16_t weights[kColumns][kPiece];
                decode_piece<Family::kBits>(panel, weights);
                for (int r = 0; r < rows; ++r) add_products(row_at(mm, row_begin + r).codes + k, weights, sums[r]);
            }
            for (int r = 0; r < rows; ++r) {
                const Row row = row_at(mm, row_begin + r);
                Family::add_group(sums[r], panel, Activations::of_group(row.quantizations, g), acc[r]);
            }
            panel += Family::kGroupBytes;
        }
        const auto* bias = reinterpret_cast<const float*>(panel + Family::kEndBytes) - kColumns;
        for (int r = 0; r < rows; ++r) {
            Family::finish(panel, row_at(mm, row_begin + r).quantizations[0], acc[r]);
            float* y = mm.y + (row_begin + r) * mm.y_stride + n_begin;
            for (int c = 0; c < columns; ++c) y[c] = clamp_result(acc[r][c] + bias[c], mm.lo, mm.hi);
        }
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        const int64_t panel_bytes = padded_k(mm.k) / kPiece * kPieceBytes +
                                    padded_k(mm.k) / Family::group_values(mm) * Family::kGroupBytes + Family::kEndBytes;
        for (int64_t n = n_begin; n < n_end; n += kColumns) {
            const uint8_t* panel = mm.panels + n / kColumns * panel_bytes;
            const int columns = static_cast<int>(n_end - n < kColumns ? n_end - n : kColumns);
            for (int64_t row = 0; row < mm.m; row += kTileRows) {
                const int rows = static_cast<int>(mm.m - row < kTileRows ? mm.m - row : kTileRows);
                run_tile(mm, panel, row, rows, n, columns);
            }
        }
    }

    static constexpr KernelCode kCode = {kColumns, lhs_size, lhs_pieces, pack_lhs, run};
};

}  // namespace
}  // namespace ks
