/* SPDX-License-Identifier: MIT */
#include "geojson.h"

/* Nesting of values that are skipped. */
#define MAX_SKIP_DEPTH 64

bool cc_geojson_fail_due(struct cc_geojson *parser, const char *due)
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

bool cc_geojson_fail(struct cc_geojson *parser, const char *reason)
{
    cc_geometry_invalid(parser->result, "%s", reason);
    return false;
}

bool cc_geojson_fail_memory(struct cc_geojson *parser)
{
    parser->no_memory = true;
    return false;
}

char cc_geojson_peek(struct cc_geojson *parser)
{
    while (parser->at < parser->end &&
           (*parser->at == ' ' || *parser->at == '\n' || *parser->at == '\r' ||
            *parser->at == '\t'))
        parser->at++;
    return (char)(parser->at < parser->end ? *parser->at : '\0');
}

bool cc_geojson_take(struct cc_geojson *parser, char character)
{
    if (cc_geojson_peek(parser) != character)
        return false;
    parser->at++;
    return true;
}

bool cc_geojson_expect(struct cc_geojson *parser, char character,
                       const char *due)
{
    return cc_geojson_take(parser, character) ||
           cc_geojson_fail_due(parser, due);
}

bool cc_geojson_next(struct cc_geojson *parser, char close, bool *more)
{
    *more = cc_geojson_take(parser, ',');
    return *more ||
           cc_geojson_expect(parser, close, "a comma or the end of the list");
}

bool cc_geojson_string(struct cc_geojson *parser, struct cc_slice *string)
{
    if (!cc_geojson_expect(parser, '"', "a string"))
        return false;
    string->at = parser->at;
    while (parser->at < parser->end && *parser->at != '"')
    {
        if (*parser->at == '\\' && parser->end - parser->at > 1)
            parser->at++;
        parser->at++;
    }
    string->size = (size_t)(parser->at - string->at);
    return cc_geojson_expect(parser, '"', "a closing quote");
}

bool cc_slice_is(struct cc_slice slice, const char *text)
{
    return slice.size == strlen(text) &&
           memcmp(slice.at, text, slice.size) == 0;
}

bool cc_geojson_null(struct cc_geojson *parser)
{
    if (cc_geojson_peek(parser) != 'n' || parser->end - parser->at < 4 ||
        memcmp(parser->at, "null", 4) != 0)
        return false;
    parser->at += 4;
    return true;
}

/* Of a number, true, false or null. */
static bool is_literal(char character)
{
    return (character >= '0' && character <= '9') ||
           (character >= 'a' && character <= 'z') || character == '-' ||
           character == '+' || character == '.' || character == 'E';
}

static bool skip_scalar(struct cc_geojson *parser)
{
    struct cc_slice ignored;
    char first = cc_geojson_peek(parser);
    if (first == '"')
        return cc_geojson_string(parser, &ignored);
    const char *begin = parser->at;
    while (parser->at < parser->end && is_literal(*parser->at))
        parser->at++;
    return parser->at > begin || cc_geojson_fail_due(parser, "a value");
}

bool cc_geojson_skip(struct cc_geojson *parser, int depth)
{
    bool more = true;
    struct cc_slice ignored;
    if (depth > MAX_SKIP_DEPTH)
        return cc_geojson_fail(parser, "GeoJSON is nested too deep");
    char open = cc_geojson_peek(parser);
    if (open != '{' && open != '[')
        return skip_scalar(parser);
    char close = open == '{' ? '}' : ']';
    parser->at++;
    if (cc_geojson_take(parser, close))
        return true;
    while (more)
    {
        if (open == '{' && (!cc_geojson_string(parser, &ignored) ||
                            !cc_geojson_expect(parser, ':', "a colon")))
            return false;
        if (!cc_geojson_skip(parser, depth + 1) ||
            !cc_geojson_next(parser, close, &more))
            return false;
    }
    return true;
}

bool cc_geojson_object(struct cc_geojson *parser, cc_geojson_reader read,
                       void *context)
{
    bool more = true;
    struct cc_slice key;
    if (!cc_geojson_expect(parser, '{', "an object"))
        return false;
    if (cc_geojson_take(parser, '}'))
        return true;
    while (more)
    {
        if (!cc_geojson_string(parser, &key) ||
            !cc_geojson_expect(parser, ':', "a colon") ||
            !read(parser, key, context) || !cc_geojson_next(parser, '}', &more))
            return false;
    }
    return true;
}
