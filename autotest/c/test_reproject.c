/* SPDX-License-Identifier: MIT */
#include "geometry_case.h"

#include "column/wkb.h"

#include <math.h>

/* Madrid, in three systems; the coordinates are cs2cs's. */
#define LONGITUDE (-3.7038)
#define LATITUDE 40.4168
#define MERCATOR_X (-412305.130000127)
#define MERCATOR_Y 4926696.669635532

static struct cc_reprojector *new_reprojector(const char *target)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_reprojector *reprojector = cc_reprojector_new(target, &error);
    if (!reprojector)
        fail_msg("%s", error.message);
    return reprojector;
}

static struct cc_buffer wkb_of(const char *wkt)
{
    struct decoded decoded = decode_text(wkt);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    return decoded.wkb;
}

static enum cc_geometry_status
reproject_from(struct cc_reprojector *reprojector, int32_t srid,
               const char *definition, struct cc_buffer *wkb,
               char reason[CC_REASON_SIZE])
{
    memset(reason, 0x55, CC_REASON_SIZE);
    return cc_reproject(reprojector, srid, definition, wkb->data, wkb->size,
                        reason);
}

/* The position after the header of a point, or so many bytes in. */
static void assert_position(const struct cc_buffer *wkb, size_t offset,
                            double x, double y, double tolerance)
{
    double actual_x = cc_load_f64le(wkb->data + offset);
    double actual_y = cc_load_f64le(wkb->data + offset + 8);
    if (!(fabs(actual_x - x) <= tolerance && fabs(actual_y - y) <= tolerance))
        fail_msg("%.12f %.12f, not %.12f %.12f", actual_x, actual_y, x, y);
}

