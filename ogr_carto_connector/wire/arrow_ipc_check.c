/* SPDX-License-Identifier: MIT */
/* Whether the values of an array stay inside of its buffers and children. */
#include "arrow_ipc_internal.h"

#include <string.h>

static int64_t load_signed(const uint8_t *data, size_t width)
{
    unsigned unused = 64 - 8 * (unsigned)width;
    return (int64_t)(cc_flat_load(data, width) << unused) >> unused;
}

static int outside(const struct cc_ipc_field *field, struct cc_error *error)
{
    return cc_ipc_broken(error, "a value of field \"%s\" lies outside of it",
                         field->name);
}

static bool offsets32_fit(const int32_t *offsets, size_t count, int64_t limit)
{
    int32_t last = offsets[0];
    bool ordered = last >= 0;
    for (size_t i = 1; i <= count; i++)
    {
        ordered = ordered & (offsets[i] >= last);
        last = offsets[i];
    }
    return ordered && last <= limit;
}

static bool offsets64_fit(const int64_t *offsets, size_t count, int64_t limit)
{
    int64_t last = offsets[0];
    bool ordered = last >= 0;
    for (size_t i = 1; i <= count; i++)
    {
        ordered = ordered & (offsets[i] >= last);
        last = offsets[i];
    }
    return ordered && last <= limit;
}

static bool slices_fit(const struct ArrowArray *array, size_t width)
{
    const uint8_t *offsets = array->buffers[1];
    const uint8_t *sizes = array->buffers[2];
    int64_t limit = array->children[0]->length;
    for (size_t i = 0; i < (size_t)array->length; i++)
    {
        int64_t offset = load_signed(offsets + i * width, width);
        int64_t size = load_signed(sizes + i * width, width);
        if (offset < 0 || size < 0 || offset > limit || size > limit - offset)
            return false;
    }
    return true;
}

static bool children_fit(const struct ArrowArray *array, int64_t length)
{
    for (int64_t i = 0; i < array->n_children; i++)
    {
        if (array->children[i]->length < length)
            return false;
    }
    return true;
}

static bool union_fits(const struct cc_ipc_field *field,
                       const struct ArrowArray *array)
{
    const int8_t *codes = array->buffers[0];
    const int32_t *offsets = field->dense ? array->buffers[1] : NULL;
    for (size_t i = 0; i < (size_t)array->length; i++)
    {
        if (codes[i] < 0 || codes[i] >= array->n_children)
            return false;
        if (offsets &&
            (offsets[i] < 0 || offsets[i] >= array->children[codes[i]]->length))
            return false;
    }
    return field->dense || children_fit(array, array->length);
}

static bool run_ends_fit(const struct cc_ipc_field *field,
                         const struct ArrowArray *array)
{
    const struct ArrowArray *ends = array->children[0];
    const uint8_t *values = ends->buffers[1];
    size_t width = (size_t)field->children[0].bit_width / 8;
    int64_t last = 0;
    for (size_t i = 0; i < (size_t)ends->length; i++)
    {
        int64_t end = load_signed(values + i * width, width);
        if (end <= last || cc_ipc_is_null(ends, i))
            return false;
        last = end;
    }
    return last >= array->length && array->children[1]->length >= ends->length;
}

/* A view: int32 length, then up to 12 bytes, or a prefix, int32 buffer, int32
 * offset. The data buffers begin with the third of the array; their sizes are
 * in the one after the last. */
static bool views_fit(const struct ArrowArray *array)
{
    const uint8_t *views = array->buffers[1];
    int64_t count = array->n_buffers - 3;
    const int64_t *sizes = array->buffers[array->n_buffers - 1];
    for (size_t i = 0; i < (size_t)array->length; i++)
    {
        int64_t size = load_signed(views + i * 16, 4);
        int64_t buffer = load_signed(views + i * 16 + 8, 4);
        int64_t offset = load_signed(views + i * 16 + 12, 4);
        if (cc_ipc_is_null(array, i) || (size >= 0 && size <= 12))
            continue;
        if (size < 0 || buffer < 0 || buffer >= count || offset < 0 ||
            offset > sizes[buffer] || size > sizes[buffer] - offset)
            return false;
    }
    return true;
}

static bool indices_fit(const struct cc_ipc_field *field,
                        const struct ArrowArray *array)
{
    size_t width = (size_t)field->index_bits / 8;
    const uint8_t *indices = array->buffers[1];
    uint64_t limit = (uint64_t)array->dictionary->length;
    for (size_t i = 0; i < (size_t)array->length; i++)
    {
        if (!cc_ipc_is_null(array, i) &&
            cc_flat_load(indices + i * width, width) >= limit)
            return false;
    }
    return true;
}

static bool lists_fit(const struct cc_ipc_field *field,
                      const struct ArrowArray *array)
{
    int64_t limit = array->children[0]->length;
    size_t count = (size_t)array->length;
    switch (field->type)
    {
        case CC_IPC_FIXED_LIST:
            return field->size == 0 || array->length <= limit / field->size;
        case CC_IPC_LIST_VIEW:
            return slices_fit(array, 4);
        case CC_IPC_LARGE_LIST_VIEW:
            return slices_fit(array, 8);
        case CC_IPC_LARGE_LIST:
            return offsets64_fit(array->buffers[1], count, limit);
        default:
            return offsets32_fit(array->buffers[1], count, limit);
    }
}

static bool values_fit(const struct cc_ipc_field *field,
                       const struct ArrowArray *array, size_t data_size)
{
    size_t count = (size_t)array->length;
    int64_t limit = data_size > INT64_MAX ? INT64_MAX : (int64_t)data_size;
    switch (field->type)
    {
        case CC_IPC_BINARY:
        case CC_IPC_UTF8:
            return offsets32_fit(array->buffers[1], count, limit);
        case CC_IPC_LARGE_BINARY:
        case CC_IPC_LARGE_UTF8:
            return offsets64_fit(array->buffers[1], count, limit);
        case CC_IPC_BINARY_VIEW:
        case CC_IPC_UTF8_VIEW:
            return views_fit(array);
        case CC_IPC_STRUCT:
            return children_fit(array, array->length);
        case CC_IPC_UNION:
            return union_fits(field, array);
        case CC_IPC_RUN_END:
            return run_ends_fit(field, array);
        default:
            return field->child_count == 0 || lists_fit(field, array);
    }
}

int cc_ipc_check(const struct cc_ipc_field *field, bool as_index,
                 const struct ArrowArray *array, size_t data_size,
                 struct cc_error *error)
{
    bool fits = as_index ? indices_fit(field, array)
                         : values_fit(field, array, data_size);
    return fits ? 0 : outside(field, error);
}
