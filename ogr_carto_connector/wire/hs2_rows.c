/* SPDX-License-Identifier: MIT */
#include "hs2_message.h"

/* ---- rows ---- */

static enum cc_thrift_type element_of(enum cc_hs2_value_kind kind)
{
    static const enum cc_thrift_type elements[] = {
        CC_THRIFT_STOP,   CC_THRIFT_BOOL,   CC_THRIFT_BYTE,
        CC_THRIFT_I16,    CC_THRIFT_I32,    CC_THRIFT_I64,
        CC_THRIFT_DOUBLE, CC_THRIFT_STRING, CC_THRIFT_STRING};
    return elements[kind];
}

/* TBoolColumn to TBinaryColumn */
static void read_values(struct cc_thrift_reader *reader,
                        struct cc_hs2_column *column)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_LIST))
        {
            enum cc_thrift_type element;
            cc_thrift_read_list(reader, &element, &column->count);
            if (column->count > 0 && element != element_of(column->kind))
                (void)cc_thrift_fail(reader, "a column's values have another "
                                             "type than the column");
            column->values.at = reader->at;
            cc_thrift_skip_many(reader, element, column->count);
            column->values.size = reader->at - column->values.at;
        }
        else if (cc_thrift_is(&field, 2, CC_THRIFT_STRING))
            column->nulls = cc_thrift_read_binary(reader);
        else
            cc_thrift_skip(reader, field.type);
    }
}

/* TColumn */
static void read_column(struct cc_thrift_reader *reader,
                        struct cc_hs2_column *column)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        bool known = field.type == CC_THRIFT_STRUCT &&
                     field.id >= CC_HS2_VALUE_BOOL &&
                     field.id <= CC_HS2_VALUE_BINARY;
        if (known && column->kind == CC_HS2_VALUE_NONE)
        {
            column->kind = (enum cc_hs2_value_kind)field.id;
            read_values(reader, column);
        }
        else
            cc_thrift_skip(reader, field.type);
    }
    if (column->kind == CC_HS2_VALUE_NONE && !reader->failure)
        (void)cc_thrift_fail(reader, "a column has values of no known kind");
}

static struct cc_hs2_column *add_column(struct cc_thrift_reader *reader,
                                        struct cc_hs2_rows *rows)
{
    if (rows->column_count == rows->capacity)
    {
        size_t capacity = rows->capacity < 16 ? 16 : rows->capacity * 2;
        struct cc_hs2_column *columns =
            realloc(rows->columns, capacity * sizeof *columns);
        if (!columns)
        {
            (void)cc_thrift_fail(reader, "out of memory");
            return NULL;
        }
        rows->columns = columns;
        rows->capacity = capacity;
    }
    struct cc_hs2_column *added = &rows->columns[rows->column_count++];
    *added = (struct cc_hs2_column){.kind = CC_HS2_VALUE_NONE};
    return added;
}

/* As many in every column. */
static void count_values(struct cc_thrift_reader *reader,
                         struct cc_hs2_rows *rows)
{
    rows->count = rows->columns[0].count;
    for (size_t i = 1; i < rows->column_count; i++)
    {
        if (rows->columns[i].count != rows->count)
            (void)cc_thrift_fail(reader, "the columns have different numbers "
                                         "of values");
    }
}

static void read_columns(struct cc_thrift_reader *reader,
                         struct cc_hs2_rows *rows)
{
    enum cc_thrift_type element;
    size_t count;
    cc_thrift_read_list(reader, &element, &count);
    if (count > 0 && element != CC_THRIFT_STRUCT)
        (void)cc_thrift_fail(reader, "the columns are malformed");
    for (; count > 0 && !reader->failure; count--)
    {
        struct cc_hs2_column *column = add_column(reader, rows);
        if (column)
            read_column(reader, column);
    }
    if (rows->columns && rows->column_count > 0 && !reader->failure)
        count_values(reader, rows);
}

