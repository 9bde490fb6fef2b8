/* SPDX-License-Identifier: MIT */
#include "zone.h"

#include "buffer.h"
#include "datetime.h"

#include <stdbool.h>
#include <stdio.h>

#define MAX_NAME 64
#define MAX_FILE ((size_t)1 << 20)
#define HEADER_SIZE 44

/* When a year's time changes: the `week`-th `weekday` of `month`, 5 for the
 * last, `seconds` after its midnight. */
struct change
{
    int month;
    int week;
    int weekday;
    int64_t seconds;
};

struct cc_zone
{
    struct cc_buffer file;
    /* of the file: */
    const uint8_t *times;   /* when the offset changes: 64-bit, big-endian */
    const uint8_t *indices; /* to which type: a byte each */
    const uint8_t *types;   /* six bytes, an offset first */
    size_t time_count;
    size_t type_count;
    /* its last line, for what is later than all of these: */
    bool has_rule;
    bool has_summer;
    int64_t winter_offset;
    int64_t summer_offset;
    struct change to_summer;
    struct change to_winter;
};

static uint32_t load32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
           (uint32_t)data[2] << 8 | data[3];
}

static int64_t load64(const uint8_t *data)
{
    return (int64_t)((uint64_t)load32(data) << 32 | load32(data + 4));
}

/* ---- the rule of the last line (POSIX, TZ; RFC 8536, section 3.3) ---- */

/* "EST" or "<-03>" */
static bool skip_name(const char **at)
{
    const char *begin = *at;
    if (**at == '<')
        while (**at && *(*at)++ != '>')
            continue;
    else
        while ((**at >= 'A' && **at <= 'Z') || (**at >= 'a' && **at <= 'z'))
            ++*at;
    return *at - begin >= 3;
}

static int64_t read_number(const char **at)
{
    int64_t number = 0;
    while (**at >= '0' && **at <= '9' && number < 100000)
        number = number * 10 + (*(*at)++ - '0');
    return number;
}

/* "[+-]hh[:mm[:ss]]" */
static int64_t read_time(const char **at)
{
    bool negative = **at == '-';
    if (**at == '-' || **at == '+')
        ++*at;
    int64_t seconds = read_number(at) * 3600;
    for (int64_t unit = 60; unit > 0 && **at == ':'; unit /= 60)
    {
        ++*at;
        seconds += read_number(at) * unit;
    }
    return negative ? -seconds : seconds;
}

/* ",Mm.w.d[/time]"; days counted otherwise are not in the database. */
static bool read_change(const char **at, struct change *change)
{
    if ((*at)[0] != ',' || (*at)[1] != 'M')
        return false;
    *at += 2;
    change->month = (int)read_number(at);
    if (*(*at)++ != '.')
        return false;
    change->week = (int)read_number(at);
    if (*(*at)++ != '.')
        return false;
    change->weekday = (int)read_number(at);
    change->seconds = 7200;
    if (**at == '/')
    {
        ++*at;
        change->seconds = read_time(at);
    }
    return change->month >= 1 && change->month <= 12 && change->week >= 1 &&
           change->week <= 5 && change->weekday <= 6;
}

/* Offsets count westwards here. */
static bool read_rule(const char *at, struct cc_zone *zone)
{
    if (!skip_name(&at))
        return false;
    zone->winter_offset = -read_time(&at);
    zone->summer_offset = zone->winter_offset + 3600;
    zone->has_summer = *at != '\n';
    if (!zone->has_summer)
        return true;
    if (!skip_name(&at))
        return false;
    if (*at != ',')
        zone->summer_offset = -read_time(&at);
    return read_change(&at, &zone->to_summer) &&
           read_change(&at, &zone->to_winter) && *at == '\n';
}

/* In seconds of the year's local time, as if that were UTC. */
static int64_t time_of(const struct change *change, int64_t year)
{
    int64_t first = cc_days_from_civil(year, change->month, 1);
    int64_t next = change->month == 12
                       ? cc_days_from_civil(year + 1, 1, 1)
                       : cc_days_from_civil(year, change->month + 1, 1);
    /* 1970-01-01 was a Thursday */
    int64_t weekday = ((first + 4) % 7 + 7) % 7;
    int64_t day = first + (change->weekday - weekday + 7) % 7 +
                  INT64_C(7) * (change->week - 1);
    if (day >= next)
        day -= 7;
    return day * CC_SECONDS_PER_DAY + change->seconds;
}

static int64_t offset_by_rule(const struct cc_zone *zone, int64_t utc)
{
    int64_t year;
    int month, day;
    if (!zone->has_summer)
        return zone->winter_offset;
    int64_t local = utc + zone->winter_offset;
    int64_t days = local / CC_SECONDS_PER_DAY;
    if (local % CC_SECONDS_PER_DAY < 0)
        days--;
    cc_civil_from_days(days, &year, &month, &day);
    int64_t begin = time_of(&zone->to_summer, year) - zone->winter_offset;
    int64_t end = time_of(&zone->to_winter, year) - zone->summer_offset;
    bool summer =
        begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
    return summer ? zone->summer_offset : zone->winter_offset;
}

