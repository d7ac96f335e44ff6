// SPDX-License-Identifier: Apache-2.0
#include "kernel_table.h"

#include "kernels/kernels.h"

namespace ks {
namespace {

constexpr const char* kKleidiSharp = "KleidiSharp";
[[maybe_unused]] constexpr const char* kKleidiAI = "KleidiAI";

// The last two fields of a row: the code where it is compiled in, else the reason why not.
#if defined(__x86_64__)
#define KS_CODE_X64(code) &(code), ""
#else
#define KS_CODE_X64(code) nullptr, "x64 only"
#endif

#if defined(__aarch64__)
#define KS_CODE_ARM64(code) &(code), ""
#else
#define KS_CODE_ARM64(code) nullptr, "AArch64 only"
#endif

#if defined(__aarch64__) && !defined(KS_HAVE_KLEIDIAI)
#define KS_CODE_KLEIDIAI(code) nullptr, "built with KLEIDISHARP_KLEIDIAI=OFF"
#else
#define KS_CODE_KLEIDIAI(code) KS_CODE_ARM64(code)
#endif

// Three fields: the tier of NEON kernels that need one more feature, what they need, and that any vectors do.
#define KS_NEON_AND(feature) KS_TIER_##feature, KS_CPU_NEON | KS_CPU_##feature, Vectors::kAny

constexpr uint64_t kNeedsAVX2 = KS_CPU_AVX2 | KS_CPU_FMA;
constexpr uint64_t kNeedsAVXVNNI = kNeedsAVX2 | KS_CPU_AVXVNNI;
constexpr uint64_t kNeedsAVX512VNNI = KS_CPU_AVX512 | KS_CPU_AVX512VNNI;
constexpr uint64_t kNeedsAMX = kNeedsAVX512VNNI | KS_CPU_AMX_INT8;

#define KS_X64_ROW(name, note, format, layout, tier, needs, min_rows, code)                                          \
    {                                                                                                                \
        name, kKleidiSharp, note, format, layout, KS_TIER_##tier, needs, Vectors::kAny, min_rows, kAnyRows, 1, true, \
            KS_CODE_X64(code)                                                                                        \
    }

// The x64 kernels of a family of weights in codes. `more` is what those on vectors of 256 bits need besides.
#define KS_X64_ROWS(family, format, layout, more, code, avx2_note)                                                    \
    KS_X64_ROW("ks_" family "_16x32_amx", "14 rows or more, in tiles of 16 rows by 16 columns", format, layout, AMX,  \
               kNeedsAMX, 14, code##Amx),                                                                             \
        KS_X64_ROW("ks_" family "_6x32_avx512vnni",                                                                   \
                   "6 rows by 32 columns in registers; a single row streams the weights at the speed of memory",      \
                   format, layout, AVX512VNNI, kNeedsAVX512VNNI, 1, code##Avx512Vnni),                                \
        KS_X64_ROW("ks_" family "_6x16_avxvnni",                                                                      \
                   "6 rows by 16 columns in registers, for processors with VNNI but without AVX-512", format, layout, \
                   AVXVNNI, kNeedsAVXVNNI | (more), 1, code##AvxVnni),                                                \
        KS_X64_ROW("ks_" family "_5x16_avx2", avx2_note, format, layout, AVX2, kNeedsAVX2 | (more), 1, code##Avx2)

// Columns below which most of an SME kernel's tile would be idle with vectors of 512 bits.
constexpr int64_t kSmeColumns = 32;
constexpr int64_t kSmeF32Columns = 16;
constexpr uint64_t kNeedsSME = KS_CPU_NEON | KS_CPU_SME;
constexpr uint64_t kNeedsSME2 = kNeedsSME | KS_CPU_SME2;

constexpr const char* kReplaced = "on request: the row before takes its place, and is checked against it";
constexpr const char* kSmeSeveralRows =
    "several rows at once, outer products; on request only: cores share the unit that does them; not measured";
constexpr const char* kSmeOneRow = "one row; on request only, with the kernel for several rows that shares its weights";

#define KS_SME_ROW(name, note, format, layout, tier, min_rows, max_rows, columns, code)                         \
    {                                                                                                           \
        name, kKleidiAI, note, format, layout, KS_TIER_##tier, kNeeds##tier, Vectors::kSme, min_rows, max_rows, \
            columns, true, KS_CODE_KLEIDIAI(code)                                                               \
    }

// KleidiAI's kernel for several rows of x and the one for a single row, over the same packed weights.
#define KS_SME_ROWS(tier, format, layout, columns, several, several_code, one, one_code)            \
    KS_SME_ROW(several, kSmeSeveralRows, format, layout, tier, 2, kAnyRows, columns, several_code), \
        KS_SME_ROW(one, kSmeOneRow, format, layout, tier, 1, 1, columns, one_code)

// Every kernel there is, in order of preference: of the rows that fit, the first is used.
// name, origin, note, format, layout, tier, needs, vectors, min_rows, max_rows, min_columns, exact, code,
// not_compiled_reason
const Kernel table[] = {
    // int4 groups, AArch64 on request: KleidiAI SME2. Its packer for SME stores sixteenths of the scales as bf16, which
    // loses bits of those below 2^-122, and 16 times the whole scales could leave the range of f32.
    KS_SME_ROWS(SME2, KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_SME2, kSmeColumns,
                "kai_matmul_clamp_f32_qai8dxp1vlx4_qsi4c32p4vlx4_1vlx4vl_sme2_mopa", kInt4GroupSme2Mopa,
                "kai_matmul_clamp_f32_qai8dxp1x4_qsi4c32p4vlx4_1x4vl_sme2_dot", kInt4GroupSme2Dot),

    // int4 groups, AArch64: i8mm, KleidiAI SVE of 256 bits, dotprod, then neon. The layout of the first row that fits
    // is the one to pack for, so the kernels for several rows come before those for one. Instructions are those of all
    // of ks_matmul() for each multiply-accumulate, 2048 x 2048 weights in groups of 32.
    {"ks_int4_group_16x4_i8mm", kKleidiSharp,
     "several rows at once, 8-bit matrix multiply: 0.077 instructions from 16 rows on, KleidiAI's kernel 0.107",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR16, KS_NEON_AND(I8MM), 2, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt4GroupI8mm)},
    {"kai_matmul_clamp_f32_qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm", kKleidiAI, kReplaced, KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_NR8KR16, KS_NEON_AND(I8MM), 2, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kInt4GroupKleidiAII8mm4x8)},
    {"kai_matmul_clamp_f32_qai8dxp2vsx8sf32_qsi4c32p8x8s16s0sbf16bf32_8vsx8_sve_i8mm", kKleidiAI,
     "many rows at once on vectors of 256 bits, where i8mm is switched off; Neoverse V1, modelled: 0.0176 cycles a "
     "multiply-accumulate, our i8mm kernel 0.0152, since that core has half as many units for these vectors",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR16, KS_TIER_SVE, KS_CPU_SVE | KS_CPU_SVE_I8MM, Vectors::kSve256, 16,
     kAnyRows, 1, true, KS_CODE_KLEIDIAI(kInt4GroupKleidiAISve16x8)},
    {"ks_int4_group_16x4_dotprod", kKleidiSharp,
     "five rows or more, dot products: 0.109 instructions from 16 rows on, KleidiAI's kernel 0.131",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR8, KS_NEON_AND(DOTPROD), 5, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt4GroupDotprod)},
    {"kai_matmul_clamp_f32_qai8dxp4x4_qsi4c32p8x4_4x8_neon_dotprod", kKleidiAI,
     "three or four rows, where it needs 5 % fewer instructions than the row before", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_NR8KR8, KS_NEON_AND(DOTPROD), 3, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kInt4GroupKleidiAIDotprod4x8)},
    {"ks_int4_group_1x16_dotprod", kKleidiSharp,
     "one row at a time, weights packed as for several: 0.196 instructions, KleidiAI's kernel 0.235",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_NR8KR8, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt4GroupDotprodRowKr8)},
    {"kai_matmul_clamp_f32_qai8dxp1x4_qsi4c32p8x4_1x8_neon_dotprod", kKleidiAI, kReplaced, KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_NR8KR8, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4GroupKleidiAIDotprod1x8Kr8)},
    {"ks_int4_group_1x16_nr8kr16_dotprod", kKleidiSharp,
     "one row at a time, weights packed as for i8mm: 0.215 instructions, KleidiAI's kernel 0.254", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_NR8KR16, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true, KS_CODE_ARM64(kInt4GroupDotprodRowKr16)},
    {"kai_matmul_clamp_f32_qai8dxp1x8_qsi4c32p8x8_1x8x32_neon_dotprod", kKleidiAI, kReplaced, KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_NR8KR16, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4GroupKleidiAIDotprod1x8Kr16)},
    {"ks_int4_group_4x8_neon", kKleidiSharp, "for cores without dot products, where KleidiAI has no int4 kernel",
     KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_N32K4, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt4GroupNeon)},

    // int4 groups, x64
    KS_X64_ROWS("int4_group", KS_FORMAT_INT4_GROUP, KS_LAYOUT_INT4_N32K4, 0, kInt4Group,
                "products in 16 bits, for processors without VNNI"),

    // int4 groups, everywhere
    {"ks_int4_group_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT4_GROUP,
     KS_LAYOUT_INT4_N32K4, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kInt4GroupPortable, ""},

    // int4 per channel, AArch64 on request: KleidiAI SME2 and SME
    KS_SME_ROWS(SME2, KS_FORMAT_INT4_CHANNEL, KS_LAYOUT_INT4_CHANNEL_SME2, kSmeColumns,
                "kai_matmul_clamp_f32_qai8dxp1vlx8_qsi4cxp4vlx8_1vlx4vl_sme2_mopa", kInt4ChannelSme2Mopa,
                "kai_matmul_clamp_f32_qai8dxp1x4_qsi4cxp4vlx4_1x4vl_sme2_sdot", kInt4ChannelSme2Dot),
    KS_SME_ROWS(SME, KS_FORMAT_INT4_CHANNEL, KS_LAYOUT_INT4_CHANNEL_SME, kSmeColumns,
                "kai_matmul_clamp_f32_qai8dxp1vlx4_qsi4cxp4vlx4_1vlx4vl_sme_mopa", kInt4ChannelSmeMopa,
                "kai_matmul_clamp_f32_qai8dxp1x4_qsi4cxp4vlx4_1x4vl_sme_dot", kInt4ChannelSmeDot),

    // int4 per channel, AArch64: KleidiAI i8mm, KleidiAI dotprod
    {"kai_matmul_clamp_f32_qai8dxp4x8_qsi4cxp8x8_8x8x32_neon_i8mm", kKleidiAI,
     "several rows at once, 8-bit matrix multiply; from two rows on it needs fewer instructions than one at a time",
     KS_FORMAT_INT4_CHANNEL, KS_LAYOUT_INT4_CHANNEL_NR8KR16, KS_NEON_AND(I8MM), 2, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4ChannelKleidiAII8mm8x8)},
    {"kai_matmul_clamp_f32_qai8dxp4x8_qsi4cxp4x4_16x4x32_neon_dotprod", kKleidiAI,
     "several rows at once, dot products; from three rows on it needs fewer instructions than one at a time; the "
     "8x8x32 of this instruction set, 4 % better, has no partner for one row",
     KS_FORMAT_INT4_CHANNEL, KS_LAYOUT_INT4_CHANNEL_NR4KR8, KS_NEON_AND(DOTPROD), 3, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4ChannelKleidiAIDotprod16x4)},
    {"kai_matmul_clamp_f32_qai8dxp1x4_qsi4cxp4x4_1x4_neon_dotprod", kKleidiAI,
     "one row at a time, dot products; shares its packed weights with the dot-product kernel for several rows",
     KS_FORMAT_INT4_CHANNEL, KS_LAYOUT_INT4_CHANNEL_NR4KR8, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4ChannelKleidiAIDotprod1x4)},
    {"kai_matmul_clamp_f32_qai8dxp1x8_qsi4cxp8x8_1x8x32_neon_dotprod", kKleidiAI,
     "one row at a time, dot products; shares its packed weights with the i8mm kernel", KS_FORMAT_INT4_CHANNEL,
     KS_LAYOUT_INT4_CHANNEL_NR8KR16, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4ChannelKleidiAIDotprod1x8)},

    // int4 per channel
    {"ks_int4_channel_4x8_neon", kKleidiSharp,
     "for cores without dot products, where KleidiAI has no kernel of this format", KS_FORMAT_INT4_CHANNEL,
     KS_LAYOUT_INT4_CHANNEL_N32K4, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt4ChannelNeon)},
    KS_X64_ROWS("int4_channel", KS_FORMAT_INT4_CHANNEL, KS_LAYOUT_INT4_CHANNEL_N32K4, 0, kInt4Channel,
                "products in 16 bits, for processors without VNNI"),
    {"ks_int4_channel_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT4_CHANNEL,
     KS_LAYOUT_INT4_CHANNEL_N32K4, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kInt4ChannelPortable, ""},

    // int8 per channel, AArch64 on request: KleidiAI SME2 and SME
    KS_SME_ROWS(SME2, KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_SME, kSmeColumns,
                "kai_matmul_clamp_f32_qai8dxp1vlx4_qsi8cxp4vlx4_1vlx4vl_sme2_mopa", kInt8ChannelSme2Mopa,
                "kai_matmul_clamp_f32_qai8dxp1x4_qsi8cxp4vlx4_1x4vl_sme2_dot", kInt8ChannelSme2Dot),
    KS_SME_ROWS(SME, KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_SME, kSmeColumns,
                "kai_matmul_clamp_f32_qai8dxp1vlx4_qsi8cxp4vlx4_1vlx4vl_sme_mopa", kInt8ChannelSmeMopa,
                "kai_matmul_clamp_f32_qai8dxp1x4_qsi8cxp4vlx4_1x4vl_sme_dot", kInt8ChannelSmeDot),

    // int8 per channel, AArch64: KleidiAI SVE of 256 bits, KleidiAI i8mm, KleidiAI dotprod
    {"kai_matmul_clamp_f32_qai8dxp4x8sf32_qsi8cxp4vsx8sf32bf32_16x4vs_sve_i8mm", kKleidiAI,
     "several rows at once, 8-bit matrix multiply on vectors of 256 bits: half the instructions of NEON",
     KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_NR8KR8, KS_TIER_SVE, KS_CPU_SVE | KS_CPU_SVE_I8MM, Vectors::kSve256,
     2, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kInt8ChannelKleidiAISve16x8)},
    {"kai_matmul_clamp_f32_qai8dxp1x8_qsi8cxp8x8_1x8_sve_dot", kKleidiAI,
     "one row at a time, dot products on vectors of 256 bits; weights packed as for several rows",
     KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_NR8KR8, KS_TIER_SVE, KS_CPU_SVE, Vectors::kSve256, 1, kAnyRows, 1,
     true, KS_CODE_KLEIDIAI(kInt8ChannelKleidiAISve1x8)},
    {"kai_matmul_clamp_f32_qai8dxp4x8_qsi8cxp4x8_16x4_neon_i8mm", kKleidiAI,
     "several rows at once, 8-bit matrix multiply; from two rows on it needs fewer instructions than one at a time",
     KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_NR4KR8, KS_NEON_AND(I8MM), 2, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt8ChannelKleidiAII8mm16x4)},
    {"kai_matmul_clamp_f32_qai8dxp4x4_qsi8cxp4x4_16x4_neon_dotprod", kKleidiAI,
     "several rows at once, dot products; from three rows on it needs fewer instructions than one at a time",
     KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_NR4KR4, KS_NEON_AND(DOTPROD), 3, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt8ChannelKleidiAIDotprod16x4)},
    {"kai_matmul_clamp_f32_qai8dxp1x4_qsi8cxp4x4_1x4_neon_dotprod", kKleidiAI,
     "one row at a time, dot products; shares its packed weights with the dot-product kernel for several rows",
     KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_NR4KR4, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt8ChannelKleidiAIDotprod1x4Kr4)},
    {"kai_matmul_clamp_f32_qai8dxp1x8_qsi8cxp4x8_1x4_neon_dotprod", kKleidiAI,
     "one row at a time, dot products; shares its packed weights with the i8mm kernel", KS_FORMAT_INT8_CHANNEL,
     KS_LAYOUT_INT8_CHANNEL_NR4KR8, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt8ChannelKleidiAIDotprod1x4Kr8)},

    // int8 per channel
    {"ks_int8_channel_4x8_neon", kKleidiSharp,
     "for cores without dot products, where KleidiAI has no kernel of this format", KS_FORMAT_INT8_CHANNEL,
     KS_LAYOUT_INT8_CHANNEL_N32K4, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt8ChannelNeon)},
    KS_X64_ROWS("int8_channel", KS_FORMAT_INT8_CHANNEL, KS_LAYOUT_INT8_CHANNEL_N32K4, 0, kInt8Channel,
                "operands widened to 16 bits, for processors without VNNI"),
    {"ks_int8_channel_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT8_CHANNEL,
     KS_LAYOUT_INT8_CHANNEL_N32K4, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kInt8ChannelPortable, ""},

    // int2 per channel, AArch64 on request: KleidiAI SME2
    KS_SME_ROWS(SME2, KS_FORMAT_INT2_CHANNEL, KS_LAYOUT_INT2_CHANNEL_SME2, kSmeColumns,
                "kai_matmul_clamp_f32_qai8dxp1vlx4_qsu2cxp4vlx4_1vlx4vl_sme2_mopa", kInt2ChannelSme2Mopa,
                "kai_matmul_clamp_f32_qai8dxp1x4_qsu2cxp4vlx4_1x4vl_sme2_dot", kInt2ChannelSme2Dot),

    // int2 per channel, AArch64: KleidiAI dotprod; it has no kernel for i8mm
    {"kai_matmul_clamp_f32_qai8dxp4x4_qsu2cxp4x4bf32sf32_8x4_neon_dotprod", kKleidiAI,
     "several rows at once, dot products", KS_FORMAT_INT2_CHANNEL, KS_LAYOUT_INT2_CHANNEL_NR4KR4, KS_NEON_AND(DOTPROD),
     2, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kInt2ChannelKleidiAIDotprod8x4)},
    {"kai_matmul_clamp_f32_qai8dxp1x4_qsu2cxp4x4bf32sf32_1x4_neon_dotprod", kKleidiAI, "one row, dot products",
     KS_FORMAT_INT2_CHANNEL, KS_LAYOUT_INT2_CHANNEL_NR4KR4, KS_NEON_AND(DOTPROD), 1, 1, 1, true,
     KS_CODE_KLEIDIAI(kInt2ChannelKleidiAIDotprod1x4)},

    // int2 per channel
    {"ks_int2_channel_4x8_neon", kKleidiSharp,
     "for cores without dot products, where KleidiAI has no kernel of this format", KS_FORMAT_INT2_CHANNEL,
     KS_LAYOUT_INT2_CHANNEL_N32K4, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt2ChannelNeon)},
    KS_X64_ROWS("int2_channel", KS_FORMAT_INT2_CHANNEL, KS_LAYOUT_INT2_CHANNEL_N32K4, 0, kInt2Channel,
                "products in 16 bits, for processors without VNNI"),
    {"ks_int2_channel_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT2_CHANNEL,
     KS_LAYOUT_INT2_CHANNEL_N32K4, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kInt2ChannelPortable, ""},

    // Q4_0, AArch64 on request: KleidiAI SME2 and SME
    KS_SME_ROWS(SME2, KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_SME2, kSmeColumns,
                "kai_matmul_clamp_f32_qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme2_mopa", kQ4Sme2Mopa,
                "kai_matmul_clamp_f32_qsi8d32p1x4_qsi4c32p4vlx4_1x4vl_sme2_sdot", kQ4Sme2Dot),
    KS_SME_ROWS(SME, KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_SME, kSmeColumns,
                "kai_matmul_clamp_f32_qsi8d32p1vlx4_qsi4c32p4vlx4_1vlx4vl_sme_mopa", kQ4SmeMopa,
                "kai_matmul_clamp_f32_qsi8d32p1x4_qsi4c32p4vlx4_1x4vl_sme_dot", kQ4SmeDot),

    // Q4_0, AArch64: i8mm, KleidiAI SVE of 256 bits, dotprod, then neon. Instructions are counted as above.
    {"ks_q4_0_16x4_i8mm", kKleidiSharp,
     "several rows at once, 8-bit matrix multiply: 0.090 instructions from 16 rows on, KleidiAI's kernel 0.123",
     KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_NR4KR16, KS_NEON_AND(I8MM), 2, kAnyRows, 1, true, KS_CODE_ARM64(kQ4I8mm)},
    {"kai_matmul_clamp_f32_qsi8d32p4x8_qsi4c32p4x8_8x4x32_neon_i8mm", kKleidiAI, kReplaced, KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR16, KS_NEON_AND(I8MM), 2, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kQ4KleidiAII8mm8x4)},
    {"kai_matmul_clamp_f32_qsi8d32p4x8_qsi4c32p8x8_16x8_sve_i8mm", kKleidiAI,
     "several rows at once on vectors of 256 bits, where i8mm is switched off; Neoverse V1, modelled, 16 rows: 0.0224 "
     "cycles for each multiply-accumulate, our i8mm kernel 0.0175",
     KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_NR8KR16, KS_TIER_SVE, KS_CPU_SVE | KS_CPU_SVE_I8MM, Vectors::kSve256, 2, kAnyRows,
     1, true, KS_CODE_KLEIDIAI(kQ4KleidiAISve16x8)},
    {"kai_matmul_clamp_f32_qsi8d32p1x8_qsi4c32p8x8_1x8_sve_dotprod", kKleidiAI,
     "one row on vectors of 256 bits, weights packed as for several: 0.0589 cycles, our dot-product kernel 0.0485",
     KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_NR8KR16, KS_TIER_SVE, KS_CPU_SVE, Vectors::kSve256, 1, 1, 1, true,
     KS_CODE_KLEIDIAI(kQ4KleidiAISve1x8)},
    {"ks_q4_0_16x4_dotprod", kKleidiSharp,
     "three rows or more, dot products: 0.119 instructions from 16 rows on, KleidiAI's kernel 0.164", KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR8, KS_NEON_AND(DOTPROD), 3, kAnyRows, 1, true, KS_CODE_ARM64(kQ4Dotprod)},
    {"kai_matmul_clamp_f32_qsi8d32p4x4_qsi4c32p4x4_16x4_neon_dotprod", kKleidiAI, kReplaced, KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR8, KS_NEON_AND(DOTPROD), 3, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kQ4KleidiAIDotprod16x4)},
    {"ks_q4_0_1x16_dotprod", kKleidiSharp,
     "one row at a time, weights packed as for several: 0.215 instructions, KleidiAI's kernel 0.318", KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR8, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true, KS_CODE_ARM64(kQ4DotprodRowKr8)},
    {"kai_matmul_clamp_f32_qsi8d32p1x4_qsi4c32p4x4_1x4_neon_dotprod", kKleidiAI, kReplaced, KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR8, KS_NEON_AND(DOTPROD), 1, 1, 1, true, KS_CODE_KLEIDIAI(kQ4KleidiAIDotprod1x4Kr8)},
    {"ks_q4_0_1x16_nr4kr16_dotprod", kKleidiSharp,
     "one row at a time, weights packed as for i8mm: 0.238 instructions, KleidiAI's kernel 0.349", KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR16, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true, KS_CODE_ARM64(kQ4DotprodRowKr16)},
    {"kai_matmul_clamp_f32_qsi8d32p1x8_qsi4c32p4x8_1x4x32_neon_dotprod", kKleidiAI, kReplaced, KS_FORMAT_Q4_0,
     KS_LAYOUT_Q4_0_NR4KR16, KS_NEON_AND(DOTPROD), 1, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kQ4KleidiAIDotprod1x4Kr16)},

    // Q4_0
    {"ks_q4_0_4x8_neon", kKleidiSharp, "for cores without dot products, where KleidiAI has no kernel of this format",
     KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_N32K4, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kQ4Neon)},
    KS_X64_ROWS("q4_0", KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_N32K4, KS_CPU_F16C, kQ4,
                "products in 16 bits, for processors without VNNI"),
    {"ks_q4_0_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_Q4_0, KS_LAYOUT_Q4_0_N32K4,
     KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kQ4Portable, ""},

    // int4 in groups with zeros, AArch64 on request: KleidiAI SME2
    KS_SME_ROWS(SME2, KS_FORMAT_INT4_ASYMMETRIC, KS_LAYOUT_INT4_ASYMMETRIC_SME2, kSmeColumns,
                "kai_matmul_clamp_f32_qsi8d32p1vlx4_qai4c32p4vlx4_1vlx4vl_sme2_mopa", kInt4AsymmetricSme2Mopa,
                "kai_matmul_clamp_f32_qsi8d32p1x4_qai4c32p4vlx4_1x4vl_sme2_dot", kInt4AsymmetricSme2Dot),

    // int4 in groups with zeros, AArch64: KleidiAI i8mm, KleidiAI dotprod
    {"kai_matmul_clamp_f32_qsi8d32p4x8_qai4c32p4x8_8x4_neon_i8mm", kKleidiAI,
     "several rows at once, 8-bit matrix multiply", KS_FORMAT_INT4_ASYMMETRIC, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16,
     KS_NEON_AND(I8MM), 2, kAnyRows, 1, true, KS_CODE_KLEIDIAI(kInt4AsymmetricKleidiAII8mm8x4)},
    {"kai_matmul_clamp_f32_qsi8d32p4x4_qai4c32p4x4_8x4_neon_dotprod", kKleidiAI, "several rows at once, dot products",
     KS_FORMAT_INT4_ASYMMETRIC, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, KS_NEON_AND(DOTPROD), 2, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kInt4AsymmetricKleidiAIDotprod8x4)},
    {"kai_matmul_clamp_f32_qsi8d32p1x4_qai4c32p4x4_1x4_neon_dotprod", kKleidiAI, "one row, dot products",
     KS_FORMAT_INT4_ASYMMETRIC, KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8, KS_NEON_AND(DOTPROD), 1, 1, 1, true,
     KS_CODE_KLEIDIAI(kInt4AsymmetricKleidiAIDotprod1x4Kr8)},
    {"kai_matmul_clamp_f32_qsi8d32p1x8_qai4c32p4x8_1x4_neon_dotprod", kKleidiAI,
     "one row, dot products; shares its packed weights with the i8mm kernel", KS_FORMAT_INT4_ASYMMETRIC,
     KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16, KS_NEON_AND(DOTPROD), 1, 1, 1, true,
     KS_CODE_KLEIDIAI(kInt4AsymmetricKleidiAIDotprod1x4Kr16)},

    // int4 in groups with zeros
    {"ks_int4_asymmetric_4x8_neon", kKleidiSharp,
     "for cores without dot products, where KleidiAI has no kernel of this format", KS_FORMAT_INT4_ASYMMETRIC,
     KS_LAYOUT_INT4_ASYMMETRIC_N32K4, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kInt4AsymmetricNeon)},
    KS_X64_ROWS("int4_asymmetric", KS_FORMAT_INT4_ASYMMETRIC, KS_LAYOUT_INT4_ASYMMETRIC_N32K4, 0, kInt4Asymmetric,
                "products in 16 bits, for processors without VNNI"),
    {"ks_int4_asymmetric_1x32_portable", kKleidiSharp, "plain C++; serves every machine", KS_FORMAT_INT4_ASYMMETRIC,
     KS_LAYOUT_INT4_ASYMMETRIC_N32K4, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true,
     &kInt4AsymmetricPortable, ""},

    // f32, AArch64 on request: KleidiAI SME2 and SME
    KS_SME_ROWS(SME2, KS_FORMAT_F32, KS_LAYOUT_F32_SME, kSmeF32Columns,
                "kai_matmul_clamp_f32_f32p2vlx1_f32p2vlx1biasf32_sme2_mopa", kF32Sme2Mopa,
                "kai_matmul_clamp_f32_f32_f32p2vlx1b_1x16vl_sme2_mla", kF32Sme2Mla),
    KS_SME_ROWS(SME, KS_FORMAT_F32, KS_LAYOUT_F32_SME, kSmeF32Columns,
                "kai_matmul_clamp_f32_f32p2vlx1_f32p2vlx1b_2vlx2vl_sme_mopa", kF32SmeMopa,
                "kai_matmul_clamp_f32_f32_f32p2vlx1b_1x8vl_sme_mla", kF32SmeMla),

    // f32, AArch64: KleidiAI neon and sve, neon
    {"kai_matmul_clamp_f32_f32_f32p16x1b_6x16_neon_mla", kKleidiAI, "one row or more, NEON fused multiply-add",
     KS_FORMAT_F32, KS_LAYOUT_F32_N16, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kF32KleidiAI6x16)},
    {"kai_matmul_clamp_f32_f32_f32p4vlx1b_6x4vl_sve_mla", kKleidiAI,
     "half the instructions of NEON where vectors have 256 bits, but cores with such vectors have twice as many units "
     "for "
     "NEON, and its weights are packed for one vector length; hence after NEON",
     KS_FORMAT_F32, KS_LAYOUT_F32_SVE, KS_TIER_SVE, KS_CPU_NEON | KS_CPU_SVE, Vectors::kSve, 1, kAnyRows, 1, true,
     KS_CODE_KLEIDIAI(kF32KleidiAISve6x4vl)},
    {"ks_f32_6x16_neon", kKleidiSharp, "6 rows by 16 columns in registers, for builds without KleidiAI", KS_FORMAT_F32,
     KS_LAYOUT_F32_N16, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true, KS_CODE_ARM64(kF32Neon)},

    // f32, x64
    {"ks_f32_6x64_avx512", kKleidiSharp, "6 rows by 64 columns in registers", KS_FORMAT_F32, KS_LAYOUT_F32_N16,
     KS_TIER_AVX512VNNI, KS_CPU_AVX512, Vectors::kAny, 1, kAnyRows, 1, true, KS_CODE_X64(kF32Avx512)},
    {"ks_f32_6x16_avx2", kKleidiSharp, "6 rows by 16 columns in registers, for processors without AVX-512",
     KS_FORMAT_F32, KS_LAYOUT_F32_N16, KS_TIER_AVX2, KS_CPU_AVX2 | KS_CPU_FMA, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_X64(kF32Avx2)},

    // f32, everywhere
    {"ks_f32_1x16_portable", kKleidiSharp, "plain C++ with a fused multiply-add in software; serves every machine",
     KS_FORMAT_F32, KS_LAYOUT_F32_N16, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kF32Portable, ""},

    // f16
    {"ks_f16_6x16_neon", kKleidiSharp, "6 rows by 16 columns in registers; weights are widened as they are loaded",
     KS_FORMAT_F16, KS_LAYOUT_F16_N16, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kF16Neon)},
    {"kai_matmul_clamp_f16_f16_f16p32x1b_6x32_neon_mla", kKleidiAI,
     "adds in f16, twice as many at a time: off by up to k * (2^-11 * sum |x w| + 2^-25) of rounded x, and a rounding "
     "of "
     "the result, as long as no sum exceeds 65504",
     KS_FORMAT_F16, KS_LAYOUT_F16_N32, KS_TIER_NEON, KS_CPU_NEON | KS_CPU_FP16, Vectors::kAny, 1, kAnyRows, 1, false,
     KS_CODE_KLEIDIAI(kF16KleidiAI6x32)},
    {"ks_f16_6x64_avx512", kKleidiSharp, "6 rows by 64 columns in registers; weights are widened as they are loaded",
     KS_FORMAT_F16, KS_LAYOUT_F16_N16, KS_TIER_AVX512VNNI, KS_CPU_AVX512, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_X64(kF16Avx512)},
    {"ks_f16_6x16_avx2", kKleidiSharp, "6 rows by 16 columns in registers, for processors without AVX-512",
     KS_FORMAT_F16, KS_LAYOUT_F16_N16, KS_TIER_AVX2, KS_CPU_AVX2 | KS_CPU_FMA | KS_CPU_F16C, Vectors::kAny, 1, kAnyRows,
     1, true, KS_CODE_X64(kF16Avx2)},
    {"ks_f16_1x16_portable", kKleidiSharp, "plain C++ with a fused multiply-add in software; serves every machine",
     KS_FORMAT_F16, KS_LAYOUT_F16_N16, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kF16Portable, ""},

    // bf16
    {"ks_bf16_6x16_neon", kKleidiSharp, "6 rows by 16 columns in registers; weights are widened as they are loaded",
     KS_FORMAT_BF16, KS_LAYOUT_BF16_N16, KS_TIER_NEON, KS_CPU_NEON, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_ARM64(kBf16Neon)},
    {"kai_matmul_clamp_f32_bf16p8x4_bf16p12x4b_8x12_neon_mmla", kKleidiAI,
     "bf16 matrix multiply, which adds two products at a time and rounds to odd: up to k = 4096 off by up to (k + 4) * "
     "2^-24 * (|bias| + sum |x w|) of rounded x, where none is subnormal",
     KS_FORMAT_BF16, KS_LAYOUT_BF16_N12K4, KS_TIER_NEON, KS_CPU_NEON | KS_CPU_BF16, Vectors::kAny, 1, kAnyRows, 1,
     false, KS_CODE_KLEIDIAI(kBf16KleidiAIMmla8x12)},
    {"kai_matmul_clamp_f32_bf16p1x4_bf16p12x4b_1x36_neon_dot", kKleidiAI,
     "bf16 dot products for one row, off by as much as the bf16 matrix multiply", KS_FORMAT_BF16, KS_LAYOUT_BF16_N12K4,
     KS_TIER_NEON, KS_CPU_NEON | KS_CPU_BF16, Vectors::kAny, 1, 1, 1, false, KS_CODE_KLEIDIAI(kBf16KleidiAIDot1x36)},
    {"ks_bf16_6x64_avx512", kKleidiSharp, "6 rows by 64 columns in registers; weights are widened as they are loaded",
     KS_FORMAT_BF16, KS_LAYOUT_BF16_N16, KS_TIER_AVX512VNNI, KS_CPU_AVX512, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_X64(kBf16Avx512)},
    {"ks_bf16_6x16_avx2", kKleidiSharp, "6 rows by 16 columns in registers, for processors without AVX-512",
     KS_FORMAT_BF16, KS_LAYOUT_BF16_N16, KS_TIER_AVX2, KS_CPU_AVX2 | KS_CPU_FMA, Vectors::kAny, 1, kAnyRows, 1, true,
     KS_CODE_X64(kBf16Avx2)},
    {"ks_bf16_1x16_portable", kKleidiSharp, "plain C++ with a fused multiply-add in software; serves every machine",
     KS_FORMAT_BF16, KS_LAYOUT_BF16_N16, KS_TIER_PORTABLE, 0, Vectors::kAny, 1, kAnyRows, 1, true, &kBf16Portable, ""},
};

}  // namespace

KernelTable kernel_table() { return {table, sizeof table / sizeof table[0]}; }

}  // namespace ks
