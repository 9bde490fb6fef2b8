/* SPDX-License-Identifier: MIT */
/*
 * A value is a set of flat tables: points (with their Z and M beside them),
 * figures (runs of points), shapes (runs of figures, in a tree by their
 * parents' indices) and, for curves of mixed parts, segments. All tables are
 * located first, every index is checked, then the tree is written as WKB.
 */
#include "tds_geometry.h"

#include "column/wkb.h"

#include <stdio.h>

/* Section 2.1.2, the properties byte. */
#define HAS_Z 0x01
#define HAS_M 0x02
#define SINGLE_POINT 0x08
#define SINGLE_SEGMENT 0x10

#define HEADER_SIZE 6
#define POINT_SIZE 16
#define FIGURE_SIZE 5
#define SHAPE_SIZE 9
#define NONE UINT32_MAX /* -1 on the wire: no parent, no figure */

#define FULL_GLOBE 11

/* Section 2.1.3: figure attributes of version 2. */
enum figure
{
    FIGURE_ARC = 2,
    FIGURE_COMPOSITE = 3
};

/* Section 2.1.5 */
enum segment
{
    SEGMENT_LINE = 0,
    SEGMENT_ARC,
    SEGMENT_FIRST_LINE,
    SEGMENT_FIRST_ARC
};

struct table
{
    const uint8_t *rows;
    uint32_t count;
};

/* What is derived from the tables, a row a shape (or figure). */
struct links
{
    uint32_t *first_child;
    uint32_t *next_sibling;
    uint32_t *figure_end;
    uint32_t *segment; /* of a figure: its first */
};

struct value
{
    const uint8_t *data;
    size_t size;
    size_t at;
    bool geography;
    uint8_t version;
    uint8_t properties;
    unsigned dims;
    struct table points;
    const uint8_t *z;
    const uint8_t *m;
    struct table figures;
    struct table shapes;
    struct table segments;
    struct links links;
    struct cc_buffer *out;
    bool no_memory;
    struct cc_geometry_result *result;
};

static bool fail(struct value *value, const char *reason)
{
    cc_geometry_invalid(value->result, "CLR geometry: %s", reason);
    return false;
}

static bool fail_memory(struct value *value)
{
    value->no_memory = true;
    return false;
}

/* ---- the tables ---- */

/* Takes `count` rows of `row` bytes. */
static bool take(struct value *value, uint32_t count, size_t row,
                 const uint8_t **rows)
{
    if (count > (value->size - value->at) / row)
    {
        cc_geometry_invalid(
            value->result,
            "CLR geometry is cut: it has %zu bytes and needs at least %llu",
            value->size,
            (unsigned long long)value->at + (unsigned long long)count * row);
        cc_geometry_hint_width(value->result, "VARBINARY", value->size);
        return false;
    }
    *rows = value->data + value->at;
    value->at += count * row;
    return true;
}

static bool take_table(struct value *value, size_t row, struct table *table)
{
    const uint8_t *count;
    if (!take(value, 1, 4, &count))
        return false;
    table->count = cc_load_u32le(count);
    return take(value, table->count, row, &table->rows);
}

static bool take_ordinates(struct value *value)
{
    if (value->properties & HAS_Z &&
        !take(value, value->points.count, 8, &value->z))
        return false;
    return !(value->properties & HAS_M) ||
           take(value, value->points.count, 8, &value->m);
}

static bool at_end(struct value *value)
{
    if (value->at == value->size)
        return true;
    return fail(value, "there are more bytes after its end");
}

static bool take_tables(struct value *value)
{
    if (!take_table(value, POINT_SIZE, &value->points) ||
        !take_ordinates(value) ||
        !take_table(value, FIGURE_SIZE, &value->figures) ||
        !take_table(value, SHAPE_SIZE, &value->shapes))
        return false;
    if (value->version >= 2 && value->at < value->size &&
        !take_table(value, 1, &value->segments))
        return false;
    return at_end(value);
}

static uint32_t figure_attribute(const struct value *value, uint32_t figure)
{
    return value->figures.rows[(size_t)figure * FIGURE_SIZE];
}

static uint32_t figure_begin(const struct value *value, uint32_t figure)
{
    return cc_load_u32le(value->figures.rows + (size_t)figure * FIGURE_SIZE +
                         1);
}

static uint32_t figure_end(const struct value *value, uint32_t figure)
{
    return figure + 1 < value->figures.count ? figure_begin(value, figure + 1)
                                             : value->points.count;
}

static uint32_t shape_parent(const struct value *value, uint32_t shape)
{
    return cc_load_u32le(value->shapes.rows + (size_t)shape * SHAPE_SIZE);
}

