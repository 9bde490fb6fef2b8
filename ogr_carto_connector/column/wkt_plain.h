/* SPDX-License-Identifier: MIT */
/*
 * Positions of WKT in the way servers write them, which is nearly all there is
 * of it: numbers of [-] digits . digits, not too many of them, and one space
 * between those of a position.
 */
#ifndef CC_COLUMN_WKT_PLAIN_H
#define CC_COLUMN_WKT_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Characters that one call looks at, at the most. */
#define CC_WKT_PLAIN_CHUNK ((size_t)1024)
/* What they come to, at the most: a number has one, and one behind it. */
#define CC_WKT_PLAIN_SIZE(characters) (((characters) / 2 + 1) * sizeof(double))

/*
 * Reads positions of `count` numbers, 2 to 4, from *at of the text
 * [begin, end), each with a comma and perhaps a space behind it, the last one
 * with a closing parenthesis. Writes them to `to`, which has room for what a
 * chunk comes to or, when that is less, what is left of the text, as
 * little-endian doubles. Returns how many, with *at behind the comma or
 * parenthesis; none when the next one is written otherwise. Reads nothing
 * outside the text. Thread-safe, as is the other.
 */
size_t cc_wkt_plain_positions(const char *begin, const char *end,
                              const char **at, size_t count, uint8_t *to);

/* The position of "POINT(x y)" or "POINT (x y)", which is all of [begin, end),
 * to `to`; false when it is written otherwise. */
bool cc_wkt_plain_point(const char *begin, const char *end, uint8_t *to);

#endif
