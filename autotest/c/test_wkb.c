/* SPDX-License-Identifier: MIT */
#include "wkb_dialect.h"

#include <math.h>

#define DECODE(hex) decode_hex(CC_GEOMETRY_WKB, hex)

#define ONE "000000000000F03F"
#define TWO "0000000000000040"
#define THREE "0000000000000840"
#define ZERO "0000000000000000"
#define NAN_HEX "000000000000F87F"

/* ---- the series, in every dialect ---- */

static const struct dialect dialects[] = {
    {ORDER_LITTLE, false, 0, false},   {ORDER_BIG, false, 0, false},
    {ORDER_MIXED, false, 0, false},    {ORDER_LITTLE, true, 0, false},
    {ORDER_LITTLE, true, 4326, false}, {ORDER_BIG, true, 3857, false},
    {ORDER_MIXED, true, 25830, true},  {ORDER_LITTLE, true, 999999, true}};

#define DIALECTS (sizeof dialects / sizeof *dialects)

static void check_dialects(const char *wkt, const char *hex)
{
    (void)wkt;
    size_t size;
    uint8_t *wkb = unhex(hex, &size);
    for (size_t i = 0; i < DIALECTS; i++)
    {
        struct cc_buffer value = in_dialect(wkb, &dialects[i]);
        assert_decoded(decode_bytes(CC_GEOMETRY_WKB, value.data, value.size),
                       dialects[i].srid, hex);
        assert_decoded(decode_bytes(CC_GEOMETRY_AUTO, value.data, value.size),
                       dialects[i].srid, hex);
        cc_buffer_free(&value);
    }
    free(wkb);
}

static void test_series(void **state)
{
    (void)state;
    each_geometry(check_dialects);
}

static void check_cut(const char *wkt, const char *hex)
{
    (void)wkt;
    size_t size;
    uint8_t *wkb = unhex(hex, &size);
    for (size_t i = 0; i < DIALECTS; i++)
    {
        struct cc_buffer value = in_dialect(wkb, &dialects[i]);
        assert_never_cut(CC_GEOMETRY_WKB, value.data, value.size);
        cc_buffer_free(&value);
    }
    free(wkb);
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    each_geometry(check_cut);
}

/* Any byte may be anything: what comes out is OK or has a reason. */
static void check_damage(const char *wkt, const char *hex)
{
    static const uint8_t damages[] = {0x00, 0x01, 0x7F, 0x80, 0xFF};
    (void)wkt;
    size_t size;
    uint8_t *wkb = unhex(hex, &size);
    for (size_t i = 0; i < size; i++)
    {
        uint8_t before = wkb[i];
        for (size_t j = 0; j < sizeof damages; j++)
        {
            wkb[i] = damages[j];
            struct decoded decoded = decode_bytes(CC_GEOMETRY_WKB, wkb, size);
            assert_true(decoded.status == CC_GEOMETRY_OK ||
                        decoded.status == CC_GEOMETRY_INVALID);
            cc_buffer_free(&decoded.wkb);
        }
        wkb[i] = before;
    }
    free(wkb);
}

static void test_damaged_anywhere(void **state)
{
    (void)state;
    each_geometry(check_damage);
}

static void check_more(const char *wkt, const char *hex)
{
    char longer[8192];
    char reason[CC_REASON_SIZE];
    (void)wkt;
    snprintf(longer, sizeof longer, "%s00FF", hex);
    snprintf(reason, sizeof reason,
             "WKB of %zu bytes has 2 more bytes after its end",
             strlen(hex) / 2);
    assert_invalid(DECODE(longer), reason);
}

static void test_more_bytes(void **state)
{
    (void)state;
    each_geometry(check_more);
}

/* ---- points ---- */

