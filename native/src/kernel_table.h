// SPDX-License-Identifier: Apache-2.0
// Which kernels there are, and which of them is preferred to which.
#pragma once

#include <stdint.h>

#include "kernel.h"

namespace ks {

constexpr int64_t kAnyRows = INT64_MAX;

struct KernelTable {
    const Kernel* rows;
    int64_t count;

    const Kernel* begin() const { return rows; }
    const Kernel* end() const { return rows + count; }
};

// Every kernel, in order of preference: of the rows that fit, the first is used.
KernelTable kernel_table();

}  // namespace ks