/* ---- the file ---- */

/* Length of the data that a header announces; its times have `width` bytes. */
static uint64_t data_size(const uint8_t *header, uint64_t width)
{
    uint64_t is_utc = load32(header + 20);
    uint64_t is_standard = load32(header + 24);
    uint64_t leaps = load32(header + 28);
    uint64_t times = load32(header + 32);
    uint64_t types = load32(header + 36);
    uint64_t characters = load32(header + 40);
    return times * (width + 1) + types * 6 + characters + leaps * (width + 4) +
           is_standard + is_utc;
}

static bool is_header(const struct cc_buffer *file, uint64_t at)
{
    return file->size >= HEADER_SIZE && at <= file->size - HEADER_SIZE &&
           memcmp(file->data + at, "TZif", 4) == 0 && file->data[at + 4] >= '2';
}

static bool indices_are_valid(const struct cc_zone *zone)
{
    for (size_t i = 0; i < zone->time_count; i++)
    {
        if (zone->indices[i] >= zone->type_count)
            return false;
    }
    return zone->type_count > 0;
}

/* What is in it for 32 bits comes first and is passed over. The file ends with
 * a NUL that is not its own. */
static bool parse_file(struct cc_zone *zone)
{
    const struct cc_buffer *file = &zone->file;
    if (!is_header(file, 0))
        return false;
    uint64_t second = HEADER_SIZE + data_size(file->data, 4);
    if (!is_header(file, second))
        return false;
    const uint8_t *header = file->data + second;
    const uint8_t *data = header + HEADER_SIZE;
    uint64_t size = data_size(header, 8);
    if (size >= file->size - (size_t)(data - file->data))
        return false;
    zone->time_count = load32(header + 32);
    zone->type_count = load32(header + 36);
    zone->times = data;
    zone->indices = data + zone->time_count * 8;
    zone->types = zone->indices + zone->time_count;
    const char *last_line = (const char *)data + size;
    zone->has_rule = *last_line == '\n' && read_rule(last_line + 1, zone);
    return indices_are_valid(zone);
}

static bool is_region(const char *name, size_t size)
{
    if (size == 0 || size > MAX_NAME || *name == '/')
        return false;
    for (size_t i = 0; i < size; i++)
    {
        char c = name[i];
        bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     (c >= '0' && c <= '9') || c == '_' || c == '-' ||
                     c == '+' || c == '/';
        if (!known)
            return false;
    }
    return true;
}

static int read_file(FILE *file, struct cc_buffer *out)
{
    size_t got = 1;
    while (got > 0 && out->size < MAX_FILE)
    {
        if (cc_buffer_reserve(out, 4096) != 0)
            return -1;
        got = fread(out->data + out->size, 1, 4095, file);
        out->size += got;
    }
    return cc_buffer_append(out, "", 1);
}

int cc_zone_load(const char *name, size_t size, struct cc_zone **zone)
{
    const char *folder = getenv("TZDIR");
    char path[4096];
    if (!is_region(name, size))
        return 1;
    int length =
        snprintf(path, sizeof path, "%s/%.*s",
                 folder ? folder : "/usr/share/zoneinfo", (int)size, name);
    FILE *file =
        length > 0 && (size_t)length < sizeof path ? fopen(path, "rb") : NULL;
    if (!file)
        return 1;
    struct cc_zone *loaded = calloc(1, sizeof *loaded);
    int status = loaded ? read_file(file, &loaded->file) : -1;
    (void)fclose(file);
    if (status == 0 && !parse_file(loaded))
        status = 1;
    if (status == 0)
        *zone = loaded;
    else
        cc_zone_free(loaded);
    return status;
}

void cc_zone_free(struct cc_zone *zone)
{
    if (!zone)
        return;
    cc_buffer_free(&zone->file);
    free(zone);
}

/* ---- offsets ---- */

static int64_t offset_at(const struct cc_zone *zone, int64_t utc)
{
    size_t first = 0;
    size_t count = zone->time_count;
    while (count > 0)
    {
        size_t half = count / 2;
        bool after = load64(zone->times + 8 * (first + half)) <= utc;
        first = after ? first + half + 1 : first;
        count = after ? count - half - 1 : half;
    }
    if (first == zone->time_count && zone->has_rule)
        return offset_by_rule(zone, utc);
    size_t type = first > 0 ? zone->indices[first - 1] : 0;
    return (int32_t)load32(zone->types + 6 * type);
}

int64_t cc_zone_offset(const struct cc_zone *zone, int64_t local)
{
    int64_t before = offset_at(zone, local - CC_SECONDS_PER_DAY);
    int64_t after = offset_at(zone, local + CC_SECONDS_PER_DAY);
    return offset_at(zone, local - before) == before ||
                   offset_at(zone, local - after) != after
               ? before
               : after;
}
