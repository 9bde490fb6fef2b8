/* SPDX-License-Identifier: MIT */
/* Values of Arrow arrays. A column's width may differ from one batch to the
 * next, so every array is read by the type that its own stream gives. */
#include "snowflake.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SCALE 38

static int64_t load_integer(const struct cc_ipc_field *type,
                            const struct ArrowArray *array, size_t i)
{
    const void *data = array->buffers[1];
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

static int mismatch(const struct cc_snowflake_field *field,
                    const struct cc_ipc_field *type, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "column \"%s\" comes as Arrow type %d, which is not "
                        "one that Snowflake sends for %s",
                        type->name, (int)type->type,
                        field->builder->column->native_type);
}

/* ---- numbers ---- */

static int scale_of(const struct cc_snowflake_field *field,
                    const struct cc_ipc_field *type)
{
    const char *text = cc_ipc_metadata(type, "scale");
    if (type->type == CC_IPC_DECIMAL)
        return type->scale;
    long scale = text ? strtol(text, NULL, 10) : field->scale;
    return scale >= 0 && scale <= MAX_SCALE ? (int)scale : 0;
}

/* The digits of a value with a point before the last `scale` of them, at the
 * end of `out`. */
static char *format_wide(__int128 value, int scale, char *end)
{
    unsigned __int128 rest =
        value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    *--end = '\0';
    for (int digits = 0; rest > 0 || digits <= scale; digits++)
    {
        if (digits == scale && scale > 0)
            *--end = '.';
        *--end = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0)
        *--end = '-';
    return end;
}

static int append_wide(struct cc_snowflake_field *field, __int128 value,
                       int scale, struct cc_error *error)
{
    char text[96];
    if (value == (int64_t)value)
        return cc_builder_decimal64(field->builder, (int64_t)value, scale,
                                    error);
    const char *first = format_wide(value, scale, text + sizeof text);
    return cc_builder_decimal(field->builder, first, strlen(first), error);
}

static int append_fixed(struct cc_snowflake_field *field,
                        const struct cc_ipc_field *type,
                        const struct ArrowArray *array, size_t i,
                        struct cc_error *error)
{
    int scale = scale_of(field, type);
    if (type->type == CC_IPC_INT && scale == 0)
        return cc_builder_int64(field->builder, load_integer(type, array, i),
                                error);
    if (type->type == CC_IPC_INT)
        return cc_builder_decimal64(field->builder,
                                    load_integer(type, array, i), scale, error);
    if (type->type == CC_IPC_FLOAT && type->bit_width == 64)
        return cc_builder_double(field->builder,
                                 ((const double *)array->buffers[1])[i], error);
    if (type->type != CC_IPC_DECIMAL || type->bit_width != 128 || scale < 0)
        return mismatch(field, type, error);
    __int128 value;
    memcpy(&value, (const uint8_t *)array->buffers[1] + i * 16, 16);
    return append_wide(field, value, scale, error);
}

static int append_real(struct cc_snowflake_field *field,
                       const struct cc_ipc_field *type,
                       const struct ArrowArray *array, size_t i,
                       struct cc_error *error)
{
    if (type->type == CC_IPC_FLOAT && type->bit_width == 64)
        return cc_builder_double(field->builder,
                                 ((const double *)array->buffers[1])[i], error);
    if (type->type == CC_IPC_FLOAT && type->bit_width == 32)
        return cc_builder_double(field->builder,
                                 (double)((const float *)array->buffers[1])[i],
                                 error);
    return append_fixed(field, type, array, i, error);
}

static int append_boolean(struct cc_snowflake_field *field,
                          const struct cc_ipc_field *type,
                          const struct ArrowArray *array, size_t i,
                          struct cc_error *error)
{
    if (type->type != CC_IPC_BOOL)
        return mismatch(field, type, error);
    const uint8_t *bits = array->buffers[1];
    return cc_builder_int64(field->builder, bits[i / 8] >> (i % 8) & 1, error);
}

/* ---- bytes ---- */

struct bytes
{
    const char *data;
    size_t size;
};