static void test_point(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:3857");
    struct cc_buffer wkb = wkb_of("POINT (-3.7038 40.4168)");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    assert_position(&wkb, 5, MERCATOR_X, MERCATOR_Y, 1e-6);
    cc_reprojector_free(reprojector);

    /* and back: longitude first, whatever EPSG says of 4326 */
    reprojector = new_reprojector("EPSG:4326");
    assert_int_equal(reproject_from(reprojector, 3857, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    assert_position(&wkb, 5, LONGITUDE, LATITUDE, 1e-11);
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

/* EPSG:3035 is northing, easting; here both sides are x, y. */
static void test_northing_first(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:3035");
    struct cc_buffer wkb = wkb_of("POINT (10 52)");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    assert_position(&wkb, 5, 4321000, 3210000, 1e-6);
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

/* The coordinates of every kind of geometry, wherever they lie in the WKB. */
static void test_every_kind(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:3857");
    struct cc_buffer wkb = wkb_of(
        "GEOMETRYCOLLECTION (POINT (-3.7038 40.4168),LINESTRING (-3.7038 "
        "40.4168,0 0),POLYGON ((-3.7038 40.4168,0 0,0 1,-3.7038 40.4168)),"
        "MULTIPOINT ((-3.7038 40.4168)),CIRCULARSTRING (-3.7038 40.4168,0 0,1 "
        "0))");
    static const size_t offsets[] = {14, 39, 84, 132, 162, 187};
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        assert_position(&wkb, offsets[i], MERCATOR_X, MERCATOR_Y, 1e-6);
    assert_position(&wkb, 55, 0, 0, 1e-6);
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

/* More positions than are handed to PROJ at once, with Z and M between. */
static void test_many_positions(void **state)
{
    (void)state;
    const size_t count = 1000;
    char reason[CC_REASON_SIZE];
    struct cc_buffer wkb = CC_BUFFER_INIT;
    size_t slot;
    assert_int_equal(
        cc_wkb_append_header(&wkb, CC_WKB_LINESTRING, CC_DIM_Z | CC_DIM_M), 0);
    assert_int_equal(cc_wkb_append_count(&wkb, &slot), 0);
    cc_wkb_set_count(&wkb, slot, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
    {
        double ordinates[4] = {LONGITUDE, LATITUDE, (double)i, -(double)i};
        assert_int_equal(
            cc_wkb_append_position(&wkb, ordinates, CC_DIM_Z | CC_DIM_M), 0);
    }
    struct cc_reprojector *reprojector = new_reprojector("EPSG:3857");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    for (size_t i = 0; i < count; i++)
    {
        size_t offset = 9 + i * 32;
        assert_position(&wkb, offset, MERCATOR_X, MERCATOR_Y, 1e-6);
        assert_position(&wkb, offset + 16, (double)i, -(double)i, 1e-6);
    }
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

/* From geocentric coordinates, where Z takes part. */
static void test_height(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:4978");
    struct cc_buffer wkb = wkb_of("POINT ZM (0 0 1000 7)");
    assert_int_equal(reproject_from(reprojector, 4979, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    assert_position(&wkb, 5, 6379137, 0, 1e-6);
    assert_position(&wkb, 21, 0, 7, 1e-6);
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

static void test_empty_points_stay(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:3857");
    struct cc_buffer wkb = wkb_of("MULTIPOINT Z (EMPTY,(-3.7038 40.4168 NaN))");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    for (size_t i = 0; i < 3; i++)
        assert_true(isnan(cc_load_f64le(wkb.data + 14 + 8 * i)));
    assert_position(&wkb, 43, MERCATOR_X, MERCATOR_Y, 1e-6);
    assert_true(isnan(cc_load_f64le(wkb.data + 59)));
    cc_buffer_free(&wkb);

    wkb = wkb_of("POLYGON EMPTY");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

static void test_same_system(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:4326");
    struct cc_buffer before = wkb_of("POINT (-3.7038123456789 140.4168)");
    struct cc_buffer wkb = wkb_of("POINT (-3.7038123456789 140.4168)");
    /* To the last bit; a latitude that is none does not matter either. */
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    assert_memory_equal(wkb.data, before.data, before.size);
    /* CRS84 is the same but for the order of its axes. */
    assert_int_equal(
        reproject_from(reprojector, 900001, "OGC:CRS84", &wkb, reason),
        CC_GEOMETRY_OK);
    assert_memory_equal(wkb.data, before.data, before.size);
    cc_buffer_free(&wkb);
    cc_buffer_free(&before);
    cc_reprojector_free(reprojector);
}

/* Definitions are told apart by their text, also under the same SRID. */
static void test_definitions(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector(
        "+proj=merc +a=6378137 +b=6378137 +units=m +nadgrids=@null +type=crs");
    for (int i = 0; i < 3; i++)
    {
        struct cc_buffer wkb = wkb_of("POINT (-3.7038 40.4168)");
        assert_int_equal(
            reproject_from(reprojector, 990001, "EPSG:4326", &wkb, reason),
            CC_GEOMETRY_OK);
        assert_position(&wkb, 5, MERCATOR_X, MERCATOR_Y, 1e-5);
        cc_buffer_free(&wkb);

        wkb = wkb_of("POINT (-412305.130000127 4926696.669635532)");
        assert_int_equal(
            reproject_from(reprojector, 990001, "EPSG:3857", &wkb, reason),
            CC_GEOMETRY_OK);
        assert_position(&wkb, 5, MERCATOR_X, MERCATOR_Y, 1e-5);
        cc_buffer_free(&wkb);
    }
    cc_reprojector_free(reprojector);
}

static void test_unknown_systems(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_error error = CC_ERROR_INIT;
    assert_null(cc_reprojector_new("EPSG:999999", &error));
    assert_int_equal(error.stage, CC_STAGE_PARAMETER);
    assert_string_equal(error.message,
                        "PROJ knows no coordinate reference system "
                        "\"EPSG:999999\"; name one as EPSG:<code>, WKT or PROJ "
                        "string");
    /* an ellipsoid is no CRS */
    assert_null(cc_reprojector_new("EPSG:7030", &error));
    assert_null(cc_reprojector_new("", &error));
    /* PROJ would take Amersfoort and Mars */
    assert_false(cc_crs_is_known("foo"));
    assert_false(cc_crs_is_known("mars"));
    assert_true(cc_crs_is_known("wgs84"));
    assert_true(cc_crs_is_known("OGC:CRS84"));

    struct cc_reprojector *reprojector = new_reprojector("EPSG:4326");
    struct cc_buffer wkb = wkb_of("POINT (1 2)");
    const char *unknown =
        "PROJ knows no coordinate reference system for SRID 999999";
    for (int i = 0; i < 2; i++)
    {
        assert_int_equal(
            reproject_from(reprojector, 999999, NULL, &wkb, reason),
            CC_GEOMETRY_INVALID);
        assert_string_equal(reason, unknown);
        assert_int_equal(reproject_from(reprojector, 999999, "", &wkb, reason),
                         CC_GEOMETRY_INVALID);
        assert_string_equal(reason, unknown);
        assert_int_equal(
            reproject_from(reprojector, 999999, "no such thing", &wkb, reason),
            CC_GEOMETRY_INVALID);
        assert_string_equal(reason, unknown);
    }
    assert_position(&wkb, 5, 1, 2, 0);
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

static void test_no_counterpart(void **state)
{
    (void)state;
    char reason[CC_REASON_SIZE];
    struct cc_reprojector *reprojector = new_reprojector("EPSG:3857");
    struct cc_buffer wkb = wkb_of("LINESTRING (0 0,12 95)");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_INVALID);
    assert_string_equal(reason, "the position 12 95 has no counterpart in the "
                                "target CRS");
    cc_buffer_free(&wkb);

    /* The next value is none the worse for it. */
    wkb = wkb_of("POINT (-3.7038 40.4168)");
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_OK);
    assert_position(&wkb, 5, MERCATOR_X, MERCATOR_Y, 1e-6);

    wkb.size--;
    assert_int_equal(reproject_from(reprojector, 4326, NULL, &wkb, reason),
                     CC_GEOMETRY_INVALID);
    assert_string_equal(reason, "not ISO WKB");
    cc_buffer_free(&wkb);
    cc_reprojector_free(reprojector);
}

static void test_srid_is_epsg(void **state)
{
    (void)state;
    assert_true(cc_srid_is_epsg(4326));
    assert_true(cc_srid_is_epsg(25830));
    assert_false(cc_srid_is_epsg(0));
    assert_false(cc_srid_is_epsg(-1));
    assert_false(cc_srid_is_epsg(999999));
    assert_false(cc_srid_is_epsg(7030)); /* an ellipsoid */
}

static void test_free_of_nothing(void **state)
{
    (void)state;
    cc_reprojector_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_point),
        cmocka_unit_test(test_northing_first),
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_many_positions),
        cmocka_unit_test(test_height),
        cmocka_unit_test(test_empty_points_stay),
        cmocka_unit_test(test_same_system),
        cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_unknown_systems),
        cmocka_unit_test(test_no_counterpart),
        cmocka_unit_test(test_srid_is_epsg),
        cmocka_unit_test(test_free_of_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
