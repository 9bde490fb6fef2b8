/* SPDX-License-Identifier: MIT */
/*
 * Up to 19 digits are read as an integer w, so that the value is w * 10^q.
 *
 * Small ones are exact in a double, as is the power (W. D. Clinger, "How to
 * Read Floating Point Numbers Accurately", 1990). The others are multiplied by
 * a 128-bit approximation of 5^q (D. Lemire, "Number Parsing at a Gigabyte per
 * Second", 2021); within the range of the table its result is always the
 * nearest double. What is left, strtod does in the C locale.
 */
#include "number.h"

#include "connector/ascii.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LENGTH 1000
#define MAX_EXPONENT 9999 /* beyond any double */

struct decimal
{
    bool negative;
    uint64_t digits;
    int exponent;
    bool exact; /* no digit was left out of `digits` */
};

const double cc_number_powers[CC_NUMBER_EXACT_POWER + 1] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/* The digits in front of [at, end) are appended to *digits, which wraps around
 * when there are more than 19. Returns the position after them. */
static const char *take_digits(const char *at, const char *end,
                               uint64_t *digits)
{
    for (; end - at >= 8; at += 8)
    {
        uint64_t eight = cc_number_load(at);
        if (cc_number_others(eight) != 0)
            break;
        *digits = *digits * 100000000 + cc_number_eight(eight);
    }
    for (; at < end && cc_is_digit(*at); at++)
        *digits = *digits * 10 + (uint64_t)(*at - '0');
    return at;
}

/* Digits from the first that is not 0; the point does not count. */
static size_t significant_digits(const char *at, const char *end)
{
    size_t count = 0;
    for (; at < end; at++)
    {
        if (cc_is_digit(*at) && (count > 0 || *at != '0'))
            count++;
    }
    return count;
}

static const char *take_mantissa(const char *at, const char *end,
                                 struct decimal *decimal)
{
    const char *begin = at;
    decimal->digits = 0;
    decimal->exponent = 0;
    at = take_digits(at, end, &decimal->digits);
    ptrdiff_t digits = at - begin;
    if (at < end && *at == '.')
    {
        const char *fraction = ++at;
        at = take_digits(at, end, &decimal->digits);
        digits += at - fraction;
        if (at - fraction <= MAX_LENGTH)
            decimal->exponent = -(int)(at - fraction);
    }
    decimal->exact = digits <= CC_NUMBER_MAX_DIGITS ||
                     significant_digits(begin, at) <= CC_NUMBER_MAX_DIGITS;
    return digits > 0 ? at : NULL;
}

static const char *take_exponent(const char *at, const char *end,
                                 struct decimal *decimal)
{
    const char *digit = at + 1;
    bool negative = false;
    if (digit < end && (*digit == '-' || *digit == '+'))
        negative = *digit++ == '-';
    if (digit == end || !cc_is_digit(*digit))
        return NULL;
    int exponent = 0;
    for (; digit < end && cc_is_digit(*digit); digit++)
    {
        if (exponent < MAX_EXPONENT)
            exponent = exponent * 10 + (*digit - '0');
    }
    decimal->exponent += negative ? -exponent : exponent;
    return digit;
}

static bool from_exact(uint64_t digits, int exponent, double *value)
{
    if (digits >> CC_NUMBER_EXACT_DIGITS != 0 ||
        exponent > CC_NUMBER_EXACT_POWER || exponent < -CC_NUMBER_EXACT_POWER)
        return false;
    *value = exponent < 0 ? (double)digits / cc_number_powers[-exponent]
                          : (double)digits * cc_number_powers[exponent];
    return true;
}

#ifdef CC_NUMBER_HAS_PRODUCT

