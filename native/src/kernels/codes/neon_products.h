// SPDX-License-Identifier: Apache-2.0
// Products of a chunk of 8 columns with a row on Armv8.0 NEON, 8 a multiplication, added up in 16 bits. Codes of 2 or 4
// bits and activations give at most 15 * 128 each, of which a lane adds up 8. Of int8 weights it adds up two, 16 apart
// along k, which fit unless both are -128 * -128; `kPairs` says that no two such activations are both -128.
//
// In assembler, because GCC moves sums from register to register and to memory in between.
#pragma once

#include <arm_neon.h>
#include <stdint.h>

namespace ks {
namespace {

constexpr int kChunkQuads = 8;
constexpr int kPairVectors = 2;  // 8 columns

// The products of 4 columns in two vectors, each column in 4 lanes that are not yet added.
using Products = int16x8_t[2 * kPairVectors];
using Totals = int32x4_t[2 * kPairVectors];

// Of a chunk of the 8 columns; `codes` have one vector for each quad and 4 columns.
using PairCodes = int8x16_t[kChunkQuads][kPairVectors];

// clang-format off
#define KS_TIMES(op, c, d, x)                                  \
    op " %[s0].8h, %[" c "].8b, %[" x "].8b\n"                 \
    op "2 %[s1].8h, %[" c "].16b, %[" x "].16b\n"              \
    op " %[s2].8h, %[" d "].8b, %[" x "].8b\n"                 \
    op "2 %[s3].8h, %[" d "].16b, %[" x "].16b\n"
#define KS_ADD(op)                                             \
    op " %[t0].4s, %[s0].8h\n" op " %[t1].4s, %[s1].8h\n"      \
    op " %[t2].4s, %[s2].8h\n" op " %[t3].4s, %[s3].8h\n"
#define KS_LOAD(c, d, at) "ldp %q[" c "], %q[" d "], [%[weights], #" at "]\n"
#define KS_MASK(to, from) "and %[" to "].16b, %[" from "].16b, %[mask].16b\n"
#define KS_SHIFT(to, from, bits) "ushr %[" to "].16b, %[" from "].16b, #" bits "\n"
#define KS_ROW(to, at) "ldr %q[" to "], [%[lhs], #" at "]\n"
#define KS_QUAD(to, from, lane) "dup %[" to "].4s, %[" from "].s[" lane "]\n"
// clang-format on

// ---- A lone row, whose quads are in registers

#define KS_LONE_ROW                                                                                                 \
    [x0] "w"(x[0]), [x1] "w"(x[1]), [x2] "w"(x[2]), [x3] "w"(x[3]), [x4] "w"(x[4]), [x5] "w"(x[5]), [x6] "w"(x[6]), \
        [x7] "w"(x[7])
#define KS_BYTES(name, bytes) [name] "r"(name), "m"(*reinterpret_cast<const uint8_t(*)[bytes]>(name))
#define KS_PRODUCTS [s0] "=&w"(s[0]), [s1] "=&w"(s[1]), [s2] "=&w"(s[2]), [s3] "=&w"(s[3])
#define KS_TEMPORARIES [c] "=&w"(c), [d] "=&w"(d), [e] "=&w"(e), [f] "=&w"(f)

// `weights` of a panel of 32 columns.
[[gnu::always_inline]] inline void multiply_int4(const uint8_t* weights, const int8x16_t (&x)[kChunkQuads],
                                                 Products& s) {
    const uint8x16_t mask = vdupq_n_u8(15);
    int8x16_t c, d, e, f;
    // The low codes of c and d go to e and f, which then are free for the next load.
#define KS_LOW(op, c, d, e, f, x) \
    KS_MASK(e, c) KS_MASK(f, d) KS_SHIFT(c, c, "4") KS_SHIFT(d, d, "4") KS_TIMES(op, e, f, x)
    asm(KS_LOAD("c", "d", "0") KS_LOW("smull", "c", "d", "e", "f", "x0")                                      //
        KS_LOAD("e", "f", "128") KS_TIMES("smlal", "c", "d", "x4")                                            //
        KS_LOW("smlal", "e", "f", "c", "d", "x1") KS_LOAD("c", "d", "256") KS_TIMES("smlal", "e", "f", "x5")  //
        KS_LOW("smlal", "c", "d", "e", "f", "x2") KS_LOAD("e", "f", "384") KS_TIMES("smlal", "c", "d", "x6")  //
        KS_LOW("smlal", "e", "f", "c", "d", "x3") KS_TIMES("smlal", "e", "f", "x7")                           //
        : KS_PRODUCTS, KS_TEMPORARIES
        : KS_BYTES(weights, 416), [mask] "w"(mask), KS_LONE_ROW);
#undef KS_LOW
}

[[gnu::always_inline]] inline void multiply_int2(const uint8_t* weights, const int8x16_t (&x)[kChunkQuads],
                                                 Products& s) {
    const uint8x16_t mask = vdupq_n_u8(3);
    int8x16_t c, d, e, f, g, h;
    // Each step unpacks for the next one; before the last one `next` loads over e and f.
    // clang-format off
#define KS_ALL(op, c, d, e, f, x0, x1, x2, x3, next)                                                          \
    KS_MASK(e, c) KS_MASK(f, d) KS_SHIFT("g", c, "2") KS_SHIFT("h", d, "2") KS_TIMES(op, e, f, x0)            \
    KS_MASK("g", "g") KS_MASK("h", "h") KS_SHIFT(e, c, "4") KS_SHIFT(f, d, "4") KS_TIMES("smlal", "g", "h", x1) \
    KS_MASK(e, e) KS_MASK(f, f) KS_SHIFT(c, c, "6") KS_SHIFT(d, d, "6") KS_TIMES("smlal", e, f, x2)           \
    next KS_TIMES("smlal", c, d, x3)
    // clang-format on
    asm(KS_LOAD("c", "d", "0")                                                                 //
        KS_ALL("smull", "c", "d", "e", "f", "x0", "x1", "x2", "x3", KS_LOAD("e", "f", "128"))  //
        KS_ALL("smlal", "e", "f", "c", "d", "x4", "x5", "x6", "x7", "")                        //
        : KS_PRODUCTS, KS_TEMPORARIES, [g] "=&w"(g), [h] "=&w"(h)
        : KS_BYTES(weights, 160), [mask] "w"(mask), KS_LONE_ROW);
#undef KS_ALL
}

template <bool kPairs>
[[gnu::always_inline]] inline void multiply_int8(const uint8_t* weights, const int8x16_t (&x)[kChunkQuads], Totals& t) {
    Products s;
    int8x16_t c, d, e, f;
    // clang-format off
#define KS_PAIR(add, x0, x1, at0, at1)                    \
    KS_LOAD("c", "d", at0) KS_LOAD("e", "f", at1)         \
    KS_TIMES("smull", "c", "d", x0) KS_TIMES("smlal", "e", "f", x1) KS_ADD(add)
#define KS_SINGLES(add, x0, x1, at0, at1)                 \
    KS_LOAD("c", "d", at0) KS_LOAD("e", "f", at1)         \
    KS_TIMES("smull", "c", "d", x0) KS_ADD(add) KS_TIMES("smull", "e", "f", x1) KS_ADD("sadalp")
#define KS_CHUNK(two)                                                                                         \
    asm(two("saddlp", "x0", "x4", "0", "512") two("sadalp", "x1", "x5", "128", "640")                         \
        two("sadalp", "x2", "x6", "256", "768") two("sadalp", "x3", "x7", "384", "896")                       \
        : [t0] "=&w"(t[0]), [t1] "=&w"(t[1]), [t2] "=&w"(t[2]), [t3] "=&w"(t[3]), KS_PRODUCTS, KS_TEMPORARIES \
        : KS_BYTES(weights, 928), KS_LONE_ROW)
    // clang-format on
    if constexpr (kPairs) {
        KS_CHUNK(KS_PAIR);
    } else {
        KS_CHUNK(KS_SINGLES);
    }
#undef KS_CHUNK
#undef KS_SINGLES
#undef KS_PAIR
}

// ---- One of several rows, which share the codes

#define KS_CODES                                                                                                       \
    [c0] "w"(codes[0][0]), [c1] "w"(codes[1][0]), [c2] "w"(codes[2][0]), [c3] "w"(codes[3][0]), [c4] "w"(codes[4][0]), \
        [c5] "w"(codes[5][0]), [c6] "w"(codes[6][0]), [c7] "w"(codes[7][0]), [d0] "w"(codes[0][1]),                    \
        [d1] "w"(codes[1][1]), [d2] "w"(codes[2][1]), [d3] "w"(codes[3][1]), [d4] "w"(codes[4][1]),                    \
        [d5] "w"(codes[5][1]), [d6] "w"(codes[6][1]), [d7] "w"(codes[7][1])

[[gnu::always_inline]] inline void multiply_row(const PairCodes& codes, const uint8_t* lhs, Products& s) {
    int8x16_t a, x, y;
    asm(KS_ROW("a", "0") KS_QUAD("x", "a", "0") KS_QUAD("y", "a", "1")               //
        KS_TIMES("smull", "c0", "d0", "x") KS_QUAD("x", "a", "2")                    //
        KS_TIMES("smlal", "c1", "d1", "y") KS_QUAD("y", "a", "3") KS_ROW("a", "16")  //
        KS_TIMES("smlal", "c2", "d2", "x") KS_QUAD("x", "a", "0")                    //
        KS_TIMES("smlal", "c3", "d3", "y") KS_QUAD("y", "a", "1")                    //
        KS_TIMES("smlal", "c4", "d4", "x") KS_QUAD("x", "a", "2")                    //
        KS_TIMES("smlal", "c5", "d5", "y") KS_QUAD("y", "a", "3")                    //
        KS_TIMES("smlal", "c6", "d6", "x") KS_TIMES("smlal", "c7", "d7", "y")        //
        : KS_PRODUCTS, [a] "=&w"(a), [x] "=&w"(x), [y] "=&w"(y)
        : KS_BYTES(lhs, 32), KS_CODES);
}

// Of int8 weights, added to `totals` in memory: there are too many of them for registers.
template <bool kPairs>
[[gnu::always_inline]] inline void multiply_add_row(const PairCodes& codes, const uint8_t* lhs, Totals& totals) {
    Products s;
    int32x4_t t0, t1, t2, t3;
    int8x16_t a, b, x, y;
    // clang-format off
#define KS_PAIR(c0, d0, c1, d1, lane)                         \
    KS_QUAD("x", "a", lane) KS_QUAD("y", "b", lane)           \
    KS_TIMES("smull", c0, d0, "x") KS_TIMES("smlal", c1, d1, "y") KS_ADD("sadalp")
#define KS_SINGLES(c0, d0, c1, d1, lane)                      \
    KS_QUAD("x", "a", lane) KS_QUAD("y", "b", lane)           \
    KS_TIMES("smull", c0, d0, "x") KS_ADD("sadalp") KS_TIMES("smull", c1, d1, "y") KS_ADD("sadalp")
    // Volatile, because all that matters of it is in memory.
#define KS_CHUNK(two)                                                                           \
    asm volatile("ldp %q[t0], %q[t1], [%[totals]]\n ldp %q[t2], %q[t3], [%[totals], #32]\n"     \
        KS_ROW("a", "0") KS_ROW("b", "16")                                                      \
        two("c0", "d0", "c4", "d4", "0") two("c1", "d1", "c5", "d5", "1")                       \
        two("c2", "d2", "c6", "d6", "2") two("c3", "d3", "c7", "d7", "3")                       \
        "stp %q[t0], %q[t1], [%[totals]]\n stp %q[t2], %q[t3], [%[totals], #32]\n"              \
        : [t0] "=&w"(t0), [t1] "=&w"(t1), [t2] "=&w"(t2), [t3] "=&w"(t3), KS_PRODUCTS,          \
          [a] "=&w"(a), [b] "=&w"(b), [x] "=&w"(x), [y] "=&w"(y)                                \
        : [totals] "r"(totals), [lhs] "r"(lhs), KS_CODES                                        \
        : "memory")
    // clang-format on
    if constexpr (kPairs) {
        KS_CHUNK(KS_PAIR);
    } else {
        KS_CHUNK(KS_SINGLES);
    }
#undef KS_CHUNK
#undef KS_SINGLES
#undef KS_PAIR
}

#undef KS_CODES
#undef KS_TEMPORARIES
#undef KS_PRODUCTS
#undef KS_BYTES
#undef KS_LONE_ROW
#undef KS_QUAD
#undef KS_ROW
#undef KS_SHIFT
#undef KS_MASK
#undef KS_LOAD
#undef KS_ADD
#undef KS_TIMES

}  // namespace
}  // namespace ks
