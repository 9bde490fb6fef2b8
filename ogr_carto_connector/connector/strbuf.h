/* SPDX-License-Identifier: MIT */
/*
 * A growing, always NUL-terminated string. Append functions return 0, or -1
 * when memory ran out; failure is sticky, so a sequence of appends may be
 * checked once at its end with cc_strbuf_failed.
 */
#ifndef CC_CONNECTOR_STRBUF_H
#define CC_CONNECTOR_STRBUF_H

#include "error.h"

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_strbuf
{
    char *data; /* NULL until the first append */
    size_t length;
    size_t capacity;
    bool failed;
};

#define CC_STRBUF_INIT                                                         \
    {                                                                          \
        NULL, 0, 0, false                                                      \
    }

int cc_strbuf_append(struct cc_strbuf *buffer, const char *text);
int cc_strbuf_append_n(struct cc_strbuf *buffer, const void *bytes,
                       size_t count);
int cc_strbuf_append_char(struct cc_strbuf *buffer, char character);
int cc_strbuf_printf(struct cc_strbuf *buffer, const char *format, ...)
    CC_PRINTF(2, 3);
int cc_strbuf_vprintf(struct cc_strbuf *buffer, const char *format,
                      va_list args) CC_PRINTF(2, 0);

/* Text as a string of JSON, quotes included. */
int cc_strbuf_append_json(struct cc_strbuf *buffer, const char *text,
                          size_t size);

bool cc_strbuf_failed(const struct cc_strbuf *buffer);

/* The text so far; "" when nothing was appended. Owned by the buffer. */
const char *cc_strbuf_text(const struct cc_strbuf *buffer);

/* Hands the text to the caller, who frees it, and resets the buffer. NULL when
 * an append had failed. */
char *cc_strbuf_take(struct cc_strbuf *buffer);
void cc_strbuf_clear(struct cc_strbuf *buffer); /* keeps the memory */
void cc_strbuf_free(struct cc_strbuf *buffer);

/* The largest length <= `max` at which `length` bytes of UTF-8 can be cut
 * without splitting a character. Bytes that are no UTF-8 are cut anywhere. */
size_t cc_utf8_cut(const char *text, size_t length, size_t max);

#ifdef __cplusplus
}
#endif

#endif