static uint32_t shape_figure(const struct value *value, uint32_t shape)
{
    return cc_load_u32le(value->shapes.rows + (size_t)shape * SHAPE_SIZE + 4);
}

static uint32_t shape_type(const struct value *value, uint32_t shape)
{
    return value->shapes.rows[(size_t)shape * SHAPE_SIZE + 8];
}

/* ---- what is derived from them ---- */

/* The segments of a composite figure take it from its first point to its last;
 * *segment is moved behind them. */
static bool skip_segments(struct value *value, uint32_t points,
                          uint32_t *segment)
{
    uint32_t point = 0;
    while (point + 1 < points)
    {
        if (*segment >= value->segments.count)
            return fail(value, "a curve has less segments than points");
        uint8_t kind = value->segments.rows[(*segment)++];
        if (kind > SEGMENT_FIRST_ARC)
            return fail(value, "a segment is of an unknown kind");
        point += kind == SEGMENT_ARC || kind == SEGMENT_FIRST_ARC ? 2 : 1;
    }
    return point + 1 == points ||
           fail(value, "an arc goes beyond the points of its curve");
}

static bool link_figures(struct value *value)
{
    uint32_t segment = 0;
    for (uint32_t i = 0; i < value->figures.count; i++)
    {
        uint32_t begin = figure_begin(value, i);
        uint32_t end = figure_end(value, i);
        if (begin > end || end > value->points.count)
            return fail(value, "a figure's points are out of range");
        value->links.segment[i] = segment;
        if (figure_attribute(value, i) == FIGURE_COMPOSITE &&
            !skip_segments(value, end - begin, &segment))
            return false;
    }
    return segment == value->segments.count ||
           fail(value, "there are segments that belong to no curve");
}

static bool is_collection(uint32_t type)
{
    return type >= CC_WKB_MULTIPOINT && type <= CC_WKB_COLLECTION;
}

/* What a collection says of figures is its members' and not in their order
 * where a writer lists the tree level by level. */
static bool link_shape(struct value *value, uint32_t shape, uint32_t *next)
{
    struct links *links = &value->links;
    uint32_t figure = shape_figure(value, shape);
    uint32_t parent = shape_parent(value, shape);
    links->figure_end[shape] = *next;
    if (figure != NONE && !is_collection(shape_type(value, shape)))
    {
        if (figure > *next)
            return fail(value, "a shape's figures are out of range");
        *next = figure;
    }
    if (shape == 0)
        return parent == NONE || fail(value, "the first shape has a parent");
    if (parent >= shape)
        return fail(value, "a shape's parent is not before it");
    links->next_sibling[shape] = links->first_child[parent];
    links->first_child[parent] = shape;
    return true;
}

/* From the last shape to the first, so that figures end where the next shape's
 * begin, and children come in their order. */
static bool link_shapes(struct value *value)
{
    uint32_t next_figure = value->figures.count;
    for (uint32_t i = value->shapes.count; i-- > 0;)
    {
        if (!link_shape(value, i, &next_figure))
            return false;
    }
    return true;
}

static uint32_t *new_column(uint32_t count)
{
    uint32_t *column = malloc(((size_t)count + 1) * sizeof *column);
    if (column)
        memset(column, 0xFF, ((size_t)count + 1) * sizeof *column);
    return column;
}

static bool link_tables(struct value *value)
{
    struct links *links = &value->links;
    links->first_child = new_column(value->shapes.count);
    links->next_sibling = new_column(value->shapes.count);
    links->figure_end = new_column(value->shapes.count);
    links->segment = new_column(value->figures.count);
    if (!links->first_child || !links->next_sibling || !links->figure_end ||
        !links->segment)
        return fail_memory(value);
    if (value->shapes.count == 0)
        return fail(value, "it has no shape");
    return link_figures(value) && link_shapes(value);
}

static void free_links(struct links *links)
{
    free(links->first_child);
    free(links->next_sibling);
    free(links->figure_end);
    free(links->segment);
}

/* ---- writing ---- */

static bool put_header(struct value *value, uint32_t type)
{
    return cc_wkb_append_header(value->out, type, value->dims) == 0 ||
           fail_memory(value);
}

static bool put_count(struct value *value, uint32_t count)
{
    size_t slot;
    if (cc_wkb_append_count(value->out, &slot) != 0)
        return fail_memory(value);
    cc_wkb_set_count(value->out, slot, count);
    return true;
}

