# SPDX-License-Identifier: Apache-2.0
# Toolchain: GCC for aarch64 with musl, on another Linux machine.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
include(${CMAKE_CURRENT_LIST_DIR}/musl.cmake)
