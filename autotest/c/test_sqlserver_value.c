/* SPDX-License-Identifier: MIT */
/* Values as db-lib delivers them, and the columns of the catalog. */
#include "builder_fixture.h"

#include "provider/sqlserver_internal.h"

#include <math.h>

#define GUID 36
#define UDT 240

static int append(struct fixture *f, int type, const void *data, size_t size)
{
    return cc_tds_append(&f->builder->columns[0], type, data, size, &f->error);
}

static void must_append(struct fixture *f, int type, const void *data,
                        size_t size)
{
    int status = append(f, type, data, size);
    assert_string_equal(f->error.message, "");
    assert_int_equal(status, 0);
}

/* What a value becomes in a text column. */
static void assert_as_text(int type, const void *data, size_t size,
                           const char *expected)
{
    struct fixture f;
    fixture_one(&f, CC_KIND_TEXT, CC_OUT_STRING);
    must_append(&f, type, data, size);
    struct ArrowArray batch = fixture_finish(&f);
    assert_text(batch.children[0], 0, expected);
    batch.release(&batch);
    fixture_free(&f);
}

/* ---- numbers ---- */

static void test_integers(void **state)
{
    (void)state;
    const uint8_t tiny = 255;
    const int16_t small = INT16_MIN;
    const int32_t medium = INT32_MIN;
    const int64_t big = INT64_MIN;
    struct fixture f;
    fixture_one(&f, CC_KIND_INT64, CC_OUT_INT64);
    must_append(&f, SYBINT1, &tiny, sizeof tiny);
    must_append(&f, SYBINT2, &small, sizeof small);
    must_append(&f, SYBINT4, &medium, sizeof medium);
    must_append(&f, SYBINT8, &big, sizeof big);
    must_append(&f, SYBINT4, NULL, 0);
    struct ArrowArray batch = fixture_finish(&f);
    assert_int_equal(int64_at(batch.children[0], 0), 255);
    assert_int_equal(int64_at(batch.children[0], 1), INT16_MIN);
    assert_int_equal(int64_at(batch.children[0], 2), INT32_MIN);
    assert_true(int64_at(batch.children[0], 3) == INT64_MIN);
    assert_true(is_null(batch.children[0], 4));
    batch.release(&batch);
    fixture_free(&f);
}

static void test_bit(void **state)
{
    (void)state;
    const uint8_t values[] = {0, 1};
    struct fixture f;
    fixture_one(&f, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN);
    must_append(&f, SYBBIT, &values[0], 1);
    must_append(&f, SYBBIT, &values[1], 1);
    struct ArrowArray batch = fixture_finish(&f);
    assert_int_equal(((const uint8_t *)batch.children[0]->buffers[1])[0] & 3,
                     2);
    batch.release(&batch);
    fixture_free(&f);
}

static void test_floats(void **state)
{
    (void)state;
    const float single = 0.1F;
    const double value = 0.1;
    struct fixture f;
    fixture_one(&f, CC_KIND_FLOAT64, CC_OUT_FLOAT64);
    must_append(&f, SYBREAL, &single, sizeof single);
    must_append(&f, SYBFLT8, &value, sizeof value);
    struct ArrowArray batch = fixture_finish(&f);
    assert_true(double_at(batch.children[0], 0) == (double)0.1F);
    assert_true(double_at(batch.children[0], 1) == 0.1);
    batch.release(&batch);
    fixture_free(&f);
}

static void test_money(void **state)
{
    (void)state;
    const DBMONEY lowest = {INT32_MIN, 0};
    const DBMONEY cents = {-1, 0xFFFFFFFF};
    const int32_t small = -2147483647 - 1;
    assert_as_text(SYBMONEY, &lowest, sizeof lowest, "-922337203685477.5808");
    assert_as_text(SYBMONEY, &cents, sizeof cents, "-0.0001");
    assert_as_text(SYBMONEY4, &small, sizeof small, "-214748.3648");
}

/* The magnitude takes the bytes its precision needs. */
static void assert_decimal(int precision, int scale, bool negative,
                           const uint8_t *magnitude, size_t size,
                           const char *expected)
{
    DBNUMERIC number = {(unsigned char)precision, (unsigned char)scale, {0}};
    number.array[0] = negative;
    memcpy(number.array + 1, magnitude, size);
    assert_as_text(SYBNUMERIC, &number, sizeof number, expected);
}

