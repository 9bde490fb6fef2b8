/* SPDX-License-Identifier: MIT */
/*
 * The parts of the GeoJSON decoder: a scanner over the text, and what is read
 * with it. A function that fails returns false, and has either set the reason,
 * or no_memory, or `wider`: the text is then read again.
 */
#ifndef CC_COLUMN_GEOJSON_H
#define CC_COLUMN_GEOJSON_H

#include "wkb.h"

/* A part of the text; of a string without its quotes, escapes as they are. */
struct cc_slice
{
    const char *at;
    size_t size;
};

bool cc_slice_is(struct cc_slice slice, const char *text);

struct cc_geojson
{
    const char *begin;
    const char *at;
    const char *end;
    unsigned dims;  /* of the output */
    unsigned wider; /* what `dims` should have been */
    bool no_memory;
    bool is_null; /* a feature without a geometry */
    struct cc_buffer *out;
    struct cc_geometry_result *result;
};

/* ---- scanning ---- */

/* "... where <due> is due", or that the text is cut. */
bool cc_geojson_fail_due(struct cc_geojson *parser, const char *due);
bool cc_geojson_fail(struct cc_geojson *parser, const char *reason);
bool cc_geojson_fail_memory(struct cc_geojson *parser);

/* The next character that is no space, 0 at the end. */
char cc_geojson_peek(struct cc_geojson *parser);

/* Whether it is `character`, which is taken then. */
bool cc_geojson_take(struct cc_geojson *parser, char character);
bool cc_geojson_expect(struct cc_geojson *parser, char character,
                       const char *due);

/* Takes what is behind an element of a list: a comma, or `close`. */
bool cc_geojson_next(struct cc_geojson *parser, char close, bool *more);

bool cc_geojson_string(struct cc_geojson *parser, struct cc_slice *string);
bool cc_geojson_null(struct cc_geojson *parser);

/* Skips a value of any kind; `depth` is 0. */
bool cc_geojson_skip(struct cc_geojson *parser, int depth);

/* Takes an object; `read` takes the value of each member. */
typedef bool (*cc_geojson_reader)(struct cc_geojson *parser,
                                  struct cc_slice key, void *context);
bool cc_geojson_object(struct cc_geojson *parser, cc_geojson_reader read,
                       void *context);

/* ---- reading ---- */

/* Appends a WKB header of the output's dimensions. */
bool cc_geojson_header(struct cc_geojson *parser, uint32_t type);

/* Reads the coordinates of a type into what follows its header. */
bool cc_geojson_coordinates(struct cc_geojson *parser, uint32_t type);

/* Reads the value of a "crs" member into the result's SRID. */
bool cc_geojson_crs(struct cc_geojson *parser);

#endif
