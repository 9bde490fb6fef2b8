/* SPDX-License-Identifier: MIT */
#include "datetime.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The calendar repeats every 400 years. */
#define DAYS_PER_ERA 146097
#define YEARS_PER_ERA 400
/* 0000-03-01, where the eras below begin, before 1970-01-01. */
#define EPOCH_DAYS 719468

/* ---- calendar ---- */

static int64_t floor_divide(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

/* Years are counted from March, so that the leap day is the last one and the
 * days before a month are linear in it: (153 * month + 2) / 5. */
int64_t cc_days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_divide(year, YEARS_PER_ERA);
    int64_t of_era = year - era * YEARS_PER_ERA;
    int64_t from_march = month > 2 ? month - 3 : month + 9;
    int64_t of_year = (153 * from_march + 2) / 5 + day - 1;
    return era * DAYS_PER_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
           of_year - EPOCH_DAYS;
}

void cc_civil_from_days(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t shifted = days + EPOCH_DAYS;
    int64_t era = floor_divide(shifted, DAYS_PER_ERA);
    int64_t of_era = shifted - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year =
        of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t from_march = (5 * of_year + 2) / 153;
    *day = (int)(of_year - (153 * from_march + 2) / 5 + 1);
    *month = (int)(from_march < 10 ? from_march + 3 : from_march - 9);
    *year = era * YEARS_PER_ERA + year_of_era + (*month <= 2);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* ---- reading ---- */

/* What is left of the text. */
struct reader
{
    const char *at;
    const char *end;
};

static bool accept(struct reader *reader, char c)
{
    if (reader->at == reader->end || *reader->at != c)
        return false;
    reader->at++;
    return true;
}

static bool accept_word(struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->at) < length ||
        memcmp(reader->at, word, length) != 0)
        return false;
    reader->at += length;
    return true;
}

static bool at_digit(const struct reader *reader)
{
    return reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9';
}

/* A number of `fewest` to `most` digits; -1 when there is none. */
static int read_number(struct reader *reader, int fewest, int most)
{
    int value = 0;
    int count = 0;
    for (; count < most && at_digit(reader); count++)
        value = value * 10 + (*reader->at++ - '0');
    return count >= fewest ? value : -1;
}

static enum cc_datetime_status read_date(struct reader *reader, int64_t *days)
{
    int year = read_number(reader, 4, 4);
    if (year < 0 || !accept(reader, '-'))
        return CC_DATETIME_LOST;
    int month = read_number(reader, 1, 2);
    if (month < 0 || !accept(reader, '-'))
        return CC_DATETIME_LOST;
    int day = read_number(reader, 1, 2);
    if (day < 0)
        return CC_DATETIME_LOST;
    if (year == 0 || month == 0 || day == 0)
        return CC_DATETIME_ZERO;
    if (month > 12 || day > days_in_month(year, month))
        return CC_DATETIME_LOST;
    *days = cc_days_from_civil(year, month, day);
    return CC_DATETIME_OK;
}

/* The digits after the point in microseconds, half rounded up. */
static enum cc_datetime_status read_fraction(struct reader *reader,
                                             int64_t *microseconds)
{
    int64_t value = 0;
    int digits = 0;
    for (; digits < 6 && at_digit(reader); digits++)
        value = value * 10 + (*reader->at++ - '0');
    for (; digits < 6; digits++)
        value *= 10;

    bool up = at_digit(reader) && *reader->at >= '5';
    bool rounded = false;
    for (; at_digit(reader); reader->at++)
        rounded = rounded || *reader->at != '0';
    *microseconds = value + up;
    return rounded ? CC_DATETIME_ROUNDED : CC_DATETIME_OK;
}

static enum cc_datetime_status read_time(struct reader *reader,
                                         int64_t *microseconds)
{
    int hour = read_number(reader, 1, 2);
    if (hour < 0 || hour > 23 || !accept(reader, ':'))
        return CC_DATETIME_LOST;
    int minute = read_number(reader, 2, 2);
    if (minute < 0 || minute > 59)
        return CC_DATETIME_LOST;
    int second = accept(reader, ':') ? read_number(reader, 2, 2) : 0;
    if (second < 0 || second > 59)
        return CC_DATETIME_LOST;

    int64_t fraction = 0;
    enum cc_datetime_status status = CC_DATETIME_OK;
    if (accept(reader, '.'))
        status = read_fraction(reader, &fraction);
    int64_t seconds = hour * 3600 + minute * 60 + second;
    *microseconds = seconds * CC_US_PER_SECOND + fraction;
    return status;
}

/* An offset from UTC in seconds; *found tells whether there is one. false when
 * it is malformed. */
static bool read_offset(struct reader *reader, bool *found, int64_t *seconds)
{
    *found = true;
    *seconds = 0;
    (void)accept(reader, ' ');
    if (accept(reader, 'Z') || accept_word(reader, "UTC") ||
        accept_word(reader, "GMT"))
        return true;
    bool negative = accept(reader, '-');
    if (!negative && !accept(reader, '+'))
    {
        *found = false;
        return true;
    }
    int hours = read_number(reader, 1, 2);
    int minutes = 0;
    int rest = 0;
    if (accept(reader, ':') || at_digit(reader))
        minutes = read_number(reader, 2, 2);
    if (accept(reader, ':'))
        rest = read_number(reader, 2, 2);
    *seconds = hours * 3600 + minutes * 60 + rest;
    if (negative)
        *seconds = -*seconds;
    return hours >= 0 && minutes >= 0 && rest >= 0 && minutes < 60 && rest < 60;
}

