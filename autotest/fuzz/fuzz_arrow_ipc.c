/* SPDX-License-Identifier: MIT */
/* Arrow IPC streams: whatever the bytes, what is handed out can be read. */
#include "wire/arrow_ipc.h"

#include <stdlib.h>

/* Kept so that the reads are not optimised away. */
static volatile unsigned sink;

static void read_text(const struct ArrowArray *array)
{
    const int32_t *offsets = array->buffers[1];
    const uint8_t *data = array->buffers[2];
    unsigned sum = 0;
    for (int32_t i = offsets[0]; i < offsets[array->length]; i++)
        sum += data[i];
    sink = sum;
}

static void read_fixed(const struct cc_ipc_field *field,
                       const struct ArrowArray *array)
{
    const uint8_t *data = array->buffers[1];
    size_t size = (size_t)array->length * (size_t)(field->bit_width / 8);
    unsigned sum = 0;
    for (size_t i = 0; i < size; i++)
        sum += data[i];
    sink = sum;
}

static void read_array(const struct cc_ipc_field *field,
                       const struct ArrowArray *array)
{
    unsigned nulls = 0;
    bool validity = array->n_buffers > 0 && field->type != CC_IPC_UNION;
    for (size_t i = 0; validity && i < (size_t)array->length; i++)
        nulls += cc_ipc_is_null(array, i);
    sink = nulls;
    if (field->indexed)
        return;
    if (field->type == CC_IPC_UTF8 || field->type == CC_IPC_BINARY)
        read_text(array);
    else if (field->bit_width > 0)
        read_fixed(field, array);
    for (size_t i = 0; i < field->child_count; i++)
        read_array(&field->children[i], array->children[i]);
}

static void read_stream(struct cc_ipc *ipc)
{
    struct ArrowArray batch;
    struct cc_error error;
    size_t count;
    cc_error_init(&error, NULL);
    const struct cc_ipc_field *fields = cc_ipc_fields(ipc, &count, &error);
    while (fields && cc_ipc_next(ipc, &batch, &error) == CC_IPC_BATCH)
    {
        for (size_t i = 0; i < count; i++)
            read_array(&fields[i], batch.children[i]);
        batch.release(&batch);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    struct cc_ipc *ipc;
    struct cc_error error;
    cc_error_init(&error, NULL);
    if (cc_buffer_append(&bytes, data, size) != 0 ||
        cc_ipc_new((size_t)1 << 22, &ipc, &error) != 0)
        abort();
    if (cc_ipc_take(ipc, &bytes, 0, size, &error) != 0)
        abort();
    read_stream(ipc);
    cc_ipc_free(ipc);
    return 0;
}
