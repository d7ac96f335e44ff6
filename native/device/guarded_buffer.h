// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

namespace device {

// Memory that ends at an inaccessible page, so that an access beyond it crashes; with an alignment it ends less than
// that before the page. data() is null where there is no memory. Movable.
class GuardedBuffer {
  public:
    GuardedBuffer() = default;
    // Filled with a pattern that is neither zero nor a likely value.
    explicit GuardedBuffer(uint64_t size, uint64_t alignment = 1);
    // A copy of `content`.
    GuardedBuffer(const void* content, uint64_t size, uint64_t alignment = 1);
    // Zeros that take no memory before they are written.
    static GuardedBuffer reserved(uint64_t size);
    GuardedBuffer(GuardedBuffer&& other) noexcept;
    GuardedBuffer& operator=(GuardedBuffer&& other) noexcept;
    ~GuardedBuffer();

    uint8_t* data() const { return data_; }
    uint64_t size() const { return size_; }

    template <typename T>
    T* as() const {
        return reinterpret_cast<T*>(data_);
    }

  private:
    bool map(uint64_t size, uint64_t alignment);

    void* mapping_ = nullptr;
    uint64_t mapping_size_ = 0;
    uint8_t* data_ = nullptr;
    uint64_t size_ = 0;
};

}  // namespace device
