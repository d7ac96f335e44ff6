// SPDX-License-Identifier: Apache-2.0
// A finding that no sanitizer would make: the statement that does not hold, then the library's last message.
#pragma once

#include <stdio.h>
#include <stdlib.h>

#include "kleidisharp.h"

#define KS_REQUIRE(condition)                                                                    \
    do {                                                                                         \
        if (!(condition)) {                                                                      \
            fprintf(stderr, "%s:%d: %s\n%s\n", __FILE__, __LINE__, #condition, ks_last_error()); \
            abort();                                                                             \
        }                                                                                        \
    } while (false)
