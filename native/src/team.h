// SPDX-License-Identifier: Apache-2.0
// Fork-join over threads of the caller: no thread is created here, and no pthread function is called.
#pragma once

#include <stdint.h>

#include "error.h"

namespace ks {

// A team that is initialised and not stopped.
ks_status check_team(const ks_team* team);

// Threads that gain from sharing one parallel_for(), the caller included: no more than processors. 1 for null.
int32_t team_threads(const ks_team* team);

// Bytes that the team occupies; 0 for null.
uint64_t team_size(const ks_team* team);

// Calls run(context, i) once for each i in [0, tasks), on the caller and on those workers of the team that come in
// time, and returns when all are done. Never waits for a worker that has not begun. Where `team` is null or busy with
// another call, the caller works alone.
void parallel_for(ks_team* team, int64_t tasks, void (*run)(void* context, int64_t task), void* context);

}  // namespace ks
