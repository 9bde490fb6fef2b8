/* SPDX-License-Identifier: MIT */
/*
 * Numbers of text, to correctly rounded doubles, whatever the locale.
 */
#ifndef CC_COLUMN_NUMBER_H
#define CC_COLUMN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads [+-] digits [. digits] [e [+-] digits], with digits on at least one
 * side of the point, from [at, end), which needs no terminator. Returns the
 * position after it, or NULL when there is no such number, it is longer than
 * 1,000 characters, or no finite double holds it. Thread-safe.
 */
const char *cc_number_parse(const char *at, const char *end, double *value);

#define CC_NUMBER_MAX_DIGITS 19   /* 10^19 - 1 fits 64 bits */
#define CC_NUMBER_EXACT_POWER 22  /* 10^22 is the largest exact in a double */
#define CC_NUMBER_EXACT_DIGITS 53 /* binary digits of a double */

extern const double cc_number_powers[CC_NUMBER_EXACT_POWER + 1];
extern const uint64_t cc_number_integer_powers[8];

/* Eight characters, the first in the lowest byte, less '0' each. */
static inline uint64_t cc_number_load(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    uint64_t characters = (uint64_t)byte[0] | (uint64_t)byte[1] << 8 |
                          (uint64_t)byte[2] << 16 | (uint64_t)byte[3] << 24 |
                          (uint64_t)byte[4] << 32 | (uint64_t)byte[5] << 40 |
                          (uint64_t)byte[6] << 48 | (uint64_t)byte[7] << 56;
    return characters ^ UINT64_C(0x3030303030303030);
}

/* How many of the eight, from the first, are digits. Adding 0x76 carries into
 * the top bit of every byte over 9; what a byte over 0x89 carries on touches
 * only bytes behind it. */
static inline unsigned cc_number_run(uint64_t eight)
{
    uint64_t others = ((eight + UINT64_C(0x7676767676767676)) | eight) &
                      UINT64_C(0x8080808080808080);
    return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

/* The value of eight digits: pairs, pairs of pairs, then both halves. */
static inline uint64_t cc_number_eight(uint64_t eight)
{
    eight = eight * 10 + (eight >> 8);
    uint64_t low = (eight & UINT64_C(0x000000FF000000FF)) *
                   (100 + (UINT64_C(1000000) << 32));
    uint64_t high = ((eight >> 16) & UINT64_C(0x000000FF000000FF)) *
                    (1 + (UINT64_C(10000) << 32));
    return (low + high) >> 32;
}

/* The digits in front of [at, end) are appended to *digits, which wraps around
 * when there are more than 19. Returns the position after them. */
static inline const char *cc_number_digits(const char *at, const char *end,
                                           uint64_t *digits)
{
    uint64_t value = *digits;
    unsigned run = 8;
    while (run == 8 && end - at >= 8)
    {
        uint64_t eight = cc_number_load(at);
        run = cc_number_run(eight);
        if (run == 8)
            value = value * 100000000U + cc_number_eight(eight);
        else if (run > 0)
            value = value * cc_number_integer_powers[run] +
                    cc_number_eight(eight << (64 - 8 * run));
        at += run;
    }
    for (; run == 8 && at < end && (unsigned char)(*at - '0') <= 9; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    *digits = value;
    return at;
}

/* digits * 10^exponent, correctly rounded; false where cc_number_parse has to
 * look at the text. */
bool cc_number_scale(uint64_t digits, int exponent, double *value);

/* cc_number_parse, with the usual numbers inline: those without an exponent,
 * of digits that are exact in a double. */
static inline const char *cc_number_take(const char *at, const char *end,
                                         double *value)
{
    const char *begin = at;
    uint64_t digits = 0;
    ptrdiff_t fraction = 0;
    if (at < end && *at == '-')
        at++;
    const char *first = at;
    /* Integer parts are short: digit by digit, the processor guesses ahead. */
    for (; at < end && (unsigned char)(*at - '0') <= 9; at++)
        digits = digits * 10 + (uint64_t)(*at - '0');
    if (at < end && *at == '.')
    {
        const char *point = ++at;
        at = cc_number_digits(at, end, &digits);
        fraction = at - point;
    }
    /* The point counts as a digit here: that costs nothing but a detour. */
    if (at == first || *first == '.' || at - first > CC_NUMBER_MAX_DIGITS ||
        (at < end && (*at | 0x20) == 'e'))
        return cc_number_parse(begin, end, value);
    double magnitude;
    if (digits >> CC_NUMBER_EXACT_DIGITS == 0)
        magnitude = (double)digits / cc_number_powers[fraction];
    else if (!cc_number_scale(digits, -(int)fraction, &magnitude))
        return cc_number_parse(begin, end, value);
    *value = *begin == '-' ? -magnitude : magnitude;
    return at;
}

#endif
