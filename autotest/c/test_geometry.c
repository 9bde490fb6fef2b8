/* SPDX-License-Identifier: MIT */
/* The front: which decoder a value is for, and envelopes. */
#include "geometry_case.h"

#include <math.h>

#define POINT_1_2 "0101000000000000000000F03F0000000000000040"
#define EWKB_1_2 "0101000020E6100000000000000000F03F0000000000000040"

/* ---- hexadecimal ---- */

static void test_hex(void **state)
{
    (void)state;
    assert_decoded(decode_text(POINT_1_2), 0, POINT_1_2);
    assert_decoded(decode_text(EWKB_1_2), 4326, POINT_1_2);
    assert_decoded(decode_text("0101000020e6100000000000000000f03f00000000000"
                               "00040"),
                   4326, POINT_1_2);
    assert_decoded(decode_text("\\x" EWKB_1_2), 4326, POINT_1_2);
    assert_decoded(decode_text("0x" EWKB_1_2), 4326, POINT_1_2);
    assert_decoded(decode_text("0X" POINT_1_2), 0, POINT_1_2);
    assert_decoded(decode_text(" \n" EWKB_1_2 "\r\n"), 4326, POINT_1_2);
    assert_decoded(decode_text("00000000013FF00000000000004000000000000000"), 0,
                   POINT_1_2);
}

static void check_series(const char *wkt, const char *hex)
{
    (void)wkt;
    assert_decoded(decode_text(hex), 0, hex);
}

static void test_hex_series(void **state)
{
    (void)state;
    each_geometry(check_series);
}

static void check_cut(const char *wkt, const char *hex)
{
    (void)wkt;
    assert_never_cut(CC_GEOMETRY_AUTO, (const uint8_t *)hex, strlen(hex));
}

static void test_hex_cut_anywhere(void **state)
{
    (void)state;
    each_geometry(check_cut);
}

static void test_wrong_hex(void **state)
{
    (void)state;
    assert_invalid(decode_text("0x"), "hexadecimal WKB without digits");
    assert_invalid(decode_text("0101G0"),
                   "hexadecimal WKB has 0x47 after 4 digits");
    assert_invalid(decode_text("0101 00"),
                   "hexadecimal WKB has 0x20 after 4 digits");
    assert_invalid(decode_text("010100000Z"),
                   "hexadecimal WKB has 0x5A after 9 digits");
    assert_invalid(decode_text(POINT_1_2 "0"),
                   "hexadecimal WKB has half a byte after its end");
    assert_invalid(decode_text(POINT_1_2 "00"),
                   "WKB of 21 bytes has 1 more bytes after its end");
    assert_invalid(decode_text("0x\xC3\xA9"),
                   "hexadecimal WKB has 0xC3 after 0 digits");
}

/* A line of `points` as hexadecimal text, cut after `length` characters. */
static struct decoded decode_cut_line(unsigned points, size_t length)
{
    char text[4096];
    int head = snprintf(text, sizeof text, "0102000000%02X000000", points);
    memset(text + head, '0', sizeof text - (size_t)head);
    return decode_bytes(CC_GEOMETRY_AUTO, text, length);
}

static void test_cut_tells_the_width(void **state)
{
    (void)state;
    assert_invalid(decode_cut_line(33, 1000),
                   "WKB is cut: it has 500 bytes and needs at least 537; the "
                   "column may be too narrow, e.g. VARCHAR(1000)");
    assert_invalid(decode_cut_line(33, 255),
                   "WKB is cut: it has 127 bytes and needs at least 537; the "
                   "column may be too narrow, e.g. VARCHAR(255)");
    assert_invalid(decode_cut_line(33, 998),
                   "WKB is cut: it has 499 bytes and needs at least 537");
}

/* Longer than what is decoded on the stack. */
static void test_long_hex(void **state)
{
    (void)state;
    struct decoded decoded = decode_cut_line(100, 18 + 3200);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    assert_int_equal(decoded.wkb.size, 9 + 1600);
    cc_buffer_free(&decoded.wkb);
}

/* ---- telling text and bytes apart ---- */

static void test_auto(void **state)
{
    (void)state;
    assert_decoded(decode_hex(CC_GEOMETRY_AUTO, EWKB_1_2), 4326, POINT_1_2);
    assert_decoded(decode_hex(CC_GEOMETRY_AUTO,
                              "0000000001 3FF0000000000000 4000000000000000"),
                   0, POINT_1_2);
    assert_decoded(decode_text("POINT(1 2)"), 0, POINT_1_2);
    assert_decoded(decode_text("\t srid=4326;point(1 2)"), 4326, POINT_1_2);
    assert_decoded(decode_text(" {\"type\":\"Point\",\"coordinates\":[1,2]}"),
                   0, POINT_1_2);
    /* char(n) pads with spaces, a C string may bring its terminator */
    assert_decoded(decode_text("POINT(1 2)    "), 0, POINT_1_2);
    assert_decoded(decode_bytes(CC_GEOMETRY_AUTO, "POINT(1 2)", 11), 0,
                   POINT_1_2);
}

static void test_no_value(void **state)
{
    (void)state;
    assert_empty_value(decode_text(""));
    assert_empty_value(decode_text("   \t\r\n"));
    assert_empty_value(decode_text("null"));
    assert_empty_value(decode_text(" NULL "));
    assert_empty_value(decode_bytes(CC_GEOMETRY_WKB, "", 0));
    assert_empty_value(decode_bytes(CC_GEOMETRY_MYSQL, "", 0));
    assert_empty_value(decode_bytes(CC_GEOMETRY_CLR_GEOMETRY, "", 0));
    assert_empty_value(decode_bytes(CC_GEOMETRY_ESRI, "", 0));
}

