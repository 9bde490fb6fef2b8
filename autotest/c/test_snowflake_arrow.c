/* SPDX-License-Identifier: MIT */
/* Every type of Snowflake's in Arrow: the columns of snowflake.arrows, each by
 * its "rowtype", delivered as text. */
#include "arrow_stream.h"

#include "provider/snowflake.h"

#include <stdlib.h>

static struct stream stream;
static struct cc_schema schema;

static int open_all(void **state)
{
    char path[512];
    (void)state;
    snprintf(path, sizeof path, "%s/autotest/c/data/arrow/%s.arrows.json",
             CC_SOURCE_DIR, "snowflake");
    struct json_object *rowtype = json_object_from_file(path);
    assert_non_null(rowtype);
    open_stream(&stream, "snowflake");
    cc_schema_init(&schema);
    assert_int_equal(cc_snowflake_add_columns(rowtype, &schema, &stream.error),
                     0);
    json_object_put(rowtype);
    assert_int_equal(schema.count, stream.count);
    for (size_t i = 0; i < schema.count; i++)
        schema.columns[i].type = CC_OUT_STRING;
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    close_stream(&stream);
    cc_schema_free(&schema);
    return 0;
}

/* Appends one column, all others unwanted; its builder. */
static int append_column(const char *name, struct cc_batch_builder **builder)
{
    bool wanted[64] = {false};
    size_t i = column(&stream, name);
    assert_true(schema.count >= 1 && schema.count <= 64);
    wanted[i] = true;
    assert_int_equal(cc_batch_builder_new(&schema, wanted, NULL, NULL, builder,
                                          &stream.error),
                     0);
    struct cc_snowflake_field field = {
        .builder = &(*builder)->columns[0],
        .type = (enum cc_snowflake_type)schema.columns[i].native_id,
        .scale = (int)schema.columns[i].native_modifier};
    return cc_snowflake_append_arrow(&field, &stream.fields[i],
                                     stream.batch.children[i], 0, 3,
                                     &stream.error);
}

/* Row 1 is NULL, always. */
static void check(const char *name, const char *first, const char *third)
{
    struct cc_batch_builder *builder;
    assert_int_equal(append_column(name, &builder), 0);
    const struct cc_builder *c = &builder->columns[0];
    assert_int_equal(c->length, 3);
    assert_int_equal(c->null_count, 1);
    char *text = strndup((const char *)c->data.data, c->data.size);
    assert_non_null(text);
    size_t size = strlen(first) + strlen(third) + 1;
    char *expected = malloc(size);
    assert_non_null(expected);
    snprintf(expected, size, "%s%s", first, third);
    assert_string_equal(text, expected);
    free(text);
    free(expected);
    cc_batch_builder_free(builder);
}

static void test_numbers(void **state)
{
    (void)state;
    check("PRICE", "12.50", "-0.05");
    check("BIG", "1234567890123456789.0123456789", "0.0000000001");
    check("R", "1.5", "NaN");
    check("DEC", "255e-1", "-1e3");
}

static void test_times(void **state)
{
    (void)state;
    check("D", "1969-12-31", "2024-02-29");
    check("TI", "01:02:03.5", "23:59:59.999999");
    check("NTZ", "1969-12-31 23:59:58.5", "1970-01-01 00:00:00");
    check("LTZ", "2023-11-14 22:13:20.123456+00:00",
          "1970-01-01 00:00:00+00:00");
    check("TZ", "2023-11-14 23:13:20+01:00", "1970-01-01 00:00:00+00:00");
}

static void test_intervals(void **state)
{
    (void)state;
    check("YM", "+1-02", "-2-01");
    check("MONTHS", "+14", "-25");
    check("DT", "+1 01:01:01.5", "-0 00:00:01");
    check("DAYS", "+123456789 03:04:05.000000006", "-0 00:00:00.000000001");
}

static void test_vector_and_map(void **state)
{
    (void)state;
    check("V", "{\"a\": 1}", "[]");
    check("VEC", "[1.5,2]", "[0,-1]");
    check("ARR", "[1.50,null,-0.05]", "[]");
    check("MAP", "{\"k\":\"it's \\\"quoted\\\"\"}", "{}");
}

/* Each part by its own Snowflake type: as the server writes it in JSON. */
static void test_structured_object(void **state)
{
    (void)state;
    check("OBJ",
          "{\"n\":12.50,\"big\":0.01,\"f\":0.5,\"b\":true,\"bin\":\"00FF\","
          "\"d\":\"1969-12-31\",\"ti\":\"01:02:03\","
          "\"ntz\":\"1969-12-31 23:59:58.5\","
          "\"tz\":\"1970-01-01 01:00:00+01:00\",\"v\":{\"a\": [1]},"
          "\"s\":\"tab\\u0009\",\"ym\":\"+1-02\"}",
          "{\"n\":null,\"big\":null,\"f\":null,\"b\":null,\"bin\":null,"
          "\"d\":null,\"ti\":null,\"ntz\":\"1970-01-01 00:00:00\","
          "\"tz\":\"1970-01-01 00:00:00+00:00\",\"v\":null,\"s\":null,"
          "\"ym\":null}");
}

/* An array of a type that Snowflake does not send for the column. */
static void test_mismatch(void **state)
{
    static const char *const names[] = {"D", "TI", "B", "DT", "BIN", "T"};
    (void)state;
    size_t other = column(&stream, "ARR");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        struct cc_batch_builder *builder;
        size_t own = column(&stream, names[i]);
        assert_int_equal(append_column(names[i], &builder), 0);
        struct cc_snowflake_field field = {
            .builder = &builder->columns[0],
            .type = (enum cc_snowflake_type)schema.columns[own].native_id};
        assert_int_equal(cc_snowflake_append_arrow(
                             &field, &stream.fields[other],
                             stream.batch.children[other], 0, 1, &stream.error),
                         -1);
        assert_int_equal(stream.error.stage, CC_STAGE_FETCH);
        assert_non_null(strstr(stream.error.message, "\"ARR\""));
        cc_batch_builder_free(builder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_vector_and_map),
        cmocka_unit_test(test_structured_object),
        cmocka_unit_test(test_mismatch),
    };
    return cmocka_run_group_tests(tests, open_all, close_all);
}
