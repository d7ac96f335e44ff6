// SPDX-License-Identifier: Apache-2.0
// The code of every kernel, each defined in a file of its own; the registry says when which of them is used.
#pragma once

#include "kernel.h"

namespace ks {

extern const KernelCode kInt4GroupPortable;
extern const KernelCode kInt4ChannelPortable;
extern const KernelCode kInt8ChannelPortable;
extern const KernelCode kInt2ChannelPortable;
extern const KernelCode kQ4Portable;
extern const KernelCode kInt4AsymmetricPortable;
extern const KernelCode kF32Portable;
extern const KernelCode kF16Portable;
extern const KernelCode kBf16Portable;

// x64
extern const KernelCode kInt4GroupAmx;
extern const KernelCode kInt4GroupAvx512Vnni;
extern const KernelCode kInt4GroupAvxVnni;
extern const KernelCode kInt4GroupAvx2;
extern const KernelCode kInt4ChannelAmx;
extern const KernelCode kInt4ChannelAvx512Vnni;
extern const KernelCode kInt4ChannelAvxVnni;
extern const KernelCode kInt4ChannelAvx2;
extern const KernelCode kInt8ChannelAmx;
extern const KernelCode kInt8ChannelAvx512Vnni;
extern const KernelCode kInt8ChannelAvxVnni;
extern const KernelCode kInt8ChannelAvx2;
extern const KernelCode kInt2ChannelAmx;
extern const KernelCode kInt2ChannelAvx512Vnni;
extern const KernelCode kInt2ChannelAvxVnni;
extern const KernelCode kInt2ChannelAvx2;
extern const KernelCode kQ4Amx;
extern const KernelCode kQ4Avx512Vnni;
extern const KernelCode kQ4AvxVnni;
extern const KernelCode kQ4Avx2;
extern const KernelCode kInt4AsymmetricAmx;
extern const KernelCode kInt4AsymmetricAvx512Vnni;
extern const KernelCode kInt4AsymmetricAvxVnni;
extern const KernelCode kInt4AsymmetricAvx2;
extern const KernelCode kF32Avx512;
extern const KernelCode kF32Avx2;
extern const KernelCode kF16Avx512;
extern const KernelCode kF16Avx2;
extern const KernelCode kBf16Avx512;
extern const KernelCode kBf16Avx2;

// AArch64
extern const KernelCode kInt4GroupNeon;
extern const KernelCode kInt4GroupI8mm;
extern const KernelCode kInt4GroupDotprod;
extern const KernelCode kInt4GroupDotprodRowKr8;
extern const KernelCode kInt4GroupDotprodRowKr16;
extern const KernelCode kInt4ChannelNeon;
extern const KernelCode kInt8ChannelNeon;
extern const KernelCode kInt2ChannelNeon;
extern const KernelCode kQ4Neon;
extern const KernelCode kQ4I8mm;
extern const KernelCode kQ4Dotprod;
extern const KernelCode kQ4DotprodRowKr8;
extern const KernelCode kQ4DotprodRowKr16;
extern const KernelCode kInt4AsymmetricNeon;
extern const KernelCode kInt4GroupKleidiAISve16x8;
extern const KernelCode kInt4GroupKleidiAII8mm4x8;
extern const KernelCode kInt4GroupKleidiAIDotprod4x8;
extern const KernelCode kInt4GroupKleidiAIDotprod1x8Kr8;
extern const KernelCode kInt4GroupKleidiAIDotprod1x8Kr16;
extern const KernelCode kInt4ChannelKleidiAII8mm8x8;
extern const KernelCode kInt4ChannelKleidiAIDotprod1x8;
extern const KernelCode kInt4ChannelKleidiAIDotprod16x4;
extern const KernelCode kInt4ChannelKleidiAIDotprod1x4;
extern const KernelCode kInt8ChannelKleidiAISve16x8;
extern const KernelCode kInt8ChannelKleidiAISve1x8;
extern const KernelCode kInt8ChannelKleidiAII8mm16x4;
extern const KernelCode kInt8ChannelKleidiAIDotprod1x4Kr8;
extern const KernelCode kInt8ChannelKleidiAIDotprod16x4;
extern const KernelCode kInt8ChannelKleidiAIDotprod1x4Kr4;
extern const KernelCode kInt2ChannelKleidiAIDotprod8x4;
extern const KernelCode kInt2ChannelKleidiAIDotprod1x4;
extern const KernelCode kQ4KleidiAISve16x8;
extern const KernelCode kQ4KleidiAISve1x8;
extern const KernelCode kQ4KleidiAII8mm8x4;
extern const KernelCode kQ4KleidiAIDotprod1x4Kr16;
extern const KernelCode kQ4KleidiAIDotprod16x4;
extern const KernelCode kQ4KleidiAIDotprod1x4Kr8;
extern const KernelCode kInt4AsymmetricKleidiAII8mm8x4;
extern const KernelCode kInt4AsymmetricKleidiAIDotprod1x4Kr16;
extern const KernelCode kInt4AsymmetricKleidiAIDotprod8x4;
extern const KernelCode kInt4AsymmetricKleidiAIDotprod1x4Kr8;
extern const KernelCode kF32KleidiAI6x16;
extern const KernelCode kF32KleidiAISve6x4vl;
extern const KernelCode kF16KleidiAI6x32;
extern const KernelCode kBf16KleidiAIMmla8x12;
extern const KernelCode kBf16KleidiAIDot1x36;
extern const KernelCode kF32Neon;
extern const KernelCode kF16Neon;
extern const KernelCode kBf16Neon;

// AArch64, SME
extern const KernelCode kInt4GroupSme2Mopa;
extern const KernelCode kInt4GroupSme2Dot;
extern const KernelCode kInt4ChannelSme2Mopa;
extern const KernelCode kInt4ChannelSme2Dot;
extern const KernelCode kInt4ChannelSmeMopa;
extern const KernelCode kInt4ChannelSmeDot;
extern const KernelCode kInt8ChannelSme2Mopa;
extern const KernelCode kInt8ChannelSme2Dot;
extern const KernelCode kInt8ChannelSmeMopa;
extern const KernelCode kInt8ChannelSmeDot;
extern const KernelCode kInt2ChannelSme2Mopa;
extern const KernelCode kInt2ChannelSme2Dot;
extern const KernelCode kQ4Sme2Mopa;
extern const KernelCode kQ4Sme2Dot;
extern const KernelCode kQ4SmeMopa;
extern const KernelCode kQ4SmeDot;
extern const KernelCode kInt4AsymmetricSme2Mopa;
extern const KernelCode kInt4AsymmetricSme2Dot;
extern const KernelCode kF32Sme2Mopa;
extern const KernelCode kF32Sme2Mla;
extern const KernelCode kF32SmeMopa;
extern const KernelCode kF32SmeMla;

}  // namespace ks