const uint64_t
    cc_number_fives[CC_NUMBER_MAX_POWER - CC_NUMBER_MIN_POWER + 1][2] = {
        {0x9E74D1B791E07E48, 0x775EA264CF55347E}, /* 5^-27 */
        {0xC612062576589DDA, 0x95364AFE032A819E}, /* 5^-26 */
        {0xF79687AED3EEC551, 0x3A83DDBD83F52205}, /* 5^-25 */
        {0x9ABE14CD44753B52, 0xC4926A9672793543}, /* 5^-24 */
        {0xC16D9A0095928A27, 0x75B7053C0F178294}, /* 5^-23 */
        {0xF1C90080BAF72CB1, 0x5324C68B12DD6339}, /* 5^-22 */
        {0x971DA05074DA7BEE, 0xD3F6FC16EBCA5E04}, /* 5^-21 */
        {0xBCE5086492111AEA, 0x88F4BB1CA6BCF585}, /* 5^-20 */
        {0xEC1E4A7DB69561A5, 0x2B31E9E3D06C32E6}, /* 5^-19 */
        {0x9392EE8E921D5D07, 0x3AFF322E62439FD0}, /* 5^-18 */
        {0xB877AA3236A4B449, 0x09BEFEB9FAD487C3}, /* 5^-17 */
        {0xE69594BEC44DE15B, 0x4C2EBE687989A9B4}, /* 5^-16 */
        {0x901D7CF73AB0ACD9, 0x0F9D37014BF60A11}, /* 5^-15 */
        {0xB424DC35095CD80F, 0x538484C19EF38C95}, /* 5^-14 */
        {0xE12E13424BB40E13, 0x2865A5F206B06FBA}, /* 5^-13 */
        {0x8CBCCC096F5088CB, 0xF93F87B7442E45D4}, /* 5^-12 */
        {0xAFEBFF0BCB24AAFE, 0xF78F69A51539D749}, /* 5^-11 */
        {0xDBE6FECEBDEDD5BE, 0xB573440E5A884D1C}, /* 5^-10 */
        {0x89705F4136B4A597, 0x31680A88F8953031}, /* 5^-9 */
        {0xABCC77118461CEFC, 0xFDC20D2B36BA7C3E}, /* 5^-8 */
        {0xD6BF94D5E57A42BC, 0x3D32907604691B4D}, /* 5^-7 */
        {0x8637BD05AF6C69B5, 0xA63F9A49C2C1B110}, /* 5^-6 */
        {0xA7C5AC471B478423, 0x0FCF80DC33721D54}, /* 5^-5 */
        {0xD1B71758E219652B, 0xD3C36113404EA4A9}, /* 5^-4 */
        {0x83126E978D4FDF3B, 0x645A1CAC083126EA}, /* 5^-3 */
        {0xA3D70A3D70A3D70A, 0x3D70A3D70A3D70A4}, /* 5^-2 */
        {0xCCCCCCCCCCCCCCCC, 0xCCCCCCCCCCCCCCCD}, /* 5^-1 */
        {0x8000000000000000, 0x0000000000000000}, /* 5^0 */
        {0xA000000000000000, 0x0000000000000000}, /* 5^1 */
        {0xC800000000000000, 0x0000000000000000}, /* 5^2 */
        {0xFA00000000000000, 0x0000000000000000}, /* 5^3 */
        {0x9C40000000000000, 0x0000000000000000}, /* 5^4 */
        {0xC350000000000000, 0x0000000000000000}, /* 5^5 */
        {0xF424000000000000, 0x0000000000000000}, /* 5^6 */
        {0x9896800000000000, 0x0000000000000000}, /* 5^7 */
        {0xBEBC200000000000, 0x0000000000000000}, /* 5^8 */
        {0xEE6B280000000000, 0x0000000000000000}, /* 5^9 */
        {0x9502F90000000000, 0x0000000000000000}, /* 5^10 */
        {0xBA43B74000000000, 0x0000000000000000}, /* 5^11 */
        {0xE8D4A51000000000, 0x0000000000000000}, /* 5^12 */
        {0x9184E72A00000000, 0x0000000000000000}, /* 5^13 */
        {0xB5E620F480000000, 0x0000000000000000}, /* 5^14 */
        {0xE35FA931A0000000, 0x0000000000000000}, /* 5^15 */
        {0x8E1BC9BF04000000, 0x0000000000000000}, /* 5^16 */
        {0xB1A2BC2EC5000000, 0x0000000000000000}, /* 5^17 */
        {0xDE0B6B3A76400000, 0x0000000000000000}, /* 5^18 */
        {0x8AC7230489E80000, 0x0000000000000000}, /* 5^19 */
        {0xAD78EBC5AC620000, 0x0000000000000000}, /* 5^20 */
        {0xD8D726B7177A8000, 0x0000000000000000}, /* 5^21 */
        {0x878678326EAC9000, 0x0000000000000000}, /* 5^22 */
        {0xA968163F0A57B400, 0x0000000000000000}, /* 5^23 */
        {0xD3C21BCECCEDA100, 0x0000000000000000}, /* 5^24 */
        {0x84595161401484A0, 0x0000000000000000}, /* 5^25 */
        {0xA56FA5B99019A5C8, 0x0000000000000000}, /* 5^26 */
        {0xCECB8F27F4200F3A, 0x0000000000000000}, /* 5^27 */
};

static bool from_wide(uint64_t digits, int exponent, double *value)
{
    if (digits == 0 || exponent < CC_NUMBER_MIN_POWER ||
        exponent > CC_NUMBER_MAX_POWER)
        return false;
    *value = cc_number_product(digits, exponent, false);
    return true;
}

#else

static bool from_wide(uint64_t digits, int exponent, double *value)
{
    (void)digits;
    (void)exponent;
    (void)value;
    return false;
}

#endif

bool cc_number_scale(uint64_t digits, int exponent, double *value)
{
    return from_exact(digits, exponent, value) ||
           from_wide(digits, exponent, value);
}

static const char *from_strtod(const char *begin, const char *at, double *value)
{
    char text[MAX_LENGTH + 1];
    size_t length = (size_t)(at - begin);
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (!c)
        return NULL;
    memcpy(text, begin, length);
    text[length] = '\0';
    locale_t before = uselocale(c);
    *value = strtod(text, NULL);
    uselocale(before);
    freelocale(c);
    return isfinite(*value) ? at : NULL;
}

const char *cc_number_parse(const char *at, const char *end, double *value)
{
    const char *begin = at;
    struct decimal decimal;
    decimal.negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+'))
        at++;
    at = take_mantissa(at, end, &decimal);
    if (at && at < end && (*at | 0x20) == 'e')
        at = take_exponent(at, end, &decimal);
    if (!at || at - begin > MAX_LENGTH)
        return NULL;

    if (!decimal.exact ||
        !cc_number_scale(decimal.digits, decimal.exponent, value))
        return from_strtod(begin, at, value);
    if (decimal.negative)
        *value = -*value;
    return at;
}

const char *cc_number_take(const char *at, const char *end, double *value)
{
    if (end - at < CC_NUMBER_WINDOW)
        return cc_number_parse(at, end, value);
    const char *after = cc_number_plain(at, value);
    if (!after || (unsigned char)(*after - '0') <= 9 || (*after | 0x20) == 'e')
        return cc_number_parse(at, end, value);
    return after;
}
