/* SPDX-License-Identifier: MIT */
#include "builder_fixture.h"

#include "wire/pg_binary.h"
#include "wire/pg_numeric.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- one value ---- */

/* Reads the bytes given in hexadecimal as a value of type `oid`. */
static int append(struct fixture *fixture, uint32_t oid, const char *hex)
{
    struct cc_builder *builder = &fixture->builder->columns[0];
    struct cc_buffer bytes = CC_BUFFER_INIT;
    assert_int_equal(cc_hex_decode(&bytes, hex, strlen(hex)), 0);
    /* of the very size, so that a sanitizer sees a byte too many */
    uint8_t *copy = malloc(bytes.size + 1);
    assert_non_null(copy);
    memcpy(copy, bytes.data ? bytes.data : (const uint8_t *)"", bytes.size);
    copy = realloc(copy, bytes.size > 0 ? bytes.size : 1);
    size_t size = bytes.size;
    cc_buffer_free(&bytes);
    cc_pg_reader read = cc_pg_binary_reader(oid, builder->column);
    int status = read(builder, copy, size, &fixture->error);
    free(copy);
    return status;
}

static int64_t integer_of(uint32_t oid, enum cc_kind kind, enum cc_type type,
                          const char *hex)
{
    struct fixture fixture;
    struct cc_builder *builder = fixture_one(&fixture, kind, type);
    assert_int_equal(append(&fixture, oid, hex), 0);
    int64_t value = only_integer(builder, type);
    fixture_free(&fixture);
    return value;
}

static double real_of(uint32_t oid, enum cc_kind kind, const char *hex)
{
    struct fixture fixture;
    struct cc_builder *builder = fixture_one(&fixture, kind, CC_OUT_FLOAT64);
    assert_int_equal(append(&fixture, oid, hex), 0);
    assert_int_equal(builder->length, 1);
    double value = ((const double *)builder->values)[0];
    fixture_free(&fixture);
    return value;
}

static void check_text(uint32_t oid, enum cc_kind kind, enum cc_type type,
                       const char *hex, const char *expected)
{
    struct fixture fixture;
    struct cc_builder *builder = fixture_one(&fixture, kind, type);
    assert_int_equal(append(&fixture, oid, hex), 0);
    assert_int_equal(builder->length, 1);
    assert_int_equal(builder->data.size, strlen(expected));
    if (*expected)
        assert_memory_equal(builder->data.data, expected, strlen(expected));
    fixture_free(&fixture);
}

static void check_lost(uint32_t oid, enum cc_kind kind, enum cc_type type,
                       const char *hex, const char *reason)
{
    struct fixture fixture;
    struct cc_builder *builder = fixture_one(&fixture, kind, type);
    assert_int_equal(append(&fixture, oid, hex), 0);
    assert_int_equal(builder->null_count, 1);
    assert_int_equal(builder->losses[CC_LOSS_DATETIME].count, 1);
    assert_string_equal(builder->losses[CC_LOSS_DATETIME].reason, reason);
    fixture_free(&fixture);
}

static void check_bad(uint32_t oid, enum cc_kind kind, enum cc_type type,
                      const char *hex)
{
    struct fixture fixture;
    struct cc_builder *builder = fixture_one(&fixture, kind, type);
    assert_int_equal(append(&fixture, oid, hex), -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_FETCH);
    assert_non_null(strstr(fixture.error.message, "column \"c\""));
    assert_int_equal(builder->length, 0);
    fixture_free(&fixture);
}

static void test_integers(void **state)
{
    (void)state;
    assert_int_equal(
        integer_of(CC_PG_BOOL, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "01"), 1);
    assert_int_equal(
        integer_of(CC_PG_BOOL, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "00"), 0);
    assert_int_equal(
        integer_of(CC_PG_INT2, CC_KIND_INT16, CC_OUT_INT16, "8000"), -32768);
    assert_int_equal(
        integer_of(CC_PG_INT4, CC_KIND_INT32, CC_OUT_INT32, "FFFFFFFE"), -2);
    assert_int_equal(
        integer_of(CC_PG_INT8, CC_KIND_INT64, CC_OUT_INT64, "8000000000000000"),
        INT64_MIN);
    assert_int_equal(
        integer_of(CC_PG_OID, CC_KIND_UINT32, CC_OUT_INT64, "FFFFFFFF"),
        4294967295);
    assert_int_equal(
        integer_of(CC_PG_BIT, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "0000000180"),
        1);
    check_bad(CC_PG_BOOL, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "0000");
    check_bad(CC_PG_INT2, CC_KIND_INT16, CC_OUT_INT16, "00");
    check_bad(CC_PG_INT4, CC_KIND_INT32, CC_OUT_INT32, "0000000000");
    check_bad(CC_PG_INT8, CC_KIND_INT64, CC_OUT_INT64, "");
    check_bad(CC_PG_OID, CC_KIND_UINT32, CC_OUT_INT64, "");
    check_bad(CC_PG_BIT, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, "0000000280");
}

