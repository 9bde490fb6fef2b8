/* SPDX-License-Identifier: MIT */
/*
 * What every append is made of: NULLs, the end of a variable-width value, and
 * the errors of values that cannot be appended.
 */
#include "append.h"

#include <string.h>

/* Longest piece of a value that an error quotes. */
#define QUOTED_SIZE 80

static void clear_value(struct cc_builder *builder)
{
    size_t at = builder->length;
    switch (builder->type)
    {
        case CC_OUT_BOOLEAN:
            break; /* bits of a batch begin as 0 */
        case CC_OUT_INT16:
            ((int16_t *)builder->values)[at] = 0;
            break;
        case CC_OUT_INT32:
        case CC_OUT_FLOAT32:
        case CC_OUT_DATE:
            ((int32_t *)builder->values)[at] = 0;
            break;
        case CC_OUT_INT64:
        case CC_OUT_FLOAT64:
        case CC_OUT_TIME:
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
            ((int64_t *)builder->values)[at] = 0;
            break;
        case CC_OUT_STRING:
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            builder->offsets[at + 1] = builder->offsets[at];
            break;
    }
}

void cc_builder_null(struct cc_builder *builder)
{
    if (!builder->validity)
    {
        builder->validity = builder->validity_room;
        memset(builder->validity, 0xFF, cc_bitmap_size(builder->capacity));
    }
    clear_value(builder);
    cc_set_bit(builder->validity, builder->length, false);
    builder->length++;
    builder->null_count++;
}

int cc_append_end(struct cc_builder *builder, size_t start,
                  struct cc_error *error)
{
    size_t end = builder->data.size;
    if (end > INT32_MAX)
    {
        builder->data.size = start;
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "column \"%s\", row %lld: a value of %zu bytes is "
                            "too large, 2 GiB is the most",
                            cc_append_name(builder),
                            (long long)cc_append_row(builder), end - start);
    }
    builder->offsets[++builder->length] = (int32_t)end;
    builder->batch->bytes += end - start;
    return 0;
}

const char *cc_append_name(const struct cc_builder *builder)
{
    const struct cc_column *column = builder->column;
    return column->name[0] != '\0' ? column->name : column->output_name;
}

static const char *type_name(enum cc_type type)
{
    static const char *const names[] = {[CC_OUT_BOOLEAN] = "boolean",
                                        [CC_OUT_INT16] = "16-bit integer",
                                        [CC_OUT_INT32] = "32-bit integer",
                                        [CC_OUT_INT64] = "64-bit integer",
                                        [CC_OUT_FLOAT32] = "float",
                                        [CC_OUT_FLOAT64] = "double",
                                        [CC_OUT_STRING] = "text",
                                        [CC_OUT_BINARY] = "binary",
                                        [CC_OUT_DATE] = "date",
                                        [CC_OUT_TIME] = "time",
                                        [CC_OUT_TIMESTAMP] = "timestamp",
                                        [CC_OUT_TIMESTAMPTZ] =
                                            "timestamp with zone",
                                        [CC_OUT_GEOMETRY] = "geometry"};
    return names[type];
}

int cc_append_mismatch(const struct cc_builder *builder, const char *what,
                       struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                        "column \"%s\" of type %s (%s here) cannot take a "
                        "value of type %s",
                        cc_append_name(builder), builder->column->native_type,
                        type_name(builder->type), what);
}

int cc_append_unreadable(const struct cc_builder *builder, const char *text,
                         size_t size, struct cc_error *error)
{
    int length = (int)cc_utf8_cut(text, size, QUOTED_SIZE);
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "column \"%s\", row %lld: \"%.*s\" cannot be read as "
                        "%s",
                        cc_append_name(builder),
                        (long long)cc_append_row(builder), length, text,
                        type_name(builder->type));
}
