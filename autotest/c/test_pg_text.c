/* SPDX-License-Identifier: MIT */
#include "builder_fixture.h"

#include "wire/pg_text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reads `text`, at its very size so that a sanitizer sees a byte too many. */
static int append(struct fixture *fixture, const char *text)
{
    struct cc_builder *builder = &fixture->builder->columns[0];
    size_t size = strlen(text);
    uint8_t *copy = malloc(size > 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, text, size);
    cc_pg_reader read = cc_pg_text_reader(builder->column);
    int status = read(builder, copy, size, &fixture->error);
    free(copy);
    return status;
}

static struct cc_builder *begin(struct fixture *fixture, uint32_t oid,
                                enum cc_kind kind, enum cc_type type)
{
    struct cc_builder *builder = fixture_one(fixture, kind, type);
    fixture->schema.columns[0].native_id = oid;
    return builder;
}

static int64_t integer_of(enum cc_kind kind, enum cc_type type,
                          const char *text)
{
    struct fixture fixture;
    struct cc_builder *builder = begin(&fixture, 0, kind, type);
    assert_int_equal(append(&fixture, text), 0);
    int64_t value = only_integer(builder, type);
    fixture_free(&fixture);
    return value;
}

static void check_bytes(uint32_t oid, enum cc_kind kind, enum cc_type type,
                        const char *text, const char *expected, size_t size)
{
    struct fixture fixture;
    struct cc_builder *builder = begin(&fixture, oid, kind, type);
    assert_int_equal(append(&fixture, text), 0);
    assert_int_equal(builder->length, 1);
    assert_int_equal(builder->null_count, 0);
    assert_int_equal(builder->data.size, size);
    if (size > 0)
        assert_memory_equal(builder->data.data, expected, size);
    fixture_free(&fixture);
}

static void check_bad(uint32_t oid, enum cc_kind kind, enum cc_type type,
                      const char *text)
{
    struct fixture fixture;
    struct cc_builder *builder = begin(&fixture, oid, kind, type);
    assert_int_equal(append(&fixture, text), -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_FETCH);
    assert_non_null(strstr(fixture.error.message, "column \"c\""));
    assert_int_equal(builder->length, 0);
    fixture_free(&fixture);
}

static void test_integers(void **state)
{
    (void)state;
    assert_int_equal(integer_of(CC_KIND_INT16, CC_OUT_INT16, "-32768"), -32768);
    assert_int_equal(integer_of(CC_KIND_INT32, CC_OUT_INT32, "2147483647"),
                     2147483647);
    assert_int_equal(integer_of(CC_KIND_INT64, CC_OUT_INT64, "0"), 0);
    assert_int_equal(
        integer_of(CC_KIND_INT64, CC_OUT_INT64, "-999999999999999999"),
        INT64_C(-999999999999999999));
    assert_int_equal(
        integer_of(CC_KIND_INT64, CC_OUT_INT64, "-9223372036854775808"),
        INT64_MIN);
    assert_int_equal(
        integer_of(CC_KIND_INT64, CC_OUT_INT64, "9223372036854775807"),
        INT64_MAX);
    assert_int_equal(integer_of(CC_KIND_UINT32, CC_OUT_INT64, "4294967295"),
                     4294967295);
    check_bad(0, CC_KIND_INT32, CC_OUT_INT32, "");
    check_bad(0, CC_KIND_INT32, CC_OUT_INT32, "-");
    check_bad(0, CC_KIND_INT32, CC_OUT_INT32, "12x");
}

static void test_booleans_and_dates(void **state)
{
    (void)state;
    assert_int_equal(integer_of(CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "t"), 1);
    assert_int_equal(integer_of(CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "f"), 0);
    assert_int_equal(integer_of(CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "1"), 1);
    check_bad(0, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "maybe");
    assert_int_equal(integer_of(CC_KIND_DATE, CC_OUT_DATE, "1970-01-02"), 1);
    assert_int_equal(integer_of(CC_KIND_TIME, CC_OUT_TIME, "00:00:01.5"),
                     1500000);
    assert_int_equal(
        integer_of(CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP, "1970-01-01 00:00:01"),
        1000000);
    assert_int_equal(integer_of(CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ,
                                "1970-01-01 05:30:00.25+05:30"),
                     250000);
}