static void test_reals(void **state)
{
    (void)state;
    assert_true(real_of(CC_PG_FLOAT4, CC_KIND_FLOAT32, "3FC00000") == 1.5);
    assert_true(real_of(CC_PG_FLOAT8, CC_KIND_FLOAT64, "BFF8000000000000") ==
                -1.5);
    assert_true(
        isnan(real_of(CC_PG_FLOAT8, CC_KIND_FLOAT64, "7FF8000000000000")));
    assert_true(real_of(CC_PG_FLOAT8, CC_KIND_FLOAT64, "FFF0000000000000") ==
                -INFINITY);
    check_bad(CC_PG_FLOAT4, CC_KIND_FLOAT32, CC_OUT_FLOAT32, "00");
    check_bad(CC_PG_FLOAT8, CC_KIND_FLOAT64, CC_OUT_FLOAT64, "00");
}

static void test_datetimes(void **state)
{
    (void)state;
    assert_int_equal(
        integer_of(CC_PG_DATE, CC_KIND_DATE, CC_OUT_DATE, "00000000"), 10957);
    assert_int_equal(
        integer_of(CC_PG_DATE, CC_KIND_DATE, CC_OUT_DATE, "FFFFD533"), 0);
    assert_int_equal(
        integer_of(CC_PG_TIME, CC_KIND_TIME, CC_OUT_TIME, "0000000000000001"),
        1);
    assert_int_equal(integer_of(CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP,
                                CC_OUT_TIMESTAMP, "0000000000000000"),
                     946684800000000);
    assert_int_equal(integer_of(CC_PG_TIMESTAMPTZ, CC_KIND_TIMESTAMPTZ,
                                CC_OUT_TIMESTAMPTZ, "FFFFFFFFFFFFFFFF"),
                     946684799999999);
    check_bad(CC_PG_DATE, CC_KIND_DATE, CC_OUT_DATE, "00");
    check_bad(CC_PG_TIME, CC_KIND_TIME, CC_OUT_TIME, "00");
    check_bad(CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP, "00");
}

static void test_datetimes_beyond(void **state)
{
    (void)state;
    check_lost(CC_PG_DATE, CC_KIND_DATE, CC_OUT_DATE, "7FFFFFFF", "infinity");
    check_lost(CC_PG_DATE, CC_KIND_DATE, CC_OUT_DATE, "80000000", "-infinity");
    check_lost(CC_PG_TIME, CC_KIND_TIME, CC_OUT_TIME, "000000141DD76000",
               "24:00:00");
    check_lost(CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP,
               "7FFFFFFFFFFFFFFF", "infinity");
    check_lost(CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP,
               "8000000000000000", "-infinity");
    check_lost(CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP,
               "7FFFFFFFFFFFFFFE", "a year beyond 290000");
}

static void test_texts(void **state)
{
    (void)state;
    check_text(CC_PG_TEXT, CC_KIND_TEXT, CC_OUT_STRING, "6162", "ab");
    check_text(CC_PG_TEXT, CC_KIND_TEXT, CC_OUT_STRING, "", "");
    check_text(99999, CC_KIND_TEXT, CC_OUT_STRING, "6162", "ab");
    check_text(CC_PG_JSONB, CC_KIND_JSON, CC_OUT_STRING, "017B7D", "{}");
    check_text(CC_PG_BYTEA, CC_KIND_BINARY, CC_OUT_BINARY, "FF61",
               "\xFF"
               "a");
    check_text(CC_PG_UUID, CC_KIND_UUID, CC_OUT_STRING,
               "00112233445566778899AABBCCDDEEFF",
               "00112233-4455-6677-8899-aabbccddeeff");
    check_text(CC_PG_VARBIT, CC_KIND_TEXT, CC_OUT_STRING, "0000000AA540",
               "1010010101");
    check_text(CC_PG_VARBIT, CC_KIND_TEXT, CC_OUT_STRING, "00000000", "");
    check_bad(CC_PG_JSONB, CC_KIND_JSON, CC_OUT_STRING, "027B7D");
    check_bad(CC_PG_JSONB, CC_KIND_JSON, CC_OUT_STRING, "");
    check_bad(CC_PG_UUID, CC_KIND_UUID, CC_OUT_STRING, "00");
    check_bad(CC_PG_VARBIT, CC_KIND_TEXT, CC_OUT_STRING, "0000000AA5");
    check_bad(CC_PG_VARBIT, CC_KIND_TEXT, CC_OUT_STRING, "FFFFFFFF");
    check_bad(CC_PG_VARBIT, CC_KIND_TEXT, CC_OUT_STRING, "00");
}

