/* SPDX-License-Identifier: MIT */
/*
 * What measures how fast a provider's rows are decoded, without its server: a
 * file of them into batches.
 */
#ifndef CC_DECODE_BENCH_H
#define CC_DECODE_BENCH_H

#include "column/builder.h"
#include "wire/arrow_ipc.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct decode_bench
{
    struct cc_schema schema;
    struct cc_batch_builder *builder;
    int64_t rows;
    struct cc_error error;
};

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline struct cc_buffer bench_load(const char *name)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    FILE *file = fopen(name, "rb");
    size_t got = 1;
    while (file && got > 0 && cc_buffer_reserve(&bytes, 1 << 22) == 0)
    {
        got = fread(bytes.data + bytes.size, 1, 1 << 22, file);
        bytes.size += got;
    }
    if (!file)
        exit(2);
    fclose(file);
    return bytes;
}

static inline struct json_object *bench_load_json(const char *name)
{
    struct cc_buffer text = bench_load(name);
    if (cc_buffer_append(&text, "", 1) != 0)
        exit(2);
    struct json_object *json = json_tokener_parse((char *)text.data);
    cc_buffer_free(&text);
    return json;
}

static inline void bench_die(const struct decode_bench *bench)
{
    fprintf(stderr, "%s\n", bench->error.message);
    exit(1);
}

/* Output types as the contract's rules give them, in short. */
static inline void bench_resolve(struct cc_column *column)
{
    static const enum cc_type types[] = {[CC_KIND_BOOLEAN] = CC_OUT_BOOLEAN,
                                         [CC_KIND_INT64] = CC_OUT_INT64,
                                         [CC_KIND_FLOAT64] = CC_OUT_FLOAT64,
                                         [CC_KIND_TEXT] = CC_OUT_STRING,
                                         [CC_KIND_JSON] = CC_OUT_STRING,
                                         [CC_KIND_BINARY] = CC_OUT_BINARY,
                                         [CC_KIND_DATE] = CC_OUT_DATE,
                                         [CC_KIND_TIME] = CC_OUT_TIME,
                                         [CC_KIND_TIMESTAMP] = CC_OUT_TIMESTAMP,
                                         [CC_KIND_TIMESTAMPTZ] =
                                             CC_OUT_TIMESTAMPTZ,
                                         [CC_KIND_GEOMETRY] = CC_OUT_GEOMETRY};
    bool whole = column->precision > 0 && column->scale == 0;
    column->type = column->kind != CC_KIND_DECIMAL ? types[column->kind]
                   : !whole                        ? CC_OUT_FLOAT64
                   : column->precision > 9         ? CC_OUT_INT64
                                                   : CC_OUT_INT32;
    column->is_geometry = column->kind == CC_KIND_GEOMETRY;
    column->default_srid = 4326;
}

/* Of a schema whose columns have their kinds. */
static inline void bench_start(struct decode_bench *bench)
{
    for (size_t i = 0; i < bench->schema.count; i++)
        bench_resolve(&bench->schema.columns[i]);
    if (cc_batch_builder_new(&bench->schema, NULL, NULL, NULL, &bench->builder,
                             &bench->error) != 0)
        bench_die(bench);
}

static inline void bench_finish_batch(struct decode_bench *bench)
{
    struct ArrowArray batch;
    if (bench->builder->rows == 0)
        return;
    bench->rows += (int64_t)bench->builder->rows;
    if (cc_batch_finish(bench->builder, &batch, &bench->error) != 0)
        bench_die(bench);
    batch.release(&batch);
}

/* Appends the values [row, row + count) of a column. */
typedef int (*bench_append)(struct decode_bench *bench, size_t column,
                            const struct cc_ipc_field *type,
                            const struct ArrowArray *array, size_t row,
                            size_t count);

static inline void bench_append_batch(struct decode_bench *bench,
                                      const struct cc_ipc_field *types,
                                      const struct ArrowArray *batch,
                                      bench_append append)
{
    size_t next = 0;
    while (next < (size_t)batch->length)
    {
        size_t slice = bench->builder->capacity - bench->builder->rows;
        size_t left = (size_t)batch->length - next;
        slice = slice < left ? slice : left;
        slice = slice < 256 ? slice : 256;
        for (size_t i = 0; i < bench->schema.count; i++)
        {
            if (append(bench, i, &types[i], batch->children[i], next, slice) !=
                0)
                bench_die(bench);
        }
        for (size_t i = 0; i < slice; i++)
            cc_batch_end_row(bench->builder);
        next += slice;
        if (cc_batch_full(bench->builder))
            bench_finish_batch(bench);
    }
}

/* Takes the bytes of an Arrow stream; `append` NULL: it alone is read. */
static inline void bench_run_arrow(struct decode_bench *bench,
                                   struct cc_buffer *bytes, bench_append append)
{
    struct cc_ipc *ipc;
    struct ArrowArray batch;
    size_t count;
    enum cc_ipc_read read;
    if (cc_ipc_new(0, &ipc, &bench->error) != 0 ||
        cc_ipc_take(ipc, bytes, 0, bytes->size, &bench->error) != 0)
        bench_die(bench);
    const struct cc_ipc_field *types =
        cc_ipc_fields(ipc, &count, &bench->error);
    if (!types || count != bench->schema.count)
        bench_die(bench);
    while ((read = cc_ipc_next(ipc, &batch, &bench->error)) == CC_IPC_BATCH)
    {
        if (append)
            bench_append_batch(bench, types, &batch, append);
        else
            bench->rows += batch.length;
        batch.release(&batch);
    }
    if (read == CC_IPC_ERROR)
        bench_die(bench);
    cc_ipc_free(ipc);
}

/* A row of a Markdown table: what, Mrows/s, GB/s. */
static inline void bench_report(const struct decode_bench *bench,
                                const char *form, bool appended, double size,
                                double seconds)
{
    printf("| %s, %s | %.2f | %.2f |\n", form,
           appended ? "into batches" : "decoder alone",
           (double)bench->rows / seconds / 1e6, size / seconds / 1e9);
}

static inline void bench_end(struct decode_bench *bench)
{
    cc_batch_builder_free(bench->builder);
    cc_schema_free(&bench->schema);
}

#endif
