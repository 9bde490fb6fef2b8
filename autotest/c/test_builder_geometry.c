/* SPDX-License-Identifier: MIT */
#include "builder_fixture.h"

#include <math.h>

#define OK(expression) assert_int_equal(expression, 0)

static struct cc_builder *build(struct fixture *fixture, enum cc_kind kind,
                                int32_t srid,
                                const struct cc_batch_options *options)
{
    fixture_init(fixture);
    fixture_column(fixture, "geom", kind, CC_OUT_GEOMETRY)->srid = srid;
    fixture_build(fixture, options);
    return &fixture->builder->columns[0];
}

static void append(struct fixture *fixture, const char *text)
{
    struct cc_builder *column = &fixture->builder->columns[0];
    int result =
        cc_builder_geometry(column, text, strlen(text), &fixture->error);
    assert_string_equal(fixture->error.message, "");
    assert_int_equal(result, 0);
}

/* Little-endian ISO WKB of a point. */
static void assert_point(const struct ArrowArray *array, size_t row, double x,
                         double y)
{
    static const uint8_t header[] = {1, 1, 0, 0, 0};
    const int32_t *offsets = array->buffers[1];
    const uint8_t *wkb = (const uint8_t *)array->buffers[2] + offsets[row];
    double at[2];
    assert_false(is_null(array, row));
    assert_int_equal(offsets[row + 1] - offsets[row], 21);
    assert_memory_equal(wkb, header, 5);
    memcpy(at, wkb + 5, sizeof at);
    if (fabs(at[0] - x) > 1e-6 || fabs(at[1] - y) > 1e-6)
        fail_msg("(%.9f %.9f), not (%.9f %.9f)", at[0], at[1], x, y);
}

/* Web Mercator of longitude 9 latitude 48. */
#define MERCATOR "SRID=3857;POINT(1001875.41713946 6106854.83488507)"

/* ---- the layer's SRID ---- */

static void test_catalog(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_GEOMETRY, 4326, NULL);
    assert_int_equal(c->srid, 4326);
    append(&fixture, "POINT(1 2)");
    append(&fixture, "SRID=4326;POINT(3 4)");
    append(&fixture, MERCATOR);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 0, 1, 2);
    assert_point(batch.children[0], 1, 3, 4);
    assert_point(batch.children[0], 2, 9, 48);
    assert_null(batch.children[0]->buffers[0]);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_first_value(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_TEXT, CC_SRID_UNKNOWN, NULL);
    assert_int_equal(c->srid, 0);
    cc_builder_null(c);
    append(&fixture, "");
    assert_int_equal(c->srid, 0);
    append(&fixture, MERCATOR);
    assert_int_equal(c->srid, 3857);
    append(&fixture, "POINT(1 2)");
    append(&fixture, "SRID=4326;POINT(9 48)");
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_true(is_null(batch.children[0], 0));
    assert_true(is_null(batch.children[0], 1));
    assert_point(batch.children[0], 2, 1001875.41713946, 6106854.83488507);
    assert_point(batch.children[0], 3, 1, 2);
    assert_point(batch.children[0], 4, 1001875.41713946, 6106854.83488507);
    assert_loss(c, CC_LOSS_GEOMETRY, "");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_assumed(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_TEXT, CC_SRID_UNKNOWN, NULL);
    append(&fixture, "POINT(1 2)");
    assert_int_equal(c->srid, 4326);
    append(&fixture, MERCATOR);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 1, 9, 48);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* Without a value in the first batch the assumption stands. */
static void test_settled(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_TEXT, CC_SRID_UNKNOWN, NULL);
    cc_builder_null(c);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_int_equal(c->srid, 4326);
    batch.release(&batch);
    append(&fixture, MERCATOR);
    batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 0, 9, 48);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* A second read of a layer keeps what the first one decided. */
static void test_decided(void **state)
{
    (void)state;
    const int32_t srids[] = {3857};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "geom", CC_KIND_TEXT, CC_OUT_GEOMETRY)->srid =
        CC_SRID_UNKNOWN;
    OK(cc_batch_builder_new(&fixture.schema, NULL, srids, NULL,
                            &fixture.builder, &fixture.error));
    append(&fixture, "SRID=4326;POINT(9 48)");
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 0, 1001875.41713946, 6106854.83488507);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- definitions ---- */

static const char *define(void *context, int32_t srid)
{
    ++*(int *)context;
    return srid == 900914
               ? "+proj=merc +a=6378137 +b=6378137 +units=m +no_defs +type=crs"
               : NULL;
}

static void test_definition(void **state)
{
    (void)state;
    int calls = 0;
    struct fixture fixture;
    struct cc_batch_options options = {.srs_definition = define,
                                       .context = &calls};
    struct cc_builder *c = build(&fixture, CC_KIND_GEOMETRY, 4326, &options);
    append(&fixture, "SRID=900914;POINT(1001875.41713946 6106854.83488507)");
    append(&fixture, "SRID=900914;POINT(1001875.41713946 6106854.83488507)");
    assert_int_equal(calls, 1);
    append(&fixture, "SRID=999999;POINT(1 2)");
    append(&fixture, MERCATOR);
    assert_int_equal(calls, 2);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 1, 9, 48);
    assert_true(is_null(batch.children[0], 2));
    assert_point(batch.children[0], 3, 9, 48);
    assert_int_equal(c->losses[CC_LOSS_REPROJECTION].count, 1);
    assert_int_equal(c->losses[CC_LOSS_REPROJECTION].first_row, 3);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_unknown_layer_crs(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_GEOMETRY, 999999, NULL);
    append(&fixture, "POINT(1 2)");
    append(&fixture, MERCATOR);
    append(&fixture, MERCATOR);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 0, 1, 2);
    assert_int_equal(batch.children[0]->null_count, 2);
    assert_loss(c, CC_LOSS_REPROJECTION,
                "column \"geom\": 2 values cannot be reprojected and are NULL, "
                "first in row 2 (the CRS of the layer, SRID 999999, is not "
                "known)");
    batch.release(&batch);
    fixture_free(&fixture);
}

