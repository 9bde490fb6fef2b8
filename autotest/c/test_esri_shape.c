/* SPDX-License-Identifier: MIT */
#include "geometry_case.h"

#define DECODE(hex) decode_hex(CC_GEOMETRY_ESRI, hex)

/* the WKID, big-endian, and the OGC type */
#define POINT "000010E601"
#define LINE "000010E602"
#define POLYGON "000010E603"
#define MULTIPOINT "000010E604"
#define MULTILINE "000010E605"
#define MULTIPOLYGON "000010E606"

#define D0 "0000000000000000"
#define D1 "000000000000F03F"
#define D2 "0000000000000040"
#define D3 "0000000000000840"
#define D4 "0000000000001040"
#define D9 "0000000000002240"
#define NO_DATA "FFFFFFFFFFFFEFFF" /* the lowest double */

#define N0 "00000000"
#define N1 "01000000"
#define N2 "02000000"
#define N3 "03000000"
#define N4 "04000000"
#define N8 "08000000"

#define BOX D0 D0 D9 D9
#define RANGE D0 D9

static void test_points(void **state)
{
    (void)state;
    assert_decoded_as(DECODE(POINT N1 D1 D2), 4326, "POINT (1 2)");
    assert_decoded_as(DECODE(POINT "09000000" D1 D2 D3), 4326,
                      "POINT Z (1 2 3)");
    assert_decoded_as(DECODE(POINT "0B000000" D1 D2 D3 D4), 4326,
                      "POINT ZM (1 2 3 4)");
    assert_decoded_as(DECODE(POINT "15000000" D1 D2 D3), 4326,
                      "POINT M (1 2 3)");
    assert_decoded_as(DECODE(POINT "15000000" D1 D2 NO_DATA), 4326,
                      "POINT M (1 2 NaN)");
}

static void test_wkid(void **state)
{
    (void)state;
    assert_decoded_as(DECODE("0000000001" N1 D1 D2), 0, "POINT (1 2)");
    assert_decoded_as(DECODE("00000F1101" N1 D1 D2), 3857, "POINT (1 2)");
    assert_decoded_as(DECODE("00018ED401" N1 D1 D2), 3857, "POINT (1 2)");
    assert_decoded_as(DECODE("FFFFFFFF01" N1 D1 D2), 0, "POINT (1 2)");
}

static void test_multipoints(void **state)
{
    (void)state;
    assert_decoded_as(DECODE(MULTIPOINT N8 BOX N2 D1 D2 D3 D4), 4326,
                      "MULTIPOINT ((1 2),(3 4))");
    assert_decoded_as(
        DECODE(MULTIPOINT "14000000" BOX N2 D1 D2 D3 D4 RANGE D1 D2), 4326,
        "MULTIPOINT Z ((1 2 1),(3 4 2))");
    assert_decoded_as(
        DECODE(MULTIPOINT "12000000" BOX N1 D1 D2 RANGE D1 RANGE D2), 4326,
        "MULTIPOINT ZM ((1 2 1 2))");
    assert_decoded_as(DECODE(MULTIPOINT "1C000000" BOX N1 D1 D2 RANGE D3), 4326,
                      "MULTIPOINT M ((1 2 3))");
    assert_decoded_as(DECODE(MULTIPOINT N8 BOX N0), 4326, "MULTIPOINT EMPTY");
    /* a shapefile may leave the measures out */
    assert_decoded_as(DECODE(MULTIPOINT "12000000" BOX N1 D1 D2 RANGE D3), 4326,
                      "MULTIPOINT Z ((1 2 3))");
}

static void test_lines(void **state)
{
    (void)state;
    assert_decoded_as(DECODE(LINE N3 BOX N1 N2 N0 D1 D2 D3 D4), 4326,
                      "LINESTRING (1 2,3 4)");
    assert_decoded_as(DECODE(MULTILINE N3 BOX N1 N2 N0 D1 D2 D3 D4), 4326,
                      "MULTILINESTRING ((1 2,3 4))");
    const char *two = "MULTILINESTRING ((1 2,3 4),(0 0,9 9))";
    assert_decoded_as(
        DECODE(MULTILINE N3 BOX N2 N4 N0 N2 D1 D2 D3 D4 D0 D0 D9 D9), 4326,
        two);
    assert_decoded_as(DECODE(LINE N3 BOX N2 N4 N0 N2 D1 D2 D3 D4 D0 D0 D9 D9),
                      4326, two);
    assert_decoded_as(
        DECODE(LINE "0A000000" BOX N1 N2 N0 D1 D2 D3 D4 RANGE D1 D2), 4326,
        "LINESTRING Z (1 2 1,3 4 2)");
    assert_decoded_as(DECODE(LINE "0D000000" BOX N1 N2 N0 D1 D2 D3 D4 RANGE D1
                                 D2 RANGE D3 NO_DATA),
                      4326, "LINESTRING ZM (1 2 1 3,3 4 2 NaN)");
    assert_decoded_as(
        DECODE(LINE "17000000" BOX N1 N2 N0 D1 D2 D3 D4 RANGE D1 D2), 4326,
        "LINESTRING M (1 2 1,3 4 2)");
}

/* clockwise, and not */
#define SHELL D0 D0 D9 D9 D9 D0 D0 D0
#define HOLE D2 D1 D3 D1 D3 D2 D2 D1

#define POLYGON_VALUE POLYGON "05000000" BOX N2 N8 N0 N4 SHELL HOLE

