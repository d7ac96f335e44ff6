// SPDX-License-Identifier: Apache-2.0
// The layouts once more, as kleidisharp.h states each, and what they make of a matrix. Shares no code with the library.
#pragma once

#include "support/matrix.h"

namespace ks_test {

// The columns of a panel are nr, or the vector length divided by `divisor`.
//
// Parts of a panel are letters. c: the codes of a group; w: all weights of a format of floats, in runs of `run` values
// of k. The others are a number for every column in turn. s scale, S a sixteenth of it, z zero, r row sum, i sum of the
// values, I 16 times it, b bias, 1 and - for 1 and -0, h for -0 as f16, g the scales of every group.
struct LayoutSpec {
    int32_t layout;
    int32_t format;
    int nr;
    int divisor;
    int piece;
    int run;
    int distance;
    int flip;
    bool repeats;  // the last column as padding
    const char* each_group;
    const char* after_groups;
    const char* after_panels;
};

extern const std::vector<LayoutSpec> kLayouts;

const LayoutSpec& layout_spec(int32_t layout);

// The vector lengths that a layout can be made for: {0} where it depends on none.
std::vector<int32_t> vector_lengths(const LayoutSpec& spec);

int64_t columns_of(const LayoutSpec& spec, int32_t vector_bytes);

// The panels and what follows them, byte by byte in the order of the formula.
std::vector<uint8_t> panels_by_formula(const Matrix& matrix, const LayoutSpec& spec, int32_t vector_bytes);

}  // namespace ks_test
