/* SPDX-License-Identifier: MIT */
#ifndef CC_PROVIDER_SRS_H
#define CC_PROVIDER_SRS_H

#include "connector/error.h"

/*
 * What a catalog says of a spatial reference system, as PROJ understands it:
 * "authority:code" where PROJ knows the authority, else the WKT. Any text may
 * be NULL. *definition is the caller's, NULL (and success) when nothing is
 * said.
 */
int cc_srs_definition(const char *authority, const char *code, const char *wkt,
                      char **definition, struct cc_error *error) CC_CHECKED;

#endif
