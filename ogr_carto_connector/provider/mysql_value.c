/* SPDX-License-Identifier: MIT */
/*
 * Values: what the library has decoded of the binary protocol ("Binary
 * Protocol Resultset Row"), or the text protocol's text, to the builder.
 */
#include "mysql_internal.h"

#include "column/datetime.h"
#include "column/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MICROSECOND_DIGITS 6
#define BIT_MAX_BYTES 8
/* What the servers' text of a FLOAT has at the most. */
#define FLOAT_TEXT_DIGITS 6

/* ---- how a field comes ---- */

static enum cc_mysql_wire integer_wire(enum cc_mysql_wire is_signed,
                                       const MYSQL_FIELD *field)
{
    /* the unsigned ones follow their signed ones */
    return field->flags & UNSIGNED_FLAG ? (enum cc_mysql_wire)(is_signed + 1)
                                        : is_signed;
}

static enum cc_mysql_wire wire_of(const MYSQL_FIELD *field)
{
    switch ((int)field->type)
    {
        case MYSQL_TYPE_TINY:
            return integer_wire(CC_MYSQL_WIRE_INT8, field);
        case MYSQL_TYPE_SHORT:
            return integer_wire(CC_MYSQL_WIRE_INT16, field);
        case MYSQL_TYPE_YEAR:
            return CC_MYSQL_WIRE_UINT16;
        case MYSQL_TYPE_INT24:
        case MYSQL_TYPE_LONG:
            return integer_wire(CC_MYSQL_WIRE_INT32, field);
        case MYSQL_TYPE_LONGLONG:
            return integer_wire(CC_MYSQL_WIRE_INT64, field);
        case MYSQL_TYPE_FLOAT:
            return CC_MYSQL_WIRE_FLOAT;
        case MYSQL_TYPE_DOUBLE:
            return CC_MYSQL_WIRE_DOUBLE;
        case MYSQL_TYPE_DECIMAL:
        case MYSQL_TYPE_NEWDECIMAL:
            return CC_MYSQL_WIRE_DECIMAL;
        case MYSQL_TYPE_DATE:
        case MYSQL_TYPE_NEWDATE:
            return CC_MYSQL_WIRE_DATE;
        case MYSQL_TYPE_TIME:
            return CC_MYSQL_WIRE_TIME;
        case MYSQL_TYPE_DATETIME:
        case MYSQL_TYPE_TIMESTAMP:
            return CC_MYSQL_WIRE_TIMESTAMP;
        case MYSQL_TYPE_BIT:
            return CC_MYSQL_WIRE_BIT;
        case CC_MYSQL_TYPE_VECTOR:
            return CC_MYSQL_WIRE_VECTOR;
        case MYSQL_TYPE_GEOMETRY:
            return CC_MYSQL_WIRE_BYTES;
        case CC_MYSQL_TYPE_JSON:
            return CC_MYSQL_WIRE_TEXT;
        default:
            return field->charsetnr == CC_MYSQL_CHARSET_BINARY
                       ? CC_MYSQL_WIRE_BYTES
                       : CC_MYSQL_WIRE_TEXT;
    }
}

/* The type to bind as: the field's own, so that nothing is converted. */
static enum enum_field_types bound_type(enum cc_mysql_wire wire)
{
    static const enum enum_field_types types[] = {
        [CC_MYSQL_WIRE_SKIP] = MYSQL_TYPE_NULL,
        [CC_MYSQL_WIRE_INT8] = MYSQL_TYPE_TINY,
        [CC_MYSQL_WIRE_UINT8] = MYSQL_TYPE_TINY,
        [CC_MYSQL_WIRE_INT16] = MYSQL_TYPE_SHORT,
        [CC_MYSQL_WIRE_UINT16] = MYSQL_TYPE_SHORT,
        [CC_MYSQL_WIRE_INT32] = MYSQL_TYPE_LONG,
        [CC_MYSQL_WIRE_UINT32] = MYSQL_TYPE_LONG,
        [CC_MYSQL_WIRE_INT64] = MYSQL_TYPE_LONGLONG,
        [CC_MYSQL_WIRE_UINT64] = MYSQL_TYPE_LONGLONG,
        [CC_MYSQL_WIRE_FLOAT] = MYSQL_TYPE_FLOAT,
        [CC_MYSQL_WIRE_DOUBLE] = MYSQL_TYPE_DOUBLE,
        [CC_MYSQL_WIRE_DATE] = MYSQL_TYPE_DATE,
        [CC_MYSQL_WIRE_TIME] = MYSQL_TYPE_TIME,
        [CC_MYSQL_WIRE_TIMESTAMP] = MYSQL_TYPE_DATETIME,
        [CC_MYSQL_WIRE_DECIMAL] = MYSQL_TYPE_STRING,
        [CC_MYSQL_WIRE_TEXT] = MYSQL_TYPE_STRING,
        [CC_MYSQL_WIRE_BYTES] = MYSQL_TYPE_BLOB,
        [CC_MYSQL_WIRE_BIT] = MYSQL_TYPE_BLOB,
        [CC_MYSQL_WIRE_VECTOR] = MYSQL_TYPE_BLOB,
    };
    return types[wire];
}

