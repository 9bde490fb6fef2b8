/* SPDX-License-Identifier: MIT */
/* Streams of pyarrow (data/arrow/generate.py), and the same damaged. */
#include "arrow_stream.h"

#include <stdlib.h>

/* The values of a column, whose row 1 is NULL. */
static const void *values(const struct stream *stream, const char *name,
                          enum cc_ipc_type type)
{
    size_t i = column(stream, name);
    const struct ArrowArray *array = stream->batch.children[i];
    assert_int_equal(stream->fields[i].type, type);
    assert_int_equal(array->length, 3);
    assert_int_equal(array->null_count, 1);
    assert_false(cc_ipc_is_null(array, 0));
    assert_true(cc_ipc_is_null(array, 1));
    assert_false(cc_ipc_is_null(array, 2));
    return array->buffers[1];
}

static const struct cc_ipc_field *field(const struct stream *stream,
                                        const char *name)
{
    return &stream->fields[column(stream, name)];
}

static void assert_text(const struct ArrowArray *array, size_t row,
                        const char *expected)
{
    const int32_t *offsets = array->buffers[1];
    const char *data = array->buffers[2];
    size_t size = (size_t)(offsets[row + 1] - offsets[row]);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(data + offsets[row], expected, size);
}

static void test_integers(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "scalars");
    const int8_t *i8 = values(&s, "i8", CC_IPC_INT);
    assert_int_equal(i8[0], -128);
    assert_int_equal(i8[2], 127);
    assert_int_equal(field(&s, "i8")->bit_width, 8);
    assert_true(field(&s, "i8")->is_signed);
    const uint16_t *u16 = values(&s, "u16", CC_IPC_INT);
    assert_int_equal(u16[2], 65535);
    assert_false(field(&s, "u16")->is_signed);
    const int64_t *i64 = values(&s, "i64", CC_IPC_INT);
    assert_true(i64[0] == INT64_MIN && i64[2] == INT64_MAX);
    const uint8_t *bits = values(&s, "bool", CC_IPC_BOOL);
    assert_int_equal(bits[0] & 5, 1);
    assert_int_equal(s.batch.children[column(&s, "null")]->null_count, 3);
    assert_int_equal(s.batch.children[column(&s, "null")]->n_buffers, 0);
    close_stream(&s);
}

static void test_floats(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "scalars");
    const uint16_t *f16 = values(&s, "f16", CC_IPC_FLOAT);
    assert_int_equal(f16[0], 0x3C00);
    assert_int_equal(field(&s, "f16")->bit_width, 16);
    const float *f32 = values(&s, "f32", CC_IPC_FLOAT);
    assert_true(f32[0] == 1.5F && f32[2] > 3e38F);
    const double *f64 = values(&s, "f64", CC_IPC_FLOAT);
    assert_true(f64[0] == 0.1 && f64[2] == 0.0);
    assert_int_equal(field(&s, "f64")->bit_width, 64);
    close_stream(&s);
}

static void test_decimals(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "scalars");
    const int64_t *d128 = values(&s, "d128", CC_IPC_DECIMAL);
    assert_int_equal(field(&s, "d128")->precision, 38);
    assert_int_equal(field(&s, "d128")->scale, 2);
    assert_int_equal(field(&s, "d128")->bit_width, 128);
    assert_true(d128[0] == -1 && d128[1] == -1);
    assert_true(d128[4] == INT64_C(1234567890123456789) && d128[5] == 0);
    const int64_t *d256 = values(&s, "d256", CC_IPC_DECIMAL);
    assert_int_equal(field(&s, "d256")->bit_width, 256);
    assert_true(d256[0] == -1 && d256[3] == -1);
    assert_true(d256[11] > 0 || d256[10] > 0);
    close_stream(&s);
}

