/* SPDX-License-Identifier: MIT */
/* Kinds of MySQL's fields, and their values in either protocol. */
#include "builder_fixture.h"

#include "provider/mysql_internal.h"

#include <math.h>
#include <string.h>

#define UTF8MB4 45

static MYSQL_FIELD field_of(int type, unsigned flags, unsigned long length,
                            unsigned decimals, unsigned charset)
{
    static char name[] = "c";
    MYSQL_FIELD field;
    memset(&field, 0, sizeof field);
    field.name = name;
    field.type = (enum enum_field_types)type;
    field.flags = flags;
    field.length = length;
    field.decimals = decimals;
    field.charsetnr = charset;
    return field;
}

/* ---- kinds ---- */

static struct cc_column *describe(struct cc_schema *schema,
                                  const MYSQL_FIELD *field, bool boolean)
{
    struct cc_error error = CC_ERROR_INIT;
    cc_schema_init(schema);
    assert_int_equal(cc_mysql_add_column(schema, field, boolean, &error), 0);
    assert_int_equal(schema->count, 1);
    return &schema->columns[0];
}

struct kind_case
{
    int type;
    unsigned flags;
    unsigned long length;
    unsigned decimals;
    unsigned charset;
    enum cc_kind kind;
    const char *native_type;
    int precision, scale, width;
};