int cc_mysql_value_init(struct cc_mysql_value *value, const MYSQL_FIELD *field,
                        struct cc_builder *builder, MYSQL_BIND *bind,
                        struct cc_error *error)
{
    memset(value, 0, sizeof *value);
    memset(bind, 0, sizeof *bind);
    value->wire = builder ? wire_of(field) : CC_MYSQL_WIRE_SKIP;
    value->builder = builder;
    value->decimals = field->decimals;
    bind->buffer_type = bound_type(value->wire);
    bind->is_unsigned = value->wire == CC_MYSQL_WIRE_UINT8 ||
                        value->wire == CC_MYSQL_WIRE_UINT16 ||
                        value->wire == CC_MYSQL_WIRE_UINT32 ||
                        value->wire == CC_MYSQL_WIRE_UINT64;
    bind->length = &value->length;
    bind->is_null = &value->is_null;
    bind->error = &value->error;
    bind->buffer = &value->u;
    bind->buffer_length = sizeof value->u;
    if (value->wire < CC_MYSQL_WIRE_DECIMAL)
        return 0;
    value->u.bytes = malloc(CC_MYSQL_BOUND_SIZE);
    bind->buffer = value->u.bytes;
    bind->buffer_length = CC_MYSQL_BOUND_SIZE;
    return value->u.bytes ? 0 : cc_error_memory(error);
}

void cc_mysql_value_free(struct cc_mysql_value *value)
{
    if (value->wire >= CC_MYSQL_WIRE_DECIMAL)
        free(value->u.bytes);
}

/* ---- dates and times ---- */

/* Digits of the second's fraction: as declared, or as many as needed. */
static size_t append_fraction(char *out, size_t size, unsigned long fraction,
                              unsigned decimals)
{
    if (decimals == 0 || (decimals > MICROSECOND_DIGITS && fraction == 0))
        return 0;
    if (decimals > MICROSECOND_DIGITS)
        decimals = MICROSECOND_DIGITS;
    char digits[24];
    snprintf(digits, sizeof digits, "%06lu", fraction % 1000000);
    return (size_t)snprintf(out, size, ".%.*s", (int)decimals, digits);
}

size_t cc_mysql_time_format(enum cc_mysql_wire wire, const MYSQL_TIME *time,
                            unsigned decimals, char out[CC_MYSQL_TIME_SIZE])
{
    size_t length;
    if (wire == CC_MYSQL_WIRE_TIME)
        length = (size_t)snprintf(
            out, CC_MYSQL_TIME_SIZE, "%s%02u:%02u:%02u", time->neg ? "-" : "",
            time->day * 24 + time->hour, time->minute, time->second);
    else
        length = (size_t)snprintf(out, CC_MYSQL_TIME_SIZE, "%04u-%02u-%02u",
                                  time->year, time->month, time->day);
    if (wire == CC_MYSQL_WIRE_TIMESTAMP)
        length += (size_t)snprintf(out + length, CC_MYSQL_TIME_SIZE - length,
                                   " %02u:%02u:%02u", time->hour, time->minute,
                                   time->second);
    if (wire != CC_MYSQL_WIRE_DATE)
        length += append_fraction(out + length, CC_MYSQL_TIME_SIZE - length,
                                  time->second_part, decimals);
    return length;
}

