/* SPDX-License-Identifier: MIT */
/*
 * Apache Thrift's binary protocol ("Thrift Binary protocol encoding", strict
 * form): big-endian; a message is version and type, name, sequence number and
 * one struct; a struct is fields of type, number and value, ended by a zero
 * byte.
 */
#ifndef CC_WIRE_THRIFT_H
#define CC_WIRE_THRIFT_H

#include "column/buffer.h"
#include "connector/error.h"

/* Structs and containers within each other; TCLIService needs about ten. */
#define CC_THRIFT_MAX_DEPTH 64

enum cc_thrift_type
{
    CC_THRIFT_STOP = 0,
    CC_THRIFT_BOOL = 2,
    CC_THRIFT_BYTE = 3,
    CC_THRIFT_DOUBLE = 4,
    CC_THRIFT_I16 = 6,
    CC_THRIFT_I32 = 8,
    CC_THRIFT_I64 = 10,
    CC_THRIFT_STRING = 11, /* and binary */
    CC_THRIFT_STRUCT = 12,
    CC_THRIFT_MAP = 13,
    CC_THRIFT_SET = 14,
    CC_THRIFT_LIST = 15
};

enum cc_thrift_message
{
    CC_THRIFT_CALL = 1,
    CC_THRIFT_REPLY = 2,
    CC_THRIFT_EXCEPTION = 3
};

/* ---- writing ---- */

/* Zero it; free out with cc_buffer_free. `failed`: out of memory, or a text of
 * 2 GiB. */
struct cc_thrift_writer
{
    struct cc_buffer out;
    bool failed;
};

void cc_thrift_write_message(struct cc_thrift_writer *writer,
                             enum cc_thrift_message type, const char *name,
                             int32_t sequence);
void cc_thrift_write_field(struct cc_thrift_writer *writer,
                           enum cc_thrift_type type, int16_t id);
void cc_thrift_write_stop(struct cc_thrift_writer *writer);
void cc_thrift_write_byte(struct cc_thrift_writer *writer, uint8_t value);
void cc_thrift_write_i16(struct cc_thrift_writer *writer, int16_t value);
void cc_thrift_write_i32(struct cc_thrift_writer *writer, int32_t value);
void cc_thrift_write_i64(struct cc_thrift_writer *writer, int64_t value);
void cc_thrift_write_binary(struct cc_thrift_writer *writer, const void *data,
                            size_t size);
void cc_thrift_write_string(struct cc_thrift_writer *writer, const char *text);
/* Bytes that are already encoded. */
void cc_thrift_write_raw(struct cc_thrift_writer *writer, const void *data,
                         size_t size);

/* ---- reading ---- */

/*
 * Reads from data[at..size). Where that ends too early, `refill` is asked to
 * append to it (it may move `data` and sets `size`; 0, or -1 when there is no
 * more); NULL: what is there is all there is. The first failure is kept in
 * `failure`, in words; from then on reads give zeros and nothing advances.
 */
struct cc_thrift_reader
{
    const uint8_t *data;
    size_t size;
    size_t at;
    unsigned depth;
    const char *failure;
    int (*refill)(void *context, struct cc_thrift_reader *reader);
    void *context;
};

/* Bytes of the reader's data, by their position: refills move the data. */
struct cc_thrift_span
{
    size_t at;
    size_t size;
};

struct cc_thrift_field
{
    enum cc_thrift_type type;
    int16_t id;
};

/* Fails unless it has failed already. Returns -1. */
int cc_thrift_fail(struct cc_thrift_reader *reader, const char *reason);

/* The beginning of a message; the span is its name. */
void cc_thrift_read_message(struct cc_thrift_reader *reader,
                            enum cc_thrift_message *type,
                            struct cc_thrift_span *name, int32_t *sequence);

/* The next field of a struct; false at its end, and after a failure. */
bool cc_thrift_next(struct cc_thrift_reader *reader,
                    struct cc_thrift_field *field);

static inline bool cc_thrift_is(const struct cc_thrift_field *field, int16_t id,
                                enum cc_thrift_type type)
{
    return field->id == id && field->type == type;
}

bool cc_thrift_read_bool(struct cc_thrift_reader *reader);
int cc_thrift_read_byte(struct cc_thrift_reader *reader); /* signed */
int16_t cc_thrift_read_i16(struct cc_thrift_reader *reader);
int32_t cc_thrift_read_i32(struct cc_thrift_reader *reader);
int64_t cc_thrift_read_i64(struct cc_thrift_reader *reader);
double cc_thrift_read_double(struct cc_thrift_reader *reader);
struct cc_thrift_span cc_thrift_read_binary(struct cc_thrift_reader *reader);

/* A list's or set's header; the count has been checked against the bytes there
 * are, as far as they are known. */
void cc_thrift_read_list(struct cc_thrift_reader *reader,
                         enum cc_thrift_type *element, size_t *count);
void cc_thrift_read_map(struct cc_thrift_reader *reader,
                        enum cc_thrift_type *key, enum cc_thrift_type *value,
                        size_t *count);

/* Passes over a value, or `count` of them, whatever is in them. */
void cc_thrift_skip(struct cc_thrift_reader *reader, enum cc_thrift_type type);
void cc_thrift_skip_many(struct cc_thrift_reader *reader,
                         enum cc_thrift_type type, size_t count);

/* The bytes of a value of fixed width, 0 for the other types. */
size_t cc_thrift_width(enum cc_thrift_type type);

/* Big-endian numbers at any address. */
static inline uint16_t cc_thrift_load16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static inline uint32_t cc_thrift_load32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
           (uint32_t)data[2] << 8 | data[3];
}

static inline uint64_t cc_thrift_load64(const uint8_t *data)
{
    return (uint64_t)cc_thrift_load32(data) << 32 | cc_thrift_load32(data + 4);
}

static inline double cc_thrift_load_double(const uint8_t *data)
{
    uint64_t bits = cc_thrift_load64(data);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
