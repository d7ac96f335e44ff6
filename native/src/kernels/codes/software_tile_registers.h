// SPDX-License-Identifier: Apache-2.0
// The tile registers of AMX in software, for machines without them and for sanitizers, which do not see what
// instructions on tiles read and write. The functions of tile_registers.h, in whose place it is included.
#pragma once

#include <stdint.h>
#include <string.h>

namespace ks {
namespace {

struct SoftwareTiles {
    TileConfig config;
    uint8_t tiles[8][16][64];
    bool in_use;
};
thread_local SoftwareTiles software_tiles;

class TileRegisters {
  public:
    explicit TileRegisters(const TileConfig& config) {
        software_tiles = {};
        software_tiles.config = config;
        software_tiles.in_use = true;
    }
    ~TileRegisters() { software_tiles.in_use = false; }
    TileRegisters(const TileRegisters&) = delete;
    TileRegisters& operator=(const TileRegisters&) = delete;
};

// As the processor does with a tile that is not there.
inline void check_tile(int tile) {
    if (!software_tiles.in_use || software_tiles.config.rows[tile] == 0) __builtin_trap();
}

template <int kTile>
void clear_tile() {
    check_tile(kTile);
    memset(software_tiles.tiles[kTile], 0, sizeof software_tiles.tiles[kTile]);
}

template <int kTile>
void load_tile(const void* from, int64_t step) {
    clear_tile<kTile>();
    const TileConfig& config = software_tiles.config;
    for (int row = 0; row < config.rows[kTile]; ++row) {
        memcpy(software_tiles.tiles[kTile][row], static_cast<const uint8_t*>(from) + row * step,
               config.row_bytes[kTile]);
    }
}

template <int kTile>
void store_tile(void* to, int64_t step) {
    check_tile(kTile);
    const TileConfig& config = software_tiles.config;
    for (int row = 0; row < config.rows[kTile]; ++row) {
        memcpy(static_cast<uint8_t*>(to) + row * step, software_tiles.tiles[kTile][row], config.row_bytes[kTile]);
    }
}

template <int kSum, int kLeft, int kRight>
void multiply_tiles() {
    const TileConfig& config = software_tiles.config;
    if (config.rows[kSum] != config.rows[kLeft] || config.row_bytes[kSum] != config.row_bytes[kRight] ||
        config.row_bytes[kLeft] != 4 * config.rows[kRight]) {
        __builtin_trap();
    }
    for (int i = 0; i < config.rows[kSum]; ++i) {
        int32_t sums[16];
        memcpy(sums, software_tiles.tiles[kSum][i], sizeof sums);
        for (int q = 0; q < config.rows[kRight]; ++q) {
            int8_t left[4];
            int8_t right[64];
            memcpy(left, software_tiles.tiles[kLeft][i] + 4 * q, sizeof left);
            memcpy(right, software_tiles.tiles[kRight][q], sizeof right);
            for (int j = 0; j < 16; ++j) {
                for (int b = 0; b < 4; ++b) sums[j] += left[b] * right[4 * j + b];
            }
        }
        memcpy(software_tiles.tiles[kSum][i], sums, sizeof sums);
    }
}

}  // namespace
}  // namespace ks
