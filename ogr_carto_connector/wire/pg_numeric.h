/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL's binary numeric (numeric_send): int16 number of digits, int16
 * weight of the first, uint16 sign, uint16 display scale, then digits of base
 * 10000.
 */
#ifndef CC_WIRE_PG_NUMERIC_H
#define CC_WIRE_PG_NUMERIC_H

#include "connector/strbuf.h"

#include <stdint.h>

/* value = unscaled / 10^scale, 0 <= scale <= 38; false when the value is not
 * finite, too large for that, or malformed. */
bool cc_pg_numeric_small(const uint8_t *data, size_t size, int64_t *unscaled,
                         int *scale);

/* Appends the value as the server would write it: "-0.00120", "NaN",
 * "Infinity". 1 when it is malformed, -1 when out of memory. */
int cc_pg_numeric_text(const uint8_t *data, size_t size, struct cc_strbuf *out);

#endif
