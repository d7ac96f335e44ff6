# SPDX-License-Identifier: Apache-2.0
# Toolchain: GCC for x64 with musl.
set(CMAKE_SYSTEM_PROCESSOR x86_64)
include(${CMAKE_CURRENT_LIST_DIR}/musl.cmake)