static void test_decimals(void **state)
{
    (void)state;
    const uint8_t one[] = {1};
    const uint8_t cents[] = {0x01, 0xE2, 0x40}; /* 123456 */
    const uint8_t digits18[] = {0x0D, 0xE0, 0xB6, 0xB3, 0xA7, 0x63, 0xFF, 0xFF};
    const uint8_t digits19[] = {0x8A, 0xC7, 0x23, 0x04, 0x89, 0xE7, 0xFF, 0xFF};
    const uint8_t digits38[] = {0x4B, 0x3B, 0x4C, 0xA8, 0x5A, 0x86, 0xC4, 0x7A,
                                0x09, 0x8A, 0x22, 0x3F, 0xFF, 0xFF, 0xFF, 0xFF};
    assert_decimal(1, 0, false, one, 1, "1");
    assert_decimal(7, 3, true, cents, 3, "-123.456");
    assert_decimal(18, 0, false, digits18, 8, "999999999999999999");
    assert_decimal(19, 19, true, digits19, 8, "-0.9999999999999999999");
    assert_decimal(38, 0, true, digits38, 16,
                   "-99999999999999999999999999999999999999");
    assert_decimal(38, 38, false, digits38, 16,
                   "0.99999999999999999999999999999999999999");
    assert_decimal(38, 37, false, digits38, 16,
                   "9.9999999999999999999999999999999999999");
}

static void test_big_decimal_zeros(void **state)
{
    (void)state;
    const uint8_t zero[16] = {0};
    const uint8_t one[16] = {[15] = 1};
    assert_decimal(38, 0, false, zero, 16, "0");
    assert_decimal(38, 5, false, zero, 16, "0.00000");
    assert_decimal(38, 5, true, one, 16, "-0.00001");
}

