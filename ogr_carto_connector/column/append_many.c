/* SPDX-License-Identifier: MIT */
/*
 * Appends of many values at once: copied where the output type has them as they
 * are, else one by one.
 */
#include "append.h"
#include "datetime.h"

#include <string.h>

/* ---- fixed width ---- */

static void copy_values(struct cc_builder *builder, const void *values,
                        size_t width, size_t count)
{
    memcpy((uint8_t *)builder->values + width * builder->length, values,
           width * count);
    builder->length += count;
}

int cc_builder_int64s(struct cc_builder *builder, const int64_t *values,
                      size_t count, struct cc_error *error)
{
    if (builder->type == CC_OUT_INT64)
    {
        copy_values(builder, values, sizeof *values, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_builder_int64(builder, values[i], error));
    return 0;
}

int cc_builder_doubles(struct cc_builder *builder, const double *values,
                       size_t count, struct cc_error *error)
{
    if (builder->type == CC_OUT_FLOAT64)
    {
        copy_values(builder, values, sizeof *values, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_builder_double(builder, values[i], error));
    return 0;
}

int cc_builder_bits(struct cc_builder *builder, const uint8_t *bits,
                    size_t first, size_t count, struct cc_error *error)
{
    for (size_t i = first; i < first + count; i++)
    {
        if (builder->type != CC_OUT_BOOLEAN)
            CC_TRY(cc_builder_int64(builder, cc_get_bit(bits, i), error));
        else
            cc_set_bit(builder->values, builder->length++, cc_get_bit(bits, i));
    }
    return 0;
}

/* ---- dates and times ---- */

/* Without a branch, so that several are compared at once. */
static bool all_within(const int64_t *values, size_t count, int64_t first,
                       int64_t last)
{
    bool within = true;
    for (size_t i = 0; i < count; i++)
        within &= values[i] >= first && values[i] <= last;
    return within;
}

int cc_builder_dates(struct cc_builder *builder, const int32_t *days,
                     size_t count, struct cc_error *error)
{
    bool within = builder->type == CC_OUT_DATE;
    for (size_t i = 0; i < count; i++)
        within &= days[i] >= CC_FIRST_DAY && days[i] <= CC_LAST_DAY;
    if (within)
    {
        copy_values(builder, days, sizeof *days, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_builder_date(builder, days[i], error));
    return 0;
}

int cc_builder_times(struct cc_builder *builder, const int64_t *microseconds,
                     size_t count, struct cc_error *error)
{
    if (builder->type == CC_OUT_TIME &&
        all_within(microseconds, count, 0, CC_US_PER_DAY - 1))
    {
        copy_values(builder, microseconds, sizeof *microseconds, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_builder_time(builder, microseconds[i], error));
    return 0;
}

int cc_builder_timestamps(struct cc_builder *builder,
                          const int64_t *microseconds, size_t count,
                          struct cc_error *error)
{
    bool is_timestamp = builder->type == CC_OUT_TIMESTAMP ||
                        builder->type == CC_OUT_TIMESTAMPTZ;
    if (is_timestamp &&
        all_within(microseconds, count, CC_FIRST_DAY * CC_US_PER_DAY,
                   (CC_LAST_DAY + 1) * CC_US_PER_DAY - 1))
    {
        copy_values(builder, microseconds, sizeof *microseconds, count);
        return 0;
    }
    for (size_t i = 0; i < count; i++)
        CC_TRY(cc_builder_timestamp(builder, microseconds[i], error));
    return 0;
}

/* ---- text and bytes ---- */

/* Whether all are UTF-8: no character may begin in one and end in the next. */
static bool all_utf8(const char *data, const int32_t *offsets, size_t count)
{
    size_t size = (size_t)(offsets[count] - offsets[0]);
    bool whole = true;
    if (cc_utf8_valid_prefix(data + offsets[0], size) != size)
        return false;
    for (size_t i = 1; i < count; i++)
        whole &= offsets[i] == offsets[count] ||
                 ((unsigned char)data[offsets[i]] & 0xC0U) != 0x80U;
    return whole;
}

/* 1 where they might be too many for offsets. */
static int copy_all(struct cc_builder *builder, const char *data,
                    const int32_t *offsets, size_t count,
                    struct cc_error *error)
{
    size_t start = builder->data.size;
    size_t size = (size_t)(offsets[count] - offsets[0]);
    int32_t *to = builder->offsets + builder->length;
    if (start + size > INT32_MAX)
        return 1;
    if (cc_buffer_append(&builder->data, data + offsets[0], size) != 0)
        return cc_error_memory(error);
    for (size_t i = 1; i <= count; i++)
        to[i] = (int32_t)start + (offsets[i] - offsets[0]);
    builder->length += count;
    builder->batch->bytes += size;
    return 0;
}

int cc_builder_texts(struct cc_builder *builder, const char *data,
                     const int32_t *offsets, size_t count,
                     struct cc_error *error)
{
    int status = 1;
    if (!data) /* all are empty */
        data = "";
    if (builder->type == CC_OUT_STRING && !builder->batch->recoder &&
        all_utf8(data, offsets, count))
        status = copy_all(builder, data, offsets, count, error);
    for (size_t i = 0; i < count && status == 1; i++)
        CC_TRY(cc_builder_text(builder, data + offsets[i],
                               (size_t)(offsets[i + 1] - offsets[i]), error));
    return status < 0 ? -1 : 0;
}

int cc_builder_blobs(struct cc_builder *builder, const void *data,
                     const int32_t *offsets, size_t count,
                     struct cc_error *error)
{
    const char *bytes = data ? data : ""; /* all are empty */
    int status = 1;
    if (builder->type == CC_OUT_BINARY)
        status = copy_all(builder, bytes, offsets, count, error);
    for (size_t i = 0; i < count && status == 1; i++)
        CC_TRY(cc_builder_bytes(builder, bytes + offsets[i],
                                (size_t)(offsets[i + 1] - offsets[i]), error));
    return status < 0 ? -1 : 0;
}
