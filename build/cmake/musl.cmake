# SPDX-License-Identifier: Apache-2.0
# Toolchain, included with CMAKE_SYSTEM_PROCESSOR set: Debian's GCC with the headers and the C library of musl, which
# build/setup.sh puts into its private folder. GCC's own C++ headers serve where they need no library.
set(CMAKE_SYSTEM_NAME Linux)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set(debian_architecture arm64)
else()
  set(debian_architecture amd64)
endif()
set(CMAKE_C_COMPILER ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu-g++)
# CMake learns sizes from an archive: it would link programs without the C library given below. And where Debian's packages
# put what belongs to an architecture it would have learned from GCC's own search path.
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
set(CMAKE_LIBRARY_ARCHITECTURE ${CMAKE_SYSTEM_PROCESSOR}-linux-gnu)

if(DEFINED ENV{KLEIDISHARP_DEPS})
  set(private_dir "$ENV{KLEIDISHARP_DEPS}")
else()
  set(private_dir "$ENV{HOME}/.cache/kleidisharp")
endif()
set(KLEIDISHARP_MUSL "${private_dir}/musl-${debian_architecture}/usr")
set(musl_libraries "${KLEIDISHARP_MUSL}/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-musl")
set(KLEIDISHARP_MUSL_LOADER "${KLEIDISHARP_MUSL}/lib/ld-musl-${CMAKE_SYSTEM_PROCESSOR}.so.1")
if(NOT EXISTS "${KLEIDISHARP_MUSL_LOADER}")
  message(FATAL_ERROR "KleidiSharp: no musl in ${KLEIDISHARP_MUSL}; build/setup.sh puts it there")
endif()

# Nothing of glibc is in reach: the compiler's own headers, GCC's C++ headers, musl's.
execute_process(COMMAND ${CMAKE_C_COMPILER} -print-file-name=include
  OUTPUT_VARIABLE compiler_headers OUTPUT_STRIP_TRAILING_WHITESPACE)
execute_process(COMMAND ${CMAKE_CXX_COMPILER} -E -v -x c++ /dev/null OUTPUT_QUIET ERROR_VARIABLE search)
string(REGEX MATCHALL "\n /[^\n]*/c\\+\\+/[^\n]*" cxx_headers "${search}")
set(cxx_includes)
foreach(folder ${cxx_headers})
  string(STRIP "${folder}" folder)
  file(REAL_PATH "${folder}" folder)
  string(APPEND cxx_includes " -isystem \"${folder}\"")
endforeach()
set(c_includes " -isystem \"${KLEIDISHARP_MUSL}/include/${CMAKE_SYSTEM_PROCESSOR}-linux-musl\" -isystem \"${compiler_headers}\"")
set(CMAKE_C_FLAGS_INIT "-nostdinc${c_includes}")
# libstdc++'s configuration asks for the version of glibc, with a macro that only glibc has.
set(CMAKE_CXX_FLAGS_INIT "-nostdinc${cxx_includes}${c_includes} \"-D__GLIBC_PREREQ(major,minor)=0\"")

# The name that Alpine's programs carry; musl's loader takes itself for it. A glibc system has no file of that name.
set(musl_name libc.musl-${CMAKE_SYSTEM_PROCESSOR}.so.1)
file(CREATE_LINK "${musl_libraries}/libc.so" "${CMAKE_BINARY_DIR}/${musl_name}" SYMBOLIC)
set(CMAKE_C_STANDARD_LIBRARIES_INIT "-L\"${CMAKE_BINARY_DIR}\" -l:${musl_name} -lgcc")
set(CMAKE_CXX_STANDARD_LIBRARIES_INIT "${CMAKE_C_STANDARD_LIBRARIES_INIT}")
set(CMAKE_SHARED_LINKER_FLAGS_INIT "-nostdlib")
set(CMAKE_EXE_LINKER_FLAGS_INIT
  "-nostdlib \"${musl_libraries}/Scrt1.o\" -Wl,--dynamic-linker=/lib/ld-musl-${CMAKE_SYSTEM_PROCESSOR}.so.1")

set(CMAKE_FIND_ROOT_PATH "${KLEIDISHARP_MUSL}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# What is built runs under musl's loader; see aarch64-linux-gnu.cmake for the emulator.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL CMAKE_HOST_SYSTEM_PROCESSOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${KLEIDISHARP_MUSL_LOADER}")
elseif(EXISTS "${private_dir}/bin/qemu-${CMAKE_SYSTEM_PROCESSOR}")
  set(CMAKE_CROSSCOMPILING_EMULATOR "${private_dir}/bin/qemu-${CMAKE_SYSTEM_PROCESSOR}" "${KLEIDISHARP_MUSL_LOADER}")
endif()
