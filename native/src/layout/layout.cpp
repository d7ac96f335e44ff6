// SPDX-License-Identifier: Apache-2.0
#include "layout/layout.h"

namespace ks {

const Layout* find_layout(int32_t id) {
    switch (id) {
        case KS_LAYOUT_F32_N16:
            return &kF32N16;
        case KS_LAYOUT_INT4_N32K4:
            return &kInt4N32K4;
        case KS_LAYOUT_INT4_NR8KR8:
            return &kInt4Nr8Kr8;
        case KS_LAYOUT_INT4_NR8KR16:
            return &kInt4Nr8Kr16;
        default:
            return nullptr;
    }
}

}  // namespace ks
