/* SPDX-License-Identifier: MIT */
/*
 * What the geometry decoders share: the table of geometry types, bytes of
 * either order, writing ISO WKB, walking it, reasons.
 *
 * ISO WKB is OGC 06-103r4 (Simple Features, part 1) clause 8 with the type
 * codes of ISO/IEC 13249-3: base + 1000 with Z, + 2000 with M, + 3000 with
 * both. All output is little-endian.
 */
#ifndef CC_COLUMN_WKB_H
#define CC_COLUMN_WKB_H

#include "geometry.h"

enum cc_wkb_type
{
    CC_WKB_POINT = 1,
    CC_WKB_LINESTRING = 2,
    CC_WKB_POLYGON = 3,
    CC_WKB_MULTIPOINT = 4,
    CC_WKB_MULTILINESTRING = 5,
    CC_WKB_MULTIPOLYGON = 6,
    CC_WKB_COLLECTION = 7,
    CC_WKB_CIRCULARSTRING = 8,
    CC_WKB_COMPOUNDCURVE = 9,
    CC_WKB_CURVEPOLYGON = 10,
    CC_WKB_MULTICURVE = 11,
    CC_WKB_MULTISURFACE = 12,
    CC_WKB_POLYHEDRALSURFACE = 15,
    CC_WKB_TIN = 16,
    CC_WKB_TRIANGLE = 17,
    CC_WKB_TYPES
};

/* What follows the header of a geometry. */
enum cc_wkb_content
{
    CC_WKB_ABSTRACT = 0, /* nothing: the type has no values of its own */
    CC_WKB_POSITION,     /* one position */
    CC_WKB_POSITIONS,    /* uint32 count, positions */
    CC_WKB_RINGS,        /* uint32 count, rings of {uint32 count, positions} */
    CC_WKB_MEMBERS       /* uint32 count, geometries */
};

struct cc_wkb_class
{
    const char *name; /* of WKT: "MULTIPOINT" */
    enum cc_wkb_content content;
    uint32_t members; /* bit n: type n may be a member */
    uint32_t member;  /* the type of a member that WKT does not name */
};

/* NULL for a number that is no type or an abstract one. */
const struct cc_wkb_class *cc_wkb_class(uint32_t type);

/* "Point", also of numbers that are no type ("?"). */
const char *cc_wkb_type_name(uint32_t type);

/* Whether OGR's model restricts values of the type beyond their structure, so
 * that cc_wkb_check has to look at them. */
static inline bool cc_wkb_needs_check(uint32_t type)
{
    return (type >= CC_WKB_CIRCULARSTRING && type <= CC_WKB_CURVEPOLYGON) ||
           type == CC_WKB_TRIANGLE;
}

static inline bool cc_wkb_member_allowed(const struct cc_wkb_class *parent,
                                         uint32_t type)
{
    return type < CC_WKB_TYPES && (parent->members >> type & 1U) != 0;
}

/* ---- dimensions: a set of these ---- */

#define CC_DIM_Z 1U
#define CC_DIM_M 2U

static inline size_t cc_dims_count(unsigned dims)
{
    return 2 + (dims & 1U) + (dims >> 1);
}

/* The size of a position in bytes. */
static inline size_t cc_dims_size(unsigned dims)
{
    return 8 * cc_dims_count(dims);
}

static inline uint32_t cc_wkb_code(uint32_t type, unsigned dims)
{
    return type + 1000 * dims;
}

/* ---- bytes ---- */

static inline uint32_t cc_load_u32le(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
           (uint32_t)at[3] << 24;
}

static inline uint32_t cc_load_u32be(const uint8_t *at)
{
    return (uint32_t)at[3] | (uint32_t)at[2] << 8 | (uint32_t)at[1] << 16 |
           (uint32_t)at[0] << 24;
}

static inline uint64_t cc_load_u64le(const uint8_t *at)
{
    return cc_load_u32le(at) | (uint64_t)cc_load_u32le(at + 4) << 32;
}

static inline double cc_load_f64le(const uint8_t *at)
{
    uint64_t bits = cc_load_u64le(at);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline void cc_store_u32le(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

static inline void cc_store_f64le(uint8_t *at, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    cc_store_u32le(at, (uint32_t)bits);
    cc_store_u32le(at + 4, (uint32_t)(bits >> 32));
}

/* ---- writing ---- */

#define CC_WKB_HEADER_SIZE 5

static inline void cc_wkb_store_header(uint8_t *at, uint32_t type,
                                       unsigned dims)
{
    at[0] = 1;
    cc_store_u32le(at + 1, cc_wkb_code(type, dims));
}

/* Appends a header. 0, or -1 when out of memory. */
int cc_wkb_append_header(struct cc_buffer *out, uint32_t type, unsigned dims);

/* Appends a count that is not known yet; *slot is for cc_wkb_set_count. */
int cc_wkb_append_count(struct cc_buffer *out, size_t *slot);

static inline void cc_wkb_set_count(struct cc_buffer *out, size_t slot,
                                    uint32_t count)
{
    cc_store_u32le(out->data + slot, count);
}

/* Appends one position of `dims` from ordinates in the order x, y, z, m. */
int cc_wkb_append_position(struct cc_buffer *out, const double *ordinates,
                           unsigned dims);

/* Appends a geometry that has no coordinates, its header included. */
int cc_wkb_append_empty(struct cc_buffer *out, uint32_t type, unsigned dims);

/* ---- reasons ---- */

/* Sets the reason and returns CC_GEOMETRY_INVALID. */
enum cc_geometry_status cc_geometry_invalid(struct cc_geometry_result *result,
                                            const char *format, ...)
    CC_PRINTF(2, 3);

/* The beginning of `text` for a reason: what is not plain ASCII becomes "?". */
#define CC_QUOTE_SIZE 16
const char *cc_geometry_quote(char quoted[CC_QUOTE_SIZE], const void *text,
                              size_t size);

/* Appends, when `length` is one that columns are declared with, the advice
 * that the column may be too narrow. `type` is the column's: "VARCHAR". */
void cc_geometry_hint_width(struct cc_geometry_result *result, const char *type,
                            size_t length);

/* ---- the parts ---- */

/* cc_geometry_from_wkb for bytes that were decoded from `text_length`
 * characters; 0: from none. */
enum cc_geometry_status cc_wkb_decode(const uint8_t *data, size_t size,
                                      size_t text_length, struct cc_buffer *out,
                                      struct cc_geometry_result *result);

/*
 * What OGR requires of curves and triangles beyond their structure: arcs of an
 * odd number of points, contiguous compound curves, rings of four points. Such
 * values would otherwise fail later, where they are not counted. `wkb` is
 * complete ISO WKB that a decoder has just written.
 */
enum cc_geometry_status cc_wkb_check(const uint8_t *wkb,
                                     struct cc_geometry_result *result);

/*
 * Calls `visit` for every run of positions in ISO WKB that this project wrote:
 * `count` positions of `dims` at byte `offset`. Returns false at once when
 * `visit` does, or when the WKB is not of that form.
 */
typedef bool (*cc_wkb_visitor)(void *context, size_t offset, uint32_t count,
                               unsigned dims);
bool cc_wkb_walk(const uint8_t *wkb, size_t size, cc_wkb_visitor visit,
                 void *context);

#endif