static int64_t microseconds_of_day(const MYSQL_TIME *time)
{
    return ((int64_t)time->hour * 3600 + (int64_t)time->minute * 60 +
            time->second) *
               CC_US_PER_SECOND +
           (int64_t)time->second_part;
}

/* Whether the month has the day: ALLOW_INVALID_DATES lets others in. */
static bool is_real(const MYSQL_TIME *time, int64_t days)
{
    int64_t year;
    int month;
    int day;
    cc_civil_from_days(days, &year, &month, &day);
    return year == time->year && (unsigned)month == time->month &&
           (unsigned)day == time->day;
}

static void append_lost_time(struct cc_mysql_value *value,
                             enum cc_loss_kind kind)
{
    char text[CC_MYSQL_TIME_SIZE];
    (void)cc_mysql_time_format(value->wire, &value->u.time, value->decimals,
                               text);
    cc_builder_lost(value->builder, kind, text);
}

static int append_date(struct cc_mysql_value *value, struct cc_error *error)
{
    const MYSQL_TIME *time = &value->u.time;
    if (time->month == 0 || time->day == 0)
    {
        append_lost_time(value, CC_LOSS_ZERO_DATE);
        return 0;
    }
    int64_t days =
        cc_days_from_civil(time->year, (int)time->month, (int)time->day);
    if (time->year == 0 || !is_real(time, days))
    {
        append_lost_time(value, CC_LOSS_DATETIME);
        return 0;
    }
    if (value->wire == CC_MYSQL_WIRE_DATE)
        return cc_builder_date(value->builder, days, error);
    return cc_builder_timestamp(
        value->builder, days * CC_US_PER_DAY + microseconds_of_day(time),
        error);
}

static int append_time_of_day(struct cc_mysql_value *value,
                              struct cc_error *error)
{
    const MYSQL_TIME *time = &value->u.time;
    if (!time->neg && time->day == 0 && time->hour < 24)
        return cc_builder_time(value->builder, microseconds_of_day(time),
                               error);
    append_lost_time(value, CC_LOSS_DATETIME);
    return 0;
}

static int append_time(struct cc_mysql_value *value, struct cc_error *error)
{
    if (value->builder->type != CC_OUT_STRING)
        return value->wire == CC_MYSQL_WIRE_TIME
                   ? append_time_of_day(value, error)
                   : append_date(value, error);
    char text[CC_MYSQL_TIME_SIZE];
    size_t size = cc_mysql_time_format(value->wire, &value->u.time,
                                       value->decimals, text);
    return cc_builder_decimal(value->builder, text, size, error);
}

/* ---- values of variable length ---- */

static int append_bit(struct cc_builder *builder, const uint8_t *data,
                      size_t size, struct cc_error *error)
{
    uint64_t bits = 0;
    if (size > BIT_MAX_BYTES)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "a BIT value of %zu bytes came", size);
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | data[i];
    return cc_builder_uint64(builder, bits, error);
}

/* The shortest decimal that is the float again. */
static void append_float_text(struct cc_strbuf *out, float value)
{
    char text[CC_DOUBLE_TEXT_SIZE];
    char *point;
    for (int digits = 6; digits <= 9; digits++)
    {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        float back = strtof(text, NULL);
        if (back >= value && back <= value)
            break;
    }
    if ((point = strchr(text, ',')) != NULL)
        *point = '.';
    (void)cc_strbuf_append(out, text);
}

int cc_mysql_vector_format(struct cc_strbuf *out, const uint8_t *data,
                           size_t size)
{
    if (size % sizeof(float) != 0)
        return 1;
    (void)cc_strbuf_append_char(out, '[');
    for (size_t at = 0; at < size; at += sizeof(float))
    {
        uint32_t bits = (uint32_t)data[at] | (uint32_t)data[at + 1] << 8 |
                        (uint32_t)data[at + 2] << 16 |
                        (uint32_t)data[at + 3] << 24;
        float value;
        memcpy(&value, &bits, sizeof value);
        if (at > 0)
            (void)cc_strbuf_append_char(out, ',');
        if (isfinite(value))
            append_float_text(out, value);
        else /* JSON has no other way to say it */
            (void)cc_strbuf_append(out, "null");
    }
    return cc_strbuf_append_char(out, ']');
}

