/* SPDX-License-Identifier: MIT */
#include "thrift.h"

#include <string.h>

#define VERSION_1 0x80010000U
#define VERSION_MASK 0xFFFF0000U
#define MAX_SIZE INT32_MAX

/* ---- writing ---- */

void cc_thrift_write_raw(struct cc_thrift_writer *writer, const void *data,
                         size_t size)
{
    if (cc_buffer_append(&writer->out, data, size) != 0)
        writer->failed = true;
}

/* The low `width` bytes of `value`. */
static void write_number(struct cc_thrift_writer *writer, uint64_t value,
                         unsigned width)
{
    uint8_t bytes[8];
    for (unsigned i = 0; i < width; i++)
        bytes[i] = (uint8_t)(value >> (8 * (width - 1 - i)));
    cc_thrift_write_raw(writer, bytes, width);
}

void cc_thrift_write_byte(struct cc_thrift_writer *writer, uint8_t value)
{
    write_number(writer, value, 1);
}

void cc_thrift_write_i16(struct cc_thrift_writer *writer, int16_t value)
{
    write_number(writer, (uint16_t)value, 2);
}

void cc_thrift_write_i32(struct cc_thrift_writer *writer, int32_t value)
{
    write_number(writer, (uint32_t)value, 4);
}

void cc_thrift_write_i64(struct cc_thrift_writer *writer, int64_t value)
{
    write_number(writer, (uint64_t)value, 8);
}

void cc_thrift_write_binary(struct cc_thrift_writer *writer, const void *data,
                            size_t size)
{
    if (size > MAX_SIZE)
    {
        writer->failed = true;
        return;
    }
    cc_thrift_write_i32(writer, (int32_t)size);
    cc_thrift_write_raw(writer, data, size);
}

void cc_thrift_write_string(struct cc_thrift_writer *writer, const char *text)
{
    cc_thrift_write_binary(writer, text, strlen(text));
}

void cc_thrift_write_field(struct cc_thrift_writer *writer,
                           enum cc_thrift_type type, int16_t id)
{
    cc_thrift_write_byte(writer, (uint8_t)type);
    cc_thrift_write_i16(writer, id);
}

void cc_thrift_write_stop(struct cc_thrift_writer *writer)
{
    cc_thrift_write_byte(writer, CC_THRIFT_STOP);
}

void cc_thrift_write_message(struct cc_thrift_writer *writer,
                             enum cc_thrift_message type, const char *name,
                             int32_t sequence)
{
    write_number(writer, VERSION_1 | (uint32_t)type, 4);
    cc_thrift_write_string(writer, name);
    cc_thrift_write_i32(writer, sequence);
}

/* ---- reading ---- */

int cc_thrift_fail(struct cc_thrift_reader *reader, const char *reason)
{
    if (!reader->failure)
        reader->failure = reason;
    return -1;
}

/* Sees to it that `count` bytes are there. */
static bool ensure(struct cc_thrift_reader *reader, size_t count)
{
    while (!reader->failure && reader->size - reader->at < count)
    {
        if (!reader->refill || reader->refill(reader->context, reader) != 0)
            (void)cc_thrift_fail(reader, "the message ends early");
    }
    return !reader->failure;
}

/* Passes over `count` bytes; NULL after a failure. */
static const uint8_t *take(struct cc_thrift_reader *reader, size_t count)
{
    if (!ensure(reader, count))
        return NULL;
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += count;
    return bytes;
}

int cc_thrift_read_byte(struct cc_thrift_reader *reader)
{
    const uint8_t *bytes = take(reader, 1);
    if (!bytes)
        return 0;
    return *bytes < 0x80 ? *bytes : *bytes - 0x100;
}

bool cc_thrift_read_bool(struct cc_thrift_reader *reader)
{
    return cc_thrift_read_byte(reader) != 0;
}

int16_t cc_thrift_read_i16(struct cc_thrift_reader *reader)
{
    const uint8_t *bytes = take(reader, 2);
    return bytes ? (int16_t)cc_thrift_load16(bytes) : 0;
}

int32_t cc_thrift_read_i32(struct cc_thrift_reader *reader)
{
    const uint8_t *bytes = take(reader, 4);
    return bytes ? (int32_t)cc_thrift_load32(bytes) : 0;
}

int64_t cc_thrift_read_i64(struct cc_thrift_reader *reader)
{
    const uint8_t *bytes = take(reader, 8);
    return bytes ? (int64_t)cc_thrift_load64(bytes) : 0;
}

double cc_thrift_read_double(struct cc_thrift_reader *reader)
{
    const uint8_t *bytes = take(reader, 8);
    return bytes ? cc_thrift_load_double(bytes) : 0;
}

/* A length or count. */
static size_t read_size(struct cc_thrift_reader *reader)
{
    int32_t size = cc_thrift_read_i32(reader);
    if (size >= 0)
        return (size_t)size;
    (void)cc_thrift_fail(reader, "a length is negative");
    return 0;
}

struct cc_thrift_span cc_thrift_read_binary(struct cc_thrift_reader *reader)
{
    size_t size = read_size(reader);
    struct cc_thrift_span span = {0, 0};
    if (take(reader, size))
        span = (struct cc_thrift_span){reader->at - size, size};
    return span;
}

static enum cc_thrift_type read_type(struct cc_thrift_reader *reader)
{
    uint8_t type = (uint8_t)cc_thrift_read_byte(reader);
    if (type > CC_THRIFT_LIST)
        (void)cc_thrift_fail(reader, "a type is unknown");
    return (enum cc_thrift_type)type;
}

