/* SPDX-License-Identifier: MIT */
/* HiveServer2's answers, decoded from bytes. */
#include "hs2_case.h"

/* ---- status, handles, progress ---- */

static void test_status(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_i32(&w, 1, CC_HS2_ERROR);
    put_text(&w, 3, "42S02");
    put_i32(&w, 4, 10001);
    put_text(&w, 5, "no such table");
    put_text(&w, 99, "a field of a later version");
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_status status = {.code = 0};
    cc_hs2_read_status(&reader, &status);
    assert_null(reader.failure);
    assert_int_equal(status.code, CC_HS2_ERROR);
    assert_string_equal(status.sqlstate, "42S02");
    assert_string_equal(cc_strbuf_text(&status.message), "no such table");
    cc_strbuf_free(&status.message);
    cc_buffer_free(&w.out);
}

/* A field of a known number and another type is not what it seems. */
static void test_status_of_other_types(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_text(&w, 1, "text");
    put_i32(&w, 5, 3);
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_status status = {.code = -1};
    cc_hs2_read_status(&reader, &status);
    assert_null(reader.failure);
    assert_int_equal(status.code, -1);
    assert_int_equal(status.message.length, 0);
    cc_buffer_free(&w.out);
}

static void test_sqlstate_is_bounded(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_text(&w, 3, "much longer than any SQLSTATE that there is");
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_status status = {.code = 0};
    cc_hs2_read_status(&reader, &status);
    assert_string_equal(status.sqlstate, "much longer tha");
    cc_buffer_free(&w.out);
}

/* Handles are handed back as they came, whatever is in them. */
static void test_handle(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_handle(&w, 2, "0123456789abcdef");
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_thrift_field field;
    assert_true(cc_thrift_next(&reader, &field));
    struct cc_hs2_handle handle = {.size = 0};
    cc_hs2_read_handle(&reader, &handle);
    assert_null(reader.failure);
    assert_int_equal(handle.size, w.out.size - 3);
    assert_memory_equal(handle.bytes, w.out.data + 3, handle.size);
    cc_buffer_free(&w.out);
}

static void test_handle_is_bounded(void **state)
{
    (void)state;
    char guid[300];
    memset(guid, 'x', sizeof guid - 1);
    guid[sizeof guid - 1] = '\0';
    struct cc_thrift_writer w = {.failed = false};
    put_text(&w, 1, guid);
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_handle handle = {.size = 0};
    cc_hs2_read_handle(&reader, &handle);
    assert_string_equal(reader.failure, "a handle is too long");
    cc_buffer_free(&w.out);
}

static void test_progress(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_success(&w);
    put_i32(&w, 2, CC_HS2_FAILED);
    put_text(&w, 3, "08S01");
    put_text(&w, 5, "the query died");
    cc_thrift_write_field(&w, CC_THRIFT_STRUCT, 10);
    put_text(&w, 5, "2 of 4 tasks");
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_status status = {.code = -1};
    struct cc_hs2_progress progress = {.state = 0};
    cc_hs2_read_progress(&reader, &status, &progress);
    assert_null(reader.failure);
    assert_int_equal(status.code, CC_HS2_SUCCESS);
    assert_int_equal(progress.state, CC_HS2_FAILED);
    assert_string_equal(progress.failed.sqlstate, "08S01");
    assert_string_equal(cc_strbuf_text(&progress.failed.message),
                        "the query died");
    assert_string_equal(cc_strbuf_text(&progress.summary), "2 of 4 tasks");
    assert_true(progress.percentage < 0);
    cc_hs2_progress_free(&progress);
    cc_buffer_free(&w.out);
}

/* ---- columns of a result ---- */

