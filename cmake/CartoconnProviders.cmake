# SPDX-License-Identifier: MIT
# cartoconn_provider(<NAME> <description> FOUND <bool> NEEDS <text>): one
# option CARTOCONN_PROVIDER_<NAME> = AUTO, ON or OFF. Sets
# CARTOCONN_HAVE_<NAME> in the caller's scope: AUTO builds the provider where
# its library was found, ON fails the configuration where it was not.
function(cartoconn_provider name description)
  cmake_parse_arguments(arg "" "NEEDS" "FOUND" ${ARGN})
  set(option CARTOCONN_PROVIDER_${name})
  set(${option} AUTO CACHE STRING "Provider ${name}: AUTO, ON or OFF")
  set_property(CACHE ${option} PROPERTY STRINGS AUTO ON OFF)
  set(have OFF)
  if(NOT ${option} STREQUAL "OFF" AND arg_FOUND)
    set(have ON)
  elseif(${option} STREQUAL "ON")
    message(FATAL_ERROR "${option}=ON, but ${arg_NEEDS} was not found")
  endif()
  add_feature_info("provider ${name}" ${have}
                   "${description} (needs ${arg_NEEDS})")
  set(CARTOCONN_HAVE_${name} ${have} PARENT_SCOPE)
endfunction()
