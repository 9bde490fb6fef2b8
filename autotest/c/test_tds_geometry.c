/* SPDX-License-Identifier: MIT */
/*
 * SQL Server's serialization, [MS-SSCLRT] 2.1, written out table by table.
 */
#include "geometry_case.h"

#define GEOMETRY(hex) decode_hex(CC_GEOMETRY_CLR_GEOMETRY, hex)
#define GEOGRAPHY(hex) decode_hex(CC_GEOMETRY_CLR_GEOGRAPHY, hex)

#define SRID_0 "00000000"
#define SRID_4326 "E6100000"

/* version and properties */
#define V1 "0104"
#define V1_Z "0105"
#define V1_M "0106"
#define V1_ZM "0107"
#define V1_POINT "010C"
#define V1_SEGMENT "0114"
#define V2 "0204"
#define V2_Z "0205"

#define D0 "0000000000000000"
#define D1 "000000000000F03F"
#define D2 "0000000000000040"
#define D3 "0000000000000840"
#define D4 "0000000000001040"
#define D5 "0000000000001440"
#define D9 "0000000000002240"
#define DNAN "000000000000F8FF"

#define N0 "00000000"
#define N1 "01000000"
#define N2 "02000000"
#define N3 "03000000"
#define N4 "04000000"
#define N5 "05000000"
#define N8 "08000000"
#define NONE "FFFFFFFF"

#define LON_LAT "0101000000 0000000000005EC0 0000000000804240"

static void test_single_points(void **state)
{
    (void)state;
    assert_decoded_as(GEOMETRY(SRID_0 V1_POINT D5 D9), 0, "POINT (5 9)");
    assert_decoded_as(GEOMETRY(SRID_4326 V1_POINT D5 D9), 4326, "POINT (5 9)");
    assert_decoded_as(GEOMETRY(SRID_0 "010D" D5 D9 D1), 0, "POINT Z (5 9 1)");
    assert_decoded_as(GEOMETRY(SRID_0 "010E" D5 D9 D1), 0, "POINT M (5 9 1)");
    assert_decoded_as(GEOMETRY(SRID_0 "010F" D5 D9 D1 D2), 0,
                      "POINT ZM (5 9 1 2)");
    /* latitude 37, longitude -120 */
    assert_decoded(
        GEOGRAPHY(SRID_4326 V1_POINT "0000000000804240 0000000000005EC0"), 4326,
        LON_LAT);
    assert_decoded_as(GEOMETRY(SRID_4326 "020C" D5 D9), 4326, "POINT (5 9)");
}

static void test_single_segments(void **state)
{
    (void)state;
    assert_decoded_as(GEOMETRY(SRID_0 V1_SEGMENT D1 D2 D3 D4), 0,
                      "LINESTRING (1 2,3 4)");
    assert_decoded_as(GEOGRAPHY(SRID_4326 V1_SEGMENT D1 D2 D3 D4), 4326,
                      "LINESTRING (2 1,4 3)");
    /* all Z come before all M */
    assert_decoded_as(GEOMETRY(SRID_0 "0117" D1 D2 D3 D4 D5 D9 D1 D2), 0,
                      "LINESTRING ZM (1 2 5 1,3 4 9 2)");
}

#define LINE_TABLES N1 "01" N0 N1 NONE N0 "02"

