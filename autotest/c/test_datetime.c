/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "column/datetime.h"

#include <string.h>

#define DAY CC_US_PER_DAY
#define HOUR (INT64_C(3600) * CC_US_PER_SECOND)

static void test_civil(void **state)
{
    (void)state;
    assert_int_equal(cc_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(cc_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(cc_days_from_civil(2000, 1, 1), 10957);
    assert_int_equal(cc_days_from_civil(2000, 3, 1), 11017);
    assert_int_equal(cc_days_from_civil(1900, 3, 1), -25508);
    assert_int_equal(cc_days_from_civil(1, 1, 1), CC_FIRST_DAY);
    assert_int_equal(cc_days_from_civil(9999, 12, 31), CC_LAST_DAY);
    assert_int_equal(cc_days_from_civil(-4713, 11, 24), -2440588);
}

/* Every day there is, forth and back, one after the other. */
static void test_civil_all(void **state)
{
    (void)state;
    int64_t year = 0;
    int month = 0, day = 0;
    for (int64_t days = CC_FIRST_DAY - 800000; days <= CC_LAST_DAY; days++)
    {
        int64_t last_year = year;
        int last_month = month, last_day = day;
        cc_civil_from_days(days, &year, &month, &day);
        bool next = (day == last_day + 1 && month == last_month) ||
                    (day == 1 && month == last_month + 1) ||
                    (day == 1 && month == 1 && year == last_year + 1) ||
                    last_month == 0;
        if (!next || cc_days_from_civil(year, month, day) != days)
            fail_msg("%lld", (long long)days);
    }
}

struct parse_case
{
    const char *text;
    enum cc_datetime_status status;
    int64_t value;
};

static void test_date(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"1970-01-02", CC_DATETIME_OK, 1},
        {"2020-02-29", CC_DATETIME_OK, 18321},
        {"0001-01-01", CC_DATETIME_OK, CC_FIRST_DAY},
        {"9999-12-31", CC_DATETIME_OK, CC_LAST_DAY},
        {"1970-01-02 00:00:00", CC_DATETIME_OK, 1},
        {"1970-01-02 00:00:01", CC_DATETIME_LOST, 0},
        {"0000-00-00", CC_DATETIME_ZERO, 0},
        {"2020-00-00", CC_DATETIME_ZERO, 0},
        {"2020-02-00", CC_DATETIME_ZERO, 0},
        {"2020-00-05", CC_DATETIME_ZERO, 0},
        {"0000-05-05", CC_DATETIME_ZERO, 0},
        {"2019-02-29", CC_DATETIME_LOST, 0},
        {"2020-02-31", CC_DATETIME_LOST, 0},
        {"2020-13-01", CC_DATETIME_LOST, 0},
        {"10000-01-01", CC_DATETIME_LOST, 0},
        {"0044-03-15 BC", CC_DATETIME_LOST, 0},
        {"-0044-03-15", CC_DATETIME_LOST, 0},
        {"infinity", CC_DATETIME_LOST, 0},
        {"-infinity", CC_DATETIME_LOST, 0},
        {"20-01-02", CC_DATETIME_LOST, 0},
        {"2020-01", CC_DATETIME_LOST, 0},
        {"2020-01-02x", CC_DATETIME_LOST, 0},
        {"", CC_DATETIME_LOST, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        int64_t days = 0;
        assert_int_equal(
            cc_date_parse(cases[i].text, strlen(cases[i].text), &days),
            cases[i].status);
        if (cases[i].status == CC_DATETIME_OK)
            assert_int_equal(days, cases[i].value);
    }
}

static void test_time(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"00:00:00", CC_DATETIME_OK, 0},
        {"01:00", CC_DATETIME_OK, HOUR},
        {"1:00:00", CC_DATETIME_OK, HOUR},
        {"23:59:59.999999", CC_DATETIME_OK, DAY - 1},
        {"00:00:00.5", CC_DATETIME_OK, 500000},
        {"00:00:00.123", CC_DATETIME_OK, 123000},
        {"00:00:00.1234560", CC_DATETIME_OK, 123456},
        {"00:00:00.1234564", CC_DATETIME_ROUNDED, 123456},
        {"00:00:00.1234565", CC_DATETIME_ROUNDED, 123457},
        {"00:00:00.123456001", CC_DATETIME_ROUNDED, 123456},
        {"00:00:00.9999999", CC_DATETIME_ROUNDED, 1000000},
        {"23:59:59.9999999", CC_DATETIME_ROUNDED, DAY - 1},
        {"24:00:00", CC_DATETIME_LOST, 0},
        {"23:59:60", CC_DATETIME_LOST, 0},
        {"23:60:00", CC_DATETIME_LOST, 0},
        {"-10:00:00", CC_DATETIME_LOST, 0},
        {"838:59:59", CC_DATETIME_LOST, 0},
        {"-838:59:59", CC_DATETIME_LOST, 0},
        {"12:00:00+02", CC_DATETIME_LOST, 0},
        {"12", CC_DATETIME_LOST, 0},
        {"12:0:00", CC_DATETIME_LOST, 0},
        {"", CC_DATETIME_LOST, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        int64_t value = 0;
        assert_int_equal(
            cc_time_parse(cases[i].text, strlen(cases[i].text), &value),
            cases[i].status);
        if (cases[i].status < CC_DATETIME_ZERO)
            assert_int_equal(value, cases[i].value);
    }
}

