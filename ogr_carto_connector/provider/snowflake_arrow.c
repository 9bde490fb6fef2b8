/* SPDX-License-Identifier: MIT */
/* Appending the values of Arrow arrays. */
#include "snowflake.h"

#include <string.h>

static int mismatch(const struct cc_snowflake_field *field,
                    const struct cc_snowflake_array *from,
                    struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "column \"%s\" comes as Arrow type %d, which is not "
                        "one that Snowflake sends for %s",
                        from->type->name, (int)from->type->type,
                        field->builder->column->native_type);
}

/* ---- numbers ---- */

static int append_fixed(struct cc_snowflake_field *field,
                        const struct cc_snowflake_array *from, size_t i,
                        struct cc_error *error)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    __int128 value;
    if (from->type->type == CC_IPC_FLOAT && from->type->bit_width == 64)
        return cc_builder_double(field->builder,
                                 ((const double *)from->array->buffers[1])[i],
                                 error);
    if (!cc_snowflake_wide_at(from, i, &value))
        return mismatch(field, from, error);
    if (value == (int64_t)value && from->scale == 0)
        return cc_builder_int64(field->builder, (int64_t)value, error);
    if (value == (int64_t)value)
        return cc_builder_decimal64(field->builder, (int64_t)value, from->scale,
                                    error);
    size_t size = cc_snowflake_decimal_text(value, from->scale, text);
    return cc_builder_decimal(field->builder, text, size, error);
}

static int append_real(struct cc_snowflake_field *field,
                       const struct cc_snowflake_array *from, size_t i,
                       struct cc_error *error)
{
    if (from->type->type == CC_IPC_FLOAT && from->type->bit_width == 32)
        return cc_builder_double(
            field->builder, (double)((const float *)from->array->buffers[1])[i],
            error);
    return append_fixed(field, from, i, error);
}

static int append_decfloat(struct cc_snowflake_field *field,
                           const struct cc_snowflake_array *from, size_t i,
                           struct cc_error *error)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    if (!cc_snowflake_decfloat_at(from, i, text))
        return append_fixed(field, from, i, error);
    return cc_builder_decimal(field->builder, text, strlen(text), error);
}

static int append_boolean(struct cc_snowflake_field *field,
                          const struct cc_snowflake_array *from, size_t i,
                          struct cc_error *error)
{
    if (from->type->type != CC_IPC_BOOL)
        return mismatch(field, from, error);
    const uint8_t *bits = from->array->buffers[1];
    return cc_builder_int64(field->builder, bits[i / 8] >> (i % 8) & 1, error);
}

/* ---- bytes ---- */

static int append_bytes(struct cc_snowflake_field *field,
                        const struct cc_snowflake_array *from, size_t i,
                        struct cc_error *error)
{
    struct cc_snowflake_bytes bytes;
    if (!cc_snowflake_bytes_at(from, i, &bytes))
        return mismatch(field, from, error);
    if (field->builder->type == CC_OUT_GEOMETRY)
        return cc_builder_geometry(field->builder, bytes.data, bytes.size,
                                   error);
    if (field->type == CC_SNOWFLAKE_BINARY)
        return cc_builder_bytes(field->builder, bytes.data, bytes.size, error);
    return cc_builder_text(field->builder, bytes.data, bytes.size, error);
}

/* VARIANT and its like are text; structured types and vectors are not. */
static int append_json_text(struct cc_snowflake_field *field,
                            const struct cc_snowflake_array *from, size_t i,
                            struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    struct cc_snowflake_bytes bytes;
    if (cc_snowflake_bytes_at(from, i, &bytes))
        return append_bytes(field, from, i, error);
    int status = cc_snowflake_json_of(from->type, from->array, i, &text);
    if (status == 0)
        status = cc_builder_text(field->builder, text.data, text.length, error);
    else if (cc_strbuf_failed(&text))
        (void)cc_error_memory(error);
    else
        (void)mismatch(field, from, error);
    cc_strbuf_free(&text);
    return status;
}

/* ---- times ---- */

static int append_date(struct cc_snowflake_field *field,
                       const struct cc_snowflake_array *from, size_t i,
                       struct cc_error *error)
{
    if (from->type->type != CC_IPC_DATE || from->type->bit_width != 32)
        return mismatch(field, from, error);
    return cc_builder_date(field->builder, cc_snowflake_integer_at(from, i),
                           error);
}

