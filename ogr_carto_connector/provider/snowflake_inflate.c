/* SPDX-License-Identifier: MIT */
#include "snowflake.h"

#include <string.h>
#include <zlib.h>

/* What a chunk may come to. */
#define MAX_SIZE ((size_t)1 << 30)
#define STEP ((size_t)1 << 20)

static int broken(const char *words, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "a part of the result is damaged: gzip: %s", words);
}

/* Room for a step more. */
static int make_room(z_stream *stream, struct cc_buffer *out,
                     struct cc_error *error)
{
    if (out->size >= MAX_SIZE)
        return broken("too large", error);
    size_t step = out->size > STEP ? out->size / 2 : STEP;
    if (cc_buffer_reserve(out, step) != 0)
        return cc_error_memory(error);
    step = out->capacity - out->size;
    stream->next_out = out->data + out->size;
    stream->avail_out = step > UINT32_MAX ? UINT32_MAX : (uInt)step;
    return 0;
}

/* One member after the other. */
static int inflate_all(z_stream *stream, struct cc_buffer *out,
                       struct cc_error *error)
{
    for (;;)
    {
        CC_TRY(make_room(stream, out, error));
        uInt room = stream->avail_out;
        int result = inflate(stream, Z_NO_FLUSH);
        out->size += room - stream->avail_out;
        if (result == Z_STREAM_END && stream->avail_in == 0)
            return 0;
        if (result == Z_STREAM_END)
            result = inflateReset(stream);
        if (result != Z_OK && result != Z_BUF_ERROR)
            return broken(stream->msg ? stream->msg : "not gzip", error);
        if (stream->avail_in == 0 && stream->avail_out > 0)
            return broken("it ends too early", error);
    }
}

int cc_snowflake_inflate(struct cc_buffer *bytes, struct cc_error *error)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    z_stream stream;
    if (bytes->size < 2 || bytes->data[0] != 0x1F || bytes->data[1] != 0x8B)
        return 0;
    if (bytes->size > UINT32_MAX)
        return broken("too large", error);
    memset(&stream, 0, sizeof stream);
    /* 16: gzip */
    if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
        return cc_error_memory(error);
    stream.next_in = bytes->data;
    stream.avail_in = (uInt)bytes->size;
    int status = inflate_all(&stream, &out, error);
    (void)inflateEnd(&stream);
    if (status != 0)
    {
        cc_buffer_free(&out);
        return -1;
    }
    cc_buffer_free(bytes);
    *bytes = out;
    return 0;
}
