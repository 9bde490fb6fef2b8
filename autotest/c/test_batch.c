/* SPDX-License-Identifier: MIT */
#include "builder_fixture.h"

#include <stdlib.h>

#define OK(expression) assert_int_equal(expression, 0)

static void init(struct fixture *fixture,
                 const struct cc_batch_options *options)
{
    fixture_init(fixture);
    fixture_column(fixture, "n", CC_KIND_INT64, CC_OUT_INT64);
    fixture_column(fixture, "t", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_build(fixture, options);
}

static void append_row(struct fixture *fixture, int64_t number,
                       const char *text)
{
    struct cc_builder *columns = fixture->builder->columns;
    OK(cc_builder_int64(&columns[0], number, &fixture->error));
    if (text)
        OK(cc_builder_text(&columns[1], text, strlen(text), &fixture->error));
    else
        cc_builder_null(&columns[1]);
    cc_batch_end_row(fixture->builder);
}

static struct ArrowArray finish(struct fixture *fixture)
{
    struct ArrowArray batch;
    OK(cc_batch_finish(fixture->builder, &batch, &fixture->error));
    return batch;
}

/* ---- how much is a batch ---- */

static int64_t fill(struct fixture *fixture, const char *text)
{
    int64_t rows = 0;
    while (!cc_batch_full(fixture->builder))
        append_row(fixture, rows++, text);
    struct ArrowArray batch = finish(fixture);
    assert_int_equal(batch.length, rows);
    batch.release(&batch);
    return rows;
}

static void test_rows(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    assert_int_equal(fill(&fixture, "x"), 256);
    assert_int_equal(fill(&fixture, "x"), 8192);
    assert_int_equal(fill(&fixture, "x"), 8192);
    fixture_free(&fixture);

    struct cc_batch_options options = {.batch_rows = 10, .first_rows = 100};
    init(&fixture, &options);
    assert_int_equal(fill(&fixture, "x"), 10);
    assert_int_equal(fill(&fixture, "x"), 10);
    assert_int_equal(fixture.builder->row_base, 20);
    fixture_free(&fixture);
}

static void test_bytes(void **state)
{
    (void)state;
    struct fixture fixture;
    struct cc_batch_options options = {.batch_bytes = 95};
    init(&fixture, &options);
    assert_int_equal(fill(&fixture, "1234567890"), 10);
    assert_int_equal(fill(&fixture, "1234567890"), 10);
    fixture_free(&fixture);
}

/* 250 columns of 8 bytes: 4 MiB are reached after some 2,000 rows. */
static void test_wide(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    for (int i = 0; i < 250; i++)
        fixture_column(&fixture, "d", CC_KIND_FLOAT64, CC_OUT_FLOAT64);
    fixture_build(&fixture, NULL);
    assert_int_equal(fixture.builder->capacity, 256);
    struct ArrowArray batch = finish(&fixture);
    batch.release(&batch);
    assert_int_equal(fixture.builder->capacity, (4 << 20) / 2001);
    fixture_free(&fixture);
}

/* The room that a batch begins with follows what the one before needed. */
static void test_reserved(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    assert_int_equal(fill(&fixture, "1234567890"), 256);
    const struct cc_buffer *data = &fixture.builder->columns[1].data;
    assert_int_equal(data->capacity, 81920);
    assert_int_equal(fill(&fixture, "1234567890"), 8192);
    assert_int_equal(data->capacity, 81920);
    fixture_free(&fixture);
}

/* One value far beyond a batch's bytes is a batch of its own. */
static void test_large_value(void **state)
{
    (void)state;
    const size_t size = (size_t)64 << 20;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    struct fixture fixture;
    init(&fixture, NULL);
    struct cc_builder *columns = fixture.builder->columns;
    OK(cc_builder_int64(&columns[0], 1, &fixture.error));
    OK(cc_builder_text(&columns[1], text, size, &fixture.error));
    cc_batch_end_row(fixture.builder);
    assert_true(cc_batch_full(fixture.builder));
    struct ArrowArray batch = finish(&fixture);
    const int32_t *offsets = batch.children[1]->buffers[1];
    assert_int_equal(offsets[1], size);
    assert_memory_equal(batch.children[1]->buffers[2], text, size);
    assert_false(cc_batch_full(fixture.builder));
    assert_true(fixture.builder->columns[1].data.capacity <= (4 << 20));
    batch.release(&batch);
    free(text);
    fixture_free(&fixture);
}

/* Offsets are 32 bits. The buffer's size is set rather than filled; what is
 * appended to it is one byte. */
static void test_offset_limit(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    struct cc_buffer *data = &fixture.builder->columns[1].data;
    data->data = malloc((size_t)INT32_MAX + 1);
    if (!data->data)
        skip();
    data->capacity = (size_t)INT32_MAX + 1;
    data->size = INT32_MAX;
    fixture.builder->columns[1].offsets[0] = INT32_MAX;
    assert_int_equal(
        cc_builder_text(&fixture.builder->columns[1], "x", 1, &fixture.error),
        -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_FETCH);
    assert_string_equal(fixture.error.message,
                        "column \"t\", row 1: a value of 1 bytes is too large, "
                        "2 GiB is the most");
    assert_int_equal(fixture.builder->columns[1].length, 0);
    assert_int_equal(data->size, INT32_MAX);
    fixture_free(&fixture);
}

/* ---- rows ---- */

static void test_values(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    append_row(&fixture, 1, "one");
    append_row(&fixture, 2, NULL);
    struct ArrowArray batch = finish(&fixture);
    assert_int_equal(batch.length, 2);
    assert_int_equal(batch.null_count, 0);
    assert_int_equal(batch.offset, 0);
    assert_int_equal(batch.n_buffers, 1);
    assert_null(batch.buffers[0]);
    assert_int_equal(batch.n_children, 2);
    assert_int_equal(batch.children[0]->n_buffers, 2);
    assert_int_equal(batch.children[1]->n_buffers, 3);
    assert_null(batch.children[0]->buffers[0]);
    assert_text(batch.children[1], 0, "one");
    assert_true(is_null(batch.children[1], 1));

    append_row(&fixture, 3, "three");
    struct ArrowArray next = finish(&fixture);
    assert_null(next.children[1]->buffers[0]);
    assert_int_equal(int64_at(next.children[0], 0), 3);
    assert_text(next.children[1], 0, "three");
    batch.release(&batch);
    assert_null(batch.release);
    fixture_free(&fixture);
    next.release(&next);
}

static void test_empty(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    struct ArrowArray batch = finish(&fixture);
    assert_int_equal(batch.length, 0);
    assert_non_null(batch.children[1]->buffers[2]);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_incomplete_row(void **state)
{
    (void)state;
    struct fixture fixture;
    struct ArrowArray batch;
    init(&fixture, NULL);
    append_row(&fixture, 1, "one");
    OK(cc_builder_int64(&fixture.builder->columns[0], 2, &fixture.error));
    assert_int_equal(cc_batch_finish(fixture.builder, &batch, &fixture.error),
                     -1);
    assert_int_equal(fixture.error.stage, CC_STAGE_INTERNAL);
    assert_string_equal(fixture.error.message,
                        "column 1 has 2 values in a batch of 1 rows");
    fixture_free(&fixture);
}

static void test_drop_partial_row(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "b", CC_KIND_BOOLEAN, CC_OUT_BOOLEAN);
    fixture_column(&fixture, "t", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_column(&fixture, "n", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_column(&fixture, "missing", CC_KIND_TEXT, CC_OUT_STRING);
    fixture_build(&fixture, NULL);
    struct cc_builder *columns = fixture.builder->columns;
    for (size_t i = 0; i < 2; i++)
    {
        OK(cc_builder_int64(&columns[0], i == 1, NULL));
        OK(cc_builder_text(&columns[1], "text", 4, NULL));
        cc_builder_null(&columns[2]);
        if (i == 0)
        {
            OK(cc_builder_text(&columns[3], "", 0, NULL));
            cc_batch_end_row(fixture.builder);
        }
    }
    cc_batch_drop_partial_row(fixture.builder);
    assert_int_equal(fixture.builder->bytes, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(columns[i].length, 1);
    /* what follows takes the dropped values' place */
    OK(cc_builder_int64(&columns[0], 0, NULL));
    OK(cc_builder_text(&columns[1], "more", 4, NULL));
    OK(cc_builder_text(&columns[2], "now", 3, NULL));
    cc_builder_null(&columns[3]);
    cc_batch_end_row(fixture.builder);
    struct ArrowArray batch = finish(&fixture);
    assert_int_equal(*(const uint8_t *)batch.children[0]->buffers[1], 0);
    assert_text(batch.children[1], 1, "more");
    assert_int_equal(batch.children[2]->null_count, 1);
    assert_text(batch.children[2], 1, "now");
    assert_true(is_null(batch.children[3], 1));
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- columns ---- */

static void test_wanted(void **state)
{
    (void)state;
    const bool wanted[] = {true, false, true};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "gone", CC_KIND_UNSUPPORTED, CC_OUT_STRING)
        ->skipped = true;
    fixture_column(&fixture, "unwanted", CC_KIND_INT64, CC_OUT_INT64);
    fixture_column(&fixture, "wanted", CC_KIND_TEXT, CC_OUT_STRING);
    OK(cc_batch_builder_new(&fixture.schema, wanted, NULL, NULL,
                            &fixture.builder, &fixture.error));
    assert_int_equal(fixture.builder->count, 1);
    assert_ptr_equal(fixture.builder->columns[0].column,
                     &fixture.schema.columns[2]);
    fixture_free(&fixture);
}

/* Rows without columns still are rows. */
static void test_no_columns(void **state)
{
    (void)state;
    const bool wanted[] = {false};
    struct cc_batch_options options = {.batch_rows = 3};
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_column(&fixture, "n", CC_KIND_INT64, CC_OUT_INT64);
    OK(cc_batch_builder_new(&fixture.schema, wanted, NULL, &options,
                            &fixture.builder, &fixture.error));
    while (!cc_batch_full(fixture.builder))
        cc_batch_end_row(fixture.builder);
    struct ArrowArray batch = finish(&fixture);
    assert_int_equal(batch.length, 3);
    assert_int_equal(batch.n_children, 0);
    batch.release(&batch);
    fixture_free(&fixture);
}

/* ---- batches of their own ---- */

static void test_moved_children(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    append_row(&fixture, 1, "one");
    struct ArrowArray batch = finish(&fixture);
    fixture_free(&fixture);
    struct ArrowArray moved = *batch.children[1];
    batch.children[1]->release = NULL;
    batch.release(&batch);
    assert_text(&moved, 0, "one");
    moved.release(&moved);
    assert_null(moved.release);
}

static void test_truncate(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    for (int64_t i = 0; i < 20; i++)
        append_row(&fixture, i, i % 3 == 0 ? NULL : "x");
    struct ArrowArray batch = finish(&fixture);
    assert_int_equal(batch.children[1]->null_count, 7);
    cc_batch_truncate(&batch, 10);
    assert_int_equal(batch.length, 10);
    assert_int_equal(batch.children[0]->length, 10);
    assert_int_equal(batch.children[0]->null_count, 0);
    assert_int_equal(batch.children[1]->length, 10);
    assert_int_equal(batch.children[1]->null_count, 4);
    assert_int_equal(int64_at(batch.children[0], 9), 9);
    batch.release(&batch);
    fixture_free(&fixture);
}

static void test_size(void **state)
{
    (void)state;
    struct fixture fixture;
    init(&fixture, NULL);
    for (int64_t i = 0; i < 16; i++)
        append_row(&fixture, i, i == 0 ? NULL : "1234");
    struct ArrowArray batch = finish(&fixture);
    /* 16 int64; 17 offsets, 16 bits of validity, 15 texts */
    assert_int_equal(cc_batch_size(fixture.builder, &batch),
                     16 * 8 + 17 * 4 + 2 + 15 * 4);
    batch.release(&batch);
    fixture_free(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_large_value),
        cmocka_unit_test(test_offset_limit),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_incomplete_row),
        cmocka_unit_test(test_drop_partial_row),
        cmocka_unit_test(test_wanted),
        cmocka_unit_test(test_no_columns),
        cmocka_unit_test(test_moved_children),
        cmocka_unit_test(test_truncate),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
