/* SPDX-License-Identifier: MIT */
#ifndef CC_SQL_DATETIME_H
#define CC_SQL_DATETIME_H

#include "column/schema.h"

#define CC_DATETIME_SIZE 48

/*
 * Dates and times as people write them in filters ("2024/02/29 23:59:59.5",
 * OGR's form, or with dashes or a T; an offset) to the ISO text that
 * cc_dialect.datetime_literal takes for a column of `type`. A zoned column's
 * literal without offset is UTC, as the values delivered are. Returns 1 when
 * the text is no such value of that type: an impossible day, a date with a
 * time for a date column, an offset for a column without zone, digits beyond
 * microseconds.
 */
int cc_sql_datetime(enum cc_type type, const char *text,
                    char out[CC_DATETIME_SIZE]);

#endif
