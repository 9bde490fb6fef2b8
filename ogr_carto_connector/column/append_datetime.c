/* SPDX-License-Identifier: MIT */
/*
 * Appends of dates and times.
 */
#include "append.h"
#include "datetime.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_timestamp(enum cc_type type)
{
    return type == CC_OUT_TIMESTAMP || type == CC_OUT_TIMESTAMPTZ;
}

static void append_int64(struct cc_builder *builder, int64_t value)
{
    ((int64_t *)builder->values)[builder->length++] = value;
}

/* Days of which no year fits the calendar functions are told as a number. */
static void format_days(int64_t days, char out[CC_DATETIME_TEXT_SIZE])
{
    if (days > INT32_MIN && days < INT32_MAX)
        cc_date_format(days, out);
    else
        snprintf(out, CC_DATETIME_TEXT_SIZE, "%" PRId64 " days since 1970",
                 days);
}

int cc_builder_date(struct cc_builder *builder, int64_t days,
                    struct cc_error *error)
{
    char text[CC_DATETIME_TEXT_SIZE];
    bool in_range = days >= CC_FIRST_DAY && days <= CC_LAST_DAY;
    if (builder->type == CC_OUT_DATE && in_range)
        ((int32_t *)builder->values)[builder->length++] = (int32_t)days;
    else if (is_timestamp(builder->type) && in_range)
        append_int64(builder, days * CC_US_PER_DAY);
    else if (builder->type == CC_OUT_DATE || is_timestamp(builder->type))
    {
        format_days(days, text);
        cc_builder_lost(builder, CC_LOSS_DATETIME, text);
    }
    else if (builder->type == CC_OUT_STRING)
    {
        format_days(days, text);
        return cc_builder_text(builder, text, strlen(text), error);
    }
    else
        return cc_append_mismatch(builder, "date", error);
    return 0;
}

int cc_builder_time(struct cc_builder *builder, int64_t microseconds,
                    struct cc_error *error)
{
    char text[CC_DATETIME_TEXT_SIZE];
    bool in_range = microseconds >= 0 && microseconds < CC_US_PER_DAY;
    if (builder->type == CC_OUT_TIME && in_range)
        append_int64(builder, microseconds);
    else if (builder->type == CC_OUT_TIME)
    {
        cc_time_format(microseconds, text);
        cc_builder_lost(builder, CC_LOSS_DATETIME, text);
    }
    else if (builder->type == CC_OUT_STRING)
    {
        size_t size = cc_time_format(microseconds, text);
        return cc_append_variable(builder, text, size, error);
    }
    else
        return cc_append_mismatch(builder, "time", error);
    return 0;
}

int cc_builder_timestamp(struct cc_builder *builder, int64_t microseconds,
                         struct cc_error *error)
{
    char text[CC_DATETIME_TEXT_SIZE];
    bool in_range = microseconds >= CC_FIRST_DAY * CC_US_PER_DAY &&
                    microseconds < (CC_LAST_DAY + 1) * CC_US_PER_DAY;
    if (is_timestamp(builder->type) && in_range)
    {
        append_int64(builder, microseconds);
        return 0;
    }
    bool zoned = builder->column->kind == CC_KIND_TIMESTAMPTZ;
    if (is_timestamp(builder->type))
    {
        cc_timestamp_format(microseconds, zoned, text);
        cc_builder_lost(builder, CC_LOSS_DATETIME, text);
        return 0;
    }
    if (builder->type != CC_OUT_STRING)
        return cc_append_mismatch(builder, "timestamp", error);
    size_t size = cc_timestamp_format(microseconds, zoned, text);
    return cc_append_variable(builder, text, size, error);
}

static enum cc_datetime_status parse(enum cc_type type, const char *text,
                                     size_t size, int64_t *value)
{
    if (type == CC_OUT_DATE)
        return cc_date_parse(text, size, value);
    if (type == CC_OUT_TIME)
        return cc_time_parse(text, size, value);
    return cc_timestamp_parse(text, size, type == CC_OUT_TIMESTAMPTZ, value);
}

void cc_append_datetime_text(struct cc_builder *builder, const char *text,
                             size_t size)
{
    int64_t value;
    enum cc_datetime_status status = parse(builder->type, text, size, &value);
    if (status == CC_DATETIME_ZERO || status == CC_DATETIME_LOST)
    {
        cc_append_lost(builder,
                       status == CC_DATETIME_ZERO ? CC_LOSS_ZERO_DATE
                                                  : CC_LOSS_DATETIME,
                       text, size);
        return;
    }
    if (status == CC_DATETIME_ROUNDED)
        cc_append_note(builder, CC_LOSS_SUBMICROSECOND, text, size);
    if (builder->type == CC_OUT_DATE)
        ((int32_t *)builder->values)[builder->length++] = (int32_t)value;
    else
        append_int64(builder, value);
}
