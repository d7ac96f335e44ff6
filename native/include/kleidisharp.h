/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file kleidisharp.h
 * The C ABI of KleidiSharp, version 2: the only contract between the native library and its callers.
 *
 * Rules that hold for every declaration here:
 *  - Every function that can fail returns a @ref ks_status as int32_t. On failure ks_last_error() names the argument,
 *    its value and what was expected. Nothing aborts, throws, prints or allocates.
 *  - The caller owns every buffer and must keep it alive and unchanged for the duration of the call. Sizes are bytes,
 *    strides and counts are elements unless a name ends in `_bytes` or `_size`.
 *  - Every argument struct begins with its own size in bytes; a struct of another size is refused.
 *  - Pointers are aligned as their types ask, where no more is asked for; else the status is KS_ERROR_ALIGNMENT.
 *  - Reserved fields and `flags` must be 0.
 *  - All functions may be called from any thread. A packed blob, once sealed, is read-only and may be shared.
 *  - Matrices are row-major. Weights are [n][k] (n output features, k input features), activations x are [m][k],
 *    results y are [m][n]: y = clamp(x * transpose(weights) + bias).
 *
 * One arithmetic everywhere: for a given format every kernel of every tier gives the same bits, for every shape and
 * number of threads (the few kernels of which ks_kernel_info says otherwise are never chosen, only forced). `fma` is the
 * single-rounded f32 operation; all other operations are single f32 operations. Threads that call in here have the
 * floating-point environment they began with: nearest rounding, no flushing of subnormals.
 *
 * In the formulas below qw is the value that a weight's code stands for and scale_w its scale; how activations become
 * codes qa with zero point zp and scale_x is said at ks_matmul().
 *
 *  KS_FORMAT_F32, _F16, _BF16: x is rounded to the type of the weights (nearest, ties to even);
 *                         acc = bias; for k ascending: acc = fma(x[k], w[k], acc); y = clamp(acc)
 *  KS_FORMAT_INT4_GROUP:  activations per row; acc = +0; for each group g ascending:
 *                         acc = fma((float)sum(qa * qw), scale_w[g], acc);
 *                         acc = fma(rowsum, (float)-zp, acc); acc = acc * scale_x; acc = acc + bias; y = clamp(acc),
 *                         with rowsum = 0; for each 32 values along k: rowsum = rowsum + (float)sum(qw) * scale_w
 *  KS_FORMAT_INT4_CHANNEL: activations per row; t = sum(qa * qw) - zp * sum(qw);
 *                         acc = (float)(16 * t) * (scale_x * (scale_w / 16)); acc = acc + bias; y = clamp(acc)
 *  KS_FORMAT_INT8_CHANNEL, _INT2_CHANNEL: activations per row; t = sum(qa * qw) - zp * sum(qw);
 *                         acc = (float)t * (scale_x * scale_w); acc = acc + bias; y = clamp(acc)
 *  KS_FORMAT_Q4_0:        activations per 32 values, symmetric, scale_x[g] an f16; acc = +0; for each 32 values g
 *                         ascending: acc = fma((float)sum(qa * qw), scale_x[g] * scale_w[g], acc);
 *                         acc = acc + bias; y = clamp(acc)
 *  KS_FORMAT_INT4_ASYMMETRIC: activations per group, symmetric, scale_x[g] and sum_x[g] = (float)sum(qa) * scale_x[g];
 *                         acc = +0; for each group g ascending: acc = fma(zero_w[g], sum_x[g], acc);
 *                         acc = fma((float)(16 * sum(qa * qw)), (scale_w[g] / 16) * scale_x[g], acc);
 *                         acc = acc + bias; y = clamp(acc)
 *
 *  clamp(r) = min(max(r, lo), hi), where a zero `lo` counts as +0 and a zero `hi` as -0. A result that is not a number
 *  is always the quiet NaN 0x7FC00000.
 *
 *  Activations that are not finite: a row of x that holds a NaN or an infinity, or in which a step to codes or to the
 *  type of the weights overflows (see ks_matmul()), gives a row of NaN; other rows are not affected.
 */
#ifndef KLEIDISHARP_H
#define KLEIDISHARP_H

#include <stdint.h>

#if defined(_WIN32)
#define KS_API __declspec(dllexport)
#else
#define KS_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Version of this ABI, as ks_abi_version() returns it. It changes whenever a declaration here changes its meaning. */
enum { KS_ABI_VERSION = 2 };

/** Required alignment, in bytes, of packed blobs, scratch and team memory. */
enum { KS_ALIGNMENT = 64 };

/** Bytes at the start of every packed blob that describe it; the panels follow. */
enum { KS_BLOB_HEADER_SIZE = 128 };

/** What a function returns. */
enum ks_status {
    /** Success. */
    KS_OK = 0,
    /** A required pointer is null. */
    KS_ERROR_NULL = 1,
    /** A number is out of its range, or a reserved field is not 0. */
    KS_ERROR_VALUE = 2,
    /** The size of a matrix exceeds what 63 bits of bytes can hold. */
    KS_ERROR_OVERFLOW = 3,
    /** A pointer is not aligned as required. */
    KS_ERROR_ALIGNMENT = 4,
    /** A buffer is shorter than needed. */
    KS_ERROR_BUFFER_SIZE = 5,
    /** Two buffers overlap that must not. */
    KS_ERROR_OVERLAP = 6,
    /** An argument struct has another size than this library knows. */
    KS_ERROR_STRUCT_SIZE = 7,
    /** k is not a multiple of the group, or the group is not one the format allows. */
    KS_ERROR_GROUP = 8,
    /** A weight, scale or bias is NaN or infinite; the message and the struct's `bad_index` say which. */
    KS_ERROR_NOT_FINITE = 9,
    /** No kernel that is compiled in, supported by this CPU and enabled fits; the message says why each does not. */
    KS_ERROR_NO_KERNEL = 10,
    /** A blob is shorter than its header says, or too short to have a header. */
    KS_ERROR_BLOB_TRUNCATED = 11,
    /** A blob does not begin with the magic number: it is something else, or was never sealed. */
    KS_ERROR_BLOB_MAGIC = 12,
    /** A blob was written by another version of the format. */
    KS_ERROR_BLOB_VERSION = 13,
    /** A blob's header contradicts itself, or its checksum does not match its bytes. */
    KS_ERROR_BLOB_CORRUPT = 14,
    /** A blob's layout cannot be used by any kernel of this machine; unpack and pack it again. */
    KS_ERROR_BLOB_LAYOUT = 15,
    /** A team is stopped, was not initialised, or has as many threads in ks_team_work() as it takes. */
    KS_ERROR_TEAM = 16,
    /** The closed formula of a layout disagrees with the packer of the linked KleidiAI. */
    KS_ERROR_LAYOUT_MISMATCH = 17
};

