/* SPDX-License-Identifier: MIT */
/*
 * GeoJSON geometries and features (RFC 7946) to ISO WKB, with the "crs" member
 * of the 2008 specification.
 *
 * One pass over the text. A member that is needed only once the type is known
 * is remembered and skipped, and read when its object has ended; everything
 * unknown is skipped. As in WKT, heights widen the output by another pass.
 */
#include "geojson.h"

static bool parse_object(struct cc_geojson *parser, int depth);

/* The member that holds what a type is made of. */
enum content
{
    CONTENT_COORDINATES = 0,
    CONTENT_GEOMETRIES,
    CONTENT_GEOMETRY,
    CONTENTS
};

static const char *const content_names[CONTENTS] = {"coordinates", "geometries",
                                                    "geometry"};

struct type
{
    const char *name;
    uint32_t wkb_type; /* 0: a feature */
    enum content content;
};

static const struct type types[] = {
    {"Point", CC_WKB_POINT, CONTENT_COORDINATES},
    {"LineString", CC_WKB_LINESTRING, CONTENT_COORDINATES},
    {"Polygon", CC_WKB_POLYGON, CONTENT_COORDINATES},
    {"MultiPoint", CC_WKB_MULTIPOINT, CONTENT_COORDINATES},
    {"MultiLineString", CC_WKB_MULTILINESTRING, CONTENT_COORDINATES},
    {"MultiPolygon", CC_WKB_MULTIPOLYGON, CONTENT_COORDINATES},
    {"GeometryCollection", CC_WKB_COLLECTION, CONTENT_GEOMETRIES},
    {"Feature", 0, CONTENT_GEOMETRY}};

/* What has been seen of an object. */
struct object
{
    int depth;
    const struct type *type;
    struct cc_slice contents[CONTENTS]; /* skipped so far */
    bool done;                          /* the content was read */
};

static bool parse_type(struct cc_geojson *parser, struct object *object)
{
    struct cc_slice name;
    char quoted[CC_QUOTE_SIZE];
    if (!cc_geojson_string(parser, &name))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
        /* A feature is no part of anything. */
        if (cc_slice_is(name, types[i].name) &&
            (types[i].wkb_type != 0 || object->depth == 1))
            object->type = &types[i];
    }
    if (object->type)
        return true;
    cc_geometry_invalid(parser->result,
                        "GeoJSON has the type \"%s\", which is no geometry%s",
                        cc_geometry_quote(quoted, name.at, name.size),
                        object->depth == 1 ? " or feature" : "");
    return false;
}

