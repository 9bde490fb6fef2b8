# SPDX-License-Identifier: MIT
# Build types beside CMake's own: ASan (with UBSan), TSan, Coverage. project()
# has made empty cache entries of the one that was asked for: those are shadowed.
foreach(lang C CXX)
  set(CMAKE_${lang}_FLAGS_ASAN
      "-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"
  )
  set(CMAKE_${lang}_FLAGS_TSAN "-O1 -g -fsanitize=thread")
  set(CMAKE_${lang}_FLAGS_COVERAGE "-O0 -g --coverage")
endforeach()
foreach(kind EXE SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS_ASAN "-fsanitize=address,undefined")
  set(CMAKE_${kind}_LINKER_FLAGS_TSAN "-fsanitize=thread")
  set(CMAKE_${kind}_LINKER_FLAGS_COVERAGE "--coverage")
endforeach()
