/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "column/decimal.h"

#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cc_decimal parse(const char *text)
{
    struct cc_decimal decimal;
    assert_true(cc_decimal_parse(text, strlen(text), &decimal));
    return decimal;
}

static double to_double(const char *text, bool *held)
{
    struct cc_decimal decimal = parse(text);
    return cc_decimal_to_double(&decimal, text, strlen(text), held);
}

static void test_parse(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        bool negative;
        uint64_t coefficient;
        int64_t digits, exponent;
    } cases[] = {
        {"0", false, 0, 0, 0},
        {"-0.000", true, 0, 0, 0},
        {"12", false, 12, 2, 0},
        {"+12", false, 12, 2, 0},
        {" -12.50 ", true, 125, 3, -1},
        {".5", false, 5, 1, -1},
        {"5.", false, 5, 1, 0},
        {"000120.0300", false, 12003, 5, -2},
        {"0.00012", false, 12, 2, -5},
        {"1200", false, 12, 2, 2},
        {"1e5", false, 1, 1, 5},
        {"1.5E-3", false, 15, 2, -4},
        {"1E+2", false, 1, 1, 2},
        {"9999999999999999999", false, UINT64_C(9999999999999999999), 19, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_decimal decimal = parse(cases[i].text);
        assert_int_equal(decimal.form, CC_DECIMAL_FINITE);
        assert_int_equal(decimal.negative, cases[i].negative);
        assert_int_equal(decimal.coefficient, cases[i].coefficient);
        assert_int_equal(decimal.digits, cases[i].digits);
        assert_int_equal(decimal.exponent, cases[i].exponent);
        assert_false(decimal.cut);
    }
}

static void test_parse_cut(void **state)
{
    (void)state;
    struct cc_decimal decimal = parse("123456789012345678901.5");
    assert_true(decimal.cut);
    assert_int_equal(decimal.digits, 22);
    assert_int_equal(decimal.coefficient, INT64_C(1234567890123456789));
    assert_int_equal(decimal.exponent, 2);
}

static void test_parse_invalid(void **state)
{
    (void)state;
    static const char *const invalid[] = {
        "",    " ",   ".",   "-",  "abc",  "1x",  "1.2.3",   "1e",  "1e+",
        "--1", "1 2", "1,5", "e5", "nano", "0x1", "infinit", "1e5x"};
    struct cc_decimal decimal;
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        assert_false(
            cc_decimal_parse(invalid[i], strlen(invalid[i]), &decimal));
    assert_true(cc_decimal_parse("12x", 2, &decimal));
}

static void test_special(void **state)
{
    (void)state;
    assert_true(isnan(to_double("NaN", NULL)));
    assert_true(to_double("Infinity", NULL) == (double)INFINITY);
    assert_true(to_double("-inf", NULL) == -(double)INFINITY);
    int64_t value;
    struct cc_decimal decimal = parse("nan");
    assert_false(cc_decimal_to_int64(&decimal, &value));
}

static void test_to_int64(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        bool fits;
        int64_t value;
    } cases[] = {{"0", true, 0},
                 {"12.00", true, 12},
                 {"-7", true, -7},
                 {"1e3", true, 1000},
                 {"12.5", false, 0},
                 {"9223372036854775807", true, INT64_MAX},
                 {"9223372036854775808", false, 0},
                 {"-9223372036854775808", true, INT64_MIN},
                 {"-9223372036854775809", false, 0},
                 {"1e18", true, INT64_C(1000000000000000000)},
                 {"1e19", false, 0},
                 {"1e300", false, 0},
                 {"99999999999999999999999", false, 0},
                 {"100000000000000000000", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_decimal decimal = parse(cases[i].text);
        int64_t value = 0;
        assert_int_equal(cc_decimal_to_int64(&decimal, &value), cases[i].fits);
        assert_int_equal(value, cases[i].value);
    }
}

/* Correct rounding, also where a slip of one digit shows. */
static void test_to_double(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.1",
        "123.456",
        "-0.0000001",
        "1e22",
        "1e23",
        "8.5e-5",
        "9007199254740993",
        "9007199254740992.5",
        "123456789012345678",
        "2.2250738585072014e-308",
        "4.9406564584124654e-324",
        "1.7976931348623157e308",
        "0.500000000000000166533453693773481063544750213623046875",
        "3.518437208883201171875e13",
        "6929495644600919.5",
        "9007199254740993.00000000000000000000000000000000000000000000000001",
        "179769313486231580793728971405301e276"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_true(to_double(texts[i], NULL) == strtod(texts[i], NULL));
}

