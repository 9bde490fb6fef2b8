/* SPDX-License-Identifier: MIT */
/*
 * Batches as Arrow arrays: "+s" with one child a column. Every child owns its
 * buffers, so that a consumer may move children out of the parent and release
 * them on their own (Arrow C Data Interface, "Moving an array").
 */
#include "append.h"

#include <stdlib.h>

/* Bytes of a value; 0 where it is a bit, or of variable width. */
static size_t width_of(enum cc_type type)
{
    switch (type)
    {
        case CC_OUT_INT16:
            return sizeof(int16_t);
        case CC_OUT_INT32:
        case CC_OUT_FLOAT32:
        case CC_OUT_DATE:
            return sizeof(int32_t);
        case CC_OUT_INT64:
        case CC_OUT_FLOAT64:
        case CC_OUT_TIME:
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
            return sizeof(int64_t);
        case CC_OUT_BOOLEAN:
        case CC_OUT_STRING:
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            break;
    }
    return 0;
}

size_t cc_fixed_size(enum cc_type type, size_t rows)
{
    if (type == CC_OUT_BOOLEAN)
        return cc_bitmap_size(rows);
    return cc_is_variable(type) ? (rows + 1) * sizeof(int32_t)
                                : rows * width_of(type);
}

/* What a child array owns. */
struct child
{
    const void *buffers[3]; /* validity, values or offsets, data */
    void *block;
    struct cc_buffer data;
};

/* What the parent owns: the memory of its children's structs. */
struct parent
{
    const void *buffers[1]; /* validity: no row is NULL */
    struct ArrowArray *storage;
};

static void release_child(struct ArrowArray *array)
{
    struct child *child = array->private_data;
    free(child->block);
    cc_buffer_free(&child->data);
    free(child);
    array->release = NULL;
}

/* Children that a consumer has moved out have no release any more. */
static void release_parent(struct ArrowArray *array)
{
    struct parent *parent = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
    {
        struct ArrowArray *child = array->children[i];
        if (child->release)
            child->release(child);
    }
    free(array->children);
    free(parent->storage);
    free(parent);
    array->release = NULL;
}

static int init_parent(struct ArrowArray *array, size_t count)
{
    struct parent *parent = calloc(1, sizeof *parent);
    struct ArrowArray *storage = calloc(count + 1, sizeof *storage);
    struct ArrowArray **children =
        malloc((count + 1) * sizeof(struct ArrowArray *));
    if (!parent || !storage || !children)
    {
        free(parent);
        free(storage);
        free(children);
        return -1;
    }
    for (size_t i = 0; i < count; i++)
        children[i] = &storage[i];
    parent->storage = storage;
    *array = (struct ArrowArray){.n_buffers = 1,
                                 .n_children = (int64_t)count,
                                 .buffers = parent->buffers,
                                 .children = children,
                                 .release = release_parent,
                                 .private_data = parent};
    return 0;
}

/* Moves the column's memory into the array. */
static int export_column(struct cc_builder *builder, struct ArrowArray *array)
{
    struct child *child = malloc(sizeof *child);
    if (!child)
        return -1;
    child->block = builder->block;
    child->data = builder->data;
    child->buffers[0] = builder->validity;
    child->buffers[1] = builder->block;
    /* No data at all is still a buffer for consumers that look for one. */
    child->buffers[2] = builder->data.data ? (void *)builder->data.data
                                           : (void *)builder->validity_room;
    *array =
        (struct ArrowArray){.length = (int64_t)builder->length,
                            .null_count = builder->null_count,
                            .n_buffers = cc_is_variable(builder->type) ? 3 : 2,
                            .buffers = child->buffers,
                            .release = release_child,
                            .private_data = child};
    builder->block = NULL;
    builder->data = (struct cc_buffer)CC_BUFFER_INIT;
    return 0;
}

int cc_array_export(struct cc_batch_builder *builder, struct ArrowArray *out)
{
    CC_TRY(init_parent(out, builder->count));
    out->length = (int64_t)builder->rows;
    for (size_t i = 0; i < builder->count; i++)
    {
        if (export_column(&builder->columns[i], out->children[i]) != 0)
        {
            out->release(out);
            return -1;
        }
    }
    return 0;
}

static size_t child_size(enum cc_type type, const struct ArrowArray *array)
{
    size_t rows = (size_t)array->length;
    size_t size = cc_fixed_size(type, rows);
    if (array->buffers[0])
        size += cc_bitmap_size(rows);
    if (cc_is_variable(type))
        size += (size_t)((const int32_t *)array->buffers[1])[rows];
    return size;
}

size_t cc_batch_size(const struct cc_batch_builder *builder,
                     const struct ArrowArray *batch)
{
    size_t size = 0;
    for (size_t i = 0; i < (size_t)batch->n_children; i++)
        size += child_size(builder->columns[i].type, batch->children[i]);
    return size;
}

static int64_t count_nulls(const uint8_t *validity, size_t rows)
{
    int64_t count = 0;
    for (size_t i = 0; validity && i < rows; i++)
        count += !cc_get_bit(validity, i);
    return count;
}

void cc_batch_truncate(struct ArrowArray *batch, int64_t rows)
{
    batch->length = rows;
    for (int64_t i = 0; i < batch->n_children; i++)
    {
        struct ArrowArray *child = batch->children[i];
        child->length = rows;
        child->null_count = count_nulls(child->buffers[0], (size_t)rows);
    }
}