static void test_lost_dates(void **state)
{
    (void)state;
    static const struct
    {
        enum cc_kind kind;
        enum cc_type type;
        const char *text;
    } cases[] = {
        {CC_KIND_DATE, CC_OUT_DATE, "0044-03-15 BC"},
        {CC_KIND_DATE, CC_OUT_DATE, "infinity"},
        {CC_KIND_TIME, CC_OUT_TIME, "24:00:00"},
        {CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP, "-infinity"},
        {CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ, "10000-01-01 00:00:00+00"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct fixture fixture;
        struct cc_builder *builder =
            begin(&fixture, 0, cases[i].kind, cases[i].type);
        assert_int_equal(append(&fixture, cases[i].text), 0);
        assert_int_equal(builder->null_count, 1);
        assert_int_equal(builder->losses[CC_LOSS_DATETIME].count, 1);
        assert_string_equal(builder->losses[CC_LOSS_DATETIME].reason,
                            cases[i].text);
        fixture_free(&fixture);
    }
}

static double real_of(enum cc_kind kind, const char *text)
{
    struct fixture fixture;
    struct cc_builder *builder = begin(&fixture, 0, kind, CC_OUT_FLOAT64);
    assert_int_equal(append(&fixture, text), 0);
    double value = ((const double *)builder->values)[0];
    fixture_free(&fixture);
    return value;
}

static void test_reals(void **state)
{
    (void)state;
    assert_true(real_of(CC_KIND_FLOAT64, "0.10000000000000001") == 0.1);
    assert_true(real_of(CC_KIND_FLOAT64, "1e-320") == 1e-320);
    assert_true(real_of(CC_KIND_FLOAT64, "-Infinity") == -INFINITY);
    assert_true(isnan(real_of(CC_KIND_FLOAT64, "NaN")));
    assert_true(real_of(CC_KIND_DECIMAL, "-123456789.125") == -123456789.125);
    check_bad(0, CC_KIND_FLOAT64, CC_OUT_FLOAT64, "one");
}

static void test_bytea(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        const char *bytes;
        size_t size;
    } cases[] = {
        {"\\x00ff41",
         "\0\xFF"
         "A",
         3},
        {"\\x", "", 0},
        {"", "", 0},
        {"a\\\\b\\000\\377'", "a\\b\0\xFF'", 6},
        {"\\134x41", "\\x41", 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_bytes(CC_PG_BYTEA, CC_KIND_BINARY, CC_OUT_BINARY, cases[i].text,
                    cases[i].bytes, cases[i].size);
    static const char *const bad[] = {"\\x0",  "\\xgg", "\\",    "\\12",
                                      "\\400", "\\089", "ab\\q", "\\18 "};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        check_bad(CC_PG_BYTEA, CC_KIND_BINARY, CC_OUT_BINARY, bad[i]);
}

static void test_varbyte(void **state)
{
    (void)state;
    check_bytes(6551, CC_KIND_BINARY, CC_OUT_BINARY, "00FF41",
                "\0\xFF"
                "A",
                3);
    check_bytes(6551, CC_KIND_BINARY, CC_OUT_BINARY, "", "", 0);
    check_bad(6551, CC_KIND_BINARY, CC_OUT_BINARY, "0");
    check_bad(6551, CC_KIND_BINARY, CC_OUT_BINARY, "zz");
}

#define POINT "0101000000000000000000F03F0000000000000040"
#define POINT_BYTES "\1\1\0\0\0\0\0\0\0\0\0\xF0\x3F\0\0\0\0\0\0\0\x40"

static void test_geometry(void **state)
{
    (void)state;
    static const char *const texts[] = {
        POINT, "0101000020E6100000000000000000F03F0000000000000040",
        "\\x" POINT, "POINT (1 2)"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        check_bytes(3000, CC_KIND_GEOMETRY, CC_OUT_GEOMETRY, texts[i],
                    POINT_BYTES, 21);
}

/* A binary column is what its bytes are, be it WKB or text. */
static void test_geometry_in_binary(void **state)
{
    (void)state;
    check_bytes(CC_PG_BYTEA, CC_KIND_BINARY, CC_OUT_GEOMETRY, "\\x" POINT,
                POINT_BYTES, 21);
    check_bytes(CC_PG_BYTEA, CC_KIND_BINARY, CC_OUT_GEOMETRY,
                "\\x504f494e54202831203229", POINT_BYTES, 21);
    check_bytes(6551, CC_KIND_BINARY, CC_OUT_GEOMETRY, "504f494e54202831203229",
                POINT_BYTES, 21);
}

static void test_text(void **state)
{
    (void)state;
    check_bytes(CC_PG_TEXT, CC_KIND_TEXT, CC_OUT_STRING, "\\x41", "\\x41", 4);
    check_bytes(4000, CC_KIND_JSON, CC_OUT_STRING, "{\"a\":1}", "{\"a\":1}", 7);
    check_bytes(CC_PG_NUMERIC, CC_KIND_DECIMAL, CC_OUT_STRING, "1.50", "1.50",
                4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_booleans_and_dates),
        cmocka_unit_test(test_lost_dates),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_bytea),
        cmocka_unit_test(test_varbyte),
        cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_geometry_in_binary),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
