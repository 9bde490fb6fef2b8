/* SPDX-License-Identifier: MIT */
/* Vectors and structured types as JSON text. */
#include "snowflake.h"

#include "column/datetime.h"
#include "column/decimal.h"

#include <string.h>

static int append_hex(struct cc_strbuf *out,
                      const struct cc_snowflake_bytes *bytes)
{
    (void)cc_strbuf_append_char(out, '"');
    for (size_t i = 0; i < bytes->size; i++)
        (void)cc_strbuf_printf(out, "%02X", (unsigned char)bytes->data[i]);
    return cc_strbuf_append_char(out, '"');
}

/* Text, hexadecimal of binary, JSON as it is. */
static int append_bytes(const struct cc_snowflake_array *from, size_t i,
                        struct cc_strbuf *out)
{
    struct cc_snowflake_bytes bytes;
    if (!cc_snowflake_bytes_at(from, i, &bytes))
        return -1;
    if (from->kind == CC_SNOWFLAKE_JSON)
        return cc_strbuf_append_n(out, bytes.data, bytes.size);
    if (from->type->type == CC_IPC_UTF8 ||
        from->type->type == CC_IPC_LARGE_UTF8)
        return cc_strbuf_append_json(out, bytes.data, bytes.size);
    return append_hex(out, &bytes);
}

static int append_number(const struct cc_snowflake_array *from, size_t i,
                         struct cc_strbuf *out)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    __int128 value;
    if (!cc_snowflake_wide_at(from, i, &value))
        return -1;
    (void)cc_snowflake_decimal_text(value, from->scale, text);
    return cc_strbuf_append(out, text);
}

static int append_date(const struct cc_snowflake_array *from, size_t i,
                       struct cc_strbuf *out)
{
    char text[CC_DATETIME_TEXT_SIZE];
    if (from->type->bit_width != 32)
        return -1;
    (void)cc_date_format(cc_snowflake_integer_at(from, i), text);
    return cc_strbuf_printf(out, "\"%s\"", text);
}

static int append_time(const struct cc_snowflake_array *from, size_t i,
                       struct cc_strbuf *out)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    struct cc_snowflake_instant instant;
    bool null;
    if (!cc_snowflake_instant_at(from, i, &instant, &null))
        return -1;
    if (null)
        return cc_strbuf_append(out, "null");
    (void)cc_snowflake_instant_text(from->kind, &instant, text);
    return cc_strbuf_printf(out, "\"%s\"", text);
}

static int append_interval(const struct cc_snowflake_array *from, size_t i,
                           struct cc_strbuf *out)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    __int128 value;
    if (!cc_snowflake_wide_at(from, i, &value))
        return -1;
    (void)cc_snowflake_interval_text(from->kind, from->scale, value, text);
    return cc_strbuf_printf(out, "\"%s\"", text);
}

static int append_decfloat(const struct cc_snowflake_array *from, size_t i,
                           struct cc_strbuf *out)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    return cc_snowflake_decfloat_at(from, i, text) ? cc_strbuf_append(out, text)
                                                   : -1;
}

static int append_float(const struct cc_ipc_field *type,
                        const struct ArrowArray *array, size_t i,
                        struct cc_strbuf *out)
{
    char text[CC_DOUBLE_TEXT_SIZE];
    double value = type->bit_width == 32
                       ? (double)((const float *)array->buffers[1])[i]
                       : ((const double *)array->buffers[1])[i];
    (void)cc_double_format(value, text);
    bool finite = value - value == 0;
    return cc_strbuf_printf(out, finite ? "%s" : "\"%s\"", text);
}

static int append_range(const struct cc_ipc_field *type,
                        const struct ArrowArray *array, size_t from, size_t to,
                        struct cc_strbuf *out)
{
    (void)cc_strbuf_append_char(out, '[');
    for (size_t i = from; i < to; i++)
    {
        if (i > from)
            (void)cc_strbuf_append_char(out, ',');
        CC_TRY(cc_snowflake_json_of(type, array, i, out));
    }
    return cc_strbuf_append_char(out, ']');
}

