/* SPDX-License-Identifier: MIT */
/*
 * How fast Snowflake's two forms of rows are decoded: a file of rows as a chunk
 * has them, once by the decoder alone and once into batches. Prints two rows
 * of a Markdown table: what, Mrows/s, GB/s.
 *
 *   snowflake_bench arrow|json FILE TYPES
 *
 * where TYPES is the "rowtype" as JSON.
 */
#include "provider/snowflake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct bench
{
    struct cc_schema schema;
    struct cc_batch_builder *builder;
    struct cc_snowflake_field *fields;
    int64_t rows;
    struct cc_error error;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct cc_buffer load(const char *name)
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

static void die(const struct bench *bench)
{
    fprintf(stderr, "%s\n", bench->error.message);
    exit(1);
}

/* Output types as the contract's rules give them, in short. */
static void resolve(struct cc_column *column)
{
    static const enum cc_type types[] = {[CC_KIND_BOOLEAN] = CC_OUT_BOOLEAN,
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
    column->type = column->kind != CC_KIND_DECIMAL ? types[column->kind]
                   : column->scale > 0             ? CC_OUT_FLOAT64
                   : column->precision > 9         ? CC_OUT_INT64
                                                   : CC_OUT_INT32;
    column->is_geometry = column->kind == CC_KIND_GEOMETRY;
    column->default_srid = 4326;
}

static void prepare(struct bench *bench, const char *types)
{
    struct cc_buffer text = load(types);
    if (cc_buffer_append(&text, "", 1) != 0)
        exit(2);
    struct json_object *rowtype = json_tokener_parse((char *)text.data);
    cc_schema_init(&bench->schema);
    if (cc_snowflake_add_columns(rowtype, &bench->schema, &bench->error) != 0)
        die(bench);
    size_t count = bench->schema.count;
    for (size_t i = 0; i < count; i++)
        resolve(&bench->schema.columns[i]);
    if (cc_batch_builder_new(&bench->schema, NULL, NULL, NULL, &bench->builder,
                             &bench->error) != 0)
        die(bench);
    bench->fields = calloc(count, sizeof *bench->fields);
    for (size_t i = 0; bench->fields && i < count; i++)
    {
        const struct cc_column *column = &bench->schema.columns[i];
        bench->fields[i].builder = &bench->builder->columns[i];
        bench->fields[i].type = (enum cc_snowflake_type)column->native_id;
        bench->fields[i].scale = (int)column->native_modifier;
    }
    json_object_put(rowtype);
    cc_buffer_free(&text);
}

static void finish_batch(struct bench *bench)
{
    struct ArrowArray batch;
    bench->rows += (int64_t)bench->builder->rows;
    if (cc_batch_finish(bench->builder, &batch, &bench->error) != 0)
        die(bench);
    batch.release(&batch);
}

static void append_batch(struct bench *bench, const struct cc_ipc_field *types,
                         const struct ArrowArray *batch)
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
            if (cc_snowflake_append_arrow(&bench->fields[i], &types[i],
                                          batch->children[i], next, slice,
                                          &bench->error) != 0)
                die(bench);
        }
        for (size_t i = 0; i < slice; i++)
            cc_batch_end_row(bench->builder);
        next += slice;
        if (cc_batch_full(bench->builder))
            finish_batch(bench);
    }
}

/* `appended`: into batches; else the stream alone is read. */
static void run_arrow(struct bench *bench, struct cc_buffer *bytes,
                      bool appended)
{
    struct cc_ipc *ipc;
    struct ArrowArray batch;
    size_t count;
    enum cc_ipc_read read;
    if (cc_ipc_new(0, &ipc, &bench->error) != 0 ||
        cc_ipc_take(ipc, bytes, 0, bytes->size, &bench->error) != 0)
        die(bench);
    const struct cc_ipc_field *types =
        cc_ipc_fields(ipc, &count, &bench->error);
    if (!types || count != bench->schema.count)
        die(bench);
    while ((read = cc_ipc_next(ipc, &batch, &bench->error)) == CC_IPC_BATCH)
    {
        if (appended)
            append_batch(bench, types, &batch);
        else
            bench->rows += batch.length;
        batch.release(&batch);
    }
    if (read == CC_IPC_ERROR)
        die(bench);
    cc_ipc_free(ipc);
}

static void run_json(struct bench *bench, struct cc_buffer *bytes,
                     bool appended)
{
    struct cc_json_cell cells[256];
    struct cc_json_rows rows = {.data = (char *)bytes->data,
                                .size = bytes->size};
    enum cc_json_read read;
    while ((read = cc_json_next(&rows, cells, bench->schema.count,
                                &bench->error)) == CC_JSON_ROW)
    {
        bench->rows += !appended;
        for (size_t i = 0; appended && i < bench->schema.count; i++)
        {
            if (cc_snowflake_append_json(&bench->fields[i], &cells[i],
                                         &bench->error) != 0)
                die(bench);
        }
        if (appended)
            cc_batch_end_row(bench->builder);
        if (cc_batch_full(bench->builder))
            finish_batch(bench);
    }
    if (read == CC_JSON_ERROR)
        die(bench);
    cc_buffer_free(bytes);
}

static void measure(char **arguments, bool appended)
{
    struct bench bench;
    memset(&bench, 0, sizeof bench);
    cc_error_init(&bench.error, NULL);
    struct cc_buffer bytes = load(arguments[2]);
    double size = (double)bytes.size;
    prepare(&bench, arguments[3]);
    double began = now();
    if (strcmp(arguments[1], "arrow") == 0)
        run_arrow(&bench, &bytes, appended);
    else
        run_json(&bench, &bytes, appended);
    if (bench.builder->rows > 0)
        finish_batch(&bench);
    double seconds = now() - began;
    printf("| %s, %s | %.2f | %.2f |\n", arguments[1],
           appended ? "into batches" : "decoder alone",
           (double)bench.rows / seconds / 1e6, size / seconds / 1e9);
    for (size_t i = 0; i < bench.schema.count; i++)
        cc_buffer_free(&bench.fields[i].scratch);
    free(bench.fields);
    cc_batch_builder_free(bench.builder);
    cc_schema_free(&bench.schema);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    measure(argv, false);
    measure(argv, true);
    return 0;
}
