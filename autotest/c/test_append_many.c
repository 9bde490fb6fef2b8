/* SPDX-License-Identifier: MIT */
/* Many values at once come out as one by one. */
#include "builder_fixture.h"

#include "column/datetime.h"
#include "wire/arrow_ipc.h"

#include <math.h>
#include <string.h>

#define COUNT 5

/* Two columns of a type, to which the same is appended in two ways. */
struct twins
{
    struct fixture many;
    struct fixture single;
    struct cc_builder *a;
    struct cc_builder *b;
};

static void twins_init(struct twins *twins, enum cc_kind kind,
                       enum cc_type type)
{
    twins->a = fixture_one(&twins->many, kind, type);
    twins->b = fixture_one(&twins->single, kind, type);
    /* Something is there, so that nothing is aligned. */
    cc_builder_null(twins->a);
    cc_builder_null(twins->b);
}

static size_t size_of(const struct cc_builder *builder,
                      const struct ArrowArray *array)
{
    switch (builder->type)
    {
        case CC_OUT_BOOLEAN:
            return ((size_t)array->length + 7) / 8;
        case CC_OUT_INT32:
        case CC_OUT_DATE:
            return 4 * (size_t)array->length;
        case CC_OUT_STRING:
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            return 4 * ((size_t)array->length + 1);
        default:
            return 8 * (size_t)array->length;
    }
}

static void assert_alike(struct twins *twins)
{
    assert_int_equal(twins->many.builder->bytes, twins->single.builder->bytes);
    struct ArrowArray left = fixture_finish(&twins->many);
    struct ArrowArray right = fixture_finish(&twins->single);
    const struct ArrowArray *a = left.children[0];
    const struct ArrowArray *b = right.children[0];
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->null_count, b->null_count);
    for (size_t i = 0; i < (size_t)a->length; i++)
        assert_int_equal(is_null(a, i), is_null(b, i));
    assert_memory_equal(a->buffers[1], b->buffers[1], size_of(twins->a, a));
    if (a->n_buffers == 3)
    {
        const int32_t *offsets = b->buffers[1];
        assert_memory_equal(a->buffers[2], b->buffers[2],
                            (size_t)offsets[b->length]);
    }
    assert_memory_equal(twins->a->losses, twins->b->losses,
                        sizeof twins->a->losses);
    left.release(&left);
    right.release(&right);
    fixture_free(&twins->many);
    fixture_free(&twins->single);
}

/* ---- numbers ---- */

static void test_int64s(void **state)
{
    (void)state;
    static const enum cc_type types[] = {CC_OUT_INT64, CC_OUT_INT32,
                                         CC_OUT_FLOAT64, CC_OUT_STRING};
    const int64_t values[COUNT] = {0, -1, INT64_MAX, 7, INT64_MIN};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    {
        struct twins twins;
        twins_init(&twins, CC_KIND_INT64, types[t]);
        assert_int_equal(cc_builder_int64s(twins.a, values, COUNT, NULL), 0);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(cc_builder_int64(twins.b, values[i], NULL), 0);
        if (types[t] == CC_OUT_INT32)
            assert_int_equal(twins.a->losses[CC_LOSS_RANGE].count, 2);
        assert_alike(&twins);
    }
}

static void test_doubles(void **state)
{
    (void)state;
    static const enum cc_type types[] = {CC_OUT_FLOAT64, CC_OUT_STRING};
    const double values[COUNT] = {0.0, -0.0, 1.5, INFINITY, -1e300};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    {
        struct twins twins;
        twins_init(&twins, CC_KIND_FLOAT64, types[t]);
        assert_int_equal(cc_builder_doubles(twins.a, values, COUNT, NULL), 0);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(cc_builder_double(twins.b, values[i], NULL), 0);
        assert_alike(&twins);
    }
}