static void note_rows(struct cc_thrift_reader *reader, struct cc_hs2_rows *rows)
{
    enum cc_thrift_type element;
    size_t count;
    cc_thrift_read_list(reader, &element, &count);
    if (count > 0 && element != CC_THRIFT_STRUCT)
        (void)cc_thrift_fail(reader, "the rows are malformed");
    rows->rows.at = reader->at;
    cc_thrift_skip_many(reader, element, count);
    rows->rows.size = reader->at - rows->rows.at;
    rows->by_row = count > 0;
    if (count > 0)
        rows->count = count;
}

/* TRowSet: `rows` is always there, and empty where there are columns. */
static void read_row_set(struct cc_thrift_reader *reader,
                         struct cc_hs2_rows *rows)
{
    struct cc_thrift_field field;
    bool serialized = false;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 2, CC_THRIFT_LIST))
            note_rows(reader, rows);
        else if (cc_thrift_is(&field, 3, CC_THRIFT_LIST))
            read_columns(reader, rows);
        else if (cc_thrift_is(&field, 4, CC_THRIFT_STRING))
            serialized = cc_thrift_read_binary(reader).size > 0;
        else
            cc_thrift_skip(reader, field.type);
    }
    if (serialized && rows->count == 0 && !reader->failure)
        (void)cc_thrift_fail(reader, "the rows are in a form that was not "
                                     "asked for");
    if (rows->by_row && rows->column_count > 0 && !reader->failure)
        (void)cc_thrift_fail(reader, "there are rows and columns at once");
}

void cc_hs2_read_rows(struct cc_thrift_reader *reader,
                      struct cc_hs2_status *status, struct cc_hs2_rows *rows)
{
    struct cc_thrift_field field;
    rows->count = 0;
    rows->column_count = 0;
    rows->more = false;
    rows->by_row = false;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRUCT))
            cc_hs2_read_status(reader, status);
        else if (cc_thrift_is(&field, 2, CC_THRIFT_BOOL))
            rows->more = cc_thrift_read_bool(reader);
        else if (cc_thrift_is(&field, 3, CC_THRIFT_STRUCT))
            read_row_set(reader, rows);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_rows_free(struct cc_hs2_rows *rows)
{
    free(rows->columns);
    *rows = (struct cc_hs2_rows){.count = 0};
}

/* ---- rows one by one ---- */

static void read_content(struct cc_thrift_reader *reader,
                         struct cc_hs2_value *value)
{
    switch (value->kind)
    {
        case CC_HS2_VALUE_BOOL:
            value->integer = cc_thrift_read_bool(reader);
            break;
        case CC_HS2_VALUE_BYTE:
            value->integer = cc_thrift_read_byte(reader);
            break;
        case CC_HS2_VALUE_I16:
            value->integer = cc_thrift_read_i16(reader);
            break;
        case CC_HS2_VALUE_I32:
            value->integer = cc_thrift_read_i32(reader);
            break;
        case CC_HS2_VALUE_I64:
            value->integer = cc_thrift_read_i64(reader);
            break;
        case CC_HS2_VALUE_DOUBLE:
            value->real = cc_thrift_read_double(reader);
            break;
        case CC_HS2_VALUE_STRING:
        case CC_HS2_VALUE_BINARY:
            value->bytes = cc_thrift_read_binary(reader);
            break;
        case CC_HS2_VALUE_NONE:
            break;
    }
    value->null = false;
}

/* TBoolValue to TStringValue: without a value it is NULL. */
static void read_optional(struct cc_thrift_reader *reader,
                          struct cc_hs2_value *value)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, element_of(value->kind)))
            read_content(reader, value);
        else
            cc_thrift_skip(reader, field.type);
    }
}