static int append_time(struct cc_snowflake_field *field,
                       const struct cc_snowflake_array *from, size_t i,
                       struct cc_error *error)
{
    struct cc_snowflake_instant instant;
    bool null;
    if (!cc_snowflake_instant_at(from, i, &instant, &null))
        return mismatch(field, from, error);
    if (!null)
        return cc_snowflake_append_instant(field, &instant, error);
    cc_builder_null(field->builder);
    return 0;
}

static int append_interval(struct cc_snowflake_field *field,
                           const struct cc_snowflake_array *from, size_t i,
                           struct cc_error *error)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    __int128 value;
    if (!cc_snowflake_wide_at(from, i, &value))
        return mismatch(field, from, error);
    size_t size =
        cc_snowflake_interval_text(field->type, from->scale, value, text);
    return cc_builder_text(field->builder, text, size, error);
}

/* ---- columns ---- */

typedef int append_function(struct cc_snowflake_field *field,
                            const struct cc_snowflake_array *from, size_t i,
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
        [CC_SNOWFLAKE_YEAR_MONTH] = append_interval,
        [CC_SNOWFLAKE_DAY_TIME] = append_interval,
        [CC_SNOWFLAKE_JSON] = append_json_text};
    return functions[type];
}

/* Values that are as the builder takes many; 1: one by one. */
static int append_many(struct cc_snowflake_field *field,
                       const struct cc_snowflake_array *from, size_t i,
                       size_t count, struct cc_error *error)
{
    struct cc_builder *builder = field->builder;
    const struct cc_ipc_field *type = from->type;
    const void *values = from->array->buffers[1];
    bool is_wide = type->bit_width == 64;
    bool is_bytes = builder->type != CC_OUT_GEOMETRY;
    switch (field->type)
    {
        case CC_SNOWFLAKE_FIXED:
            if (type->type == CC_IPC_INT && is_wide && from->scale == 0)
                return cc_builder_int64s(builder, (const int64_t *)values + i,
                                         count, error);
            return 1;
        case CC_SNOWFLAKE_REAL:
            if (type->type == CC_IPC_FLOAT && is_wide)
                return cc_builder_doubles(builder, (const double *)values + i,
                                          count, error);
            return 1;
        case CC_SNOWFLAKE_DATE:
            if (type->type == CC_IPC_DATE && type->bit_width == 32)
                return cc_builder_dates(builder, (const int32_t *)values + i,
                                        count, error);
            return 1;
        case CC_SNOWFLAKE_BOOLEAN:
            if (type->type == CC_IPC_BOOL)
                return cc_builder_bits(builder, values, i, count, error);
            return 1;
        case CC_SNOWFLAKE_TEXT:
            if (type->type == CC_IPC_UTF8 && is_bytes)
                return cc_builder_texts(builder, from->array->buffers[2],
                                        (const int32_t *)values + i, count,
                                        error);
            return 1;
        case CC_SNOWFLAKE_BINARY:
            if (type->type == CC_IPC_BINARY && is_bytes)
                return cc_builder_blobs(builder, from->array->buffers[2],
                                        (const int32_t *)values + i, count,
                                        error);
            return 1;
        default:
            return 1;
    }
}

/* None of them NULL. */
static int append_run(struct cc_snowflake_field *field,
                      const struct cc_snowflake_array *from, size_t row,
                      size_t end, struct cc_error *error)
{
    append_function *append = function_of(field->type);
    int status = append_many(field, from, row, end - row, error);
    for (size_t i = row; i < end && status == 1; i++)
        CC_TRY(append(field, from, i, error));
    return status < 0 ? -1 : 0;
}

int cc_snowflake_append_arrow(struct cc_snowflake_field *field,
                              const struct cc_ipc_field *type,
                              const struct ArrowArray *array, size_t row,
                              size_t count, struct cc_error *error)
{
    const struct cc_snowflake_array from =
        cc_snowflake_array_of(type, array, field->type, field->scale);
    size_t end = row + count;
    if (type->indexed)
        return mismatch(field, &from, error);
    while (row < end)
    {
        bool null;
        size_t run = cc_ipc_run(type, array, row, end, &null);
        if (!null)
            CC_TRY(append_run(field, &from, row, run, error));
        for (size_t i = row; i < run && null; i++)
            cc_builder_null(field->builder);
        row = run;
    }
    return 0;
}