/**
 * Weight formats: each names one arithmetic (see the top of this file) and one form of weights as they come and go:
 *  - codes of 4 bits lie two to a byte, the even k in the low nibble, (k + 1) / 2 bytes a row; value code - 8;
 *  - codes of 2 bits lie four to a byte, ascending k from the low bits on, k / 4 bytes a row; value code - 2;
 *  - codes of 8 bits are int8 and are their value.
 * A group is a multiple of 32 from 32 to 16384 that divides k; it is 0 for formats without.
 */
enum ks_format {
    /** f32 [n][k]. */
    KS_FORMAT_F32 = 1,
    /** int4 in groups along k: codes of 4 bits, bf16 scales [n][k/group]. torchao's Int8DynamicActivationInt4Weight. */
    KS_FORMAT_INT4_GROUP = 2,
    /** int4 per channel: codes of 4 bits, f32 scales [n]; k up to KS_MAX_CHANNEL_K. XNNPACK, LiteRT, ExecuTorch. */
    KS_FORMAT_INT4_CHANNEL = 3,
    /** int8 per channel: codes of 8 bits, f32 scales [n]; k up to KS_MAX_CHANNEL_K. PyTorch, W8A8. */
    KS_FORMAT_INT8_CHANNEL = 4,
    /** int2 per channel: codes of 2 bits, f32 scales [n]; k a multiple of 32 up to KS_MAX_CHANNEL_K. LiteRT. */
    KS_FORMAT_INT2_CHANNEL = 5,
    /**
     * GGUF's Q4_0: [n][k/32] blocks of 18 bytes, each an f16 scale and 16 bytes of which byte i holds code i in its low
     * and code i + 16 in its high nibble; value code - 8; k a multiple of 32.
     */
    KS_FORMAT_Q4_0 = 6,
    /**
     * int4 in groups along k with a zero of their own: codes of 4 bits, f32 scales and f32 zeros [n][k/group]; a weight
     * is (code - 8) * scale + zero. AWQ, GPTQ, GGUF's Q4_1, ATen's int4.
     */
    KS_FORMAT_INT4_ASYMMETRIC = 7,
    /** f16 [n][k]. */
    KS_FORMAT_F16 = 8,
    /** bf16 [n][k]. */
    KS_FORMAT_BF16 = 9
};

/** Largest k of the formats with one scale a channel: up to here no sum exceeds 32 bits. */
enum { KS_MAX_CHANNEL_K = 65536 };

/**
 * Packed layouts: each is a closed formula that every machine can pack and unpack.
 *
 * Column panels of nr columns follow one another, the last one padded; after them, in some layouts, one or two f32
 * arrays over all padded columns. In a panel, and in each group of it, the codes come in pieces of P values along k, a
 * piece in runs of R bytes, a run column by column. Byte b of a piece of one column (b = 0 .. P * bits / 8 - 1, R of
 * them in each run) holds, from the low bits on, the codes of k = b, b + D, b + 2 * D, ... of the piece; D = 1 means
 * neighbours: byte b holds those of k = b * 8 / bits and the next ones. The rest of the last piece is filled with codes
 * of value 0.
 */
