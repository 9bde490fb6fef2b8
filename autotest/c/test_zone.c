/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "column/datetime.h"
#include "column/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- a database of one region ---- */

static char folder[] = "/tmp/cartoconn_zone.XXXXXX";

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && setenv("TZDIR", folder, 1) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    char path[64];
    (void)state;
    snprintf(path, sizeof path, "%s/Zone", folder);
    (void)unlink(path);
    return rmdir(folder);
}

struct file
{
    uint8_t data[1024];
    size_t size;
};

static void put(struct file *file, const void *data, size_t size)
{
    assert_true(file->size + size <= sizeof file->data);
    memcpy(file->data + file->size, data, size);
    file->size += size;
}

static void put_number(struct file *file, int64_t number, unsigned bytes)
{
    while (bytes-- > 0)
        put(file, &(uint8_t){(uint8_t)((uint64_t)number >> 8 * bytes)}, 1);
}

static void put_header(struct file *file, int64_t times, int64_t types)
{
    static const char begin[32] = "TZif2";
    put(file, begin, sizeof begin);
    put_number(file, times, 4);
    put_number(file, types, 4);
    put_number(file, 4, 4);
}

static void put_type(struct file *file, int64_t offset)
{
    put_number(file, offset, 4);
    put_number(file, 0, 2);
}

/* Two offsets, and changes between them at these times; then the rule. */
static struct file region(const int64_t *times, size_t count, const char *rule)
{
    struct file file = {.size = 0};
    put_header(&file, 0, 1);
    put_type(&file, 0);
    put(&file, "LMT", 4);
    put_header(&file, (int64_t)count, 2);
    for (size_t i = 0; i < count; i++)
        put_number(&file, times[i], 8);
    for (size_t i = 0; i < count; i++)
        put_number(&file, (int64_t)(i + 1) % 2, 1);
    put_type(&file, -18000);
    put_type(&file, -14400);
    put(&file, "LMT", 4);
    put(&file, "\n", 1);
    put(&file, rule, strlen(rule));
    put(&file, "\n", 1);
    return file;
}

static int load(const struct file *file, size_t size, struct cc_zone **zone)
{
    char path[64];
    snprintf(path, sizeof path, "%s/Zone", folder);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    assert_int_equal(fwrite(file->data, 1, size, out), size);
    assert_int_equal(fclose(out), 0);
    return cc_zone_load("Zone", 4, zone);
}

static int64_t seconds_of(const char *text)
{
    int64_t microseconds;
    assert_int_equal(
        cc_timestamp_parse(text, strlen(text), false, &microseconds), 0);
    return microseconds / CC_US_PER_SECOND;
}

static void assert_offset(const struct cc_zone *zone, const char *local,
                          int64_t expected)
{
    assert_int_equal(cc_zone_offset(zone, seconds_of(local)), expected);
}

/* ---- tests ---- */

/* New York in 2007, then by rule. */
static void test_offsets(void **state)
{
    const int64_t times[] = {1173596400, 1194156000};
    const struct file file = region(times, 2, "EST5EDT,M3.2.0,M11.1.0");
    struct cc_zone *zone;
    (void)state;
    assert_int_equal(load(&file, file.size, &zone), 0);
    assert_offset(zone, "1900-01-01 00:00:00", -18000);
    assert_offset(zone, "2007-03-11 01:59:59", -18000);
    /* there is no such time: as before */
    assert_offset(zone, "2007-03-11 02:30:00", -18000);
    assert_offset(zone, "2007-03-11 03:00:00", -14400);
    /* there is twice: the first */
    assert_offset(zone, "2007-11-04 01:30:00", -14400);
    assert_offset(zone, "2007-11-04 02:00:00", -18000);
    assert_offset(zone, "2024-03-10 01:59:59", -18000);
    assert_offset(zone, "2024-03-10 03:00:00", -14400);
    assert_offset(zone, "2024-11-03 01:59:59", -14400);
    assert_offset(zone, "2024-11-03 02:00:00", -18000);
    assert_offset(zone, "9999-07-01 00:00:00", -14400);
    cc_zone_free(zone);
}

static void test_rules(void **state)
{
    static const struct
    {
        const char *rule;
        const char *local;
        int64_t offset;
    } rules[] = {
        {"<+01>-1", "2050-07-01 00:00:00", 3600},
        {"<-0330>3:30", "2050-07-01 00:00:00", -12600},
        /* the last Sunday at one o'clock UTC */
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2024-03-31 01:59:59", 3600},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2024-03-31 03:00:00", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2024-10-27 02:59:59", 7200},
        {"CET-1CEST,M3.5.0,M10.5.0/3", "2024-10-27 03:00:00", 3600},
        /* the summer of the south lasts over the new year */
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2024-01-01 00:00:00", 39600},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2024-07-01 00:00:00", 36000},
        {"AEST-10AEDT,M10.1.0,M4.1.0/3", "2024-12-31 00:00:00", 39600},
        /* a summer time of its own, changes on the day after and before */
        {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2024-01-01 00:00:00", 39600},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2024-03-30 01:59:59", 7200},
        {"EET-2EEST,M3.4.4/50,M10.4.4/50", "2024-03-30 03:00:00", 10800},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2024-03-30 22:59:59", -7200},
        {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2024-03-31 00:00:00", -3600},
        /* no rule that is understood: as after the last change */
        {"EST5EDT,J60,J300", "2024-07-01 00:00:00", -18000},
        {"", "2024-07-01 00:00:00", -18000},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
    {
        const struct file file = region(NULL, 0, rules[i].rule);
        struct cc_zone *zone;
        assert_int_equal(load(&file, file.size, &zone), 0);
        assert_offset(zone, rules[i].local, rules[i].offset);
        cc_zone_free(zone);
    }
}

/* A file that is cut is none. */
static void test_cut(void **state)
{
    const int64_t times[] = {1173596400, 1194156000};
    const struct file file = region(times, 2, "EST5EDT,M3.2.0,M11.1.0");
    struct cc_zone *zone = NULL;
    (void)state;
    size_t rule = strlen("\nEST5EDT,M3.2.0,M11.1.0\n");
    for (size_t size = 0; size < file.size; size++)
    {
        int status = load(&file, size, &zone);
        assert_int_equal(status, size < file.size - rule ? 1 : 0);
        if (status == 0)
            cc_zone_free(zone);
    }
}

static void test_malformed(void **state)
{
    const int64_t times[] = {1173596400, 1194156000};
    const struct file good = region(times, 2, "");
    struct cc_zone *zone = NULL;
    (void)state;
    struct file bad = good;
    bad.data[0] = 'X';
    assert_int_equal(load(&bad, bad.size, &zone), 1);
    /* a version without 64-bit times */
    bad = good;
    bad.data[4] = 0;
    assert_int_equal(load(&bad, bad.size, &zone), 1);
    /* counts that overflow */
    bad = good;
    memset(bad.data + 20, 0xFF, 24);
    assert_int_equal(load(&bad, bad.size, &zone), 1);
    /* a type that is not there */
    bad = good;
    bad.data[44 + 10 + 44 + 16] = 2;
    assert_int_equal(load(&bad, bad.size, &zone), 1);
}

static void test_names(void **state)
{
    static const char *const names[] = {
        "", "Nowhere", "../Zone", "/etc/passwd", "Zone\n", "Zone x", "."};
    struct cc_zone *zone = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(cc_zone_load(names[i], strlen(names[i]), &zone), 1);
    assert_null(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_offsets), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_cut),     cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