/* More digits than are looked at; the last one decides between two doubles. */
static void test_to_double_long(void **state)
{
    (void)state;
    char text[2048] = "9007199254740993.";
    size_t length = strlen(text);
    memset(text + length, '0', 1500);
    text[length + 1500] = '\0';
    assert_true(to_double(text, NULL) == 9007199254740992.0);
    text[length + 1499] = '1';
    bool held;
    assert_true(to_double(text, &held) == 9007199254740994.0);
    assert_false(held);
}

static void test_held(void **state)
{
    (void)state;
    static const struct
    {
        const char *text;
        bool held;
    } cases[] = {{"0.1", true},
                 {"123456789012.345", true},
                 {"999999999999999", true},
                 {"1234567890123456", true},
                 {"9007199254740992", true},
                 {"9007199254740993", false},
                 {"0.1234567890123456", true},
                 {"0.1234567890123456789", false},
                 {"12345678901234567891", false},
                 {"0.30000000000000004", true},
                 {"0.5000000000000000000000", true},
                 {"0.0000152587890625", true},
                 {"0.00000095367431640625", true}, /* 2^-20 */
                 {"1e400", false},
                 {"1e-400", false},
                 {"0", true},
                 {"NaN", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        bool held;
        (void)to_double(cases[i].text, &held);
        assert_int_equal(held, cases[i].held);
    }
}

/* Texts of random doubles in 17 digits are held; with one digit changed in
 * the 17th place, they are held only when they still read back. */
static void test_held_random(void **state)
{
    (void)state;
    uint64_t seed = 42;
    for (int i = 0; i < 20000; i++)
    {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
        double value = ldexp((double)(seed >> 11), (int)(seed % 100) - 80);
        char text[64];
        snprintf(text, sizeof text, "%.16e", value);
        bool held;
        assert_true(to_double(text, &held) == value);
        assert_true(held);
        text[17] = text[17] == '9' ? '8' : (char)(text[17] + 1);
        double other = to_double(text, &held);
        char again[64];
        snprintf(again, sizeof again, "%.16e", other);
        assert_int_equal(held, strcmp(text, again) == 0);
    }
}

static void test_from_int64(void **state)
{
    (void)state;
    char text[CC_DECIMAL64_TEXT_SIZE];
    static const struct
    {
        int64_t unscaled;
        int scale;
        const char *text;
    } cases[] = {{0, 0, "0"},
                 {1250, 2, "12.50"},
                 {-5, 2, "-0.05"},
                 {7, 0, "7"},
                 {INT64_MIN, 0, "-9223372036854775808"},
                 {INT64_MIN, 18, "-9.223372036854775808"},
                 {1, 38, "0.00000000000000000000000000000000000001"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        size_t size =
            cc_decimal64_format(cases[i].unscaled, cases[i].scale, text);
        assert_string_equal(text, cases[i].text);
        assert_int_equal(size, strlen(text));
    }
    struct cc_decimal decimal;
    cc_decimal_from_int64(-1250, 2, &decimal);
    assert_true(decimal.negative);
    assert_int_equal(decimal.coefficient, 125);
    assert_int_equal(decimal.exponent, -1);
}

static void test_double_format(void **state)
{
    (void)state;
    static const struct
    {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1.0 / 3, "0.3333333333333333"},
                 {-2.5e-300, "-2.5e-300"},
                 {100, "100"},
                 {1e22, "1e+22"},
                 {(double)INFINITY, "Infinity"},
                 {-(double)INFINITY, "-Infinity"},
                 {(double)NAN, "NaN"},
                 {1.7976931348623157e308, "1.7976931348623157e+308"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        char text[CC_DOUBLE_TEXT_SIZE];
        assert_int_equal(cc_double_format(cases[i].value, text),
                         strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
}

/* A program may have called setlocale. */
static void test_locale(void **state)
{
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "de_DE",
                                        "fr_FR.UTF-8"};
    bool found = false;
    for (size_t i = 0; !found && i < sizeof names / sizeof *names; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    if (!found)
        skip();
    assert_true(to_double("2.5", NULL) == 2.5);
    assert_true(to_double("0.30000000000000004", NULL) == 0.1 + 0.2);
    test_double_format(state);
    test_held(state);
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_cut),
        cmocka_unit_test(test_parse_invalid),
        cmocka_unit_test(test_special),
        cmocka_unit_test(test_to_int64),
        cmocka_unit_test(test_to_double),
        cmocka_unit_test(test_to_double_long),
        cmocka_unit_test(test_held),
        cmocka_unit_test(test_held_random),
        cmocka_unit_test(test_from_int64),
        cmocka_unit_test(test_double_format),
        cmocka_unit_test(test_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
