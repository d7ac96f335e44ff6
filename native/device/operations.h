// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

#include "message.h"
#include "workers.h"

namespace device {

// What outlives a request: the blobs that were loaded, and the workers.
struct Device {
    struct Blob {
        uint64_t id = 0;  // 0: the slot is free
        GuardedBuffer bytes;
    };
    static constexpr int kMostBlobs = 256;

    Blob blobs[kMostBlobs];
    uint64_t last_id = 0;
    Workers workers;
};

// One operation of PROTOCOL.md each. They return a ks_status; where it is not KS_OK, the message is the response if
// that is not empty, else ks_last_error().
int32_t hello(Device& device, Request& request, Response& response);
int32_t kernel(Device& device, Request& request, Response& response);
int32_t check_kernel(Device& device, Request& request, Response& response);
int32_t select_kernel(Device& device, Request& request, Response& response);
int32_t quantize(Device& device, Request& request, Response& response);
int32_t pack(Device& device, Request& request, Response& response);
int32_t load(Device& device, Request& request, Response& response);
int32_t free_blob(Device& device, Request& request, Response& response);
int32_t describe(Device& device, Request& request, Response& response);
int32_t unpack(Device& device, Request& request, Response& response);
int32_t matmul(Device& device, Request& request, Response& response);
int32_t verify_layout(Device& device, Request& request, Response& response);

// Makes `message` the response. Returns KS_ERROR_VALUE.
__attribute__((format(printf, 2, 3))) int32_t refuse(Response& response, const char* message, ...);

// Refuses a request whose fields are not what its operation takes.
int32_t refuse_size(Response& response, const Request& request);

// Serves one request. Returns a ks_status; `response` is the result where it is KS_OK, else the message.
int32_t serve(Device& device, uint32_t op, Request& request, Response& response);

}  // namespace device
