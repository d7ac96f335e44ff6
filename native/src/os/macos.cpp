// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <sys/sysctl.h>

#include "kleidisharp.h"
#include "os/os.h"

// What os_sync_wait_on_address() of macOS 14.4 and libc++ stand on; no header declares it.
extern "C" int __ulock_wait(uint32_t operation, void* address, uint64_t expected, uint32_t microseconds);
extern "C" int __ulock_wake(uint32_t operation, void* address, uint64_t thread);

namespace ks {
namespace {

constexpr uint32_t kCompareAndWait = 1;
constexpr uint32_t kWakeAll = 0x100;

}  // namespace

void os_wait(std::atomic<uint32_t>& word, uint32_t expected) {
    constexpr uint32_t kNoTimeout = 0;
    __ulock_wait(kCompareAndWait, &word, expected, kNoTimeout);
}

void os_wake(std::atomic<uint32_t>& word, int32_t threads) {
    const uint32_t operation = threads == 1 ? kCompareAndWait : kCompareAndWait | kWakeAll;
    while (__ulock_wake(operation, &word, 0) < 0 && errno == EINTR) {
    }
}

int32_t os_processors() {
    int32_t processors = 0;
    size_t size = sizeof processors;
    return sysctlbyname("hw.activecpu", &processors, &size, nullptr, 0) == 0 && processors > 0 ? processors : 1;
}

#if defined(__x86_64__)

// No Mac has AMX.
bool os_may_use_tiles() { return false; }

#endif

#if defined(__aarch64__)

namespace {

bool has(const char* name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, nullptr, 0) == 0 && value != 0;
}

}  // namespace

// SME is left off: the vector length that its layouts need is not asked for here.
uint64_t os_arm_features() {
    uint64_t features = KS_CPU_NEON;
    if (has("hw.optional.arm.FEAT_FP16")) features |= KS_CPU_FP16;
    if (has("hw.optional.arm.FEAT_DotProd")) features |= KS_CPU_DOTPROD;
    if (has("hw.optional.arm.FEAT_I8MM")) features |= KS_CPU_I8MM;
    if (has("hw.optional.arm.FEAT_BF16")) features |= KS_CPU_BF16;
    return features;
}

uint32_t os_sve_bytes() { return 0; }
uint32_t os_sme_bytes() { return 0; }
uint32_t os_sme_units() { return 1; }

#endif

}  // namespace ks