static void test_lines(void **state)
{
    (void)state;
    assert_decoded_as(GEOMETRY(SRID_0 V1 N3 D1 D2 D3 D4 D5 D9 LINE_TABLES), 0,
                      "LINESTRING (1 2,3 4,5 9)");
    assert_decoded_as(GEOGRAPHY(SRID_4326 V1 N3 D1 D2 D3 D4 D5 D9 LINE_TABLES),
                      4326, "LINESTRING (2 1,4 3,9 5)");
    assert_decoded_as(
        GEOMETRY(SRID_0 V1_Z N3 D1 D2 D3 D4 D5 D9 D1 D2 D3 LINE_TABLES), 0,
        "LINESTRING Z (1 2 1,3 4 2,5 9 3)");
    assert_decoded_as(
        GEOMETRY(SRID_0 V1_M N3 D1 D2 D3 D4 D5 D9 D1 D2 D3 LINE_TABLES), 0,
        "LINESTRING M (1 2 1,3 4 2,5 9 3)");
    assert_decoded_as(GEOMETRY(SRID_0 V1_ZM N2 D1 D2 D3 D4 D5 D9 D0 D1 N1
                               "01" N0 N1 NONE N0 "02"),
                      0, "LINESTRING ZM (1 2 5 0,3 4 9 1)");
}

#define SHELL D0 D0 D9 D0 D9 D9 D0 D0
#define HOLE D1 D1 D2 D1 D2 D2 D1 D1

#define POLYGON_VALUE SRID_0 V1 N8 SHELL HOLE N2 "02" N0 "00" N4 N1 NONE N0 "03"

static void test_polygons(void **state)
{
    (void)state;
    const char *polygon = "POLYGON ((0 0,9 0,9 9,0 0),(1 1,2 1,2 2,1 1))";
    assert_decoded_as(GEOMETRY(POLYGON_VALUE), 0, polygon);
    /* version 2 says line for every ring */
    assert_decoded_as(
        GEOMETRY(SRID_0 V2 N8 SHELL HOLE N2 "01" N0 "01" N4 N1 NONE N0 "03"), 0,
        polygon);
}

#define COLLECTION_VALUE                                                       \
    SRID_4326 V1 N5 D1 D2 D3 D4 D5 D9 D0 D1 D2 D3 N3                           \
        "01" N0 "01" N1 "01" N3 "06000000" NONE N0 "07" N0 N0 "01" N0 N1       \
        "07" N2 N1 "02" N0 NONE "03" N0 N2 "02"

static void test_collections(void **state)
{
    (void)state;
    assert_decoded_as(GEOMETRY(SRID_0 V1 N2 D1 D2 D3 D4 N2
                               "01" N0 "01" N1 N3 NONE N0 "04" N0 N0 "01" N0 N1
                               "01"),
                      0, "MULTIPOINT ((1 2),(3 4))");
    assert_decoded_as(GEOMETRY(SRID_0 V1 N4 D1 D2 D3 D4 D5 D9 D0 D1 N2
                               "01" N0 "01" N2 N3 NONE N0 "05" N0 N0 "02" N0 N1
                               "02"),
                      0, "MULTILINESTRING ((1 2,3 4),(5 9,0 1))");
    assert_decoded_as(GEOMETRY(SRID_0 V1 N8 SHELL HOLE N2
                               "02" N0 "02" N4 N3 NONE N0 "06" N0 N0 "03" N0 N1
                               "03"),
                      0,
                      "MULTIPOLYGON (((0 0,9 0,9 9,0 0)),((1 1,2 1,2 2,1 "
                      "1)))");
    assert_decoded_as(GEOMETRY(COLLECTION_VALUE), 4326,
                      "GEOMETRYCOLLECTION (POINT (1 2),GEOMETRYCOLLECTION "
                      "(LINESTRING (3 4,5 9)),POLYGON EMPTY,LINESTRING (0 1,2 "
                      "3))");
}

/* Writers other than SQL Server list all shapes of a level before the next. */
static void test_shapes_by_level(void **state)
{
    (void)state;
    assert_decoded_as(
        GEOMETRY(SRID_0 V1 N2 D1 D2 D3 D4 N2 "01" N0 "01" N1 N5 NONE N0
                                             "07" N0 N0 "04" N0 N1 "04" N1 N0
                                             "01" N2 N1 "01"),
        0, "GEOMETRYCOLLECTION (MULTIPOINT ((1 2)),MULTIPOINT ((3 4)))");
}

