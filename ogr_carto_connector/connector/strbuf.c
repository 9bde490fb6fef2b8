/* SPDX-License-Identifier: MIT */
#include "strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INITIAL_CAPACITY 64

/* Makes room for `extra` more bytes and the terminator. */
static int reserve(struct cc_strbuf *buffer, size_t extra)
{
    if (buffer->failed)
        return -1;
    if (extra < buffer->capacity - buffer->length)
        return 0;

    size_t capacity = buffer->capacity ? buffer->capacity : INITIAL_CAPACITY;
    while (capacity <= SIZE_MAX / 2 && capacity - buffer->length <= extra)
        capacity *= 2;

    char *data = NULL;
    if (capacity - buffer->length > extra)
        data = realloc(buffer->data, capacity);
    if (!data)
    {
        buffer->failed = true;
        return -1;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return 0;
}

int cc_strbuf_append(struct cc_strbuf *buffer, const char *text)
{
    return cc_strbuf_append_n(buffer, text, strlen(text));
}

int cc_strbuf_append_n(struct cc_strbuf *buffer, const void *bytes,
                       size_t count)
{
    CC_TRY(reserve(buffer, count));
    if (count)
        memcpy(buffer->data + buffer->length, bytes, count);
    buffer->length += count;
    buffer->data[buffer->length] = '\0';
    return 0;
}

int cc_strbuf_append_char(struct cc_strbuf *buffer, char character)
{
    return cc_strbuf_append_n(buffer, &character, 1);
}

int cc_strbuf_printf(struct cc_strbuf *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = cc_strbuf_vprintf(buffer, format, args);
    va_end(args);
    return result;
}

int cc_strbuf_vprintf(struct cc_strbuf *buffer, const char *format,
                      va_list args)
{
    va_list measure;
    va_copy(measure, args);
    int length = vsnprintf(NULL, 0, format, measure);
    va_end(measure);

    if (length < 0)
    {
        buffer->failed = true;
        return -1;
    }
    CC_TRY(reserve(buffer, (size_t)length));
    vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, args);
    buffer->length += (size_t)length;
    return 0;
}

int cc_strbuf_append_json(struct cc_strbuf *buffer, const char *text,
                          size_t size)
{
    (void)cc_strbuf_append_char(buffer, '"');
    for (size_t i = 0; i < size; i++)
    {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            (void)cc_strbuf_printf(buffer, "\\%c", c);
        else if (c < 0x20)
            (void)cc_strbuf_printf(buffer, "\\u%04x", c);
        else
            (void)cc_strbuf_append_char(buffer, text[i]);
    }
    return cc_strbuf_append_char(buffer, '"');
}

bool cc_strbuf_failed(const struct cc_strbuf *buffer)
{
    return buffer->failed;
}

const char *cc_strbuf_text(const struct cc_strbuf *buffer)
{
    return buffer->data ? buffer->data : "";
}

char *cc_strbuf_take(struct cc_strbuf *buffer)
{
    if (!buffer->failed)
        (void)reserve(buffer, 0);
    if (buffer->failed)
    {
        cc_strbuf_free(buffer);
        return NULL;
    }
    char *text = buffer->data;
    text[buffer->length] = '\0';
    *buffer = (struct cc_strbuf)CC_STRBUF_INIT;
    return text;
}

void cc_strbuf_clear(struct cc_strbuf *buffer)
{
    buffer->length = 0;
    buffer->failed = false;
    if (buffer->data)
        buffer->data[0] = '\0';
}

void cc_strbuf_free(struct cc_strbuf *buffer)
{
    free(buffer->data);
    *buffer = (struct cc_strbuf)CC_STRBUF_INIT;
}

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0U) == 0x80U;
}

size_t cc_utf8_cut(const char *text, size_t length, size_t max)
{
    if (length <= max)
        return length;
    size_t cut = max;
    while (cut > 0 && max - cut < 3 && is_continuation(text[cut]))
        cut--;
    return is_continuation(text[cut]) ? max : cut;
}
