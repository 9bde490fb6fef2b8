/* SPDX-License-Identifier: MIT */
/*
 * GeoJSON geometries and features (RFC 7946) to ISO WKB, with the "crs" member
 * of the 2008 specification.
 *
 * One pass over the text. A member that is needed only once the type is known
 * is remembered and skipped, and read when its object has ended; everything
 * unknown is skipped. As in WKT, heights widen the output by another pass.
 */
#include "number.h"
#include "wkb.h"

#include <math.h>
#include <strings.h>

/* Nesting of values that are skipped. */
#define MAX_SKIP_DEPTH 64

#define CRS84_SRID 4326

/* A part of the text; of a string without its quotes, escapes as they are. */
struct slice
{
    const char *at;
    size_t size;
};

struct parser
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

static bool parse_object(struct parser *parser, int depth);

/* ---- characters ---- */

static bool fail_due(struct parser *parser, const char *due)
{
    size_t length = (size_t)(parser->end - parser->begin);
    size_t at = (size_t)(parser->at - parser->begin);
    if (at < length)
    {
        char quoted[CC_QUOTE_SIZE];
        cc_geometry_invalid(
            parser->result,
            "GeoJSON goes on with \"%s\" at byte %zu, where %s is due",
            cc_geometry_quote(quoted, parser->at, length - at), at + 1, due);
        return false;
    }
    cc_geometry_invalid(parser->result,
                        "GeoJSON is cut: it ends after %zu bytes, where %s is "
                        "due",
                        length, due);
    cc_geometry_hint_width(parser->result, "VARCHAR", length);
    return false;
}

static bool fail(struct parser *parser, const char *reason)
{
    cc_geometry_invalid(parser->result, "%s", reason);
    return false;
}

static bool fail_memory(struct parser *parser)
{
    parser->no_memory = true;
    return false;
}

/* The next character that is no space, 0 at the end. */
static char peek(struct parser *parser)
{
    while (parser->at < parser->end &&
           (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\r' ||
            *parser->at == '\t'))
        parser->at++;
    return parser->at < parser->end ? *parser->at : '\0';
}

static bool take(struct parser *parser, char character)
{
    if (peek(parser) != character)
        return false;
    parser->at++;
    return true;
}

static bool expect(struct parser *parser, char character, const char *due)
{
    return take(parser, character) || fail_due(parser, due);
}

/* After an element of a list that `close` ends. */
static bool next_element(struct parser *parser, char close, bool *more)
{
    *more = take(parser, ',');
    return *more || expect(parser, close, "a comma or the end of the list");
}

static bool take_string(struct parser *parser, struct slice *string)
{
    if (!expect(parser, '"', "a string"))
        return false;
    string->at = parser->at;
    while (parser->at < parser->end && *parser->at != '"')
    {
        if (*parser->at == '\\' && parser->end - parser->at > 1)
            parser->at++;
        parser->at++;
    }
    string->size = (size_t)(parser->at - string->at);
    return expect(parser, '"', "a closing quote");
}

static bool is_text(struct slice slice, const char *text)
{
    return slice.size == strlen(text) &&
           memcmp(slice.at, text, slice.size) == 0;
}

static bool take_null(struct parser *parser)
{
    if (peek(parser) != 'n' || parser->end - parser->at < 4 ||
        memcmp(parser->at, "null", 4) != 0)
        return false;
    parser->at += 4;
    return true;
}

/* ---- values that are skipped ---- */

/* Of a number, true, false or null. */
static bool is_literal(char character)
{
    return (character >= '0' && character <= '9') ||
           (character >= 'a' && character <= 'z') || character == '-' ||
           character == '+' || character == '.' || character == 'E';
}

static bool skip_scalar(struct parser *parser)
{
    struct slice ignored;
    char first = peek(parser);
    if (first == '"')
        return take_string(parser, &ignored);
    const char *begin = parser->at;
    while (parser->at < parser->end && is_literal(*parser->at))
        parser->at++;
    return parser->at > begin || fail_due(parser, "a value");
}