enum ks_layout {
    /** f32, nr 16: bias[16], then for each k: w[16]. Padding is 0. KleidiAI: f32p16x1b. */
    KS_LAYOUT_F32_N16 = 1,
    /**
     * int4 groups, nr 32, P 32, R 4, D 16, codes as they are. Each group: codes, bf16 scale[32]. After all groups
     * f32 rowsum[32], f32 bias[32]. Padding: code 8, scale 0. Used by this library's own kernels.
     */
    KS_LAYOUT_INT4_N32K4 = 2,
    /** As KS_LAYOUT_INT4_N32K4 with nr 8, codes XOR 8; padding repeats the last column. KleidiAI: qsi4c32p, kr 8, sr 2. */
    KS_LAYOUT_INT4_NR8KR8 = 3,
    /** As KS_LAYOUT_INT4_NR8KR8 with R 8. KleidiAI: nr 8, kr 16, sr 2. */
    KS_LAYOUT_INT4_NR8KR16 = 4,
    /**
     * As KS_LAYOUT_INT4_NR8KR8 for SME2, nr = vector_bytes, P 4, R 2, D 1, with -0 for the bias; after all panels f32
     * bias. KleidiAI: qsi4c32ps1s0nrx4.
     */
    KS_LAYOUT_INT4_SME2 = 6,
    /**
     * int4 per channel, nr 32, P 32, R 4, D 16, codes as they are. After the codes int32 sum(qw)[32], f32 scale[32],
     * f32 bias[32]. Padding: codes of value 0, scale and bias 0. Used by this library's own kernels.
     */
    KS_LAYOUT_INT4_CHANNEL_N32K4 = 10,
    /**
     * int4 per channel, nr 4, P 32, R 4, D 16, codes XOR 8. After the codes int32 16 * sum(qw)[4], f32 scale / 16 [4],
     * f32 bias[4]. Padding repeats the last column. KleidiAI: qsi4cxp4x4, kr 8, sr 2.
     */
    KS_LAYOUT_INT4_CHANNEL_NR4KR8 = 11,
    /** As KS_LAYOUT_INT4_CHANNEL_NR4KR8 with nr 8 and R 8. KleidiAI: qsi4cxp8x8, kr 16, sr 2. */
    KS_LAYOUT_INT4_CHANNEL_NR8KR16 = 12,
    /**
     * As KS_LAYOUT_INT4_CHANNEL_NR4KR8 for SME, nr = vector_bytes, with 1 for the scale and -0 for the bias; after all
     * panels f32 scale, then f32 bias. KleidiAI: qsi4cxp4vlx4, kr 8, sr 2.
     */
    KS_LAYOUT_INT4_CHANNEL_SME = 13,
    /**
     * As KS_LAYOUT_INT4_CHANNEL_SME for SME2 with P 4, R 2, D 1 and int32 sum(qw); padding is 0, but for the scale.
     * KleidiAI: qsi4cxps1s0, kr 4, sr 1.
     */
    KS_LAYOUT_INT4_CHANNEL_SME2 = 14,
    /**
     * int8 per channel, nr 32, P 4, R 4. After the codes int32 sum(qw)[32], f32 scale[32], f32 bias[32]. Padding is 0.
     * Used by this library's own kernels.
     */
    KS_LAYOUT_INT8_CHANNEL_N32K4 = 20,
    /** As KS_LAYOUT_INT8_CHANNEL_N32K4 with nr 4; padding repeats the last column. KleidiAI: qsi8cxp4x4. */
    KS_LAYOUT_INT8_CHANNEL_NR4KR4 = 21,
    /** As KS_LAYOUT_INT8_CHANNEL_NR4KR4 with P 8 and R 8. KleidiAI: qsi8cxp4x8. */
    KS_LAYOUT_INT8_CHANNEL_NR4KR8 = 22,
    /** As KS_LAYOUT_INT8_CHANNEL_NR4KR8 with nr 8. KleidiAI: qsi8cxp8x8, for vectors of 256 bits. */
    KS_LAYOUT_INT8_CHANNEL_NR8KR8 = 23,
    /**
     * As KS_LAYOUT_INT8_CHANNEL_NR4KR4 for SME and SME2, nr = vector_bytes, with 1 for the scale and -0 for the bias;
     * after all panels f32 scale, then f32 bias. KleidiAI: qsi8cxp4vlx4.
     */
    KS_LAYOUT_INT8_CHANNEL_SME = 24,
    /**
     * int2 per channel, nr 32, P 16, R 4, D 4, codes as they are. After the codes int32 sum(qw)[32], f32 scale[32],
     * f32 bias[32]. Padding: codes of value 0, scale and bias 0. Used by this library's own kernels.
     */
    KS_LAYOUT_INT2_CHANNEL_N32K4 = 30,
    /**
     * As KS_LAYOUT_INT2_CHANNEL_N32K4 with nr 4, with 1 for the scale and -0 for the bias; after all panels f32 scale,
     * then f32 bias. KleidiAI: qsu2cxp4x4.
     */
    KS_LAYOUT_INT2_CHANNEL_NR4KR4 = 31,
    /**
     * As KS_LAYOUT_INT2_CHANNEL_NR4KR4 for SME2, nr = vector_bytes, P 4, R 1, D 1; padding repeats the last column.
     * KleidiAI: qsu2cxp4vlx4.
     */
    KS_LAYOUT_INT2_CHANNEL_SME2 = 32,
    /**
     * Q4_0, nr 32, P 32, R 4, D 16, codes as they are. Each 32 values: codes, f16 scale[32]. After all f32 bias[32].
     * Padding: codes of value 0, scale and bias 0. Used by this library's own kernels.
     */
    KS_LAYOUT_Q4_0_N32K4 = 40,
    /**
     * Q4_0, nr 4, P 32, R 4, D 16, codes XOR 8. Each 32 values: f16 scale[4], codes. After all panels f32 bias of all
     * columns. Padding repeats the last column. KleidiAI: qsi4c32p4x4 with f16 scales, kr 8, sr 2.
     */
    KS_LAYOUT_Q4_0_NR4KR8 = 41,
    /** As KS_LAYOUT_Q4_0_NR4KR8 with R 8. KleidiAI: qsi4c32p4x8, kr 16, sr 2. */
    KS_LAYOUT_Q4_0_NR4KR16 = 42,
    /** As KS_LAYOUT_Q4_0_NR4KR16 with nr 8. KleidiAI: qsi4c32p8x8, kr 16, sr 2, for vectors of 256 bits. */
    KS_LAYOUT_Q4_0_NR8KR16 = 43,
    /**
     * Q4_0 for SME, nr = vector_bytes, P 8, R 4, D 4, codes XOR 8. All codes, then for each 32 values f16 scale[nr];
     * after all panels f32 bias. Padding repeats the last column. KleidiAI: qsi4c32ps4s0sf16, which stores a sixteenth
     * of the scale: the results of its kernels over this layout are 16 times what they should be, exactly.
     */
    KS_LAYOUT_Q4_0_SME = 44,
    /** As KS_LAYOUT_Q4_0_SME for SME2 with P 4, R 2, D 1 and codes as they are. KleidiAI: qsi4c32ps1s0scalef16. */
    KS_LAYOUT_Q4_0_SME2 = 45,
    /**
     * int4 asymmetric, nr 32, P 32, R 4, D 16, codes as they are. Each group: codes, f32 zero[32], f32 scale / 16 [32].
     * After all groups f32 bias[32]. Padding: code 8, the rest 0. Used by this library's own kernels.
     */
    KS_LAYOUT_INT4_ASYMMETRIC_N32K4 = 50,
    /** As KS_LAYOUT_INT4_ASYMMETRIC_N32K4 with nr 4, codes XOR 8; padding repeats the last column. KleidiAI: qai4c32p4x4, kr 8, sr 2. */
    KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8 = 51,
    /** As KS_LAYOUT_INT4_ASYMMETRIC_NR4KR8 with R 8. KleidiAI: qai4c32p4x8, kr 16, sr 2. */
    KS_LAYOUT_INT4_ASYMMETRIC_NR4KR16 = 52,
    /**
     * As KS_LAYOUT_INT4_ASYMMETRIC_N32K4 for SME2, nr = vector_bytes, P 4, R 2, D 1, with the scale as it is; padding
     * repeats the last column. KleidiAI: qai4c32ps1s0nrx4.
     */
    KS_LAYOUT_INT4_ASYMMETRIC_SME2 = 53,
    /** f16, nr 16: f32 bias[16], then for each k: f16 w[16]. Padding is 0. Used by this library's own kernels. */
    KS_LAYOUT_F16_N16 = 60,
    /**
     * f16, nr 32: f16 -0[32], then for each k: f16 w[32]. After all panels f32 bias of all columns. Padding is 0.
     * KleidiAI: f16p32x1b with a bias that adds nothing.
     */
    KS_LAYOUT_F16_N32 = 61,
    /** bf16, nr 16: f32 bias[16], then for each k: bf16 w[16]. Padding is 0. Used by this library's own kernels. */
    KS_LAYOUT_BF16_N16 = 70,
    /**
     * bf16, nr 12: f32 bias[12], then for each 4 values of k, the last of them filled with 0: bf16 w[12][4]. Padding is
     * 0. KleidiAI: bf16p12x4b.
     */
    KS_LAYOUT_BF16_N12K4 = 71,
    /** As KS_LAYOUT_F32_N16 with nr = vector_bytes, of SVE. KleidiAI: f32p4vlx1b. */
    KS_LAYOUT_F32_SVE = 80,
    /** As KS_LAYOUT_F32_N16 with nr = vector_bytes / 2, of SME. KleidiAI: f32p2vlx1b. */
    KS_LAYOUT_F32_SME = 81
};

