/* SPDX-License-Identifier: MIT */
/*
 * Values, as db-lib decodes them from the wire (sybdb.h; [MS-TDS] 2.2.5.5).
 */
#include "sqlserver_internal.h"

#include "column/datetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Types that sybdb.h has no name for. */
#define SYB_UNIQUE 36
#define SYB_UDT 240

/* 1900-01-01, db-lib's day 0, in days since 1970-01-01. */
#define EPOCH_1900 INT64_C(-25567)
/* Times count 100 ns. */
#define TICKS_PER_US 10
#define TICKS_PER_SECOND (INT64_C(10000000))
#define TICKS_PER_DAY (TICKS_PER_SECOND * CC_SECONDS_PER_DAY)
#define DECIMAL_TEXT_SIZE 64

#define UUID_SIZE 16

/* ---- numbers ---- */

static int append_integer(struct cc_builder *builder, int type,
                          const void *data, struct cc_error *error)
{
    int16_t small;
    int32_t medium;
    int64_t big;
    switch (type)
    {
        case SYBINT2:
            memcpy(&small, data, sizeof small);
            return cc_builder_int64(builder, small, error);
        case SYBINT4:
            memcpy(&medium, data, sizeof medium);
            return cc_builder_int64(builder, medium, error);
        case SYBINT8:
            memcpy(&big, data, sizeof big);
            return cc_builder_int64(builder, big, error);
        default:
            return cc_builder_int64(builder, *(const uint8_t *)data, error);
    }
}

static int append_real(struct cc_builder *builder, int type, const void *data,
                       struct cc_error *error)
{
    float single;
    double value;
    if (type == SYBFLT8)
        memcpy(&value, data, sizeof value);
    else
    {
        memcpy(&single, data, sizeof single);
        value = (double)single;
    }
    return cc_builder_double(builder, value, error);
}

static int append_money(struct cc_builder *builder, int type, const void *data,
                        struct cc_error *error)
{
    DBMONEY money;
    int32_t small;
    int64_t value;
    if (type == SYBMONEY4)
    {
        memcpy(&small, data, sizeof small);
        value = small;
    }
    else
    {
        memcpy(&money, data, sizeof money);
        value =
            (int64_t)((uint64_t)(uint32_t)money.mnyhigh << 32 | money.mnylow);
    }
    return cc_builder_decimal64(builder, value, 4, error);
}

/* Bytes of the magnitude of a decimal of so many digits. */
static size_t magnitude_bytes(int precision)
{
    /* 256 bits hold 77.06 digits; 0.41525 bytes a digit, rounded up */
    return ((size_t)precision * 41525 + 99999) / 100000;
}

/* The decimal digits of a big-endian number, which is overwritten; returns
 * their beginning in `text`, which they fill to the end. */
static char *digits_of(uint8_t *magnitude, size_t size, char *text,
                       size_t text_size)
{
    char *at = text + text_size;
    bool rest = true;
    while (rest && at > text)
    {
        unsigned remainder = 0;
        rest = false;
        for (size_t i = 0; i < size; i++)
        {
            unsigned value = remainder << 8 | magnitude[i];
            magnitude[i] = (uint8_t)(value / 10);
            remainder = value % 10;
            rest = rest || magnitude[i] != 0;
        }
        *--at = (char)('0' + remainder);
    }
    return at;
}

/* -123 with scale 2 as "-1.23". Returns the length. */
static size_t place_point(bool negative, const char *digits, size_t count,
                          size_t scale, char out[DECIMAL_TEXT_SIZE])
{
    size_t length = 0;
    if (negative)
        out[length++] = '-';
    if (count <= scale)
        out[length++] = '0';
    for (size_t i = 0; i + scale < count; i++)
        out[length++] = digits[i];
    if (scale > 0)
        out[length++] = '.';
    for (size_t i = count; i < scale; i++)
        out[length++] = '0';
    size_t first = count > scale ? count - scale : 0;
    memcpy(out + length, digits + first, count - first);
    return length + count - first;
}

