// SPDX-License-Identifier: Apache-2.0
// What a micro-kernel is to the rest of the library: pure functions over one block of rows. Kernels know nothing of
// threads, allocation or the ABI; everything they are given has been validated.
#pragma once

#include <stdint.h>

#include "activations.h"
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
    int64_t group;          // 0 for formats without
    const uint8_t* panels;  // packed weights, KS_ALIGNMENT-aligned
    // The f32 arrays after the panels, each of padded_n columns; see ks_layout for which layouts have them.
    const float* tail;
    int64_t padded_n;      // n rounded up to whole panels
    int64_t vector_bytes;  // that the layout is made for, 0 where it depends on none
    const float* x;
    int64_t x_stride;  // elements
    // Formats with activations quantised per row: null for the quantisation that follows from each row; else x holds
    // whole numbers code - zero_point, or NaN, and the quantisation of all of them is this.
    const RowQuantization* fixed;
    float* y;
    int64_t y_stride;  // elements
    float lo;          // a zero is +0
    float hi;          // a zero is -0
    uint8_t* lhs;      // lhs_size(...) bytes, KS_ALIGNMENT-aligned: activations prepared for this kernel
};

struct KernelCode {
    // Columns that run() is given start at a multiple of this, itself a multiple of the layout's panel width; 0 where
    // that is the width of the layout's panel for MatMul::vector_bytes.
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

// What the vector length of the CPU has to be.
enum class Vectors : uint8_t {
    kAny,     // the kernel does not depend on it
    kSve256,  // SVE of 256 bits
    kSve,     // the layout is made for the length of SVE
    kSme,     // the layout is made for the length of SME
};

struct Kernel {
    const char* name;
    const char* origin;
    const char* note;
    int32_t format;
    int32_t layout;
    uint32_t tier;
    uint64_t needs;
    Vectors vectors;
    int64_t min_rows;
    int64_t max_rows;
    int64_t min_columns;
    bool exact;                       // else only where it is forced
    const KernelCode* code;           // null where not compiled in
    const char* not_compiled_reason;  // "" where compiled in
};

}  // namespace ks
