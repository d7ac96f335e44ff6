// SPDX-License-Identifier: Apache-2.0
// A kernel for a family whose tiles are vector registers. Included after the header of a tier, which defines
// multiply_tile() besides what lhs.h asks for.
#pragma once

#include "kernels/codes/lhs.h"

namespace ks {
namespace {

template <typename Family>
class CodesKernel {
    using Rows = PackedRows<Family>;
    using Heights = std::make_integer_sequence<int, kMaxHeight>;

    template <Grouping kGrouping, int... kLess>
    static void multiply(const MatMul& mm, int64_t n_begin, int64_t n_end, std::integer_sequence<int, kLess...>) {
        static constexpr TileFunction by_height[] = {multiply_tile<Family, kLess + 1, kGrouping>...};
        run_tiles<Family, kRowQuadBytes<Family>>(mm, row_tiles(mm.m), by_height, n_begin, n_end);
    }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        if constexpr (Family::kGrouping == Grouping::kGiven) {
            if (mm.group == kChunk) return multiply<Grouping::kChunks>(mm, n_begin, n_end, Heights());
        }
        multiply<Family::kGrouping>(mm, n_begin, n_end, Heights());
    }

  public:
    static constexpr KernelCode kCode = {kColumns, Rows::size, Rows::pieces, Rows::pack, run};
};

}  // namespace
}  // namespace ks
