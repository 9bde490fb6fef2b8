/* SPDX-License-Identifier: MIT */
/*
 * How fast BigQuery's rows are decoded: bigquery_bench FILE SCHEMA, an Arrow
 * stream with LZ4 buffers as ReadRows has its batches, and the TableSchema as
 * JSON. Prints two rows of a Markdown table: what, Mrows/s, GB/s.
 */
#include "decode_bench.h"

#include "provider/bigquery.h"

static int append(struct decode_bench *bench, size_t column,
                  const struct cc_ipc_field *type,
                  const struct ArrowArray *array, size_t row, size_t count)
{
    return cc_bigquery_append_arrow(&bench->builder->columns[column], type,
                                    array, row, count, &bench->error);
}

static void measure(char **arguments, bool appended)
{
    struct decode_bench bench;
    memset(&bench, 0, sizeof bench);
    cc_error_init(&bench.error, NULL);
    cc_schema_init(&bench.schema);
    struct cc_buffer bytes = bench_load(arguments[1]);
    struct json_object *schema = bench_load_json(arguments[2]);
    double size = (double)bytes.size;
    if (cc_bigquery_add_columns(schema, &bench.schema, &bench.error) != 0)
        bench_die(&bench);
    bench_start(&bench);
    double began = bench_now();
    bench_run_arrow(&bench, &bytes, appended ? append : NULL);
    bench_finish_batch(&bench);
    bench_report(&bench, "arrow", appended, size, bench_now() - began);
    json_object_put(schema);
    bench_end(&bench);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    measure(argv, false);
    measure(argv, true);
    return 0;
}