/** Tiers: implementations for one instruction set each. Bits of a mask. */
enum ks_tier {
    /** Plain C++ for the baseline of the architecture. */
    KS_TIER_PORTABLE = 1,
    /** Arm: Armv8.0 NEON. */
    KS_TIER_NEON = 2,
    /** Arm: FEAT_DotProd. */
    KS_TIER_DOTPROD = 4,
    /** Arm: FEAT_I8MM. */
    KS_TIER_I8MM = 8,
    /** Arm: SVE, some of it for one vector length only. */
    KS_TIER_SVE = 16,
    /** Arm: FEAT_SME. */
    KS_TIER_SME = 32,
    /** Arm: FEAT_SME2. */
    KS_TIER_SME2 = 64,
    /** x64: AVX2 with FMA. */
    KS_TIER_AVX2 = 256,
    /** x64: AVX-512 F, BW, DQ, VL and VNNI. */
    KS_TIER_AVX512VNNI = 512,
    /** x64: AVX-VNNI with AVX2 and FMA; preferred to AVX2, and AVX-512 VNNI to it. */
    KS_TIER_AVXVNNI = 1024,
    /** x64: AMX with int8 tiles, besides AVX-512 VNNI and GFNI; for several rows, preferred to all others. */
    KS_TIER_AMX = 2048
};

/**
 * Tiers that a caller should leave switched off unless asked for: their kernels share one unit among several cores, and
 * no measurement on hardware stands behind their place in the table.
 */
enum { KS_TIERS_ON_REQUEST = 32 | 64 };

/** Types of x and y. */
enum ks_type {
    /** 32-bit float. */
    KS_TYPE_F32 = 1,
    /** 16-bit float (IEEE binary16). */
    KS_TYPE_F16 = 2,
    /** bfloat16. */
    KS_TYPE_BF16 = 3,
    /** int8 codes; value (code - zero_point) * scale. */
    KS_TYPE_INT8 = 4
};

/** Processor architectures. */
enum ks_arch {
    /** Anything this library has no kernels for beyond the portable ones. */
    KS_ARCH_OTHER = 0,
    /** x86-64. */
    KS_ARCH_X64 = 1,
    /** AArch64. */
    KS_ARCH_ARM64 = 2
};

/** CPU features. Bits of a mask; a bit is set only where the operating system lets programs use the feature. */
enum ks_cpu_feature {
    /** Arm NEON. */
    KS_CPU_NEON = 1,
    /** Arm half-precision arithmetic. */
    KS_CPU_FP16 = 2,
    /** Arm dot products. */
    KS_CPU_DOTPROD = 4,
    /** Arm 8-bit matrix multiply. */
    KS_CPU_I8MM = 8,
    /** Arm bfloat16. */
    KS_CPU_BF16 = 16,
    /** Arm SVE. */
    KS_CPU_SVE = 32,
    /** Arm SVE2. */
    KS_CPU_SVE2 = 64,
    /** Arm SME. */
    KS_CPU_SME = 128,
    /** Arm SME2. */
    KS_CPU_SME2 = 256,
    /** Arm 8-bit matrix multiply on SVE vectors. */
    KS_CPU_SVE_I8MM = 512,
    /** x86 AVX2. */
    KS_CPU_AVX2 = 65536,
    /** x86 FMA3. */
    KS_CPU_FMA = 131072,
    /** x86 AVX-512 F, BW, DQ and VL. */
    KS_CPU_AVX512 = 262144,
    /** x86 AVX-512 VNNI. */
    KS_CPU_AVX512VNNI = 524288,
    /** x86 F16C: conversions of half-precision floats. */
    KS_CPU_F16C = 1048576,
    /** x86 AVX-VNNI: 8-bit dot products on vectors of 256 bits. */
    KS_CPU_AVXVNNI = 2097152,
    /**
     * x86 AMX with int8 tiles, and GFNI. Linux lets a process use tiles once it has asked; the first call of any function
     * that looks at CPU features asks. Where the answer is no, as when a thread has too small a stack for signals, this
     * feature is not there.
     */
    KS_CPU_AMX_INT8 = 4194304
};

/** Why a kernel is not used; KS_REJECT_NONE where it can be. */
enum ks_reject {
    /** It can be used. */
    KS_REJECT_NONE = 0,
    /** It is not compiled into this library. */
    KS_REJECT_NOT_COMPILED = 1,
    /** This CPU lacks a feature it needs. */
    KS_REJECT_CPU = 2,
    /** Its tier is switched off by the caller. */
    KS_REJECT_TIER = 3,
    /** It is for another format. */
    KS_REJECT_FORMAT = 4,
    /** It is for another layout. */
    KS_REJECT_LAYOUT = 5,
    /** It does not take this number of rows. */
    KS_REJECT_ROWS = 6,
    /** It does not take this group. */
    KS_REJECT_GROUP = 7,
    /** It reads weights packed for another vector length than this CPU's, or is for another vector length. */
    KS_REJECT_VECTOR = 8,
    /** It does not take this number of columns (n). */
    KS_REJECT_COLUMNS = 9,
    /** Its results are not those of the other kernels: it runs where it is forced only. */
    KS_REJECT_INEXACT = 10
};

