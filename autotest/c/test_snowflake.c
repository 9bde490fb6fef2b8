/* SPDX-License-Identifier: MIT */
/* Snowflake's values, types, SQL and gzip, without a server. */
#include "cmocka_all.h"

#include "column/datetime.h"
#include "provider/snowflake.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* One column, and a builder for it. */
struct fixture
{
    struct cc_schema schema;
    struct cc_batch_builder *builder;
    struct cc_snowflake_field field;
    struct cc_error error;
};

static void open_fixture(struct fixture *f, enum cc_snowflake_type type,
                         enum cc_kind kind, enum cc_type out)
{
    memset(f, 0, sizeof *f);
    cc_error_init(&f->error, NULL);
    cc_schema_init(&f->schema);
    struct cc_column *column = cc_schema_add(&f->schema, "c", "type");
    assert_non_null(column);
    column->kind = kind;
    column->type = out;
    assert_int_equal(cc_batch_builder_new(&f->schema, NULL, NULL, NULL,
                                          &f->builder, &f->error),
                     0);
    f->field.type = type;
    f->field.builder = &f->builder->columns[0];
}

static void close_fixture(struct fixture *f)
{
    cc_buffer_free(&f->field.scratch);
    cc_batch_builder_free(f->builder);
    cc_schema_free(&f->schema);
}

static int append(struct fixture *f, const char *text)
{
    const struct cc_json_cell cell = {text, text ? strlen(text) : 0};
    return cc_snowflake_append_json(&f->field, &cell, &f->error);
}

/* The last value, of a column of 64 bits. */
static int64_t last(const struct fixture *f)
{
    const struct cc_builder *builder = f->field.builder;
    return ((const int64_t *)builder->values)[builder->length - 1];
}

static void check_timestamp(enum cc_snowflake_type type, const char *text,
                            int64_t microseconds)
{
    struct fixture f;
    open_fixture(&f, type, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    assert_int_equal(append(&f, text), 0);
    assert_true(last(&f) == microseconds);
    close_fixture(&f);
}

static void test_timestamps(void **state)
{
    (void)state;
    check_timestamp(CC_SNOWFLAKE_NTZ, "0", 0);
    check_timestamp(CC_SNOWFLAKE_NTZ, "1.5", 1500000);
    check_timestamp(CC_SNOWFLAKE_NTZ, "-1.500000000", -1500000);
    check_timestamp(CC_SNOWFLAKE_NTZ, "-0.000001", -1);
    check_timestamp(CC_SNOWFLAKE_NTZ, "1700000000.123456789",
                    INT64_C(1700000000123457));
    /* the zone does not move the point in time */
    check_timestamp(CC_SNOWFLAKE_TZ, "60.000000000 1500", 60000000);
}

static void check_text(enum cc_snowflake_type type, const char *in,
                       const char *expected)
{
    struct fixture f;
    open_fixture(&f, type, CC_KIND_TIMESTAMP, CC_OUT_STRING);
    assert_int_equal(append(&f, in), 0);
    assert_int_equal(f.field.builder->data.size, strlen(expected));
    assert_memory_equal(f.field.builder->data.data, expected, strlen(expected));
    close_fixture(&f);
}

/* LOSSLESS: every digit, and the zone. */
static void test_timestamps_as_text(void **state)
{
    (void)state;
    check_text(CC_SNOWFLAKE_NTZ, "0.000000001",
               "1970-01-01 00:00:00.000000001");
    check_text(CC_SNOWFLAKE_NTZ, "-1", "1969-12-31 23:59:59");
    check_text(CC_SNOWFLAKE_TZ, "0.5 1410", "1969-12-31 23:30:00.5-00:30");
    check_text(CC_SNOWFLAKE_LTZ, "0", "1970-01-01 00:00:00+00:00");
    check_text(CC_SNOWFLAKE_TIME, "86399.999999999", "23:59:59.999999999");
}

/* The last nanosecond of a day does not become the next day. */
static void test_time(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f, CC_SNOWFLAKE_TIME, CC_KIND_TIME, CC_OUT_TIME);
    assert_int_equal(append(&f, "3723.500000000"), 0);
    assert_true(last(&f) == INT64_C(3723500000));
    assert_int_equal(append(&f, "86399.999999999"), 0);
    assert_true(last(&f) == CC_US_PER_DAY - 1);
    close_fixture(&f);
}

