/* SPDX-License-Identifier: MIT */
#include "base64.h"

#include <string.h>

static const char standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int cc_base64(const void *data, size_t size, bool for_url,
              struct cc_strbuf *out)
{
    const uint8_t *in = data;
    const char *alphabet = for_url ? url_safe : standard;
    for (; size > 0; in += 3)
    {
        size_t count = size < 3 ? size : 3;
        uint32_t word = (uint32_t)in[0] << 16;
        word |= count > 1 ? (uint32_t)in[1] << 8 : 0;
        word |= count > 2 ? in[2] : 0;
        char text[4] = {alphabet[word >> 18], alphabet[word >> 12 & 63],
                        alphabet[word >> 6 & 63], alphabet[word & 63]};
        memset(text + count + 1, '=', 3 - count);
        (void)cc_strbuf_append_n(out, text, for_url ? count + 1 : 4);
        size -= count;
    }
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* The digit's value; 64: none, 65: white space, 66: padding. */
static unsigned digit(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    switch (c)
    {
        case '+':
        case '-':
            return 62;
        case '/':
        case '_':
            return 63;
        case '=':
            return 66;
        default:
            return c == ' ' || c == '\n' || c == '\r' || c == '\t' ? 65 : 64;
    }
}

int cc_base64_decode(const char *text, size_t size, struct cc_buffer *out)
{
    uint32_t word = 0;
    unsigned digits = 0;
    bool padded = false;
    if (cc_buffer_reserve(out, size / 4 * 3 + 3) != 0)
        return -1;
    for (size_t i = 0; i < size; i++)
    {
        unsigned value = digit(text[i]);
        padded |= value == 66;
        if (value >= 65)
            continue;
        if (value == 64 || padded)
            return -1;
        word = word << 6 | value;
        digits = (digits + 1) % 4;
        if (digits != 0)
            continue;
        out->data[out->size++] = (uint8_t)(word >> 16);
        out->data[out->size++] = (uint8_t)(word >> 8);
        out->data[out->size++] = (uint8_t)word;
    }
    if (digits == 1)
        return -1;
    if (digits > 1)
        out->data[out->size++] = (uint8_t)(word >> (digits == 3 ? 10 : 4));
    if (digits == 3)
        out->data[out->size++] = (uint8_t)(word >> 2);
    return 0;
}
