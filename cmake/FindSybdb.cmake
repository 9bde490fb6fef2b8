# SPDX-License-Identifier: MIT
# FreeTDS's db-lib: Sybdb_FOUND and the target Sybdb::Sybdb. (FreeTDS has no
# pkg-config file.)
find_path(Sybdb_INCLUDE_DIR sybdb.h PATH_SUFFIXES freetds)
find_library(Sybdb_LIBRARY sybdb)
mark_as_advanced(Sybdb_INCLUDE_DIR Sybdb_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Sybdb REQUIRED_VARS Sybdb_LIBRARY
                                                      Sybdb_INCLUDE_DIR)
if(Sybdb_FOUND AND NOT TARGET Sybdb::Sybdb)
  add_library(Sybdb::Sybdb UNKNOWN IMPORTED)
  set_target_properties(
    Sybdb::Sybdb PROPERTIES IMPORTED_LOCATION "${Sybdb_LIBRARY}"
                            INTERFACE_INCLUDE_DIRECTORIES
                            "${Sybdb_INCLUDE_DIR}")
endif()
