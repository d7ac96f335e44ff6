// SPDX-License-Identifier: Apache-2.0
// The KleidiAI micro-kernels of the family qai8dxp x qsi4c32p that the kernel table offers.
#pragma once

#include <stddef.h>

#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp1x8_qsi4c32p8x8_1x8x32_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp4x4_qsi4c32p8x4_4x8_neon_dotprod.h"
#include "kai/ukernels/matmul/matmul_clamp_f32_qai8dxp_qsi4c32p/kai_matmul_clamp_f32_qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm.h"

namespace ks {

// A micro-kernel and the tile that the adapter compiles in: rows of a packed panel of activations (mr), columns of a
// panel of weights (nr), values of k per inner step (kr), and the pieces these are split in (sr).
struct KleidiAIInt4 {
    decltype(&kai_run_matmul_clamp_f32_qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod) run;
    size_t mr;
    size_t nr;
    size_t kr;
    size_t sr;
    // What the linked release says of its tile.
    size_t (*get_mr)();
    size_t (*get_nr)();
    size_t (*get_kr)();
    size_t (*get_sr)();
};

#define KS_KLEIDIAI_INT4(name, mr, nr, kr, sr)                                                                         \
    {                                                                                                                  \
        kai_run_matmul_clamp_f32_##name, mr, nr, kr, sr, kai_get_mr_matmul_clamp_f32_##name,                           \
            kai_get_nr_matmul_clamp_f32_##name, kai_get_kr_matmul_clamp_f32_##name, kai_get_sr_matmul_clamp_f32_##name \
    }

inline constexpr KleidiAIInt4 kKleidiAIInt4I8mm4x8 =
    KS_KLEIDIAI_INT4(qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm, 4, 8, 16, 2);
inline constexpr KleidiAIInt4 kKleidiAIInt4Dotprod4x8 =
    KS_KLEIDIAI_INT4(qai8dxp4x4_qsi4c32p8x4_4x8_neon_dotprod, 4, 8, 8, 2);
inline constexpr KleidiAIInt4 kKleidiAIInt4Dotprod1x8Kr8 =
    KS_KLEIDIAI_INT4(qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod, 1, 8, 8, 2);
inline constexpr KleidiAIInt4 kKleidiAIInt4Dotprod1x8Kr16 =
    KS_KLEIDIAI_INT4(qai8dxp1x8_qsi4c32p8x8_1x8x32_neon_dotprod, 1, 8, 16, 2);

#undef KS_KLEIDIAI_INT4

}  // namespace ks
