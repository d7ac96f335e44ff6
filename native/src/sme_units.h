// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

namespace ks {

// SME units of this machine, from the register SMIDR_EL1 of each core as Linux shows it; 1 where it does not.
uint32_t count_sme_units();

}  // namespace ks