static struct decoded decode_empty(const char *version, const char *type)
{
    char hex[128];
    snprintf(hex, sizeof hex, SRID_0 "%s" N0 N0 N1 NONE NONE "%s", version,
             type);
    return GEOMETRY(hex);
}

static void test_empty(void **state)
{
    (void)state;
    static const char *const names[] = {"POINT",
                                        "LINESTRING",
                                        "POLYGON",
                                        "MULTIPOINT",
                                        "MULTILINESTRING",
                                        "MULTIPOLYGON",
                                        "GEOMETRYCOLLECTION",
                                        "CIRCULARSTRING",
                                        "COMPOUNDCURVE",
                                        "CURVEPOLYGON"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        char type[3];
        char wkt[64];
        snprintf(type, sizeof type, "%02zX", i + 1);
        snprintf(wkt, sizeof wkt, "%s EMPTY", names[i]);
        assert_decoded_as(decode_empty(V2, type), 0, wkt);
        snprintf(wkt, sizeof wkt, "%s Z EMPTY", names[i]);
        assert_decoded_as(decode_empty(V2_Z, type), 0, wkt);
    }
}

/* ---- curves, version 2 ---- */

#define ARC D0 D0 D1 D1 D2 D0
#define COMPOUND_POINTS D0 D0 D1 D1 D2 D0 D3 D0 D4 D0
#define COMPOUND_TABLES N1 "03" N0 N1 NONE N0 "09" N3 "030200"

static void test_curves(void **state)
{
    (void)state;
    assert_decoded_as(GEOMETRY(SRID_0 V2 N3 ARC N1 "02" N0 N1 NONE N0 "08"), 0,
                      "CIRCULARSTRING (0 0,1 1,2 0)");
    assert_decoded_as(GEOGRAPHY(SRID_4326 V2 N3 ARC N1 "02" N0 N1 NONE N0 "08"),
                      4326, "CIRCULARSTRING (0 0,1 1,0 2)");
    assert_decoded_as(GEOMETRY(SRID_0 V2 N5 COMPOUND_POINTS COMPOUND_TABLES), 0,
                      "COMPOUNDCURVE (CIRCULARSTRING (0 0,1 1,2 0),(2 0,3 0,4 "
                      "0))");
    /* two arcs of one string, and two strings */
    assert_decoded_as(GEOMETRY(SRID_0 V2 N5 COMPOUND_POINTS N1
                               "03" N0 N1 NONE N0 "09" N2 "0301"),
                      0,
                      "COMPOUNDCURVE (CIRCULARSTRING (0 0,1 1,2 0,3 0,4 0))");
    assert_decoded_as(GEOMETRY(SRID_0 V2 N5 COMPOUND_POINTS N1
                               "03" N0 N1 NONE N0 "09" N2 "0303"),
                      0,
                      "COMPOUNDCURVE (CIRCULARSTRING (0 0,1 1,2 0),"
                      "CIRCULARSTRING (2 0,3 0,4 0))");
    assert_decoded_as(GEOMETRY(SRID_0 V2 N5 COMPOUND_POINTS N1
                               "03" N0 N1 NONE N0 "09" N4 "02000200"),
                      0, "COMPOUNDCURVE ((0 0,1 1,2 0),(2 0,3 0,4 0))");
    /* one that is all lines, or all arcs, may be no composite figure */
    assert_decoded_as(GEOMETRY(SRID_0 V2 N3 ARC N1 "01" N0 N1 NONE N0 "09"), 0,
                      "COMPOUNDCURVE ((0 0,1 1,2 0))");
    assert_decoded_as(GEOMETRY(SRID_0 V2 N3 ARC N1 "02" N0 N1 NONE N0 "09"), 0,
                      "COMPOUNDCURVE (CIRCULARSTRING (0 0,1 1,2 0))");
}