static int append_object(const struct cc_ipc_field *type,
                         const struct ArrowArray *array, size_t i,
                         struct cc_strbuf *out)
{
    (void)cc_strbuf_append_char(out, '{');
    for (size_t c = 0; c < type->child_count; c++)
    {
        const char *name = type->children[c].name;
        if (c > 0)
            (void)cc_strbuf_append_char(out, ',');
        (void)cc_strbuf_append_json(out, name, strlen(name));
        (void)cc_strbuf_append_char(out, ':');
        CC_TRY(cc_snowflake_json_of(&type->children[c], array->children[c], i,
                                    out));
    }
    return cc_strbuf_append_char(out, '}');
}

/* Keys are text in JSON, whatever they are in the map. */
static int append_map(const struct cc_ipc_field *type,
                      const struct ArrowArray *array, size_t i,
                      struct cc_strbuf *out)
{
    const struct cc_ipc_field *key = &type->children[0].children[0];
    const struct cc_ipc_field *value = &type->children[0].children[1];
    const struct ArrowArray *entries = array->children[0];
    const int32_t *offsets = array->buffers[1];
    (void)cc_strbuf_append_char(out, '{');
    for (size_t e = (size_t)offsets[i]; e < (size_t)offsets[i + 1]; e++)
    {
        bool quoted = key->type != CC_IPC_UTF8;
        (void)cc_strbuf_append(out, e > (size_t)offsets[i] ? "," : "");
        (void)cc_strbuf_append(out, quoted ? "\"" : "");
        CC_TRY(cc_snowflake_json_of(key, entries->children[0], e, out));
        (void)cc_strbuf_append(out, quoted ? "\":" : ":");
        CC_TRY(cc_snowflake_json_of(value, entries->children[1], e, out));
    }
    return cc_strbuf_append_char(out, '}');
}

static int append_list(const struct cc_ipc_field *type,
                       const struct ArrowArray *array, size_t i,
                       struct cc_strbuf *out)
{
    const int32_t *offsets = array->buffers[1];
    return append_range(&type->children[0], array->children[0],
                        (size_t)offsets[i], (size_t)offsets[i + 1], out);
}

/* By the Arrow type, where Snowflake's does not say more. */
static int append_plain(const struct cc_snowflake_array *from, size_t i,
                        struct cc_strbuf *out)
{
    const struct cc_ipc_field *type = from->type;
    const struct ArrowArray *array = from->array;
    size_t size = (size_t)type->size;
    switch (type->type)
    {
        case CC_IPC_INT:
        case CC_IPC_DECIMAL:
            return append_number(from, i, out);
        case CC_IPC_FLOAT:
            return type->bit_width == 16 ? -1
                                         : append_float(type, array, i, out);
        case CC_IPC_BOOL:
            return cc_strbuf_append(
                out, ((const uint8_t *)array->buffers[1])[i / 8] >> (i % 8) & 1
                         ? "true"
                         : "false");
        case CC_IPC_DATE:
            return append_date(from, i, out);
        case CC_IPC_LIST:
            return append_list(type, array, i, out);
        case CC_IPC_FIXED_LIST:
            return append_range(&type->children[0], array->children[0],
                                i * size, i * size + size, out);
        case CC_IPC_STRUCT:
            return append_object(type, array, i, out);
        case CC_IPC_MAP:
            return append_map(type, array, i, out);
        default:
            return append_bytes(from, i, out);
    }
}

int cc_snowflake_json_of(const struct cc_ipc_field *type,
                         const struct ArrowArray *array, size_t i,
                         struct cc_strbuf *out)
{
    const char *kind = cc_ipc_metadata(type, "logicalType");
    const struct cc_snowflake_array from = cc_snowflake_array_of(
        type, array, kind ? cc_snowflake_type_of(kind) : CC_SNOWFLAKE_OTHER, 0);
    if (type->indexed)
        return -1;
    if (type->type == CC_IPC_NULL || cc_ipc_is_null(array, i))
        return cc_strbuf_append(out, "null");
    switch (from.kind)
    {
        case CC_SNOWFLAKE_TIME:
        case CC_SNOWFLAKE_NTZ:
        case CC_SNOWFLAKE_LTZ:
        case CC_SNOWFLAKE_TZ:
            return append_time(&from, i, out);
        case CC_SNOWFLAKE_YEAR_MONTH:
        case CC_SNOWFLAKE_DAY_TIME:
            return append_interval(&from, i, out);
        case CC_SNOWFLAKE_DECFLOAT:
            return append_decfloat(&from, i, out);
        default:
            return append_plain(&from, i, out);
    }
}
