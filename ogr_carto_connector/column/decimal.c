/* SPDX-License-Identifier: MIT */
#include "decimal.h"
#include "number.h"
#include "text.h"

#include "connector/ascii.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits that a uint64_t always holds. */
#define COEFFICIENT_DIGITS 19
/* More significant digits than any double has in decimal (767), so that the
 * rest of a longer number only matters as zero or not. */
#define MAX_DIGITS 800
/* Beyond every exponent that matters, and far from overflow. */
#define MAX_EXPONENT 1000000
/* Beyond the exponents of doubles for any coefficient. */
#define SCALED_EXPONENT 1000

/* ---- parsing ---- */

/* Digits in reading order; zeros are held back until another digit follows. */
struct scan
{
    struct cc_decimal *decimal;
    int64_t zeros;
};

static void push_digit(struct cc_decimal *decimal, unsigned digit)
{
    decimal->digits++;
    if (decimal->digits <= COEFFICIENT_DIGITS)
    {
        decimal->coefficient = decimal->coefficient * 10 + digit;
        return;
    }
    decimal->cut = true;
    decimal->exponent++;
}

static void take_digit(struct scan *scan, char c)
{
    if (c == '0')
    {
        scan->zeros += scan->decimal->digits > 0;
        scan->decimal->exponent += scan->decimal->digits > 0;
        return;
    }
    scan->decimal->exponent -= scan->zeros;
    for (; scan->zeros > 0; scan->zeros--)
        push_digit(scan->decimal, 0);
    push_digit(scan->decimal, (unsigned)(c - '0'));
}

/* The digits and the point from `text`; returns where they end, or NULL when
 * there is no digit. */
static const char *take_digits(struct scan *scan, const char *text,
                               const char *end)
{
    const char *start = text;
    for (; text < end && cc_is_digit(*text); text++)
        take_digit(scan, *text);
    bool any = text > start;
    if (text == end || *text != '.')
        return any ? text : NULL;

    const char *point = ++text;
    for (; text < end && cc_is_digit(*text); text++)
        take_digit(scan, *text);
    scan->decimal->exponent -= text - point;
    return any || text > point ? text : NULL;
}

/* An optional exponent up to the end of the text. */
static bool take_exponent(struct cc_decimal *decimal, const char *text,
                          const char *end)
{
    if (text == end)
        return true;
    if (*text != 'e' && *text != 'E')
        return false;
    text++;
    bool negative = text < end && *text == '-';
    if (text < end && (*text == '-' || *text == '+'))
        text++;
    if (text == end)
        return false;
    int64_t exponent = 0;
    for (; text < end && cc_is_digit(*text); text++)
    {
        if (exponent < MAX_EXPONENT)
            exponent = exponent * 10 + (*text - '0');
    }
    decimal->exponent += negative ? -exponent : exponent;
    return text == end;
}

static bool is_word(const char *text, const char *end, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(end - text) == length && cc_ascii_equal(text, word, length);
}

static bool parse_unsigned(const char *text, const char *end,
                           struct cc_decimal *decimal)
{
    struct scan scan = {decimal, 0};
    const char *rest = take_digits(&scan, text, end);
    if (rest)
    {
        bool valid = take_exponent(decimal, rest, end);
        if (decimal->digits == 0)
            decimal->exponent = 0;
        return valid;
    }
    if (is_word(text, end, "NaN"))
        decimal->form = CC_DECIMAL_NAN;
    else if (is_word(text, end, "Infinity") || is_word(text, end, "inf"))
        decimal->form = CC_DECIMAL_INFINITE;
    else
        return false;
    return true;
}

bool cc_decimal_parse(const char *text, size_t size, struct cc_decimal *decimal)
{
    const char *end = text + size;
    *decimal = (struct cc_decimal){.form = CC_DECIMAL_FINITE};
    while (text < end && *text == ' ')
        text++;
    while (text < end && end[-1] == ' ')
        end--;
    if (text < end && (*text == '-' || *text == '+'))
        decimal->negative = *text++ == '-';
    return parse_unsigned(text, end, decimal);
}

void cc_decimal_from_int64(int64_t unscaled, int scale,
                           struct cc_decimal *decimal)
{
    char text[CC_DECIMAL64_TEXT_SIZE];
    size_t size = cc_decimal64_format(unscaled, scale, text);
    (void)cc_decimal_parse(text, size, decimal);
}

/* ---- to integers ---- */

bool cc_decimal_to_int64(const struct cc_decimal *decimal, int64_t *value)
{
    if (decimal->form != CC_DECIMAL_FINITE || decimal->cut ||
        decimal->exponent < 0 || decimal->exponent > COEFFICIENT_DIGITS)
        return false;
    uint64_t magnitude = decimal->coefficient;
    for (int64_t i = 0; i < decimal->exponent; i++)
    {
        if (magnitude > UINT64_MAX / 10)
            return false;
        magnitude *= 10;
    }
    if (magnitude > (uint64_t)INT64_MAX + decimal->negative)
        return false;
    *value = (int64_t)(decimal->negative ? 0 - magnitude : magnitude);
    return true;
}

/* ---- to doubles ---- */

/* The significant digits of the number, at most MAX_DIGITS; returns their
 * number. A longer number's last digit becomes 1: it is known not to be 0. */