static void test_times(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "scalars");
    const int32_t *date32 = values(&s, "date32", CC_IPC_DATE);
    assert_int_equal(date32[0], -1);
    assert_int_equal(date32[2], 19782);
    const int64_t *date64 = values(&s, "date64", CC_IPC_DATE);
    assert_int_equal(field(&s, "date64")->bit_width, 64);
    assert_int_equal(date64[2], 86400000);
    const int32_t *time32 = values(&s, "time32", CC_IPC_TIME);
    assert_int_equal(field(&s, "time32")->unit, CC_IPC_SECONDS);
    assert_int_equal(time32[2], 86399);
    const int64_t *time64 = values(&s, "time64", CC_IPC_TIME);
    assert_int_equal(field(&s, "time64")->unit, CC_IPC_MICROSECONDS);
    assert_int_equal(time64[2], INT64_C(86399999999));
    const int64_t *stamp = values(&s, "stamp", CC_IPC_TIMESTAMP);
    assert_int_equal(field(&s, "stamp")->unit, CC_IPC_NANOSECONDS);
    assert_string_equal(field(&s, "stamp")->timezone, "Europe/Paris");
    assert_true(stamp[0] == -1 && stamp[2] == 1);
    (void)values(&s, "duration", CC_IPC_DURATION);
    assert_int_equal(field(&s, "duration")->unit, CC_IPC_MILLISECONDS);
    const int32_t *interval = values(&s, "interval", CC_IPC_INTERVAL);
    assert_int_equal(field(&s, "interval")->bit_width, 128);
    assert_int_equal(interval[8], -1);
    assert_int_equal(interval[9], -2);
    close_stream(&s);
}

static void test_text(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "scalars");
    (void)values(&s, "utf8", CC_IPC_UTF8);
    assert_text(s.batch.children[column(&s, "utf8")], 0, "");
    assert_text(s.batch.children[column(&s, "utf8")], 2, "h\xC3\xA9");
    (void)values(&s, "binary", CC_IPC_BINARY);
    assert_text(s.batch.children[column(&s, "binary")], 2, "xyz");
    const int64_t *large = values(&s, "large", CC_IPC_LARGE_UTF8);
    assert_int_equal(large[3], 9);
    assert_memory_equal(s.batch.children[column(&s, "large")]->buffers[2],
                        "largetext", 9);
    const char *fixed = values(&s, "fixed", CC_IPC_FIXED_BINARY);
    assert_int_equal(field(&s, "fixed")->size, 3);
    assert_memory_equal(fixed + 6, "def", 3);
    close_stream(&s);
}

static void test_views(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "scalars");
    const int32_t *views = values(&s, "view", CC_IPC_UTF8_VIEW);
    const struct ArrowArray *array = s.batch.children[column(&s, "view")];
    assert_int_equal(views[0], 5);
    assert_memory_equal(views + 1, "short", 5);
    assert_int_equal(views[8], 24);
    assert_int_equal(array->n_buffers, 4);
    const char *data = array->buffers[2 + views[10]];
    assert_memory_equal(data + views[11], "longer than twelve bytes", 24);
    const int64_t *sizes = array->buffers[3];
    assert_int_equal(sizes[0], 24);
    close_stream(&s);
}

static void test_nested(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "nested");
    const struct ArrowArray *list = s.batch.children[column(&s, "list")];
    const int32_t *items = list->children[0]->buffers[1];
    assert_int_equal(((const int32_t *)list->buffers[1])[1], 2);
    assert_true(items[0] == 1 && items[1] == 2 && cc_ipc_is_null(list, 1));
    const struct ArrowArray *pair = s.batch.children[column(&s, "pair")];
    assert_int_equal(field(&s, "pair")->size, 2);
    assert_int_equal(((const int16_t *)pair->children[0]->buffers[1])[5], 6);
    const struct ArrowArray *record = s.batch.children[column(&s, "struct")];
    assert_string_equal(field(&s, "struct")->children[1].name, "b");
    assert_true(cc_ipc_is_null(record, 1));
    assert_true(cc_ipc_is_null(record->children[0], 2));
    assert_text(record->children[1], 2, "z");
    const struct ArrowArray *map = s.batch.children[column(&s, "map")];
    assert_text(map->children[0]->children[0], 0, "k");
    const struct ArrowArray *view = s.batch.children[column(&s, "view")];
    assert_int_equal(view->n_buffers, 3);
    assert_int_equal(((const int32_t *)view->buffers[2])[2], 2);
    close_stream(&s);
}

static void test_unions_and_runs(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "nested");
    const struct ArrowArray *sparse = s.batch.children[column(&s, "sparse")];
    assert_false(field(&s, "sparse")->dense);
    assert_int_equal(sparse->n_buffers, 1);
    assert_int_equal(((const int8_t *)sparse->buffers[0])[1], 1);
    assert_text(sparse->children[1], 1, "b");
    const struct ArrowArray *dense = s.batch.children[column(&s, "dense")];
    assert_true(field(&s, "dense")->dense);
    assert_int_equal(((const int32_t *)dense->buffers[1])[2], 1);
    const struct ArrowArray *runs = s.batch.children[column(&s, "runs")];
    assert_int_equal(runs->n_buffers, 0);
    assert_int_equal(((const int16_t *)runs->children[0]->buffers[1])[1], 3);
    assert_text(runs->children[1], 1, "y");
    close_stream(&s);
}

