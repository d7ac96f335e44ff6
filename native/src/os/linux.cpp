// SPDX-License-Identifier: Apache-2.0
// Linux with any C library, Android included. Numbers of the kernel's ABI are spelled out: not every C library brings
// the kernel's headers, and older ones lack the newer numbers.
#include <sys/syscall.h>
#include <unistd.h>

#include "os/os.h"

#if defined(__aarch64__)
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/prctl.h>

#include "kleidisharp.h"
#endif

namespace ks {

void os_wait(std::atomic<uint32_t>& word, uint32_t expected) {
    constexpr int kWait = 128;  // FUTEX_WAIT_PRIVATE
    syscall(SYS_futex, &word, kWait, expected, nullptr, nullptr, 0);
}

void os_wake(std::atomic<uint32_t>& word, int32_t threads) {
    constexpr int kWake = 129;  // FUTEX_WAKE_PRIVATE
    syscall(SYS_futex, &word, kWake, threads, nullptr, nullptr, 0);
}

int32_t os_processors() {
    // The system call: glibc's function wants its own type of set, whose size is not enough for every machine.
    uint64_t set[128] = {};
    const long bytes = syscall(SYS_sched_getaffinity, 0, sizeof set, set);
    int32_t processors = 0;
    for (long i = 0; i < bytes / 8; ++i) processors += __builtin_popcountll(set[i]);
    return processors > 0 ? processors : 1;
}

#if defined(__x86_64__)

bool os_may_use_tiles() {
    constexpr int kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM
    constexpr int kTileData = 18;
    return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

#endif

#if defined(__aarch64__)

uint64_t os_arm_features() {
    struct Capability {
        unsigned long word;
        int bit;
        uint64_t feature;
    };
    // asm/hwcap.h
    static const Capability capabilities[] = {
        {AT_HWCAP, 1, KS_CPU_NEON},   {AT_HWCAP, 10, KS_CPU_FP16},  {AT_HWCAP, 20, KS_CPU_DOTPROD},
        {AT_HWCAP2, 13, KS_CPU_I8MM}, {AT_HWCAP2, 14, KS_CPU_BF16}, {AT_HWCAP, 22, KS_CPU_SVE},
        {AT_HWCAP2, 1, KS_CPU_SVE2},  {AT_HWCAP2, 23, KS_CPU_SME},  {AT_HWCAP2, 37, KS_CPU_SME2},
        {AT_HWCAP2, 9, KS_CPU_SVE_I8MM},
    };
    uint64_t features = 0;
    for (const Capability& c : capabilities) {
        if ((getauxval(c.word) >> c.bit) & 1) features |= c.feature;
    }
    return features;
}

namespace {

uint32_t vector_bytes(int get_length) {
    constexpr int kLengthMask = 0xFFFF;  // of PR_SVE_GET_VL and PR_SME_GET_VL
    const int length = prctl(get_length);
    return length > 0 ? static_cast<uint32_t>(length & kLengthMask) : 0;
}

// SMIDR_EL1 of a core: which SME unit it uses, among others.
bool read_smidr(int core, uint64_t* value) {
    char path[96];
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/regs/identification/smidr_el1", core);
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    char text[32] = {};
    const ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    *value = strtoull(text, nullptr, 16);
    return length > 0;
}

}  // namespace

uint32_t os_sve_bytes() {
    constexpr int kGetSveVectorLength = 51;  // PR_SVE_GET_VL
    return vector_bytes(kGetSveVectorLength);
}

uint32_t os_sme_bytes() {
    constexpr int kGetSmeVectorLength = 64;  // PR_SME_GET_VL
    return vector_bytes(kGetSmeVectorLength);
}

uint32_t os_sme_units() {
    // SMIDR_EL1.Affinity and Affinity2; cores that show 0 have a unit of their own.
    constexpr uint64_t kAffinity = 0xFFF | uint64_t{0xFFFFF} << 32;
    constexpr int kMostCores = 1024;
    uint64_t seen[kMostCores];
    uint32_t units = 0;
    for (int core = 0; core < kMostCores; ++core) {
        uint64_t value;
        if (!read_smidr(core, &value)) break;
        const uint64_t affinity = value & kAffinity;
        bool known = false;
        for (uint32_t i = 0; i < units && affinity != 0; ++i) known |= seen[i] == affinity;
        if (!known) seen[units++] = affinity;
    }
    return units > 0 ? units : 1;
}

#endif

}  // namespace ks