static bool put_points(struct value *value, uint32_t begin, uint32_t end)
{
    size_t size = cc_dims_size(value->dims);
    if (cc_buffer_reserve(value->out, (end - begin) * size) != 0)
        return fail_memory(value);
    uint8_t *to = value->out->data + value->out->size;
    for (size_t i = begin; i < end; i++)
    {
        const uint8_t *point = value->points.rows + i * POINT_SIZE;
        memcpy(to, point + (value->geography ? 8 : 0), 8);
        memcpy(to + 8, point + (value->geography ? 0 : 8), 8);
        to += 16;
        if (value->z)
        {
            memcpy(to, value->z + 8 * i, 8);
            to += 8;
        }
        if (value->m)
        {
            memcpy(to, value->m + 8 * i, 8);
            to += 8;
        }
    }
    value->out->size = (size_t)(to - value->out->data);
    return true;
}

static bool put_line(struct value *value, uint32_t begin, uint32_t end)
{
    return put_count(value, end - begin) && put_points(value, begin, end);
}

static bool is_arc(uint8_t segment)
{
    return segment == SEGMENT_ARC || segment == SEGMENT_FIRST_ARC;
}

static bool is_first(uint8_t segment)
{
    return segment == SEGMENT_FIRST_LINE || segment == SEGMENT_FIRST_ARC;
}

/* The parts of a composite figure: a new one where a segment says so or is of
 * the other kind. link_figures has checked the segments. */
static bool put_composite(struct value *value, uint32_t figure)
{
    uint32_t begin = figure_begin(value, figure);
    uint32_t end = figure_end(value, figure);
    const uint8_t *segment =
        value->segments.rows + value->links.segment[figure];
    size_t slot;
    uint32_t parts = 0;
    if (cc_wkb_append_count(value->out, &slot) != 0)
        return fail_memory(value);
    while (begin + 1 < end)
    {
        bool arc = is_arc(*segment);
        uint32_t point = begin;
        do
        {
            point += arc ? 2 : 1;
            segment++;
        } while (point + 1 < end && !is_first(*segment) &&
                 is_arc(*segment) == arc);
        if (!put_header(value,
                        arc ? CC_WKB_CIRCULARSTRING : CC_WKB_LINESTRING) ||
            !put_line(value, begin, point + 1))
            return false;
        begin = point;
        parts++;
    }
    cc_wkb_set_count(value->out, slot, parts);
    return true;
}

/* A figure as a curve of its own. */
static bool put_curve(struct value *value, uint32_t figure)
{
    uint32_t attribute = figure_attribute(value, figure);
    if (attribute == FIGURE_COMPOSITE)
        return put_header(value, CC_WKB_COMPOUNDCURVE) &&
               put_composite(value, figure);
    return put_header(value, attribute == FIGURE_ARC ? CC_WKB_CIRCULARSTRING
                                                     : CC_WKB_LINESTRING) &&
           put_line(value, figure_begin(value, figure),
                    figure_end(value, figure));
}

/* The figures of a surface, as rings or as curves. */
static bool put_rings(struct value *value, uint32_t first, uint32_t end,
                      bool curves)
{
    if (!put_count(value, end - first))
        return false;
    for (uint32_t i = first; i < end; i++)
    {
        if (curves ? !put_curve(value, i)
                   : !put_line(value, figure_begin(value, i),
                               figure_end(value, i)))
            return false;
    }
    return true;
}

static bool put_compound(struct value *value, uint32_t figure)
{
    if (figure_attribute(value, figure) == FIGURE_COMPOSITE)
        return put_composite(value, figure);
    return put_count(value, 1) && put_curve(value, figure);
}

/* A shape of one figure. */
static bool put_figure(struct value *value, uint32_t type, uint32_t figure,
                       uint32_t end)
{
    uint32_t begin = figure_begin(value, figure);
    uint32_t points_end = figure_end(value, figure);
    if (end - figure != 1)
        return fail(value, "a point or line has more than one figure");
    if (type == CC_WKB_COMPOUNDCURVE)
        return put_compound(value, figure);
    if (type != CC_WKB_POINT)
        return put_line(value, begin, points_end);
    if (points_end - begin != 1)
        return fail(value, "a point's figure has not one point");
    return put_points(value, begin, points_end);
}

static bool put_figures(struct value *value, uint32_t shape, uint32_t type)
{
    uint32_t first = shape_figure(value, shape);
    uint32_t end = value->links.figure_end[shape];
    if (first >= end)
        return fail(value, "a shape has no figure");
    if (type == CC_WKB_POLYGON || type == CC_WKB_CURVEPOLYGON)
        return put_rings(value, first, end, type == CC_WKB_CURVEPOLYGON);
    return put_figure(value, type, first, end);
}

static bool put_shape(struct value *value, uint32_t shape, uint32_t parent,
                      int depth);