/* TColumnValue */
static void read_value(struct cc_thrift_reader *reader,
                       struct cc_hs2_value *value)
{
    struct cc_thrift_field field;
    *value = (struct cc_hs2_value){.kind = CC_HS2_VALUE_NONE, .null = true};
    while (cc_thrift_next(reader, &field))
    {
        if (field.type == CC_THRIFT_STRUCT && field.id >= CC_HS2_VALUE_BOOL &&
            field.id <= CC_HS2_VALUE_STRING)
        {
            value->kind = (enum cc_hs2_value_kind)field.id;
            read_optional(reader, value);
        }
        else
            cc_thrift_skip(reader, field.type);
    }
    if (value->kind == CC_HS2_VALUE_NONE && !reader->failure)
        (void)cc_thrift_fail(reader, "a value is of no known kind");
}

void cc_hs2_read_row(struct cc_thrift_reader *reader,
                     struct cc_hs2_value *values, size_t count, size_t *found)
{
    struct cc_thrift_field field;
    *found = 0;
    while (cc_thrift_next(reader, &field))
    {
        if (!cc_thrift_is(&field, 1, CC_THRIFT_LIST))
        {
            cc_thrift_skip(reader, field.type);
            continue;
        }
        enum cc_thrift_type element;
        cc_thrift_read_list(reader, &element, found);
        if (*found > 0 && element != CC_THRIFT_STRUCT)
            (void)cc_thrift_fail(reader, "a row is malformed");
        size_t taken = *found < count ? *found : count;
        for (size_t i = 0; i < taken && !reader->failure; i++)
            read_value(reader, &values[i]);
        cc_thrift_skip_many(reader, element, *found - taken);
    }
}

/* ---- small results ---- */

static bool texts_of_column(const struct cc_hs2_column *column,
                            const uint8_t *data, struct cc_thrift_span *texts)
{
    size_t at = column->values.at;
    if (column->kind != CC_HS2_VALUE_STRING)
        return false;
    for (size_t i = 0; i < column->count; i++)
    {
        size_t size = cc_thrift_load32(data + at);
        bool null = cc_hs2_is_null(column, data, i);
        texts[i] = (struct cc_thrift_span){at + 4, null ? 0 : size};
        at += 4 + size;
    }
    return true;
}

#define MAX_SMALL_COLUMNS 64

static bool texts_of_rows(const struct cc_hs2_rows *rows, const uint8_t *data,
                          size_t size, size_t column,
                          struct cc_thrift_span *texts)
{
    struct cc_hs2_value values[MAX_SMALL_COLUMNS];
    struct cc_thrift_reader reader = {
        .data = data, .size = size, .at = rows->rows.at};
    for (size_t i = 0; i < rows->count; i++)
    {
        size_t found;
        cc_hs2_read_row(&reader, values, MAX_SMALL_COLUMNS, &found);
        if (reader.failure || column >= found || column >= MAX_SMALL_COLUMNS ||
            values[column].kind != CC_HS2_VALUE_STRING)
            return false;
        texts[i] = values[column].bytes;
    }
    return true;
}

bool cc_hs2_texts(const struct cc_hs2_rows *rows, const uint8_t *data,
                  size_t size, size_t column, struct cc_thrift_span *texts)
{
    if (rows->by_row)
        return texts_of_rows(rows, data, size, column, texts);
    if (rows->count == 0)
        return true;
    return column < rows->column_count &&
           texts_of_column(&rows->columns[column], data, texts);
}

bool cc_hs2_first_value(const struct cc_hs2_rows *rows, const uint8_t *data,
                        size_t size, struct cc_hs2_value *value)
{
    struct cc_thrift_reader reader = {.data = data, .size = size};
    size_t found = rows->column_count;
    if (rows->count == 0)
        return false;
    if (rows->by_row)
    {
        reader.at = rows->rows.at;
        cc_hs2_read_row(&reader, value, 1, &found);
    }
    else if (found > 0)
    {
        const struct cc_hs2_column *column = &rows->columns[0];
        *value = (struct cc_hs2_value){.kind = column->kind};
        reader.at = column->values.at;
        read_content(&reader, value);
        value->null = cc_hs2_is_null(column, data, 0);
    }
    return found > 0 && !reader.failure;
}
