/* SPDX-License-Identifier: MIT */
#include "builder_fixture.h"

#include <math.h>
#include <stdlib.h>

#define OK(expression) assert_int_equal(expression, 0)

static int append_decimal(struct cc_builder *column, const char *text)
{
    return cc_builder_decimal(column, text, strlen(text), NULL);
}

static int append_text(struct cc_builder *column, const char *text)
{
    return cc_builder_text(column, text, strlen(text), NULL);
}

/* ---- integers ---- */

static void test_integers(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_INT64, CC_OUT_INT64);
    OK(cc_builder_int64(c, INT64_MIN, NULL));
    OK(cc_builder_uint64(c, 7, NULL));
    OK(append_decimal(c, "12.00"));
    OK(append_text(c, "-8"));
    OK(cc_builder_decimal64(c, 500, 2, NULL));
    OK(cc_builder_double(c, 3.0, NULL));
    cc_builder_null(c);
    struct ArrowArray batch = fixture_finish(&fixture);
    struct ArrowArray *array = batch.children[0];
    static const int64_t expected[] = {INT64_MIN, 7, 12, -8, 5, 3};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(int64_at(array, i), expected[i]);
    assert_true(is_null(array, 6));
    assert_int_equal(array->null_count, 1);
    assert_loss(c, CC_LOSS_RANGE, "");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_integer_range(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_DECIMAL, CC_OUT_INT64);
    OK(append_decimal(c, "1"));
    OK(append_decimal(c, "99999999999999999999"));
    OK(cc_builder_uint64(c, UINT64_MAX, NULL));
    OK(append_decimal(c, "NaN"));
    OK(append_decimal(c, "-9223372036854775808"));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_int_equal(batch.children[0]->null_count, 3);
    assert_int_equal(int64_at(batch.children[0], 4), INT64_MIN);
    assert_loss(c, CC_LOSS_RANGE,
                "column \"c\": 3 values do not fit a 64-bit integer and are "
                "NULL, first in row 2 (99999999999999999999); "
                "-oo LOSSLESS=YES keeps them as text");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_small_integers(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "s", CC_KIND_INT16, CC_OUT_INT16);
    fixture_column(&fixture, "i", CC_KIND_INT32, CC_OUT_INT32);
    fixture_column(&fixture, "b", CC_KIND_BOOLEAN, CC_OUT_BOOLEAN);
    fixture_build(&fixture, NULL);
    struct cc_builder *c = fixture.builder->columns;
    static const int64_t values[] = {
        -32768, 32767, 32768, INT32_MAX, INT64_C(2147483648), 0};
    for (size_t i = 0; i < 6; i++)
    {
        for (size_t k = 0; k < 3; k++)
            OK(cc_builder_int64(&c[k], values[i], NULL));
    }
    struct ArrowArray batch = fixture_finish(&fixture);
    const int16_t *s = batch.children[0]->buffers[1];
    assert_int_equal(s[0], -32768);
    assert_int_equal(s[1], 32767);
    assert_int_equal(batch.children[0]->null_count, 3);
    assert_true(is_null(batch.children[0], 2));
    assert_int_equal(int32_at(batch.children[1], 3), INT32_MAX);
    assert_true(is_null(batch.children[1], 4));
    assert_int_equal(*(const uint8_t *)batch.children[2]->buffers[1], 0x1F);
    assert_loss(&c[0], CC_LOSS_RANGE,
                "column \"s\": 3 values do not fit a 16-bit integer and are "
                "NULL, first in row 3 (32768)");
    assert_loss(&c[1], CC_LOSS_RANGE,
                "column \"i\": 1 value does not fit a 32-bit integer and is "
                "NULL, in row 5 (2147483648)");
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- floating point ---- */