static void test_points(void **state)
{
    (void)state;
    const char *plain = "0101000000" ONE TWO;
    assert_decoded(DECODE("0101000000" ONE TWO), 0, plain);
    assert_decoded(DECODE("0101000020E6100000" ONE TWO), 4326, plain);
    assert_decoded(DECODE("0000000001 3FF0000000000000 4000000000000000"), 0,
                   plain);
    assert_decoded(
        DECODE("0020000001 000010E6 3FF0000000000000 4000000000000000"), 4326,
        plain);
    /* 2.5D and ISO say the same, also together. */
    const char *high = "01E9030000" ONE TWO THREE;
    assert_decoded(DECODE("0101000080" ONE TWO THREE), 0, high);
    assert_decoded(DECODE("01E9030000" ONE TWO THREE), 0, high);
    assert_decoded(DECODE("01E9030080" ONE TWO THREE), 0, high);
    assert_decoded(DECODE("01010000A0E6100000" ONE TWO THREE), 4326, high);
    assert_decoded(DECODE("0101000040" ONE TWO THREE), 0,
                   "01D1070000" ONE TWO THREE);
    assert_decoded(DECODE("01010000C0" ONE TWO THREE ONE), 0,
                   "01B90B0000" ONE TWO THREE ONE);
}

static void test_empty_points(void **state)
{
    (void)state;
    assert_decoded(DECODE("0101000000" NAN_HEX NAN_HEX), 0,
                   "0101000000" NAN_HEX NAN_HEX);
    assert_decoded(DECODE("0101000020E6100000" NAN_HEX NAN_HEX), 4326,
                   "0101000000" NAN_HEX NAN_HEX);
}

/* 0 and the negative numbers of old servers are no SRID. */
static void test_srid_unknown(void **state)
{
    (void)state;
    assert_decoded(DECODE("010100002000000000" ONE TWO), 0,
                   "0101000000" ONE TWO);
    assert_decoded(DECODE("0101000020FFFFFFFF" ONE TWO), 0,
                   "0101000000" ONE TWO);
    assert_decoded(DECODE("01020000A0FFFFFFFF00000000"), 0,
                   "01EA03000000000000");
}

static void test_appends(void **state)
{
    (void)state;
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    size_t size;
    uint8_t *wkb = unhex("0101000000" ONE TWO, &size);
    assert_int_equal(cc_buffer_append(&out, "\xAB", 1), 0);
    assert_int_equal(cc_geometry_from_wkb(wkb, size, &out, &result),
                     CC_GEOMETRY_OK);
    wkb[0] = 0;
    assert_int_equal(cc_geometry_from_wkb(wkb, size, &out, &result),
                     CC_GEOMETRY_INVALID);
    assert_bytes(&out, "AB 0101000000" ONE TWO);
    free(wkb);
    cc_buffer_free(&out);
}

/* ---- members ---- */

static void test_members_widen_their_parent(void **state)
{
    (void)state;
    /* GEOMETRYCOLLECTION (POINT Z, POINT) */
    assert_decoded(DECODE("010700000002000000 01E9030000" ONE TWO THREE
                          " 0101000000" ONE TWO),
                   0,
                   "01EF03000002000000 01E9030000" ONE TWO THREE
                   " 01E9030000" ONE TWO ZERO);
    /* A parent Z, a member M and an empty one: all ZM. */
    assert_decoded(DECODE("01EF03000003000000 01D1070000" ONE TWO THREE
                          " 01E9030000" ONE TWO THREE
                          " 0000000001 7FF8000000000000 7FF8000000000000"),
                   0,
                   "01BF0B000003000000"
                   " 01B90B0000" ONE TWO ZERO THREE
                   " 01B90B0000" ONE TWO THREE ZERO
                   " 01B90B0000" NAN_HEX NAN_HEX NAN_HEX NAN_HEX);
}

/* XY in an XYZM parent is where the output is twice as large as the input. */
static void test_widening_of_many(void **state)
{
    (void)state;
    const size_t count = 5000;
    struct cc_buffer value = CC_BUFFER_INIT;
    static const uint8_t head[] = {1, 0xBF, 0x0B, 0, 0, 1,    0,    0, 0,
                                   1, 2,    0,    0, 0, 0x88, 0x13, 0, 0};
    assert_int_equal(cc_buffer_append(&value, head, sizeof head), 0);
    for (size_t i = 0; i < count * 2; i++)
    {
        double ordinate = (double)i;
        assert_int_equal(cc_buffer_append(&value, &ordinate, 8), 0);
    }
    struct decoded decoded =
        decode_bytes(CC_GEOMETRY_WKB, value.data, value.size);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    assert_int_equal(decoded.wkb.size, 18 + count * 32);
    const uint8_t *last = decoded.wkb.data + 18 + (count - 1) * 32;
    assert_true(cc_load_f64le(last) == 9998.0);
    assert_true(cc_load_f64le(last + 8) == 9999.0);
    assert_true(cc_load_f64le(last + 16) == 0.0);
    assert_true(cc_load_f64le(last + 24) == 0.0);
    cc_buffer_free(&decoded.wkb);
    cc_buffer_free(&value);
}

