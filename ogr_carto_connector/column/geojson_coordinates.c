/* SPDX-License-Identifier: MIT */
#include "geojson.h"
#include "number.h"

#include <math.h>

static bool append_position(struct cc_geojson *parser, const double *ordinates,
                            unsigned dims)
{
    parser->wider |= dims;
    if (parser->wider != parser->dims)
        return false;
    return cc_wkb_append_position(parser->out, ordinates, parser->dims) == 0 ||
           cc_geojson_fail_memory(parser);
}

/* What follows the opening bracket of a position. A fourth number is read as
 * M, so that it is not lost. */
static bool parse_ordinates(struct cc_geojson *parser)
{
    static const unsigned by_count[] = {0, 0, 0, CC_DIM_Z, CC_DIM_Z | CC_DIM_M};
    double ordinates[4] = {0, 0, 0, 0};
    size_t count = 0;
    bool more = true;
    while (more)
    {
        if (count == 4)
            return cc_geojson_fail(parser,
                                   "GeoJSON has a position of over 4 numbers");
        char first = cc_geojson_peek(parser);
        const char *after = NULL;
        if (first == '-' || (first >= '0' && first <= '9'))
            after =
                cc_number_parse(parser->at, parser->end, &ordinates[count++]);
        if (!after)
            return cc_geojson_fail_due(parser, "a number");
        parser->at = after;
        if (!cc_geojson_next(parser, ']', &more))
            return false;
    }
    if (count < 2)
        return cc_geojson_fail(parser, "GeoJSON has a position of one number");
    return append_position(parser, ordinates, by_count[count]);
}

static bool parse_position(struct cc_geojson *parser)
{
    return cc_geojson_expect(parser, '[', "a position") &&
           parse_ordinates(parser);
}

bool cc_geojson_header(struct cc_geojson *parser, uint32_t type)
{
    return cc_wkb_append_header(parser->out, type, parser->dims) == 0 ||
           cc_geojson_fail_memory(parser);
}

/* The output of a list: its count, and its elements. */
static bool parse_list(struct cc_geojson *parser,
                       bool (*parse_element)(struct cc_geojson *parser))
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!cc_geojson_expect(parser, '[', "a list of coordinates"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return cc_geojson_fail_memory(parser);
    if (cc_geojson_take(parser, ']'))
        return true;
    while (more)
    {
        if (!parse_element(parser) || !cc_geojson_next(parser, ']', &more))
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
static bool take_plain_positions(struct cc_geojson *parser, uint32_t *taken)
{
    size_t count = cc_dims_count(parser->dims);
    for (;;)
    {
        if (cc_buffer_reserve(parser->out, 8 * count) != 0)
            return cc_geojson_fail_memory(parser);
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
static bool parse_line(struct cc_geojson *parser)
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!cc_geojson_expect(parser, '[', "a list of positions"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return cc_geojson_fail_memory(parser);
    if (cc_geojson_take(parser, ']'))
        return true;
    if (!take_plain_positions(parser, &count))
        return false;
    while (more)
    {
        if (!parse_position(parser) || !cc_geojson_next(parser, ']', &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

static bool parse_polygon(struct cc_geojson *parser)
{
    return parse_list(parser, parse_line);
}

/* A point may be an empty list. */
static bool parse_point(struct cc_geojson *parser)
{
    static const double empty[4] = {NAN, NAN, NAN, NAN};
    if (!cc_geojson_expect(parser, '[', "a position"))
        return false;
    return cc_geojson_take(parser, ']') ? append_position(parser, empty, 0)
                                        : parse_ordinates(parser);
}

static bool parse_point_member(struct cc_geojson *parser)
{
    return cc_geojson_header(parser, CC_WKB_POINT) && parse_point(parser);
}

static bool parse_line_member(struct cc_geojson *parser)
{
    return cc_geojson_header(parser, CC_WKB_LINESTRING) && parse_line(parser);
}

static bool parse_polygon_member(struct cc_geojson *parser)
{
    return cc_geojson_header(parser, CC_WKB_POLYGON) && parse_polygon(parser);
}

bool cc_geojson_coordinates(struct cc_geojson *parser, uint32_t type)
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