static void check_real(const char *in, double expected)
{
    struct fixture f;
    open_fixture(&f, CC_SNOWFLAKE_FIXED, CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    assert_int_equal(append(&f, in), 0);
    assert_true(((const double *)f.field.builder->values)[0] == expected);
    close_fixture(&f);
}

static void check_integer(const char *in, int64_t expected)
{
    struct fixture f;
    open_fixture(&f, CC_SNOWFLAKE_FIXED, CC_KIND_DECIMAL, CC_OUT_INT64);
    assert_int_equal(append(&f, in), 0);
    assert_true(last(&f) == expected);
    close_fixture(&f);
}

static void test_numbers(void **state)
{
    struct fixture f;
    (void)state;
    check_real("12.50", 12.5);
    check_real("-0.05", -0.05);
    check_real("0.00", 0);
    check_real("123456789012345.67", 123456789012345.67);
    check_real("12345678901234567.89", 12345678901234567.89);
    check_integer("0", 0);
    check_integer("-7", -7);
    check_integer("123456789012345678", INT64_C(123456789012345678));
    check_integer("9223372036854775807", INT64_MAX);
    check_integer("-9223372036854775808", INT64_MIN);
    open_fixture(&f, CC_SNOWFLAKE_FIXED, CC_KIND_DECIMAL, CC_OUT_INT64);
    assert_int_equal(append(&f, "9223372036854775808"), 0);
    assert_int_equal(f.field.builder->losses[CC_LOSS_RANGE].count, 1);
    close_fixture(&f);
    /* LOSSLESS: the very text */
    check_text(CC_SNOWFLAKE_FIXED, "-0.050", "-0.050");
    check_text(CC_SNOWFLAKE_FIXED, "12345678901234567890.5",
               "12345678901234567890.5");
}

/* LOSSLESS or not, intervals are text. */
static void check_interval(enum cc_snowflake_type type, int scale,
                           const char *in, const char *expected)
{
    struct fixture f;
    open_fixture(&f, type, CC_KIND_TEXT, CC_OUT_STRING);
    f.field.scale = scale;
    assert_int_equal(append(&f, in), 0);
    assert_int_equal(f.field.builder->data.size, strlen(expected));
    assert_memory_equal(f.field.builder->data.data, expected, strlen(expected));
    close_fixture(&f);
}

static void test_intervals(void **state)
{
    struct fixture f;
    (void)state;
    check_interval(CC_SNOWFLAKE_YEAR_MONTH, 0, "14", "+1-02");
    check_interval(CC_SNOWFLAKE_YEAR_MONTH, 0, "-25", "-2-01");
    check_interval(CC_SNOWFLAKE_YEAR_MONTH, 1, "24", "+2");
    check_interval(CC_SNOWFLAKE_YEAR_MONTH, 2, "24", "+24");
    check_interval(CC_SNOWFLAKE_DAY_TIME, 9, "0", "+0 00:00:00");
    check_interval(CC_SNOWFLAKE_DAY_TIME, 9, "90061500000000", "+1 01:01:01.5");
    /* nine digits of days, the most there are */
    check_interval(CC_SNOWFLAKE_DAY_TIME, 9, "-86399999999999999999999",
                   "-999999999 23:59:59.999999999");
    open_fixture(&f, CC_SNOWFLAKE_DAY_TIME, CC_KIND_TEXT, CC_OUT_STRING);
    assert_int_equal(append(&f, ""), -1);
    assert_int_equal(append(&f, "-"), -1);
    assert_int_equal(append(&f, "1.5"), -1);
    assert_int_equal(append(&f, "1000000000000000000000000000000"), -1);
    assert_int_equal(f.error.stage, CC_STAGE_FETCH);
    close_fixture(&f);
}

static void test_date_and_null(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f, CC_SNOWFLAKE_DATE, CC_KIND_DATE, CC_OUT_DATE);
    assert_int_equal(append(&f, "-1"), 0);
    assert_int_equal(append(&f, NULL), 0);
    assert_int_equal(((const int32_t *)f.field.builder->values)[0], -1);
    assert_int_equal(f.field.builder->null_count, 1);
    close_fixture(&f);
}

static void test_binary(void **state)
{
    struct fixture f;
    (void)state;
    open_fixture(&f, CC_SNOWFLAKE_BINARY, CC_KIND_BINARY, CC_OUT_BINARY);
    assert_int_equal(append(&f, "00fFA0"), 0);
    assert_int_equal(append(&f, ""), 0);
    assert_int_equal(f.field.builder->data.size, 3);
    assert_memory_equal(f.field.builder->data.data, "\x00\xFF\xA0", 3);
    assert_int_equal(append(&f, "0"), -1);
    assert_int_equal(append(&f, "0G"), -1);
    assert_int_equal(f.error.stage, CC_STAGE_FETCH);
    close_fixture(&f);
}

