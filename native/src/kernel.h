// SPDX-License-Identifier: Apache-2.0
// What a micro-kernel is to the rest of the library: pure functions over one block of rows. Kernels know nothing of
// threads, allocation or the ABI; everything they are given has been validated.
#pragma once

#include <stdint.h>

#include "kleidisharp.h"

namespace ks {

// Rows of x that one pass over the weights serves; bounds the scratch. A multiple of the tile heights that kernels
// prefer.
constexpr int64_t kMaxBlockRows = 240;

// One block of a multiplication: m <= kMaxBlockRows rows.
struct MatMul {
    int64_t m;
    int64_t n;
    int64_t k;
    int64_t group;          // 0 for f32
    const uint8_t* panels;  // packed weights, KS_ALIGNMENT-aligned
    const float* x;
    int64_t x_stride;       // elements
    float* y;
    int64_t y_stride;       // elements
    float lo;               // a zero is +0
    float hi;               // a zero is -0
    uint8_t* lhs;           // lhs_size(...) bytes, KS_ALIGNMENT-aligned: activations prepared for this kernel
};

struct KernelCode {
    // Columns that run() is given start at a multiple of this; itself a multiple of the layout's panel width.
    int64_t columns;
    // Bytes of MatMul::lhs for m rows of k values.
    uint64_t (*lhs_size)(int64_t m, int64_t k, int64_t group);
    // Preparing the activations is cut into this many independent pieces.
    int64_t (*lhs_pieces)(int64_t m);
    // Prepares one piece; pieces may be prepared at once by several threads.
    void (*pack_lhs)(const MatMul& mm, int64_t piece);
    // Computes columns [n_begin, n_end) of every row. All pieces have been prepared.
    void (*run)(const MatMul& mm, int64_t n_begin, int64_t n_end);
};

struct Kernel {
    const char* name;
    const char* origin;
    const char* note;
    int32_t format;
    int32_t layout;
    uint32_t tier;
    uint64_t needs;
    int64_t min_rows;
    int64_t max_rows;
    const KernelCode* code;           // null where not compiled in
    const char* not_compiled_reason;  // "" where compiled in
};

}  // namespace ks