/** The processor, as the operating system reports it. */
typedef struct ks_cpu_info {
    /** sizeof(ks_cpu_info), set by the caller. */
    uint32_t struct_size;
    /** A ks_arch. */
    uint32_t arch;
    /** ks_cpu_feature bits. */
    uint64_t features;
    /** SVE vector length in bytes; 0 without SVE. */
    uint32_t sve_bytes;
    /** SME vector length in bytes; 0 without SME. */
    uint32_t sme_bytes;
    /** Units that execute SME, as far as the operating system tells; 1 where it does not; 0 without SME. */
    uint32_t sme_units;
    /** 0. */
    uint32_t reserved;
} ks_cpu_info;

/** One row of the kernel table. Strings are static, borrowed, UTF-8. */
typedef struct ks_kernel_info {
    /** sizeof(ks_kernel_info), set by the caller. */
    uint32_t struct_size;
    /** A ks_format. */
    int32_t format;
    /** A ks_layout: the packed weights it reads. */
    int32_t layout;
    /** The ks_tier it belongs to. */
    uint32_t tier;
    /** ks_cpu_feature bits it needs. */
    uint64_t needs;
    /** Fewest rows (m) it takes. */
    int64_t min_rows;
    /** Most rows (m) it takes. */
    int64_t max_rows;
    /** Fewest columns (n) it takes. */
    int64_t min_columns;
    /** Bytes of a vector that its layout is made for on this CPU; 0 where the layout does not depend on it. */
    int32_t vector_bytes;
    /** 1 where its results have the bits of this format's arithmetic, 0 where `note` says what they have. */
    int32_t exact;
    /** 1 where it is compiled into this library, else 0. */
    int32_t compiled;
    /** 1 where it is compiled in and this CPU has what it needs, else 0. */
    int32_t supported;
    /** Its name, for instance "kai_matmul_clamp_f32_qai8dxp4x8_qsi4c32p8x8_4x8x32_neon_i8mm". */
    const char *name;
    /** Who wrote it: "KleidiAI" or "KleidiSharp". */
    const char *origin;
    /** What the row is for, and why it stands where it stands in the table. */
    const char *note;
    /** Where `compiled` is 0, why; else an empty string. */
    const char *not_compiled_reason;
} ks_kernel_info;

/** Arguments of ks_select_kernel(). */
typedef struct ks_select_args {
    /** sizeof(ks_select_args), set by the caller. */
    uint32_t struct_size;
    /** A ks_format. */
    int32_t format;
    /** A ks_layout, or 0 for any. */
    int32_t layout;
    /** Values per group; 0 for formats without. */
    int32_t group;
    /** Rows of x, at least 1; 0 asks for any number of rows, which is how a layout is chosen. */
    int64_t m;
    /** Columns of y, at least 1. */
    int64_t n;
    /** Values per row of x, at least 1. */
    int64_t k;
    /** ks_tier bits that are switched off. */
    uint32_t disabled_tiers;
    /** The vector length that `layout` was packed for; 0 where it depends on none, and where `layout` is 0. */
    int32_t vector_bytes;
    /** 0. */
    uint32_t flags;
    /** 0. */
    uint32_t reserved;
} ks_select_args;

/** Arguments of ks_quantize(). */
typedef struct ks_quantize_args {
    /** sizeof(ks_quantize_args), set by the caller. */
    uint32_t struct_size;
    /** A ks_format other than KS_FORMAT_F32. */
    int32_t format;
    /** Values per group; 0 for formats without. */
    int32_t group;
    /** 0. */
    uint32_t flags;
    /** Rows (output features), at least 1. */
    int64_t n;
    /** Values per row (input features), at least 1. */
    int64_t k;
    /** Weights, f32 [n][weights_stride]. */
    const float *weights;
    /** Elements from one row of weights to the next, at least k. */
    int64_t weights_stride;
    /** Result: n rows of codes, blocks or floats as ks_format says, without gaps. */
    void *codes;
    /** Bytes that `codes` can hold. */
    uint64_t codes_size;
    /** Result: scales as ks_format says, aligned as they ask; null for formats without. */
    void *scales;
    /** Elements that `scales` can hold; 0 for formats without. */
    uint64_t scales_count;
    /** Result: f32 zeros as ks_format says; null for formats without. */
    float *zeros;
    /** Elements that `zeros` can hold; 0 for formats without. */
    uint64_t zeros_count;
    /** Result with KS_ERROR_NOT_FINITE: the index row * k + column of the first such weight; else -1. */
    int64_t bad_index;
} ks_quantize_args;

/** What identifies packed weights: arguments of ks_packed_size(), and part of others. */
typedef struct ks_shape {
    /** sizeof(ks_shape), set by the caller. */
    uint32_t struct_size;
    /** A ks_format. */
    int32_t format;
    /** A ks_layout of that format. */
    int32_t layout;
    /** Values per group; 0 for formats without. */
    int32_t group;
    /** Bytes of a vector that the layout is made for: a power of two from 16 to 256; 0 where it depends on none. */
    int32_t vector_bytes;
    /** 0. */
    int32_t reserved;
    /** Rows (output features), at least 1. */
    int64_t n;
    /** Values per row (input features), at least 1. */
    int64_t k;
} ks_shape;

