// SPDX-License-Identifier: Apache-2.0
#include <stddef.h>

#include "kleidisharp.h"

namespace {

const int32_t layout[] = {
#include "abi_layout.inc"
};

}  // namespace

extern "C" const int32_t* ks_abi_layout(int32_t* count) {
    if (count != nullptr) *count = sizeof layout / sizeof layout[0];
    return layout;
}