static const struct kind_case kinds[] = {
    {MYSQL_TYPE_TINY, 0, 4, 0, 63, CC_KIND_INT16, "tinyint", 0, 0, 0},
    {MYSQL_TYPE_TINY, 0, 1, 0, 63, CC_KIND_INT16, "tinyint", 0, 0, 0},
    {MYSQL_TYPE_TINY, UNSIGNED_FLAG, 3, 0, 63, CC_KIND_INT16,
     "tinyint unsigned", 0, 0, 0},
    {MYSQL_TYPE_SHORT, 0, 6, 0, 63, CC_KIND_INT16, "smallint", 0, 0, 0},
    {MYSQL_TYPE_SHORT, UNSIGNED_FLAG, 5, 0, 63, CC_KIND_INT32,
     "smallint unsigned", 0, 0, 0},
    {MYSQL_TYPE_INT24, 0, 9, 0, 63, CC_KIND_INT32, "mediumint", 0, 0, 0},
    {MYSQL_TYPE_INT24, UNSIGNED_FLAG, 8, 0, 63, CC_KIND_INT32,
     "mediumint unsigned", 0, 0, 0},
    {MYSQL_TYPE_LONG, 0, 11, 0, 63, CC_KIND_INT32, "int", 0, 0, 0},
    {MYSQL_TYPE_LONG, UNSIGNED_FLAG, 10, 0, 63, CC_KIND_UINT32, "int unsigned",
     0, 0, 0},
    {MYSQL_TYPE_LONGLONG, 0, 20, 0, 63, CC_KIND_INT64, "bigint", 0, 0, 0},
    {MYSQL_TYPE_LONGLONG, UNSIGNED_FLAG, 20, 0, 63, CC_KIND_UINT64,
     "bigint unsigned", 0, 0, 0},
    {MYSQL_TYPE_YEAR, UNSIGNED_FLAG, 4, 0, 63, CC_KIND_INT32, "year", 0, 0, 0},
    {MYSQL_TYPE_BIT, UNSIGNED_FLAG, 1, 0, 63, CC_KIND_BOOLEAN, "bit", 0, 0, 0},
    {MYSQL_TYPE_BIT, UNSIGNED_FLAG, 31, 0, 63, CC_KIND_INT32, "bit", 0, 0, 0},
    {MYSQL_TYPE_BIT, UNSIGNED_FLAG, 32, 0, 63, CC_KIND_UINT32, "bit", 0, 0, 0},
    {MYSQL_TYPE_BIT, UNSIGNED_FLAG, 63, 0, 63, CC_KIND_INT64, "bit", 0, 0, 0},
    {MYSQL_TYPE_BIT, UNSIGNED_FLAG, 64, 0, 63, CC_KIND_UINT64, "bit", 0, 0, 0},
    {MYSQL_TYPE_FLOAT, 0, 12, 31, 63, CC_KIND_FLOAT32, "float", 0, 0, 0},
    {MYSQL_TYPE_DOUBLE, 0, 22, 31, 63, CC_KIND_FLOAT64, "double", 0, 0, 0},
    {MYSQL_TYPE_NEWDECIMAL, 0, 16, 2, 63, CC_KIND_DECIMAL, "decimal", 14, 2, 0},
    {MYSQL_TYPE_NEWDECIMAL, 0, 10, 0, 63, CC_KIND_DECIMAL, "decimal", 9, 0, 0},
    {MYSQL_TYPE_NEWDECIMAL, UNSIGNED_FLAG, 9, 0, 63, CC_KIND_DECIMAL, "decimal",
     9, 0, 0},
    {MYSQL_TYPE_DATE, 0, 10, 0, 63, CC_KIND_DATE, "date", 0, 0, 0},
    {MYSQL_TYPE_TIME, 0, 10, 0, 63, CC_KIND_TIME, "time", 0, 0, 0},
    {MYSQL_TYPE_DATETIME, 0, 26, 6, 63, CC_KIND_TIMESTAMP, "datetime", 0, 0, 0},
    {MYSQL_TYPE_TIMESTAMP, 0, 19, 0, 63, CC_KIND_TIMESTAMPTZ, "timestamp", 0, 0,
     0},
    {MYSQL_TYPE_VAR_STRING, 0, 80, 0, UTF8MB4, CC_KIND_TEXT, "varchar", 0, 0,
     20},
    {MYSQL_TYPE_STRING, 0, 12, 0, UTF8MB4, CC_KIND_TEXT, "char", 0, 0, 3},
    {MYSQL_TYPE_STRING, ENUM_FLAG, 12, 0, UTF8MB4, CC_KIND_TEXT, "enum", 0, 0,
     0},
    {MYSQL_TYPE_STRING, SET_FLAG, 12, 0, 63, CC_KIND_TEXT, "set", 0, 0, 0},
    {MYSQL_TYPE_BLOB, BLOB_FLAG, 262140, 0, UTF8MB4, CC_KIND_TEXT, "text", 0, 0,
     0},
    {MYSQL_TYPE_BLOB, BLOB_FLAG, 65535, 0, 63, CC_KIND_BINARY, "blob", 0, 0, 0},
    {MYSQL_TYPE_VAR_STRING, 0, 8, 0, 63, CC_KIND_BINARY, "varbinary", 0, 0, 0},
    {MYSQL_TYPE_STRING, 0, 4, 0, 63, CC_KIND_BINARY, "binary", 0, 0, 0},
    {MYSQL_TYPE_NULL, 0, 0, 0, 63, CC_KIND_TEXT, "null", 0, 0, 0},
    {CC_MYSQL_TYPE_JSON, BLOB_FLAG, 4294967295UL, 0, 63, CC_KIND_JSON, "json",
     0, 0, 0},
    {CC_MYSQL_TYPE_VECTOR, 0, 16, 0, 63, CC_KIND_JSON, "vector", 0, 0, 0},
    {MYSQL_TYPE_GEOMETRY, BLOB_FLAG, 4294967295UL, 0, 63, CC_KIND_GEOMETRY,
     "geometry", 0, 0, 0},
};

static void test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    {
        const struct kind_case *c = &kinds[i];
        MYSQL_FIELD field =
            field_of(c->type, c->flags, c->length, c->decimals, c->charset);
        struct cc_schema schema;
        const struct cc_column *column = describe(&schema, &field, false);
        if (column->kind != c->kind)
            fail_msg("%zu %s: kind %d", i, c->native_type, column->kind);
        assert_string_equal(column->native_type, c->native_type);
        assert_int_equal(column->native_id, c->type);
        assert_int_equal(column->precision, c->precision);
        assert_int_equal(column->scale, c->scale);
        assert_int_equal(column->width, c->width);
        assert_int_equal(column->encoding, CC_GEOMETRY_MYSQL);
        cc_schema_free(&schema);
    }
}

static void test_tinyint1_as_boolean(void **state)
{
    (void)state;
    struct cc_schema schema;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_TINY, 0, 1, 0, 63);
    assert_int_equal(describe(&schema, &field, true)->kind, CC_KIND_BOOLEAN);
    cc_schema_free(&schema);
    field.length = 4;
    assert_int_equal(describe(&schema, &field, true)->kind, CC_KIND_INT16);
    cc_schema_free(&schema);
}