/** Arguments of ks_pack(). */
typedef struct ks_pack_args {
    /** sizeof(ks_pack_args), set by the caller. */
    uint32_t struct_size;
    /** 0. */
    uint32_t flags;
    /** What is packed. */
    const ks_shape *shape;
    /** First row to pack: 0, or a multiple of the layout's panel width (see ks_panel_columns()). */
    int64_t n_begin;
    /** One past the last row to pack: n, or a multiple of the panel width. */
    int64_t n_end;
    /** All n rows of codes, blocks or floats as ks_format says, aligned as floats ask; floats and Q4_0's scales finite. */
    const void *weights;
    /** Bytes from one row of `weights` to the next; at least the bytes of a row. */
    int64_t weights_stride_bytes;
    /**
     * Scales [n][scales_stride] as ks_format says; null for formats without. Finite; f32 scales are 0 or of a magnitude
     * of at least 2^-40.
     */
    const void *scales;
    /** Elements from one row of `scales` to the next, at least k/group, or 1 per channel; 0 for formats without. */
    int64_t scales_stride;
    /** f32 zeros [n][zeros_stride] as ks_format says; null for formats without. Finite. */
    const float *zeros;
    /** Elements from one row of `zeros` to the next, at least k/group; 0 for formats without. */
    int64_t zeros_stride;
    /** f32 bias [n], or null for zeros. Finite. */
    const float *bias;
    /** The blob, aligned to KS_ALIGNMENT; its panels n_begin..n_end are written. Calls for disjoint ranges may run at once. */
    void *packed;
    /** Bytes that `packed` can hold, at least ks_packed_size(). */
    uint64_t packed_size;
    /**
     * Result with KS_ERROR_NOT_FINITE, and with KS_ERROR_VALUE for a scale: the index row * k + column (floats; the first
     * value of a block of Q4_0), row * groups + group (scales, zeros) or row (bias); else -1.
     */
    int64_t bad_index;
} ks_pack_args;

/** What ks_packed_describe() reads from a blob. */
typedef struct ks_packed_info {
    /** sizeof(ks_packed_info), set by the caller. */
    uint32_t struct_size;
    /** Version of the blob format: 2. */
    uint32_t version;
    /** A ks_format. */
    int32_t format;
    /** A ks_layout. */
    int32_t layout;
    /** Values per group; 0 for KS_FORMAT_F32. */
    int32_t group;
    /** 1 where the packed bias is not +0 throughout, else 0. */
    int32_t has_bias;
    /** Bytes of a vector that the layout is made for; 0 where it depends on none. */
    int32_t vector_bytes;
    /** 0. */
    int32_t reserved;
    /** Rows (output features). */
    int64_t n;
    /** Values per row (input features). */
    int64_t k;
    /** Bytes of the whole blob, header included. */
    uint64_t size;
    /** Checksum of the panels. */
    uint64_t checksum;
} ks_packed_info;

/** Arguments of ks_unpack(). */
typedef struct ks_unpack_args {
    /** sizeof(ks_unpack_args), set by the caller. */
    uint32_t struct_size;
    /** 0. */
    uint32_t flags;
    /** A sealed blob, aligned to KS_ALIGNMENT. */
    const void *packed;
    /** Bytes of the blob. */
    uint64_t packed_size;
    /** Result: n rows of codes, blocks or floats as ks_format says, without gaps. */
    void *weights;
    /** Bytes that `weights` can hold. */
    uint64_t weights_size;
    /** Result: scales as ks_format says; null for formats without. */
    void *scales;
    /** Elements that `scales` can hold; 0 for formats without. */
    uint64_t scales_count;
    /** Result: f32 zeros as ks_format says; null for formats without. */
    float *zeros;
    /** Elements that `zeros` can hold; 0 for formats without. */
    uint64_t zeros_count;
    /** Result: f32 bias [n]; may be null. */
    float *bias;
    /** Elements that `bias` can hold, at least n where `bias` is not null. */
    uint64_t bias_count;
} ks_unpack_args;

/** Threads that share the work of one call; opaque, in memory of the caller. See ks_team_init(). */
typedef struct ks_team ks_team;

/**
 * Arguments of ks_matmul().
 */
typedef struct ks_matmul_args {
    /** sizeof(ks_matmul_args), set by the caller. */
    uint32_t struct_size;
    /** Index into the kernel table, or -1 to let the library choose as ks_select_kernel() does. */
    int32_t kernel;
    /** ks_tier bits that are switched off; a kernel of such a tier is refused. */
    uint32_t disabled_tiers;
    /** 0. */
    uint32_t flags;
    /** A sealed blob, aligned to KS_ALIGNMENT. */
    const void *packed;
    /** Bytes of the blob. */
    uint64_t packed_size;
    /** Rows of x and y; 0 is allowed and does nothing. */
    int64_t m;
    /** Activations [m][x_stride] of type x_type, aligned as it asks. */
    const void *x;
    /** Elements from one row of x to the next, at least k. */
    int64_t x_stride;
    /** Elements that can be read at `x`, at least (m - 1) * x_stride + k. */
    uint64_t x_count;
    /** Results [m][y_stride] of type y_type, aligned as it asks; must not overlap any other buffer. Only y[0..m)[0..n) is written. */
    void *y;
    /** Elements from one row of y to the next, at least n. */
    int64_t y_stride;
    /** Elements that can be written at `y`, at least (m - 1) * y_stride + n. */
    uint64_t y_count;
    /** A ks_type; KS_TYPE_INT8 for formats whose activations are quantised per row only. */
    int32_t x_type;
    /** A ks_type. */
    int32_t y_type;
    /**
     * 0: the scale of activations follows from each row (dynamic). Else the scale of all of them (static, calibrated),
     * a normal float above 0, for formats whose activations are quantised per row; KS_TYPE_INT8 needs it.
     */
    float x_scale;
    /** With an x_scale the code of 0, -128..127; else 0. */
    int32_t x_zero_point;
    /** With y_type KS_TYPE_INT8 the step between codes, a normal float above 0; else 0. */
    float y_scale;
    /** With y_type KS_TYPE_INT8 the code of 0, -128..127; else 0. */
    int32_t y_zero_point;
    /** Lower bound of the results; not NaN; -INFINITY for none. */
    float clamp_min;
    /** Upper bound of the results; not NaN, at least clamp_min; INFINITY for none. */
    float clamp_max;
    /** Working memory aligned to KS_ALIGNMENT; its content does not matter before or after. May be null where 0 bytes are needed. */
    void *scratch;
    /** Bytes of `scratch`, at least ks_matmul_scratch_size(). */
    uint64_t scratch_size;
    /** Threads to share the work with, or null for this thread alone. Where the team is busy with another call, this thread works alone. */
    ks_team *team;
    /** Result: index of the kernel that ran; -1 where none did. */
    int32_t kernel_used;
    /** 0. */
    uint32_t reserved;
} ks_matmul_args;

