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

// The same for a kernel that the caller names, which need not be exact.
ks_reject check_forced_kernel(const Kernel& kernel, const ks_select_args& request);

// The vector length that the kernel's layout is made for on this CPU; 0 where it depends on none or the CPU has none.
int32_t kernel_vector_bytes(const Kernel& kernel);

// Finds the first row of the table that serves `request`; KS_ERROR_NO_KERNEL says why none of the format's does.
ks_status select_kernel(const ks_select_args& request, int32_t* index);

// Whether a kernel of this machine reads `layout` made for vectors of that length, whatever tiers are switched off.
bool layout_usable(int32_t layout, int32_t vector_bytes);

// Adds to the error message why `kernel` does not serve `request`.
void explain_rejection(const Kernel& kernel, const ks_select_args& request);

}  // namespace ks
