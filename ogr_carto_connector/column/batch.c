/* SPDX-License-Identifier: MIT */
/*
 * The life of a batch builder and of the memory of its batches.
 */
#include "append.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_BATCH_ROWS 8192
#define DEFAULT_FIRST_ROWS 256
#define DEFAULT_BATCH_BYTES ((size_t)4 << 20)
#define ALIGNMENT sizeof(int64_t)

/* ---- memory ---- */

static int begin_column(struct cc_builder *builder, size_t rows)
{
    size_t fixed = cc_fixed_size(builder->type, rows);
    fixed = (fixed + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    builder->block = malloc(fixed + cc_bitmap_size(rows) + ALIGNMENT);
    if (!builder->block)
        return -1;
    builder->capacity = rows;
    builder->length = 0;
    builder->null_count = 0;
    builder->validity = NULL;
    builder->validity_room = (uint8_t *)builder->block + fixed;
    builder->values = builder->block;
    if (builder->type == CC_OUT_BOOLEAN)
        memset(builder->values, 0, fixed);
    if (!cc_is_variable(builder->type))
        return 0;
    builder->offsets = builder->block;
    builder->offsets[0] = 0;
    return 0;
}

static int begin_batch(struct cc_batch_builder *builder, size_t rows)
{
    for (size_t i = 0; i < builder->count; i++)
        CC_TRY(begin_column(&builder->columns[i], rows));
    builder->capacity = rows;
    builder->rows = 0;
    builder->bytes = 0;
    return 0;
}

/* ---- life ---- */

static void apply_defaults(struct cc_batch_options *options)
{
    if (options->batch_rows == 0)
        options->batch_rows = DEFAULT_BATCH_ROWS;
    if (options->first_rows == 0)
        options->first_rows = DEFAULT_FIRST_ROWS;
    if (options->first_rows > options->batch_rows)
        options->first_rows = options->batch_rows;
    if (options->batch_bytes == 0)
        options->batch_bytes = DEFAULT_BATCH_BYTES;
}

static int32_t initial_srid(const struct cc_column *column, int32_t decided)
{
    if (decided > 0)
        return decided;
    return column->srid > 0 ? column->srid : 0;
}

static int add_columns(struct cc_batch_builder *builder, const bool *wanted,
                       const int32_t *srids)
{
    const struct cc_schema *schema = builder->schema;
    builder->columns = calloc(schema->count + 1, sizeof *builder->columns);
    if (!builder->columns)
        return -1;
    for (size_t i = 0; i < schema->count; i++)
    {
        const struct cc_column *column = &schema->columns[i];
        if (!cc_schema_wants(schema, wanted, i))
            continue;
        struct cc_builder *added = &builder->columns[builder->count++];
        added->column = column;
        added->type = column->type;
        added->batch = builder;
        if (column->type == CC_OUT_GEOMETRY)
            added->srid = initial_srid(column, srids ? srids[i] : 0);
    }
    return 0;
}

static int open_recoder(struct cc_batch_builder *builder,
                        struct cc_error *error)
{
    const char *name = builder->options.iconv_name;
    if (!name)
        return 0;
    builder->recoder = cc_recoder_new(name);
    if (builder->recoder)
        return 0;
    if (errno != EINVAL)
        return cc_error_memory(error);
    return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                        "encoding: this system cannot convert %s to UTF-8",
                        name);
}

/* The code of "EPSG:n", or 0. */
static int32_t epsg_code(const char *definition)
{
    if (strlen(definition) <= 5 || !cc_ascii_equal(definition, "EPSG:", 5))
        return 0;
    char *end;
    errno = 0;
    long code = strtol(definition + 5, &end, 10);
    return *end == '\0' && errno == 0 && code > 0 && code < CC_SRID_CUSTOM
               ? (int32_t)code
               : 0;
}

static bool has_geometry(const struct cc_batch_builder *builder)
{
    for (size_t i = 0; i < builder->count; i++)
    {
        if (builder->columns[i].type == CC_OUT_GEOMETRY)
            return true;
    }
    return false;
}

static int open_target(struct cc_batch_builder *builder, struct cc_error *error)
{
    const char *target = builder->options.target_srs;
    if (!target || !has_geometry(builder))
        return 0;
    builder->target_srid = epsg_code(target);
    builder->target = cc_reprojector_new(target, error);
    return builder->target ? 0 : -1;
}

/* Fixed-width memory is reserved for whole batches: fewer rows of many
 * columns, though not fewer than the first batch has. */
static void fit_rows(struct cc_batch_builder *builder)
{
    struct cc_batch_options *options = &builder->options;
    size_t width = 1;
    for (size_t i = 0; i < builder->count; i++)
        width += cc_fixed_size(builder->columns[i].type, 1);
    size_t rows = options->batch_bytes / width;
    if (rows < options->first_rows)
        rows = options->first_rows;
    if (rows < options->batch_rows)
        options->batch_rows = rows;
}