static void test_decimal_damaged(void **state)
{
    (void)state;
    DBNUMERIC number = {39, 0, {0}};
    struct fixture f;
    fixture_one(&f, CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    assert_int_equal(append(&f, SYBDECIMAL, &number, sizeof number), -1);
    assert_int_equal(f.error.stage, CC_STAGE_FETCH);
    number.precision = 5;
    number.scale = 6;
    assert_int_equal(append(&f, SYBDECIMAL, &number, sizeof number), -1);
    assert_int_equal(f.builder->columns[0].length, 0);
    fixture_free(&f);
}

/* ---- dates and times ---- */

/* 2024-02-29 in days since 1900. */
#define LEAP_DAY 45349

static void assert_moment(int type, const DBDATETIMEALL *value,
                          const char *expected)
{
    assert_as_text(type, value, sizeof *value, expected);
}

static void test_datetime2_text(void **state)
{
    (void)state;
    DBDATETIMEALL value = {
        .time = 863999999999, .date = LEAP_DAY, .time_prec = 7, .offset = 0};
    assert_moment(SYBMSDATETIME2, &value, "2024-02-29 23:59:59.9999999");
    value.time_prec = 0;
    value.time = 0;
    assert_moment(SYBMSDATETIME2, &value, "2024-02-29 00:00:00");
    value.date = -693595;
    value.time_prec = 3;
    value.time = 10010000;
    assert_moment(SYBMSDATETIME2, &value, "0001-01-01 00:00:01.001");
    assert_moment(SYBMSTIME, &value, "00:00:01.001");
    assert_moment(SYBMSDATE, &value, "0001-01-01");
}

/* UTC on the wire, the local time in the server's text. */
static void test_datetimeoffset(void **state)
{
    (void)state;
    const DBDATETIMEALL value = {.time = 864000000000 - 10000000,
                                 .date = LEAP_DAY,
                                 .time_prec = 1,
                                 .offset = 90};
    assert_moment(SYBMSDATETIMEOFFSET, &value, "2024-03-01 01:29:59.0 +01:30");
    const DBDATETIMEALL west = {
        .time = 0, .date = LEAP_DAY, .time_prec = 0, .offset = -840};
    assert_moment(SYBMSDATETIMEOFFSET, &west, "2024-02-28 10:00:00 -14:00");

    struct fixture f;
    fixture_one(&f, CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ);
    must_append(&f, SYBMSDATETIMEOFFSET, &value, sizeof value);
    struct ArrowArray batch = fixture_finish(&f);
    assert_true(int64_at(batch.children[0], 0) == INT64_C(1709251199000000));
    batch.release(&batch);
    fixture_free(&f);
}

/* The last digit is rounded, but not out of the day or the year 9999. */
static void test_rounding(void **state)
{
    (void)state;
    const DBDATETIMEALL last = {
        .time = 863999999999, .date = 2958463, .time_prec = 7};
    const DBDATETIMEALL odd = {.time = 15, .date = 25567, .time_prec = 7};
    struct fixture f;
    fixture_one(&f, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    must_append(&f, SYBMSDATETIME2, &last, sizeof last);
    must_append(&f, SYBMSDATETIME2, &odd, sizeof odd);
    assert_loss(&f.builder->columns[0], CC_LOSS_SUBMICROSECOND,
                "column \"c\": 2 values are rounded to microseconds, first in "
                "row 1 (23:59:59.9999999); -oo LOSSLESS=YES keeps them as "
                "text");
    struct ArrowArray batch = fixture_finish(&f);
    assert_true(int64_at(batch.children[0], 0) == INT64_C(253402300799999999));
    assert_true(int64_at(batch.children[0], 1) == 2);
    batch.release(&batch);
    fixture_free(&f);

    fixture_one(&f, CC_KIND_TIME, CC_OUT_TIME);
    must_append(&f, SYBMSTIME, &last, sizeof last);
    batch = fixture_finish(&f);
    assert_true(int64_at(batch.children[0], 0) == INT64_C(86399999999));
    batch.release(&batch);
    fixture_free(&f);
}

/* 1/300 s are shown as .000, .003 and .007. */
static void test_datetime(void **state)
{
    (void)state;
    const struct
    {
        DBDATETIME value;
        const char *text;
    } cases[] = {
        {{0, 0}, "1900-01-01 00:00:00.000"},
        {{-53690, 1}, "1753-01-01 00:00:00.003"},
        {{LEAP_DAY, 2}, "2024-02-29 00:00:00.007"},
        {{LEAP_DAY, 3}, "2024-02-29 00:00:00.010"},
        {{2958463, 25919999}, "9999-12-31 23:59:59.997"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_as_text(SYBDATETIME, &cases[i].value, sizeof cases[i].value,
                       cases[i].text);
    const DBDATETIME4 small = {LEAP_DAY, 754};
    assert_as_text(SYBDATETIME4, &small, sizeof small, "2024-02-29 12:34:00");
}

static void test_times_out_of_range(void **state)
{
    (void)state;
    const DBDATETIME late = {LEAP_DAY, 25920000};
    const DBDATETIME negative = {LEAP_DAY, -1};
    const DBDATETIME far = {INT32_MAX, 0};
    const DBDATETIME4 minutes = {LEAP_DAY, 1440};
    const DBDATETIMEALL ticks = {.time = UINT64_MAX, .date = LEAP_DAY};
    const DBDATETIMEALL day = {.time = 0, .date = INT32_MIN};
    struct fixture f;
    fixture_one(&f, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    assert_int_equal(append(&f, SYBDATETIME, &late, sizeof late), -1);
    assert_int_equal(append(&f, SYBDATETIME, &negative, sizeof negative), -1);
    assert_int_equal(append(&f, SYBDATETIME, &far, sizeof far), -1);
    assert_int_equal(append(&f, SYBDATETIME4, &minutes, sizeof minutes), -1);
    assert_int_equal(append(&f, SYBMSDATETIME2, &ticks, sizeof ticks), -1);
    assert_int_equal(append(&f, SYBMSDATETIME2, &day, sizeof day), -1);
    assert_int_equal(f.error.stage, CC_STAGE_FETCH);
    assert_int_equal(f.builder->columns[0].length, 0);
    fixture_free(&f);
}

/* ---- everything else ---- */

static void test_uuid(void **state)
{
    (void)state;
    const uint8_t value[16] = {0xFF, 0x19, 0x96, 0x6F, 0x86, 0x8B, 0x11, 0xD0,
                               0xB4, 0x2D, 0x00, 0xC0, 0x4F, 0xC9, 0x64, 0xFF};
    assert_as_text(GUID, value, sizeof value,
                   "6f9619ff-8b86-d011-b42d-00c04fc964ff");
}

static void test_xml_mark(void **state)
{
    (void)state;
    const char text[] = "\xEF\xBB\xBF<a/>";
    struct fixture f;
    fixture_one(&f, CC_KIND_TEXT, CC_OUT_STRING);
    must_append(&f, SYBTEXT, text, sizeof text - 1);
    f.schema.columns[0].native_id = CC_TDS_XML;
    must_append(&f, SYBTEXT, text, sizeof text - 1);
    struct ArrowArray batch = fixture_finish(&f);
    assert_text(batch.children[0], 0, text);
    assert_text(batch.children[0], 1, "<a/>");
    batch.release(&batch);
    fixture_free(&f);
}

static void test_empty_is_not_null(void **state)
{
    (void)state;
    assert_as_text(SYBCHAR, "", 0, "");
}

static void test_geometry(void **state)
{
    (void)state;
    /* a point of SRID 4326, valid, version 1: latitude 2, longitude 1 */
    const uint8_t value[22] = {0xE6, 0x10, 0, 0, 1, 0x0C, 0, 0, 0,    0,   0, 0,
                               0,    0x40, 0, 0, 0, 0,    0, 0, 0xF0, 0x3F};
    const uint8_t expected[21] = {1,    1,    0, 0, 0, 0, 0, 0, 0, 0,   0,
                                  0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0, 0x40};
    struct fixture f;
    fixture_one(&f, CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
    f.schema.columns[0].encoding = CC_GEOMETRY_CLR_GEOGRAPHY;
    must_append(&f, UDT, value, sizeof value);
    struct ArrowArray batch = fixture_finish(&f);
    assert_memory_equal(batch.children[0]->buffers[2], expected,
                        sizeof expected);
    assert_int_equal(f.builder->columns[0].srid, 4326);
    batch.release(&batch);
    fixture_free(&f);
}

static void test_too_short(void **state)
{
    (void)state;
    const uint8_t bytes[16] = {0};
    const int types[] = {SYBINT2, SYBINT4,     SYBINT8,   SYBREAL,
                         SYBFLT8, SYBMONEY,    SYBMONEY4, SYBDATETIME,
                         GUID,    SYBDATETIME4};
    struct fixture f;
    fixture_one(&f, CC_KIND_TEXT, CC_OUT_STRING);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        assert_int_equal(append(&f, types[i], bytes, 1), -1);
    assert_int_equal(f.error.stage, CC_STAGE_FETCH);
    fixture_free(&f);
}

static void test_unknown_type(void **state)
{
    (void)state;
    struct fixture f;
    fixture_one(&f, CC_KIND_TEXT, CC_OUT_STRING);
    assert_int_equal(append(&f, 999, "x", 1), -1);
    assert_int_equal(f.error.stage, CC_STAGE_UNSUPPORTED);
    assert_non_null(strstr(f.error.message, "999"));
    fixture_free(&f);
}

/* ---- columns of the catalog ---- */

static struct cc_column described(struct cc_schema *schema,
                                  struct cc_tds_described d)
{
    struct cc_error error = CC_ERROR_INIT;
    d.name = "c";
    assert_int_equal(cc_tds_add_column(schema, &d, &error), 0);
    return schema->columns[schema->count - 1];
}

static void test_kinds(void **state)
{
    (void)state;
    const struct
    {
        int type;
        enum cc_kind kind;
    } cases[] = {
        {CC_TDS_BIT, CC_KIND_BOOLEAN},
        {CC_TDS_TINYINT, CC_KIND_INT16},
        {CC_TDS_SMALLINT, CC_KIND_INT16},
        {CC_TDS_INT, CC_KIND_INT32},
        {CC_TDS_BIGINT, CC_KIND_INT64},
        {CC_TDS_REAL, CC_KIND_FLOAT32},
        {CC_TDS_FLOAT, CC_KIND_FLOAT64},
        {CC_TDS_DATE, CC_KIND_DATE},
        {CC_TDS_TIME, CC_KIND_TIME},
        {CC_TDS_DATETIME, CC_KIND_TIMESTAMP},
        {CC_TDS_SMALLDATETIME, CC_KIND_TIMESTAMP},
        {CC_TDS_DATETIME2, CC_KIND_TIMESTAMP},
        {CC_TDS_DATETIMEOFFSET, CC_KIND_TIMESTAMPTZ},
        {CC_TDS_UNIQUEIDENTIFIER, CC_KIND_UUID},
        {CC_TDS_IMAGE, CC_KIND_BINARY},
        {CC_TDS_ROWVERSION, CC_KIND_BINARY},
        {CC_TDS_TEXT, CC_KIND_TEXT},
        {CC_TDS_NTEXT, CC_KIND_TEXT},
        {CC_TDS_XML, CC_KIND_TEXT},
        {CC_TDS_JSON, CC_KIND_JSON},
        {255, CC_KIND_UNSUPPORTED},
    };
    struct cc_schema schema;
    cc_schema_init(&schema);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_tds_described d = {.type = cases[i].type};
        assert_int_equal(described(&schema, d).kind, cases[i].kind);
    }
    cc_schema_free(&schema);
}

static void test_widths(void **state)
{
    (void)state;
    struct cc_schema schema;
    cc_schema_init(&schema);
    struct cc_tds_described d = {.type = CC_TDS_NVARCHAR, .max_length = 40};
    assert_int_equal(described(&schema, d).width, 20);
    d = (struct cc_tds_described){.type = CC_TDS_CHAR, .max_length = 5};
    assert_int_equal(described(&schema, d).width, 5);
    d = (struct cc_tds_described){.type = CC_TDS_VARCHAR, .max_length = -1};
    assert_int_equal(described(&schema, d).width, 0);
    d = (struct cc_tds_described){
        .type = CC_TDS_DECIMAL, .precision = 10, .scale = 2};
    assert_int_equal(described(&schema, d).precision, 10);
    assert_int_equal(described(&schema, d).scale, 2);
    d = (struct cc_tds_described){.type = CC_TDS_MONEY, .precision = 19};
    assert_int_equal(described(&schema, d).scale, 4);
    d = (struct cc_tds_described){.type = CC_TDS_SMALLMONEY};
    assert_int_equal(described(&schema, d).precision, 10);
    cc_schema_free(&schema);
}

static void test_clr_types(void **state)
{
    (void)state;
    struct cc_schema schema;
    cc_schema_init(&schema);
    struct cc_tds_described d = {.type = CC_TDS_UDT,
                                 .user_type_name = "geography"};
    struct cc_column column = described(&schema, d);
    assert_int_equal(column.kind, CC_KIND_GEOMETRY);
    assert_int_equal(column.encoding, CC_GEOMETRY_CLR_GEOGRAPHY);
    assert_true(column.geodetic);
    assert_string_equal(column.native_type, "geography");
    d.user_type_name = "geometry";
    column = described(&schema, d);
    assert_int_equal(column.encoding, CC_GEOMETRY_CLR_GEOMETRY);
    assert_false(column.geodetic);
    d.user_type_name = "hierarchyid";
    assert_int_equal(described(&schema, d).kind, CC_KIND_BINARY);
    d.wraps = true;
    assert_int_equal(described(&schema, d).kind, CC_KIND_TEXT);
    d = (struct cc_tds_described){.type = CC_TDS_VARIANT};
    assert_int_equal(described(&schema, d).kind, CC_KIND_UNSUPPORTED);
    d.wraps = true;
    assert_int_equal(described(&schema, d).kind, CC_KIND_TEXT);
    cc_schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_bit),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_big_decimal_zeros),
        cmocka_unit_test(test_decimal_damaged),
        cmocka_unit_test(test_datetime2_text),
        cmocka_unit_test(test_datetimeoffset),
        cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_datetime),
        cmocka_unit_test(test_times_out_of_range),
        cmocka_unit_test(test_uuid),
        cmocka_unit_test(test_xml_mark),
        cmocka_unit_test(test_empty_is_not_null),
        cmocka_unit_test(test_geometry),
        cmocka_unit_test(test_too_short),
        cmocka_unit_test(test_unknown_type),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_clr_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
