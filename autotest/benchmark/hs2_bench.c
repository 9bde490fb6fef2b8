/* SPDX-License-Identifier: MIT */
/*
 * How fast HiveServer2's answers become Arrow batches, without a server or a
 * network: an answer of 8192 rows of 13 columns, decoded again and again.
 * Prints what, million rows a second, and megabytes a second.
 */
#include "provider/hive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS 8192
#define ROUNDS 200

static const struct
{
    enum cc_hs2_value_kind wire;
    enum cc_kind kind;
    enum cc_type type;
    const char *form; /* of the text, given the row's number */
} columns[] = {
    {CC_HS2_VALUE_I64, CC_KIND_INT64, CC_OUT_INT64, NULL},
    {CC_HS2_VALUE_STRING, CC_KIND_TEXT, CC_OUT_STRING, "name %d"},
    {CC_HS2_VALUE_STRING, CC_KIND_TEXT, CC_OUT_STRING,
     "c4ca4238a0b923820dcc509a6f%06d"},
    {CC_HS2_VALUE_STRING, CC_KIND_TEXT, CC_OUT_STRING, "residential"},
    {CC_HS2_VALUE_STRING, CC_KIND_TEXT, CC_OUT_STRING,
     "lorem ipsum lorem ipsum "},
    {CC_HS2_VALUE_I32, CC_KIND_INT32, CC_OUT_INT32, NULL},
    {CC_HS2_VALUE_STRING, CC_KIND_DECIMAL, CC_OUT_FLOAT64, "%d.25"},
    {CC_HS2_VALUE_DOUBLE, CC_KIND_FLOAT64, CC_OUT_FLOAT64, NULL},
    {CC_HS2_VALUE_DOUBLE, CC_KIND_FLOAT64, CC_OUT_FLOAT64, NULL},
    {CC_HS2_VALUE_STRING, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP,
     "2020-01-01 10:20:30.%03d"},
    {CC_HS2_VALUE_STRING, CC_KIND_DATE, CC_OUT_DATE, "2001-02-%02d"},
    {CC_HS2_VALUE_BOOL, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN, NULL},
    {CC_HS2_VALUE_STRING, CC_KIND_TEXT, CC_OUT_GEOMETRY,
     "POINT (%d.123456 -45.654321)"},
};
#define COLUMNS (sizeof columns / sizeof *columns)

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* ---- the answer ---- */

static void put_value(struct cc_thrift_writer *w, size_t column, int row)
{
    char text[64];
    switch (columns[column].wire)
    {
        case CC_HS2_VALUE_I64:
            cc_thrift_write_i64(w, row);
            break;
        case CC_HS2_VALUE_I32:
            cc_thrift_write_i32(w, row * 7919);
            break;
        case CC_HS2_VALUE_DOUBLE:
            cc_thrift_write_i64(w, INT64_C(0x400921FB54442D18) + row);
            break;
        case CC_HS2_VALUE_BOOL:
            cc_thrift_write_byte(w, row % 3 == 0);
            break;
        default:
            snprintf(text, sizeof text, columns[column].form,
                     columns[column].kind == CC_KIND_DATE ? row % 28 + 1
                                                          : row % 1000);
            cc_thrift_write_string(w, text);
    }
}

static void put_column(struct cc_thrift_writer *w, size_t column)
{
    static const enum cc_thrift_type elements[] = {
        CC_THRIFT_STOP, CC_THRIFT_BOOL, CC_THRIFT_BYTE,   CC_THRIFT_I16,
        CC_THRIFT_I32,  CC_THRIFT_I64,  CC_THRIFT_DOUBLE, CC_THRIFT_STRING};
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, (int16_t)columns[column].wire);
    cc_thrift_write_field(w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(w, (uint8_t)elements[columns[column].wire]);
    cc_thrift_write_i32(w, ROWS);
    for (int row = 0; row < ROWS; row++)
        put_value(w, column, row);
    cc_thrift_write_field(w, CC_THRIFT_STRING, 2);
    cc_thrift_write_string(w, "");
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

static void put_answer(struct cc_thrift_writer *w)
{
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 3);
    cc_thrift_write_field(w, CC_THRIFT_LIST, 3);
    cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(w, (int32_t)COLUMNS);
    for (size_t i = 0; i < COLUMNS; i++)
        put_column(w, i);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

/* ---- reading it ---- */

static void decode(const struct cc_thrift_writer *w, struct cc_hs2_rows *rows)
{
    struct cc_thrift_reader reader = {.data = w->out.data, .size = w->out.size};
    struct cc_hs2_status status = {.code = 0};
    cc_hs2_read_rows(&reader, &status, rows);
    if (reader.failure || rows->count != ROWS)
        abort();
}

static void build(const struct cc_thrift_writer *w,
                  const struct cc_hs2_rows *rows,
                  struct cc_batch_builder *builder)
{
    struct cc_error error = CC_ERROR_INIT;
    for (size_t i = 0; i < COLUMNS; i++)
    {
        struct cc_hive_field field = {.builder = &builder->columns[i],
                                      .at = rows->columns[i].values.at};
        if (cc_hive_append_values(&field, &rows->columns[i], w->out.data, 0,
                                  ROWS, &error) != 0)
            abort();
    }
    builder->rows = ROWS;
    struct ArrowArray batch;
    if (cc_batch_finish(builder, &batch, &error) != 0)
        abort();
    batch.release(&batch);
}

static void report(const char *what, double seconds, size_t size)
{
    printf("%s\t%.1f\t%.0f\n", what, ROWS * (double)ROUNDS / seconds / 1e6,
           (double)size * ROUNDS / seconds / 1e6);
}

int main(void)
{
    struct cc_thrift_writer w = {.failed = false};
    struct cc_hs2_rows rows = {.count = 0};
    struct cc_schema schema;
    struct cc_batch_builder *builder;
    struct cc_error error = CC_ERROR_INIT;
    const struct cc_batch_options options = {.first_rows = ROWS};
    put_answer(&w);
    cc_schema_init(&schema);
    for (size_t i = 0; i < COLUMNS; i++)
    {
        struct cc_column *column = cc_schema_add(&schema, "c", "");
        column->kind = columns[i].kind;
        column->type = columns[i].type;
        column->default_srid = 4326;
        column->is_geometry = column->type == CC_OUT_GEOMETRY;
    }
    if (cc_batch_builder_new(&schema, NULL, NULL, &options, &builder, &error))
        abort();
    double begin = now();
    for (int i = 0; i < ROUNDS; i++)
        decode(&w, &rows);
    report("decoded", now() - begin, w.out.size);
    begin = now();
    for (int i = 0; i < ROUNDS; i++)
    {
        decode(&w, &rows);
        build(&w, &rows, builder);
    }
    report("decoded and built into Arrow batches", now() - begin, w.out.size);
    cc_batch_builder_free(builder);
    cc_schema_free(&schema);
    cc_hs2_rows_free(&rows);
    cc_buffer_free(&w.out);
    return 0;
}
