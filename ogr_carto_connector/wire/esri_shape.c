/* SPDX-License-Identifier: MIT */
#include "esri_shape.h"

#include "column/wkb.h"

#include <math.h>

#define PREFIX_SIZE 5
#define BOX_SIZE 32
#define RANGE_SIZE 16

/* Shapefile, page 8: measures below this are none. */
#define NO_DATA (-1e38)

/* Esri's number for what EPSG later called 3857. */
#define WEB_MERCATOR_WKID 102100
#define WEB_MERCATOR_SRID 3857

enum form
{
    FORM_NULL = 0,
    FORM_POINT,
    FORM_MULTIPOINT,
    FORM_LINES,
    FORM_RINGS
};

/* Esri's shape types: those of the shapefile (its Z types have M as well), and
 * those that have Z alone. */
static const struct
{
    uint32_t code;
    enum form form;
    unsigned dims;
} shape_types[] = {{0, FORM_NULL, 0},
                   {1, FORM_POINT, 0},
                   {9, FORM_POINT, CC_DIM_Z},
                   {11, FORM_POINT, CC_DIM_Z | CC_DIM_M},
                   {21, FORM_POINT, CC_DIM_M},
                   {8, FORM_MULTIPOINT, 0},
                   {20, FORM_MULTIPOINT, CC_DIM_Z},
                   {18, FORM_MULTIPOINT, CC_DIM_Z | CC_DIM_M},
                   {28, FORM_MULTIPOINT, CC_DIM_M},
                   {3, FORM_LINES, 0},
                   {10, FORM_LINES, CC_DIM_Z},
                   {13, FORM_LINES, CC_DIM_Z | CC_DIM_M},
                   {23, FORM_LINES, CC_DIM_M},
                   {5, FORM_RINGS, 0},
                   {19, FORM_RINGS, CC_DIM_Z},
                   {15, FORM_RINGS, CC_DIM_Z | CC_DIM_M},
                   {25, FORM_RINGS, CC_DIM_M}};

/* The type byte of the prefix; 0 is unknown. */
static const uint32_t ogc_types[] = {CC_WKB_COLLECTION,  CC_WKB_POINT,
                                     CC_WKB_LINESTRING,  CC_WKB_POLYGON,
                                     CC_WKB_MULTIPOINT,  CC_WKB_MULTILINESTRING,
                                     CC_WKB_MULTIPOLYGON};

struct shape
{
    const uint8_t *data;
    size_t size;
    size_t at;
    uint32_t ogc_type;
    enum form form;
    unsigned dims;
    uint32_t part_count;
    uint32_t point_count;
    const uint8_t *parts; /* int32: the first point of each */
    const uint8_t *points;
    const uint8_t *z;
    const uint8_t *m;
    struct cc_buffer *out;
    bool no_memory;
    struct cc_geometry_result *result;
};

static bool fail(struct shape *shape, const char *reason)
{
    cc_geometry_invalid(shape->result, "Esri shape: %s", reason);
    return false;
}

static bool fail_memory(struct shape *shape)
{
    shape->no_memory = true;
    return false;
}

/* ---- reading ---- */

static bool take(struct shape *shape, uint32_t count, size_t item,
                 const uint8_t **items)
{
    if (count > (shape->size - shape->at) / item)
    {
        cc_geometry_invalid(
            shape->result,
            "Esri shape is cut: it has %zu bytes and needs at least %llu",
            shape->size,
            (unsigned long long)shape->at + (unsigned long long)count * item);
        cc_geometry_hint_width(shape->result, "VARBINARY", shape->size);
        return false;
    }
    *items = shape->data + shape->at;
    shape->at += count * item;
    return true;
}

static bool take_u32(struct shape *shape, uint32_t *value)
{
    const uint8_t *at;
    if (!take(shape, 1, 4, &at))
        return false;
    *value = cc_load_u32le(at);
    return true;
}

static bool take_type(struct shape *shape)
{
    uint32_t code;
    if (!take_u32(shape, &code))
        return false;
    for (size_t i = 0; i < sizeof shape_types / sizeof *shape_types; i++)
    {
        if (shape_types[i].code == code)
        {
            shape->form = shape_types[i].form;
            shape->dims = shape_types[i].dims;
            return true;
        }
    }
    cc_geometry_invalid(shape->result, "Esri shape is of the unknown type %lu",
                        (unsigned long)code);
    return false;
}

/* The heights and measures of many points, with their range in front. The
 * measures may be missing at the end of a value. */
