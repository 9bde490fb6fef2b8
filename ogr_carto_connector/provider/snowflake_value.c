/* SPDX-License-Identifier: MIT */
/* Values of JSON rows, and points in time of either form. */
#include "snowflake.h"

#include "column/datetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND 1000000000
/* Beyond any year that the output knows, and far from overflow. */
#define MAX_SECONDS INT64_C(1000000000000)
/* Of nanoseconds: 9 digits of days are the most. */
#define MAX_INTERVAL_DIGITS 30
/* With a point among them. */
#define MAX_DIGITS64 18

/* ---- time ---- */

static int append_text_instant(struct cc_snowflake_field *field,
                               const struct cc_snowflake_instant *instant,
                               struct cc_error *error)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    size_t size = cc_snowflake_instant_text(field->type, instant, text);
    return cc_builder_text(field->builder, text, size, error);
}

int cc_snowflake_append_instant(struct cc_snowflake_field *field,
                                const struct cc_snowflake_instant *instant,
                                struct cc_error *error)
{
    struct cc_builder *builder = field->builder;
    char text[48];
    if (instant->seconds > MAX_SECONDS || instant->seconds < -MAX_SECONDS)
    {
        snprintf(text, sizeof text, "%" PRId64 " seconds since 1970",
                 instant->seconds);
        cc_builder_lost(builder, CC_LOSS_DATETIME, text);
        return 0;
    }
    if (builder->type == CC_OUT_STRING)
        return append_text_instant(field, instant, error);
    int64_t us = instant->seconds * CC_US_PER_SECOND +
                 (instant->nanoseconds + 500) / 1000;
    if (instant->nanoseconds % 1000 != 0)
    {
        snprintf(text, sizeof text, "%d ns", (int)instant->nanoseconds);
        cc_builder_note(builder, CC_LOSS_SUBMICROSECOND, text);
    }
    if (field->type != CC_SNOWFLAKE_TIME)
        return cc_builder_timestamp(builder, us, error);
    /* what rounds up to the next day stays in this one */
    return cc_builder_time(builder, us == CC_US_PER_DAY ? us - 1 : us, error);
}

/* Digits up to the first other character; false: none, or too many. */
static bool read_digits(const char **text, const char *end, int64_t *value)
{
    const char *begin = *text;
    *value = 0;
    while (*text < end && **text >= '0' && **text <= '9' && *text - begin < 18)
        *value = *value * 10 + (*(*text)++ - '0');
    return *text > begin && (*text == end || **text < '0' || **text > '9');
}

static int32_t read_fraction(const char **text, const char *end)
{
    int32_t value = 0;
    int digits = 0;
    if (*text == end || **text != '.')
        return 0;
    for (++*text; *text < end && **text >= '0' && **text <= '9'; ++*text)
    {
        if (digits < 9)
            value = value * 10 + (**text - '0');
        digits++;
    }
    for (; digits < 9; digits++)
        value *= 10;
    return value;
}

/* "seconds.fraction", and for TIMESTAMP_TZ the zone: minutes and 1440. */
static bool parse_instant(const struct cc_json_cell *cell, bool zoned,
                          struct cc_snowflake_instant *instant)
{
    const char *text = cell->text;
    const char *end = text + cell->size;
    bool negative = cell->size > 0 && *text == '-';
    text += negative;
    if (!read_digits(&text, end, &instant->seconds))
        return false;
    instant->nanoseconds = read_fraction(&text, end);
    instant->offset = 0;
    if (negative)
    {
        instant->seconds = -instant->seconds - (instant->nanoseconds > 0);
        if (instant->nanoseconds > 0)
            instant->nanoseconds = NS_PER_SECOND - instant->nanoseconds;
    }
    if (zoned && text < end && *text == ' ')
    {
        int64_t zone;
        text++;
        if (!read_digits(&text, end, &zone) || zone > 2880)
            return false;
        instant->offset = (int)zone - 1440;
    }
    return text == end;
}

static int not_a(const char *what, const struct cc_json_cell *cell,
                 struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "\"%.*s\" is not what Snowflake sends for a %s",
                        cell->size > 64 ? 64 : (int)cell->size, cell->text,
                        what);
}

static int append_instant(struct cc_snowflake_field *field,
                          const struct cc_json_cell *cell,
                          struct cc_error *error)
{
    struct cc_snowflake_instant instant;
    if (!parse_instant(cell, field->type == CC_SNOWFLAKE_TZ, &instant))
        return not_a("time", cell, error);
    return cc_snowflake_append_instant(field, &instant, error);
}

/* ---- others ---- */