/* ---- values ---- */

/* One column of a result, bound. */
struct bound
{
    struct fixture fixture;
    struct cc_mysql_value value;
    MYSQL_BIND bind;
};

static void bound_init(struct bound *bound, const MYSQL_FIELD *field,
                       enum cc_kind kind, enum cc_type type)
{
    struct cc_builder *builder = fixture_one(&bound->fixture, kind, type);
    assert_int_equal(cc_mysql_value_init(&bound->value, field, builder,
                                         &bound->bind, &bound->fixture.error),
                     0);
}

static void bound_free(struct bound *bound)
{
    cc_mysql_value_free(&bound->value);
    fixture_free(&bound->fixture);
}

static void append(struct bound *bound)
{
    assert_int_equal(
        cc_mysql_value_append(&bound->value, &bound->fixture.error), 0);
}

static void append_text(struct bound *bound, const char *text)
{
    assert_int_equal(cc_mysql_value_append_text(&bound->value, text,
                                                text ? strlen(text) : 0,
                                                &bound->fixture.error),
                     0);
}

/* As the library: into the buffer that is bound. */
static void put(struct bound *bound, const void *data, size_t size)
{
    assert_true(size <= bound->bind.buffer_length);
    memcpy(bound->bind.buffer, data, size);
    *bound->bind.length = size;
    *bound->bind.is_null = 0;
    append(bound);
}

static void check_integer(int type, unsigned flags, const void *data,
                          size_t size, int64_t expected)
{
    struct bound bound;
    MYSQL_FIELD field = field_of(type, flags, 20, 0, 63);
    bound_init(&bound, &field, CC_KIND_INT64, CC_OUT_INT64);
    assert_int_equal(bound.bind.is_unsigned, (flags & UNSIGNED_FLAG) != 0);
    put(&bound, data, size);
    *bound.bind.is_null = 1;
    append(&bound);
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_true(int64_at(batch.children[0], 0) == expected);
    assert_true(is_null(batch.children[0], 1));
    batch.release(&batch);
    bound_free(&bound);
}

static void test_integers(void **state)
{
    (void)state;
    check_integer(MYSQL_TYPE_TINY, 0, &(int8_t){-128}, 1, -128);
    check_integer(MYSQL_TYPE_TINY, UNSIGNED_FLAG, &(uint8_t){255}, 1, 255);
    check_integer(MYSQL_TYPE_SHORT, 0, &(int16_t){-32768}, 2, -32768);
    check_integer(MYSQL_TYPE_SHORT, UNSIGNED_FLAG, &(uint16_t){65535}, 2,
                  65535);
    check_integer(MYSQL_TYPE_YEAR, UNSIGNED_FLAG, &(uint16_t){2155}, 2, 2155);
    check_integer(MYSQL_TYPE_INT24, 0, &(int32_t){-8388608}, 4, -8388608);
    check_integer(MYSQL_TYPE_LONG, 0, &(int32_t){INT32_MIN}, 4, INT32_MIN);
    check_integer(MYSQL_TYPE_LONG, UNSIGNED_FLAG, &(uint32_t){UINT32_MAX}, 4,
                  UINT32_MAX);
    check_integer(MYSQL_TYPE_LONGLONG, 0, &(int64_t){INT64_MIN}, 8, INT64_MIN);
    check_integer(MYSQL_TYPE_LONGLONG, UNSIGNED_FLAG, &(uint64_t){INT64_MAX}, 8,
                  INT64_MAX);
}

static void test_unsigned_beyond_range(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_LONGLONG, UNSIGNED_FLAG, 20, 0, 63);
    bound_init(&bound, &field, CC_KIND_UINT64, CC_OUT_INT64);
    put(&bound, &(uint64_t){UINT64_MAX}, 8);
    append_text(&bound, "18446744073709551614");
    const struct cc_loss *loss =
        &bound.fixture.builder->columns[0].losses[CC_LOSS_RANGE];
    assert_int_equal(loss->count, 2);
    assert_string_equal(loss->reason, "18446744073709551615");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_int_equal(batch.children[0]->null_count, 2);
    batch.release(&batch);
    bound_free(&bound);
}