static bool take_ordinates(struct shape *shape)
{
    const uint8_t *range;
    if (shape->dims & CC_DIM_Z &&
        (!take(shape, 1, RANGE_SIZE, &range) ||
         !take(shape, shape->point_count, 8, &shape->z)))
        return false;
    if (shape->dims & CC_DIM_Z && shape->at == shape->size)
        shape->dims = CC_DIM_Z;
    return !(shape->dims & CC_DIM_M) ||
           (take(shape, 1, RANGE_SIZE, &range) &&
            take(shape, shape->point_count, 8, &shape->m));
}

static bool take_point(struct shape *shape)
{
    shape->point_count = 1;
    if (!take(shape, 1, 16, &shape->points))
        return false;
    if (shape->dims & CC_DIM_Z && !take(shape, 1, 8, &shape->z))
        return false;
    return !(shape->dims & CC_DIM_M) || take(shape, 1, 8, &shape->m);
}

static bool take_points(struct shape *shape)
{
    const uint8_t *box;
    if (!take(shape, 1, BOX_SIZE, &box))
        return false;
    if (shape->form != FORM_MULTIPOINT && !take_u32(shape, &shape->part_count))
        return false;
    return take_u32(shape, &shape->point_count) &&
           take(shape, shape->part_count, 4, &shape->parts) &&
           take(shape, shape->point_count, 16, &shape->points) &&
           take_ordinates(shape);
}

static uint32_t part_begin(const struct shape *shape, uint32_t part)
{
    return cc_load_u32le(shape->parts + 4 * (size_t)part);
}

static uint32_t part_end(const struct shape *shape, uint32_t part)
{
    return part + 1 < shape->part_count ? part_begin(shape, part + 1)
                                        : shape->point_count;
}

/* Every point belongs to a part, and every part has points. */
static bool check_parts(struct shape *shape)
{
    bool all =
        shape->part_count ? part_begin(shape, 0) == 0 : shape->point_count == 0;
    if (!all)
        return fail(shape, "there are points that belong to no part");
    for (uint32_t i = 0; i < shape->part_count; i++)
    {
        uint32_t begin = part_begin(shape, i);
        uint32_t end = part_end(shape, i);
        if (begin >= end || end > shape->point_count)
            return fail(shape, "a part's points are out of range");
    }
    return true;
}

/* ---- writing ---- */

static bool put_header(struct shape *shape, uint32_t type)
{
    return cc_wkb_append_header(shape->out, type, shape->dims) == 0 ||
           fail_memory(shape);
}

static bool put_count(struct shape *shape, uint32_t count)
{
    size_t slot;
    if (cc_wkb_append_count(shape->out, &slot) != 0)
        return fail_memory(shape);
    cc_wkb_set_count(shape->out, slot, count);
    return true;
}

static bool put_position(struct shape *shape, uint32_t point)
{
    const uint8_t *xy = shape->points + 16 * (size_t)point;
    double ordinates[4] = {cc_load_f64le(xy), cc_load_f64le(xy + 8), 0, 0};
    if (shape->dims & CC_DIM_Z)
        ordinates[2] = cc_load_f64le(shape->z + 8 * (size_t)point);
    if (shape->dims & CC_DIM_M)
        ordinates[3] = cc_load_f64le(shape->m + 8 * (size_t)point);
    if (ordinates[3] < NO_DATA)
        ordinates[3] = NAN;
    return cc_wkb_append_position(shape->out, ordinates, shape->dims) == 0 ||
           fail_memory(shape);
}

static bool put_line(struct shape *shape, uint32_t part)
{
    uint32_t begin = part_begin(shape, part);
    uint32_t end = part_end(shape, part);
    if (!put_count(shape, end - begin))
        return false;
    for (uint32_t i = begin; i < end; i++)
    {
        if (!put_position(shape, i))
            return false;
    }
    return true;
}

static bool put_multipoint(struct shape *shape)
{
    if (!put_header(shape, CC_WKB_MULTIPOINT) ||
        !put_count(shape, shape->point_count))
        return false;
    for (uint32_t i = 0; i < shape->point_count; i++)
    {
        if (!put_header(shape, CC_WKB_POINT) || !put_position(shape, i))
            return false;
    }
    return true;
}

static bool put_lines(struct shape *shape)
{
    bool single =
        shape->part_count == 1 && shape->ogc_type != CC_WKB_MULTILINESTRING;
    if (!single && (!put_header(shape, CC_WKB_MULTILINESTRING) ||
                    !put_count(shape, shape->part_count)))
        return false;
    for (uint32_t i = 0; i < shape->part_count; i++)
    {
        if (!put_header(shape, CC_WKB_LINESTRING) || !put_line(shape, i))
            return false;
    }
    return true;
}

/* Twice the signed area is negative. Relative to the first point, so that it
 * is exact enough far from the origin. */
