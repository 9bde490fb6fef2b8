/* SPDX-License-Identifier: MIT */
/*
 * Dates and times: the text forms of the servers to the integers of the Arrow
 * columns and back. The calendar is the proleptic Gregorian one. Nothing here
 * depends on the process locale or time zone.
 */
#ifndef CC_COLUMN_DATETIME_H
#define CC_COLUMN_DATETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

#define CC_US_PER_SECOND INT64_C(1000000)
#define CC_SECONDS_PER_DAY INT64_C(86400)
#define CC_US_PER_DAY (CC_SECONDS_PER_DAY * CC_US_PER_SECOND)

/* 0001-01-01 and 9999-12-31 in days since 1970-01-01: what OGR can hold. */
#define CC_FIRST_DAY INT64_C(-719162)
#define CC_LAST_DAY INT64_C(2932896)

enum cc_datetime_status
{
    CC_DATETIME_OK = 0,
    CC_DATETIME_ROUNDED, /* OK, but digits beyond microseconds were not 0 */
    CC_DATETIME_ZERO,    /* a zero or partial date: 2020-00-00 */
    CC_DATETIME_LOST     /* infinity, BC, year > 9999, 24:00, -10:00:00, a
                                day the month does not have, any other text */
};

/* Days since 1970-01-01 of a date, and back; any year that fits. */
int64_t cc_days_from_civil(int64_t year, int month, int day);
void cc_civil_from_days(int64_t days, int64_t *year, int *month, int *day);

/* "2020-01-02", to days. A time of day that is zero may follow. */
enum cc_datetime_status cc_date_parse(const char *text, size_t size,
                                      int64_t *days);

/* "03:04:05.123456", seconds optional, to microseconds since midnight. A
 * zone is none of it: such text is lost. */
enum cc_datetime_status cc_time_parse(const char *text, size_t size,
                                      int64_t *microseconds);

/*
 * "2020-01-02 03:04:05.123456", 'T' allowed in between, the time optional,
 * to microseconds since 1970-01-01. With `zoned` an offset ("Z", "UTC",
 * "+05", "+0530", "+05:30", "+05:30:10", a blank before it allowed) is
 * applied, and text without one is UTC; otherwise text with one is lost.
 */
enum cc_datetime_status cc_timestamp_parse(const char *text, size_t size,
                                           bool zoned, int64_t *microseconds);

/* ISO text, NUL-terminated; fractions only as long as needed. Return the
 * length. Years outside 1..9999 are written as PostgreSQL does ("0044-03-15
 * BC"), times outside a day as MySQL does ("-838:59:59"). */
#define CC_DATETIME_TEXT_SIZE 64
size_t cc_date_format(int64_t days, char out[CC_DATETIME_TEXT_SIZE]);
size_t cc_time_format(int64_t microseconds, char out[CC_DATETIME_TEXT_SIZE]);
size_t cc_timestamp_format(int64_t microseconds, bool zoned,
                           char out[CC_DATETIME_TEXT_SIZE]);

#ifdef __cplusplus
}
#endif

#endif