static bool in_range(int64_t microseconds)
{
    return microseconds >= CC_FIRST_DAY * CC_US_PER_DAY &&
           microseconds < (CC_LAST_DAY + 1) * CC_US_PER_DAY;
}

enum cc_datetime_status cc_date_parse(const char *text, size_t size,
                                      int64_t *days)
{
    int64_t microseconds = 0;
    enum cc_datetime_status status =
        cc_timestamp_parse(text, size, false, &microseconds);
    if (status > CC_DATETIME_ROUNDED)
        return status;
    if (status == CC_DATETIME_ROUNDED || microseconds % CC_US_PER_DAY != 0)
        return CC_DATETIME_LOST;
    *days = microseconds / CC_US_PER_DAY;
    return CC_DATETIME_OK;
}

enum cc_datetime_status cc_time_parse(const char *text, size_t size,
                                      int64_t *microseconds)
{
    struct reader reader = {text, text + size};
    enum cc_datetime_status status = read_time(&reader, microseconds);
    if (status > CC_DATETIME_ROUNDED || reader.at != reader.end)
        return CC_DATETIME_LOST;
    /* Midnight of the next day is no time of this one. */
    if (*microseconds == CC_US_PER_DAY)
        *microseconds = CC_US_PER_DAY - 1;
    return status;
}

static enum cc_datetime_status read_timestamp(struct reader *reader, bool zoned,
                                              int64_t *microseconds)
{
    int64_t days = 0;
    enum cc_datetime_status status = read_date(reader, &days);
    if (status != CC_DATETIME_OK)
        return status;
    int64_t time = 0;
    if (accept(reader, ' ') || accept(reader, 'T'))
        status = read_time(reader, &time);
    bool found;
    int64_t offset;
    if (status == CC_DATETIME_LOST || !read_offset(reader, &found, &offset) ||
        (found && !zoned))
        return CC_DATETIME_LOST;
    *microseconds = days * CC_US_PER_DAY + time - offset * CC_US_PER_SECOND;
    return status;
}

enum cc_datetime_status cc_timestamp_parse(const char *text, size_t size,
                                           bool zoned, int64_t *microseconds)
{
    struct reader reader = {text, text + size};
    enum cc_datetime_status status =
        read_timestamp(&reader, zoned, microseconds);
    if (status > CC_DATETIME_ROUNDED)
        return status;
    if (reader.at != reader.end)
        return CC_DATETIME_LOST;
    /* The last half microsecond of the year 9999 rounds to what it is in. */
    if (status == CC_DATETIME_ROUNDED && !in_range(*microseconds))
        --*microseconds;
    return in_range(*microseconds) ? status : CC_DATETIME_LOST;
}

/* ---- writing ---- */

/* Year 0 is 1 BC. */
static size_t put_date(int64_t days, bool *before_christ, char *out)
{
    int64_t year;
    int month, day;
    cc_civil_from_days(days, &year, &month, &day);
    *before_christ = year <= 0;
    return (size_t)snprintf(out, CC_DATETIME_TEXT_SIZE,
                            "%04" PRId64 "-%02d-%02d",
                            *before_christ ? 1 - year : year, month, day);
}

static size_t put_era(bool before_christ, size_t length, char *out)
{
    if (before_christ)
        memcpy(out + length, " BC", 4);
    return length + (before_christ ? 3 : 0);
}

size_t cc_date_format(int64_t days, char out[CC_DATETIME_TEXT_SIZE])
{
    bool before_christ;
    size_t length = put_date(days, &before_christ, out);
    return put_era(before_christ, length, out);
}

size_t cc_time_format(int64_t microseconds, char out[CC_DATETIME_TEXT_SIZE])
{
    uint64_t magnitude =
        microseconds < 0 ? 0 - (uint64_t)microseconds : (uint64_t)microseconds;
    uint64_t seconds = magnitude / CC_US_PER_SECOND;
    int fraction = (int)(magnitude % CC_US_PER_SECOND);
    size_t length = (size_t)snprintf(
        out, CC_DATETIME_TEXT_SIZE, "%s%02" PRIu64 ":%02d:%02d",
        microseconds < 0 ? "-" : "", seconds / 3600, (int)(seconds / 60 % 60),
        (int)(seconds % 60));
    if (fraction == 0)
        return length;
    length += (size_t)snprintf(out + length, CC_DATETIME_TEXT_SIZE - length,
                               ".%06d", fraction);
    while (out[length - 1] == '0')
        out[--length] = '\0';
    return length;
}

size_t cc_timestamp_format(int64_t microseconds, bool zoned,
                           char out[CC_DATETIME_TEXT_SIZE])
{
    int64_t days = floor_divide(microseconds, CC_US_PER_DAY);
    bool before_christ;
    size_t length = put_date(days, &before_christ, out);
    out[length++] = ' ';
    int64_t of_day = microseconds % CC_US_PER_DAY;
    char time[CC_DATETIME_TEXT_SIZE];
    size_t time_length =
        cc_time_format(of_day < 0 ? of_day + CC_US_PER_DAY : of_day, time);
    memcpy(out + length, time, time_length + 1);
    length += time_length;
    if (zoned)
        memcpy(out + length, "+00", 4);
    return put_era(before_christ, length + (zoned ? 3 : 0), out);
}
