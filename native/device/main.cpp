// SPDX-License-Identifier: Apache-2.0
// kleidi-device: serves the C ABI over standard input and output, as PROTOCOL.md says.
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "operations.h"

namespace device {
namespace {

constexpr int kBadFrame = 2;
constexpr uint64_t kMostBytes = uint64_t{8} << 30;

struct RequestHeader {
    uint32_t op;
    uint32_t reserved;
    uint64_t length;
};

struct ResponseHeader {
    int32_t status;
    uint32_t reserved;
    uint64_t length;
};

// Bytes that were there before the end of the input; less than `size` only at its end or on an error.
uint64_t read_all(void* buffer, uint64_t size) {
    uint64_t done = 0;
    while (done < size) {
        const ssize_t got = read(STDIN_FILENO, static_cast<uint8_t*>(buffer) + done, size - done);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += static_cast<uint64_t>(got);
    }
    return done;
}

bool write_all(const void* buffer, uint64_t size) {
    uint64_t done = 0;
    while (done < size) {
        const ssize_t put = write(STDOUT_FILENO, static_cast<const uint8_t*>(buffer) + done, size - done);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        done += static_cast<uint64_t>(put);
    }
    return true;
}

int serve_input(Device& device) {
    for (;;) {
        RequestHeader header;
        const uint64_t got = read_all(&header, sizeof header);
        if (got == 0) return 0;
        if (got < sizeof header) {
            fprintf(stderr, "kleidi-device: the input ends within the header of a request\n");
            return kBadFrame;
        }
        if (header.length > kMostBytes) {
            fprintf(stderr, "kleidi-device: a request of %llu bytes; at most %llu are read\n",
                    static_cast<unsigned long long>(header.length), static_cast<unsigned long long>(kMostBytes));
            return kBadFrame;
        }
        const GuardedBuffer body = GuardedBuffer::reserved(header.length);
        if (body.data() == nullptr || read_all(body.data(), header.length) < header.length) {
            fprintf(stderr, "kleidi-device: a request of %llu bytes could not be read\n",
                    static_cast<unsigned long long>(header.length));
            return kBadFrame;
        }
        Request request(body.data(), body.size());
        Response response;
        const int32_t status = header.reserved == 0
                                   ? serve(device, header.op, request, response)
                                   : refuse(response, "request: the word after op is %u; expected 0", header.reserved);
        const ResponseHeader answer = {status, 0, response.size()};
        if (!write_all(&answer, sizeof answer) || !write_all(response.data(), response.size())) {
            fprintf(stderr, "kleidi-device: the response could not be written\n");
            return kBadFrame;
        }
    }
}

}  // namespace
}  // namespace device

int main() {
    device::Device device;
    return device::serve_input(device);
}
