/* SPDX-License-Identifier: MIT */
#include "datetime.h"

#include <stdio.h>
#include <string.h>

struct parsed
{
    bool has_date, has_time, has_zone;
    int year, month, day, hour, minute, second;
    char fraction[8]; /* ".123456", or "" */
    char sign;
    int zone_hour, zone_minute;
};

/* Reads `digits` digits at *text into *value. */
static bool number(const char **text, int digits, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++)
    {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return false;
        *value = *value * 10 + (c - '0');
    }
    *text += digits;
    return true;
}

static bool character(const char **text, const char *allowed)
{
    if (**text == '\0' || !strchr(allowed, **text))
        return false;
    (*text)++;
    return true;
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool parse_date(const char **text, struct parsed *p)
{
    p->has_date = true;
    return number(text, 4, &p->year) && character(text, "-/") &&
           number(text, 2, &p->month) && character(text, "-/") &&
           number(text, 2, &p->day) && p->year >= 1 && p->month >= 1 &&
           p->month <= 12 && p->day >= 1 &&
           p->day <= days_in_month(p->year, p->month);
}

static bool parse_fraction(const char **text, struct parsed *p)
{
    size_t digits = strspn(*text + 1, "0123456789");
    if (digits < 1 || digits + 1 >= sizeof p->fraction)
        return false;
    memcpy(p->fraction, *text, digits + 1);
    p->fraction[digits + 1] = '\0';
    *text += digits + 1;
    return true;
}

static bool parse_time(const char **text, struct parsed *p)
{
    p->has_time = true;
    if (!number(text, 2, &p->hour) || !character(text, ":") ||
        !number(text, 2, &p->minute))
        return false;
    if (character(text, ":") && !number(text, 2, &p->second))
        return false;
    if (**text == '.' && !parse_fraction(text, p))
        return false;
    return p->hour < 24 && p->minute < 60 && p->second < 60;
}

static bool parse_zone(const char **text, struct parsed *p)
{
    p->has_zone = true;
    p->sign = **text == '-' ? '-' : '+';
    if (character(text, "Zz"))
        return true;
    if (!character(text, "+-") || !number(text, 2, &p->zone_hour))
        return false;
    (void)character(text, ":");
    if (**text && !number(text, 2, &p->zone_minute))
        return false;
    return p->zone_hour < 16 && p->zone_minute < 60;
}

static bool parse(const char *text, struct parsed *p)
{
    bool date = strlen(text) > 4 && strchr("-/", text[4]);
    if (date && !parse_date(&text, p))
        return false;
    if (*text && (!date || character(&text, " Tt")) && !parse_time(&text, p))
        return false;
    if (*text && p->has_time && !parse_zone(&text, p))
        return false;
    return *text == '\0';
}

static bool fits(enum cc_type type, const struct parsed *p)
{
    switch (type)
    {
        case CC_OUT_DATE:
            return p->has_date && !p->has_time;
        case CC_OUT_TIME:
            return p->has_time && !p->has_date && !p->has_zone;
        case CC_OUT_TIMESTAMP:
            return p->has_date && !p->has_zone;
        case CC_OUT_TIMESTAMPTZ:
            return p->has_date;
        default:
            return false;
    }
}

int cc_sql_datetime(enum cc_type type, const char *text,
                    char out[CC_DATETIME_SIZE])
{
    struct parsed p = {.sign = '+'};
    if (!parse(text, &p) || !fits(type, &p))
        return 1;
    int used = 0;
    if (type != CC_OUT_TIME)
        used = snprintf(out, CC_DATETIME_SIZE, "%04d-%02d-%02d", p.year,
                        p.month, p.day);
    if (type == CC_OUT_DATE)
        return 0;
    size_t at = (size_t)used;
    used = snprintf(out + at, CC_DATETIME_SIZE - at, "%s%02d:%02d:%02d%s",
                    type == CC_OUT_TIME ? "" : " ", p.hour, p.minute, p.second,
                    p.fraction);
    at += (size_t)used;
    if (type == CC_OUT_TIMESTAMPTZ)
        snprintf(out + at, CC_DATETIME_SIZE - at, "%c%02d:%02d", p.sign,
                 p.zone_hour, p.zone_minute);
    return 0;
}
