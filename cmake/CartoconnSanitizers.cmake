# SPDX-License-Identifier: MIT
# Build types beside CMake's own: ASan (with UBSan), TSan, Coverage.
foreach(lang C CXX)
  set(CMAKE_${lang}_FLAGS_ASAN
      "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
      CACHE STRING "Flags of the ASan build type")
  set(CMAKE_${lang}_FLAGS_TSAN "-O1 -g -fsanitize=thread"
      CACHE STRING "Flags of the TSan build type")
  set(CMAKE_${lang}_FLAGS_COVERAGE "-O0 -g --coverage"
      CACHE STRING "Flags of the Coverage build type")
endforeach()
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_ASAN "-fsanitize=address,undefined"
      CACHE STRING "Linker flags of the ASan build type")
  set(CMAKE_${kind}_LINKER_FLAGS_TSAN "-fsanitize=thread"
      CACHE STRING "Linker flags of the TSan build type")
  set(CMAKE_${kind}_LINKER_FLAGS_COVERAGE "--coverage"
      CACHE STRING "Linker flags of the Coverage build type")
endforeach()
