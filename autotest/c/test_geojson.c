/* SPDX-License-Identifier: MIT */
#include "geometry_case.h"

#define POINT_1_2 "0101000000000000000000F03F0000000000000040"

static const struct
{
    const char *json;
    const char *wkt;
} geometries[] = {
    {"{\"type\":\"Point\",\"coordinates\":[1,2]}", "POINT (1 2)"},
    {"{\"type\":\"Point\",\"coordinates\":[1.5,-2e-1,3]}",
     "POINT Z (1.5 -0.2 3)"},
    {"{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4],[5,6]]}",
     "LINESTRING (1 2,3 4,5 6)"},
    {"{\"type\":\"LineString\",\"coordinates\":[[1,2,3],[4,5,6]]}",
     "LINESTRING Z (1 2 3,4 5 6)"},
    {"{\"type\":\"Polygon\",\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]],"
     "[[1,1],[2,1],[2,2],[1,1]]]}",
     "POLYGON ((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))"},
    {"{\"type\":\"MultiPoint\",\"coordinates\":[[1,2],[3,4]]}",
     "MULTIPOINT ((1 2),(3 4))"},
    {"{\"type\":\"MultiLineString\",\"coordinates\":[[[1,2],[3,4]],[[5,6],"
     "[7,8]]]}",
     "MULTILINESTRING ((1 2,3 4),(5 6,7 8))"},
    {"{\"type\":\"MultiPolygon\",\"coordinates\":[[[[0,0],[9,0],[9,9],[0,0]]],"
     "[[[1,1],[2,1],[2,2],[1,1]]]]}",
     "MULTIPOLYGON (((0 0,9 0,9 9,0 0)),((1 1,2 1,2 2,1 1)))"},
    {"{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\","
     "\"coordinates\":[1,2]},{\"type\":\"GeometryCollection\",\"geometries\":"
     "[{\"type\":\"LineString\",\"coordinates\":[[3,4],[5,6]]}]}]}",
     "GEOMETRYCOLLECTION (POINT (1 2),GEOMETRYCOLLECTION (LINESTRING (3 4,5 "
     "6)))"},
    /* empty ones */
    {"{\"type\":\"Point\",\"coordinates\":[]}", "POINT EMPTY"},
    {"{\"type\":\"LineString\",\"coordinates\":[]}", "LINESTRING EMPTY"},
    {"{\"type\":\"Polygon\",\"coordinates\":[]}", "POLYGON EMPTY"},
    {"{\"type\":\"Polygon\",\"coordinates\":[[]]}", "POLYGON (EMPTY)"},
    {"{\"type\":\"MultiPoint\",\"coordinates\":[[]]}", "MULTIPOINT (EMPTY)"},
    {"{\"type\":\"MultiPolygon\",\"coordinates\":[]}", "MULTIPOLYGON EMPTY"},
    {"{\"type\":\"GeometryCollection\",\"geometries\":[]}",
     "GEOMETRYCOLLECTION EMPTY"},
    /* mixed dimensions, and a fourth number */
    {"{\"type\":\"LineString\",\"coordinates\":[[1,2],[3,4,5],[6,7]]}",
     "LINESTRING Z (1 2 0,3 4 5,6 7 0)"},
    {"{\"type\":\"LineString\",\"coordinates\":[[1,2,3,4],[5,6,7]]}",
     "LINESTRING ZM (1 2 3 4,5 6 7 0)"},
    {"{\"type\":\"GeometryCollection\",\"geometries\":[{\"type\":\"Point\","
     "\"coordinates\":[]},{\"type\":\"Point\",\"coordinates\":[1,2,3]}]}",
     "GEOMETRYCOLLECTION Z (POINT Z EMPTY,POINT Z (1 2 3))"},
    /* the type last, as Snowflake and others with sorted keys have it */
    {"{\"coordinates\":[[[0,0],[9,0],[9,9],[0,0]]],\"type\":\"Polygon\"}",
     "POLYGON ((0 0,9 0,9 9,0 0))"},
    {"{\"geometries\":[{\"coordinates\":[1,2],\"type\":\"Point\"},"
     "{\"geometries\":[],\"type\":\"GeometryCollection\"}],\"type\":"
     "\"GeometryCollection\"}",
     "GEOMETRYCOLLECTION (POINT (1 2),GEOMETRYCOLLECTION EMPTY)"},
    {"{\"bbox\":[1,2,1,2],\"coordinates\":[1,2,3],\"type\":\"Point\"}",
     "POINT Z (1 2 3)"},
    /* features */
    {"{\"type\":\"Feature\",\"id\":7,\"properties\":{\"a\":[1,{\"b\":null}],"
     "\"c\":\"}\\\"]\",\"geometry\":{}},\"geometry\":{\"type\":\"Point\","
     "\"coordinates\":[1,2]}}",
     "POINT (1 2)"},
    {"{\"geometry\":{\"coordinates\":[1,2],\"type\":\"Point\"},\"properties\":"
     "null,\"type\":\"Feature\"}",
     "POINT (1 2)"},
    /* white space, and members nobody knows */
    {" \t\r\n{ \"type\" : \"LineString\" , \"x\" : [ true , false , null , "
     "\"\\\\\" , -1.5E+3 , { } , [ ] ] , \"coordinates\" : [ [ 1 , 2 ] ,\n[ 3 "
     ", 4 ] , [\t5,6\t] ] , \"geometries\" : 1 } \n",
     "LINESTRING (1 2,3 4,5 6)"}};