static int append_big_decimal(struct cc_builder *builder,
                              const DBNUMERIC *number, size_t size,
                              struct cc_error *error)
{
    uint8_t magnitude[sizeof number->array];
    char digits[40];
    char text[DECIMAL_TEXT_SIZE + 40];
    memcpy(magnitude, number->array + 1, size);
    const char *first = digits_of(magnitude, size, digits, sizeof digits);
    size_t count = (size_t)(digits + sizeof digits - first);
    size_t length =
        place_point(number->array[0] != 0, first, count, number->scale, text);
    return cc_builder_decimal(builder, text, length, error);
}

#define MAX_PRECISION 38
/* Digits that 64 bits always hold. */
#define INT64_PRECISION 18

static int append_decimal(struct cc_builder *builder, const void *data,
                          struct cc_error *error)
{
    DBNUMERIC number;
    memcpy(&number, data, sizeof number);
    if (number.precision > MAX_PRECISION || number.scale > number.precision)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "a decimal of precision %d and scale %d",
                            number.precision, number.scale);
    size_t size = magnitude_bytes(number.precision);
    if (number.precision > INT64_PRECISION)
        return append_big_decimal(builder, &number, size, error);
    int64_t value = 0;
    for (size_t i = 1; i <= size; i++)
        value = value << 8 | number.array[i];
    return cc_builder_decimal64(builder, number.array[0] != 0 ? -value : value,
                                number.scale, error);
}

/* ---- dates and times ---- */

/* A moment: 100 ns within a day, and how many digits of them were declared. */
struct moment
{
    int64_t days;  /* since 1970-01-01 */
    int64_t ticks; /* 0 .. TICKS_PER_DAY - 1 */
    int digits;
};

/* What is none can only come from a broken stream. */
static int check_moment(const struct moment *moment, struct cc_error *error)
{
    if (moment->days >= CC_FIRST_DAY && moment->days <= CC_LAST_DAY &&
        moment->ticks >= 0 && moment->ticks < TICKS_PER_DAY)
        return 0;
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "a time of %lld days since 1970 and %lld times 100 ns",
                        (long long)moment->days, (long long)moment->ticks);
}

static int append_string(struct cc_builder *builder, const char *text,
                         struct cc_error *error)
{
    return cc_builder_text(builder, text, strlen(text), error);
}

/* "23:59:59.1234567", with `digits` of them. */
static void format_clock(int64_t ticks, int digits,
                         char out[CC_DATETIME_TEXT_SIZE])
{
    int64_t seconds = ticks / TICKS_PER_SECOND;
    char fraction[16];
    snprintf(fraction, sizeof fraction, "%07" PRId64, ticks % TICKS_PER_SECOND);
    snprintf(out, CC_DATETIME_TEXT_SIZE,
             "%02" PRId64 ":%02" PRId64 ":%02" PRId64 "%s%.*s",
             seconds / 3600 % 24, seconds / 60 % 60, seconds % 60,
             digits > 0 ? "." : "", digits, fraction);
}

/* Microseconds, the last one rounded; that is said once, at debug level. */
static int64_t microseconds(struct cc_builder *builder,
                            const struct moment *moment)
{
    if (moment->ticks % TICKS_PER_US != 0)
    {
        char text[CC_DATETIME_TEXT_SIZE];
        format_clock(moment->ticks, 7, text);
        cc_builder_note(builder, CC_LOSS_SUBMICROSECOND, text);
    }
    return (moment->ticks + TICKS_PER_US / 2) / TICKS_PER_US;
}

