/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "column/number.h"

#include <locale.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef const char *(*parse)(const char *at, const char *end, double *value);

/* What cc_number_plain reads, of a copy with something behind that would go
 * on; the rest as cc_number_parse does. */
static const char *plain_or_parse(const char *at, const char *end,
                                  double *value)
{
    char window[1100 + CC_NUMBER_WINDOW];
    size_t size = (size_t)(end - at);
    memcpy(window, at, size);
    memset(window + size, '9', CC_NUMBER_WINDOW);
    window[size] = ' ';
    const char *after = cc_number_plain(window, value);
    if (!after || (*after >= '0' && *after <= '9') || (*after | 0x20) == 'e')
        return cc_number_parse(at, end, value);
    return at + (after - window);
}

#define PARSERS 3
static const parse parsers[PARSERS] = {cc_number_parse, cc_number_take,
                                       plain_or_parse};

/* The text without its terminator, at the end of an allocation. */
static void assert_number(const char *text, size_t used, double expected)
{
    size_t size = strlen(text);
    char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, text, size);
    for (size_t i = 0; i < PARSERS; i++)
    {
        double value = -1234.5;
        const char *after = parsers[i](copy, copy + size, &value);
        assert_non_null(after);
        assert_int_equal(after - copy, used);
        if (memcmp(&value, &expected, sizeof value) != 0)
            fail_msg("%s gave %.17g, not %.17g", text, value, expected);
    }
    free(copy);
}

/* What the C library makes of it in the C locale, to the last bit. */
static void assert_as_strtod(const char *text)
{
    assert_number(text, strlen(text), strtod(text, NULL));
}

static void assert_no_number(const char *text)
{
    for (size_t i = 0; i < PARSERS; i++)
    {
        double value;
        assert_null(parsers[i](text, text + strlen(text), &value));
    }
}

static void test_forms(void **state)
{
    (void)state;
    assert_number("0", 1, 0.0);
    assert_number("-0", 2, -0.0);
    assert_number("7", 1, 7.0);
    assert_number("+7", 2, 7.0);
    assert_number("-122.4194155", 12, -122.4194155);
    assert_number("5.", 2, 5.0);
    assert_number(".5", 2, 0.5);
    assert_number("-.5", 3, -0.5);
    assert_number("1e3", 3, 1000.0);
    assert_number("1.5E-3", 6, 0.0015);
    assert_number("25e+02", 6, 2500.0);
    assert_number("007", 3, 7.0);
    assert_number("12345678", 8, 12345678.0);
    assert_number("1234567890123456", 16, 1234567890123456.0);
}

