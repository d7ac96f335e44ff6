// SPDX-License-Identifier: Apache-2.0
// A KernelCode from a micro-kernel of KleidiAI, the packer of activations that it needs and the layout of weights that
// it reads. Compiled for the baseline: KleidiAI's objects bring their own instruction sets.
#pragma once

#include "cpu.h"
#include "kernels/kleidiai/finish.h"
#include "kernels/kleidiai/ukernel.h"
#include "kernels/lhs/lhs_packer.h"
#include "layout/panels.h"

namespace ks {

// `finish` is what is left to do after the micro-kernel, which then runs unclamped; null for nothing.
template <const Ukernel& ukernel, int32_t kLayout, const LhsPacker& packer, Finish finish = nullptr>
struct Adapter {
    static constexpr bool kSme = ukernel.vectors == Vectors::kSme;

    static LhsTile tile(int64_t vector_bytes) {
        const UkernelTile own = kSme ? ukernel.tile.for_vectors(static_cast<uint64_t>(vector_bytes)) : ukernel.tile;
        return {static_cast<int64_t>(own.mr), static_cast<int64_t>(own.kr / own.sr)};
    }

    // Of this machine, where there is no MatMul that tells the vector length.
    static LhsTile own_tile() { return tile(kSme ? cpu_sme_bytes() : 0); }

    static uint64_t lhs_size(int64_t m, int64_t k, int64_t group) {
        return static_cast<uint64_t>(packer.size(own_tile(), m, k, group));
    }

    static int64_t lhs_pieces(int64_t m) { return own_tile().panels(m); }

    static void pack_lhs(const MatMul& mm, int64_t piece) { packer.pack(mm, tile(mm.vector_bytes), piece); }

    static void run(const MatMul& mm, int64_t n_begin, int64_t n_end) {
        const Layout& layout = *find_layout(kLayout);
        const Format& format = *find_format(layout.format);
        const PackedMatrix weights = {&layout, &format, mm.n, mm.k, mm.group, mm.vector_bytes};
        const uint64_t panel = static_cast<uint64_t>(n_begin / weights.columns());
        const int64_t group = layout.group_scale != Stored::kAbsent ? group_values(weights) : 0;
        // Some apply the upper bound first, which shows where both bounds are zeros, of unlike sign.
        const float lo = mm.lo < mm.hi ? mm.lo : mm.hi;
        ukernel.run({static_cast<size_t>(mm.m), static_cast<size_t>(n_end - n_begin), static_cast<size_t>(mm.k),
                     static_cast<size_t>(group), mm.lhs, mm.panels + panel * weights.panel_bytes(), mm.y + n_begin,
                     static_cast<size_t>(mm.y_stride) * sizeof(float), finish == nullptr ? lo : ukernel.unclamped.lo,
                     finish == nullptr ? mm.hi : ukernel.unclamped.hi});
        if constexpr (finish != nullptr) finish(mm, tile(mm.vector_bytes), n_begin, n_end);
    }

    static constexpr KernelCode code = {kSme ? 0 : static_cast<int64_t>(ukernel.tile.nr), lhs_size, lhs_pieces,
                                        pack_lhs, run};
};

}  // namespace ks
