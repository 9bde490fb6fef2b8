/* SPDX-License-Identifier: MIT */
/* Arrays out of a record batch (RecordBatch of Message.fbs): a node a field
 * and a few buffers a node, both depth-first. */
#include "arrow_ipc_internal.h"

#include <stdlib.h>

/* Slots of RecordBatch */
enum
{
    BATCH_LENGTH = 0,
    BATCH_NODES = 1,
    BATCH_BUFFERS = 2,
    BATCH_COMPRESSION = 3,
    BATCH_VARIADIC = 4
};

/* Rows of a batch: more are not sent at once by anybody. */
#define MAX_LENGTH INT32_MAX
#define PAIR 16 /* bytes of a FieldNode, and of a Buffer */

struct batch_reader
{
    const struct cc_ipc_message *message;
    struct cc_flat *flat;
    struct cc_flat_vector nodes, buffers, variadic;
    size_t next_node, next_buffer, next_variadic;
    enum cc_ipc_codec codec;
    size_t budget;
    struct cc_error *error;
};

/* ---- layouts ---- */

/* What a type's arrays consist of; in the order of their buffers. */
struct layout
{
    bool validity;
    int offset_bytes; /* 0: no offsets */
    int value_bits;   /* 0: no fixed-width values */
    bool data;        /* bytes that the offsets point into */
    bool views;
};

static struct layout offsets_and(int bytes, bool data)
{
    return (struct layout){
        .validity = true, .offset_bytes = bytes, .data = data};
}

static struct layout values_of(int bits)
{
    return (struct layout){.validity = true, .value_bits = bits};
}

static struct layout layout_of(const struct cc_ipc_field *field)
{
    switch (field->type)
    {
        case CC_IPC_NULL:
        case CC_IPC_RUN_END:
        case CC_IPC_UNION:
            return (struct layout){.validity = false};
        case CC_IPC_BINARY:
        case CC_IPC_UTF8:
            return offsets_and(4, true);
        case CC_IPC_LARGE_BINARY:
        case CC_IPC_LARGE_UTF8:
            return offsets_and(8, true);
        case CC_IPC_LIST:
        case CC_IPC_MAP:
            return offsets_and(4, false);
        case CC_IPC_LARGE_LIST:
            return offsets_and(8, false);
        case CC_IPC_STRUCT:
        case CC_IPC_FIXED_LIST:
            return values_of(0);
        case CC_IPC_BOOL:
            return values_of(1);
        case CC_IPC_FIXED_BINARY:
            /* told apart in read_fixed_binary: 8 * size may not be an int */
            return values_of(8);
        case CC_IPC_BINARY_VIEW:
        case CC_IPC_UTF8_VIEW:
            return (struct layout){
                .validity = true, .value_bits = 128, .views = true};
        case CC_IPC_LIST_VIEW:
            return values_of(32);
        case CC_IPC_LARGE_LIST_VIEW:
            return values_of(64);
        default:
            return values_of(field->bit_width);
    }
}

/* ---- buffers ---- */

/* The next buffer of the message, of at least `needed` bytes. */
static int read_buffer(struct batch_reader *reader, uint64_t needed,
                       struct cc_ipc_bytes *bytes)
{
    const struct cc_ipc_message *message = reader->message;
    if (reader->next_buffer >= reader->buffers.count)
        return cc_ipc_broken(reader->error, "a batch has too few buffers");
    const uint8_t *entry =
        reader->flat->data + reader->buffers.at + PAIR * reader->next_buffer++;
    uint64_t offset = cc_flat_load(entry, 8);
    uint64_t size = cc_flat_load(entry + 8, 8);
    if (offset > message->body_size || size > message->body_size - offset)
        return cc_ipc_broken(reader->error,
                             "a buffer lies outside of its message");
    CC_TRY(cc_ipc_make_bytes(message->inflater, reader->codec,
                             message->body + offset, (size_t)size,
                             &reader->budget, bytes, reader->error));
    if (bytes->size >= needed)
        return 0;
    free(bytes->owned);
    return cc_ipc_broken(reader->error, "a buffer is too short");
}

