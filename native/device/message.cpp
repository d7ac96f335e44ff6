// SPDX-License-Identifier: Apache-2.0
#include "message.h"

#include <stdlib.h>

namespace device {

const uint8_t* Request::take_bytes(uint64_t size) {
    if (missing_ || size > left_) {
        missing_ = true;
        return nullptr;
    }
    const uint8_t* bytes = next_;
    next_ += size;
    left_ -= size;
    return bytes;
}

GuardedBuffer Request::take_array(int64_t count, uint64_t element_size, uint64_t alignment) {
    uint64_t size = 0;
    if (count < 0 || __builtin_mul_overflow(static_cast<uint64_t>(count), element_size, &size)) {
        missing_ = true;
        return {};
    }
    const uint8_t* bytes = take_bytes(size);
    if (bytes == nullptr) return {};
    GuardedBuffer buffer(bytes, size, alignment);
    if (buffer.data() == nullptr) missing_ = true;
    return buffer;
}

GuardedBuffer Request::take_rest(uint64_t alignment) { return take_array(static_cast<int64_t>(left_), 1, alignment); }

Response::~Response() { free(data_); }

void Response::put_string(const char* text) {
    const uint32_t length = static_cast<uint32_t>(strlen(text));
    put(length);
    put_bytes(text, length);
}

void Response::put_bytes(const void* bytes, uint64_t size) {
    if (size == 0) return;
    if (size > capacity_ - size_) {
        const uint64_t capacity = (size_ + size) * 2;
        auto* grown = static_cast<uint8_t*>(realloc(data_, capacity));
        if (grown == nullptr) {
            overflowed_ = true;
            return;
        }
        data_ = grown;
        capacity_ = capacity;
    }
    memcpy(data_ + size_, bytes, size);
    size_ += size;
}

}  // namespace device