#define GEOMETRY_COUNT (sizeof geometries / sizeof *geometries)

static void test_geometries(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRY_COUNT; i++)
        assert_decoded_as(decode_text(geometries[i].json), 0,
                          geometries[i].wkt);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRY_COUNT; i++)
    {
        const char *json = geometries[i].json;
        json += strspn(json, " \t\r\n");
        size_t size = strlen(json);
        while (json[size - 1] != '}')
            size--;
        assert_never_cut(CC_GEOMETRY_AUTO, (const uint8_t *)json, size);
    }
}

static void test_no_geometry(void **state)
{
    (void)state;
    assert_empty_value(decode_text("{\"type\":\"Feature\",\"geometry\":null}"));
    assert_empty_value(decode_text(
        "{\"geometry\": null, \"properties\": {}, \"type\": \"Feature\"}"));
    assert_empty_value(decode_text("null"));
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    assert_int_equal(cc_geometry_from_geojson("  ", 2, &out, &result),
                     CC_GEOMETRY_EMPTY_VALUE);
}

/* ---- reference systems ---- */

static struct decoded decode_crs(const char *crs)
{
    char json[512];
    snprintf(json, sizeof json,
             "{\"type\":\"Point\",\"crs\":%s,\"coordinates\":[1,2]}", crs);
    return decode_text(json);
}

static struct decoded decode_named(const char *name)
{
    char crs[256];
    snprintf(crs, sizeof crs,
             "{\"type\":\"name\",\"properties\":{\"name\":\"%s\"}}", name);
    return decode_crs(crs);
}

static void test_crs(void **state)
{
    (void)state;
    assert_decoded(decode_named("EPSG:25830"), 25830, POINT_1_2);
    assert_decoded(decode_named("epsg:3857"), 3857, POINT_1_2);
    assert_decoded(decode_named("urn:ogc:def:crs:EPSG::4326"), 4326, POINT_1_2);
    assert_decoded(decode_named("urn:ogc:def:crs:EPSG:9.8:2154"), 2154,
                   POINT_1_2);
    assert_decoded(decode_named("urn:ogc:def:crs:OGC:1.3:CRS84"), 4326,
                   POINT_1_2);
    assert_decoded(decode_crs("null"), 0, POINT_1_2);
    assert_decoded(decode_crs("{}"), 0, POINT_1_2);
    assert_decoded(
        decode_text("{\"coordinates\":[1,2],\"type\":\"Point\",\"crs\":{"
                    "\"properties\":{\"name\":\"EPSG:3857\"},\"type\":"
                    "\"name\"}}"),
        3857, POINT_1_2);
    /* of the feature, and of a geometry read in a second pass */
    assert_decoded_as(
        decode_text("{\"type\":\"Feature\",\"crs\":{\"properties\":{\"name\":"
                    "\"EPSG:3857\"}},\"geometry\":{\"type\":\"Point\","
                    "\"coordinates\":[1,2,3]}}"),
        3857, "POINT Z (1 2 3)");
}