/* An SRS option that is no EPSG code. */
static void test_custom(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct cc_column *column =
        fixture_column(&fixture, "geom", CC_KIND_TEXT, CC_OUT_GEOMETRY);
    column->srid = CC_SRID_UNKNOWN;
    column->default_srid = CC_SRID_CUSTOM;
    fixture.schema.custom_srs =
        strdup("+proj=merc +a=6378137 +b=6378137 +units=m +no_defs +type=crs");
    fixture_build(&fixture, NULL);
    append(&fixture, "POINT(1 2)");
    append(&fixture, "SRID=4326;POINT(9 48)");
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_int_equal(fixture.builder->columns[0].srid, CC_SRID_CUSTOM);
    assert_point(batch.children[0], 0, 1, 2);
    assert_point(batch.children[0], 1, 1001875.41713946, 6106854.83488507);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- TARGET_SRS ---- */

static void test_target(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.target_srs = "EPSG:4326"};
    struct cc_builder *c = build(&fixture, CC_KIND_GEOMETRY, 3857, &options);
    append(&fixture, "POINT(1001875.41713946 6106854.83488507)");
    append(&fixture, "SRID=4326;POINT(3 4)");
    append(&fixture, MERCATOR);
    assert_int_equal(c->srid, 3857);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 0, 9, 48);
    assert_point(batch.children[0], 1, 3, 4);
    assert_point(batch.children[0], 2, 9, 48);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_target_definition(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {
        .target_srs =
            "+proj=merc +a=6378137 +b=6378137 +units=m +no_defs +type=crs"};
    build(&fixture, CC_KIND_TEXT, CC_SRID_UNKNOWN, &options);
    append(&fixture, "POINT(9 48)");
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_point(batch.children[0], 0, 1001875.41713946, 6106854.83488507);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_target_unknown(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.target_srs = "nonsense"};
    fixture_init(&fixture);
    fixture_column(&fixture, "geom", CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
    assert_int_equal(cc_batch_builder_new(&fixture.schema, NULL, NULL, &options,
                                          &fixture.builder, &fixture.error),
                     -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_PARAMETER);
    assert_non_null(strstr(fixture.error.message, "nonsense"));
    fixture_free(&fixture);
}

/* ---- what is no geometry ---- */

static void test_invalid(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_TEXT, CC_SRID_UNKNOWN, NULL);
    append(&fixture, "POINT(1 2)");
    append(&fixture, "rubbish");
    append(&fixture, "0101000000");
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_int_equal(batch.children[0]->null_count, 2);
    assert_point(batch.children[0], 0, 1, 2);
    const struct cc_loss *loss = &c->losses[CC_LOSS_GEOMETRY];
    assert_int_equal(loss->count, 2);
    char expected[CC_REASON_SIZE + 200];
    snprintf(expected, sizeof expected,
             "column \"geom\": 2 values are not geometry and are NULL, first "
             "in row 2 (%s); -oo GEOM_POSSIBLE_NAMES=NONE keeps them as they "
             "are",
             loss->reason);
    assert_true(strlen(loss->reason) > 0);
    assert_loss(c, CC_LOSS_GEOMETRY, expected);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_invalid_native(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = build(&fixture, CC_KIND_GEOMETRY, 4326, NULL);
    c->losses[CC_LOSS_GEOMETRY] = (struct cc_loss){1, 5, "the WKB ends early"};
    assert_loss(c, CC_LOSS_GEOMETRY,
                "column \"geom\": 1 value is not geometry and is NULL, in row "
                "5 (the WKB ends early)");
    fixture_free(&fixture);
}

/* The message begins so, and a reason follows. */
static void assert_message(const struct cc_error *error, const char *begin)
{
    size_t length = strlen(begin);
    assert_memory_equal(error->message, begin, length);
    assert_true(strlen(error->message) > length);
}

static void test_invalid_is_error(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.invalid_geometry_is_error = true};
    struct cc_builder *c = build(&fixture, CC_KIND_TEXT, 4326, &options);
    append(&fixture, "POINT(1 2)");
    assert_int_equal(cc_builder_geometry(c, "rubbish", 7, &fixture.error), -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_FETCH);
    assert_message(&fixture.error,
                   "column \"geom\", row 2: the value is not geometry: ");
    assert_int_equal(c->length, 1);

    static const char unknown[] = "SRID=999999;POINT(1 2)";
    assert_int_equal(
        cc_builder_geometry(c, unknown, sizeof unknown - 1, &fixture.error),
        -1);
    assert_message(
        &fixture.error,
        "column \"geom\", row 2: the geometry cannot be reprojected: ");
    assert_int_equal(c->length, 1);
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalog),
        cmocka_unit_test(test_first_value),
        cmocka_unit_test(test_assumed),
        cmocka_unit_test(test_settled),
        cmocka_unit_test(test_decided),
        cmocka_unit_test(test_definition),
        cmocka_unit_test(test_unknown_layer_crs),
        cmocka_unit_test(test_custom),
        cmocka_unit_test(test_target),
        cmocka_unit_test(test_target_definition),
        cmocka_unit_test(test_target_unknown),
        cmocka_unit_test(test_invalid),
        cmocka_unit_test(test_invalid_native),
        cmocka_unit_test(test_invalid_is_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