static void test_bits(void **state)
{
    (void)state;
    static const enum cc_type types[] = {CC_OUT_BOOLEAN, CC_OUT_INT64};
    const uint8_t bits[] = {0xB5, 0x6C, 0xF0};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    {
        struct twins twins;
        twins_init(&twins, CC_KIND_BOOLEAN, types[t]);
        assert_int_equal(cc_builder_bits(twins.a, bits, 3, 20, NULL), 0);
        for (size_t i = 3; i < 23; i++)
            assert_int_equal(
                cc_builder_int64(twins.b, bits[i / 8] >> (i % 8) & 1, NULL), 0);
        assert_alike(&twins);
    }
}

/* ---- dates and times ---- */

/* With one that is too large at `wrong`, or with none. */
static void check_times(enum cc_type type, size_t wrong)
{
    struct twins twins;
    int64_t values[COUNT] = {0, 1, 86399999999, 86399999998, 1000000};
    bool is_time = type == CC_OUT_TIME;
    twins_init(&twins, is_time ? CC_KIND_TIME : CC_KIND_TIMESTAMP, type);
    if (wrong < COUNT)
        values[wrong] = is_time ? CC_US_PER_DAY : INT64_MAX;
    int (*many)(struct cc_builder *, const int64_t *, size_t,
                struct cc_error *) =
        is_time ? cc_builder_times : cc_builder_timestamps;
    int (*single)(struct cc_builder *, int64_t, struct cc_error *) =
        is_time ? cc_builder_time : cc_builder_timestamp;
    assert_int_equal(many(twins.a, values, COUNT, NULL), 0);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(single(twins.b, values[i], NULL), 0);
    assert_int_equal(twins.a->losses[CC_LOSS_DATETIME].count, wrong < COUNT);
    assert_alike(&twins);
}

static void test_times(void **state)
{
    (void)state;
    for (size_t wrong = 0; wrong <= COUNT; wrong++)
    {
        check_times(CC_OUT_TIME, wrong);
        check_times(CC_OUT_TIMESTAMP, wrong);
        check_times(CC_OUT_TIMESTAMPTZ, wrong);
    }
}

static void test_dates(void **state)
{
    (void)state;
    static const enum cc_type types[] = {CC_OUT_DATE, CC_OUT_TIMESTAMP,
                                         CC_OUT_STRING};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    {
        for (int32_t beyond = 0; beyond < 2; beyond++)
        {
            struct twins twins;
            const int32_t days[COUNT] = {0, CC_FIRST_DAY, CC_LAST_DAY,
                                         CC_LAST_DAY + beyond, 20000};
            twins_init(&twins, CC_KIND_DATE, types[t]);
            assert_int_equal(cc_builder_dates(twins.a, days, COUNT, NULL), 0);
            for (size_t i = 0; i < COUNT; i++)
                assert_int_equal(cc_builder_date(twins.b, days[i], NULL), 0);
            assert_alike(&twins);
        }
    }
}

/* ---- text and bytes ---- */

/* Five values of `data`, of which the bytes in front are none. */
static void check_bytes(enum cc_kind kind, enum cc_type type, const char *data,
                        const int32_t offsets[COUNT + 1], bool are_text)
{
    struct twins twins;
    twins_init(&twins, kind, type);
    int status = are_text
                     ? cc_builder_texts(twins.a, data, offsets, COUNT, NULL)
                     : cc_builder_blobs(twins.a, data, offsets, COUNT, NULL);
    assert_int_equal(status, 0);
    for (size_t i = 0; i < COUNT; i++)
    {
        size_t size = (size_t)(offsets[i + 1] - offsets[i]);
        const char *value = data ? data + offsets[i] : "";
        status = are_text ? cc_builder_text(twins.b, value, size, NULL)
                          : cc_builder_bytes(twins.b, value, size, NULL);
        assert_int_equal(status, 0);
    }
    assert_alike(&twins);
}

