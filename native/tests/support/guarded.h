// SPDX-License-Identifier: Apache-2.0
// Memory between two inaccessible pages, so that an access beyond either end of a buffer ends the test.
#pragma once

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace ks_test {

enum class Against { kEnd, kBegin };

template <typename T>
class Guarded {
  public:
    // `against` says which end touches a guard; at the end up to `alignment` - 1 bytes remain between.
    explicit Guarded(size_t count, Against against = Against::kEnd, size_t alignment = alignof(T)) : count_(count) {
        const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
        const size_t bytes = (count * sizeof(T) + alignment - 1) / alignment * alignment;
        const size_t inner = (bytes + page - 1) / page * page;
        mapped_ = inner + 2 * page;
        map_ = static_cast<uint8_t*>(mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (map_ == MAP_FAILED) throw std::runtime_error("mmap failed");
        if (inner != 0 && mprotect(map_ + page, inner, PROT_READ | PROT_WRITE) != 0) {
            throw std::runtime_error("mprotect failed");
        }
        data_ = reinterpret_cast<T*>(map_ + page + (against == Against::kEnd ? inner - bytes : 0));
        memset(static_cast<void*>(data_), 0xA5, count * sizeof(T));
    }
    ~Guarded() { munmap(map_, mapped_); }
    Guarded(const Guarded&) = delete;
    Guarded& operator=(const Guarded&) = delete;

    T* data() { return data_; }
    const T* data() const { return data_; }
    size_t size() const { return count_; }
    T& operator[](size_t i) { return data_[i]; }
    const T& operator[](size_t i) const { return data_[i]; }
    T* begin() { return data_; }
    T* end() { return data_ + count_; }

  private:
    uint8_t* map_;
    size_t mapped_;
    size_t count_;
    T* data_;
};

}  // namespace ks_test
