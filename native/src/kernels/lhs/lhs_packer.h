// SPDX-License-Identifier: Apache-2.0
// Activations as KleidiAI's micro-kernels, and our own over its layouts, read them, prepared by this library's own
// code: the bits that ks_matmul() states, rows that are not finite or vanish included. Compiled for the baseline of
// AArch64.
//
// Rows come in panels of tile.rows, the last one shorter. In a panel the codes of a row stand in runs of tile.run
// bytes, run by run, and in each run row by row. k is padded to a multiple of 32; the padding meets weights of value 0.
#pragma once

#include "kernel.h"

namespace ks {

struct LhsTile {
    int64_t rows;  // mr
    int64_t run;   // kr / sr: 4 or 8

    int64_t panels(int64_t m) const { return (m + rows - 1) / rows; }
};

struct LhsPacker {
    // Bytes of m rows.
    int64_t (*size)(LhsTile tile, int64_t m, int64_t k, int64_t group);
    // Packs one panel of mm.x to its place in mm.lhs.
    void (*pack)(const MatMul& mm, LhsTile tile, int64_t panel);
};

// qai8dxp. A panel: codes, int32 -zp of each row, f32 scale of each row. Honours MatMul::fixed.
extern const LhsPacker kLhsPerRow;

// As kLhsPerRow with 1 for every scale, for kernels whose last steps are done by scale_channels(); the scales
// themselves follow the panels, see row_scales().
extern const LhsPacker kLhsPerRowUnscaled;

// The f32 scales of the mm.m rows that kLhsPerRowUnscaled has packed.
const float* row_scales(const MatMul& mm, LhsTile tile);

// qsi8d32p. For each 32 values: f16 scale of each row, codes.
extern const LhsPacker kLhsPerBlock;

// As kLhsPerBlock, a panel being all codes in runs of 4, then for each 32 values the f16 scale of each row.
extern const LhsPacker kLhsPerBlockScalesLast;

// As kLhsPerBlock with the scales of a block after its codes and as f32: once where runs have 4 values, twice where
// they have 8, which is the order in which the 8-bit matrix multiply leaves its sums.
extern const LhsPacker kLhsPerBlockFloats;

// qsi8d32pscalef32. For each group: codes, f32 sum(qa) * scale of each row, f32 scale of each row.
extern const LhsPacker kLhsPerGroup;

// f32 as they are: for each value of k those of the panel's rows. A row that is not finite begins with a NaN, which no
// sum loses again.
extern const LhsPacker kLhsFloats;

}  // namespace ks
