/* SPDX-License-Identifier: MIT */
/*
 * Numbers of text, to correctly rounded doubles, whatever the locale.
 */
#ifndef CC_COLUMN_NUMBER_H
#define CC_COLUMN_NUMBER_H

#include <stddef.h>

/*
 * Reads [+-] digits [. digits] [e [+-] digits], with digits on at least one
 * side of the point, from [at, end), which needs no terminator. Returns the
 * position after it, or NULL when there is no such number, it is longer than
 * 1,000 characters, or no finite double holds it. Thread-safe.
 */
const char *cc_number_parse(const char *at, const char *end, double *value);

#endif
