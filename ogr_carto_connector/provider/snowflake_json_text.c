/* SPDX-License-Identifier: MIT */
/* Vectors and structured types as JSON text. */
#include "snowflake.h"

#include "column/decimal.h"

#include <inttypes.h>
#include <string.h>

static int append_string(struct cc_strbuf *out, const char *text, size_t size)
{
    (void)cc_strbuf_append_char(out, '"');
    for (size_t i = 0; i < size; i++)
    {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            (void)cc_strbuf_printf(out, "\\%c", c);
        else if (c < 0x20)
            (void)cc_strbuf_printf(out, "\\u%04x", c);
        else
            (void)cc_strbuf_append_char(out, (char)c);
    }
    return cc_strbuf_append_char(out, '"');
}

static int append_text(const struct ArrowArray *array, size_t i,
                       struct cc_strbuf *out)
{
    const int32_t *offsets = array->buffers[1];
    return append_string(out, (const char *)array->buffers[2] + offsets[i],
                         (size_t)(offsets[i + 1] - offsets[i]));
}

static int append_integer(const struct cc_ipc_field *type,
                          const struct ArrowArray *array, size_t i,
                          struct cc_strbuf *out)
{
    const void *data = array->buffers[1];
    int64_t value = type->bit_width == 8    ? ((const int8_t *)data)[i]
                    : type->bit_width == 16 ? ((const int16_t *)data)[i]
                    : type->bit_width == 32 ? ((const int32_t *)data)[i]
                                            : ((const int64_t *)data)[i];
    return cc_strbuf_printf(out, "%" PRId64, value);
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
        (void)append_string(out, name, strlen(name));
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

int cc_snowflake_json_of(const struct cc_ipc_field *type,
                         const struct ArrowArray *array, size_t i,
                         struct cc_strbuf *out)
{
    size_t size = (size_t)type->size;
    if (type->indexed)
        return -1;
    if (type->type == CC_IPC_NULL || cc_ipc_is_null(array, i))
        return cc_strbuf_append(out, "null");
    switch (type->type)
    {
        case CC_IPC_INT:
            return append_integer(type, array, i, out);
        case CC_IPC_FLOAT:
            return type->bit_width == 16 ? -1
                                         : append_float(type, array, i, out);
        case CC_IPC_BOOL:
            return cc_strbuf_append(
                out, ((const uint8_t *)array->buffers[1])[i / 8] >> (i % 8) & 1
                         ? "true"
                         : "false");
        case CC_IPC_UTF8:
            return append_text(array, i, out);
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
            return -1;
    }
}