static bool skip_value(struct parser *parser, int depth)
{
    bool more = true;
    struct slice ignored;
    if (depth > MAX_SKIP_DEPTH)
        return fail(parser, "GeoJSON is nested too deep");
    char open = peek(parser);
    if (open != '{' && open != '[')
        return skip_scalar(parser);
    char close = open == '{' ? '}' : ']';
    parser->at++;
    if (take(parser, close))
        return true;
    while (more)
    {
        if (open == '{' &&
            (!take_string(parser, &ignored) || !expect(parser, ':', "a colon")))
            return false;
        if (!skip_value(parser, depth + 1) ||
            !next_element(parser, close, &more))
            return false;
    }
    return true;
}

/* ---- coordinates ---- */

static bool append_position(struct parser *parser, const double *ordinates,
                            unsigned dims)
{
    parser->wider |= dims;
    if (parser->wider != parser->dims)
        return false;
    return cc_wkb_append_position(parser->out, ordinates, parser->dims) == 0 ||
           fail_memory(parser);
}

/* What follows the opening bracket of a position. A fourth number is read as
 * M, so that it is not lost. */
static bool parse_ordinates(struct parser *parser)
{
    static const unsigned by_count[] = {0, 0, 0, CC_DIM_Z, CC_DIM_Z | CC_DIM_M};
    double ordinates[4] = {0, 0, 0, 0};
    size_t count = 0;
    bool more = true;
    while (more)
    {
        if (count == 4)
            return fail(parser, "GeoJSON has a position of over 4 numbers");
        char first = peek(parser);
        const char *after = NULL;
        if (first == '-' || (first >= '0' && first <= '9'))
            after =
                cc_number_parse(parser->at, parser->end, &ordinates[count++]);
        if (!after)
            return fail_due(parser, "a number");
        parser->at = after;
        if (!next_element(parser, ']', &more))
            return false;
    }
    if (count < 2)
        return fail(parser, "GeoJSON has a position of one number");
    return append_position(parser, ordinates, by_count[count]);
}

static bool parse_position(struct parser *parser)
{
    return expect(parser, '[', "a position") && parse_ordinates(parser);
}

static bool append_header(struct parser *parser, uint32_t type)
{
    return cc_wkb_append_header(parser->out, type, parser->dims) == 0 ||
           fail_memory(parser);
}