static void test_metadata(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "fields");
    assert_string_equal(cc_ipc_metadata(&s.fields[0], "logicalType"), "FIXED");
    assert_string_equal(cc_ipc_metadata(&s.fields[0], "scale"), "2");
    assert_null(cc_ipc_metadata(&s.fields[1], "scale"));
    assert_false(s.fields[0].nullable);
    assert_true(s.fields[1].nullable);
    close_stream(&s);
}

/* A later dictionary replaces the first, whose batch keeps it. */
static void test_dictionaries(void **state)
{
    struct stream s;
    struct ArrowArray second;
    (void)state;
    open_stream(&s, "dictionary");
    assert_true(s.fields[0].indexed);
    assert_int_equal(s.fields[0].type, CC_IPC_UTF8);
    assert_int_equal(s.fields[0].index_bits, 32);
    assert_int_equal(cc_ipc_next(s.ipc, &second, &s.error), CC_IPC_BATCH);
    const struct ArrowArray *word = s.batch.children[0];
    const int32_t *indices = word->buffers[1];
    assert_int_equal(word->dictionary->length, 2);
    assert_text(word->dictionary, (size_t)indices[1], "b");
    assert_true(cc_ipc_is_null(word, 3));
    indices = second.children[0]->buffers[1];
    assert_text(second.children[0]->dictionary, (size_t)indices[0], "c");
    second.release(&second);
    assert_text(word->dictionary, 0, "a");
    close_stream(&s);
}

/* Two batches of 1000 rows, however they are compressed. */
static void check_rows(const char *name)
{
    struct stream s;
    open_stream(&s, name);
    for (int64_t first = 0; first < 2000; first += 1000)
    {
        const int64_t *ids = s.batch.children[0]->buffers[1];
        char expected[32];
        assert_int_equal(s.batch.length, 1000);
        assert_true(ids[0] == first && ids[999] == first + 999);
        snprintf(expected, sizeof expected, "name %d", (int)first + 999);
        assert_text(s.batch.children[1], 999, expected);
        size_t bytes = cc_ipc_batch_bytes(s.ipc);
        assert_true(bytes >= 22000 && bytes <= 40000);
        assert_int_equal(((const int32_t *)s.batch.children[2]->buffers[1])[7],
                         7);
        s.batch.release(&s.batch);
        assert_int_equal(cc_ipc_next(s.ipc, &s.batch, &s.error),
                         first == 0 ? CC_IPC_BATCH : CC_IPC_END);
    }
    assert_int_equal(cc_ipc_next(s.ipc, &s.batch, &s.error), CC_IPC_END);
    s.batch.release = NULL;
    close_stream(&s);
}

static void test_compression(void **state)
{
    (void)state;
    check_rows("plain");
    check_rows("lz4");
    check_rows("zstd");
}

static void test_old_framing(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "legacy");
    assert_int_equal(s.batch.length, 3);
    assert_int_equal(((const int64_t *)s.batch.children[0]->buffers[1])[2], 2);
    assert_text(s.batch.children[1], 2, "name 2");
    close_stream(&s);
}

static void test_no_rows(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "empty");
    assert_int_equal(s.batch.length, 0);
    assert_int_equal(((const int32_t *)s.batch.children[1]->buffers[1])[0], 0);
    close_stream(&s);
}

/* Arrays lie in the bytes given where these are aligned, and outlive both the
 * reader and their parent. */
static void test_moved_children(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "plain");
    struct ArrowArray child = *s.batch.children[1];
    s.batch.children[1]->release = NULL;
    close_stream(&s);
    assert_text(&child, 5, "name 5");
    child.release(&child);
}

static void test_unaligned(void **state)
{
    struct cc_buffer bytes = load("plain");
    struct cc_buffer moved = CC_BUFFER_INIT;
    struct cc_ipc *ipc;
    struct ArrowArray batch;
    struct cc_error error = CC_ERROR_INIT;
    size_t size = bytes.size;
    (void)state;
    assert_int_equal(cc_buffer_append(&moved, "xyz", 3), 0);
    assert_int_equal(cc_buffer_append(&moved, bytes.data, size), 0);
    cc_buffer_free(&bytes);
    assert_int_equal(cc_ipc_new(0, &ipc, &error), 0);
    assert_int_equal(cc_ipc_take(ipc, &moved, 3, size, &error), 0);
    assert_int_equal(cc_ipc_next(ipc, &batch, &error), CC_IPC_BATCH);
    assert_int_equal((uintptr_t)batch.children[0]->buffers[1] % 8, 0);
    assert_int_equal(((const int64_t *)batch.children[0]->buffers[1])[999],
                     999);
    batch.release(&batch);
    cc_ipc_free(ipc);
}