static void test_floating(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_FLOAT, 0, 12, 31, 63);
    bound_init(&bound, &field, CC_KIND_FLOAT32, CC_OUT_FLOAT32);
    put(&bound, &(float){1.1F}, sizeof(float));
    append_text(&bound, "-2.5");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    const float *values = batch.children[0]->buffers[1];
    assert_true(values[0] >= 1.1F && values[0] <= 1.1F);
    assert_true(values[1] >= -2.5F && values[1] <= -2.5F);
    batch.release(&batch);
    bound_free(&bound);
}

/* The servers' text of a float has six digits: six may have been more. */
static void test_float_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"100000",  "0.00012345", "-1.5e-20",
                                        "1.23457", "16777200",   "-0.123456"};
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_FLOAT, 0, 12, 31, 63);
    bound_init(&bound, &field, CC_KIND_FLOAT32, CC_OUT_FLOAT32);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        append_text(&bound, texts[i]);
    const struct cc_loss *loss =
        &bound.fixture.builder->columns[0].losses[CC_LOSS_FLOAT_TEXT];
    assert_int_equal(loss->count, 3);
    assert_int_equal(loss->first_row, 4);
    assert_string_equal(loss->reason, "1.23457");
    bound_free(&bound);
}

static void test_decimals(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_NEWDECIMAL, 0, 16, 2, 63);
    bound_init(&bound, &field, CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    put(&bound, "-12.50", 6);
    append_text(&bound, "0.05");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_true(fabs(double_at(batch.children[0], 0) + 12.5) < 1e-12);
    assert_true(fabs(double_at(batch.children[0], 1) - 0.05) < 1e-12);
    batch.release(&batch);
    bound_free(&bound);
}

static void check_bit(const uint8_t *bytes, size_t size, enum cc_type type,
                      int64_t expected)
{
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_BIT, UNSIGNED_FLAG, 64, 0, 63);
    bound_init(&bound, &field, CC_KIND_INT64, type);
    put(&bound, bytes, size);
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    const struct ArrowArray *array = batch.children[0];
    int64_t got = type == CC_OUT_BOOLEAN
                      ? ((const uint8_t *)array->buffers[1])[0] & 1
                      : int64_at(array, 0);
    assert_true(got == expected);
    batch.release(&batch);
    bound_free(&bound);
}

/* Bits come big-endian in both protocols. */
static void test_bits(void **state)
{
    (void)state;
    check_bit((const uint8_t[]){0x01}, 1, CC_OUT_BOOLEAN, 1);
    check_bit((const uint8_t[]){0x00}, 1, CC_OUT_BOOLEAN, 0);
    check_bit((const uint8_t[]){0x01, 0x02}, 2, CC_OUT_INT64, 258);
    check_bit((const uint8_t[]){0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE},
              8, CC_OUT_INT64, INT64_MAX - 1);
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_BIT, UNSIGNED_FLAG, 64, 0, 63);
    bound_init(&bound, &field, CC_KIND_INT64, CC_OUT_INT64);
    assert_int_equal(cc_mysql_value_append_bytes(&bound.value, "123456789", 9,
                                                 &bound.fixture.error),
                     -1);
    assert_int_equal(bound.fixture.error.stage, CC_STAGE_FETCH);
    bound_free(&bound);
}

/* ---- dates and times ---- */

static MYSQL_TIME time_of(unsigned year, unsigned month, unsigned day,
                          unsigned hour, unsigned minute, unsigned second,
                          unsigned long fraction)
{
    MYSQL_TIME time;
    memset(&time, 0, sizeof time);
    time.year = year;
    time.month = month;
    time.day = day;
    time.hour = hour;
    time.minute = minute;
    time.second = second;
    time.second_part = fraction;
    return time;
}

