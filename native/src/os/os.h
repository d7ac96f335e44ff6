// SPDX-License-Identifier: Apache-2.0
// All that depends on the operating system; one file for each implements it.
#pragma once

#include <stdint.h>

#include <atomic>

namespace ks {

// Sleeps while `word` is `expected`; may return before somebody wakes it.
void os_wait(std::atomic<uint32_t>& word, uint32_t expected);

// Wakes that many threads that sleep on `word`, or all of them.
void os_wake(std::atomic<uint32_t>& word, int32_t threads);

// Processors that this thread may run on, at least 1.
int32_t os_processors();

#if defined(__x86_64__)

// Whether the system lets this process use the tile registers of AMX; asks for it where it has to be asked.
bool os_may_use_tiles();

#endif

#if defined(__aarch64__)

// ks_cpu_feature bits that the operating system lets programs use.
uint64_t os_arm_features();

// SVE vector length of this thread in bytes, where there is SVE; 0 where the system does not tell.
uint32_t os_sve_bytes();

// SME vector length of this thread in bytes, where there is SME; 0 where the system does not tell.
uint32_t os_sme_bytes();

// Units that execute SME, where there is SME; 1 where the system does not tell.
uint32_t os_sme_units();

#endif

}  // namespace ks