static void test_damaged_values(void **state)
{
    static const char *const texts[] = {"",     "x",  "1x",      "-",
                                        "1.5x", "1 ", "1 99999", "1 1440x"};
    struct fixture f;
    (void)state;
    open_fixture(&f, CC_SNOWFLAKE_TZ, CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
        assert_int_equal(append(&f, texts[i]), -1);
        assert_int_equal(f.error.stage, CC_STAGE_FETCH);
    }
    /* a year that OGR does not know is counted, no failure */
    assert_int_equal(append(&f, "999999999999999.0 1440"), 0);
    assert_int_equal(f.field.builder->losses[CC_LOSS_DATETIME].count, 1);
    close_fixture(&f);
}

/* ---- types ---- */

static void test_columns(void **state)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_schema schema;
    struct json_object *rowtype = json_tokener_parse(
        "[{\"name\":\"N\",\"type\":\"fixed\",\"precision\":12,\"scale\":2,"
        "\"nullable\":false},"
        "{\"name\":\"S\",\"type\":\"text\",\"length\":20,\"nullable\":true},"
        "{\"name\":\"L\",\"type\":\"text\",\"length\":16777216},"
        "{\"name\":\"G\",\"type\":\"binary\",\"extTypeName\":\"GEOGRAPHY\"},"
        "{\"name\":\"M\",\"type\":\"object\",\"extTypeName\":\"GEOMETRY\"},"
        "{\"name\":\"I\",\"type\":\"interval_year_month\",\"scale\":2},"
        "{\"name\":\"U\",\"type\":\"of the future\"}]");
    (void)state;
    cc_schema_init(&schema);
    assert_int_equal(cc_snowflake_add_columns(rowtype, &schema, &error), 0);
    const struct cc_column *c = schema.columns;
    assert_int_equal(schema.count, 7);
    assert_int_equal(c[0].kind, CC_KIND_DECIMAL);
    assert_int_equal(c[0].precision, 12);
    assert_int_equal(c[0].scale, 2);
    assert_true(c[0].not_null && !c[1].not_null);
    assert_int_equal(c[1].width, 20);
    assert_int_equal(c[2].width, 0);
    assert_int_equal(c[3].kind, CC_KIND_GEOMETRY);
    assert_int_equal(c[3].srid, 4326);
    assert_int_equal(c[3].encoding, CC_GEOMETRY_WKB);
    assert_true(c[3].geodetic && !c[4].geodetic);
    assert_int_equal(c[4].srid, CC_SRID_UNKNOWN);
    assert_int_equal(c[4].encoding, CC_GEOMETRY_AUTO);
    assert_int_equal(c[5].kind, CC_KIND_TEXT);
    assert_int_equal(c[5].native_modifier, 2);
    assert_int_equal(c[5].scale, 0);
    assert_int_equal(c[6].kind, CC_KIND_UNSUPPORTED);
    json_object_put(rowtype);
    cc_schema_free(&schema);
}

/* ---- SQL ---- */

static void test_sql(void **state)
{
    const struct cc_dialect *d = &cc_dialect_snowflake;
    struct cc_column text = {.native_id = CC_SNOWFLAKE_TEXT};
    struct cc_column collated = {.native_id = CC_SNOWFLAKE_COLLATED};
    struct cc_column geography = {.kind = CC_KIND_GEOMETRY, .geodetic = true};
    const struct cc_box box = {
        .min_x = 1, .min_y = 2, .max_x = 3.5, .max_y = 4};
    struct cc_strbuf out = CC_STRBUF_INIT;
    (void)state;
    assert_int_equal(d->string_literal(&out, "it's \\"), 0);
    assert_string_equal(cc_strbuf_text(&out), "'it''s \\\\'");
    cc_strbuf_clear(&out);
    assert_int_equal(d->like(&out, &text, "\"C\"", "a%", '\\', false), 0);
    assert_string_equal(cc_strbuf_text(&out), "\"C\" LIKE 'a%' ESCAPE '\\\\'");
    cc_strbuf_clear(&out);
    assert_int_equal(d->like(&out, &collated, "\"C\"", "a%", 0, false), 1);
    assert_int_equal(d->fold_case(&out, &collated, "\"C\""), 1);
    assert_string_equal(cc_strbuf_text(&out), "");
    assert_int_equal(d->box(&out, &geography, "\"G\"", &box), 0);
    assert_string_equal(cc_strbuf_text(&out),
                        "(ST_XMAX(\"G\") >= 1 AND ST_XMIN(\"G\") <= 3.5 AND "
                        "ST_YMAX(\"G\") >= 2 AND ST_YMIN(\"G\") <= 4)");
    geography.geodetic = false;
    cc_strbuf_clear(&out);
    assert_int_equal(d->box(&out, &geography, "\"G\"", &box), 1);
    cc_strbuf_free(&out);
}

