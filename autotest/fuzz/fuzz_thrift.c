/* SPDX-License-Identifier: MIT */
/*
 * An answer of HiveServer2 of any bytes, the first of which says what it is
 * taken for: it is refused with a reason, or every value in it is within it.
 */
#include "wire/hs2_message.h"

#include <stdlib.h>

/* Whether all of the span is in the data. */
static void check_span(const struct cc_thrift_reader *reader,
                       struct cc_thrift_span span)
{
    if (span.size > reader->size || span.at > reader->size - span.size)
        abort();
}

static void check_columns(const struct cc_thrift_reader *reader,
                          const struct cc_hs2_rows *rows)
{
    for (size_t i = 0; i < rows->column_count; i++)
    {
        const struct cc_hs2_column *column = &rows->columns[i];
        check_span(reader, column->values);
        check_span(reader, column->nulls);
        if (column->count != rows->count)
            abort();
        size_t nulls = 0;
        for (size_t row = 0; row < column->count; row++)
            nulls += cc_hs2_is_null(column, reader->data, row);
        if (nulls > column->count)
            abort();
    }
}

static void check_rows(const struct cc_thrift_reader *reader,
                       const struct cc_hs2_rows *rows)
{
    struct cc_hs2_value values[4];
    struct cc_thrift_reader single = {
        .data = reader->data, .size = reader->size, .at = rows->rows.at};
    check_span(reader, rows->rows);
    for (size_t i = 0; rows->by_row && i < rows->count; i++)
    {
        size_t found;
        cc_hs2_read_row(&single, values, 4, &found);
        for (size_t k = 0; !single.failure && k < found && k < 4; k++)
            check_span(reader, values[k].bytes);
    }
    struct cc_thrift_span *texts = calloc(rows->count + 1, sizeof *texts);
    if (texts && cc_hs2_texts(rows, reader->data, reader->size, 0, texts))
        for (size_t i = 0; i < rows->count; i++)
            check_span(reader, texts[i]);
    free(texts);
    (void)cc_hs2_first_value(rows, reader->data, reader->size, values);
}

static void read_rows(struct cc_thrift_reader *reader)
{
    struct cc_hs2_status status = {.code = 0};
    struct cc_hs2_rows rows = {.count = 0};
    cc_hs2_read_rows(reader, &status, &rows);
    if (!reader->failure)
    {
        check_columns(reader, &rows);
        check_rows(reader, &rows);
    }
    cc_strbuf_free(&status.message);
    cc_hs2_rows_free(&rows);
}

static void read_fields(struct cc_thrift_reader *reader)
{
    struct cc_hs2_fields fields = {NULL, 0};
    cc_hs2_read_fields(reader, &fields);
    for (size_t i = 0; !reader->failure && i < fields.count; i++)
    {
        if (!fields.fields[i].name)
            abort();
    }
    cc_hs2_fields_free(&fields);
}

static void read_progress(struct cc_thrift_reader *reader)
{
    struct cc_hs2_status status = {.code = 0};
    struct cc_hs2_progress progress = {.state = 0};
    cc_hs2_read_progress(reader, &status, &progress);
    cc_strbuf_free(&status.message);
    cc_hs2_progress_free(&progress);
}

static void read_message(struct cc_thrift_reader *reader)
{
    enum cc_thrift_message type;
    struct cc_thrift_span name;
    int32_t sequence;
    struct cc_hs2_handle handle = {.size = 0};
    cc_thrift_read_message(reader, &type, &name, &sequence);
    check_span(reader, name);
    cc_hs2_read_handle(reader, &handle);
    if (!reader->failure && handle.size > sizeof handle.bytes)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct cc_thrift_reader reader = {.data = data + 1, .size = size - 1};
    switch (data[0] % 4)
    {
        case 0:
            read_rows(&reader);
            break;
        case 1:
            read_fields(&reader);
            break;
        case 2:
            read_progress(&reader);
            break;
        default:
            read_message(&reader);
            break;
    }
    if (reader.at > reader.size)
        abort();
    return 0;
}