#define POINT "0101000000000000000000F03F0000000000000040"

static void check_point(uint32_t oid, enum cc_kind kind, const char *hex)
{
    struct fixture fixture;
    struct cc_builder *builder = fixture_one(&fixture, kind, CC_OUT_GEOMETRY);
    assert_int_equal(append(&fixture, oid, hex), 0);
    assert_int_equal(builder->data.size, 21);
    assert_int_equal(builder->losses[CC_LOSS_GEOMETRY].count, 0);
    fixture_free(&fixture);
}

/* Native, and by the name of a text or binary column. */
static void test_geometries(void **state)
{
    (void)state;
    check_point(99999, CC_KIND_GEOMETRY, POINT);
    check_point(CC_PG_BYTEA, CC_KIND_BINARY, POINT);
    check_point(CC_PG_TEXT, CC_KIND_TEXT, "504F494E542831203229");
    check_text(99999, CC_KIND_GEOMETRY, CC_OUT_BINARY, "6162", "ab");
}

/* ---- numeric ---- */

/* digits, weight, sign, scale, then base-10000 digits. `text` is NULL for what
 * is malformed. */
static const struct
{
    const char *hex;
    const char *text;
    bool small;
    int64_t unscaled;
    int scale;
} numerics[] = {
    {"0000000000000000", "0", true, 0, 0},
    {"0000000000000002", "0.00", true, 0, 0},
    {"00010000000000000001", "1", true, 1, 0},
    {"00010000400000000001", "-1", true, -1, 0},
    {"0001000000000000270F", "9999", true, 9999, 0},
    {"00010001000000000001", "10000", true, 10000, 0},
    {"00010004000000000001", "10000000000000000", true, 10000000000000000, 0},
    {"00010005000000000001", "100000000000000000000", false, 0, 0},
    {"0002000000000002000C0898", "12.22", true, 1222, 2},
    {"0001FFFF0000000204B0", "0.12", true, 12, 2},
    {"0001FFFF0000000404CE", "0.1230", true, 1230, 4},
    {"0001FFFE000000080001", "0.00000001", true, 1, 8},
    {"0002000000000006000104D2", "1.123400", true, 11234, 4},
    {"00050004000000000398000100000000270F", "9200001000000009999", true,
     9200001000000009999, 0},
    {"000500040000000003A0000100000000270F", "9280001000000009999", false, 0,
     0},
    {"0006000000000014000100020003000400050006", "1.00020003000400050006",
     false, 0, 0},
    {"0001FFF60000002C0001", "0.00000000000000000000000000000000000000010000",
     false, 0, 0},
    {"00000000C0000000", "NaN", false, 0, 0},
    {"00000000D0000020", "Infinity", false, 0, 0},
    {"00000000F0000020", "-Infinity", false, 0, 0},
    {"00010000123400000001", NULL, false, 0, 0},
    {"00010000000000002710", NULL, false, 0, 0},
    {"00020000000000000001", NULL, false, 0, 0},
    {"0001", NULL, false, 0, 0},
    {"", NULL, false, 0, 0},
};

static void check_numeric(size_t i)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    struct cc_strbuf text = CC_STRBUF_INIT;
    assert_int_equal(
        cc_hex_decode(&bytes, numerics[i].hex, strlen(numerics[i].hex)), 0);
    int64_t unscaled = 0;
    int scale = 0;
    bool small = cc_pg_numeric_small(bytes.data, bytes.size, &unscaled, &scale);
    assert_int_equal(small, numerics[i].small);
    if (small)
    {
        assert_int_equal(unscaled, numerics[i].unscaled);
        assert_int_equal(scale, numerics[i].scale);
    }
    int status = cc_pg_numeric_text(bytes.data, bytes.size, &text);
    assert_int_equal(status, numerics[i].text ? 0 : 1);
    if (numerics[i].text)
        assert_string_equal(cc_strbuf_text(&text), numerics[i].text);
    cc_buffer_free(&bytes);
    cc_strbuf_free(&text);
}

static void test_numerics(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numerics / sizeof *numerics; i++)
        check_numeric(i);
}