static void test_fields(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    cc_thrift_write_field(&w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(&w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(&w, 3);
    put_column_desc(&w, "d", CC_HS2_DECIMAL, 12, 3);
    put_column_desc(&w, "i", CC_HS2_INT, 0, 0);
    put_column_desc(&w, "", CC_HS2_STRING, 0, 0);
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_fields fields = {NULL, 0};
    cc_hs2_read_fields(&reader, &fields);
    assert_null(reader.failure);
    assert_int_equal(fields.count, 3);
    assert_string_equal(fields.fields[0].name, "d");
    assert_int_equal(fields.fields[0].type, CC_HS2_DECIMAL);
    assert_int_equal(fields.fields[0].precision, 12);
    assert_int_equal(fields.fields[0].scale, 3);
    assert_string_equal(fields.fields[1].name, "i");
    assert_int_equal(fields.fields[1].type, CC_HS2_INT);
    assert_int_equal(fields.fields[1].precision, 0);
    assert_string_equal(fields.fields[2].name, "");
    cc_hs2_fields_free(&fields);
    cc_buffer_free(&w.out);
}

/* Nothing is lost, or read beyond the end, wherever an answer is cut. */
static void test_fields_cut(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    cc_thrift_write_field(&w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(&w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(&w, 1);
    put_column_desc(&w, "d", CC_HS2_DECIMAL, 12, 3);
    cc_thrift_write_stop(&w);
    for (size_t size = 0; size < w.out.size; size++)
    {
        struct cc_thrift_reader reader = {.data = w.out.data, .size = size};
        struct cc_hs2_fields fields = {NULL, 0};
        cc_hs2_read_fields(&reader, &fields);
        assert_non_null(reader.failure);
        cc_hs2_fields_free(&fields);
    }
    cc_buffer_free(&w.out);
}

/* ---- rows as columns ---- */

static void put_columns(struct cc_thrift_writer *w)
{
    put_success(w);
    cc_thrift_write_field(w, CC_THRIFT_BOOL, 2);
    cc_thrift_write_byte(w, 0);
    begin_row_set(w, 3, 2);
    begin_column(w, CC_HS2_VALUE_I32, CC_THRIFT_I32, 10);
    for (int32_t i = 0; i < 10; i++)
        cc_thrift_write_i32(w, i * 100);
    end_column(w, "\x06", 1); /* one byte of the two */
    begin_column(w, CC_HS2_VALUE_STRING, CC_THRIFT_STRING, 10);
    for (int32_t i = 0; i < 10; i++)
        cc_thrift_write_string(w, i % 2 ? "odd" : "");
    end_column(w, "\0\2", 2);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

static void test_columns(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_columns(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_status status = {.code = -1};
    struct cc_hs2_rows rows = {.count = 0};
    cc_hs2_read_rows(&reader, &status, &rows);
    assert_null(reader.failure);
    assert_int_equal(status.code, 0);
    assert_int_equal(rows.count, 10);
    assert_int_equal(rows.column_count, 2);
    assert_false(rows.more);
    assert_false(rows.by_row);
    assert_int_equal(rows.columns[0].kind, CC_HS2_VALUE_I32);
    assert_int_equal(rows.columns[0].values.size, 40);
    assert_int_equal(
        cc_thrift_load32(reader.data + rows.columns[0].values.at + 36), 900);
    /* bits that are missing are not NULL */
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(cc_hs2_is_null(&rows.columns[0], reader.data, i),
                         i == 1 || i == 2);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(cc_hs2_is_null(&rows.columns[1], reader.data, i),
                         i == 9);
    struct cc_thrift_span texts[10];
    assert_true(cc_hs2_texts(&rows, reader.data, reader.size, 1, texts));
    assert_int_equal(texts[3].size, 3);
    assert_memory_equal(reader.data + texts[3].at, "odd", 3);
    assert_int_equal(texts[9].size, 0);
    assert_false(cc_hs2_texts(&rows, reader.data, reader.size, 0, texts));
    assert_false(cc_hs2_texts(&rows, reader.data, reader.size, 2, texts));
    struct cc_hs2_value value;
    assert_true(cc_hs2_first_value(&rows, reader.data, reader.size, &value));
    assert_int_equal(value.integer, 0);
    assert_false(value.null);
    cc_hs2_rows_free(&rows);
    cc_buffer_free(&w.out);
}

static void assert_rows_fail(struct cc_thrift_writer *w, const char *reason)
{
    struct cc_thrift_reader reader = reader_of_writer(w);
    struct cc_hs2_status status = {.code = -1};
    struct cc_hs2_rows rows = {.count = 0};
    cc_hs2_read_rows(&reader, &status, &rows);
    assert_non_null(reader.failure);
    assert_string_equal(reader.failure, reason);
    cc_strbuf_free(&status.message);
    cc_hs2_rows_free(&rows);
    cc_buffer_free(&w->out);
}

static void test_columns_of_different_lengths(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    begin_row_set(&w, 3, 2);
    for (int32_t count = 1; count < 3; count++)
    {
        begin_column(&w, CC_HS2_VALUE_BYTE, CC_THRIFT_BYTE, count);
        cc_thrift_write_raw(&w, "ab", (size_t)count);
        end_column(&w, "", 0);
    }
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    assert_rows_fail(&w, "the columns have different numbers of values");
}

static void test_column_of_other_elements(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    begin_row_set(&w, 3, 1);
    begin_column(&w, CC_HS2_VALUE_I64, CC_THRIFT_BYTE, 1);
    cc_thrift_write_byte(&w, 1);
    end_column(&w, "", 0);
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    assert_rows_fail(&w, "a column's values have another type than the column");
}

static void test_column_of_no_kind(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    begin_row_set(&w, 3, 1);
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    assert_rows_fail(&w, "a column has values of no known kind");
}

/* Rows that a server serialised although nobody asked for that are no empty
 * result. */
static void test_serialized_rows(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    cc_thrift_write_field(&w, CC_THRIFT_STRUCT, 3);
    put_text(&w, 4, "binaryColumns");
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    assert_rows_fail(&w, "the rows are in a form that was not asked for");
}

static void test_columns_cut(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    put_columns(&w);
    struct cc_hs2_rows rows = {.count = 0};
    for (size_t size = 0; size < w.out.size; size++)
    {
        struct cc_thrift_reader reader = {.data = w.out.data, .size = size};
        struct cc_hs2_status status = {.code = -1};
        cc_hs2_read_rows(&reader, &status, &rows);
        assert_non_null(reader.failure);
    }
    cc_hs2_rows_free(&rows);
    cc_buffer_free(&w.out);
}

/* ---- rows as rows ---- */

/* One TColumnValue of a kind; its value follows and then two stops. */
static void begin_value(struct cc_thrift_writer *w, int16_t kind,
                        enum cc_thrift_type type)
{
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, kind);
    cc_thrift_write_field(w, type, 1);
}

static void put_row(struct cc_thrift_writer *w, int32_t number,
                    const char *text)
{
    cc_thrift_write_field(w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(w, 3);
    begin_value(w, CC_HS2_VALUE_I32, CC_THRIFT_I32);
    cc_thrift_write_i32(w, number);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, CC_HS2_VALUE_STRING);
    if (text)
        put_text(w, 1, text);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
    begin_value(w, CC_HS2_VALUE_BOOL, CC_THRIFT_BOOL);
    cc_thrift_write_byte(w, 1);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

static void test_rows(void **state)
{
    (void)state;
    struct cc_thrift_writer w = {.failed = false};
    begin_row_set(&w, 2, 2);
    put_row(&w, -5, "five");
    put_row(&w, 6, NULL);
    cc_thrift_write_stop(&w);
    cc_thrift_write_stop(&w);
    struct cc_thrift_reader reader = reader_of_writer(&w);
    struct cc_hs2_status status = {.code = -1};
    struct cc_hs2_rows rows = {.count = 0};
    cc_hs2_read_rows(&reader, &status, &rows);
    assert_null(reader.failure);
    assert_true(rows.by_row);
    assert_int_equal(rows.count, 2);
    assert_int_equal(rows.column_count, 0);

    struct cc_hs2_value values[3];
    size_t found;
    struct cc_thrift_reader single = {
        .data = reader.data, .size = reader.size, .at = rows.rows.at};
    cc_hs2_read_row(&single, values, 3, &found);
    assert_int_equal(found, 3);
    assert_int_equal(values[0].integer, -5);
    assert_memory_equal(single.data + values[1].bytes.at, "five", 4);
    assert_int_equal(values[2].integer, 1);
    cc_hs2_read_row(&single, values, 1, &found);
    assert_null(single.failure);
    assert_int_equal(found, 3);
    assert_int_equal(values[0].integer, 6);
    assert_int_equal(single.at, rows.rows.at + rows.rows.size);

    struct cc_thrift_span texts[2];
    assert_true(cc_hs2_texts(&rows, reader.data, reader.size, 1, texts));
    assert_int_equal(texts[0].size, 4);
    assert_int_equal(texts[1].size, 0);
    struct cc_hs2_value first;
    assert_true(cc_hs2_first_value(&rows, reader.data, reader.size, &first));
    assert_int_equal(first.integer, -5);
    cc_hs2_rows_free(&rows);
    cc_buffer_free(&w.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_status_of_other_types),
        cmocka_unit_test(test_sqlstate_is_bounded),
        cmocka_unit_test(test_handle),
        cmocka_unit_test(test_handle_is_bounded),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_fields_cut),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_columns_of_different_lengths),
        cmocka_unit_test(test_column_of_other_elements),
        cmocka_unit_test(test_column_of_no_kind),
        cmocka_unit_test(test_serialized_rows),
        cmocka_unit_test(test_columns_cut),
        cmocka_unit_test(test_rows),
    };
    return cmocka_run_group_tests_name("hs2", tests, NULL, NULL);
}