static void check_format(enum cc_mysql_wire wire, MYSQL_TIME time,
                         unsigned decimals, const char *expected)
{
    char text[CC_MYSQL_TIME_SIZE];
    size_t length = cc_mysql_time_format(wire, &time, decimals, text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

/* As the servers write them. */
static void test_time_format(void **state)
{
    (void)state;
    MYSQL_TIME time = time_of(2024, 2, 9, 3, 4, 5, 60700);
    check_format(CC_MYSQL_WIRE_DATE, time, 0, "2024-02-09");
    check_format(CC_MYSQL_WIRE_TIMESTAMP, time, 0, "2024-02-09 03:04:05");
    check_format(CC_MYSQL_WIRE_TIMESTAMP, time, 3, "2024-02-09 03:04:05.060");
    check_format(CC_MYSQL_WIRE_TIMESTAMP, time, 6,
                 "2024-02-09 03:04:05.060700");
    check_format(CC_MYSQL_WIRE_TIMESTAMP, time, 31,
                 "2024-02-09 03:04:05.060700");
    time.second_part = 0;
    check_format(CC_MYSQL_WIRE_TIMESTAMP, time, 31, "2024-02-09 03:04:05");
    check_format(CC_MYSQL_WIRE_DATE, time_of(0, 0, 0, 0, 0, 0, 0), 0,
                 "0000-00-00");
    time = time_of(0, 0, 0, 838, 59, 59, 0);
    time.neg = 1;
    check_format(CC_MYSQL_WIRE_TIME, time, 0, "-838:59:59");
    /* days apart, as one of the libraries has them */
    time = time_of(0, 0, 34, 22, 59, 59, 1);
    check_format(CC_MYSQL_WIRE_TIME, time, 6, "838:59:59.000001");
}

static void put_time(struct bound *bound, MYSQL_TIME time)
{
    put(bound, &time, sizeof time);
}

static void check_loss(const struct bound *bound, enum cc_loss_kind kind,
                       uint64_t count, const char *reason)
{
    const struct cc_loss *loss =
        &bound->fixture.builder->columns[0].losses[kind];
    assert_int_equal(loss->count, count);
    assert_string_equal(loss->reason, reason);
}

static void test_dates(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_DATE, 0, 10, 0, 63);
    bound_init(&bound, &field, CC_KIND_DATE, CC_OUT_DATE);
    put_time(&bound, time_of(1970, 1, 2, 0, 0, 0, 0));
    put_time(&bound, time_of(9999, 12, 31, 0, 0, 0, 0));
    put_time(&bound, time_of(0, 0, 0, 0, 0, 0, 0));
    put_time(&bound, time_of(2024, 5, 0, 0, 0, 0, 0));
    put_time(&bound, time_of(2023, 2, 29, 0, 0, 0, 0));
    put_time(&bound, time_of(0, 1, 1, 0, 0, 0, 0));
    append_text(&bound, "2024-02-29");
    append_text(&bound, "0000-00-00");
    check_loss(&bound, CC_LOSS_ZERO_DATE, 3, "0000-00-00");
    check_loss(&bound, CC_LOSS_DATETIME, 2, "2023-02-29");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_int_equal(int32_at(batch.children[0], 0), 1);
    assert_int_equal(int32_at(batch.children[0], 1), 2932896);
    assert_int_equal(int32_at(batch.children[0], 6), 19782);
    assert_int_equal(batch.children[0]->null_count, 5);
    batch.release(&batch);
    bound_free(&bound);
}

static void test_timestamps(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_DATETIME, 0, 26, 6, 63);
    bound_init(&bound, &field, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    put_time(&bound, time_of(1970, 1, 1, 0, 0, 1, 500000));
    put_time(&bound, time_of(1969, 12, 31, 23, 59, 59, 0));
    put_time(&bound, time_of(2024, 0, 10, 1, 2, 3, 4));
    check_loss(&bound, CC_LOSS_ZERO_DATE, 1, "2024-00-10 01:02:03.000004");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_true(int64_at(batch.children[0], 0) == 1500000);
    assert_true(int64_at(batch.children[0], 1) == -1000000);
    assert_true(is_null(batch.children[0], 2));
    batch.release(&batch);
    bound_free(&bound);
}

static void test_times(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_TIME, 0, 17, 6, 63);
    bound_init(&bound, &field, CC_KIND_TIME, CC_OUT_TIME);
    MYSQL_TIME negative = time_of(0, 0, 0, 1, 0, 0, 0);
    negative.neg = 1;
    put_time(&bound, time_of(0, 0, 0, 23, 59, 59, 999999));
    put_time(&bound, time_of(0, 0, 0, 24, 0, 0, 0));
    put_time(&bound, time_of(0, 0, 1, 0, 0, 0, 0));
    put_time(&bound, negative);
    append_text(&bound, "838:59:59");
    check_loss(&bound, CC_LOSS_DATETIME, 4, "24:00:00.000000");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_true(int64_at(batch.children[0], 0) == INT64_C(86399999999));
    assert_int_equal(batch.children[0]->null_count, 4);
    batch.release(&batch);
    bound_free(&bound);
}

