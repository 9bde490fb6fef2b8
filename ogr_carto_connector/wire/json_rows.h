/* SPDX-License-Identifier: MIT */
/*
 * A scanner for JSON that is mostly rows of text: [["1","a",null],...]. It
 * hands out cells where they lie, and undoes escapes in place; what is no row
 * (RFC 8259 in general) is for json-c.
 *
 * Errors: CC_STAGE_FETCH.
 */
#ifndef CC_WIRE_JSON_ROWS_H
#define CC_WIRE_JSON_ROWS_H

#include "connector/error.h"

#include <stdint.h>

struct cc_json_span
{
    size_t at;
    size_t size; /* 0: there is none */
};

/*
 * Finds the value of data.`key` in a document, as {"data": {"rowset": ...}}.
 * Objects and arrays are only skipped, so this takes no memory. *span is empty
 * when there is none. false when the document is damaged before it is found.
 */
bool cc_json_find(const char *text, size_t size, const char *outer,
                  const char *key, struct cc_json_span *span);

/* A value of a row: text without its quotes and escapes; of a number, true,
 * false, an object or an array its JSON. */
struct cc_json_cell
{
    const char *text; /* NULL: null */
    size_t size;
};

struct cc_json_rows
{
    char *data; /* borrowed; written to */
    size_t size;
    size_t at;
    bool enclosed; /* in [ ], as a value is; not, as a chunk's are */
    bool begun;
};

enum cc_json_read
{
    CC_JSON_ERROR = -1,
    CC_JSON_END = 0,
    CC_JSON_ROW = 1
};

/* The next row, which has to have `count` cells. They lie in the data. */
enum cc_json_read cc_json_next(struct cc_json_rows *rows,
                               struct cc_json_cell *cells, size_t count,
                               struct cc_error *error);

#endif