static void test_wrapping(void **state)
{
    static const char chain[] = "select 1 as a ->> select a from $1";
    static const char query[] = "select '->>', a - 1 > 2, b -> 3 from t";
    (void)state;
    assert_false(cc_dialect_snowflake.can_wrap(chain, strlen(chain)));
    assert_true(cc_dialect_snowflake.can_wrap(query, strlen(query)));
}

static void test_only_reading(void **state)
{
    static const char *const reading[] = {"SELECT 1",
                                          " with a as (select 1) ",
                                          "(select 1)",
                                          "show tables",
                                          "/* x */ // y\nSELECT 1",
                                          "show tables ->> select * from $1",
                                          "select '->> delete' -- ->> drop",
                                          "select a as \"PROCEDURE\" from t"};
    static const char *const writing[] = {
        "DELETE FROM t",
        "insert into t values (1)",
        "call p()",
        "",
        "BEGIN",
        "select 1 ->> delete from t",
        "select 1 ->> select 2 ->>\n/* x */ insert into t select * from $1",
        "select 1 ->>",
        "with p as procedure () returns int as 'x' call p()"};
    struct cc_error error = CC_ERROR_INIT;
    (void)state;
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
        assert_int_equal(cc_snowflake_check_query(reading[i], &error), 0);
    for (size_t i = 0; i < sizeof writing / sizeof *writing; i++)
        assert_int_equal(cc_snowflake_check_query(writing[i], &error), -1);
}

/* ---- the rest ---- */

static struct cc_buffer pack(const char *text)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    z_stream stream;
    memset(&stream, 0, sizeof stream);
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY),
                     Z_OK);
    assert_int_equal(cc_buffer_reserve(&out, strlen(text) + 100), 0);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)strlen(text);
    stream.next_out = out.data;
    stream.avail_out = (uInt)out.capacity;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    out.size = stream.total_out;
    (void)deflateEnd(&stream);
    return out;
}

static void test_inflate(void **state)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_buffer bytes = pack("some rows");
    struct cc_buffer more = pack(", more rows");
    (void)state;
    assert_int_equal(cc_buffer_append(&bytes, more.data, more.size), 0);
    assert_int_equal(cc_snowflake_inflate(&bytes, &error), 0);
    assert_int_equal(bytes.size, 20);
    assert_memory_equal(bytes.data, "some rows, more rows", 20);
    /* what is no gzip is left alone */
    assert_int_equal(cc_snowflake_inflate(&bytes, &error), 0);
    assert_int_equal(bytes.size, 20);
    cc_buffer_free(&bytes);
    cc_buffer_free(&more);
}

static void test_damaged_gzip(void **state)
{
    struct cc_buffer whole = pack("some rows and some more of them");
    (void)state;
    for (size_t size = 2; size < whole.size; size++)
    {
        struct cc_error error = CC_ERROR_INIT;
        struct cc_buffer part = CC_BUFFER_INIT;
        assert_int_equal(cc_buffer_append(&part, whole.data, size), 0);
        assert_int_equal(cc_snowflake_inflate(&part, &error), -1);
        assert_int_equal(error.stage, CC_STAGE_FETCH);
        cc_buffer_free(&part);
    }
    cc_buffer_free(&whole);
}

static void test_backoff(void **state)
{
    int wait = 0;
    (void)state;
    for (int i = 0; i < 100; i++)
    {
        int before = wait < 1000 ? 1000 : wait;
        wait = cc_snowflake_backoff(wait);
        assert_true(wait >= 1000 && wait <= 16000);
        assert_true(wait <= 3 * before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_timestamps_as_text),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_date_and_null),
        cmocka_unit_test(test_binary),
        cmocka_unit_test(test_damaged_values),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_sql),
        cmocka_unit_test(test_only_reading),
        cmocka_unit_test(test_wrapping),
        cmocka_unit_test(test_inflate),
        cmocka_unit_test(test_damaged_gzip),
        cmocka_unit_test(test_backoff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