static void test_wrong_crs(void **state)
{
    (void)state;
    assert_invalid(decode_named("urn:ogc:def:crs:OGC:1.3:CRS83"),
                   "GeoJSON names a reference system that is no EPSG code: "
                   "\"urn:ogc:def:crs\"");
    assert_invalid(decode_named("EPSG:"),
                   "GeoJSON names a reference system that is no EPSG code: "
                   "\"EPSG:\"");
    assert_invalid(decode_named("EPSG:12a"),
                   "GeoJSON names a reference system that is no EPSG code: "
                   "\"EPSG:12a\"");
    assert_invalid(decode_named("EPSG:99999999999"),
                   "GeoJSON names a reference system that is no EPSG code: "
                   "\"EPSG:9999999999\"");
    assert_invalid(decode_named("4326"),
                   "GeoJSON names a reference system that is no EPSG code: "
                   "\"4326\"");
    assert_invalid(decode_crs("{\"type\":\"link\",\"properties\":{\"href\":"
                              "\"http://example.com/crs/42\"}}"),
                   "GeoJSON names a reference system that is no EPSG code: "
                   "\"http://example.\"");
    assert_invalid(
        decode_text("{\"type\":\"Feature\",\"crs\":{\"properties\":{\"name\":"
                    "\"EPSG:3857\"}},\"geometry\":{\"type\":\"Point\",\"crs\":{"
                    "\"properties\":{\"name\":\"EPSG:4326\"}},\"coordinates\":"
                    "[1,2]}}"),
        "GeoJSON names two different reference systems");
}

/* ---- what is no GeoJSON ---- */

static void test_wrong_types(void **state)
{
    (void)state;
    assert_invalid(decode_text("{}"), "GeoJSON has an object without a type");
    assert_invalid(decode_text("{\"coordinates\":[1,2]}"),
                   "GeoJSON has an object without a type");
    assert_invalid(decode_text("{\"type\":\"FeatureCollection\",\"features\":"
                               "[]}"),
                   "GeoJSON has the type \"FeatureCollecti\", which is no "
                   "geometry or feature");
    assert_invalid(decode_text("{\"type\":\"point\",\"coordinates\":[1,2]}"),
                   "GeoJSON has the type \"point\", which is no geometry or "
                   "feature");
    assert_invalid(
        decode_text("{\"type\":\"GeometryCollection\",\"geometries\":[{"
                    "\"type\":\"Feature\",\"geometry\":null}]}"),
        "GeoJSON has the type \"Feature\", which is no geometry");
    assert_invalid(decode_text("{\"type\":\"Point\"}"),
                   "GeoJSON has a Point without coordinates");
    assert_invalid(decode_text("{\"type\":\"GeometryCollection\","
                               "\"coordinates\":[]}"),
                   "GeoJSON has a GeometryCollection without geometries");
    assert_invalid(decode_text("{\"type\":\"Feature\"}"),
                   "GeoJSON has a Feature without geometry");
}

static void test_wrong_coordinates(void **state)
{
    (void)state;
#define LINE(coordinates)                                                      \
    decode_text("{\"type\":\"LineString\",\"coordinates\":" coordinates "}")
    assert_invalid(LINE("[[1]]"), "GeoJSON has a position of one number");
    assert_invalid(LINE("[[1,2,3,4,5]]"),
                   "GeoJSON has a position of over 4 numbers");
    assert_invalid(LINE("[[1,2],[]]"),
                   "GeoJSON goes on with \"]]}\" at byte 44, where a number is "
                   "due");
    assert_invalid(LINE("[[1,\"2\"]]"),
                   "GeoJSON goes on with \"\"2\"]]}\" at byte 40, where a "
                   "number is due");
    assert_invalid(LINE("[[1,null]]"),
                   "GeoJSON goes on with \"null]]}\" at byte 40, where a "
                   "number is due");
    assert_invalid(LINE("[[1,2],]"),
                   "GeoJSON goes on with \"]}\" at byte 43, where a position "
                   "is due");
    assert_invalid(LINE("[[1 2]]"),
                   "GeoJSON goes on with \"2]]}\" at byte 40, where a comma or "
                   "the end of the list is due");
    assert_invalid(LINE("[1,2]"),
                   "GeoJSON goes on with \"1,2]}\" at byte 37, where a "
                   "position is due");
    assert_invalid(LINE("[[1,2]]]"),
                   "GeoJSON goes on with \"]}\" at byte 43, where a comma or "
                   "the end of the list is due");
    assert_invalid(LINE("[[+1,2]]"),
                   "GeoJSON goes on with \"+1,2]]}\" at byte 38, where a "
                   "number is due");
    assert_invalid(LINE("null"),
                   "GeoJSON goes on with \"null}\" at byte 36, where a list of "
                   "positions is due");
#undef LINE
}