/** Returns KS_ABI_VERSION of the library that is loaded. Never fails. */
KS_API uint32_t ks_abi_version(void);

/**
 * Returns what the compiler of this library made of this header's structs: for each struct in the order of this file its
 * size, then the offset of each field in order, all in bytes. A caller compares it with what it believes.
 * @param count Result: number of values; may be null.
 * @return A static array.
 */
KS_API const int32_t *ks_abi_layout(int32_t *count);

/** Returns the version of this library, for instance "0.1.0": static UTF-8. */
KS_API const char *ks_version(void);

/** Returns the version of the KleidiAI that is linked in, for instance "1.32.0"; an empty string where none is. Static UTF-8. */
KS_API const char *ks_kleidiai_version(void);

/**
 * Returns what went wrong in the last call on this thread that failed: UTF-8, borrowed, valid until the next call on
 * this thread; an empty string where none failed yet.
 */
KS_API const char *ks_last_error(void);

/** Fills in the processor's features. @return KS_OK, KS_ERROR_NULL or KS_ERROR_STRUCT_SIZE. */
KS_API int32_t ks_get_cpu_info(ks_cpu_info *info);

/** Returns the number of rows of the kernel table, those that are not compiled in included. */
KS_API int32_t ks_kernel_count(void);

/**
 * Fills in one row of the kernel table. Rows are in order of preference: of the rows that fit, the first is used.
 * @param index 0 to ks_kernel_count() - 1.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_STRUCT_SIZE or KS_ERROR_VALUE.
 */
KS_API int32_t ks_get_kernel_info(int32_t index, ks_kernel_info *info);

/**
 * Says why a row of the kernel table does not serve a request.
 * @param index 0 to ks_kernel_count() - 1.
 * @param reason Result: a ks_reject; KS_REJECT_NONE where it serves.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_STRUCT_SIZE or KS_ERROR_VALUE.
 */
KS_API int32_t ks_check_kernel(int32_t index, const ks_select_args *args, int32_t *reason);

/**
 * Chooses the kernel for a request: the first row of the table that fits. With m = 0 and layout = 0 the row's layout is
 * the one to pack for.
 * @param index Result: the row.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_STRUCT_SIZE, KS_ERROR_VALUE, KS_ERROR_GROUP or KS_ERROR_NO_KERNEL.
 */
KS_API int32_t ks_select_kernel(const ks_select_args *args, int32_t *index);

/**
 * Quantises f32 weights. In what follows a is the largest magnitude of a channel or group, rne rounds to the nearest,
 * ties to even, and quotients and reciprocals are single f32 operations.
 *  - INT4_GROUP: s = a / 7.5, at least the smallest normal float, rounded to bf16 (nearest, ties to even); code =
 *    clamp(rne(w * (1 / s)), -8, 7) + 8: torchao's MappingType.SYMMETRIC with bfloat16 scales.
 *  - INT4_CHANNEL, INT8_CHANNEL, INT2_CHANNEL: s = a / 7.5, a / 127.5, a / 1.5, at least 2^-40; codes
 *    clamp(rne(w * (1 / s)), -8, 7) + 8, clamp(..., -128, 127), clamp(..., -2, 1) + 2: torchao's SYMMETRIC per axis.
 *  - Q4_0: m = the weight of largest magnitude with its sign, the first among equals; d = m / -8; the scale is d as f16;
 *    code = min(15, trunc(w * (1 / d) + 8.5)), where d is 0 or 1 / d infinite 8: ggml's reference. KS_ERROR_NOT_FINITE
 *    where |d| exceeds the largest f16.
 *  - INT4_ASYMMETRIC: lo = the smallest, hi = the largest weight of the group; s = (hi - lo) / 15, at least 2^-40;
 *    zero = lo + s * 8; code = clamp(rne((w - (zero - s * 8)) / s), 0, 15): ATen's int4 with a zero in floats.
 *    KS_ERROR_NOT_FINITE where hi - lo or the zero overflows.
 *  - F16, BF16: nearest, ties to even. KS_ERROR_NOT_FINITE where a weight becomes infinite.
 * @return KS_OK, or a status for the argument that is wrong; KS_ERROR_NOT_FINITE leaves the results undefined.
 */
KS_API int32_t ks_quantize(ks_quantize_args *args);

/**
 * Returns the columns of a panel of a ks_layout: the granularity of ks_pack().
 * @param vector_bytes As in ks_shape.
 * @return 0 for an unknown layout, or a vector length that does not go with it.
 */
KS_API int32_t ks_panel_columns(int32_t layout, int32_t vector_bytes);

/**
 * Computes the bytes of a packed blob, header included: KS_BLOB_HEADER_SIZE + panels * bytes of a panel + bytes of the
 * arrays after the panels, rounded up to KS_ALIGNMENT; all as the ks_layout says.
 * @param size Result.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_STRUCT_SIZE, KS_ERROR_VALUE, KS_ERROR_GROUP or KS_ERROR_OVERFLOW.
 */
KS_API int32_t ks_packed_size(const ks_shape *shape, uint64_t *size);

/**
 * Packs rows n_begin..n_end of a weight matrix into a blob. Once every row is packed, ks_pack_seal() makes the blob
 * usable. The layout does not have to be one of this machine's.
 * @return KS_OK, or a status for the argument that is wrong; KS_ERROR_NOT_FINITE names the first bad value.
 */
KS_API int32_t ks_pack(ks_pack_args *args);

/**
 * Writes the header of a blob whose panels are all packed, with the checksum.
 * @param packed The blob, aligned to KS_ALIGNMENT.
 * @param packed_size Bytes that it can hold, at least ks_packed_size().
 * @return KS_OK, or a status for the argument that is wrong.
 */
KS_API int32_t ks_pack_seal(const ks_shape *shape, void *packed, uint64_t packed_size);

/**
 * Reads and checks the header of a blob.
 * @param packed The blob, aligned to KS_ALIGNMENT.
 * @param packed_size Bytes that may be read.
 * @param verify 1 to compare the checksum with the panels, which reads them all; 0 not to.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_STRUCT_SIZE, KS_ERROR_VALUE, KS_ERROR_ALIGNMENT or a KS_ERROR_BLOB_... status.
 */