static void test_numeric_columns(void **state)
{
    (void)state;
    assert_true(real_of(CC_PG_NUMERIC, CC_KIND_DECIMAL,
                        "0002000000000002000C0898") == 12.22);
    assert_true(
        isnan(real_of(CC_PG_NUMERIC, CC_KIND_DECIMAL, "00000000C0000000")));
    assert_true(real_of(CC_PG_NUMERIC, CC_KIND_DECIMAL,
                        "00010005000000000001") == 1e20);
    assert_int_equal(integer_of(CC_PG_NUMERIC, CC_KIND_DECIMAL, CC_OUT_INT64,
                                "00010004400000000001"),
                     -10000000000000000);
    check_bad(CC_PG_NUMERIC, CC_KIND_DECIMAL, CC_OUT_FLOAT64, "0001");
}

/* ---- typmods ---- */

static void check_typmod(int32_t typmod, int32_t srid, uint32_t type)
{
    int32_t got_srid = -1;
    uint32_t got_type = 99;
    cc_postgis_typmod(typmod, &got_srid, &got_type);
    assert_int_equal(got_srid, srid);
    assert_int_equal(got_type, type);
}

static void test_typmods(void **state)
{
    (void)state;
    int precision = 0;
    int scale = 0;
    assert_int_equal(cc_pg_width(-1), 0);
    assert_int_equal(cc_pg_width(14), 10);
    assert_false(cc_pg_numeric(-1, &precision, &scale));
    assert_true(cc_pg_numeric((10 << 16 | 2) + 4, &precision, &scale));
    assert_int_equal(precision, 10);
    assert_int_equal(scale, 2);
    assert_true(
        cc_pg_numeric((3 << 16 | (-2 & 0x7FF)) + 4, &precision, &scale));
    assert_int_equal(scale, -2);
    check_typmod(-1, 0, 0);
    check_typmod(0, 0, 0);
    check_typmod(4326 << 8 | 1 << 2, 4326, 1);
    check_typmod(3857 << 8 | 6 << 2 | 2, 3857, 1006);
    check_typmod(25832 << 8 | 13 << 2 | 3, 25832, 3015);
    check_typmod(1 << 8 | 14 << 2, 1, 17);
    check_typmod(1 << 8 | 15 << 2 | 1, 1, 2016);
    check_typmod(1 << 8 | 2, 1, 0);
    check_typmod(999999 << 8, 999999, 0);
    check_typmod(0x0FFFFF00 | 0x10000000, 0, 0);
    check_typmod(1 << 8 | 63 << 2, 1, 0);
}

/* ---- the COPY stream ---- */

#define HEADER                                                                 \
    "5047434F50590AFF0D0A00"                                                   \
    "00000000"                                                                 \
    "00000000"
#define TRAILER "FFFF"
/* 2 fields: int4 7, text "ab" */
#define ROW                                                                    \
    "0002"                                                                     \
    "00000004"                                                                 \
    "00000007"                                                                 \
    "00000002"                                                                 \
    "6162"
#define NULLS                                                                  \
    "0002"                                                                     \
    "FFFFFFFF"                                                                 \
    "FFFFFFFF"

struct copy_case
{
    struct fixture fixture;
    struct cc_pg_field fields[2];
    struct cc_pg_copy copy;
    int rows;
};

static void copy_init(struct copy_case *c)
{
    memset(c, 0, sizeof *c);
    fixture_init(&c->fixture);
    fixture_column(&c->fixture, "n", CC_KIND_INT32, CC_OUT_INT32);
    fixture_column(&c->fixture, "t", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_build(&c->fixture, NULL);
    const uint32_t oids[] = {CC_PG_INT4, CC_PG_TEXT};
    for (size_t i = 0; i < 2; i++)
    {
        c->fields[i].builder = &c->fixture.builder->columns[i];
        c->fields[i].read =
            cc_pg_binary_reader(oids[i], c->fixture.builder->columns[i].column);
    }
    c->copy.fields = c->fields;
    c->copy.count = 2;
}

/* Reads one message of the stream. */
static int copy_message(struct copy_case *c, const char *hex)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    assert_int_equal(cc_hex_decode(&bytes, hex, strlen(hex)), 0);
    uint8_t *exact = malloc(bytes.size);
    assert_non_null(exact);
    memcpy(exact, bytes.data, bytes.size);
    const uint8_t *data = exact;
    size_t size = bytes.size;
    int status = 0;
    while (status == 0 && size > 0)
    {
        bool row;
        status =
            cc_pg_copy_read(&c->copy, &data, &size, &row, &c->fixture.error);
        if (status == 0 && row)
        {
            cc_batch_end_row(c->fixture.builder);
            c->rows++;
        }
    }
    free(exact);
    cc_buffer_free(&bytes);
    return status;
}

