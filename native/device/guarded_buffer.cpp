// SPDX-License-Identifier: Apache-2.0
#include "guarded_buffer.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

namespace device {
namespace {

constexpr int kPattern = 0xA5;

uint64_t round_up(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace

bool GuardedBuffer::map(uint64_t size, uint64_t alignment) {
    constexpr uint64_t kMost = uint64_t{1} << 46;
    if (size > kMost) return false;
    const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    const uint64_t accessible = round_up(size, page);
    const uint64_t mapping_size = accessible + 2 * page;
    void* mapping = mmap(nullptr, mapping_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return false;
    uint8_t* begin = static_cast<uint8_t*>(mapping) + page;
    if (accessible > 0 && mprotect(begin, accessible, PROT_READ | PROT_WRITE) != 0) {
        munmap(mapping, mapping_size);
        return false;
    }
    mapping_ = mapping;
    mapping_size_ = mapping_size;
    data_ = begin + accessible - round_up(size, alignment);
    size_ = size;
    return true;
}

GuardedBuffer::GuardedBuffer(uint64_t size, uint64_t alignment) {
    if (map(size, alignment)) memset(data_, kPattern, size);
}

GuardedBuffer::GuardedBuffer(const void* content, uint64_t size, uint64_t alignment) {
    if (map(size, alignment) && size > 0) memcpy(data_, content, size);
}

GuardedBuffer GuardedBuffer::reserved(uint64_t size) {
    GuardedBuffer buffer;
    buffer.map(size, 1);
    return buffer;
}

GuardedBuffer::GuardedBuffer(GuardedBuffer&& other) noexcept { *this = static_cast<GuardedBuffer&&>(other); }

GuardedBuffer& GuardedBuffer::operator=(GuardedBuffer&& other) noexcept {
    if (this == &other) return *this;
    if (mapping_ != nullptr) munmap(mapping_, mapping_size_);
    mapping_ = other.mapping_;
    mapping_size_ = other.mapping_size_;
    data_ = other.data_;
    size_ = other.size_;
    other.mapping_ = nullptr;
    other.data_ = nullptr;
    other.size_ = 0;
    return *this;
}

GuardedBuffer::~GuardedBuffer() {
    if (mapping_ != nullptr) munmap(mapping_, mapping_size_);
}

}  // namespace device
