/* SPDX-License-Identifier: MIT */
#include "text.h"

#include "connector/ascii.h"
#include "connector/error.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define WORD_ONES UINT64_C(0x0101010101010101)
#define WORD_HIGHS UINT64_C(0x8080808080808080)

static const char replacement[] = "\xEF\xBF\xBD";
#define REPLACEMENT_SIZE 3

/* ---- UTF-8 ---- */

/* The number of leading bytes in 1..127. Eight at a time: a byte that is 0
 * borrows from, and a byte over 127 is, the high bit of its lane. */
static size_t ascii_prefix(const char *text, size_t size)
{
    size_t i = 0;
    for (; size - i >= sizeof(uint64_t); i += sizeof(uint64_t))
    {
        uint64_t word;
        memcpy(&word, text + i, sizeof word);
        if (((word - WORD_ONES) | word) & WORD_HIGHS)
            break;
    }
    while (i < size && (unsigned char)(text[i] - 1) < 0x7F)
        i++;
    return i;
}

bool cc_is_plain_ascii(const char *text, size_t size)
{
    return ascii_prefix(text, size) == size;
}

/* What may follow a lead byte: the length of the sequence and the range of
 * its second byte (Unicode 15.0, table 3-7). Length 0: not a lead byte. */
struct lead
{
    unsigned length;
    uint8_t low, high;
};

static struct lead lead_of(uint8_t byte)
{
    if (byte < 0xC2 || byte > 0xF4)
        return (struct lead){byte >= 1 && byte < 0x80, 0x80, 0xBF};
    if (byte < 0xE0)
        return (struct lead){2, 0x80, 0xBF};
    if (byte < 0xF0)
        return (struct lead){3, byte == 0xE0 ? 0xA0 : 0x80,
                             byte == 0xED ? 0x9F : 0xBF};
    return (struct lead){4, byte == 0xF0 ? 0x90 : 0x80,
                         byte == 0xF4 ? 0x8F : 0xBF};
}

/* Reads one character: true and its length, or false and the length of the
 * maximal ill-formed part. `size` > 0. */
static bool read_character(const char *text, size_t size, size_t *length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    struct lead lead = lead_of(bytes[0]);
    *length = 1;
    if (lead.length < 2)
        return lead.length == 1;
    if (size < 2 || bytes[1] < lead.low || bytes[1] > lead.high)
        return false;
    for (*length = 2; *length < lead.length; ++*length)
    {
        if (*length == size || (bytes[*length] & 0xC0U) != 0x80U)
            return false;
    }
    return true;
}

size_t cc_utf8_valid_prefix(const char *text, size_t size)
{
    if (!text)
        return 0;
    size_t i = ascii_prefix(text, size);
    while (i < size)
    {
        size_t length;
        if (!read_character(text + i, size - i, &length))
            break;
        i += length;
        if (i < size && (unsigned char)text[i] < 0x80)
            i += ascii_prefix(text + i, size - i);
    }
    return i;
}

int cc_utf8_repair(struct cc_buffer *out, const char *text, size_t size)
{
    while (size > 0)
    {
        size_t valid = cc_utf8_valid_prefix(text, size);
        CC_TRY(cc_buffer_append(out, text, valid));
        text += valid;
        size -= valid;
        if (size == 0)
            break;
        size_t length;
        (void)read_character(text, size, &length);
        CC_TRY(cc_buffer_append(out, replacement, REPLACEMENT_SIZE));
        text += length;
        size -= length;
    }
    return 0;
}

/* ---- other encodings ---- */

struct cc_recoder
{
    iconv_t handle;
};

struct cc_recoder *cc_recoder_new(const char *iconv_name)
{
    struct cc_recoder *recoder = malloc(sizeof *recoder);
    if (!recoder)
        return NULL;
    recoder->handle = iconv_open("UTF-8", iconv_name);
    if (recoder->handle == (iconv_t)-1)
    {
        int cause = errno;
        free(recoder);
        errno = cause;
        return NULL;
    }
    return recoder;
}

void cc_recoder_free(struct cc_recoder *recoder)
{
    if (!recoder)
        return;
    iconv_close(recoder->handle);
    free(recoder);
}

