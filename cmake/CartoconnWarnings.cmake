# SPDX-License-Identifier: MIT
# cartoconn_warnings(<target>): the project's warnings, as errors unless
# CARTOCONN_WERROR is OFF.
option(CARTOCONN_WERROR "Treat compiler warnings as errors" ON)

function(cartoconn_warnings target)
  set(common -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wundef
             -Wpointer-arith -Wcast-align -Wwrite-strings -Wformat=2 -Wvla
             -Wimplicit-fallthrough)
  set(c_only -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition)
  set(cxx_only -Wsuggest-override -Wnon-virtual-dtor)
  if(CARTOCONN_WERROR)
    list(APPEND common -Werror)
  endif()
  target_compile_options(
    ${target}
    PRIVATE ${common} $<$<COMPILE_LANGUAGE:C>:${c_only}>
            $<$<COMPILE_LANGUAGE:CXX>:${cxx_only}>)
endfunction()
