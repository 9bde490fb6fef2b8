/* SPDX-License-Identifier: MIT */
/*
 * A reader of the Arrow IPC streaming format
 * (https://arrow.apache.org/docs/format/Columnar.html#ipc-streaming-format):
 * schemas, dictionaries and record batches out of encapsulated messages, with
 * and without the continuation marker, metadata V4 and V5, buffers plain or
 * compressed by LZ4 (frames) or ZSTD. Little-endian only.
 *
 * What is read is checked whole: no array that is handed out leads beyond its
 * memory, whatever its bytes say. Text is not checked to be UTF-8.
 *
 * A reader is used by one thread at a time; the batches it hands out are
 * independent of it and may be released by any thread.
 *
 * Errors: CC_STAGE_FETCH for what cannot be read, CC_STAGE_INTERNAL for memory.
 */
#ifndef CC_WIRE_ARROW_IPC_H
#define CC_WIRE_ARROW_IPC_H

#include "column/arrow_abi.h"
#include "column/buffer.h"
#include "connector/error.h"

#include <stdint.h>

/* The union Type of Schema.fbs, its numbers. */
enum cc_ipc_type
{
    CC_IPC_NULL = 1,
    CC_IPC_INT = 2,   /* bit_width 8, 16, 32, 64; is_signed */
    CC_IPC_FLOAT = 3, /* bit_width 16, 32, 64 */
    CC_IPC_BINARY = 4,
    CC_IPC_UTF8 = 5,
    CC_IPC_BOOL = 6,
    CC_IPC_DECIMAL = 7,    /* bit_width 32, 64, 128, 256; precision, scale;
                             two's complement */
    CC_IPC_DATE = 8,       /* bit_width 32: days; 64: milliseconds */
    CC_IPC_TIME = 9,       /* bit_width 32, 64; unit */
    CC_IPC_TIMESTAMP = 10, /* int64; unit; timezone */
    CC_IPC_INTERVAL = 11,  /* bit_width 32: months; 64: int32 days, int32
                             milliseconds; 128: int32 months, int32 days, int64
                             nanoseconds */
    CC_IPC_LIST = 12,
    CC_IPC_STRUCT = 13,
    CC_IPC_UNION = 14,        /* dense: with offsets */
    CC_IPC_FIXED_BINARY = 15, /* size: bytes of a value */
    CC_IPC_FIXED_LIST = 16,   /* size: elements of a value */
    CC_IPC_MAP = 17,          /* a list of structs of key and value */
    CC_IPC_DURATION = 18,     /* int64; unit */
    CC_IPC_LARGE_BINARY = 19,
    CC_IPC_LARGE_UTF8 = 20,
    CC_IPC_LARGE_LIST = 21,
    CC_IPC_RUN_END = 22, /* children: run ends, values */
    CC_IPC_BINARY_VIEW = 23,
    CC_IPC_UTF8_VIEW = 24,
    CC_IPC_LIST_VIEW = 25,
    CC_IPC_LARGE_LIST_VIEW = 26
};

enum cc_ipc_unit
{
    CC_IPC_SECONDS = 0,
    CC_IPC_MILLISECONDS,
    CC_IPC_MICROSECONDS,
    CC_IPC_NANOSECONDS
};

struct cc_ipc_pair
{
    char *key;
    char *value;
};

/* A field of the schema; only what its type has is set. */
struct cc_ipc_field
{
    char *name;
    enum cc_ipc_type type; /* of the values, also where they are indexed */
    bool nullable;
    bool is_signed;
    bool dense;
    int bit_width;
    int precision;
    int scale;
    int32_t size;
    enum cc_ipc_unit unit;
    char *timezone; /* or NULL */
    struct cc_ipc_pair *metadata;
    size_t metadata_count;
    struct cc_ipc_field *children;
    size_t child_count;
    /* Dictionary-encoded: arrays hold indices, of these integers, into
     * array->dictionary, whose values are of `type`. */
    bool indexed;
    int index_bits;
    bool index_signed;
    int64_t dictionary_id;
};

struct cc_ipc;

/* The value of a field's metadata; NULL when it has none of that key. */
const char *cc_ipc_metadata(const struct cc_ipc_field *field, const char *key);

/* `max_bytes` bounds what the buffers of one message may come to when they are
 * uncompressed; 0: 1 GiB. */
int cc_ipc_new(size_t max_bytes, struct cc_ipc **ipc,
               struct cc_error *error) CC_CHECKED;
void cc_ipc_free(struct cc_ipc *ipc);

/*
 * Gives the reader the bytes [offset, offset + size) of a buffer to read next:
 * any number of whole messages. The buffer's memory becomes the reader's,
 * also on failure, and that of the batches whose arrays lie in it: memory is
 * only copied where it is not aligned to 8 bytes. What was not read of bytes
 * given before is dropped.
 */
int cc_ipc_take(struct cc_ipc *ipc, struct cc_buffer *buffer, size_t offset,
                size_t size, struct cc_error *error) CC_CHECKED;

enum cc_ipc_read
{
    CC_IPC_ERROR = -1,
    CC_IPC_END = 0,  /* the bytes are read, or an end of stream among them */
    CC_IPC_BATCH = 1 /* of any number of rows, 0 included */
};

/*
 * The next record batch of the bytes taken: "+s", with a child a field, to be
 * released. The first schema is the reader's; further ones are skipped, so
 * that messages and whole streams may be given one after the other. NULL
 * values are those whose validity bit is not set; null_count is the sender's
 * word for it.
 */
enum cc_ipc_read cc_ipc_next(struct cc_ipc *ipc, struct ArrowArray *batch,
                             struct cc_error *error);

/* About the memory that the last batch holds: its message's, and that of what
 * was uncompressed. */
size_t cc_ipc_batch_bytes(const struct cc_ipc *ipc);

/* The schema; reads it when it is next. NULL with the error set when the bytes
 * taken do not begin with one and none was read before. Owned by the reader. */
const struct cc_ipc_field *cc_ipc_fields(struct cc_ipc *ipc, size_t *count,
                                         struct cc_error *error);

/* Whether value i of an array of such a reader is NULL: not for unions and
 * run-end encoded arrays, which have no validity. */
static inline bool cc_ipc_is_null(const struct ArrowArray *array, size_t i)
{
    const uint8_t *validity =
        array->n_buffers > 0 ? (const uint8_t *)array->buffers[0] : NULL;
    return validity && !(validity[i / 8] >> (i % 8) & 1);
}

/* Where the values end that are NULL, or are not, as `first` is, which *null
 * tells: at the latest at `end`, which is behind it. */
size_t cc_ipc_run(const struct cc_ipc_field *field,
                  const struct ArrowArray *array, size_t first, size_t end,
                  bool *null);

#endif