bool cc_thrift_next(struct cc_thrift_reader *reader,
                    struct cc_thrift_field *field)
{
    field->type = read_type(reader);
    field->id = 0;
    if (field->type == CC_THRIFT_STOP || reader->failure)
        return false;
    field->id = cc_thrift_read_i16(reader);
    return !reader->failure;
}

void cc_thrift_read_message(struct cc_thrift_reader *reader,
                            enum cc_thrift_message *type,
                            struct cc_thrift_span *name, int32_t *sequence)
{
    uint32_t version = (uint32_t)cc_thrift_read_i32(reader);
    if ((version & VERSION_MASK) != VERSION_1)
        (void)cc_thrift_fail(reader, "it is no message of Thrift's strict "
                                     "binary protocol");
    *type = (enum cc_thrift_message)(version & 0xFFU);
    *name = cc_thrift_read_binary(reader);
    *sequence = cc_thrift_read_i32(reader);
}

size_t cc_thrift_width(enum cc_thrift_type type)
{
    switch (type)
    {
        case CC_THRIFT_BOOL:
        case CC_THRIFT_BYTE:
            return 1;
        case CC_THRIFT_I16:
            return 2;
        case CC_THRIFT_I32:
            return 4;
        case CC_THRIFT_I64:
        case CC_THRIFT_DOUBLE:
            return 8;
        default:
            return 0;
    }
}

/* The bytes a value has at least. */
static size_t least_size(enum cc_thrift_type type)
{
    size_t width = cc_thrift_width(type);
    if (width > 0)
        return width;
    return type == CC_THRIFT_STRUCT ? 1 : type == CC_THRIFT_MAP ? 6 : 4;
}

/* `count` values of at least `size` bytes each have to be there still; with
 * more to come, they have to fit a message. */
static size_t checked_count(struct cc_thrift_reader *reader, size_t count,
                            size_t size)
{
    size_t bytes = reader->refill ? MAX_SIZE : reader->size - reader->at;
    if (!reader->failure && count > bytes / size)
        (void)cc_thrift_fail(reader, "a container has more elements than the "
                                     "message has bytes");
    return reader->failure ? 0 : count;
}

void cc_thrift_read_list(struct cc_thrift_reader *reader,
                         enum cc_thrift_type *element, size_t *count)
{
    *element = read_type(reader);
    size_t size = read_size(reader);
    if (*element == CC_THRIFT_STOP && size > 0)
        (void)cc_thrift_fail(reader, "a list's elements have no type");
    *count = checked_count(reader, size, least_size(*element));
}

void cc_thrift_read_map(struct cc_thrift_reader *reader,
                        enum cc_thrift_type *key, enum cc_thrift_type *value,
                        size_t *count)
{
    *key = read_type(reader);
    *value = read_type(reader);
    size_t size = read_size(reader);
    if ((*key == CC_THRIFT_STOP || *value == CC_THRIFT_STOP) && size > 0)
        (void)cc_thrift_fail(reader, "a map's elements have no type");
    *count = checked_count(reader, size, least_size(*key) + least_size(*value));
}

static void skip_strings(struct cc_thrift_reader *reader, size_t count)
{
    for (; count > 0 && !reader->failure; count--)
        (void)cc_thrift_read_binary(reader);
}

static void skip_struct(struct cc_thrift_reader *reader)
{
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
        cc_thrift_skip(reader, field.type);
}

static void skip_list(struct cc_thrift_reader *reader)
{
    enum cc_thrift_type element;
    size_t count;
    cc_thrift_read_list(reader, &element, &count);
    cc_thrift_skip_many(reader, element, count);
}

static void skip_map(struct cc_thrift_reader *reader)
{
    enum cc_thrift_type key;
    enum cc_thrift_type value;
    size_t count;
    cc_thrift_read_map(reader, &key, &value, &count);
    for (; count > 0 && !reader->failure; count--)
    {
        cc_thrift_skip(reader, key);
        cc_thrift_skip(reader, value);
    }
}

void cc_thrift_skip(struct cc_thrift_reader *reader, enum cc_thrift_type type)
{
    size_t width = cc_thrift_width(type);
    if (width > 0)
    {
        (void)take(reader, width);
        return;
    }
    if (reader->depth >= CC_THRIFT_MAX_DEPTH)
    {
        (void)cc_thrift_fail(reader, "values are nested too deeply");
        return;
    }
    reader->depth++;
    if (type == CC_THRIFT_STRING)
        skip_strings(reader, 1);
    else if (type == CC_THRIFT_STRUCT)
        skip_struct(reader);
    else if (type == CC_THRIFT_MAP)
        skip_map(reader);
    else if (type == CC_THRIFT_LIST || type == CC_THRIFT_SET)
        skip_list(reader);
    else
        (void)cc_thrift_fail(reader, "a type is unknown");
    reader->depth--;
}

void cc_thrift_skip_many(struct cc_thrift_reader *reader,
                         enum cc_thrift_type type, size_t count)
{
    size_t width = cc_thrift_width(type);
    if (type == CC_THRIFT_STRING)
        skip_strings(reader, count);
    else if (width > 0)
        (void)take(reader, count * width);
    else
        for (; count > 0 && !reader->failure; count--)
            cc_thrift_skip(reader, type);
}