static int add_buffer(struct batch_reader *reader, struct ArrowArray *array,
                      size_t i, uint64_t needed, size_t *size)
{
    struct cc_ipc_bytes bytes;
    CC_TRY(read_buffer(reader, needed, &bytes));
    cc_ipc_array_set(array, i, &bytes, reader->message->source);
    if (size)
        *size = bytes.size;
    return 0;
}

static uint64_t bytes_of(uint64_t count, uint64_t bits)
{
    return (count * bits + 7) / 8;
}

/* Absent where nothing is NULL. */
static int read_validity(struct batch_reader *reader, struct ArrowArray *array)
{
    size_t size;
    CC_TRY(add_buffer(reader, array, 0, 0, &size));
    if (size >= bytes_of((uint64_t)array->length, 1) && size > 0)
        return 0;
    array->buffers[0] = NULL;
    if (size > 0 || (array->null_count != 0 && array->length > 0))
        return cc_ipc_broken(reader->error,
                             "the validity of %lld values is "
                             "too short",
                             (long long)array->length);
    return 0;
}

/* A batch without rows may have no offsets, not even the one. */
static int read_offsets(struct batch_reader *reader, struct ArrowArray *array,
                        int width)
{
    uint64_t count = (uint64_t)array->length;
    uint64_t needed = count == 0 ? 0 : (count + 1) * (uint64_t)width;
    size_t size;
    CC_TRY(add_buffer(reader, array, 1, needed, &size));
    if (size != 0 && size < (size_t)width)
        return cc_ipc_broken(reader->error, "a buffer is too short");
    return 0;
}

static int read_variadic(struct batch_reader *reader, struct ArrowArray *array,
                         size_t count)
{
    struct cc_ipc_bytes sizes = {NULL, (count + 1) * 8, NULL};
    int64_t *values = calloc(count + 1, sizeof *values);
    if (!values)
        return cc_error_memory(reader->error);
    sizes.owned = values;
    sizes.data = sizes.owned;
    cc_ipc_array_set(array, count + 2, &sizes, NULL);
    for (size_t i = 0; i < count; i++)
    {
        size_t size;
        CC_TRY(add_buffer(reader, array, 2 + i, 0, &size));
        values[i] = (int64_t)size;
    }
    return 0;
}

/* ---- nodes ---- */

struct node
{
    int64_t length;
    int64_t nulls;
};

static int read_node(struct batch_reader *reader, struct node *node)
{
    if (reader->next_node >= reader->nodes.count)
        return cc_ipc_broken(reader->error, "a batch has too few nodes");
    const uint8_t *entry =
        reader->flat->data + reader->nodes.at + PAIR * reader->next_node++;
    node->length = (int64_t)cc_flat_load(entry, 8);
    node->nulls = (int64_t)cc_flat_load(entry + 8, 8);
    if (node->length >= 0 && node->length <= MAX_LENGTH && node->nulls >= 0 &&
        node->nulls <= node->length)
        return 0;
    return cc_ipc_broken(reader->error, "a batch has a node of %lld values",
                         (long long)node->length);
}

static int next_variadic_count(struct batch_reader *reader, size_t *count)
{
    if (reader->next_variadic >= reader->variadic.count)
        return cc_ipc_broken(reader->error,
                             "a batch does not count the buffers of a view");
    uint64_t value = cc_flat_load(reader->flat->data + reader->variadic.at +
                                      8 * reader->next_variadic++,
                                  8);
    if (value > reader->buffers.count - reader->next_buffer)
        return cc_ipc_broken(reader->error, "a batch has too few buffers");
    *count = (size_t)value;
    return 0;
}

static int start_array(struct batch_reader *reader, const struct node *node,
                       size_t buffers, size_t children,
                       struct ArrowArray *array)
{
    if (cc_ipc_array_init(array, buffers, children) != 0)
        return cc_error_memory(reader->error);
    array->length = node->length;
    array->null_count = node->nulls;
    return 0;
}

