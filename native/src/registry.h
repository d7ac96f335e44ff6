// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernel.h"

namespace ks {

int32_t kernel_count();

const Kernel& kernel_at(int32_t index);

// Compiled in, and the CPU has what it needs.
bool kernel_supported(const Kernel& kernel);

// Why `kernel` does not serve `request`, whose fields are valid; KS_REJECT_NONE where it does. A request for any number
// of rows (m = 0) is served by a layout whose kernels together take every m.
ks_reject check_kernel(const Kernel& kernel, const ks_select_args& request);

// The first row of the table that serves `request`, or -1.
int32_t select_kernel(const ks_select_args& request);

// Whether a kernel of this machine reads `layout`, whatever tiers are switched off.
bool layout_usable(int32_t layout);

// Adds to the error message why no row of the table serves `request`.
void explain_rejections(const ks_select_args& request);

}  // namespace ks
