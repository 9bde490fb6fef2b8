/* SPDX-License-Identifier: MIT */
#include "buffer.h"

#define INITIAL_CAPACITY 256

int cc_buffer_grow(struct cc_buffer *buffer, size_t more)
{
    if (more > SIZE_MAX - buffer->size)
        return -1;
    size_t needed = buffer->size + more;
    if (needed <= buffer->capacity)
        return 0;

    size_t capacity = buffer->capacity;
    capacity =
        capacity > SIZE_MAX - capacity / 2 ? SIZE_MAX : capacity + capacity / 2;
    if (capacity < INITIAL_CAPACITY)
        capacity = INITIAL_CAPACITY;
    if (capacity < needed)
        capacity = needed;

    uint8_t *data = realloc(buffer->data, capacity);
    if (!data)
        return -1;
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

void cc_buffer_free(struct cc_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct cc_buffer)CC_BUFFER_INIT;
}
