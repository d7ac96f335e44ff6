// SPDX-License-Identifier: Apache-2.0
#include "workers.h"

namespace device {
namespace {

void* work(void* team) {
    ks_team_work(static_cast<ks_team*>(team));
    return nullptr;
}

}  // namespace

bool Workers::resize(int32_t count) {
    if (count == count_) return true;
    stop();
    if (count == 0) return true;
    memory_ = GuardedBuffer(ks_team_size(count), KS_ALIGNMENT);
    if (memory_.data() == nullptr || ks_team_init(memory_.data(), memory_.size(), count) != KS_OK) return false;
    for (; count_ < count; ++count_) {
        if (pthread_create(&threads_[count_], nullptr, work, memory_.data()) != 0) {
            stop();
            return false;
        }
    }
    return true;
}

void Workers::stop() {
    if (count_ == 0) return;
    ks_team_stop(memory_.as<ks_team>());
    for (int32_t i = 0; i < count_; ++i) pthread_join(threads_[i], nullptr);
    count_ = 0;
}

}  // namespace device
