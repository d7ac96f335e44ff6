// SPDX-License-Identifier: Apache-2.0
// What the library asks of KleidiAI besides its kernels. Compiled where KS_HAVE_KLEIDIAI is defined.
#pragma once

#include <stdint.h>

namespace ks {

// For instance "1.32.0"; static.
const char* kleidiai_version();

// Packs a small matrix with KleidiAI's packer for `layout` and with ours. Returns KS_OK where the bytes agree or
// KleidiAI has no such layout, else KS_ERROR_LAYOUT_MISMATCH with a message.
int32_t kleidiai_check_layout(int32_t layout);

}  // namespace ks
