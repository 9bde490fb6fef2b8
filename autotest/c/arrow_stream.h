/* SPDX-License-Identifier: MIT */
/* Streams of pyarrow: data/arrow/generate.py writes them. */
#ifndef CC_ARROW_STREAM_H
#define CC_ARROW_STREAM_H

#include "cmocka_all.h"

#include "wire/arrow_ipc.h"

#include <stdio.h>
#include <string.h>

static inline struct cc_buffer load(const char *name)
{
    char path[512];
    struct cc_buffer bytes = CC_BUFFER_INIT;
    snprintf(path, sizeof path, "%s/autotest/c/data/arrow/%s.arrows",
             CC_SOURCE_DIR, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(cc_buffer_reserve(&bytes, 1 << 20), 0);
    bytes.size = fread(bytes.data, 1, 1 << 20, file);
    fclose(file);
    assert_true(bytes.size > 0);
    return bytes;
}

/* A reader of a stream, and its first batch. */
struct stream
{
    struct cc_ipc *ipc;
    const struct cc_ipc_field *fields;
    size_t count;
    struct ArrowArray batch;
    struct cc_error error;
};

static inline void open_stream(struct stream *stream, const char *name)
{
    struct cc_buffer bytes = load(name);
    memset(stream, 0, sizeof *stream);
    cc_error_init(&stream->error, NULL);
    assert_int_equal(cc_ipc_new(0, &stream->ipc, &stream->error), 0);
    assert_int_equal(
        cc_ipc_take(stream->ipc, &bytes, 0, bytes.size, &stream->error), 0);
    assert_null(bytes.data);
    stream->fields = cc_ipc_fields(stream->ipc, &stream->count, &stream->error);
    assert_non_null(stream->fields);
    assert_int_equal(cc_ipc_next(stream->ipc, &stream->batch, &stream->error),
                     CC_IPC_BATCH);
    assert_int_equal(stream->batch.n_children, stream->count);
}

static inline void close_stream(struct stream *stream)
{
    cc_ipc_free(stream->ipc);
    if (stream->batch.release)
        stream->batch.release(&stream->batch);
}

static inline size_t column(const struct stream *stream, const char *name)
{
    for (size_t i = 0; i < stream->count; i++)
    {
        if (strcmp(stream->fields[i].name, name) == 0)
            return i;
    }
    fail_msg("no field %s", name);
    return 0;
}

#endif