static void test_doubles(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c =
        fixture_one(&fixture, CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    OK(cc_builder_double(c, (double)INFINITY, NULL));
    OK(append_decimal(c, "-12.50"));
    OK(cc_builder_decimal64(c, 1, 1, NULL));
    OK(cc_builder_decimal64(c, 1, 38, NULL));
    OK(cc_builder_decimal64(c, INT64_C(-1234567890123456), 2, NULL));
    OK(append_decimal(c, "NaN"));
    OK(append_decimal(c, "-Infinity"));
    OK(cc_builder_int64(c, 7, NULL));
    OK(append_text(c, "1e3"));
    struct ArrowArray batch = fixture_finish(&fixture);
    const double *values = batch.children[0]->buffers[1];
    assert_true(isinf(values[0]));
    assert_true(values[1] == -12.5);
    assert_true(values[2] == 0.1);
    assert_true(values[3] == 1e-38);
    assert_true(values[4] == -12345678901234.56);
    assert_true(isnan(values[5]));
    assert_true(values[6] == -(double)INFINITY);
    assert_true(values[7] == 7);
    assert_true(values[8] == 1000);
    assert_int_equal(batch.children[0]->null_count, 0);
    assert_null(batch.children[0]->buffers[0]);
    assert_loss(c, CC_LOSS_PRECISION, "");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_precision(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c =
        fixture_one(&fixture, CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    OK(append_decimal(c, "1234567890123.456"));
    OK(append_decimal(c, "0.12345678901234567890"));
    OK(cc_builder_decimal64(c, INT64_C(9007199254740993), 0, NULL));
    OK(cc_builder_int64(c, INT64_C(9007199254740993), NULL));
    OK(append_decimal(c, "1e400"));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_true(double_at(batch.children[0], 1) == 0.1234567890123456789);
    assert_true(is_null(batch.children[0], 4));
    assert_loss(c, CC_LOSS_PRECISION,
                "column \"c\": 3 values have more digits than a double holds "
                "and are rounded, first in row 2 (0.12345678901234567890); "
                "-oo LOSSLESS=YES keeps them as text");
    assert_loss(c, CC_LOSS_RANGE,
                "column \"c\": 1 value does not fit a double and is NULL, in "
                "row 5 (1e400); -oo LOSSLESS=YES keeps them as text");
    batch.release(&batch);
    fixture_free(&fixture);
}

/* The text of a binary number may have digits that mean nothing. */
static void test_float_text(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "d", CC_KIND_FLOAT64, CC_OUT_FLOAT64);
    fixture_column(&fixture, "f", CC_KIND_FLOAT32, CC_OUT_FLOAT32);
    fixture_build(&fixture, NULL);
    struct cc_builder *c = fixture.builder->columns;
    OK(append_text(&c[0], "0.100000000000000005551"));
    OK(append_text(&c[1], "0.1"));
    OK(cc_builder_double(&c[0], 0.5, NULL));
    OK(cc_builder_double(&c[1], 0.5, NULL));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_true(double_at(batch.children[0], 0) == 0.1);
    const float *floats = batch.children[1]->buffers[1];
    assert_true(floats[0] == 0.1F);
    assert_true(floats[1] == 0.5F);
    assert_loss(&c[0], CC_LOSS_PRECISION, "");
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- text ---- */

static void test_strings(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_TEXT, CC_OUT_STRING);
    const uint8_t uuid[16] = {0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0,
                              0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0};
    OK(append_text(c, "M\xC3\xBCnchen"));
    OK(append_text(c, ""));
    cc_builder_null(c);
    OK(cc_builder_bytes(c, "raw", 3, NULL));
    OK(cc_builder_uuid(c, uuid, NULL));
    OK(append_decimal(c, "1.50"));
    OK(cc_builder_decimal64(c, -5, 2, NULL));
    OK(cc_builder_int64(c, -5, NULL));
    OK(cc_builder_uint64(c, UINT64_MAX, NULL));
    OK(cc_builder_double(c, 0.1, NULL));
    OK(cc_builder_date(c, 0, NULL));
    OK(cc_builder_time(c, 1500000, NULL));
    OK(cc_builder_timestamp(c, -1, NULL));
    OK(cc_builder_geometry(c, "POINT(1 2)", 10, NULL));
    struct ArrowArray batch = fixture_finish(&fixture);
    static const char *const expected[] = {
        "M\xC3\xBCnchen",
        "",
        NULL,
        "raw",
        "12345678-9abc-def0-1234-56789abcdef0",
        "1.50",
        "-0.05",
        "-5",
        "18446744073709551615",
        "0.1",
        "1970-01-01",
        "00:00:01.5",
        "1969-12-31 23:59:59.999999",
        "POINT(1 2)"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    {
        if (expected[i])
            assert_text(batch.children[0], i, expected[i]);
        else
            assert_true(is_null(batch.children[0], i));
    }
    assert_int_equal(batch.children[0]->null_count, 1);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_invalid_utf8(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_TEXT, CC_OUT_STRING);
    OK(append_text(c, "fine"));
    OK(append_text(c, "M\xFCnchen"));
    OK(cc_builder_text(c, "a\0b", 3, NULL));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_text(batch.children[0], 1, "M\xEF\xBF\xBDnchen");
    assert_text(batch.children[0], 2,
                "a\xEF\xBF\xBD"
                "b");
    assert_loss(c, CC_LOSS_ENCODING,
                "column \"c\": 2 values are not valid text; what is invalid in "
                "them is replaced by U+FFFD, first in row 2 "
                "(M\xEF\xBF\xBDnchen); -oo ENCODING= names the encoding they "
                "are in");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_encoding(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.iconv_name = "CP1252"};
    fixture_init(&fixture);
    fixture_column(&fixture, "c", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_build(&fixture, &options);
    struct cc_builder *c = fixture.builder->columns;
    OK(append_text(c, "M\xFCnchen \x80"));
    OK(append_text(c, "plain"));
    OK(append_text(c, "\x81"));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_text(batch.children[0], 0, "M\xC3\xBCnchen \xE2\x82\xAC");
    assert_text(batch.children[0], 1, "plain");
    assert_text(batch.children[0], 2, "\xEF\xBF\xBD");
    assert_loss(c, CC_LOSS_ENCODING,
                "column \"c\": 1 value is not valid text; what is invalid in "
                "it is replaced by U+FFFD, in row 3 (\xEF\xBF\xBD); "
                "-oo ENCODING= must name the encoding they are in");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_unknown_encoding(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.iconv_name = "MULE"};
    fixture_init(&fixture);
    assert_int_equal(cc_batch_builder_new(&fixture.schema, NULL, NULL, &options,
                                          &fixture.builder, &fixture.error),
                     -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_PARAMETER);
    assert_string_equal(fixture.error.message,
                        "encoding: this system cannot convert MULE to UTF-8");
    fixture_free(&fixture);
}

static void test_binary(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_BINARY, CC_OUT_BINARY);
    OK(cc_builder_bytes(c, "\0\xFF", 2, NULL));
    OK(append_text(c, "\\x00fF"));
    OK(append_text(c, ""));
    assert_int_equal(cc_builder_text(c, "xyz", 3, &fixture.error), -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_FETCH);
    assert_string_equal(fixture.error.message,
                        "column \"c\", row 4: \"xyz\" cannot be read as "
                        "binary");
    fixture.error.message[0] = '\0';
    struct ArrowArray batch = fixture_finish(&fixture);
    const int32_t offsets[] = {0, 2, 4, 4};
    assert_memory_equal(batch.children[0]->buffers[1], offsets, sizeof offsets);
    assert_memory_equal(batch.children[0]->buffers[2], "\0\xFF\0\xFF", 4);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- booleans ---- */

static void test_booleans(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c =
        fixture_one(&fixture, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN);
    static const char *const words[] = {"t",   "F",  "TRUE", "false", "1", "0",
                                        "yes", "no", "on",   "off",   "y", "n"};
    for (size_t i = 0; i < 12; i++)
        OK(append_text(c, words[i]));
    cc_builder_null(c);
    OK(append_decimal(c, "1"));
    assert_int_equal(cc_builder_text(c, "maybe", 5, &fixture.error), -1);
    assert_string_equal(fixture.error.message,
                        "column \"c\", row 15: \"maybe\" cannot be read as "
                        "boolean");
    fixture.error.message[0] = '\0';
    struct ArrowArray batch = fixture_finish(&fixture);
    const uint8_t *bits = batch.children[0]->buffers[1];
    const uint8_t *validity = batch.children[0]->buffers[0];
    assert_int_equal(bits[0], 0x55);
    assert_int_equal(bits[1], 0x25);
    assert_int_equal(validity[0], 0xFF);
    assert_int_equal(validity[1] & 0x3F, 0x2F);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- dates and times ---- */

static void test_dates(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_DATE, CC_OUT_DATE);
    OK(cc_builder_date(c, 18262, NULL));
    OK(append_text(c, "2020-01-02"));
    OK(cc_builder_date(c, 2932897, NULL));
    OK(append_text(c, "infinity"));
    OK(cc_builder_date(c, INT64_MAX, NULL));
    OK(append_text(c, "0000-00-00"));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_int_equal(int32_at(batch.children[0], 0), 18262);
    assert_int_equal(int32_at(batch.children[0], 1), 18263);
    assert_int_equal(batch.children[0]->null_count, 4);
    assert_loss(c, CC_LOSS_DATETIME,
                "column \"c\": 3 values are not dates of the years 1 to 9999 "
                "and are NULL, first in row 3 (10000-01-01); "
                "-oo LOSSLESS=YES keeps them as text");
    assert_loss(c, CC_LOSS_ZERO_DATE,
                "column \"c\": 1 value is a zero or partial date and is NULL, "
                "in row 6 (0000-00-00); -oo LOSSLESS=YES keeps them as text");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_times(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_TIME, CC_OUT_TIME);
    OK(cc_builder_time(c, INT64_C(86399999999), NULL));
    OK(append_text(c, "00:00:01.0000001"));
    OK(append_text(c, "-838:59:59"));
    OK(cc_builder_time(c, INT64_C(86400000000), NULL));
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_int_equal(int64_at(batch.children[0], 0), INT64_C(86399999999));
    assert_int_equal(int64_at(batch.children[0], 1), 1000000);
    assert_loss(c, CC_LOSS_DATETIME,
                "column \"c\": 2 values are not times from 00:00:00 to before "
                "24:00:00 and are NULL, first in row 3 (-838:59:59); "
                "-oo LOSSLESS=YES keeps them as text");
    assert_loss(c, CC_LOSS_SUBMICROSECOND,
                "column \"c\": 1 value is rounded to microseconds, in row 2 "
                "(00:00:01.0000001); -oo LOSSLESS=YES keeps them as text");
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_timestamps(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "t", CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    fixture_column(&fixture, "z", CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ);
    fixture_build(&fixture, NULL);
    struct cc_builder *c = fixture.builder->columns;
    for (size_t i = 0; i < 2; i++)
    {
        OK(cc_builder_timestamp(&c[i], 5, NULL));
        OK(append_text(&c[i], "1970-01-02 00:00:00"));
        OK(append_text(&c[i], "1970-01-02 00:00:00+01"));
        OK(cc_builder_date(&c[i], 2, NULL));
        OK(cc_builder_timestamp(&c[i], INT64_MAX, NULL));
        OK(append_text(&c[i], "0044-03-15 00:00:00 BC"));
    }
    struct ArrowArray batch = fixture_finish(&fixture);
    const int64_t day = INT64_C(86400000000);
    assert_int_equal(int64_at(batch.children[0], 0), 5);
    assert_int_equal(int64_at(batch.children[0], 1), day);
    assert_true(is_null(batch.children[0], 2));
    assert_int_equal(int64_at(batch.children[0], 3), 2 * day);
    assert_int_equal(int64_at(batch.children[1], 2), day - day / 24);
    assert_int_equal(batch.children[1]->null_count, 2);
    assert_loss(&c[1], CC_LOSS_DATETIME,
                "column \"z\": 2 values are not timestamps of the years 1 to "
                "9999 and are NULL, first in row 5 "
                "(294247-01-10 04:00:54.775807+00); "
                "-oo LOSSLESS=YES keeps them as text");
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- what cannot be appended ---- */

static void test_unreadable(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_INT32, CC_OUT_INT32);
    OK(cc_builder_int64(c, 1, NULL));
    assert_int_equal(cc_builder_text(c, "12a", 3, &fixture.error), -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_FETCH);
    assert_string_equal(fixture.error.message,
                        "column \"c\", row 2: \"12a\" cannot be read as 32-bit "
                        "integer");
    assert_int_equal(c->length, 1);
    fixture_free(&fixture);
}

static void test_mismatch(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_error *error = &fixture.error;
    const uint8_t uuid[16] = {0};
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_TIME, CC_OUT_TIME);
    assert_int_equal(cc_builder_int64(c, 1, error), -1);
    assert_int_equal(error->stage, CC_STAGE_INTERNAL);
    assert_string_equal(error->message,
                        "column \"c\" of type native (time here) cannot take "
                        "a value of type integer");
    assert_int_equal(cc_builder_double(c, 1.5, error), -1);
    assert_int_equal(cc_builder_date(c, 1, error), -1);
    assert_int_equal(cc_builder_timestamp(c, 1, error), -1);
    assert_int_equal(cc_builder_uuid(c, uuid, error), -1);
    assert_int_equal(cc_builder_bytes(c, "x", 1, error), -1);
    assert_int_equal(cc_builder_geometry(c, "x", 1, error), -1);
    fixture_free(&fixture);

    c = fixture_one(&fixture, CC_KIND_INT64, CC_OUT_INT64);
    assert_int_equal(cc_builder_time(c, 1, error), -1);
    assert_int_equal(c->length, 0);
    fixture_free(&fixture);
}

/* ---- counting ---- */

static void test_reason_is_one_line(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *c = fixture_one(&fixture, CC_KIND_DATE, CC_OUT_DATE);
    char text[400];
    memset(text, 'x', sizeof text);
    text[0] = '\n';
    text[1] = '\xFF';
    OK(cc_builder_text(c, text, sizeof text, NULL));
    const char *reason = c->losses[CC_LOSS_DATETIME].reason;
    assert_memory_equal(reason, " \xEF\xBF\xBDxx", 6);
    assert_int_equal(strlen(reason), CC_REASON_SIZE - 1);
    assert_string_equal(reason + CC_REASON_SIZE - 5, "x...");
    fixture_free(&fixture);
}

static void test_counted_rows(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.counted_rows = 2,
                                       .invalid_geometry_is_error = true};
    fixture_init(&fixture);
    fixture_column(&fixture, "d", CC_KIND_DATE, CC_OUT_DATE);
    fixture_column(&fixture, "g", CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
    fixture_build(&fixture, &options);
    struct cc_builder *c = fixture.builder->columns;
    for (size_t i = 0; i < 2; i++)
    {
        OK(append_text(&c[0], "infinity"));
        cc_builder_null(&c[1]);
    }
    OK(append_text(&c[0], "infinity"));
    OK(cc_builder_geometry(&c[1], "rubbish", 7, &fixture.error));
    assert_int_equal(c[0].null_count, 3);
    assert_int_equal(c[0].losses[CC_LOSS_DATETIME].count, 2);
    assert_int_equal(c[1].losses[CC_LOSS_GEOMETRY].count, 0);
    fixture_free(&fixture);
}

/* A remote column without a name is called by its output's. */
static void test_unnamed(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    struct cc_column *column =
        fixture_column(&fixture, "", CC_KIND_DATE, CC_OUT_DATE);
    snprintf(column->output_name, sizeof column->output_name, "column_1");
    fixture_build(&fixture, NULL);
    struct cc_builder *c = fixture.builder->columns;
    cc_builder_lost(c, CC_LOSS_DATETIME, "infinity");
    assert_loss(c, CC_LOSS_DATETIME,
                "column \"column_1\": 1 value is not a date of the years 1 to "
                "9999 and is NULL, in row 1 (infinity); -oo LOSSLESS=YES keeps "
                "them as text");
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_integer_range),
        cmocka_unit_test(test_small_integers),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_precision),
        cmocka_unit_test(test_float_text),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_invalid_utf8),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_unknown_encoding),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_mismatch),
        cmocka_unit_test(test_reason_is_one_line),
        cmocka_unit_test(test_counted_rows),
        cmocka_unit_test(test_unnamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
