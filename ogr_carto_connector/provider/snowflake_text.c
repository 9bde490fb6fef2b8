/* SPDX-License-Identifier: MIT */
/* Values as text. */
#include "snowflake.h"

#include "column/datetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND 1000000000
#define MONTHS_PER_YEAR 12

/* ".5": the digits that are needed. */
static size_t append_fraction(int32_t nanoseconds, char *out)
{
    if (nanoseconds == 0)
        return 0;
    size_t size = (size_t)sprintf(out, ".%09d", (int)nanoseconds);
    while (out[size - 1] == '0')
        size--;
    out[size] = '\0';
    return size;
}

size_t cc_snowflake_instant_text(enum cc_snowflake_type type,
                                 const struct cc_snowflake_instant *instant,
                                 char out[CC_SNOWFLAKE_TEXT_SIZE])
{
    int64_t local =
        (instant->seconds + instant->offset * INT64_C(60)) * CC_US_PER_SECOND;
    if (type == CC_SNOWFLAKE_TIME)
        (void)cc_time_format(local, out);
    else
        (void)cc_timestamp_format(local, false, out);
    size_t size = strlen(out);
    size += append_fraction(instant->nanoseconds, out + size);
    if (type == CC_SNOWFLAKE_LTZ || type == CC_SNOWFLAKE_TZ)
    {
        int minutes = instant->offset < 0 ? -instant->offset : instant->offset;
        size += (size_t)snprintf(out + size, CC_SNOWFLAKE_TEXT_SIZE - size,
                                 "%c%02d:%02d", instant->offset < 0 ? '-' : '+',
                                 minutes / 60 % 100, minutes % 60);
    }
    return size;
}

static size_t append_months(uint64_t months, int scale, char *out)
{
    uint64_t years = months / MONTHS_PER_YEAR;
    if (scale == 0)
        return (size_t)sprintf(out, "%" PRIu64 "-%02u", years,
                               (unsigned)(months % MONTHS_PER_YEAR));
    return (size_t)sprintf(out, "%" PRIu64, scale == 1 ? years : months);
}

static size_t append_days(unsigned __int128 nanoseconds, char *out)
{
    uint64_t seconds = (uint64_t)(nanoseconds / NS_PER_SECOND);
    unsigned second = (unsigned)(seconds % CC_SECONDS_PER_DAY);
    size_t size = (size_t)sprintf(out, "%" PRIu64 " %02u:%02u:%02u",
                                  seconds / CC_SECONDS_PER_DAY, second / 3600,
                                  second / 60 % 60, second % 60);
    return size +
           append_fraction((int32_t)(nanoseconds % NS_PER_SECOND), out + size);
}

size_t cc_snowflake_interval_text(enum cc_snowflake_type type, int scale,
                                  __int128 value,
                                  char out[CC_SNOWFLAKE_TEXT_SIZE])
{
    unsigned __int128 amount =
        value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    *out++ = value < 0 ? '-' : '+';
    return 1 + (type == CC_SNOWFLAKE_YEAR_MONTH
                    ? append_months((uint64_t)amount, scale, out)
                    : append_days(amount, out));
}

size_t cc_snowflake_decimal_text(__int128 unscaled, int scale,
                                 char out[CC_SNOWFLAKE_TEXT_SIZE])
{
    unsigned __int128 rest = unscaled < 0 ? -(unsigned __int128)unscaled
                                          : (unsigned __int128)unscaled;
    char *end = out + CC_SNOWFLAKE_TEXT_SIZE - 1;
    char *at = end;
    for (int digits = 0; rest > 0 || digits <= scale; digits++)
    {
        if (digits == scale && scale > 0)
            *--at = '.';
        *--at = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (unscaled < 0)
        *--at = '-';
    memmove(out, at, (size_t)(end - at));
    out[end - at] = '\0';
    return (size_t)(end - at);
}