static bool get_bytes(const struct cc_ipc_field *type,
                      const struct ArrowArray *array, size_t i,
                      struct bytes *bytes)
{
    if (type->type == CC_IPC_UTF8 || type->type == CC_IPC_BINARY)
    {
        const int32_t *offsets = array->buffers[1];
        bytes->data = (const char *)array->buffers[2] + offsets[i];
        bytes->size = (size_t)(offsets[i + 1] - offsets[i]);
        return true;
    }
    if (type->type == CC_IPC_LARGE_UTF8 || type->type == CC_IPC_LARGE_BINARY)
    {
        const int64_t *offsets = array->buffers[1];
        bytes->data = (const char *)array->buffers[2] + offsets[i];
        bytes->size = (size_t)(offsets[i + 1] - offsets[i]);
        return true;
    }
    return false;
}

static int append_bytes(struct cc_snowflake_field *field,
                        const struct cc_ipc_field *type,
                        const struct ArrowArray *array, size_t i,
                        struct cc_error *error)
{
    struct bytes bytes;
    if (!get_bytes(type, array, i, &bytes))
        return mismatch(field, type, error);
    if (field->builder->type == CC_OUT_GEOMETRY)
        return cc_builder_geometry(field->builder, bytes.data, bytes.size,
                                   error);
    if (field->type == CC_SNOWFLAKE_BINARY)
        return cc_builder_bytes(field->builder, bytes.data, bytes.size, error);
    return cc_builder_text(field->builder, bytes.data, bytes.size, error);
}

/* VARIANT and its like are text; structured types and vectors are not. */
static int append_json_text(struct cc_snowflake_field *field,
                            const struct cc_ipc_field *type,
                            const struct ArrowArray *array, size_t i,
                            struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    struct bytes bytes;
    if (get_bytes(type, array, i, &bytes))
        return append_bytes(field, type, array, i, error);
    int status = cc_snowflake_json_of(type, array, i, &text);
    if (status == 0)
        status = cc_builder_text(field->builder, text.data, text.length, error);
    else if (cc_strbuf_failed(&text))
        (void)cc_error_memory(error);
    else
        (void)mismatch(field, type, error);
    cc_strbuf_free(&text);
    return status;
}

/* DECFLOAT: struct of an exponent and a significand in big-endian two's
 * complement. */
static int append_decfloat(struct cc_snowflake_field *field,
                           const struct cc_ipc_field *type,
                           const struct ArrowArray *array, size_t i,
                           struct cc_error *error)
{
    struct bytes bytes;
    char text[112];
    if (type->type != CC_IPC_STRUCT || type->child_count != 2 ||
        type->children[0].type != CC_IPC_INT ||
        !get_bytes(&type->children[1], array->children[1], i, &bytes) ||
        bytes.size > 16)
        return append_fixed(field, type, array, i, error);
    unsigned __int128 value = 0;
    if (bytes.size > 0 && (bytes.data[0] & 0x80))
        value = ~value;
    for (size_t at = 0; at < bytes.size; at++)
        value = value << 8 | (uint8_t)bytes.data[at];
    char *end = text + sizeof text - 16;
    char *first = format_wide((__int128)value, 0, end);
    int length =
        snprintf(end - 1, 16, "e%d",
                 (int)load_integer(&type->children[0], array->children[0], i));
    return cc_builder_decimal(field->builder, first,
                              (size_t)(end - 1 - first) + (size_t)length,
                              error);
}

/* ---- times ---- */

static int append_date(struct cc_snowflake_field *field,
                       const struct cc_ipc_field *type,
                       const struct ArrowArray *array, size_t i,
                       struct cc_error *error)
{
    if (type->type != CC_IPC_DATE || type->bit_width != 32)
        return mismatch(field, type, error);
    return cc_builder_date(field->builder,
                           ((const int32_t *)array->buffers[1])[i], error);
}

static void split(int64_t value, int scale, struct cc_snowflake_instant *out)
{
    int64_t unit = 1;
    int64_t nanoseconds = 1;
    for (int i = 0; i < 9; i++)
    {
        unit *= i < scale ? 10 : 1;
        nanoseconds *= i < scale ? 1 : 10;
    }
    int64_t rest = value % unit;
    out->seconds = value / unit - (rest < 0);
    out->nanoseconds = (int32_t)((rest < 0 ? rest + unit : rest) * nanoseconds);
}

static int unit_scale(enum cc_ipc_unit unit)
{
    return (int)unit * 3;
}

/* Struct of seconds and nanoseconds, or of a scaled value, and then perhaps
 * the zone: minutes and 1440. */
