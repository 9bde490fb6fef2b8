/* SPDX-License-Identifier: MIT */
/* Reading the values of Arrow arrays in the forms that Snowflake sends. */
#include "snowflake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_DIGITS 9

static const int32_t powers_of_ten[NS_DIGITS + 1] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};

struct cc_snowflake_array cc_snowflake_array_of(const struct cc_ipc_field *type,
                                                const struct ArrowArray *array,
                                                enum cc_snowflake_type kind,
                                                int scale)
{
    const char *text = cc_ipc_metadata(type, "scale");
    long own = text                           ? strtol(text, NULL, 10)
               : type->type == CC_IPC_DECIMAL ? type->scale
                                              : scale;
    bool valid = own >= 0 && own <= CC_SNOWFLAKE_MAX_SCALE;
    return (struct cc_snowflake_array){type, array, kind, valid ? (int)own : 0};
}

int64_t cc_snowflake_integer_at(const struct cc_snowflake_array *from, size_t i)
{
    const struct cc_ipc_field *type = from->type;
    const void *data = from->array->buffers[1];
    switch (type->bit_width)
    {
        case 8:
            return type->is_signed ? ((const int8_t *)data)[i]
                                   : ((const uint8_t *)data)[i];
        case 16:
            return type->is_signed ? ((const int16_t *)data)[i]
                                   : ((const uint16_t *)data)[i];
        case 32:
            return type->is_signed || type->type != CC_IPC_INT
                       ? ((const int32_t *)data)[i]
                       : (int64_t)((const uint32_t *)data)[i];
        default:
            return ((const int64_t *)data)[i];
    }
}

bool cc_snowflake_wide_at(const struct cc_snowflake_array *from, size_t i,
                          __int128 *value)
{
    const struct cc_ipc_field *type = from->type;
    if (type->type == CC_IPC_INT)
    {
        *value = cc_snowflake_integer_at(from, i);
        return true;
    }
    if (type->type != CC_IPC_DECIMAL || type->bit_width != 128 ||
        type->scale < 0)
        return false;
    memcpy(value, (const uint8_t *)from->array->buffers[1] + i * 16, 16);
    return true;
}

bool cc_snowflake_bytes_at(const struct cc_snowflake_array *from, size_t i,
                           struct cc_snowflake_bytes *bytes)
{
    const void *const *buffers = from->array->buffers;
    switch (from->type->type)
    {
        case CC_IPC_UTF8:
        case CC_IPC_BINARY:
        {
            const int32_t *offsets = buffers[1];
            bytes->data = (const char *)buffers[2] + offsets[i];
            bytes->size = (size_t)(offsets[i + 1] - offsets[i]);
            return true;
        }
        case CC_IPC_LARGE_UTF8:
        case CC_IPC_LARGE_BINARY:
        {
            const int64_t *offsets = buffers[1];
            bytes->data = (const char *)buffers[2] + offsets[i];
            bytes->size = (size_t)(offsets[i + 1] - offsets[i]);
            return true;
        }
        default:
            return false;
    }
}

/* ---- times ---- */

/* value / 10^scale, rounded down. */
static void split(int64_t value, int scale, struct cc_snowflake_instant *out)
{
    scale = scale > NS_DIGITS ? NS_DIGITS : scale;
    int64_t unit = powers_of_ten[scale];
    int64_t rest = value % unit;
    out->seconds = value / unit - (rest < 0);
    out->nanoseconds = (int32_t)((rest < 0 ? rest + unit : rest) *
                                 powers_of_ten[NS_DIGITS - scale]);
}

static bool has_null_part(const struct ArrowArray *array, size_t i)
{
    for (int64_t c = 0; c < array->n_children; c++)
    {
        if (cc_ipc_is_null(array->children[c], i))
            return true;
    }
    return false;
}

/* Struct of seconds and nanoseconds, or of a scaled value, and then perhaps
 * the zone: minutes and 1440. */
static bool read_struct(const struct cc_snowflake_array *from, size_t i,
                        struct cc_snowflake_instant *instant)
{
    const struct cc_ipc_field *type = from->type;
    size_t zone = from->kind == CC_SNOWFLAKE_TZ;
    int64_t values[3] = {0, 0, 0};
    if (type->child_count < 1 + zone || type->child_count > 2 + zone)
        return false;
    for (size_t c = 0; c < type->child_count; c++)
    {
        const struct cc_snowflake_array part = {&type->children[c],
                                                from->array->children[c],
                                                CC_SNOWFLAKE_OTHER, 0};
        if (part.type->type != CC_IPC_INT || part.type->indexed)
            return false;
        values[c] = cc_snowflake_integer_at(&part, i);
    }
    if (zone)
        instant->offset = (int)values[type->child_count - 1] - 1440;
    if (type->child_count == 1 + zone)
        split(values[0], from->scale, instant);
    else
    {
        instant->seconds = values[0];
        instant->nanoseconds = (int32_t)values[1];
    }
    return instant->nanoseconds >= 0 &&
           instant->nanoseconds < powers_of_ten[NS_DIGITS] &&
           instant->offset >= -1440 && instant->offset <= 1440;
}

bool cc_snowflake_instant_at(const struct cc_snowflake_array *from, size_t i,
                             struct cc_snowflake_instant *instant, bool *null)
{
    *instant = (struct cc_snowflake_instant){0, 0, 0};
    *null = false;
    switch (from->type->type)
    {
        case CC_IPC_INT:
            split(cc_snowflake_integer_at(from, i), from->scale, instant);
            return true;
        case CC_IPC_TIME:
        case CC_IPC_TIMESTAMP:
            split(cc_snowflake_integer_at(from, i), (int)from->type->unit * 3,
                  instant);
            return true;
        case CC_IPC_STRUCT:
            *null = has_null_part(from->array, i);
            return *null || read_struct(from, i, instant);
        default:
            return false;
    }
}

/* ---- DECFLOAT ---- */

/* A struct of an exponent and a significand in big-endian two's complement. */
bool cc_snowflake_decfloat_at(const struct cc_snowflake_array *from, size_t i,
                              char out[CC_SNOWFLAKE_TEXT_SIZE])
{
    const struct cc_ipc_field *type = from->type;
    struct cc_snowflake_bytes bytes;
    if (type->type != CC_IPC_STRUCT || type->child_count != 2 ||
        type->children[0].type != CC_IPC_INT || type->children[0].indexed ||
        type->children[1].indexed)
        return false;
    const struct cc_snowflake_array exponent = {
        &type->children[0], from->array->children[0], CC_SNOWFLAKE_OTHER, 0};
    const struct cc_snowflake_array significand = {
        &type->children[1], from->array->children[1], CC_SNOWFLAKE_OTHER, 0};
    if (!cc_snowflake_bytes_at(&significand, i, &bytes) || bytes.size > 16)
        return false;
    unsigned __int128 value = 0;
    if (bytes.size > 0 && (bytes.data[0] & 0x80))
        value = ~value;
    for (size_t at = 0; at < bytes.size; at++)
        value = value << 8 | (uint8_t)bytes.data[at];
    size_t size = cc_snowflake_decimal_text((__int128)value, 0, out);
    snprintf(out + size, CC_SNOWFLAKE_TEXT_SIZE - size, "e%lld",
             (long long)cc_snowflake_integer_at(&exponent, i));
    return true;
}
