/* SPDX-License-Identifier: MIT */
/*
 * The text that HiveServer2 makes of arrays, maps, structs and unions looks
 * like JSON and is not always: keys that are no strings, NaN, intervals and,
 * from Spark, dates and times stand there without quotes, and Spark puts the
 * characters of a string between quotes as they are. Hive's SerDeUtils
 * (getJSONString) and Spark's HiveResult (toHiveString) say which.
 */
#ifndef CC_WIRE_HIVE_JSON_H
#define CC_WIRE_HIVE_JSON_H

#include "column/buffer.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C"
{
#endif

/*
 * Appends the text as JSON (RFC 8259): what is JSON stays as it is, keys and
 * bare words become strings. With `unescaped`, as from Spark, a string ends at
 * the first quote that is followed by what can follow a string, and the quotes
 * and backslashes before it are its own; else it is escaped already.
 *
 * 0; 1 (and nothing appended) for what has another form or is nested more than
 * 64 deep; -1 when out of memory. Any thread.
 */
int cc_hive_json(struct cc_buffer *out, const char *text, size_t size,
                 bool unescaped);

#ifdef __cplusplus
}
#endif

#endif