static bool read_struct(const struct cc_snowflake_field *field,
                        const struct cc_ipc_field *type,
                        const struct ArrowArray *array, size_t i,
                        struct cc_snowflake_instant *instant)
{
    size_t zone = field->type == CC_SNOWFLAKE_TZ;
    int64_t values[3] = {0, 0, 0};
    if (type->child_count < 1 + zone || type->child_count > 2 + zone)
        return false;
    for (size_t c = 0; c < type->child_count; c++)
    {
        if (type->children[c].type != CC_IPC_INT)
            return false;
        values[c] = load_integer(&type->children[c], array->children[c], i);
    }
    if (zone)
        instant->offset = (int)values[type->child_count - 1] - 1440;
    if (type->child_count == 1 + zone)
        split(values[0], scale_of(field, type), instant);
    else
    {
        instant->seconds = values[0];
        instant->nanoseconds = (int32_t)values[1];
    }
    return instant->nanoseconds >= 0 && instant->nanoseconds < 1000000000 &&
           instant->offset >= -1440 && instant->offset <= 1440;
}

/* A NULL inside of the struct makes the value NULL. */
static bool has_null_part(const struct ArrowArray *array, size_t i)
{
    for (int64_t c = 0; c < array->n_children; c++)
    {
        if (cc_ipc_is_null(array->children[c], i))
            return true;
    }
    return false;
}

static int append_time(struct cc_snowflake_field *field,
                       const struct cc_ipc_field *type,
                       const struct ArrowArray *array, size_t i,
                       struct cc_error *error)
{
    struct cc_snowflake_instant instant = {0, 0, 0};
    switch (type->type)
    {
        case CC_IPC_INT:
        {
            int scale = scale_of(field, type);
            split(load_integer(type, array, i), scale > 9 ? 9 : scale,
                  &instant);
            break;
        }
        case CC_IPC_TIME:
        case CC_IPC_TIMESTAMP:
            split(load_integer(type, array, i), unit_scale(type->unit),
                  &instant);
            break;
        case CC_IPC_STRUCT:
            if (has_null_part(array, i))
            {
                cc_builder_null(field->builder);
                return 0;
            }
            if (read_struct(field, type, array, i, &instant))
                break;
            return mismatch(field, type, error);
        default:
            return mismatch(field, type, error);
    }
    return cc_snowflake_append_instant(field, &instant, error);
}

/* ---- columns ---- */

typedef int append_function(struct cc_snowflake_field *field,
                            const struct cc_ipc_field *type,
                            const struct ArrowArray *array, size_t i,
                            struct cc_error *error);

static append_function *function_of(enum cc_snowflake_type type)
{
    static append_function *const functions[] = {
        [CC_SNOWFLAKE_OTHER] = append_bytes,
        [CC_SNOWFLAKE_FIXED] = append_fixed,
        [CC_SNOWFLAKE_REAL] = append_real,
        [CC_SNOWFLAKE_DECFLOAT] = append_decfloat,
        [CC_SNOWFLAKE_TEXT] = append_bytes,
        [CC_SNOWFLAKE_COLLATED] = append_bytes,
        [CC_SNOWFLAKE_BOOLEAN] = append_boolean,
        [CC_SNOWFLAKE_BINARY] = append_bytes,
        [CC_SNOWFLAKE_DATE] = append_date,
        [CC_SNOWFLAKE_TIME] = append_time,
        [CC_SNOWFLAKE_NTZ] = append_time,
        [CC_SNOWFLAKE_LTZ] = append_time,
        [CC_SNOWFLAKE_TZ] = append_time,
        [CC_SNOWFLAKE_JSON] = append_json_text};
    return functions[type];
}

int cc_snowflake_append_arrow(struct cc_snowflake_field *field,
                              const struct cc_ipc_field *type,
                              const struct ArrowArray *array, size_t row,
                              size_t count, struct cc_error *error)
{
    append_function *append = function_of(field->type);
    if (type->indexed)
        return mismatch(field, type, error);
    for (size_t i = row; i < row + count; i++)
    {
        if (type->type == CC_IPC_NULL || cc_ipc_is_null(array, i))
            cc_builder_null(field->builder);
        else
            CC_TRY(append(field, type, array, i, error));
    }
    return 0;
}
