/* SPDX-License-Identifier: MIT */
#include "pg_text.h"

/* Digits that cannot overflow 64 bits. */
#define SAFE_DIGITS 18

static int read_text(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    return cc_builder_text(builder, (const char *)data, size, error);
}

/* ---- integers ---- */

static bool parse_integer(const uint8_t *text, size_t size, int64_t *value)
{
    size_t sign = size > 0 && text[0] == '-' ? 1 : 0;
    if (size == sign || size - sign > SAFE_DIGITS)
        return false;
    int64_t magnitude = 0;
    for (size_t i = sign; i < size; i++)
    {
        if (text[i] < '0' || text[i] > '9')
            return false;
        magnitude = magnitude * 10 + (text[i] - '0');
    }
    *value = sign ? -magnitude : magnitude;
    return true;
}

static int read_integer(struct cc_builder *builder, const uint8_t *data,
                        size_t size, struct cc_error *error)
{
    int64_t value;
    return parse_integer(data, size, &value)
               ? cc_builder_int64(builder, value, error)
               : read_text(builder, data, size, error);
}

/* ---- binary ---- */

static bool is_octal(uint8_t digit, uint8_t highest)
{
    return digit >= '0' && digit <= highest;
}

/* One byte of bytea's escape form: itself, two backslashes, or a backslash and
 * three octal digits. The bytes it takes, 0 when it is none of these. */
static size_t unescape_byte(const uint8_t *text, size_t size, uint8_t *byte)
{
    *byte = text[0];
    if (text[0] != '\\')
        return 1;
    if (size >= 2 && text[1] == '\\')
        return 2;
    if (size < 4 || !is_octal(text[1], '3') || !is_octal(text[2], '7') ||
        !is_octal(text[3], '7'))
        return 0;
    *byte = (uint8_t)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
                      (text[3] - '0'));
    return 4;
}

/* 0; 1: it is not in that form; -1: out of memory. */
static int unescape(struct cc_buffer *out, const uint8_t *text, size_t size)
{
    CC_TRY(cc_buffer_reserve(out, size));
    while (size > 0)
    {
        size_t taken = unescape_byte(text, size, &out->data[out->size]);
        if (taken == 0)
            return 1;
        out->size++;
        text += taken;
        size -= taken;
    }
    return 0;
}

static int unreadable(const struct cc_builder *builder, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "column \"%s\": a value of type %s is in no known "
                        "text form",
                        builder->column->name, builder->column->native_type);
}

static int append_decoded(struct cc_builder *builder, int status,
                          struct cc_buffer *bytes, struct cc_error *error)
{
    if (status == 0)
        status = cc_builder_bytes(
            builder, bytes->data ? bytes->data : (const uint8_t *)"",
            bytes->size, error);
    else if (status > 0)
        status = unreadable(builder, error);
    else
        (void)cc_error_memory(error);
    cc_buffer_free(bytes);
    return status;
}

/* bytea: both forms of the setting bytea_output. */
static int read_bytea(struct cc_builder *builder, const uint8_t *data,
                      size_t size, struct cc_error *error)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    bool hex = size >= 2 && data[0] == '\\' && data[1] == 'x';
    int status = hex ? cc_hex_decode(&bytes, (const char *)data, size)
                     : unescape(&bytes, data, size);
    return append_decoded(builder, status, &bytes, error);
}

/* varbyte: hexadecimal without a prefix. */
static int read_varbyte(struct cc_builder *builder, const uint8_t *data,
                        size_t size, struct cc_error *error)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    int status = cc_hex_decode(&bytes, (const char *)data, size);
    return append_decoded(builder, status, &bytes, error);
}

/* ---- choice ---- */

cc_pg_reader cc_pg_text_reader(const struct cc_column *column)
{
    switch (column->kind)
    {
        case CC_KIND_INT16:
        case CC_KIND_INT32:
        case CC_KIND_UINT32:
        case CC_KIND_INT64:
            return read_integer;
        case CC_KIND_BINARY:
            return (uint32_t)column->native_id == CC_PG_BYTEA ? read_bytea
                                                              : read_varbyte;
        default:
            return read_text;
    }
}