/* Days since 1970. */
static int append_date(struct cc_snowflake_field *field,
                       const struct cc_json_cell *cell, struct cc_error *error)
{
    const char *text = cell->text;
    const char *end = text + cell->size;
    bool negative = cell->size > 0 && *text == '-';
    int64_t days;
    text += negative;
    if (!read_digits(&text, end, &days) || text != end)
        return not_a("date", cell, error);
    return cc_builder_date(field->builder, negative ? -days : days, error);
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int append_binary(struct cc_snowflake_field *field,
                         const struct cc_json_cell *cell,
                         struct cc_error *error)
{
    struct cc_buffer *bytes = &field->scratch;
    bytes->size = 0;
    if (cc_buffer_reserve(bytes, cell->size / 2 + 1) != 0)
        return cc_error_memory(error);
    for (size_t i = 0; i + 1 < cell->size; i += 2)
    {
        int high = nibble(cell->text[i]);
        int low = nibble(cell->text[i + 1]);
        if (high < 0 || low < 0)
            return not_a("binary value", cell, error);
        bytes->data[bytes->size++] = (uint8_t)(high << 4 | low);
    }
    if (cell->size % 2 != 0)
        return not_a("binary value", cell, error);
    if (field->builder->type == CC_OUT_GEOMETRY)
        return cc_builder_geometry(field->builder, bytes->data, bytes->size,
                                   error);
    return cc_builder_bytes(field->builder, bytes->data, bytes->size, error);
}

/* "-12.50", where 64 bits hold the digits. */
static bool read_decimal64(const struct cc_json_cell *cell, int64_t *unscaled,
                           int *scale)
{
    const char *at = cell->text;
    const char *end = at + cell->size;
    const char *point = NULL;
    bool negative = cell->size > 0 && *at == '-';
    int64_t value = 0;
    at += negative;
    if (at == end || end - at > MAX_DIGITS64)
        return false;
    for (; at < end; at++)
    {
        if (*at >= '0' && *at <= '9')
            value = value * 10 + (*at - '0');
        else if (*at == '.' && !point && at + 1 < end)
            point = at + 1;
        else
            return false;
    }
    *unscaled = negative ? -value : value;
    *scale = point ? (int)(end - point) : 0;
    return true;
}

/* The common numbers without the detour of any decimal. */
static int append_fixed(struct cc_snowflake_field *field,
                        const struct cc_json_cell *cell, struct cc_error *error)
{
    int64_t unscaled;
    int scale;
    if (field->builder->type != CC_OUT_STRING &&
        read_decimal64(cell, &unscaled, &scale))
        return cc_builder_decimal64(field->builder, unscaled, scale, error);
    return cc_builder_decimal(field->builder, cell->text, cell->size, error);
}

/* A whole number: months, or nanoseconds, which 64 bits do not hold. */
static int append_interval(struct cc_snowflake_field *field,
                           const struct cc_json_cell *cell,
                           struct cc_error *error)
{
    char text[CC_SNOWFLAKE_TEXT_SIZE];
    const char *at = cell->text;
    const char *end = at + cell->size;
    bool negative = cell->size > 0 && *at == '-';
    __int128 value = 0;
    at += negative;
    bool any = at < end && end - at <= MAX_INTERVAL_DIGITS;
    for (; any && at < end && *at >= '0' && *at <= '9'; at++)
        value = value * 10 + (*at - '0');
    if (!any || at != end)
        return not_a("interval", cell, error);
    size_t size = cc_snowflake_interval_text(field->type, field->scale,
                                             negative ? -value : value, text);
    return cc_builder_text(field->builder, text, size, error);
}

int cc_snowflake_append_json(struct cc_snowflake_field *field,
                             const struct cc_json_cell *cell,
                             struct cc_error *error)
{
    if (!cell->text)
    {
        cc_builder_null(field->builder);
        return 0;
    }
    switch (field->type)
    {
        case CC_SNOWFLAKE_FIXED:
            return append_fixed(field, cell, error);
        case CC_SNOWFLAKE_DECFLOAT:
            return cc_builder_decimal(field->builder, cell->text, cell->size,
                                      error);
        case CC_SNOWFLAKE_BINARY:
            return append_binary(field, cell, error);
        case CC_SNOWFLAKE_DATE:
            return append_date(field, cell, error);
        case CC_SNOWFLAKE_TIME:
        case CC_SNOWFLAKE_NTZ:
        case CC_SNOWFLAKE_LTZ:
        case CC_SNOWFLAKE_TZ:
            return append_instant(field, cell, error);
        case CC_SNOWFLAKE_YEAR_MONTH:
        case CC_SNOWFLAKE_DAY_TIME:
            return append_interval(field, cell, error);
        default:
            return field->builder->type == CC_OUT_GEOMETRY
                       ? cc_builder_geometry(field->builder, cell->text,
                                             cell->size, error)
                       : cc_builder_text(field->builder, cell->text, cell->size,
                                         error);
    }
}
