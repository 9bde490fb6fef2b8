/* SPDX-License-Identifier: MIT */
/* A schema and a builder of columns given by kind and type, without the
 * rules of a connector, and access to the values of its batches. */
#ifndef CC_BUILDER_FIXTURE_H
#define CC_BUILDER_FIXTURE_H

#include "cmocka_all.h"

#include "column/builder.h"

#include <stdio.h>

struct fixture
{
    struct cc_schema schema;
    struct cc_batch_builder *builder;
    struct cc_error error;
};

static inline struct cc_column *fixture_column(struct fixture *fixture,
                                               const char *name,
                                               enum cc_kind kind,
                                               enum cc_type type)
{
    struct cc_column *column = cc_schema_add(&fixture->schema, name, "native");
    assert_non_null(column);
    column->kind = kind;
    column->type = type;
    column->default_srid = 4326;
    column->is_geometry = type == CC_OUT_GEOMETRY;
    snprintf(column->output_name, sizeof column->output_name, "%s", name);
    return column;
}

static inline void fixture_init(struct fixture *fixture)
{
    cc_schema_init(&fixture->schema);
    fixture->builder = NULL;
    cc_error_init(&fixture->error, NULL);
}

static inline void fixture_build(struct fixture *fixture,
                                 const struct cc_batch_options *options)
{
    int result = cc_batch_builder_new(&fixture->schema, NULL, NULL, options,
                                      &fixture->builder, &fixture->error);
    assert_string_equal(fixture->error.message, "");
    assert_int_equal(result, 0);
}

/* One column "c". */
static inline struct cc_builder *
fixture_one(struct fixture *fixture, enum cc_kind kind, enum cc_type type)
{
    fixture_init(fixture);
    fixture_column(fixture, "c", kind, type);
    fixture_build(fixture, NULL);
    return &fixture->builder->columns[0];
}

static inline void fixture_free(struct fixture *fixture)
{
    cc_batch_builder_free(fixture->builder);
    cc_schema_free(&fixture->schema);
}

/* Ends as many rows as the first column has values, and the batch. */
static inline struct ArrowArray fixture_finish(struct fixture *fixture)
{
    struct ArrowArray batch;
    fixture->builder->rows = fixture->builder->columns[0].length;
    int result = cc_batch_finish(fixture->builder, &batch, &fixture->error);
    assert_string_equal(fixture->error.message, "");
    assert_int_equal(result, 0);
    return batch;
}

/* The one value of a column of integers, of whatever width. */
static inline int64_t only_integer(const struct cc_builder *builder,
                                   enum cc_type type)
{
    assert_int_equal(builder->length, 1);
    assert_int_equal(builder->null_count, 0);
    if (type == CC_OUT_BOOLEAN)
        return ((const uint8_t *)builder->values)[0] & 1;
    if (type == CC_OUT_INT16)
        return ((const int16_t *)builder->values)[0];
    if (type == CC_OUT_INT32 || type == CC_OUT_DATE)
        return ((const int32_t *)builder->values)[0];
    return ((const int64_t *)builder->values)[0];
}

static inline bool is_null(const struct ArrowArray *array, size_t row)
{
    const uint8_t *validity = array->buffers[0];
    return validity && !(validity[row / 8] >> (row % 8) & 1);
}

static inline void assert_text(const struct ArrowArray *array, size_t row,
                               const char *expected)
{
    const int32_t *offsets = array->buffers[1];
    size_t size = (size_t)(offsets[row + 1] - offsets[row]);
    const char *data = array->buffers[2];
    assert_false(is_null(array, row));
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(data + offsets[row], expected, size);
}

static inline int64_t int64_at(const struct ArrowArray *array, size_t row)
{
    assert_false(is_null(array, row));
    return ((const int64_t *)array->buffers[1])[row];
}

static inline int32_t int32_at(const struct ArrowArray *array, size_t row)
{
    assert_false(is_null(array, row));
    return ((const int32_t *)array->buffers[1])[row];
}

static inline double double_at(const struct ArrowArray *array, size_t row)
{
    assert_false(is_null(array, row));
    return ((const double *)array->buffers[1])[row];
}

static inline void assert_loss(const struct cc_builder *column,
                               enum cc_loss_kind kind, const char *expected)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    assert_int_equal(cc_loss_describe(column, kind, &text), 0);
    assert_string_equal(cc_strbuf_text(&text), expected);
    cc_strbuf_free(&text);
}

#endif