static int append_time(struct cc_builder *builder, const struct moment *moment,
                       struct cc_error *error)
{
    char text[CC_DATETIME_TEXT_SIZE];
    if (builder->type == CC_OUT_STRING)
    {
        format_clock(moment->ticks, moment->digits, text);
        return append_string(builder, text, error);
    }
    int64_t value = microseconds(builder, moment);
    /* midnight of the next day is no time of this one */
    return cc_builder_time(
        builder, value < CC_US_PER_DAY ? value : CC_US_PER_DAY - 1, error);
}

/* `offset` (minutes) is written when `zoned`. */
static int append_moment_text(struct cc_builder *builder,
                              const struct moment *moment, bool zoned,
                              int offset, struct cc_error *error)
{
    char date[CC_DATETIME_TEXT_SIZE];
    char clock[CC_DATETIME_TEXT_SIZE];
    char text[3 * CC_DATETIME_TEXT_SIZE];
    int64_t ticks =
        moment->ticks + (int64_t)offset * 60 * TICKS_PER_SECOND + TICKS_PER_DAY;
    cc_date_format(moment->days + ticks / TICKS_PER_DAY - 1, date);
    format_clock(ticks % TICKS_PER_DAY, moment->digits, clock);
    int minutes = offset < 0 ? -offset : offset;
    snprintf(text, sizeof text, "%s %s", date, clock);
    if (zoned)
        snprintf(text, sizeof text, "%s %s %c%02d:%02d", date, clock,
                 offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
    return append_string(builder, text, error);
}

static int append_moment(struct cc_builder *builder,
                         const struct moment *moment, bool zoned, int offset,
                         struct cc_error *error)
{
    if (builder->type == CC_OUT_STRING)
        return append_moment_text(builder, moment, zoned, offset, error);
    int64_t value =
        moment->days * CC_US_PER_DAY + microseconds(builder, moment);
    /* the last half microsecond of the year 9999 rounds to what it is in */
    if (value == (CC_LAST_DAY + 1) * CC_US_PER_DAY)
        value--;
    return cc_builder_timestamp(builder, value, error);
}

/* date, time, datetime2, datetimeoffset. The date and time of the last one are
 * UTC. */
static int append_datetime2(struct cc_builder *builder, int type,
                            const void *data, struct cc_error *error)
{
    DBDATETIMEALL value;
    memcpy(&value, data, sizeof value);
    struct moment moment = {type == SYBMSTIME ? 0 : value.date + EPOCH_1900,
                            (int64_t)value.time, value.time_prec};
    CC_TRY(check_moment(&moment, error));
    if (type == SYBMSDATE)
        return cc_builder_date(builder, moment.days, error);
    if (type == SYBMSTIME)
        return append_time(builder, &moment, error);
    bool zoned = type == SYBMSDATETIMEOFFSET;
    return append_moment(builder, &moment, zoned, zoned ? value.offset : 0,
                         error);
}

/* Counts 1/300 s, which the server shows as milliseconds: .000, .003, .007. */
static int append_datetime(struct cc_builder *builder, const void *data,
                           struct cc_error *error)
{
    DBDATETIME value;
    memcpy(&value, data, sizeof value);
    int64_t milliseconds = ((int64_t)value.dttime * 10 + 1) / 3;
    struct moment moment = {value.dtdays + EPOCH_1900,
                            milliseconds * (TICKS_PER_SECOND / 1000), 3};
    CC_TRY(check_moment(&moment, error));
    return append_moment(builder, &moment, false, 0, error);
}

static int append_smalldatetime(struct cc_builder *builder, const void *data,
                                struct cc_error *error)
{
    DBDATETIME4 value;
    memcpy(&value, data, sizeof value);
    struct moment moment = {value.days + EPOCH_1900,
                            (int64_t)value.minutes * 60 * TICKS_PER_SECOND, 0};
    CC_TRY(check_moment(&moment, error));
    return append_moment(builder, &moment, false, 0, error);
}

/* ---- everything else ---- */

/* The first three groups are little-endian. */
static int append_uuid(struct cc_builder *builder, const uint8_t *data,
                       struct cc_error *error)
{
    static const uint8_t order[UUID_SIZE] = {3, 2, 1,  0,  5,  4,  7,  6,
                                             8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t value[UUID_SIZE];
    for (size_t i = 0; i < UUID_SIZE; i++)
        value[i] = data[order[i]];
    return cc_builder_uuid(builder, value, error);
}

/* xml begins with a byte order mark on the wire. */
static int append_text(struct cc_builder *builder, const char *text,
                       size_t size, struct cc_error *error)
{
    if (builder->column->native_id == CC_TDS_XML && size >= 3 &&
        memcmp(text, "\xEF\xBB\xBF", 3) == 0)
    {
        text += 3;
        size -= 3;
    }
    return cc_builder_text(builder, text, size, error);
}

static int append_udt(struct cc_builder *builder, const void *data, size_t size,
                      struct cc_error *error)
{
    if (builder->column->kind == CC_KIND_GEOMETRY)
        return cc_builder_geometry(builder, data, size, error);
    return cc_builder_bytes(builder, data, size, error);
}

size_t cc_tds_fixed_size(int type)
{
    switch (type)
    {
        case SYBBIT:
        case SYBINT1:
            return 1;
        case SYBINT2:
            return 2;
        case SYBINT4:
        case SYBREAL:
        case SYBMONEY4:
        case SYBDATETIME4:
            return 4;
        case SYBINT8:
        case SYBFLT8:
        case SYBMONEY:
        case SYBDATETIME:
            return 8;
        case SYB_UNIQUE:
            return UUID_SIZE;
        case SYBDECIMAL:
        case SYBNUMERIC:
            return sizeof(DBNUMERIC);
        case SYBMSDATE:
        case SYBMSTIME:
        case SYBMSDATETIME2:
        case SYBMSDATETIMEOFFSET:
            return sizeof(DBDATETIMEALL);
        default:
            return 0;
    }
}

static int append_value(struct cc_builder *builder, int type, const void *data,
                        size_t size, struct cc_error *error)
{
    switch (type)
    {
        case SYBBIT:
        case SYBINT1:
        case SYBINT2:
        case SYBINT4:
        case SYBINT8:
            return append_integer(builder, type, data, error);
        case SYBREAL:
        case SYBFLT8:
            return append_real(builder, type, data, error);
        case SYBMONEY:
        case SYBMONEY4:
            return append_money(builder, type, data, error);
        case SYBDECIMAL:
        case SYBNUMERIC:
            return append_decimal(builder, data, error);
        case SYBMSDATE:
        case SYBMSTIME:
        case SYBMSDATETIME2:
        case SYBMSDATETIMEOFFSET:
            return append_datetime2(builder, type, data, error);
        case SYBDATETIME:
            return append_datetime(builder, data, error);
        case SYBDATETIME4:
            return append_smalldatetime(builder, data, error);
        case SYBCHAR:
        case SYBVARCHAR:
        case SYBNVARCHAR:
        case SYBTEXT:
        case SYBNTEXT:
            return append_text(builder, data, size, error);
        case SYBBINARY:
        case SYBVARBINARY:
        case SYBIMAGE:
            return cc_builder_bytes(builder, data, size, error);
        case SYB_UNIQUE:
            return append_uuid(builder, data, error);
        case SYB_UDT:
            return append_udt(builder, data, size, error);
        default:
            return cc_error_set(error, CC_STAGE_UNSUPPORTED, NULL,
                                "column \"%s\" comes as type %d, which is not "
                                "known here",
                                builder->column->name, type);
    }
}

int cc_tds_append(struct cc_builder *builder, int type, const void *data,
                  size_t size, struct cc_error *error)
{
    if (!data)
    {
        cc_builder_null(builder);
        return 0;
    }
    if (size < cc_tds_fixed_size(type))
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "column \"%s\": a value of %zu bytes is too short",
                            builder->column->name, size);
    return append_value(builder, type, data, size, error);
}