static void test_stops_behind(void **state)
{
    (void)state;
    assert_number("1,5", 1, 1.0);
    assert_number("1 2", 1, 1.0);
    assert_number("1.25)", 4, 1.25);
    assert_number("1.2.3", 3, 1.2);
    assert_number("1-2", 1, 1.0);
    assert_number("10,20,30,40", 2, 10.0);
    assert_number("123456.7,1234567", 8, 123456.7);
    assert_number("1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 1, 1.0);
    assert_number("0x10", 1, 0.0);
}

static void test_no_numbers(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "-",
                                        "+",
                                        ".",
                                        "-.",
                                        "e5",
                                        "1e",
                                        "1e+",
                                        "abc",
                                        "--1",
                                        "+-1",
                                        "- 1",
                                        " 1",
                                        "inf",
                                        "nan",
                                        "1e999",
                                        "-1e400",
                                        ".e1",
                                        "1e99999999999999999999",
                                        ",5"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_no_number(texts[i]);
}

static void test_rounding(void **state)
{
    (void)state;
    static const char *const texts[] = {
        /* 53 bits and their neighbours */
        "9007199254740991", "9007199254740992", "9007199254740993",
        "9007199254740994", "9007199254740995", "18014398509481989",
        /* half way, to even, and just beyond */
        "9007199254740993.0", "9007199254740993.00000000000000000001",
        "0.500000000000000166533453693773481063544750213623046875",
        "1.00000000000000011102230246251565404236316680908203125",
        "1.00000000000000011102230246251565404236316680908203124",
        "1.00000000000000011102230246251565404236316680908203126",
        /* exact powers and beyond them */
        "1e22", "1e23", "1e-22", "1e-23", "123456789e22", "7e27", "7e28",
        "7e-27", "7e-28",
        /* as many digits as are read at once, and more */
        "1234567890123456789", "9999999999999999999", "18446744073709551615",
        "18446744073709551616", "0.1234567890123456789",
        "0.00000000000000000000001234567890123456789",
        "100000000000000000000000000000000000000000",
        /* the ends of the range */
        "2.2250738585072014e-308", "2.2250738585072011e-308", "5e-324",
        "2e-324", "1.7976931348623157e308", "0e999", "0.0e-999",
        /* typical ones */
        "-122.41941550000001", "37.774929499999999", "0.1", "0.2", "0.3",
        "179.99999999999997", "-33.868820000000004", "1.4916681462400413e-154"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_as_strtod(texts[i]);
}

/* xorshift64: the same numbers every time. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void test_random(void **state)
{
    (void)state;
    uint64_t random = 88172645463325252U;
    char text[128];
    for (int i = 0; i < 100000; i++)
    {
        uint64_t bits = next_random(&random);
        double value = (double)(int64_t)next_random(&random) / 5e16;
        int digits = (int)(bits % 21);
        snprintf(text, sizeof text, "%.*f", digits, value);
        assert_as_strtod(text);
        snprintf(text, sizeof text, "%.*g", digits, value);
        assert_as_strtod(text);
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        snprintf(text, sizeof text, "%.17g", value);
        assert_as_strtod(text);
    }
}

/* Digits of all kinds, long runs of zeros and nines among them, with the point
 * behind the first to third: as many as cc_number_plain reads at once. */
static void test_plain(void **state)
{
    (void)state;
    uint64_t random = 4101842887655102017U;
    for (int i = 0; i < 300000; i++)
    {
        uint64_t bits = next_random(&random);
        uint64_t digits = next_random(&random);
        size_t point = bits % 3 + 1;
        size_t count = point + (bits >> 8) % (18 - point);
        char text[CC_NUMBER_WINDOW + 8];
        char *at = text;
        if (bits >> 16 & 1)
            *at++ = '-';
        for (size_t digit = 0; digit < count; digit++, digits /= 10)
        {
            unsigned kind = bits >> (20 + digit) & 3;
            if (digit == point)
                *at++ = '.';
            *at++ = (char)(kind == 0   ? '0'
                           : kind == 1 ? '9'
                                       : '0' + (int)(digits % 10));
        }
        if (count == point)
            *at++ = '.';
        *at = '\0';
        assert_as_strtod(text);
        snprintf(at, sizeof text - (size_t)(at - text),
                 " 1234567890.12345678901234567890");
        double value;
        const char *after = cc_number_plain(text, &value);
        if (strtod(text, NULL) == 0)
            assert_null(after);
        else
            assert_ptr_equal(after, at);
    }
}

/* What only cc_number_parse reads. */
static void test_not_plain(void **state)
{
    (void)state;
    static const char *const texts[] = {"1",     "1000.5",  ".5",  "+1.5",
                                        "0.0",   "-000.00", "a.5", "1a.5",
                                        "--1.5", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    {
        char window[CC_NUMBER_WINDOW + 8] = "";
        double value;
        strcpy(window, texts[i]);
        assert_null(cc_number_plain(window, &value));
    }
}

/* The values half way between two doubles, where every digit matters. */
static void test_half_way(void **state)
{
    (void)state;
    uint64_t random = 1181783497276652981U;
    char text[256];
    for (int i = 0; i < 20000; i++)
    {
        double value = (double)(next_random(&random) >> 11);
        int exponent = (int)(next_random(&random) % 24) - 54;
        value = ldexp(value, exponent);
        snprintf(text, sizeof text, "%.60f", value + ldexp(1, exponent - 1));
        assert_as_strtod(text);
        /* As near to it as 17 digits come. */
        snprintf(text, sizeof text, "%.17g", value + ldexp(1, exponent - 1));
        assert_as_strtod(text);
        snprintf(text, sizeof text, "%llu",
                 (unsigned long long)(next_random(&random) | 1) >> 9 << 10 |
                     512);
        assert_as_strtod(text);
    }
}

static void test_length(void **state)
{
    (void)state;
    char text[1100];
    memset(text, '3', sizeof text);
    text[1] = '.';
    double value;
    assert_ptr_equal(cc_number_parse(text, text + 1000, &value), text + 1000);
    assert_true(value == 10.0 / 3.0);
    assert_null(cc_number_parse(text, text + 1001, &value));
    memset(text, '0', sizeof text);
    assert_null(cc_number_parse(text, text + sizeof text, &value));
}

/* A locale whose decimal point is a comma changes nothing. */
static void test_locale(void **state)
{
    (void)state;
    static const char *const names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < 3 && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    if (!found)
        skip();
    assert_number("1.5", 3, 1.5);
    assert_number("1,5", 1, 1.0);
    assert_number("0.00000000000000000000000000000000000012345", 43,
                  1.2345e-37);
    assert_number("1.5e-300", 8, 1.5e-300);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),      cmocka_unit_test(test_stops_behind),
        cmocka_unit_test(test_no_numbers), cmocka_unit_test(test_rounding),
        cmocka_unit_test(test_random),     cmocka_unit_test(test_half_way),
        cmocka_unit_test(test_plain),      cmocka_unit_test(test_not_plain),
        cmocka_unit_test(test_length),     cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
