// SPDX-License-Identifier: Apache-2.0
// How the rows of a block are cut into register tiles, as even as possible. Included by files that are compiled for
// different instruction sets, hence the anonymous namespace.
#pragma once

#include <stdint.h>

namespace ks {
namespace {

struct RowTiles {
    int64_t rows;
    int64_t count;

    // The tallest tiles come first.
    int64_t first(int64_t tile) const {
        const int64_t taller = rows % count;
        return tile * (rows / count) + (tile < taller ? tile : taller);
    }

    int height(int64_t tile) const { return static_cast<int>(rows / count + (tile < rows % count)); }
};

}  // namespace
}  // namespace ks
