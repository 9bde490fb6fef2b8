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
#include "decode_bench.h"

#include "provider/snowflake.h"

struct snowflake_bench
{
    struct decode_bench base;
    struct cc_snowflake_field *fields;
};

static void prepare(struct snowflake_bench *bench, const char *types)
{
    struct json_object *rowtype = bench_load_json(types);
    cc_schema_init(&bench->base.schema);
    if (cc_snowflake_add_columns(rowtype, &bench->base.schema,
                                 &bench->base.error) != 0)
        bench_die(&bench->base);
    size_t count = bench->base.schema.count;
    bench_start(&bench->base);
    bench->fields = calloc(count, sizeof *bench->fields);
    for (size_t i = 0; bench->fields && i < count; i++)
    {
        const struct cc_column *column = &bench->base.schema.columns[i];
        bench->fields[i].builder = &bench->base.builder->columns[i];
        bench->fields[i].type = (enum cc_snowflake_type)column->native_id;
        bench->fields[i].scale = (int)column->native_modifier;
    }
    json_object_put(rowtype);
}

static int append(struct decode_bench *bench, size_t column,
                  const struct cc_ipc_field *type,
                  const struct ArrowArray *array, size_t row, size_t count)
{
    struct snowflake_bench *own = (struct snowflake_bench *)bench;
    return cc_snowflake_append_arrow(&own->fields[column], type, array, row,
                                     count, &bench->error);
}

static void run_json(struct snowflake_bench *bench, struct cc_buffer *bytes,
                     bool appended)
{
    struct cc_json_cell cells[256];
    struct cc_json_rows rows = {.data = (char *)bytes->data,
                                .size = bytes->size};
    struct decode_bench *base = &bench->base;
    enum cc_json_read read;
    while ((read = cc_json_next(&rows, cells, base->schema.count,
                                &base->error)) == CC_JSON_ROW)
    {
        base->rows += !appended;
        for (size_t i = 0; appended && i < base->schema.count; i++)
        {
            if (cc_snowflake_append_json(&bench->fields[i], &cells[i],
                                         &base->error) != 0)
                bench_die(base);
        }
        if (appended)
            cc_batch_end_row(base->builder);
        if (cc_batch_full(base->builder))
            bench_finish_batch(base);
    }
    if (read == CC_JSON_ERROR)
        bench_die(base);
    cc_buffer_free(bytes);
}

static void measure(char **arguments, bool appended)
{
    struct snowflake_bench bench;
    memset(&bench, 0, sizeof bench);
    cc_error_init(&bench.base.error, NULL);
    struct cc_buffer bytes = bench_load(arguments[2]);
    double size = (double)bytes.size;
    prepare(&bench, arguments[3]);
    double began = bench_now();
    if (strcmp(arguments[1], "arrow") == 0)
        bench_run_arrow(&bench.base, &bytes, appended ? append : NULL);
    else
        run_json(&bench, &bytes, appended);
    bench_finish_batch(&bench.base);
    bench_report(&bench.base, arguments[1], appended, size,
                 bench_now() - began);
    for (size_t i = 0; i < bench.base.schema.count; i++)
        cc_buffer_free(&bench.fields[i].scratch);
    free(bench.fields);
    bench_end(&bench.base);
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    measure(argv, false);
    measure(argv, true);
    return 0;
}
