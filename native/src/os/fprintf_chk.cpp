// SPDX-License-Identifier: Apache-2.0
// KleidiAI's archive, where it is compiled against glibc, says why it aborts with a function that musl does not have.
#include <stdarg.h>
#include <stdio.h>

extern "C" int __fprintf_chk(FILE* stream, int flag, const char* format, ...);

extern "C" int __fprintf_chk(FILE* stream, int, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    const int written = vfprintf(stream, format, arguments);
    va_end(arguments);
    return written;
}