static size_t collect_digits(const struct cc_decimal *decimal,
                             const char *number, size_t size,
                             char digits[MAX_DIGITS])
{
    if (!decimal->cut)
    {
        char text[COEFFICIENT_DIGITS + 2];
        snprintf(text, sizeof text, "%" PRIu64, decimal->coefficient);
        memcpy(digits, text, (size_t)decimal->digits);
        return (size_t)decimal->digits;
    }
    size_t count = 0;
    for (size_t i = 0; i < size && (int64_t)count < decimal->digits; i++)
    {
        if (!cc_is_digit(number[i]) || (count == 0 && number[i] == '0'))
            continue;
        if (count == MAX_DIGITS)
        {
            digits[MAX_DIGITS - 1] = '1';
            break;
        }
        digits[count++] = number[i];
    }
    return count;
}

/* strtod of "<digits>e<exponent>": without a decimal point its result is the
 * same in every locale. */
static double round_digits(const char *digits, size_t count, int64_t exponent)
{
    char text[MAX_DIGITS + 32];
    memcpy(text, digits, count);
    snprintf(text + count, sizeof text - count, "e%" PRId64, exponent);
    return strtod(text, NULL);
}

/* Whether `value`, printed with `count` significant digits, is the number
 * 0.<digits> * 10^magnitude. The radix character depends on the locale, so it
 * is passed over. */
static bool reads_back(double value, const char *digits, size_t count,
                       int64_t magnitude)
{
    if (isinf(value) || value == 0)
        return false;
    char text[MAX_DIGITS + 32];
    snprintf(text, sizeof text, "%.*e", (int)count - 1, value);
    const char *at = text;
    for (size_t i = 0; i < count; i++, at++)
    {
        while (!cc_is_digit(*at))
            at++;
        if (*at != digits[i])
            return false;
    }
    return strtol(at + 1, NULL, 10) == magnitude - 1;
}

/* Of at most 19 digits; false where that takes strtod. */
static bool scale_coefficient(const struct cc_decimal *decimal, double *value)
{
    return !decimal->cut && decimal->exponent > -SCALED_EXPONENT &&
           decimal->exponent < SCALED_EXPONENT &&
           cc_number_scale(decimal->coefficient, (int)decimal->exponent, value);
}

static double to_double_slowly(const struct cc_decimal *decimal,
                               const char *text, size_t size, bool *held)
{
    char digits[MAX_DIGITS];
    double value;
    bool scaled = scale_coefficient(decimal, &value);
    if (!scaled || held)
    {
        size_t count = collect_digits(decimal, text, size, digits);
        int64_t magnitude =
            decimal->exponent +
            (decimal->cut ? COEFFICIENT_DIGITS : decimal->digits);
        if (!scaled)
            value = round_digits(digits, count, magnitude - (int64_t)count);
        if (held)
            *held = (int64_t)count == decimal->digits &&
                    reads_back(value, digits, count, magnitude);
    }
    return decimal->negative ? -value : value;
}

static double unsigned_to_double(const struct cc_decimal *decimal)
{
    if (decimal->form == CC_DECIMAL_NAN)
        return (double)NAN;
    if (decimal->form == CC_DECIMAL_INFINITE)
        return (double)INFINITY;
    double value = (double)decimal->coefficient;
    if (decimal->exponent < 0)
        return value / cc_number_powers[-decimal->exponent];
    return value * cc_number_powers[decimal->exponent];
}

double cc_decimal_to_double(const struct cc_decimal *decimal, const char *text,
                            size_t size, bool *held)
{
    /* One operation on two exact doubles is correctly rounded. */
    bool quick = decimal->form != CC_DECIMAL_FINITE || decimal->digits == 0 ||
                 (decimal->digits <= CC_DOUBLE_DIGITS &&
                  decimal->exponent >= -CC_NUMBER_EXACT_POWER &&
                  decimal->exponent <= CC_NUMBER_EXACT_POWER);
    if (!quick)
        return to_double_slowly(decimal, text, size, held);
    if (held)
        *held = true;
    double value = unsigned_to_double(decimal);
    return decimal->negative ? -value : value;
}

/* ---- to text ---- */

/* Replaces the locale's radix character, of any length, by a point. */
static size_t normalise_radix(char *text)
{
    char *at = text + (*text == '-');
    at += strspn(at, "0123456789");
    char *rest = at;
    while (*rest && *rest != 'e' && !cc_is_digit(*rest))
        rest++;
    if (rest > at)
    {
        *at = '.';
        memmove(at + 1, rest, strlen(rest) + 1);
    }
    return strlen(text);
}

size_t cc_double_format(double value, char out[CC_DOUBLE_TEXT_SIZE])
{
    if (isnan(value) || isinf(value))
    {
        const char *word = isnan(value) ? "NaN"
                           : value < 0  ? "-Infinity"
                                        : "Infinity";
        return (size_t)snprintf(out, CC_DOUBLE_TEXT_SIZE, "%s", word);
    }
    for (int digits = CC_DOUBLE_DIGITS; digits <= 17; digits++)
    {
        snprintf(out, CC_DOUBLE_TEXT_SIZE, "%.*g", digits, value);
        if (strtod(out, NULL) == value)
            break;
    }
    return normalise_radix(out);
}

size_t cc_decimal64_format(int64_t unscaled, int scale,
                           char out[CC_DECIMAL64_TEXT_SIZE])
{
    uint64_t magnitude =
        unscaled < 0 ? 0 - (uint64_t)unscaled : (uint64_t)unscaled;
    char digits[CC_DECIMAL64_TEXT_SIZE];
    int count =
        snprintf(digits, sizeof digits, "%0*" PRIu64, scale + 1, magnitude);
    const char *sign = unscaled < 0 ? "-" : "";
    int whole = count - scale;
    return (size_t)snprintf(out, CC_DECIMAL64_TEXT_SIZE, "%s%.*s%s%s", sign,
                            whole, digits, scale > 0 ? "." : "",
                            digits + whole);
}