static bool put_children(struct value *value, uint32_t shape, uint32_t type,
                         int depth)
{
    size_t slot;
    uint32_t count = 0;
    if (cc_wkb_append_count(value->out, &slot) != 0)
        return fail_memory(value);
    for (uint32_t child = value->links.first_child[shape]; child != NONE;
         child = value->links.next_sibling[child])
    {
        if (!put_shape(value, child, type, depth + 1))
            return false;
        count++;
    }
    cc_wkb_set_count(value->out, slot, count);
    return true;
}

/* Section 2.1.4: the types are numbered as in WKB up to CurvePolygon. */
static bool check_type(struct value *value, uint32_t type, uint32_t parent,
                       int depth)
{
    if (depth > CC_GEOMETRY_MAX_DEPTH)
        return fail(value, "it is nested too deep");
    if (type == FULL_GLOBE)
        return fail(value, "a FullGlobe, the whole earth, has no WKB");
    uint32_t last =
        value->version == 1 ? CC_WKB_COLLECTION : CC_WKB_CURVEPOLYGON;
    if (type == 0 || type > last)
        return fail(value, "a shape is of an unknown type");
    if (parent != 0 && !cc_wkb_member_allowed(cc_wkb_class(parent), type))
        return fail(value, "a shape is in a collection it does not belong in");
    return true;
}

static bool put_shape(struct value *value, uint32_t shape, uint32_t parent,
                      int depth)
{
    uint32_t type = shape_type(value, shape);
    if (!check_type(value, type, parent, depth))
        return false;
    if (!is_collection(type) && value->links.first_child[shape] != NONE)
        return fail(value, "a shape that is no collection has members");
    if (is_collection(type))
        return put_header(value, type) &&
               put_children(value, shape, type, depth);
    if (shape_figure(value, shape) != NONE)
        return put_header(value, type) && put_figures(value, shape, type);
    return cc_wkb_append_empty(value->out, type, value->dims) == 0 ||
           fail_memory(value);
}

/* ---- values ---- */

/* A point or a line of two points, without tables. */
static bool decode_single(struct value *value, uint32_t type, uint32_t points)
{
    value->points.count = points;
    return take(value, points, POINT_SIZE, &value->points.rows) &&
           take_ordinates(value) && at_end(value) && put_header(value, type) &&
           (type == CC_WKB_POINT ? put_points(value, 0, 1)
                                 : put_line(value, 0, points));
}

static bool decode_tables(struct value *value)
{
    return take_tables(value) && link_tables(value) &&
           put_shape(value, 0, 0, 1);
}

static bool decode(struct value *value)
{
    if (value->version < 1 || value->version > 2)
        return fail(value, "it is of an unknown version");
    value->dims = (value->properties & HAS_Z ? CC_DIM_Z : 0) |
                  (value->properties & HAS_M ? CC_DIM_M : 0);
    if (value->properties & SINGLE_POINT)
        return decode_single(value, CC_WKB_POINT, 1);
    if (value->properties & SINGLE_SEGMENT)
        return decode_single(value, CC_WKB_LINESTRING, 2);
    return decode_tables(value);
}

static enum cc_geometry_status finish(struct value *value, size_t before)
{
    const uint8_t *wkb = value->out->data + before;
    enum cc_geometry_status status = cc_wkb_check(wkb, value->result);
    if (status == CC_GEOMETRY_OK)
        value->result->wkb_type = cc_load_u32le(wkb + 1);
    return status;
}

enum cc_geometry_status cc_tds_geometry(const uint8_t *data, size_t size,
                                        bool geography, struct cc_buffer *out,
                                        struct cc_geometry_result *result)
{
    struct value value = {.data = data,
                          .size = size,
                          .geography = geography,
                          .out = out,
                          .result = result};
    const uint8_t *header;
    size_t before = out->size;
    enum cc_geometry_status status = CC_GEOMETRY_INVALID;

    *result = (struct cc_geometry_result){.srid = 0};
    if (size == 0 || (size >= 4 && cc_load_u32le(data) == NONE))
        return CC_GEOMETRY_EMPTY_VALUE;
    if (!take(&value, 1, HEADER_SIZE, &header))
        return CC_GEOMETRY_INVALID;
    uint32_t srid = cc_load_u32le(header);
    result->srid = srid <= INT32_MAX ? (int32_t)srid : 0;
    value.version = header[4];
    value.properties = header[5];
    if (decode(&value))
        status = finish(&value, before);
    else if (value.no_memory)
        status = CC_GEOMETRY_NO_MEMORY;
    free_links(&value.links);
    if (status != CC_GEOMETRY_OK)
        out->size = before;
    return status;
}
