// SPDX-License-Identifier: Apache-2.0
// The tile registers of AMX: matrices of up to 16 rows by 64 bytes. Written as assembly because GCC's intrinsics do not
// tell the compiler that a tile is loaded from memory. Included only by files compiled for AMX.
#pragma once

#include <stdint.h>

namespace ks {
namespace {

// How many rows and bytes in a row each register has; the layout is that of the processor.
struct alignas(64) TileConfig {
    uint8_t palette = 1;
    uint8_t start_row = 0;
    uint8_t reserved[14] = {};
    uint16_t row_bytes[16] = {};
    uint8_t rows[16] = {};

    void set(int tile, int rows_of_it, int row_bytes_of_it) {
        rows[tile] = static_cast<uint8_t>(rows_of_it);
        row_bytes[tile] = static_cast<uint16_t>(row_bytes_of_it);
    }
};
static_assert(sizeof(TileConfig) == 64, "as the processor has it");

}  // namespace
}  // namespace ks

#if defined(KS_SOFTWARE_TILES)
#include "kernels/codes/software_tile_registers.h"
#else

namespace ks {
namespace {

// The registers of this thread, in use as long as this lives: afterwards the system need not keep them.
class TileRegisters {
  public:
    explicit TileRegisters(const TileConfig& config) { __asm__ volatile("ldtilecfg %0" : : "m"(config)); }
    ~TileRegisters() { __asm__ volatile("tilerelease"); }
    TileRegisters(const TileRegisters&) = delete;
    TileRegisters& operator=(const TileRegisters&) = delete;
};

template <int kTile>
[[gnu::always_inline]] inline void clear_tile() {
    __asm__ volatile("tilezero %%tmm%c0" : : "i"(kTile));
}

// `step`: bytes from one row to the next.
template <int kTile>
[[gnu::always_inline]] inline void load_tile(const void* from, int64_t step) {
    __asm__ volatile("tileloadd (%1,%2,1), %%tmm%c0" : : "i"(kTile), "r"(from), "r"(step) : "memory");
}

template <int kTile>
[[gnu::always_inline]] inline void store_tile(void* to, int64_t step) {
    __asm__ volatile("tilestored %%tmm%c0, (%1,%2,1)" : : "i"(kTile), "r"(to), "r"(step) : "memory");
}

// sum[i][j] += left[i][4 q + b] * right[q][4 j + b], added up over q and b: int8 by int8, exact in int32.
template <int kSum, int kLeft, int kRight>
[[gnu::always_inline]] inline void multiply_tiles() {
    __asm__ volatile("tdpbssd %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(kSum), "i"(kLeft), "i"(kRight));
}

}  // namespace
}  // namespace ks

#endif