static void test_texts(void **state)
{
    (void)state;
    static const struct
    {
        const char *data;
        int32_t offsets[COUNT + 1];
    } cases[] = {
        {"xxonetwothree", {2, 5, 5, 8, 13, 13}},
        {"caf\xC3\xA9\xE2\x82\xAC", {0, 0, 3, 5, 8, 8}},
        /* a character in two values is in none */
        {"caf\xC3\xA9\xE2\x82\xAC", {0, 0, 4, 5, 8, 8}},
        {"caf\xC3\xA9\xE2\x82\xAC", {0, 3, 5, 6, 7, 8}},
        {"a\xFF", {0, 1, 1, 1, 2, 2}},
        {"ab\0cd", {0, 1, 2, 3, 4, 5}},
        {"\xC3", {0, 0, 0, 0, 0, 1}},
        {NULL, {0, 0, 0, 0, 0, 0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        check_bytes(CC_KIND_TEXT, CC_OUT_STRING, cases[i].data,
                    cases[i].offsets, true);
        check_bytes(CC_KIND_BINARY, CC_OUT_BINARY, cases[i].data,
                    cases[i].offsets, false);
        check_bytes(CC_KIND_TEXT, CC_OUT_STRING, cases[i].data,
                    cases[i].offsets, false);
    }
}

/* Which rows a split character is missing from, without a twin. */
static void test_split_character(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *builder =
        fixture_one(&fixture, CC_KIND_TEXT, CC_OUT_STRING);
    const int32_t offsets[] = {0, 2, 3};
    assert_int_equal(cc_builder_texts(builder, "a\xC3\xA9", offsets, 2, NULL),
                     0);
    struct ArrowArray batch = fixture_finish(&fixture);
    assert_text(batch.children[0], 0, "a\xEF\xBF\xBD");
    assert_text(batch.children[0], 1, "\xEF\xBF\xBD");
    assert_int_equal(builder->losses[CC_LOSS_ENCODING].count, 2);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_texts_of_geometry(void **state)
{
    (void)state;
    const char *data = "POINT(1 2)POINT(3 4)x";
    const int32_t offsets[COUNT + 1] = {0, 10, 10, 20, 21, 21};
    check_bytes(CC_KIND_GEOMETRY, CC_OUT_GEOMETRY, data, offsets, true);
}

/* The values in front of the one that fails are there. */
static void test_failure(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_builder *builder =
        fixture_one(&fixture, CC_KIND_INT64, CC_OUT_INT64);
    const int32_t offsets[] = {0, 1, 2, 3};
    assert_int_equal(
        cc_builder_texts(builder, "1x3", offsets, 3, &fixture.error), -1);
    assert_string_equal(fixture.error.message,
                        "column \"c\", row 2: \"x\" cannot be read as 64-bit "
                        "integer");
    assert_int_equal(builder->length, 1);
    fixture_free(&fixture);
}

/* ---- runs of NULLs ---- */

static void test_runs(void **state)
{
    (void)state;
    /* 1..4, 0 to the 19th, 1 to the end */
    const uint8_t validity[] = {0x0F, 0x00, 0xF0, 0xFF, 0x3F};
    const void *buffers[] = {validity, NULL};
    const struct ArrowArray array = {
        .length = 38, .n_buffers = 2, .buffers = buffers};
    const struct ArrowArray full = {.length = 38, .n_buffers = 2};
    const struct cc_ipc_field number = {.type = CC_IPC_INT};
    const struct cc_ipc_field none = {.type = CC_IPC_NULL};
    bool null;
    assert_int_equal(cc_ipc_run(&number, &array, 0, 38, &null), 4);
    assert_false(null);
    assert_int_equal(cc_ipc_run(&number, &array, 4, 38, &null), 20);
    assert_true(null);
    assert_int_equal(cc_ipc_run(&number, &array, 4, 17, &null), 17);
    assert_true(null);
    assert_int_equal(cc_ipc_run(&number, &array, 20, 38, &null), 38);
    assert_false(null);
    const void *no_buffers[] = {NULL, NULL};
    struct ArrowArray valid = full;
    valid.buffers = no_buffers;
    assert_int_equal(cc_ipc_run(&number, &valid, 5, 38, &null), 38);
    assert_false(null);
    assert_int_equal(cc_ipc_run(&none, &valid, 5, 38, &null), 38);
    assert_true(null);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int64s),
        cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_bits),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_split_character),
        cmocka_unit_test(test_texts_of_geometry),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