static void test_neither(void **state)
{
    (void)state;
    assert_invalid(decode_text("42"),
                   "neither WKB, WKT nor GeoJSON: it begins with \"42\"");
    assert_invalid(decode_text("[1, 2]"),
                   "neither WKB, WKT nor GeoJSON: it begins with \"[1, 2]\"");
    assert_invalid(decode_text("\x02\xFF\nabcdefghijklmnopq"),
                   "neither WKB, WKT nor GeoJSON: it begins with "
                   "\"???abcdefghijkl\"");
}

/* ---- MySQL ---- */

static void test_mysql(void **state)
{
    (void)state;
    assert_decoded(decode_hex(CC_GEOMETRY_MYSQL, "E6100000" POINT_1_2), 4326,
                   POINT_1_2);
    assert_decoded(decode_hex(CC_GEOMETRY_MYSQL, "00000000" POINT_1_2), 0,
                   POINT_1_2);
    assert_decoded(decode_hex(CC_GEOMETRY_MYSQL, "110F0000" POINT_1_2), 3857,
                   POINT_1_2);
    assert_decoded(decode_hex(CC_GEOMETRY_MYSQL, "00000000 010700000000000000"),
                   0, "010700000000000000");
    assert_invalid(decode_hex(CC_GEOMETRY_MYSQL, "E610000001010000"),
                   "the value is cut: it has 8 bytes, an SRID and WKB need at "
                   "least 9");
    assert_invalid(decode_hex(CC_GEOMETRY_MYSQL, "E6100000"
                                                 "0101000000"),
                   "WKB is cut: it has 5 bytes and needs at least 21");
}

static void check_mysql(const char *wkt, const char *hex)
{
    (void)wkt;
    char value[8192];
    size_t size;
    snprintf(value, sizeof value, "E6100000%s", hex);
    uint8_t *bytes = unhex(value, &size);
    assert_decoded(decode_bytes(CC_GEOMETRY_MYSQL, bytes, size), 4326, hex);
    assert_never_cut(CC_GEOMETRY_MYSQL, bytes, size);
    free(bytes);
}

static void test_mysql_series(void **state)
{
    (void)state;
    each_geometry(check_mysql);
}

/* ---- envelopes ---- */

static void assert_envelope(const char *wkt, double min_x, double min_y,
                            double max_x, double max_y)
{
    struct cc_box box;
    struct decoded decoded = decode_text(wkt);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    assert_true(cc_geometry_envelope(decoded.wkb.data, decoded.wkb.size, &box));
    assert_true(box.min_x == min_x && box.min_y == min_y &&
                box.max_x == max_x && box.max_y == max_y);
    cc_buffer_free(&decoded.wkb);
}

static void assert_no_envelope(const char *wkt)
{
    struct cc_box box;
    struct decoded decoded = decode_text(wkt);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    assert_false(
        cc_geometry_envelope(decoded.wkb.data, decoded.wkb.size, &box));
    cc_buffer_free(&decoded.wkb);
}

static void test_envelope(void **state)
{
    (void)state;
    assert_envelope("POINT (-1 2)", -1, 2, -1, 2);
    assert_envelope("POINT ZM (-1 2 100 200)", -1, 2, -1, 2);
    assert_envelope("LINESTRING Z (1 2 -9,-3 4 99,5 -6 0)", -3, -6, 5, 4);
    assert_envelope("POLYGON ((0 0,9 0,9 9,0 0),(1 1,2 1,2 -22,1 1))", 0, -22,
                    9, 9);
    assert_envelope("GEOMETRYCOLLECTION M (POINT M EMPTY,GEOMETRYCOLLECTION M "
                    "(POINT M (7 8 1000)),MULTIPOINT M ((1 1 0),EMPTY))",
                    1, 1, 7, 8);
    /* over the control points of arcs */
    assert_envelope("CIRCULARSTRING (0 0,1 1,2 0)", 0, 0, 2, 1);
    assert_no_envelope("POINT EMPTY");
    assert_no_envelope("POLYGON ZM EMPTY");
    assert_no_envelope("MULTIPOINT (EMPTY)");
    assert_no_envelope("GEOMETRYCOLLECTION (LINESTRING EMPTY)");
}

/* WKB that no decoder wrote has no envelope; nothing is read beyond it. */
static void check_envelope_cut(const char *wkt, const char *hex)
{
    (void)wkt;
    size_t size;
    struct cc_box box;
    uint8_t *wkb = unhex(hex, &size);
    for (size_t i = 0; i < size; i++)
    {
        uint8_t *copy = malloc(i ? i : 1);
        assert_non_null(copy);
        memcpy(copy, wkb, i);
        assert_false(cc_geometry_envelope(copy, i, &box));
        free(copy);
    }
    free(wkb);
}

static void test_envelope_of_no_wkb(void **state)
{
    (void)state;
    struct cc_box box;
    size_t size;
    uint8_t *wkb = unhex("0000000001 3FF0000000000000 4000000000000000", &size);
    assert_false(cc_geometry_envelope(wkb, size, &box));
    free(wkb);
    each_geometry(check_envelope_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_hex_series),
        cmocka_unit_test(test_hex_cut_anywhere),
        cmocka_unit_test(test_wrong_hex),
        cmocka_unit_test(test_cut_tells_the_width),
        cmocka_unit_test(test_long_hex),
        cmocka_unit_test(test_auto),
        cmocka_unit_test(test_no_value),
        cmocka_unit_test(test_neither),
        cmocka_unit_test(test_mysql),
        cmocka_unit_test(test_mysql_series),
        cmocka_unit_test(test_envelope),
        cmocka_unit_test(test_envelope_of_no_wkb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