#define CURVE_POLYGON_POINTS D0 D0 D9 D0 D9 D9 D0 D9 D0 D0
#define CURVE_POLYGON_VALUE                                                    \
    SRID_0 V2 "0D000000" CURVE_POLYGON_POINTS D1 D1 D2 D1 D2 D2 D1 D1 D3 D3 D4 \
        D3 D4 D4 D3 D3 N3 "02" N0 "01" N5 "03"                                 \
              "09000000" N1 NONE N0 "0A" N2 "0302"

static void test_curve_polygons(void **state)
{
    (void)state;
    assert_decoded_as(GEOMETRY(CURVE_POLYGON_VALUE), 0,
                      "CURVEPOLYGON (CIRCULARSTRING (0 0,9 0,9 9,0 9,0 0),(1 "
                      "1,2 1,2 2,1 1),COMPOUNDCURVE (CIRCULARSTRING (3 3,4 3,4 "
                      "4),(4 4,3 3)))");
}

/* Segments are taken figure by figure, in the order of the figures. */
static void test_two_compound_curves(void **state)
{
    (void)state;
    assert_decoded_as(
        GEOMETRY(SRID_0 V2 "06000000" D0 D0 D1 D1 D2 D0 D3 D0 D4 D0 D5 D0 N2
                           "03" N0 "03" N3 N3 NONE N0 "07" N0 N0 "09" N0 N1
                           "09" N3 "020003"),
        0,
        "GEOMETRYCOLLECTION (COMPOUNDCURVE ((0 0,1 1,2 0)),COMPOUNDCURVE "
        "(CIRCULARSTRING (3 0,4 0,5 0)))");
}

