// SPDX-License-Identifier: Apache-2.0
// The message behind ks_last_error(): one buffer per thread, cut where it would not fit.
#pragma once

#include <stdint.h>

#include "kleidisharp.h"

namespace ks {

// Replaces this thread's message and returns `status`, so that a check can end in `return fail(...)`.
__attribute__((format(printf, 2, 3))) ks_status fail(ks_status status, const char* format, ...);

// Adds to this thread's message.
__attribute__((format(printf, 1, 2))) void append_error(const char* format, ...);

const char* last_error();

}  // namespace ks
