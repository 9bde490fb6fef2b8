/* SPDX-License-Identifier: MIT */
/*
 * Appends of text and bytes.
 */
#include "append.h"

/* Text that is not plain: in another encoding, or not valid as UTF-8. */
static int append_repaired(struct cc_builder *builder, const char *text,
                           size_t size, struct cc_error *error)
{
    struct cc_recoder *recoder = builder->batch->recoder;
    size_t start = builder->data.size;
    bool replaced = true;
    int result = recoder
                     ? cc_recode(recoder, &builder->data, text, size, &replaced)
                     : cc_utf8_repair(&builder->data, text, size);
    if (result != 0)
    {
        builder->data.size = start;
        return cc_error_memory(error);
    }
    if (replaced)
        cc_append_note(builder, CC_LOSS_ENCODING,
                       (const char *)builder->data.data + start,
                       builder->data.size - start);
    return cc_append_end(builder, start, error);
}

static int append_string(struct cc_builder *builder, const char *text,
                         size_t size, struct cc_error *error)
{
    size_t good =
        builder->batch->recoder ? 0 : cc_utf8_valid_prefix(text, size);
    if (good == size)
        return cc_append_variable(builder, text, size, error);
    return append_repaired(builder, text, size, error);
}

static int append_hex(struct cc_builder *builder, const char *text, size_t size,
                      struct cc_error *error)
{
    size_t start = builder->data.size;
    int result = cc_hex_decode(&builder->data, text, size);
    if (result < 0)
        return cc_error_memory(error);
    if (result > 0)
        return cc_append_unreadable(builder, text, size, error);
    return cc_append_end(builder, start, error);
}

int cc_builder_text(struct cc_builder *builder, const char *text, size_t size,
                    struct cc_error *error)
{
    switch (builder->type)
    {
        case CC_OUT_STRING:
            return append_string(builder, text, size, error);
        case CC_OUT_BINARY:
            return append_hex(builder, text, size, error);
        case CC_OUT_GEOMETRY:
            return cc_builder_geometry(builder, text, size, error);
        case CC_OUT_BOOLEAN:
            return cc_append_boolean_text(builder, text, size, error);
        case CC_OUT_DATE:
        case CC_OUT_TIME:
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
            cc_append_datetime_text(builder, text, size);
            return 0;
        case CC_OUT_INT16:
        case CC_OUT_INT32:
        case CC_OUT_INT64:
        case CC_OUT_FLOAT32:
        case CC_OUT_FLOAT64:
            break;
    }
    return cc_builder_decimal(builder, text, size, error);
}

int cc_builder_bytes(struct cc_builder *builder, const void *data, size_t size,
                     struct cc_error *error)
{
    switch (builder->type)
    {
        case CC_OUT_BINARY:
            return cc_append_variable(builder, data, size, error);
        case CC_OUT_GEOMETRY:
            return cc_builder_geometry(builder, data, size, error);
        case CC_OUT_STRING:
            return append_string(builder, data, size, error);
        default:
            return cc_append_mismatch(builder, "binary", error);
    }
}

int cc_builder_uuid(struct cc_builder *builder, const uint8_t value[16],
                    struct cc_error *error)
{
    char text[36];
    cc_uuid_format(value, text);
    if (builder->type != CC_OUT_STRING)
        return cc_append_mismatch(builder, "uuid", error);
    return cc_append_variable(builder, text, sizeof text, error);
}