/* Whole values, as servers and other writers make them. */
static void test_whole_values(void **state)
{
    (void)state;
    static const struct
    {
        const char *hex;
        const char *wkt;
    } values[] = {
        {"0000000001040A00000000000000000000000000000000000000000000000000"
         "0000000000000000084000000000000008400000000000000840000000000000"
         "0840000000000000000000000000000000000000000000000000000000000000"
         "F03F000000000000F03F000000000000F03F0000000000000040000000000000"
         "004000000000000000400000000000000040000000000000F03F000000000000"
         "F03F000000000000F03F020000000200000000000500000001000000FFFFFFFF"
         "0000000003",
         "POLYGON ((0 0,0 3,3 3,3 0,0 0),(1 1,1 2,2 2,2 1,1 1))"},
        {"0000000001040200000000000000000000000000000000000000000000000000"
         "0000000000000000F03F020000000100000000010100000004000000FFFFFFFF"
         "0000000007000000000000000001000000000100000007020000000100000001",
         "GEOMETRYCOLLECTION (POINT (0 0),GEOMETRYCOLLECTION (POINT (0 1)))"},
        {"0000000002040400000000000000000000000000000000000000000000000000"
         "F03F00000000000000000000000000000040000000000000F03F000000000000"
         "0840000000000000000001000000030000000001000000FFFFFFFF0000000009"
         "020000000203",
         "COMPOUNDCURVE ((0 0,1 0),CIRCULARSTRING (1 0,2 1,3 0))"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_decoded_as(GEOMETRY(values[i].hex), 0, values[i].wkt);
    assert_decoded(GEOMETRY("000000000115" D0 D0 D0 D1 DNAN D2), 0,
                   "01EA03000002000000" D0 D0 DNAN D0 D1 D2);
}

/* ---- no geometry ---- */

static void test_null(void **state)
{
    (void)state;
    assert_empty_value(GEOMETRY("FFFFFFFF"));
    assert_empty_value(GEOMETRY("FFFFFFFF 0104"));
    assert_empty_value(GEOGRAPHY("FFFFFFFF 0104 00000000"));
}

static void test_full_globe(void **state)
{
    (void)state;
    assert_invalid(GEOGRAPHY(SRID_4326 "0224" N0 N0 N1 NONE NONE "0B"),
                   "CLR geometry: a FullGlobe, the whole earth, has no WKB");
}

static void assert_cut_anywhere(const char *hex)
{
    size_t size;
    uint8_t *value = unhex(hex, &size);
    assert_never_cut(CC_GEOMETRY_CLR_GEOMETRY, value, size);
    assert_never_cut(CC_GEOMETRY_CLR_GEOGRAPHY, value, size);
    free(value);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    assert_cut_anywhere(SRID_0 V1_POINT D5 D9);
    assert_cut_anywhere(SRID_0 V1_SEGMENT D1 D2 D3 D4);
    assert_cut_anywhere(SRID_0 V1_Z N3 D1 D2 D3 D4 D5 D9 D1 D2 D3 LINE_TABLES);
    assert_cut_anywhere(POLYGON_VALUE);
    assert_cut_anywhere(COLLECTION_VALUE);
    assert_cut_anywhere(CURVE_POLYGON_VALUE);
    assert_cut_anywhere(SRID_0 V2 N5 COMPOUND_POINTS COMPOUND_TABLES);
    assert_invalid(GEOMETRY(SRID_0 V1_POINT D5),
                   "CLR geometry is cut: it has 14 bytes and needs at least "
                   "22");
}

/* Any byte may be anything: what comes out is OK or has a reason. */
static void assert_damage(const char *hex)
{
    static const uint8_t damages[] = {0x00, 0x01, 0x03, 0x7F, 0xFE, 0xFF};
    size_t size;
    uint8_t *value = unhex(hex, &size);
    for (size_t i = 0; i < size; i++)
    {
        uint8_t before = value[i];
        for (size_t j = 0; j < sizeof damages; j++)
        {
            value[i] = damages[j];
            struct decoded decoded =
                decode_bytes(CC_GEOMETRY_CLR_GEOMETRY, value, size);
            assert_int_not_equal(decoded.status, CC_GEOMETRY_NO_MEMORY);
            cc_buffer_free(&decoded.wkb);
        }
        value[i] = before;
    }
    free(value);
}

static void test_damaged_anywhere(void **state)
{
    (void)state;
    assert_damage(SRID_0 V1_Z N3 D1 D2 D3 D4 D5 D9 D1 D2 D3 LINE_TABLES);
    assert_damage(POLYGON_VALUE);
    assert_damage(COLLECTION_VALUE);
    assert_damage(CURVE_POLYGON_VALUE);
    assert_damage(SRID_0 V2 N5 COMPOUND_POINTS COMPOUND_TABLES);
}

static void test_wrong_tables(void **state)
{
    (void)state;
    static const struct
    {
        const char *hex;
        const char *reason;
    } wrong[] = {
        {SRID_0 "0304" N0 N0 N1 NONE NONE "01",
         "CLR geometry: it is of an unknown version"},
        {SRID_0 V1_POINT D5 D9 "00",
         "CLR geometry: there are more bytes after its end"},
        {SRID_0 V1 N0 N0 N1 NONE NONE "01" N0,
         "CLR geometry: there are more bytes after its end"},
        {SRID_0 V1 N0 N0 N0, "CLR geometry: it has no shape"},
        {SRID_0 V1 "FFFFFFFF" D0,
         "CLR geometry is cut: it has 18 bytes and needs at least "
         "68719476730"},
        {SRID_0 V1 N0 "FFFFFFFF",
         "CLR geometry is cut: it has 14 bytes and needs at least "
         "21474836489"},
        {SRID_0 V1 N1 D1 D2 N1 "01" N2 N1 NONE N0 "01",
         "CLR geometry: a figure's points are out of range"},
        {SRID_0 V1 N2 D1 D2 D3 D4 N2 "01" N1 "01" N0 N1 NONE N0 "02",
         "CLR geometry: a figure's points are out of range"},
        {SRID_0 V1 N1 D1 D2 N1 "01" N0 N1 NONE N2 "01",
         "CLR geometry: a shape's figures are out of range"},
        {SRID_0 V1 N1 D1 D2 N1 "01" N0 N1 NONE N1 "01",
         "CLR geometry: a shape has no figure"},
        {SRID_0 V1 N2 D1 D2 D3 D4 N2 "01" N0 "01" N1 N1 NONE N0 "02",
         "CLR geometry: a point or line has more than one figure"},
        {SRID_0 V1 N2 D1 D2 D3 D4 N1 "01" N0 N1 NONE N0 "01",
         "CLR geometry: a point's figure has not one point"},
        {SRID_0 V1 N0 N0 N1 N0 NONE "01",
         "CLR geometry: the first shape has a parent"},
        {SRID_0 V1 N0 N0 N2 NONE NONE "07" N1 NONE "07",
         "CLR geometry: a shape's parent is not before it"},
        {SRID_0 V1 N0 N0 N2 NONE NONE "07" NONE NONE "07",
         "CLR geometry: a shape's parent is not before it"},
        {SRID_0 V1 N0 N0 N2 NONE NONE "01" N0 NONE "01",
         "CLR geometry: a shape that is no collection has members"},
        {SRID_0 V1 N0 N0 N2 NONE NONE "04" N0 NONE "02",
         "CLR geometry: a shape is in a collection it does not belong in"},
        {SRID_0 V1 N0 N0 N1 NONE NONE "00",
         "CLR geometry: a shape is of an unknown type"},
        {SRID_0 V2 N0 N0 N1 NONE NONE "0C",
         "CLR geometry: a shape is of an unknown type"},
        /* curves need version 2 */
        {SRID_0 V1 N0 N0 N1 NONE NONE "08",
         "CLR geometry: a shape is of an unknown type"},
        {SRID_0 V2 N3 ARC N1 "03" N0 N1 NONE N0 "09" N1 "02",
         "CLR geometry: a curve has less segments than points"},
        {SRID_0 V2 N3 ARC N1 "03" N0 N1 NONE N0 "09",
         "CLR geometry: a curve has less segments than points"},
        {SRID_0 V2 N3 ARC N1 "03" N0 N1 NONE N0 "09" N2 "0203",
         "CLR geometry: an arc goes beyond the points of its curve"},
        {SRID_0 V2 N3 ARC N1 "03" N0 N1 NONE N0 "09" N1 "04",
         "CLR geometry: a segment is of an unknown kind"},
        {SRID_0 V2 N3 ARC N1 "03" N0 N1 NONE N0 "09" N2 "0300",
         "CLR geometry: there are segments that belong to no curve"},
        {SRID_0 V2 N2 D1 D2 D3 D4 N1 "02" N0 N1 NONE N0 "08",
         "a CIRCULARSTRING has an even number of points, or only one"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_invalid(GEOMETRY(wrong[i].hex), wrong[i].reason);
}

/* Collections within each other, one more than are allowed. */
static void test_depth(void **state)
{
    (void)state;
    char hex[4096];
    int length = snprintf(hex, sizeof hex, SRID_0 V1 N0 N0 "21000000");
    for (int i = 0; i < 33; i++)
    {
        if (i == 0)
            length += snprintf(hex + length, sizeof hex - (size_t)length, NONE);
        else
            length += snprintf(hex + length, sizeof hex - (size_t)length,
                               "%02X000000", i - 1);
        length +=
            snprintf(hex + length, sizeof hex - (size_t)length, NONE "07");
    }
    assert_invalid(GEOMETRY(hex), "CLR geometry: it is nested too deep");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_single_points),
        cmocka_unit_test(test_single_segments),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_polygons),
        cmocka_unit_test(test_collections),
        cmocka_unit_test(test_shapes_by_level),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_curves),
        cmocka_unit_test(test_curve_polygons),
        cmocka_unit_test(test_two_compound_curves),
        cmocka_unit_test(test_whole_values),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_full_globe),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_damaged_anywhere),
        cmocka_unit_test(test_wrong_tables),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
