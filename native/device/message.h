// SPDX-License-Identifier: Apache-2.0
// The bytes of a request and of a response, as PROTOCOL.md lays them out. This machine is little-endian, as they are.
#pragma once

#include <stdint.h>
#include <string.h>

#include "guarded_buffer.h"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the protocol is little-endian");

namespace device {

// Takes fields from the front of a request. Once one is missing, all that follow are.
class Request {
  public:
    Request(const uint8_t* data, uint64_t size) : next_(data), left_(size) {}

    // 0 where it is missing.
    template <typename T>
    T take() {
        T value = {};
        const uint8_t* bytes = take_bytes(sizeof value);
        if (bytes != nullptr) memcpy(&value, bytes, sizeof value);
        return value;
    }

    // count * element_size bytes in a buffer of their own, which has no data where they are missing, where the count is
    // negative or where there is no memory.
    GuardedBuffer take_array(int64_t count, uint64_t element_size, uint64_t alignment = 1);

    // All that is left.
    GuardedBuffer take_rest(uint64_t alignment);

    uint64_t left() const { return left_; }
    // Whether a field was missing, or there was no memory for it.
    bool missing() const { return missing_; }

    // Whether every field was there and nothing is left.
    bool complete() const { return !missing_ && left_ == 0; }

  private:
    const uint8_t* take_bytes(uint64_t size);

    const uint8_t* next_;
    uint64_t left_;
    bool missing_ = false;
};

// Collects the fields of a response.
class Response {
  public:
    Response() = default;
    Response(const Response&) = delete;
    Response& operator=(const Response&) = delete;
    ~Response();

    template <typename T>
    void put(T value) {
        put_bytes(&value, sizeof value);
    }

    void put_string(const char* text);
    void put_bytes(const void* bytes, uint64_t size);
    void put(const GuardedBuffer& buffer) { put_bytes(buffer.data(), buffer.size()); }
    void clear() { size_ = 0; }

    const uint8_t* data() const { return data_; }
    uint64_t size() const { return size_; }
    // Whether memory ran out; the response is not complete then.
    bool overflowed() const { return overflowed_; }

  private:
    uint8_t* data_ = nullptr;
    uint64_t size_ = 0;
    uint64_t capacity_ = 0;
    bool overflowed_ = false;
};

}  // namespace device