static void test_wrong_members(void **state)
{
    (void)state;
    assert_invalid(DECODE("010400000001000000 010200000000000000"),
                   "WKB has a LINESTRING as a member of a MULTIPOINT");
    assert_invalid(DECODE("010600000001000000 010A00000000000000"),
                   "WKB has a CURVEPOLYGON as a member of a MULTIPOLYGON");
    assert_invalid(DECODE("010900000001000000 010900000000000000"),
                   "WKB has a COMPOUNDCURVE as a member of a COMPOUNDCURVE");
    assert_invalid(DECODE("011000000001000000 010300000000000000"),
                   "WKB has a POLYGON as a member of a TIN");
    assert_invalid(
        DECODE("0104000020E610000001000000 0101000020110F0000" ONE TWO),
        "WKB has a member of SRID 3857 in a geometry of SRID 4326");
}

/* ---- what is no WKB ---- */

static void test_unknown_types(void **state)
{
    (void)state;
    assert_invalid(DECODE("010000000000000000"),
                   "WKB has the unknown geometry type 0 at byte 1");
    assert_invalid(DECODE("010D00000000000000"),
                   "WKB has the unknown geometry type 13 at byte 1");
    assert_invalid(DECODE("011200000000000000"),
                   "WKB has the unknown geometry type 18 at byte 1");
    assert_invalid(DECODE("01A10F000000000000"),
                   "WKB has the unknown geometry type 4001 at byte 1");
    assert_invalid(DECODE("01FFFFFFFF00000000"),
                   "WKB has the unknown geometry type 4294967295 at byte 1");
    assert_invalid(DECODE("020100000000000000"),
                   "WKB has 0x02 at byte 0, where a byte order (0 or 1) is "
                   "due");
    assert_invalid(DECODE("010700000001000000 430100000000000000"),
                   "WKB has 0x43 at byte 9, where a byte order (0 or 1) is "
                   "due");
}

/* Refused by what is left of the value, before memory is asked for. */
static void test_huge_counts(void **state)
{
    (void)state;
    assert_invalid(DECODE("0102000000FFFFFFFF" ONE),
                   "WKB is cut: it has 17 bytes and needs at least "
                   "68719476729");
    assert_invalid(DECODE("0103000000FFFFFFFF"),
                   "WKB is cut: it has 9 bytes and needs at least "
                   "17179869189");
    assert_invalid(DECODE("010300000001000000FFFFFFFF"),
                   "WKB is cut: it has 13 bytes and needs at least "
                   "68719476733");
    assert_invalid(DECODE("0107000000FFFFFFFF"),
                   "WKB is cut: it has 9 bytes and needs at least "
                   "38654705664");
    assert_invalid(DECODE("01BA0B0000FFFFFFFF"),
                   "WKB is cut: it has 9 bytes and needs at least "
                   "137438953449");
}

static struct decoded decode_nested(size_t levels)
{
    static const uint8_t collection[] = {1, 7, 0, 0, 0, 1, 0, 0, 0};
    static const uint8_t innermost[] = {1, 7, 0, 0, 0, 0, 0, 0, 0};
    struct cc_buffer value = CC_BUFFER_INIT;
    for (size_t i = 1; i < levels; i++)
        assert_int_equal(
            cc_buffer_append(&value, collection, sizeof collection), 0);
    assert_int_equal(cc_buffer_append(&value, innermost, sizeof innermost), 0);
    struct decoded decoded =
        decode_bytes(CC_GEOMETRY_WKB, value.data, value.size);
    cc_buffer_free(&value);
    return decoded;
}

static void test_depth(void **state)
{
    (void)state;
    struct decoded decoded = decode_nested(CC_GEOMETRY_MAX_DEPTH);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    cc_buffer_free(&decoded.wkb);
    assert_invalid(decode_nested(CC_GEOMETRY_MAX_DEPTH + 1),
                   "WKB is nested more than 32 levels deep");
    assert_invalid(decode_nested(1000000),
                   "WKB is nested more than 32 levels deep");
}

