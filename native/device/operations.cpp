// SPDX-License-Identifier: Apache-2.0
#include "operations.h"

#include <stdarg.h>
#include <stdio.h>

namespace device {
namespace {

using Operation = int32_t (*)(Device&, Request&, Response&);

// At the index that is its number.
constexpr Operation operations[] = {
    nullptr, hello,     kernel,   check_kernel, select_kernel, quantize, pack,
    load,    free_blob, describe, unpack,       matmul,        verify_layout,
};

constexpr uint32_t kOperations = sizeof operations / sizeof operations[0];

int32_t run(Device& device, uint32_t op, Request& request, Response& response) {
    if (op == 0 || op >= kOperations) return refuse(response, "op: %u; expected 1 to %u", op, kOperations - 1);
    return operations[op](device, request, response);
}

}  // namespace

int32_t refuse(Response& response, const char* message, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, message);
    vsnprintf(text, sizeof text, message, arguments);
    va_end(arguments);
    response.clear();
    response.put_bytes(text, strlen(text));
    return KS_ERROR_VALUE;
}

int32_t refuse_size(Response& response, const Request& request) {
    if (request.missing()) return refuse(response, "request: shorter than its fields ask for, or no memory for them");
    return refuse(response, "request: %llu bytes longer than its fields",
                  static_cast<unsigned long long>(request.left()));
}

int32_t serve(Device& device, uint32_t op, Request& request, Response& response) {
    const int32_t status = run(device, op, request, response);
    if (response.overflowed()) return refuse(response, "response: no memory for it");
    if (status != KS_OK && response.size() == 0) {
        const char* message = ks_last_error();
        response.put_bytes(message, strlen(message));
    }
    return status;
}

}  // namespace device
