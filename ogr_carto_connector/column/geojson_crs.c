/* SPDX-License-Identifier: MIT */
/*
 * The "crs" member of the GeoJSON format specification of 2008, section 3: a
 * name, which servers still write. A link is refused: what is behind it is not
 * known here, and to ignore it would put the geometry elsewhere.
 */
#include "geojson.h"

#include <strings.h>

#define CRS84_SRID 4326

static bool set_srid(struct cc_geojson *parser, int32_t srid)
{
    int32_t before = parser->result->srid;
    parser->result->srid = srid;
    return before == 0 || before == srid ||
           cc_geojson_fail(parser,
                           "GeoJSON names two different reference systems");
}

/* "EPSG:4326", "urn:ogc:def:crs:EPSG::4326", with a version or without;
 * "urn:ogc:def:crs:OGC:1.3:CRS84". */
static bool begins_with(struct cc_slice slice, const char *text)
{
    size_t length = strlen(text);
    return slice.size >= length && strncasecmp(slice.at, text, length) == 0;
}

/* The number after the last colon; 0 when there is none. */
static int32_t code_of(struct cc_slice name)
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

static bool set_named_crs(struct cc_geojson *parser, struct cc_slice name)
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

static bool read_property(struct cc_geojson *parser, struct cc_slice key,
                          void *context)
{
    struct cc_slice name;
    (void)context;
    if (!cc_slice_is(key, "name") && !cc_slice_is(key, "href"))
        return cc_geojson_skip(parser, 0);
    return cc_geojson_string(parser, &name) && set_named_crs(parser, name);
}

static bool read_member(struct cc_geojson *parser, struct cc_slice key,
                        void *context)
{
    if (!cc_slice_is(key, "properties"))
        return cc_geojson_skip(parser, 0);
    return cc_geojson_object(parser, read_property, context);
}

bool cc_geojson_crs(struct cc_geojson *parser)
{
    return cc_geojson_null(parser) ||
           cc_geojson_object(parser, read_member, NULL);
}
