/* SPDX-License-Identifier: MIT */
#include "wkb.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#define BIT(type) (1U << (type))
#define SIMPLE_CURVES (BIT(CC_WKB_LINESTRING) | BIT(CC_WKB_CIRCULARSTRING))
#define CURVES (SIMPLE_CURVES | BIT(CC_WKB_COMPOUNDCURVE))
#define SURFACES (BIT(CC_WKB_POLYGON) | BIT(CC_WKB_CURVEPOLYGON))

static const struct cc_wkb_class classes[CC_WKB_TYPES] = {
    [CC_WKB_POINT] = {"POINT", CC_WKB_POSITION, 0, 0},
    [CC_WKB_LINESTRING] = {"LINESTRING", CC_WKB_POSITIONS, 0, 0},
    [CC_WKB_POLYGON] = {"POLYGON", CC_WKB_RINGS, 0, 0},
    [CC_WKB_MULTIPOINT] = {"MULTIPOINT", CC_WKB_MEMBERS, BIT(CC_WKB_POINT),
                           CC_WKB_POINT},
    [CC_WKB_MULTILINESTRING] = {"MULTILINESTRING", CC_WKB_MEMBERS,
                                BIT(CC_WKB_LINESTRING), CC_WKB_LINESTRING},
    [CC_WKB_MULTIPOLYGON] = {"MULTIPOLYGON", CC_WKB_MEMBERS,
                             BIT(CC_WKB_POLYGON), CC_WKB_POLYGON},
    [CC_WKB_COLLECTION] = {"GEOMETRYCOLLECTION", CC_WKB_MEMBERS, UINT32_MAX, 0},
    [CC_WKB_CIRCULARSTRING] = {"CIRCULARSTRING", CC_WKB_POSITIONS, 0, 0},
    [CC_WKB_COMPOUNDCURVE] = {"COMPOUNDCURVE", CC_WKB_MEMBERS, SIMPLE_CURVES,
                              CC_WKB_LINESTRING},
    [CC_WKB_CURVEPOLYGON] = {"CURVEPOLYGON", CC_WKB_MEMBERS, CURVES,
                             CC_WKB_LINESTRING},
    [CC_WKB_MULTICURVE] = {"MULTICURVE", CC_WKB_MEMBERS, CURVES,
                           CC_WKB_LINESTRING},
    [CC_WKB_MULTISURFACE] = {"MULTISURFACE", CC_WKB_MEMBERS, SURFACES,
                             CC_WKB_POLYGON},
    [CC_WKB_POLYHEDRALSURFACE] = {"POLYHEDRALSURFACE", CC_WKB_MEMBERS,
                                  BIT(CC_WKB_POLYGON), CC_WKB_POLYGON},
    [CC_WKB_TIN] = {"TIN", CC_WKB_MEMBERS, BIT(CC_WKB_TRIANGLE),
                    CC_WKB_TRIANGLE},
    [CC_WKB_TRIANGLE] = {"TRIANGLE", CC_WKB_RINGS, 0, 0},
};

const struct cc_wkb_class *cc_wkb_class(uint32_t type)
{
    if (type >= CC_WKB_TYPES || classes[type].content == CC_WKB_ABSTRACT)
        return NULL;
    return &classes[type];
}

const char *cc_wkb_type_name(uint32_t type)
{
    const struct cc_wkb_class *class = cc_wkb_class(type);
    return class ? class->name : "?";
}

int cc_wkb_append_header(struct cc_buffer *out, uint32_t type, unsigned dims)
{
    if (cc_buffer_reserve(out, CC_WKB_HEADER_SIZE) != 0)
        return -1;
    cc_wkb_store_header(out->data + out->size, type, dims);
    out->size += CC_WKB_HEADER_SIZE;
    return 0;
}

int cc_wkb_append_count(struct cc_buffer *out, size_t *slot)
{
    static const uint8_t zero[4] = {0};
    *slot = out->size;
    return cc_buffer_append(out, zero, sizeof zero);
}

int cc_wkb_append_position(struct cc_buffer *out, const double *ordinates,
                           unsigned dims)
{
    size_t size = cc_dims_size(dims);
    if (cc_buffer_reserve(out, size) != 0)
        return -1;
    uint8_t *at = out->data + out->size;
    cc_store_f64le(at, ordinates[0]);
    cc_store_f64le(at + 8, ordinates[1]);
    if (dims & CC_DIM_Z)
        cc_store_f64le(at + 16, ordinates[2]);
    if (dims & CC_DIM_M)
        cc_store_f64le(at + size - 8, ordinates[3]);
    out->size += size;
    return 0;
}

int cc_wkb_append_empty(struct cc_buffer *out, uint32_t type, unsigned dims)
{
    static const double nan[4] = {NAN, NAN, NAN, NAN};
    if (cc_wkb_append_header(out, type, dims) != 0)
        return -1;
    if (type == CC_WKB_POINT)
        return cc_wkb_append_position(out, nan, dims);
    size_t slot;
    return cc_wkb_append_count(out, &slot);
}

enum cc_geometry_status cc_geometry_invalid(struct cc_geometry_result *result,
                                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(result->reason, sizeof result->reason, format, args);
    va_end(args);
    return CC_GEOMETRY_INVALID;
}

const char *cc_geometry_quote(char quoted[CC_QUOTE_SIZE], const void *text,
                              size_t size)
{
    const uint8_t *bytes = text;
    size_t length = 0;
    for (; length < size && length < CC_QUOTE_SIZE - 1; length++)
    {
        bool plain = bytes[length] >= ' ' && bytes[length] <= '~';
        quoted[length] = (char)(plain ? bytes[length] : '?');
    }
    quoted[length] = '\0';
    return quoted;
}

/* Round numbers, powers of two and those less one; 250 and 254 are the usual
 * widths below 255. */
static bool is_usual_width(size_t length)
{
    return length >= 32 && (length % 50 == 0 || (length & (length - 1)) == 0 ||
                            (length & (length + 1)) == 0 || length == 254);
}

void cc_geometry_hint_width(struct cc_geometry_result *result, const char *type,
                            size_t length)
{
    size_t used = strlen(result->reason);
    if (!is_usual_width(length))
        return;
    snprintf(result->reason + used, sizeof result->reason - used,
             "; the column may be too narrow, e.g. %s(%zu)", type, length);
}
