# SPDX-License-Identifier: Apache-2.0
# Toolchain: GCC for aarch64 on another Linux machine, with user-mode emulation to run what it builds.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# Where the cross compiler's packages put the C library for aarch64.
set(KLEIDISHARP_AARCH64_SYSROOT /usr/aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${KLEIDISHARP_AARCH64_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# The emulator imitates the processor that the environment variable QEMU_CPU names, by default all it knows ("max").
# build/setup.sh puts it into its private folder; an older one of the system's own computes SME wrong.
if(DEFINED ENV{KLEIDISHARP_DEPS})
  set(private_dir "$ENV{KLEIDISHARP_DEPS}/bin")
else()
  set(private_dir "$ENV{HOME}/.cache/kleidisharp/bin")
endif()
find_program(KLEIDISHARP_EMULATOR NAMES qemu-aarch64 PATHS "${private_dir}" NO_DEFAULT_PATH)
if(KLEIDISHARP_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR ${KLEIDISHARP_EMULATOR} -L ${KLEIDISHARP_AARCH64_SYSROOT})
endif()
