// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

namespace ks {

// A ks_arch.
uint32_t cpu_arch();

// ks_cpu_feature bits, asked of the system once.
uint64_t cpu_features();

// Whether vectors of 512 bits pass through units of 256 bits in two steps.
bool cpu_halves_vectors();

// SVE vector length of this thread in bytes; 0 without SVE.
uint32_t cpu_sve_bytes();

// SME vector length of this thread in bytes; 0 without SME.
uint32_t cpu_sme_bytes();

// Units that execute SME: cores share them. 1 where the system does not tell, 0 without SME.
uint32_t cpu_sme_units();

// The name of one ks_cpu_feature bit, for messages.
const char* cpu_feature_name(uint64_t feature);

}  // namespace ks