/* LOSSLESS: nothing of it is lost. */
static void test_times_as_text(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_DATETIME, 0, 19, 0, 63);
    bound_init(&bound, &field, CC_KIND_TIMESTAMP, CC_OUT_STRING);
    put_time(&bound, time_of(2024, 0, 10, 1, 2, 3, 0));
    append_text(&bound, "0000-00-00 00:00:00");
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_text(batch.children[0], 0, "2024-00-10 01:02:03");
    assert_text(batch.children[0], 1, "0000-00-00 00:00:00");
    batch.release(&batch);
    bound_free(&bound);
}

/* ---- values of variable length ---- */

static void test_lengths(void **state)
{
    (void)state;
    struct bound bound;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_VAR_STRING, 0, 80, 0, UTF8MB4);
    bound_init(&bound, &field, CC_KIND_TEXT, CC_OUT_STRING);
    assert_int_equal(bound.bind.buffer_length, CC_MYSQL_BOUND_SIZE);
    *bound.bind.length = CC_MYSQL_BOUND_SIZE;
    assert_true(cc_mysql_value_is_whole(&bound.value));
    *bound.bind.length = CC_MYSQL_BOUND_SIZE + 1;
    assert_false(cc_mysql_value_is_whole(&bound.value));
    *bound.bind.is_null = 1;
    assert_true(cc_mysql_value_is_whole(&bound.value));
    put(&bound, "a\xC3\xA9", 3);
    put(&bound, "", 0);
    append_text(&bound, NULL);
    struct ArrowArray batch = fixture_finish(&bound.fixture);
    assert_text(batch.children[0], 0, "a\xC3\xA9");
    assert_text(batch.children[0], 1, "");
    assert_true(is_null(batch.children[0], 2));
    batch.release(&batch);
    bound_free(&bound);
}

static void test_skipped(void **state)
{
    (void)state;
    struct cc_mysql_value value;
    MYSQL_BIND bind;
    struct cc_error error = CC_ERROR_INIT;
    MYSQL_FIELD field = field_of(MYSQL_TYPE_BLOB, 0, 65535, 0, 63);
    assert_int_equal(cc_mysql_value_init(&value, &field, NULL, &bind, &error),
                     0);
    assert_int_equal(bind.buffer_type, MYSQL_TYPE_NULL);
    value.length = 100000;
    assert_true(cc_mysql_value_is_whole(&value));
    assert_int_equal(cc_mysql_value_append(&value, &error), 0);
    assert_int_equal(cc_mysql_value_append_text(&value, "x", 1, &error), 0);
    cc_mysql_value_free(&value);
}

static void check_vector(const float *values, size_t count,
                         const char *expected)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    uint8_t bytes[64];
    for (size_t i = 0; i < count; i++)
    {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        for (size_t k = 0; k < 4; k++)
            bytes[4 * i + k] = (uint8_t)(bits >> (8 * k));
    }
    assert_int_equal(cc_mysql_vector_format(&out, bytes, 4 * count), 0);
    assert_string_equal(cc_strbuf_text(&out), expected);
    cc_strbuf_free(&out);
}

static void test_vectors(void **state)
{
    (void)state;
    check_vector(NULL, 0, "[]");
    check_vector((const float[]){1, -2.5F, 0.1F, 16777217.0F}, 4,
                 "[1,-2.5,0.1,16777216]");
    check_vector((const float[]){3.4028234e38F, NAN}, 2,
                 "[3.4028235e+38,null]");
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_int_equal(cc_mysql_vector_format(&out, (const uint8_t *)"12345", 5),
                     1);
    cc_strbuf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_tinyint1_as_boolean),
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_unsigned_beyond_range),
        cmocka_unit_test(test_floating),
        cmocka_unit_test(test_float_text),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_time_format),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_timestamps),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_times_as_text),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_skipped),
        cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests_name("mysql_value", tests, NULL, NULL);
}
