// SPDX-License-Identifier: Apache-2.0
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace ks {
namespace {

// Holds the longest message: the reasons why none of the rows of the kernel table fits.
constexpr size_t kMessageSize = 2048;
thread_local char message[kMessageSize];

}  // namespace

ks_status fail(ks_status status, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, kMessageSize, format, arguments);
    va_end(arguments);
    return status;
}

void append_error(const char* format, ...) {
    const size_t used = strlen(message);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message + used, kMessageSize - used, format, arguments);
    va_end(arguments);
}

const char* last_error() { return message; }

}  // namespace ks
