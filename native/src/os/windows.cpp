// SPDX-License-Identifier: Apache-2.0
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include "kleidisharp.h"
#include "os/os.h"

namespace ks {

void os_wait(std::atomic<uint32_t>& word, uint32_t expected) {
    WaitOnAddress(&word, &expected, sizeof expected, INFINITE);
}

void os_wake(std::atomic<uint32_t>& word, int32_t threads) {
    if (threads == 1) {
        WakeByAddressSingle(&word);
    } else {
        WakeByAddressAll(&word);
    }
}

int32_t os_processors() {
    DWORD_PTR process;
    DWORD_PTR system;
    if (!GetProcessAffinityMask(GetCurrentProcess(), &process, &system)) return 1;
    // Both are 0 where the process spans processor groups.
    return process != 0 ? __builtin_popcountll(process) : static_cast<int32_t>(GetActiveProcessorCount(ALL_PROCESSOR_GROUPS));
}

#if defined(__x86_64__)

// Windows has a function for it, which could not be tried yet.
bool os_may_use_tiles() { return false; }

#endif

#if defined(__aarch64__)

// SVE and SME are left off: Windows does not tell their vector lengths.
uint64_t os_arm_features() {
    struct Capability {
        DWORD number;
        uint64_t feature;
    };
    // PF_ARM_... of winnt.h, spelled out because older headers lack the newer ones.
    static const Capability capabilities[] = {
        {19, KS_CPU_NEON}, {43, KS_CPU_DOTPROD}, {66, KS_CPU_I8MM}, {67, KS_CPU_FP16}, {68, KS_CPU_BF16},
    };
    uint64_t features = 0;
    for (const Capability& c : capabilities) {
        if (IsProcessorFeaturePresent(c.number)) features |= c.feature;
    }
    return features;
}

uint32_t os_sve_bytes() { return 0; }
uint32_t os_sme_bytes() { return 0; }
uint32_t os_sme_units() { return 1; }

#endif

}  // namespace ks