KS_API int32_t ks_packed_describe(const void *packed, uint64_t packed_size, int32_t verify, ks_packed_info *info);

/** Unpacks a blob of any layout to exactly what was packed. @return KS_OK, or a status for the argument that is wrong. */
KS_API int32_t ks_unpack(const ks_unpack_args *args);

/**
 * Checks the closed formula of a layout against the packer of the linked KleidiAI, on a small matrix. A layout for SVE
 * or SME is checked for this CPU's vector length, and where the CPU has none it is not checked.
 * @return KS_OK (also where the layout is not KleidiAI's or KleidiAI is not linked in), KS_ERROR_VALUE for an unknown
 * layout, or KS_ERROR_LAYOUT_MISMATCH.
 */
KS_API int32_t ks_verify_layout(int32_t layout);

/**
 * Computes the bytes of scratch that ks_matmul() needs; it grows with m up to a fixed number of rows and no further.
 * Reads struct_size, kernel, disabled_tiers, flags, packed, packed_size, m, reserved and the types, scales and zero points
 * of x and y of `args`.
 * @param size Result.
 * @return KS_OK, or a status for the argument that is wrong.
 */
KS_API int32_t ks_matmul_scratch_size(const ks_matmul_args *args, uint64_t *size);

/**
 * Multiplies: y = clamp(x * transpose(weights) + bias).
 *
 * Values of x become f32 exactly, or codes:
 *  - per row (INT4_GROUP, INT4_CHANNEL, INT8_CHANNEL, INT2_CHANNEL; KleidiAI's qai8dxp): lo = min(0, min x), hi =
 *    max(0, max x); S = lo == hi ? 1 : 255 / (hi - lo); scale_x = 1 / S; e = (-128 + lo * S) + (127 + hi * S);
 *    zp = rne(clamp(e > 0 ? -128 - lo * S : 127 - hi * S, -128, 127)); qa = clamp(round_half_away(x * S) + zp, -128,
 *    127). Where S is infinite, zp, qa and scale_x are 0. Where the row is not finite or hi - lo overflows, they are 0,
 *    0 and NaN.
 *  - with x_scale: scale_x = x_scale, zp = x_zero_point, qa = clamp(rne(x * (1 / x_scale)) + zp, -128, 127), or the
 *    codes that are given. A row that is not finite gets NaN for scale_x.
 *  - per 32 values (Q4_0; KleidiAI's qsi8d32p): d = max |x| / 127; qa = d == 0 ? 0 : round_half_away(x * (1 / d));
 *    scale_x = d as f16. Where 1 / d is infinite, qa and scale_x are 0. Where a block of the row is not finite, or its
 *    scale as f16, every scale of the row is NaN.
 *  - per group (INT4_ASYMMETRIC; KleidiAI's qsi8d32pscalef32): S = 127 / max |x|; qa = rne(x * S); scale_x = 1 / S.
 *    Where max |x| is less than 2^-75, qa and scale_x are 0: so no product of scales is subnormal. Where a group of the
 *    row is not finite, every scale of the row is NaN.
 *
 * Results become f16 or bf16 by rounding the clamped f32 to nearest, ties to even, NaN to the quiet NaN; int8 as
 * clamp(rne(y * (1 / y_scale)) + y_zero_point, -128, 127), NaN becoming y_zero_point.
 *
 * @return KS_OK, or a status for the argument that is wrong.
 */
KS_API int32_t ks_matmul(ks_matmul_args *args);

/**
 * Returns the bytes of memory a team of that many workers needs; 0 for a number outside 1..1023.
 * @param workers Threads besides the caller of ks_matmul().
 */
KS_API uint64_t ks_team_size(int32_t workers);

/**
 * Initialises a team in memory of the caller. Then that many threads of the caller each call ks_team_work(). Workers for
 * which the processors that the calling thread may run on do not suffice sleep, rather than take turns with the others.
 * @param memory Aligned to KS_ALIGNMENT; the address is the team.
 * @param memory_size At least ks_team_size(workers).
 * @param workers 1..1023.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_ALIGNMENT, KS_ERROR_BUFFER_SIZE or KS_ERROR_VALUE.
 */
KS_API int32_t ks_team_init(void *memory, uint64_t memory_size, int32_t workers);

/**
 * Parks the calling thread as a worker of the team until ks_team_stop(). Between calls that it shares it spins for some
 * microseconds and then sleeps. At most `workers` threads may be in here.
 * @return KS_OK once stopped, KS_ERROR_NULL, KS_ERROR_ALIGNMENT or KS_ERROR_TEAM.
 */
KS_API int32_t ks_team_work(ks_team *team);

/**
 * A task of the caller, for ks_team_run(); it must return, and neither throw nor jump out.
 * @param context As it was given to ks_team_run().
 * @param task Which task.
 */
typedef void (*ks_task)(void *context, int64_t task);

/**
 * Runs tasks of the caller on the threads that share calls of ks_matmul(): calls run(context, i) once for each i of
 * 0..tasks - 1, in any order, and returns when all have returned. Where the team is busy with another call, the calling
 * thread runs them alone; that holds for a call from within a task, too.
 * @param team May be null, for the calling thread alone.
 * @param tasks How many there are, at least 0.
 * @param run May be called by several threads at once.
 * @param context Handed to every task; may be null.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_ALIGNMENT, KS_ERROR_VALUE or KS_ERROR_TEAM.
 */
KS_API int32_t ks_team_run(ks_team *team, int64_t tasks, ks_task run, void *context);

/**
 * Makes every worker return from ks_team_work() once it has done its share of the call that is under way; the caller
 * does the rest of that call alone. The memory may be freed once the workers, every call of ks_matmul() and ks_team_run()
 * with this team and ks_team_stop() itself have returned.
 * @return KS_OK, KS_ERROR_NULL, KS_ERROR_ALIGNMENT or KS_ERROR_TEAM.
 */
KS_API int32_t ks_team_stop(ks_team *team);

#ifdef __cplusplus
}
#endif

#endif