static void copy_done(struct copy_case *c)
{
    fixture_free(&c->fixture);
}

static void test_copy(void **state)
{
    (void)state;
    struct copy_case c;
    copy_init(&c);
    assert_int_equal(copy_message(&c, HEADER ROW), 0);
    assert_int_equal(copy_message(&c, NULLS), 0);
    assert_int_equal(copy_message(&c, ROW ROW), 0);
    assert_false(c.copy.ended);
    assert_int_equal(copy_message(&c, TRAILER), 0);
    assert_true(c.copy.ended);
    assert_int_equal(c.rows, 4);
    const struct cc_builder *numbers = &c.fixture.builder->columns[0];
    assert_int_equal(((const int32_t *)numbers->values)[0], 7);
    assert_int_equal(numbers->null_count, 1);
    assert_memory_equal(c.fixture.builder->columns[1].data.data, "ababab", 6);
    copy_done(&c);
}

static void test_empty_copy(void **state)
{
    (void)state;
    struct copy_case c;
    copy_init(&c);
    assert_int_equal(copy_message(&c, HEADER), 0);
    assert_true(c.copy.begun);
    assert_int_equal(copy_message(&c, TRAILER), 0);
    assert_true(c.copy.ended);
    assert_int_equal(c.rows, 0);
    copy_done(&c);
    copy_init(&c);
    assert_int_equal(copy_message(&c, HEADER TRAILER), 0);
    assert_true(c.copy.ended);
    copy_done(&c);
}

static void test_copy_without_a_column(void **state)
{
    (void)state;
    struct copy_case c;
    copy_init(&c);
    c.fields[0].builder = NULL;
    assert_int_equal(copy_message(&c, HEADER ROW TRAILER), 0);
    assert_int_equal(c.fixture.builder->columns[0].length, 0);
    assert_int_equal(c.fixture.builder->columns[1].length, 1);
    copy_done(&c);
}

static void check_malformed(const char *hex, const char *words)
{
    struct copy_case c;
    copy_init(&c);
    assert_int_equal(copy_message(&c, hex), -1);
    assert_int_equal(c.fixture.error.stage, CC_STAGE_FETCH);
    assert_non_null(strstr(c.fixture.error.message, words));
    copy_done(&c);
}

static void test_malformed(void **state)
{
    (void)state;
    check_malformed("5047434F50590AFF0D0A", "no signature");
    check_malformed("6047434F50590AFF0D0A000000000000000000", "no signature");
    check_malformed("5047434F50590AFF0D0A000001000000000000", "unknown flags");
    check_malformed("5047434F50590AFF0D0A0000000000FFFFFFFF", "header is cut");
    check_malformed(HEADER "00", "a row is cut");
    check_malformed(HEADER "0001"
                           "00000000",
                    "number of columns");
    check_malformed(HEADER "0002"
                           "0000",
                    "a row is cut");
    check_malformed(HEADER "0002"
                           "00000004"
                           "000007",
                    "a value is cut");
    check_malformed(HEADER "0002"
                           "FFFFFFFE",
                    "a value is cut");
    check_malformed(HEADER "0002"
                           "00000003"
                           "000000",
                    "cannot have 3 bytes");
    check_malformed(HEADER TRAILER ROW, "data after its end");
}

/* Cut anywhere, a row is an error and no byte beyond it is read. */
static void test_cut_anywhere(void **state)
{
    (void)state;
    static const char whole[] = HEADER ROW;
    char cut[sizeof whole];
    for (size_t length = strlen(HEADER) + 2; length < strlen(whole);
         length += 2)
    {
        struct copy_case c;
        memcpy(cut, whole, length);
        cut[length] = '\0';
        copy_init(&c);
        assert_int_equal(copy_message(&c, cut), -1);
        assert_int_equal(c.fixture.error.stage, CC_STAGE_FETCH);
        assert_int_equal(c.rows, 0);
        copy_done(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_datetimes),
        cmocka_unit_test(test_datetimes_beyond),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_geometries),
        cmocka_unit_test(test_numerics),
        cmocka_unit_test(test_numeric_columns),
        cmocka_unit_test(test_typmods),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_empty_copy),
        cmocka_unit_test(test_copy_without_a_column),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_cut_anywhere),
    };
    return cmocka_run_group_tests_name("pg_binary", tests, NULL, NULL);
}