/* What was skipped, because the type came later, is read as strictly. */
static void test_wrong_coordinates_first(void **state)
{
    (void)state;
    assert_invalid(decode_text("{\"coordinates\":[[1,2]],[3,4]],\"type\":"
                               "\"LineString\"}"),
                   "GeoJSON goes on with \",[3,4]],\"type\":\" at byte 23, "
                   "where the end of a member is due");
    assert_invalid(decode_text("{\"coordinates\":[[1,2,\"type\":"
                               "\"LineString\"}"),
                   "GeoJSON goes on with \":\"LineString\"}\" at byte 28, "
                   "where a comma or the end of the list is due");
    assert_invalid(decode_text("{\"coordinates\":[1,\"a\"],\"type\":"
                               "\"Point\"}"),
                   "GeoJSON goes on with \"\"a\"],\"type\":\"Po\" at byte 19, "
                   "where a number is due");
}

static void test_wrong_json(void **state)
{
    (void)state;
    assert_invalid(decode_text("{\"type\":\"Point\",\"coordinates\":[1,2]}}"),
                   "GeoJSON goes on with \"}\" at byte 37, where the end is "
                   "due");
    assert_invalid(decode_text("{\"type\":\"Point\",\"coordinates\":[1,2],}"),
                   "GeoJSON goes on with \"}\" at byte 37, where a string is "
                   "due");
    assert_invalid(decode_text("{type:\"Point\"}"),
                   "GeoJSON goes on with \"type:\"Point\"}\" at byte 2, where "
                   "a string is due");
    assert_invalid(decode_text("{\"x\":[1,2},\"type\":\"Point\"}"),
                   "GeoJSON goes on with \"},\"type\":\"Point\" at byte 10, "
                   "where a comma or the end of the list is due");
    assert_invalid(decode_text("{\"x\":,\"type\":\"Point\"}"),
                   "GeoJSON goes on with \",\"type\":\"Point\"\" at byte 6, "
                   "where a value is due");
    assert_invalid(decode_text("{\"type\":\"Point\",\"coordinates\":[1,2],"
                               "\"coordinates\":[1,2]}"),
                   "GeoJSON has a member twice in one object");
}

/* Text cut by VARCHAR(1000) says so. */
static void test_cut_tells_the_width(void **state)
{
    (void)state;
    char text[2048] = "{\"type\":\"LineString\",\"coordinates\":[";
    size_t length = strlen(text);
    while (length < 1900)
        length += (size_t)sprintf(text + length, "[10.5,20.25],");
    assert_invalid(decode_bytes(CC_GEOMETRY_AUTO, text, 1000),
                   "GeoJSON is cut: it ends after 1000 bytes, where a comma "
                   "or the end of the list is due; the column may be too "
                   "narrow, e.g. VARCHAR(1000)");
}

/* ---- depth ---- */

static struct decoded decode_repeated(const char *begin, size_t count,
                                      const char *end)
{
    size_t size = strlen(begin);
    char *text = malloc(size * count + strlen(end) + 1);
    assert_non_null(text);
    for (size_t i = 0; i < count; i++)
        memcpy(text + size * i, begin, size);
    strcpy(text + size * count, end);
    struct decoded decoded = decode_text(text);
    free(text);
    return decoded;
}

static void test_depth(void **state)
{
    (void)state;
    const char *deep = "GeoJSON is nested too deep";
    const char *collection =
        "{\"type\":\"GeometryCollection\",\"geometries\":[";
    assert_invalid(decode_repeated(collection, 33, ""), deep);
    assert_invalid(decode_repeated(collection, 100000, ""), deep);
    assert_invalid(decode_repeated("{\"geometries\":[", 100000, ""), deep);
    assert_invalid(decode_repeated("{\"x\":[", 100000, ""), deep);
    assert_invalid(decode_repeated("{\"x\":", 100000, ""), deep);
    struct decoded decoded = decode_repeated(
        "{\"type\":\"GeometryCollection\",\"geometries\":[", 3, "]}]}]}");
    assert_decoded_as(decoded, 0,
                      "GEOMETRYCOLLECTION (GEOMETRYCOLLECTION "
                      "(GEOMETRYCOLLECTION EMPTY))");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_geometries),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_no_geometry),
        cmocka_unit_test(test_crs),
        cmocka_unit_test(test_wrong_crs),
        cmocka_unit_test(test_wrong_types),
        cmocka_unit_test(test_wrong_coordinates),
        cmocka_unit_test(test_wrong_coordinates_first),
        cmocka_unit_test(test_wrong_json),
        cmocka_unit_test(test_cut_tells_the_width),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