static void test_polygons(void **state)
{
    (void)state;
    assert_decoded_as(DECODE(POLYGON "05000000" BOX N1 N4 N0 SHELL), 4326,
                      "POLYGON ((0 0,9 9,9 0,0 0))");
    assert_decoded_as(DECODE(POLYGON_VALUE), 4326,
                      "POLYGON ((0 0,9 9,9 0,0 0),(2 1,3 1,3 2,2 1))");
    assert_decoded_as(DECODE(MULTIPOLYGON "05000000" BOX N1 N4 N0 SHELL), 4326,
                      "MULTIPOLYGON (((0 0,9 9,9 0,0 0)))");
    assert_decoded_as(
        DECODE(POLYGON "05000000" BOX N3 "0C000000" N0 N4 N8 SHELL HOLE SHELL),
        4326,
        "MULTIPOLYGON (((0 0,9 9,9 0,0 0),(2 1,3 1,3 2,2 1)),((0 0,9 9,9 0,0 "
        "0)))");
    /* a first ring that runs the wrong way is a polygon all the same */
    assert_decoded_as(DECODE(POLYGON "05000000" BOX N1 N4 N0 HOLE), 4326,
                      "POLYGON ((2 1,3 1,3 2,2 1))");
    assert_decoded_as(
        DECODE(POLYGON "13000000" BOX N1 N4 N0 SHELL RANGE D1 D2 D3 D1), 4326,
        "POLYGON Z ((0 0 1,9 9 2,9 0 3,0 0 1))");
    assert_decoded_as(DECODE(POLYGON "0F000000" BOX N1 N4 N0 SHELL RANGE D1 D2
                                 D3 D1 RANGE D4 D4 D4 D4),
                      4326, "POLYGON ZM ((0 0 1 4,9 9 2 4,9 0 3 4,0 0 1 4))");
    assert_decoded_as(
        DECODE(POLYGON "19000000" BOX N1 N4 N0 SHELL RANGE D1 D2 D3 D1), 4326,
        "POLYGON M ((0 0 1,9 9 2,9 0 3,0 0 1))");
}

static void test_empty(void **state)
{
    (void)state;
    assert_decoded_as(DECODE(POINT N0), 4326, "POINT EMPTY");
    assert_decoded_as(DECODE(LINE N0), 4326, "LINESTRING EMPTY");
    assert_decoded_as(DECODE(POLYGON N0), 4326, "POLYGON EMPTY");
    assert_decoded_as(DECODE(MULTIPOLYGON N0), 4326, "MULTIPOLYGON EMPTY");
    assert_decoded_as(DECODE("0000000000" N0), 0, "GEOMETRYCOLLECTION EMPTY");
    assert_decoded_as(DECODE(LINE N3 BOX N0 N0), 4326, "LINESTRING EMPTY");
    assert_decoded_as(DECODE(POLYGON "05000000" BOX N0 N0), 4326,
                      "POLYGON EMPTY");
}

static void test_wrong(void **state)
{
    (void)state;
    static const struct
    {
        const char *hex;
        const char *reason;
    } wrong[] = {
        {"000010E607" N0, "Esri shape: it is of an unknown OGC type"},
        {POINT N2, "Esri shape is of the unknown type 2"},
        {POINT "1F000000", "Esri shape is of the unknown type 31"},
        {POINT N1 D1 D2 "00", "Esri shape: there are more bytes after its end"},
        {POINT N1 D1,
         "Esri shape is cut: it has 17 bytes and needs at least 25"},
        {LINE N3 BOX N1 "FFFFFFFF" N0,
         "Esri shape is cut: it has 53 bytes and needs at least 68719476773"},
        {LINE N3 BOX "FFFFFFFF" N1,
         "Esri shape is cut: it has 49 bytes and needs at least 17179869229"},
        {LINE N3 BOX N1 N2 N3 D1 D2 D3 D4,
         "Esri shape: there are points that belong to no part"},
        {LINE N3 BOX N1 N2 N1 D1 D2 D3 D4,
         "Esri shape: there are points that belong to no part"},
        {LINE N3 BOX N0 N1 D1 D2,
         "Esri shape: there are points that belong to no part"},
        {LINE N3 BOX N2 N2 N0 N3 D1 D2 D3 D4,
         "Esri shape: a part's points are out of range"},
        {LINE N3 BOX N2 N2 N0 N0 D1 D2 D3 D4,
         "Esri shape: a part's points are out of range"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_invalid(DECODE(wrong[i].hex), wrong[i].reason);
}

static void assert_cut_anywhere(const char *hex)
{
    size_t size;
    uint8_t *value = unhex(hex, &size);
    assert_never_cut(CC_GEOMETRY_ESRI, value, size);
    free(value);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    assert_cut_anywhere(POINT "0B000000" D1 D2 D3 D4);
    assert_cut_anywhere(MULTIPOINT N8 BOX N2 D1 D2 D3 D4);
    assert_cut_anywhere(LINE "0A000000" BOX N1 N2 N0 D1 D2 D3 D4 RANGE D1 D2);
    assert_cut_anywhere(POLYGON_VALUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_points),      cmocka_unit_test(test_wkid),
        cmocka_unit_test(test_multipoints), cmocka_unit_test(test_lines),
        cmocka_unit_test(test_polygons),    cmocka_unit_test(test_empty),
        cmocka_unit_test(test_wrong),       cmocka_unit_test(test_cut_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
