// SPDX-License-Identifier: Apache-2.0
#include "sme_units.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

namespace ks {
namespace {

constexpr int kMostCores = 1024;

// Which unit a core uses, SMIDR_EL1.Affinity and Affinity2; cores that show 0 have one of their own.
constexpr uint64_t kAffinity = 0xFFF | uint64_t{0xFFFFF} << 32;

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

uint32_t count_sme_units() {
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

}  // namespace ks