static int append_vector(struct cc_builder *builder, const uint8_t *data,
                         size_t size, struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    int status = cc_mysql_vector_format(&text, data, size);
    if (status > 0)
        status = cc_error_set(error, CC_STAGE_FETCH, NULL,
                              "a VECTOR value of %zu bytes came", size);
    else if (status < 0)
        (void)cc_error_memory(error);
    else
        status = cc_builder_text(builder, text.data, text.length, error);
    cc_strbuf_free(&text);
    return status;
}

int cc_mysql_value_append_bytes(struct cc_mysql_value *value, const void *data,
                                size_t size, struct cc_error *error)
{
    switch (value->wire)
    {
        case CC_MYSQL_WIRE_DECIMAL:
            return cc_builder_decimal(value->builder, data, size, error);
        case CC_MYSQL_WIRE_TEXT:
            return cc_builder_text(value->builder, data, size, error);
        case CC_MYSQL_WIRE_BIT:
            return append_bit(value->builder, data, size, error);
        case CC_MYSQL_WIRE_VECTOR:
            return append_vector(value->builder, data, size, error);
        default:
            return cc_builder_bytes(value->builder, data, size, error);
    }
}

/* ---- either protocol ---- */

int cc_mysql_value_append(struct cc_mysql_value *value, struct cc_error *error)
{
    struct cc_builder *builder = value->builder;
    if (value->wire == CC_MYSQL_WIRE_SKIP)
        return 0;
    if (value->is_null)
    {
        cc_builder_null(builder);
        return 0;
    }
    switch (value->wire)
    {
        case CC_MYSQL_WIRE_INT8:
            return cc_builder_int64(builder, value->u.i8, error);
        case CC_MYSQL_WIRE_UINT8:
            return cc_builder_int64(builder, value->u.u8, error);
        case CC_MYSQL_WIRE_INT16:
            return cc_builder_int64(builder, value->u.i16, error);
        case CC_MYSQL_WIRE_UINT16:
            return cc_builder_int64(builder, value->u.u16, error);
        case CC_MYSQL_WIRE_INT32:
            return cc_builder_int64(builder, value->u.i32, error);
        case CC_MYSQL_WIRE_UINT32:
            return cc_builder_int64(builder, value->u.u32, error);
        case CC_MYSQL_WIRE_INT64:
            return cc_builder_int64(builder, value->u.i64, error);
        case CC_MYSQL_WIRE_UINT64:
            return cc_builder_uint64(builder, value->u.u64, error);
        case CC_MYSQL_WIRE_FLOAT:
            return cc_builder_double(builder, (double)value->u.f32, error);
        case CC_MYSQL_WIRE_DOUBLE:
            return cc_builder_double(builder, value->u.f64, error);
        case CC_MYSQL_WIRE_DATE:
        case CC_MYSQL_WIRE_TIME:
        case CC_MYSQL_WIRE_TIMESTAMP:
            return append_time(value, error);
        default:
            return cc_mysql_value_append_bytes(value, value->u.bytes,
                                               value->length, error);
    }
}

/* Digits of a number but for zeros at either end. */
static int significant_digits(const char *text, size_t size)
{
    int digits = 0;
    int zeros = 0;
    for (size_t i = 0; i < size && text[i] != 'e' && text[i] != 'E'; i++)
    {
        if (text[i] == '0')
            zeros += digits > 0;
        else if (text[i] > '0' && text[i] <= '9')
        {
            digits += zeros + 1;
            zeros = 0;
        }
    }
    return digits;
}

int cc_mysql_value_append_text(struct cc_mysql_value *value, const char *text,
                               size_t size, struct cc_error *error)
{
    if (value->wire == CC_MYSQL_WIRE_SKIP)
        return 0;
    if (!text)
    {
        cc_builder_null(value->builder);
        return 0;
    }
    if (value->wire >= CC_MYSQL_WIRE_DECIMAL)
        return cc_mysql_value_append_bytes(value, text, size, error);
    if (value->wire >= CC_MYSQL_WIRE_DATE)
        return cc_builder_text(value->builder, text, size, error);
    if (value->wire == CC_MYSQL_WIRE_FLOAT &&
        significant_digits(text, size) >= FLOAT_TEXT_DIGITS)
        cc_builder_note(value->builder, CC_LOSS_FLOAT_TEXT, text);
    return cc_builder_decimal(value->builder, text, size, error);
}