static int fill_builder(struct cc_batch_builder *builder, const bool *wanted,
                        const int32_t *srids, struct cc_error *error)
{
    if (add_columns(builder, wanted, srids) != 0)
        return cc_error_memory(error);
    fit_rows(builder);
    if (begin_batch(builder, builder->options.first_rows) != 0)
        return cc_error_memory(error);
    CC_TRY(open_recoder(builder, error));
    return open_target(builder, error);
}

int cc_batch_builder_new(const struct cc_schema *schema, const bool *wanted,
                         const int32_t *srids,
                         const struct cc_batch_options *options,
                         struct cc_batch_builder **builder,
                         struct cc_error *error)
{
    struct cc_batch_builder *created = calloc(1, sizeof *created);
    if (!created)
        return cc_error_memory(error);
    created->schema = schema;
    if (options)
        created->options = *options;
    apply_defaults(&created->options);
    if (fill_builder(created, wanted, srids, error) != 0)
    {
        cc_batch_builder_free(created);
        return -1;
    }
    *builder = created;
    return 0;
}

void cc_batch_builder_free(struct cc_batch_builder *builder)
{
    if (!builder)
        return;
    for (size_t i = 0; i < builder->count; i++)
    {
        free(builder->columns[i].block);
        cc_buffer_free(&builder->columns[i].data);
        cc_reprojector_free(builder->columns[i].reprojector);
    }
    free(builder->columns);
    cc_reprojector_free(builder->target);
    cc_recoder_free(builder->recoder);
    free(builder);
}

/* Batches tend to be alike: room for what this one, of `bytes`, needed, as
 * much more as the next one has rows, and for no more than a batch holds. */
static int reserve_alike(struct cc_batch_builder *builder,
                         const struct ArrowArray *done, size_t bytes)
{
    if (bytes == 0)
        return 0;
    size_t rows = (size_t)done->length;
    double scale = (double)builder->capacity / (double)rows;
    double most = (double)builder->options.batch_bytes / (double)bytes;
    if (scale > most)
        scale = most;
    for (size_t i = 0; i < builder->count; i++)
    {
        struct cc_builder *column = &builder->columns[i];
        if (!cc_is_variable(column->type))
            continue;
        const int32_t *offsets = done->children[i]->buffers[1];
        size_t need = (size_t)((double)offsets[rows] * scale);
        CC_TRY(cc_buffer_reserve(&column->data, need));
    }
    return 0;
}

/* An SRID that no value has decided in the first batch is the default one. */
static void settle_srids(struct cc_batch_builder *builder)
{
    for (size_t i = 0; i < builder->count; i++)
    {
        struct cc_builder *column = &builder->columns[i];
        if (column->type == CC_OUT_GEOMETRY && column->srid == 0)
            column->srid = column->column->default_srid;
    }
}

static int check_complete(const struct cc_batch_builder *builder,
                          struct cc_error *error)
{
    for (size_t i = 0; i < builder->count; i++)
    {
        if (builder->columns[i].length != builder->rows)
            return cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                                "column %zu has %zu values in a batch of %zu "
                                "rows",
                                i + 1, builder->columns[i].length,
                                builder->rows);
    }
    return 0;
}

int cc_batch_finish(struct cc_batch_builder *builder, struct ArrowArray *out,
                    struct cc_error *error)
{
    CC_TRY(check_complete(builder, error));
    settle_srids(builder);
    if (cc_array_export(builder, out) != 0)
        return cc_error_memory(error);
    builder->row_base += out->length;
    size_t bytes = builder->bytes;
    if (begin_batch(builder, builder->options.batch_rows) != 0 ||
        reserve_alike(builder, out, bytes) != 0)
    {
        out->release(out);
        return cc_error_memory(error);
    }
    return 0;
}

static void drop_last(struct cc_builder *builder)
{
    size_t last = --builder->length;
    if (builder->validity && !cc_get_bit(builder->validity, last))
    {
        cc_set_bit(builder->validity, last, true);
        builder->null_count--;
    }
    if (builder->type == CC_OUT_BOOLEAN)
        cc_set_bit(builder->values, last, false);
    if (!cc_is_variable(builder->type))
        return;
    size_t start = (size_t)builder->offsets[last];
    builder->batch->bytes -= builder->data.size - start;
    builder->data.size = start;
}

void cc_batch_drop_partial_row(struct cc_batch_builder *builder)
{
    for (size_t i = 0; i < builder->count; i++)
    {
        while (builder->columns[i].length > builder->rows)
            drop_last(&builder->columns[i]);
    }
}