/* What one call of iconv made of the input. */
enum step
{
    STEP_DONE,
    STEP_FULL,   /* the output needs more room */
    STEP_INVALID /* the next input byte begins no character */
};

static enum step convert(iconv_t handle, char **in, size_t *left,
                         struct cc_buffer *out)
{
    char *at = (char *)out->data + out->size;
    size_t room = out->capacity - out->size;
    size_t result = iconv(handle, in, left, &at, &room);
    int cause = errno;
    out->size = out->capacity - room;
    if (result != (size_t)-1)
        return STEP_DONE;
    return cause == E2BIG ? STEP_FULL : STEP_INVALID;
}

/* A converter may hold a character back that the next one could combine
 * with. */
static int flush(iconv_t handle, struct cc_buffer *out)
{
    CC_TRY(cc_buffer_reserve(out, sizeof(uint64_t)));
    char *at = (char *)out->data + out->size;
    size_t room = out->capacity - out->size;
    (void)iconv(handle, NULL, NULL, &at, &room);
    out->size = out->capacity - room;
    return 0;
}

static int convert_all(iconv_t handle, struct cc_buffer *out, char *in,
                       size_t left, bool *replaced)
{
    (void)iconv(handle, NULL, NULL, NULL, NULL);
    while (left > 0)
    {
        CC_TRY(cc_buffer_reserve(out, left + (size_t)2 * REPLACEMENT_SIZE));
        if (convert(handle, &in, &left, out) != STEP_INVALID)
            continue;
        CC_TRY(cc_buffer_append(out, replacement, REPLACEMENT_SIZE));
        *replaced = true;
        in++;
        left--;
    }
    return flush(handle, out);
}

int cc_recode(struct cc_recoder *recoder, struct cc_buffer *out,
              const char *text, size_t size, bool *replaced)
{
    *replaced = false;
    /* Every encoding of the table in encoding.h extends ASCII. */
    if (cc_is_plain_ascii(text, size))
        return cc_buffer_append(out, text, size);

    struct cc_buffer utf8 = CC_BUFFER_INIT;
    char *in = (char *)(uintptr_t)text;
    int result = convert_all(recoder->handle, &utf8, in, size, replaced);
    if (result == 0)
    {
        const char *converted = (const char *)utf8.data;
        if (cc_utf8_valid_prefix(converted, utf8.size) != utf8.size)
            *replaced = true;
        result = cc_utf8_repair(out, converted, utf8.size);
    }
    cc_buffer_free(&utf8);
    return result;
}

/* ---- UUIDs and bytes ---- */

void cc_uuid_format(const uint8_t value[16], char out[36])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 16; i++)
    {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *out++ = '-';
        *out++ = digits[value[i] >> 4];
        *out++ = digits[value[i] & 0xF];
    }
}

int cc_hex_decode(struct cc_buffer *out, const char *text, size_t size)
{
    if (size >= 2 && (memcmp(text, "\\x", 2) == 0 ||
                      memcmp(text, "0x", 2) == 0 || memcmp(text, "0X", 2) == 0))
    {
        text += 2;
        size -= 2;
    }
    if (size == 0 || size % 2 != 0)
        return size == 0 ? 0 : 1;
    CC_TRY(cc_buffer_reserve(out, size / 2));
    uint8_t *at = out->data + out->size;
    for (size_t i = 0; i < size; i += 2)
    {
        int high = cc_hex_digit(text[i]);
        int low = cc_hex_digit(text[i + 1]);
        if (high < 0 || low < 0)
            return 1;
        *at++ = (uint8_t)(high << 4 | low);
    }
    out->size += size / 2;
    return 0;
}

bool cc_ascii_equal(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++)
    {
        unsigned char x = (unsigned char)a[i], y = (unsigned char)b[i];
        x = (unsigned char)(x - 'A') < 26 ? (unsigned char)(x | 0x20) : x;
        y = (unsigned char)(y - 'A') < 26 ? (unsigned char)(y | 0x20) : y;
        if (x != y)
            return false;
    }
    return true;
}
