# SPDX-License-Identifier: Apache-2.0
# Finds KleidiAI for AArch64 and gives the target KleidiAI::kleidiai and KleidiAI_VERSION, from the first of
#   1. the source tree -DKLEIDIAI_SOURCE_DIR=
#   2. an installed package, or the one that build/setup.sh unpacked into its private folder
#   3. the upstream release, downloaded while configuring
# The adapters' tile sizes and the layout formulas were checked against 1.32; another major version may change both.
set(KS_KLEIDIAI_AT_LEAST 1.32)
set(KS_KLEIDIAI_BELOW 2)

if(NOT KLEIDIAI_SOURCE_DIR)
  if(DEFINED ENV{KLEIDISHARP_DEPS})
    set(private_dir "$ENV{KLEIDISHARP_DEPS}/kleidiai/usr")
  else()
    set(private_dir "$ENV{HOME}/.cache/kleidisharp/kleidiai/usr")
  endif()
  find_package(KleidiAI ${KS_KLEIDIAI_AT_LEAST}...<${KS_KLEIDIAI_BELOW} CONFIG QUIET
    HINTS "${private_dir}" NO_CMAKE_FIND_ROOT_PATH)
  if(KleidiAI_FOUND)
    message(STATUS "KleidiAI ${KleidiAI_VERSION}: ${KleidiAI_DIR}")
    return()
  endif()
endif()

# A source tree, here or upstream's. Upstream's archives are made on demand and have no lasting hash, so the release is
# pinned by its tag; -DKLEIDISHARP_KLEIDIAI_REVISION= takes a commit instead.
set(KLEIDISHARP_KLEIDIAI_REVISION v1.32.0 CACHE STRING "Git tag or commit of KleidiAI to download")
set(KLEIDIAI_BUILD_TESTS OFF CACHE BOOL "Build KleidiAI's own tests")
set(KLEIDIAI_BUILD_BENCHMARK OFF CACHE BOOL "Build KleidiAI's own benchmark")
include(FetchContent)
if(KLEIDIAI_SOURCE_DIR)
  if(NOT EXISTS "${KLEIDIAI_SOURCE_DIR}/kai/kai_common.h")
    message(FATAL_ERROR "KleidiSharp: KLEIDIAI_SOURCE_DIR=${KLEIDIAI_SOURCE_DIR} is no KleidiAI source tree: it has no kai/kai_common.h")
  endif()
  FetchContent_Declare(kleidiai SOURCE_DIR "${KLEIDIAI_SOURCE_DIR}" SYSTEM)
else()
  message(STATUS "KleidiAI: no installed package (build/setup.sh provides one), downloading ${KLEIDISHARP_KLEIDIAI_REVISION}; "
    "-DKLEIDISHARP_KLEIDIAI=OFF builds without it")
  FetchContent_Declare(kleidiai SYSTEM
    GIT_REPOSITORY https://gitlab.arm.com/kleidi/kleidiai.git
    GIT_TAG "${KLEIDISHARP_KLEIDIAI_REVISION}")
endif()
FetchContent_MakeAvailable(kleidiai)
if(NOT TARGET KleidiAI::kleidiai)
  add_library(KleidiAI::kleidiai ALIAS kleidiai)
endif()

file(STRINGS "${kleidiai_SOURCE_DIR}/kai/kai_common.h" line REGEX "return \"[0-9]+\\.[0-9]+\\.[0-9]+\"")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+" KleidiAI_VERSION "${line}")
if(KleidiAI_VERSION VERSION_LESS KS_KLEIDIAI_AT_LEAST OR NOT KleidiAI_VERSION VERSION_LESS KS_KLEIDIAI_BELOW)
  message(FATAL_ERROR "KleidiSharp: KleidiAI in ${kleidiai_SOURCE_DIR} is version '${KleidiAI_VERSION}'; "
    "at least ${KS_KLEIDIAI_AT_LEAST} and below ${KS_KLEIDIAI_BELOW} is needed")
endif()
message(STATUS "KleidiAI ${KleidiAI_VERSION}: ${kleidiai_SOURCE_DIR}")