static int read_array(struct batch_reader *reader,
                      const struct cc_ipc_field *field, bool as_index,
                      struct ArrowArray *array);

static int read_children(struct batch_reader *reader,
                         const struct cc_ipc_field *field,
                         struct ArrowArray *array)
{
    for (size_t i = 0; i < field->child_count; i++)
        CC_TRY(read_array(reader, &field->children[i],
                          field->children[i].indexed, array->children[i]));
    return 0;
}

/* ---- kinds of arrays ---- */

static int read_indices(struct batch_reader *reader,
                        const struct cc_ipc_field *field,
                        const struct node *node, struct ArrowArray *array)
{
    const struct cc_ipc_message *message = reader->message;
    uint64_t size =
        bytes_of((uint64_t)node->length, (uint64_t)field->index_bits);
    CC_TRY(start_array(reader, node, 2, 0, array));
    CC_TRY(read_validity(reader, array));
    CC_TRY(add_buffer(reader, array, 1, size, NULL));
    for (size_t i = 0; i < message->dictionary_count; i++)
    {
        if (message->dictionaries[i]->id != field->dictionary_id)
            continue;
        cc_ipc_array_set_dictionary(array, message->dictionaries[i]);
        return cc_ipc_check(field, true, array, 0, reader->error);
    }
    return cc_ipc_broken(reader->error,
                         "the dictionary of field \"%s\" did not come",
                         field->name);
}

/* V4 gave unions a validity of their own; it was never used. */
static int read_union(struct batch_reader *reader,
                      const struct cc_ipc_field *field, const struct node *node,
                      struct ArrowArray *array)
{
    uint64_t length = (uint64_t)node->length;
    CC_TRY(start_array(reader, node, field->dense ? 2 : 1, field->child_count,
                       array));
    if (reader->message->with_union_validity)
    {
        struct cc_ipc_bytes unused = {0};
        CC_TRY(read_buffer(reader, 0, &unused));
        free(unused.owned);
    }
    CC_TRY(add_buffer(reader, array, 0, length, NULL));
    return field->dense ? add_buffer(reader, array, 1, length * 4, NULL) : 0;
}

static uint64_t value_bytes(const struct cc_ipc_field *field,
                            const struct layout *layout, int64_t length)
{
    if (field->type == CC_IPC_FIXED_BINARY)
        return (uint64_t)length * (uint64_t)field->size;
    return bytes_of((uint64_t)length, (uint64_t)layout->value_bits);
}

static int read_parts(struct batch_reader *reader,
                      const struct cc_ipc_field *field,
                      const struct layout *layout, size_t variadic,
                      struct ArrowArray *array, size_t *data_size)
{
    bool list_view = field->type == CC_IPC_LIST_VIEW ||
                     field->type == CC_IPC_LARGE_LIST_VIEW;
    uint64_t size = value_bytes(field, layout, array->length);
    CC_TRY(read_validity(reader, array));
    if (layout->offset_bytes > 0)
        CC_TRY(read_offsets(reader, array, layout->offset_bytes));
    if (layout->data)
        CC_TRY(add_buffer(reader, array, 2, 0, data_size));
    if (layout->value_bits > 0)
        CC_TRY(add_buffer(reader, array, 1, size, NULL));
    if (list_view)
        CC_TRY(add_buffer(reader, array, 2, size, NULL));
    return layout->views ? read_variadic(reader, array, variadic) : 0;
}

static size_t buffer_count(const struct cc_ipc_field *field,
                           const struct layout *layout, size_t variadic)
{
    bool list_view = field->type == CC_IPC_LIST_VIEW ||
                     field->type == CC_IPC_LARGE_LIST_VIEW;
    size_t count = layout->validity;
    count += layout->offset_bytes > 0;
    count += layout->value_bits > 0;
    count += layout->data || list_view;
    return count + (layout->views ? variadic + 1 : 0);
}

