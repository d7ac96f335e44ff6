// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "kleidisharp.h"
#include "support/guarded.h"

namespace ks_test {

// A team with its threads; without workers the team is null.
class Workers {
  public:
    explicit Workers(int32_t count) : memory_(count > 0 ? ks_team_size(count) : 0, Against::kEnd, KS_ALIGNMENT) {
        if (count == 0) return;
        EXPECT_EQ(ks_team_init(memory_.data(), memory_.size(), count), KS_OK) << ks_last_error();
        for (int32_t i = 0; i < count; ++i) {
            threads_.emplace_back([this] { EXPECT_EQ(ks_team_work(team()), KS_OK) << ks_last_error(); });
        }
    }
    ~Workers() {
        if (!threads_.empty()) {
            EXPECT_EQ(ks_team_stop(team()), KS_OK) << ks_last_error();
        }
        for (std::thread& thread : threads_) thread.join();
    }

    ks_team* team() { return memory_.size() != 0 ? reinterpret_cast<ks_team*>(memory_.data()) : nullptr; }

  private:
    Guarded<uint8_t> memory_;
    std::vector<std::thread> threads_;
};

}  // namespace ks_test
