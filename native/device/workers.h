// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "guarded_buffer.h"
#include "kleidisharp.h"

namespace device {

// The worker threads behind a ks_team. They are started by the first request that wants them and kept until one wants
// another number.
class Workers {
  public:
    static constexpr int32_t kMost = 1023;

    Workers() = default;
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;
    ~Workers() { stop(); }

    // Makes the team one of `count` workers, 0 to kMost; team() is null for 0. False where the system or the ABI
    // refuses.
    bool resize(int32_t count);

    ks_team* team() const { return count_ == 0 ? nullptr : memory_.as<ks_team>(); }

  private:
    void stop();

    GuardedBuffer memory_;
    pthread_t threads_[kMost];
    int32_t count_ = 0;
};

}  // namespace device