static bool parse_geometries(struct cc_geojson *parser, int depth)
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!cc_geojson_expect(parser, '[', "a list of geometries"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return cc_geojson_fail_memory(parser);
    if (cc_geojson_take(parser, ']'))
        return true;
    while (more)
    {
        if (!parse_object(parser, depth + 1) ||
            !cc_geojson_next(parser, ']', &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

static bool parse_content(struct cc_geojson *parser, struct object *object)
{
    if (object->done)
        return cc_geojson_fail(parser,
                               "GeoJSON has a member twice in one object");
    object->done = true;
    if (object->type->wkb_type == 0)
    {
        parser->is_null = cc_geojson_null(parser);
        return parser->is_null || parse_object(parser, object->depth + 1);
    }
    if (!cc_geojson_header(parser, object->type->wkb_type))
        return false;
    if (object->type->content == CONTENT_GEOMETRIES)
        return parse_geometries(parser, object->depth);
    return cc_geojson_coordinates(parser, object->type->wkb_type);
}

/* Skips lists of nothing but numbers fast: they end before the next quote or
 * brace. Reading them has to end at the same place. */
static bool skip_numbers(struct cc_geojson *parser)
{
    const char *at = parser->at;
    const char *end = memchr(at, '}', (size_t)(parser->end - at));
    if (!end)
        return false;
    const char *quote = memchr(at, '"', (size_t)(end - at));
    if (quote)
        end = quote;
    if (memchr(at, '{', (size_t)(end - at)))
        return false;
    while (end > at && end[-1] != ']')
        end--;
    parser->at = end;
    return end > at;
}

/* Reads the content of the object's type; before the type is known, remembers
 * where it is, and skips it. */
static bool handle_content(struct cc_geojson *parser, struct object *object,
                           enum content content)
{
    if (object->type && object->type->content == content)
        return parse_content(parser, object);
    bool is_list = cc_geojson_peek(parser) == '[';
    const char *begin = parser->at;
    if (!(is_list && skip_numbers(parser)) && !cc_geojson_skip(parser, 0))
        return false;
    object->contents[content] =
        (struct cc_slice){begin, (size_t)(parser->at - begin)};
    return true;
}

/* Reads what handle_content has skipped. */
static bool parse_skipped(struct cc_geojson *parser, struct object *object)
{
    struct cc_slice content = object->contents[object->type->content];
    if (!content.at)
    {
        cc_geometry_invalid(parser->result, "GeoJSON has a %s without %s",
                            object->type->name,
                            content_names[object->type->content]);
        return false;
    }
    const char *after = parser->at;
    parser->at = content.at;
    if (!parse_content(parser, object))
        return false;
    if (parser->at != content.at + content.size)
        return cc_geojson_fail_due(parser, "the end of a member");
    parser->at = after;
    return true;
}

static bool read_member(struct cc_geojson *parser, struct cc_slice key,
                        void *context)
{
    struct object *object = context;
    for (enum content i = 0; i < CONTENTS; i++)
    {
        if (cc_slice_is(key, content_names[i]))
            return handle_content(parser, object, i);
    }
    if (cc_slice_is(key, "type") && !object->type)
        return parse_type(parser, object);
    if (cc_slice_is(key, "crs"))
        return cc_geojson_crs(parser);
    return cc_geojson_skip(parser, 0);
}

static bool parse_object(struct cc_geojson *parser, int depth)
{
    struct object object = {.depth = depth};
    if (depth > CC_GEOMETRY_MAX_DEPTH)
        return cc_geojson_fail(parser, "GeoJSON is nested too deep");
    if (!cc_geojson_object(parser, read_member, &object))
        return false;
    if (!object.type)
        return cc_geojson_fail(parser, "GeoJSON has an object without a type");
    return object.done || parse_skipped(parser, &object);
}

/* ---- the value ---- */

static bool parse_value(struct cc_geojson *parser)
{
    parser->at = parser->begin;
    parser->dims = parser->wider;
    parser->result->srid = 0;
    if (!parse_object(parser, 1))
        return false;
    cc_geojson_peek(parser);
    return parser->at == parser->end || cc_geojson_fail_due(parser, "the end");
}

enum cc_geometry_status
cc_geometry_from_geojson(const char *text, size_t size, struct cc_buffer *out,
                         struct cc_geometry_result *result)
{
    struct cc_geojson parser = {
        .begin = text, .end = text + size, .out = out, .result = result};
    size_t before = out->size;

    result->srid = 0;
    result->wkb_type = 0;
    result->reason[0] = '\0';
    parser.at = text;
    if (cc_geojson_peek(&parser) == '\0')
        return CC_GEOMETRY_EMPTY_VALUE;

    bool parsed;
    do
    {
        out->size = before;
        parsed = parse_value(&parser);
    } while (!parsed && parser.wider != parser.dims);

    if (parsed && !parser.is_null)
    {
        result->wkb_type = cc_load_u32le(out->data + before + 1);
        return CC_GEOMETRY_OK;
    }
    out->size = before;
    if (parsed)
        return CC_GEOMETRY_EMPTY_VALUE;
    return parser.no_memory ? CC_GEOMETRY_NO_MEMORY : CC_GEOMETRY_INVALID;
}