static int read_values(struct batch_reader *reader,
                       const struct cc_ipc_field *field,
                       const struct node *node, struct ArrowArray *array,
                       size_t *data_size)
{
    struct layout layout = layout_of(field);
    size_t variadic = 0;
    if (field->type == CC_IPC_UNION)
        return read_union(reader, field, node, array);
    if (layout.views)
        CC_TRY(next_variadic_count(reader, &variadic));
    CC_TRY(start_array(reader, node, buffer_count(field, &layout, variadic),
                       field->child_count, array));
    if (!layout.validity)
        return 0;
    return read_parts(reader, field, &layout, variadic, array, data_size);
}

static int read_array(struct batch_reader *reader,
                      const struct cc_ipc_field *field, bool as_index,
                      struct ArrowArray *array)
{
    struct node node = {0, 0};
    size_t data_size = 0;
    CC_TRY(read_node(reader, &node));
    if (as_index)
        return read_indices(reader, field, &node, array);
    CC_TRY(read_values(reader, field, &node, array, &data_size));
    CC_TRY(read_children(reader, field, array));
    return cc_ipc_check(field, false, array, data_size, reader->error);
}

/* ---- batches ---- */

static int start_reader(const struct cc_ipc_message *message,
                        const struct cc_flat_table *batch,
                        struct batch_reader *reader, struct cc_error *error)
{
    *reader = (struct batch_reader){
        .message = message,
        .flat = batch->flat,
        .nodes = cc_flat_vector(batch, BATCH_NODES, PAIR),
        .buffers = cc_flat_vector(batch, BATCH_BUFFERS, PAIR),
        .variadic = cc_flat_vector(batch, BATCH_VARIADIC, 8),
        .codec = CC_IPC_PLAIN,
        .budget = message->budget,
        .error = error};
    struct cc_flat_table compression = cc_flat_table(batch, BATCH_COMPRESSION);
    if (compression.size > 0)
    {
        int64_t codec = cc_flat_integer(&compression, 0, 1, CC_IPC_LZ4);
        if (codec != CC_IPC_LZ4 && codec != CC_IPC_ZSTD)
            return cc_ipc_broken(error, "it is compressed in an unknown way");
        reader->codec = (enum cc_ipc_codec)codec;
    }
    if (batch->flat->bad)
        return cc_ipc_broken(error, "its metadata lead outside of themselves");
    return 0;
}

static int read_columns(struct batch_reader *reader,
                        const struct cc_ipc_field *fields, size_t count,
                        int64_t length, struct ArrowArray *out)
{
    if (length < 0 || length > MAX_LENGTH)
        return cc_ipc_broken(reader->error, "a batch has %lld rows",
                             (long long)length);
    const struct node node = {length, 0};
    CC_TRY(start_array(reader, &node, 1, count, out));
    for (size_t i = 0; i < count; i++)
    {
        CC_TRY(read_array(reader, &fields[i], fields[i].indexed,
                          out->children[i]));
        if (out->children[i]->length != length)
            return cc_ipc_broken(reader->error,
                                 "field \"%s\" does not have the batch's rows",
                                 fields[i].name);
    }
    return 0;
}

int cc_ipc_read_batch(const struct cc_ipc_message *message,
                      const struct cc_flat_table *batch,
                      const struct cc_ipc_field *fields, size_t count,
                      struct ArrowArray *out, size_t *inflated,
                      struct cc_error *error)
{
    struct batch_reader reader;
    out->release = NULL;
    CC_TRY(start_reader(message, batch, &reader, error));
    int64_t length = cc_flat_integer(batch, BATCH_LENGTH, 8, 0);
    int status = read_columns(&reader, fields, count, length, out);
    *inflated = message->budget - reader.budget;
    if (status != 0 && out->release)
        out->release(out);
    return status;
}

int cc_ipc_read_values(const struct cc_ipc_message *message,
                       const struct cc_flat_table *batch,
                       const struct cc_ipc_field *field, struct ArrowArray *out,
                       struct cc_error *error)
{
    struct batch_reader reader;
    out->release = NULL;
    CC_TRY(start_reader(message, batch, &reader, error));
    int status = read_array(&reader, field, false, out);
    if (status != 0 && out->release)
        out->release(out);
    return status;
}
