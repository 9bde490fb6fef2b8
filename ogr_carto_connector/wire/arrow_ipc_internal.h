/* SPDX-License-Identifier: MIT */
/* What the files of the Arrow IPC reader share. */
#ifndef CC_WIRE_ARROW_IPC_INTERNAL_H
#define CC_WIRE_ARROW_IPC_INTERNAL_H

#include "arrow_ipc.h"
#include "arrow_ipc_flat.h"

#include <stdatomic.h>

/* Bytes that several arrays lie in. */
struct cc_ipc_source
{
    atomic_size_t references;
    struct cc_buffer bytes;
};

void cc_ipc_source_release(struct cc_ipc_source *source);

/* ---- schema ---- */

/* The fields of a Schema table. */
int cc_ipc_read_schema(const struct cc_flat_table *schema,
                       struct cc_ipc_field **fields, size_t *count,
                       struct cc_error *error) CC_CHECKED;
void cc_ipc_fields_free(struct cc_ipc_field *fields, size_t count);

/* Sets "the Arrow data cannot be read: ..." and returns -1. */
int cc_ipc_broken(struct cc_error *error, const char *format, ...)
    CC_PRINTF(2, 3);

/* ---- buffers ---- */

enum cc_ipc_codec
{
    CC_IPC_PLAIN = -1,
    CC_IPC_LZ4 = 0,
    CC_IPC_ZSTD = 1
};

/* A buffer of a message as arrays use it. */
struct cc_ipc_bytes
{
    const uint8_t *data;
    size_t size;
    void *owned; /* NULL: it lies in the source */
};

struct cc_ipc_inflater;
struct cc_ipc_inflater *cc_ipc_inflater_new(void);
void cc_ipc_inflater_free(struct cc_ipc_inflater *inflater);

/* Makes `in` usable: uncompressed, aligned to 8 bytes. *budget is what may
 * still be uncompressed, and is lessened. */
int cc_ipc_make_bytes(struct cc_ipc_inflater *inflater, enum cc_ipc_codec codec,
                      const uint8_t *in, size_t size, size_t *budget,
                      struct cc_ipc_bytes *out,
                      struct cc_error *error) CC_CHECKED;

/* ---- dictionaries ---- */

/* Values that arrays of several batches refer to. */
struct cc_ipc_dictionary
{
    atomic_size_t references;
    int64_t id;
    struct ArrowArray values;
};

void cc_ipc_dictionary_release(struct cc_ipc_dictionary *dictionary);

/* ---- batches ---- */

/* One RecordBatch table and what its arrays lie in. */
struct cc_ipc_message
{
    struct cc_ipc_source *source;
    const uint8_t *body;
    size_t body_size;
    struct cc_ipc_inflater *inflater;
    size_t budget;
    bool with_union_validity; /* metadata V4 */
    struct cc_ipc_dictionary *const *dictionaries;
    size_t dictionary_count;
};

/* The arrays of a RecordBatch: "+s". *inflated: the bytes of its buffers
 * outside of the message. */
int cc_ipc_read_batch(const struct cc_ipc_message *message,
                      const struct cc_flat_table *batch,
                      const struct cc_ipc_field *fields, size_t count,
                      struct ArrowArray *out, size_t *inflated,
                      struct cc_error *error) CC_CHECKED;

/* The same of one field, whose values come without their dictionary: the
 * batch of a dictionary. */
int cc_ipc_read_values(const struct cc_ipc_message *message,
                       const struct cc_flat_table *batch,
                       const struct cc_ipc_field *field, struct ArrowArray *out,
                       struct cc_error *error) CC_CHECKED;

/* ---- arrays ---- */

/* An array of `buffers` buffers and `children` children, released. */
int cc_ipc_array_init(struct ArrowArray *array, size_t buffers,
                      size_t children);

/* Buffer i of the array is `bytes`, whose memory becomes the array's. */
void cc_ipc_array_set(struct ArrowArray *array, size_t i,
                      const struct cc_ipc_bytes *bytes,
                      struct cc_ipc_source *source);
void cc_ipc_array_set_dictionary(struct ArrowArray *array,
                                 struct cc_ipc_dictionary *dictionary);

/* Checks what the values of an array refer to: offsets, views, type codes,
 * run ends, indices. `data_size` is the bytes of its third buffer. */
int cc_ipc_check(const struct cc_ipc_field *field, bool as_index,
                 const struct ArrowArray *array, size_t data_size,
                 struct cc_error *error) CC_CHECKED;

#endif