static bool is_clockwise(const struct shape *shape, uint32_t part)
{
    uint32_t begin = part_begin(shape, part);
    uint32_t end = part_end(shape, part);
    const uint8_t *at = shape->points + 16 * (size_t)begin;
    double x0 = cc_load_f64le(at);
    double y0 = cc_load_f64le(at + 8);
    double x1 = 0.0;
    double y1 = 0.0;
    double area = 0.0;
    for (uint32_t i = begin + 1; i < end; i++)
    {
        at += 16;
        double x2 = cc_load_f64le(at) - x0;
        double y2 = cc_load_f64le(at + 8) - y0;
        area += x1 * y2 - x2 * y1;
        x1 = x2;
        y1 = y2;
    }
    return area < 0.0;
}

/* The first ring begins a polygon in any case. */
static bool begins_polygon(const struct shape *shape, uint32_t part)
{
    return part == 0 || is_clockwise(shape, part);
}

static bool put_polygon(struct shape *shape, uint32_t *part)
{
    size_t slot;
    uint32_t rings = 0;
    if (!put_header(shape, CC_WKB_POLYGON))
        return false;
    if (cc_wkb_append_count(shape->out, &slot) != 0)
        return fail_memory(shape);
    do
    {
        if (!put_line(shape, (*part)++))
            return false;
        rings++;
    } while (*part < shape->part_count && !begins_polygon(shape, *part));
    cc_wkb_set_count(shape->out, slot, rings);
    return true;
}

static bool put_rings(struct shape *shape)
{
    uint32_t polygons = 0;
    for (uint32_t i = 0; i < shape->part_count; i++)
        polygons += begins_polygon(shape, i) ? 1 : 0;
    if ((polygons > 1 || shape->ogc_type == CC_WKB_MULTIPOLYGON) &&
        (!put_header(shape, CC_WKB_MULTIPOLYGON) ||
         !put_count(shape, polygons)))
        return false;
    for (uint32_t part = 0; part < shape->part_count;)
    {
        if (!put_polygon(shape, &part))
            return false;
    }
    return true;
}

static bool put_empty(struct shape *shape)
{
    return cc_wkb_append_empty(shape->out, shape->ogc_type, shape->dims) == 0 ||
           fail_memory(shape);
}

static bool put_shape(struct shape *shape)
{
    switch (shape->form)
    {
        case FORM_POINT:
            return put_header(shape, CC_WKB_POINT) && put_position(shape, 0);
        case FORM_MULTIPOINT:
            return put_multipoint(shape);
        case FORM_LINES:
            return shape->part_count ? put_lines(shape) : put_empty(shape);
        case FORM_RINGS:
            return shape->part_count ? put_rings(shape) : put_empty(shape);
        case FORM_NULL:
            break;
    }
    return put_empty(shape);
}

static bool take_shape(struct shape *shape)
{
    if (!take_type(shape))
        return false;
    if (shape->form == FORM_POINT && !take_point(shape))
        return false;
    if (shape->form > FORM_POINT &&
        (!take_points(shape) ||
         (shape->form != FORM_MULTIPOINT && !check_parts(shape))))
        return false;
    return shape->at == shape->size ||
           fail(shape, "there are more bytes after its end");
}

static bool take_prefix(struct shape *shape)
{
    const uint8_t *prefix;
    if (!take(shape, 1, PREFIX_SIZE, &prefix))
        return false;
    uint32_t wkid = cc_load_u32be(prefix);
    shape->result->srid = wkid <= INT32_MAX ? (int32_t)wkid : 0;
    if (wkid == WEB_MERCATOR_WKID)
        shape->result->srid = WEB_MERCATOR_SRID;
    if (prefix[4] >= sizeof ogc_types / sizeof *ogc_types)
        return fail(shape, "it is of an unknown OGC type");
    shape->ogc_type = ogc_types[prefix[4]];
    return true;
}

enum cc_geometry_status cc_esri_shape(const uint8_t *data, size_t size,
                                      struct cc_buffer *out,
                                      struct cc_geometry_result *result)
{
    struct shape shape = {
        .data = data, .size = size, .out = out, .result = result};
    size_t before = out->size;

    *result = (struct cc_geometry_result){.srid = 0};
    if (size == 0)
        return CC_GEOMETRY_EMPTY_VALUE;
    if (take_prefix(&shape) && take_shape(&shape) && put_shape(&shape))
    {
        result->wkb_type = cc_load_u32le(out->data + before + 1);
        return CC_GEOMETRY_OK;
    }
    out->size = before;
    return shape.no_memory ? CC_GEOMETRY_NO_MEMORY : CC_GEOMETRY_INVALID;
}