static void check_timestamps(const struct parse_case *cases, size_t count,
                             bool zoned)
{
    for (size_t i = 0; i < count; i++)
    {
        int64_t value = 0;
        assert_int_equal(cc_timestamp_parse(cases[i].text,
                                            strlen(cases[i].text), zoned,
                                            &value),
                         cases[i].status);
        if (cases[i].status < CC_DATETIME_ZERO)
            assert_int_equal(value, cases[i].value);
    }
}

static void test_timestamp(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"1970-01-02 01:00:00", CC_DATETIME_OK, DAY + HOUR},
        {"1970-01-02T01:00:00.25", CC_DATETIME_OK, DAY + HOUR + 250000},
        {"1970-01-02", CC_DATETIME_OK, DAY},
        {"1969-12-31 23:59:59.999999", CC_DATETIME_OK, -1},
        {"1969-12-31 23:59:59.9999996", CC_DATETIME_ROUNDED, 0},
        {"9999-12-31 23:59:59.999999", CC_DATETIME_OK,
         (CC_LAST_DAY + 1) * DAY - 1},
        {"9999-12-31 23:59:59.9999999", CC_DATETIME_ROUNDED,
         (CC_LAST_DAY + 1) * DAY - 1},
        {"0000-00-00 00:00:00", CC_DATETIME_ZERO, 0},
        {"2020-01-02 24:00:00", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05 BC", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05+02", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05Z", CC_DATETIME_LOST, 0},
        {"2020-01-02 ", CC_DATETIME_LOST, 0},
        {"2020-01-02x03:04:05", CC_DATETIME_LOST, 0},
        {"infinity", CC_DATETIME_LOST, 0}};
    check_timestamps(cases, sizeof cases / sizeof *cases, false);
}

static void test_timestamp_zoned(void **state)
{
    (void)state;
    static const struct parse_case cases[] = {
        {"1970-01-02 01:00:00+00", CC_DATETIME_OK, DAY + HOUR},
        {"1970-01-02 01:00:00", CC_DATETIME_OK, DAY + HOUR},
        {"1970-01-02T01:00:00Z", CC_DATETIME_OK, DAY + HOUR},
        {"1970-01-02 01:00:00 UTC", CC_DATETIME_OK, DAY + HOUR},
        {"1970-01-02 01:00:00+05:30", CC_DATETIME_OK, DAY - 9 * HOUR / 2},
        {"1970-01-02 01:00:00 +0530", CC_DATETIME_OK, DAY - 9 * HOUR / 2},
        {"1970-01-02 01:00:00.5-08", CC_DATETIME_OK, DAY + 9 * HOUR + 500000},
        {"1970-01-02 01:00:00+01:00:10", CC_DATETIME_OK,
         DAY - 10 * CC_US_PER_SECOND},
        {"1970-01-02 01:00:00.0000004-01", CC_DATETIME_ROUNDED, DAY + 2 * HOUR},
        {"0001-01-01 00:00:00+01", CC_DATETIME_LOST, 0},
        {"9999-12-31 23:59:59-01", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05 Europe/Paris", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05+", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05+05:6", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05+05:60", CC_DATETIME_LOST, 0},
        {"2020-01-02 03:04:05+02 BC", CC_DATETIME_LOST, 0}};
    check_timestamps(cases, sizeof cases / sizeof *cases, true);
}

static void assert_formatted(size_t length, const char *text,
                             const char *expected)
{
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

static void test_format(void **state)
{
    (void)state;
    char text[CC_DATETIME_TEXT_SIZE];
    assert_formatted(cc_date_format(0, text), text, "1970-01-01");
    assert_formatted(cc_date_format(CC_FIRST_DAY - 1, text), text,
                     "0001-12-31 BC");
    assert_formatted(cc_date_format(CC_LAST_DAY + 1, text), text,
                     "10000-01-01");
    assert_formatted(cc_time_format(0, text), text, "00:00:00");
    assert_formatted(cc_time_format(HOUR + 20000, text), text, "01:00:00.02");
    assert_formatted(cc_time_format(DAY, text), text, "24:00:00");
    assert_formatted(cc_time_format(-838 * HOUR - 500000, text), text,
                     "-838:00:00.5");
    assert_formatted(cc_time_format(INT64_MIN, text), text,
                     "-2562047788:00:54.775808");
    assert_formatted(cc_timestamp_format(-1, false, text), text,
                     "1969-12-31 23:59:59.999999");
    assert_formatted(cc_timestamp_format(DAY, true, text), text,
                     "1970-01-02 00:00:00+00");
    assert_formatted(cc_timestamp_format((CC_FIRST_DAY - 1) * DAY, true, text),
                     text, "0001-12-31 00:00:00+00 BC");
    assert_formatted(cc_timestamp_format(INT64_MAX, true, text), text,
                     "294247-01-10 04:00:54.775807+00");
    assert_formatted(cc_timestamp_format(INT64_MIN, false, text), text,
                     "290309-12-21 19:59:05.224192 BC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civil),
        cmocka_unit_test(test_civil_all),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_timestamp),
        cmocka_unit_test(test_timestamp_zoned),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
