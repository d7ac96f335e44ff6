// SPDX-License-Identifier: Apache-2.0
// The code orders of ks_layout: byte b of a column holds, from the low bits on, codes that are kDistance apart.
#pragma once

#include "layout/layout.h"

namespace ks {

template <int kBits, int kDistance, int kRun>
struct CodesOf32 {
    static constexpr int kPerByte = 8 / kBits;
    static constexpr int kBytes = 32 / kPerByte;
    static constexpr int kMask = (1 << kBits) - 1;

    static constexpr int first_code(int b) { return b / kDistance * kDistance * kPerByte + b % kDistance; }

    static void pack(const uint8_t* codes, uint8_t* out, int64_t columns, uint8_t flip) {
        for (int b = 0; b < kBytes; ++b) {
            int byte = 0;
            for (int i = 0; i < kPerByte; ++i) {
                byte |= (codes[first_code(b) + kDistance * i] ^ flip) << (kBits * i);
            }
            out[b / kRun * kRun * columns + b % kRun] = static_cast<uint8_t>(byte);
        }
    }

    static void unpack(const uint8_t* in, uint8_t* codes, int64_t columns, uint8_t flip) {
        for (int b = 0; b < kBytes; ++b) {
            const int byte = in[b / kRun * kRun * columns + b % kRun];
            for (int i = 0; i < kPerByte; ++i) {
                codes[first_code(b) + kDistance * i] = static_cast<uint8_t>(((byte >> (kBits * i)) & kMask) ^ flip);
            }
        }
    }
};

template <int kBits, int kDistance, int kRun>
constexpr CodeOrder code_order = {kRun, CodesOf32<kBits, kDistance, kRun>::pack,
                                  CodesOf32<kBits, kDistance, kRun>::unpack};

}  // namespace ks