/* A line of n points, cut at `size` bytes. */
static struct decoded decode_cut_line(uint8_t points, size_t size)
{
    uint8_t value[2048] = {1, 2, 0, 0, 0, points};
    assert_true(size <= sizeof value);
    return decode_bytes(CC_GEOMETRY_WKB, value, size);
}

static void test_cut_tells_the_width(void **state)
{
    (void)state;
    assert_invalid(decode_cut_line(33, 500),
                   "WKB is cut: it has 500 bytes and needs at least 537; the "
                   "column may be too narrow, e.g. VARBINARY(500)");
    assert_invalid(decode_cut_line(64, 1000),
                   "WKB is cut: it has 1000 bytes and needs at least 1033; the "
                   "column may be too narrow, e.g. VARBINARY(1000)");
    assert_invalid(decode_cut_line(33, 255),
                   "WKB is cut: it has 255 bytes and needs at least 537; the "
                   "column may be too narrow, e.g. VARBINARY(255)");
    assert_invalid(decode_cut_line(33, 512),
                   "WKB is cut: it has 512 bytes and needs at least 537; the "
                   "column may be too narrow, e.g. VARBINARY(512)");
    assert_invalid(decode_cut_line(33, 507),
                   "WKB is cut: it has 507 bytes and needs at least 537");
}

/* ---- what OGR requires of curves and triangles ---- */

static void test_curves(void **state)
{
    (void)state;
    const char *arc = "a CIRCULARSTRING has an even number of points, or only "
                      "one";
    assert_invalid(DECODE("010800000001000000" ONE TWO), arc);
    assert_invalid(DECODE("010800000002000000" ONE TWO TWO TWO), arc);
    assert_invalid(DECODE("010900000001000000 010200000001000000" ONE TWO),
                   "a part of a COMPOUNDCURVE has only one point");
    assert_invalid(
        DECODE("010900000002000000 010200000002000000" ONE ONE TWO TWO
               " 010200000002000000" ONE TWO THREE THREE),
        "a part of a COMPOUNDCURVE does not begin where the one before it "
        "ends");
    assert_invalid(
        DECODE("010A00000001000000 010200000003000000" ONE ONE TWO TWO ONE ONE),
        "a ring of a CURVEPOLYGON has less than 4 points");
}

/* OGR turns a part round that runs the other way. */
static void test_backward_part(void **state)
{
    (void)state;
    const char *curve = "010900000002000000 010200000002000000" ONE ONE TWO TWO
                        " 010200000002000000" THREE THREE TWO TWO;
    assert_decoded(DECODE(curve), 0, curve);
}

static void test_triangles(void **state)
{
    (void)state;
    const char *ring = "the ring of a TRIANGLE is not four points, the last "
                       "the same as the first";
    assert_invalid(DECODE("011100000001000000 02000000" ONE ONE TWO TWO), ring);
    assert_invalid(
        DECODE("011100000001000000 04000000" ONE ONE TWO TWO ONE TWO ONE THREE),
        ring);
    assert_invalid(DECODE("011100000001000000 04000000" NAN_HEX ONE TWO TWO ONE
                              TWO NAN_HEX ONE),
                   ring);
    assert_invalid(DECODE("011100000002000000 00000000 00000000"),
                   "a TRIANGLE has more than one ring");
    /* Nested ones are looked at as well. */
    assert_invalid(DECODE("010700000002000000 0101000000" ONE TWO
                          " 011100000001000000 00000000"),
                   ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_damaged_anywhere),
        cmocka_unit_test(test_more_bytes),
        cmocka_unit_test(test_points),
        cmocka_unit_test(test_empty_points),
        cmocka_unit_test(test_srid_unknown),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_members_widen_their_parent),
        cmocka_unit_test(test_widening_of_many),
        cmocka_unit_test(test_wrong_members),
        cmocka_unit_test(test_unknown_types),
        cmocka_unit_test(test_huge_counts),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_cut_tells_the_width),
        cmocka_unit_test(test_curves),
        cmocka_unit_test(test_backward_part),
        cmocka_unit_test(test_triangles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
