/* SPDX-License-Identifier: MIT */
/*
 * A growing byte buffer: malloc'ed, growth by half, sizes checked.
 */
#ifndef CC_COLUMN_BUFFER_H
#define CC_COLUMN_BUFFER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_buffer
{
    uint8_t *data;
    size_t size;
    size_t capacity;
};

#define CC_BUFFER_INIT                                                         \
    {                                                                          \
        NULL, 0, 0                                                             \
    }

/* Makes room for `more` bytes beyond size. 0, or -1 when out of memory. */
int cc_buffer_grow(struct cc_buffer *buffer, size_t more);
void cc_buffer_free(struct cc_buffer *buffer);

static inline int cc_buffer_reserve(struct cc_buffer *buffer, size_t more)
{
    if (buffer->capacity - buffer->size >= more)
        return 0;
    return cc_buffer_grow(buffer, more);
}

static inline int cc_buffer_append(struct cc_buffer *buffer, const void *data,
                                   size_t count)
{
    if (cc_buffer_reserve(buffer, count) != 0)
        return -1;
    if (count > 0)
        /* There is room now, and data where there is a count. */
        /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker) */
        memcpy(buffer->data + buffer->size, data, count);
    buffer->size += count;
    return 0;
}

#ifdef __cplusplus
}
#endif

#endif
