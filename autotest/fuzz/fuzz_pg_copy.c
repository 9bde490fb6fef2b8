/* SPDX-License-Identifier: MIT */
/* PostgreSQL's binary COPY stream, with a column of every type that is read. */
#include "wire/pg_binary.h"

#include <stdlib.h>

static const struct
{
    uint32_t oid;
    enum cc_kind kind;
    enum cc_type type;
} columns[] = {
    {CC_PG_BOOL, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN},
    {CC_PG_INT2, CC_KIND_INT16, CC_OUT_INT16},
    {CC_PG_INT4, CC_KIND_INT32, CC_OUT_INT32},
    {CC_PG_INT8, CC_KIND_INT64, CC_OUT_INT64},
    {CC_PG_OID, CC_KIND_UINT32, CC_OUT_INT64},
    {CC_PG_FLOAT4, CC_KIND_FLOAT32, CC_OUT_FLOAT32},
    {CC_PG_FLOAT8, CC_KIND_FLOAT64, CC_OUT_FLOAT64},
    {CC_PG_NUMERIC, CC_KIND_DECIMAL, CC_OUT_FLOAT64},
    {CC_PG_NUMERIC, CC_KIND_DECIMAL, CC_OUT_INT64},
    {CC_PG_TEXT, CC_KIND_TEXT, CC_OUT_STRING},
    {CC_PG_JSONB, CC_KIND_JSON, CC_OUT_STRING},
    {CC_PG_UUID, CC_KIND_UUID, CC_OUT_STRING},
    {CC_PG_BYTEA, CC_KIND_BINARY, CC_OUT_BINARY},
    {CC_PG_DATE, CC_KIND_DATE, CC_OUT_DATE},
    {CC_PG_TIME, CC_KIND_TIME, CC_OUT_TIME},
    {CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP},
    {CC_PG_BIT, CC_KIND_BOOLEAN, CC_OUT_BOOLEAN},
    {CC_PG_VARBIT, CC_KIND_TEXT, CC_OUT_STRING},
    {0, CC_KIND_GEOMETRY, CC_OUT_GEOMETRY},
    {CC_PG_TEXT, CC_KIND_TEXT, CC_OUT_GEOMETRY},
};

#define COUNT (sizeof columns / sizeof *columns)

static void fill_schema(struct cc_schema *schema)
{
    cc_schema_init(schema);
    for (size_t i = 0; i < COUNT; i++)
    {
        struct cc_column *column = cc_schema_add(schema, "c", "type");
        if (!column)
            abort();
        column->kind = columns[i].kind;
        column->type = columns[i].type;
        column->is_geometry = columns[i].type == CC_OUT_GEOMETRY;
        column->default_srid = 4326;
        if (columns[i].kind == CC_KIND_GEOMETRY)
            column->encoding = CC_GEOMETRY_WKB;
    }
}

/* Hands a batch out; every column has a value a row. */
static void take_batch(struct cc_batch_builder *builder)
{
    struct ArrowArray batch;
    struct cc_error error;
    cc_error_init(&error, NULL);
    int64_t rows = (int64_t)builder->rows;
    if (rows == 0)
        return;
    if (cc_batch_finish(builder, &batch, &error) != 0 || batch.length != rows)
        abort();
    for (int64_t i = 0; i < batch.n_children; i++)
    {
        if (batch.children[i]->length != rows)
            abort();
    }
    batch.release(&batch);
}

static void read_stream(struct cc_batch_builder *builder, const uint8_t *data,
                        size_t size)
{
    struct cc_pg_field fields[COUNT];
    struct cc_pg_copy copy = {.fields = fields, .count = COUNT};
    struct cc_error error;
    cc_error_init(&error, NULL);
    for (size_t i = 0; i < COUNT; i++)
    {
        fields[i].builder = &builder->columns[i];
        fields[i].read =
            cc_pg_binary_reader(columns[i].oid, builder->columns[i].column);
    }
    while (size > 0)
    {
        bool row;
        if (cc_pg_copy_read(&copy, &data, &size, &row, &error) != 0)
        {
            if (error.stage != CC_STAGE_FETCH || !error.message[0])
                abort();
            cc_batch_drop_partial_row(builder);
            break;
        }
        if (row)
            cc_batch_end_row(builder);
        if (cc_batch_full(builder))
            take_batch(builder);
    }
    take_batch(builder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cc_schema schema;
    struct cc_batch_builder *builder = NULL;
    struct cc_error error;
    cc_error_init(&error, NULL);
    fill_schema(&schema);
    if (cc_batch_builder_new(&schema, NULL, NULL, NULL, &builder, &error) != 0)
        abort();
    read_stream(builder, data, size);
    cc_batch_builder_free(builder);
    cc_schema_free(&schema);
    return 0;
}