/* Messages given one by one, and whole streams after a first one. */
static void test_repeated_schemas(void **state)
{
    struct stream s;
    (void)state;
    open_stream(&s, "plain");
    for (int i = 0; i < 2; i++)
    {
        struct cc_buffer again = load("lz4");
        s.batch.release(&s.batch);
        assert_int_equal(cc_ipc_take(s.ipc, &again, 0, again.size, &s.error),
                         0);
        assert_int_equal(cc_ipc_next(s.ipc, &s.batch, &s.error), CC_IPC_BATCH);
        assert_int_equal(s.batch.length, 1000);
    }
    close_stream(&s);
}

/* Reads all; whether it failed, with words. */
static bool fails(struct cc_buffer *bytes, size_t size, size_t max_bytes)
{
    struct cc_ipc *ipc;
    struct ArrowArray batch;
    struct cc_error error = CC_ERROR_INIT;
    enum cc_ipc_read read;
    assert_int_equal(cc_ipc_new(max_bytes, &ipc, &error), 0);
    assert_int_equal(cc_ipc_take(ipc, bytes, 0, size, &error), 0);
    while ((read = cc_ipc_next(ipc, &batch, &error)) == CC_IPC_BATCH)
        batch.release(&batch);
    cc_ipc_free(ipc);
    if (read == CC_IPC_ERROR)
    {
        assert_int_equal(error.stage, CC_STAGE_FETCH);
        assert_non_null(strstr(error.message, "Arrow"));
    }
    return read == CC_IPC_ERROR;
}

static void test_too_large(void **state)
{
    struct cc_buffer bytes = load("zstd");
    (void)state;
    assert_true(fails(&bytes, bytes.size, 1000));
    bytes = load("zstd");
    assert_false(fails(&bytes, bytes.size, 100000));
}

/* A stream cut anywhere fails, or ends between two messages. */
static void test_cut(void **state)
{
    struct cc_buffer whole = load("lz4");
    size_t ends = 0;
    (void)state;
    for (size_t size = 0; size < whole.size; size++)
    {
        struct cc_buffer part = CC_BUFFER_INIT;
        assert_int_equal(cc_buffer_append(&part, whole.data, size), 0);
        ends += !fails(&part, size, 0);
    }
    /* nothing, after the schema, each batch, and before the last 8 bytes'
     * size is whole; alike */
    assert_true(ends >= 3 && ends <= 5);
    cc_buffer_free(&whole);
}

/* Every byte of every file, changed: no array leads outside (ASan). */
static void test_damaged(void **state)
{
    static const char *const names[] = {"scalars", "nested", "dictionary"};
    (void)state;
    for (size_t n = 0; n < 3; n++)
    {
        struct cc_buffer whole = load(names[n]);
        for (size_t i = 0; i < whole.size; i++)
        {
            struct cc_buffer part = CC_BUFFER_INIT;
            assert_int_equal(cc_buffer_append(&part, whole.data, whole.size),
                             0);
            part.data[i] ^= (uint8_t)(1U << (i % 8) | 0x80);
            (void)fails(&part, part.size, 1 << 20);
        }
        cc_buffer_free(&whole);
    }
}

static void test_no_schema(void **state)
{
    struct cc_ipc *ipc;
    size_t count;
    struct cc_error error = CC_ERROR_INIT;
    struct cc_buffer bytes = CC_BUFFER_INIT;
    (void)state;
    assert_int_equal(cc_ipc_new(0, &ipc, &error), 0);
    assert_null(cc_ipc_fields(ipc, &count, &error));
    assert_non_null(strstr(error.message, "schema"));
    assert_int_equal(cc_buffer_append(&bytes, "x", 1), 0);
    assert_int_equal(cc_ipc_take(ipc, &bytes, 0, 2, &error), -1);
    cc_ipc_free(ipc);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_unions_and_runs),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_dictionaries),
        cmocka_unit_test(test_compression),
        cmocka_unit_test(test_old_framing),
        cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_moved_children),
        cmocka_unit_test(test_unaligned),
        cmocka_unit_test(test_repeated_schemas),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_no_schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
