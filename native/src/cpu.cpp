// SPDX-License-Identifier: Apache-2.0
#include "cpu.h"

#include <atomic>

#include "kleidisharp.h"
#include "os/os.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ks {
namespace {

#if defined(__x86_64__)

constexpr uint64_t bit(uint32_t word, int position) { return (word >> position) & 1; }

// The register states that the operating system saves and restores (XCR0); xgetbv as an instruction because the
// intrinsic needs a target beyond the baseline.
uint64_t enabled_states() {
    uint32_t low;
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (uint64_t{high} << 32) | low;
}

// `d`: of leaf 7.
bool has_tiles([[maybe_unused]] uint64_t states, [[maybe_unused]] uint32_t d) {
#if defined(KS_SOFTWARE_TILES)
    return true;
#else
    constexpr uint64_t kTileStates = 0x60000;
    constexpr int kAmxTile = 24;
    constexpr int kAmxInt8 = 25;
    return (states & kTileStates) == kTileStates && bit(d, kAmxTile) && bit(d, kAmxInt8) && os_may_use_tiles();
#endif
}

uint64_t detect() {
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    constexpr int kFma = 12;
    constexpr int kOsxsave = 27;
    constexpr int kAvx = 28;
    constexpr int kF16c = 29;
    if (!bit(c, kOsxsave) || !bit(c, kAvx)) return 0;
    constexpr uint64_t kYmmState = 0x06;
    constexpr uint64_t kZmmState = 0xE6;
    const uint64_t states = enabled_states();
    if ((states & kYmmState) != kYmmState) return 0;

    uint64_t features = (bit(c, kFma) ? KS_CPU_FMA : 0) | (bit(c, kF16c) ? KS_CPU_F16C : 0);
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return features;
    if (bit(b, 5)) features |= KS_CPU_AVX2;
    const uint32_t last_subleaf = a;
    // The files of AVX-512 are compiled for AVX2 and FMA too; a virtual machine may hide these.
    constexpr uint64_t kBelow = KS_CPU_AVX2 | KS_CPU_FMA;
    if ((features & kBelow) == kBelow && (states & kZmmState) == kZmmState && bit(b, 16) && bit(b, 17) && bit(b, 30) &&
        bit(b, 31)) {  // F, DQ, BW, VL
        features |= KS_CPU_AVX512;
        if (bit(c, 11)) features |= KS_CPU_AVX512VNNI;
        if (bit(c, 8) && has_tiles(states, d)) features |= KS_CPU_AMX_INT8;  // GFNI
    }
    if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && bit(a, 4)) features |= KS_CPU_AVXVNNI;
    return features;
}

// AMD's performance optimisation identifiers; others have no such leaf.
bool halves_vectors() {
    constexpr uint32_t kLeaf = 0x8000001A;
    constexpr int kUnitsOf256 = 2;
    constexpr int kUnitsOf512 = 3;
    uint32_t a;
    uint32_t b;
    uint32_t c;
    uint32_t d;
    return __get_cpuid(kLeaf, &a, &b, &c, &d) && bit(a, kUnitsOf256) && !bit(a, kUnitsOf512);
}

#elif defined(__aarch64__)

uint64_t detect() { return os_arm_features(); }

#else

uint64_t detect() { return 0; }

#endif

// Beside the features: that they were asked for, and that vectors are halved.
constexpr uint64_t kKnown = uint64_t{1} << 63;
constexpr uint64_t kHalves = uint64_t{1} << 62;

uint64_t known_features() {
    // Threads that come here at once all find the same, so a plain store is enough.
    static std::atomic<uint64_t> cached{0};
    uint64_t features = cached.load(std::memory_order_relaxed);
    if (features == 0) {
        features = detect() | kKnown;
#if defined(__x86_64__)
        if (halves_vectors()) features |= kHalves;
#endif
        cached.store(features, std::memory_order_relaxed);
    }
    return features;
}

}  // namespace

uint32_t cpu_arch() {
#if defined(__x86_64__)
    return KS_ARCH_X64;
#elif defined(__aarch64__)
    return KS_ARCH_ARM64;
#else
    return KS_ARCH_OTHER;
#endif
}

uint64_t cpu_features() { return known_features() & ~(kKnown | kHalves); }

bool cpu_halves_vectors() { return (known_features() & kHalves) != 0; }

#if defined(__aarch64__)

uint32_t cpu_sve_bytes() { return cpu_features() & KS_CPU_SVE ? os_sve_bytes() : 0; }

uint32_t cpu_sme_bytes() { return cpu_features() & KS_CPU_SME ? os_sme_bytes() : 0; }

uint32_t cpu_sme_units() {
    static std::atomic<uint32_t> cached{0};
    if ((cpu_features() & KS_CPU_SME) == 0) return 0;
    uint32_t units = cached.load(std::memory_order_relaxed);
    if (units == 0) {
        units = os_sme_units();
        cached.store(units, std::memory_order_relaxed);
    }
    return units;
}

#else

uint32_t cpu_sve_bytes() { return 0; }
uint32_t cpu_sme_bytes() { return 0; }
uint32_t cpu_sme_units() { return 0; }

#endif

const char* cpu_feature_name(uint64_t feature) {
    switch (feature) {
        case KS_CPU_NEON:
            return "neon";
        case KS_CPU_FP16:
            return "fp16";
        case KS_CPU_DOTPROD:
            return "dotprod";
        case KS_CPU_I8MM:
            return "i8mm";
        case KS_CPU_BF16:
            return "bf16";
        case KS_CPU_SVE:
            return "sve";
        case KS_CPU_SVE2:
            return "sve2";
        case KS_CPU_SME:
            return "sme";
        case KS_CPU_SME2:
            return "sme2";
        case KS_CPU_SVE_I8MM:
            return "svei8mm";
        case KS_CPU_AVX2:
            return "avx2";
        case KS_CPU_FMA:
            return "fma";
        case KS_CPU_AVX512:
            return "avx512";
        case KS_CPU_AVX512VNNI:
            return "avx512vnni";
        case KS_CPU_F16C:
            return "f16c";
        case KS_CPU_AVXVNNI:
            return "avxvnni";
        case KS_CPU_AMX_INT8:
            return "amxint8";
        default:
            return "unknown";
    }
}

}  // namespace ks