/* The output of a list: its count, and its elements. */
static bool parse_list(struct parser *parser,
                       bool (*parse_element)(struct parser *parser))
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!expect(parser, '[', "a list of coordinates"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return fail_memory(parser);
    if (take(parser, ']'))
        return true;
    while (more)
    {
        if (!parse_element(parser) || !next_element(parser, ']', &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && *at == ' ')
        at++;
    return at;
}

/* "[" number {"," number} "]" with `count` numbers. NULL when there is anything
 * else. */
static const char *take_plain_position(const char *at, const char *end,
                                       size_t count, uint8_t *to)
{
    char before = '[';
    for (size_t i = 0; i < count; i++)
    {
        double value;
        at = skip_blanks(at, end);
        if (at == end || *at != before)
            return NULL;
        at = skip_blanks(at + 1, end);
        if (at == end || (*at != '-' && (*at < '0' || *at > '9')))
            return NULL;
        at = cc_number_take(at, end, &value);
        if (!at)
            return NULL;
        cc_store_f64le(to + 8 * i, value);
        before = ',';
    }
    at = skip_blanks(at, end);
    return at < end && *at == ']' ? at + 1 : NULL;
}

/*
 * As many positions of the output's dimensions in a row as are written in the
 * usual way, each with a comma behind it. What is not, the last one included,
 * is left to parse_position, which reports what is wrong.
 */
static bool take_plain_positions(struct parser *parser, uint32_t *taken)
{
    size_t count = cc_dims_count(parser->dims);
    for (;;)
    {
        if (cc_buffer_reserve(parser->out, 8 * count) != 0)
            return fail_memory(parser);
        const char *at =
            take_plain_position(parser->at, parser->end, count,
                                parser->out->data + parser->out->size);
        if (!at || at == parser->end || *at != ',')
            return true;
        parser->at = at + 1;
        parser->out->size += 8 * count;
        ++*taken;
    }
}

/* The positions of a line, and their count in front in the output. */
static bool parse_line(struct parser *parser)
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!expect(parser, '[', "a list of positions"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return fail_memory(parser);
    if (take(parser, ']'))
        return true;
    if (!take_plain_positions(parser, &count))
        return false;
    while (more)
    {
        if (!parse_position(parser) || !next_element(parser, ']', &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

static bool parse_polygon(struct parser *parser)
{
    return parse_list(parser, parse_line);
}

/* A point may be an empty list. */
static bool parse_point(struct parser *parser)
{
    static const double empty[4] = {NAN, NAN, NAN, NAN};
    if (!expect(parser, '[', "a position"))
        return false;
    return take(parser, ']') ? append_position(parser, empty, 0)
                             : parse_ordinates(parser);
}

static bool parse_point_member(struct parser *parser)
{
    return append_header(parser, CC_WKB_POINT) && parse_point(parser);
}

static bool parse_line_member(struct parser *parser)
{
    return append_header(parser, CC_WKB_LINESTRING) && parse_line(parser);
}

static bool parse_polygon_member(struct parser *parser)
{
    return append_header(parser, CC_WKB_POLYGON) && parse_polygon(parser);
}

static bool parse_coordinates(struct parser *parser, uint32_t type)
{
    switch (type)
    {
        case CC_WKB_POINT:
            return parse_point(parser);
        case CC_WKB_LINESTRING:
            return parse_line(parser);
        case CC_WKB_POLYGON:
            return parse_polygon(parser);
        case CC_WKB_MULTIPOINT:
            return parse_list(parser, parse_point_member);
        case CC_WKB_MULTILINESTRING:
            return parse_list(parser, parse_line_member);
        default:
            return parse_list(parser, parse_polygon_member);
    }
}

/* ---- the reference system ---- */

static bool set_srid(struct parser *parser, int32_t srid)
{
    int32_t before = parser->result->srid;
    parser->result->srid = srid;
    return before == 0 || before == srid ||
           fail(parser, "GeoJSON names two different reference systems");
}

/* "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", with a version or without;
 * "urn:ogc:def:crs:OGC:1.3:CRS84". */
static bool begins_with(struct slice slice, const char *text)
{
    size_t length = strlen(text);
    return slice.size >= length && strncasecmp(slice.at, text, length) == 0;
}

/* The number after the last colon; 0 when there is none. */
static int32_t code_of(struct slice name)
{
    const char *end = name.at + name.size;
    const char *at = end;
    while (at > name.at && at[-1] >= '0' && at[-1] <= '9')
        at--;
    if (at == end || end - at > 9 || at == name.at || at[-1] != ':')
        return 0;
    int32_t code = 0;
    for (; at < end; at++)
        code = code * 10 + (*at - '0');
    return code;
}

static bool set_named_crs(struct parser *parser, struct slice name)
{
    int32_t code = 0;
    if (begins_with(name, "urn:ogc:def:crs:OGC:") && name.size > 6 &&
        strncasecmp(name.at + name.size - 6, ":CRS84", 6) == 0)
        code = CRS84_SRID;
    else if (begins_with(name, "EPSG:") ||
             begins_with(name, "urn:ogc:def:crs:EPSG:"))
        code = code_of(name);
    if (code > 0)
        return set_srid(parser, code);

    char quoted[CC_QUOTE_SIZE];
    cc_geometry_invalid(parser->result,
                        "GeoJSON names a reference system that is no EPSG "
                        "code: \"%s\"",
                        cc_geometry_quote(quoted, name.at, name.size));
    return false;
}

static bool parse_crs_properties(struct parser *parser)
{
    bool more = true;
    struct slice key;
    struct slice name;
    if (!expect(parser, '{', "an object"))
        return false;
    if (take(parser, '}'))
        return true;
    while (more)
    {
        if (!take_string(parser, &key) || !expect(parser, ':', "a colon"))
            return false;
        bool is_name = is_text(key, "name");
        if (is_name
                ? !take_string(parser, &name) || !set_named_crs(parser, name)
                : !skip_value(parser, 0))
            return false;
        if (!next_element(parser, '}', &more))
            return false;
    }
    return true;
}

static bool parse_crs(struct parser *parser)
{
    bool more = true;
    struct slice key;
    if (take_null(parser))
        return true;
    if (!expect(parser, '{', "a reference system"))
        return false;
    if (take(parser, '}'))
        return true;
    while (more)
    {
        if (!take_string(parser, &key) || !expect(parser, ':', "a colon"))
            return false;
        bool properties = is_text(key, "properties");
        if (properties ? !parse_crs_properties(parser) : !skip_value(parser, 0))
            return false;
        if (!next_element(parser, '}', &more))
            return false;
    }
    return true;
}

/* ---- objects ---- */

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
    struct slice contents[CONTENTS]; /* skipped so far */
    bool done;                       /* the content was read */
};

static bool parse_type(struct parser *parser, struct object *object)
{
    struct slice name;
    char quoted[CC_QUOTE_SIZE];
    if (!take_string(parser, &name))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
        /* A feature is no part of anything. */
        if (is_text(name, types[i].name) &&
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

static bool parse_geometries(struct parser *parser, int depth)
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!expect(parser, '[', "a list of geometries"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return fail_memory(parser);
    if (take(parser, ']'))
        return true;
    while (more)
    {
        if (!parse_object(parser, depth + 1) ||
            !next_element(parser, ']', &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

static bool parse_content(struct parser *parser, struct object *object)
{
    if (object->done)
        return fail(parser, "GeoJSON has a member twice in one object");
    object->done = true;
    if (object->type->wkb_type == 0)
    {
        parser->is_null = take_null(parser);
        return parser->is_null || parse_object(parser, object->depth + 1);
    }
    if (!append_header(parser, object->type->wkb_type))
        return false;
    if (object->type->content == CONTENT_GEOMETRIES)
        return parse_geometries(parser, object->depth);
    return parse_coordinates(parser, object->type->wkb_type);
}

/* Skips lists of nothing but numbers fast: they end before the next quote or
 * brace. Reading them has to end at the same place. */
static bool skip_numbers(struct parser *parser)
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
static bool handle_content(struct parser *parser, struct object *object,
                           enum content content)
{
    if (object->type && object->type->content == content)
        return parse_content(parser, object);
    bool is_list = peek(parser) == '[';
    const char *begin = parser->at;
    if (!(is_list && skip_numbers(parser)) && !skip_value(parser, 0))
        return false;
    object->contents[content] =
        (struct slice){begin, (size_t)(parser->at - begin)};
    return true;
}

/* Reads what handle_content has skipped. */
static bool parse_skipped(struct parser *parser, struct object *object)
{
    struct slice content = object->contents[object->type->content];
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
        return fail_due(parser, "the end of a member");
    parser->at = after;
    return true;
}

static bool parse_member(struct parser *parser, struct object *object)
{
    struct slice key;
    if (!take_string(parser, &key) || !expect(parser, ':', "a colon"))
        return false;
    for (enum content i = 0; i < CONTENTS; i++)
    {
        if (is_text(key, content_names[i]))
            return handle_content(parser, object, i);
    }
    if (is_text(key, "type") && !object->type)
        return parse_type(parser, object);
    if (is_text(key, "crs"))
        return parse_crs(parser);
    return skip_value(parser, 0);
}

/* "{" member {"," member} "}" */
static bool parse_members(struct parser *parser, struct object *object)
{
    bool more = true;
    if (!expect(parser, '{', "an object"))
        return false;
    if (take(parser, '}'))
        return true;
    while (more)
    {
        if (!parse_member(parser, object) || !next_element(parser, '}', &more))
            return false;
    }
    return true;
}

static bool parse_object(struct parser *parser, int depth)
{
    struct object object = {.depth = depth};
    if (depth > CC_GEOMETRY_MAX_DEPTH)
        return fail(parser, "GeoJSON is nested too deep");
    if (!parse_members(parser, &object))
        return false;
    if (!object.type)
        return fail(parser, "GeoJSON has an object without a type");
    return object.done || parse_skipped(parser, &object);
}

/* ---- the value ---- */

static bool parse_value(struct parser *parser)
{
    parser->at = parser->begin;
    parser->dims = parser->wider;
    parser->result->srid = 0;
    if (!parse_object(parser, 1))
        return false;
    peek(parser);
    return parser->at == parser->end || fail_due(parser, "the end");
}

enum cc_geometry_status
cc_geometry_from_geojson(const char *text, size_t size, struct cc_buffer *out,
                         struct cc_geometry_result *result)
{
    struct parser parser = {
        .begin = text, .end = text + size, .out = out, .result = result};
    size_t before = out->size;

    result->srid = 0;
    result->wkb_type = 0;
    result->reason[0] = '\0';
    parser.at = text;
    if (peek(&parser) == '\0')
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
