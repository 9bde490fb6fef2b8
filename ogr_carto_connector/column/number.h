/* SPDX-License-Identifier: MIT */
/*
 * Numbers of text, to correctly rounded doubles, whatever the locale.
 */
#ifndef CC_COLUMN_NUMBER_H
#define CC_COLUMN_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * Reads [+-] digits [. digits] [e [+-] digits], with digits on at least one
 * side of the point, from [at, end), which needs no terminator. Returns the
 * position after it, or NULL when there is no such number, it is longer than
 * 1,000 characters, or no finite double holds it. Thread-safe.
 */
const char *cc_number_parse(const char *at, const char *end, double *value);

/* The same, faster for the numbers that cc_number_plain reads. */
const char *cc_number_take(const char *at, const char *end, double *value);

#define CC_NUMBER_MAX_DIGITS 19   /* 10^19 - 1 fits 64 bits */
#define CC_NUMBER_EXACT_POWER 22  /* 10^22 is the largest exact in a double */
#define CC_NUMBER_EXACT_DIGITS 53 /* binary digits of a double */

extern const double cc_number_powers[CC_NUMBER_EXACT_POWER + 1];

/* digits * 10^exponent, correctly rounded; false where cc_number_parse has to
 * look at the text. */
bool cc_number_scale(uint64_t digits, int exponent, double *value);

/* Inlined for every position of the point, which makes constants of what depends
 * on it. */
#define CC_NUMBER_INLINE static inline __attribute__((always_inline))

/* ---- eight characters at once ---- */

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

/* The top bit of the first of the eight that is no digit, and perhaps of later
 * ones. Adding 0x76 carries into the top bit of every byte over 9; what a byte
 * over 0x89 carries on touches only bytes behind it. */
static inline uint64_t cc_number_others(uint64_t eight)
{
    return ((eight + UINT64_C(0x7676767676767676)) | eight) &
           UINT64_C(0x8080808080808080);
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

/* ---- sixteen ---- */

/*
 * Up to sixteen digits from `at`, over the character at `point`, which is below
 * eight: their value as if zeros made them sixteen; *count of them are there.
 * Reads 17 characters.
 */
#if defined(__SSE2__) && !defined(CC_NUMBER_PORTABLE)

CC_NUMBER_INLINE uint64_t cc_number_sixteen(const char *at, unsigned point,
                                            unsigned *count)
{
    static const uint8_t masks[32] = {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
                                      0xFF, 0xFF, 0xFF, 0xFF};
    __m128i before = _mm_set_epi64x(0, (1LL << (8 * point)) - 1);
    __m128i text = _mm_loadu_si128((const __m128i *)(const void *)at);
    __m128i next = _mm_loadu_si128((const __m128i *)(const void *)(at + 1));
    text = _mm_or_si128(_mm_and_si128(before, text),
                        _mm_andnot_si128(before, next));
    __m128i digits = _mm_sub_epi8(text, _mm_set1_epi8('0'));
    __m128i valid =
        _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
    unsigned found = (unsigned)_mm_movemask_epi8(valid);
    *count = 16;
    if (found != 0xFFFF)
    {
        *count = (unsigned)__builtin_ctz(~found);
        const void *mask = masks + 16 - *count;
        digits = _mm_and_si128(digits, _mm_loadu_si128(mask));
    }
    /* A pair is (first + 256 second) * (1 + 2560) in 16 bits, shifted. */
    __m128i pairs =
        _mm_srli_epi16(_mm_mullo_epi16(digits, _mm_set1_epi16(2561)), 8);
    __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(100 | 1 << 16));
    __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours),
                                    _mm_set1_epi32(10000 | 1 << 16));
    uint64_t both = (uint64_t)_mm_cvtsi128_si64(eights);
    return (both & UINT32_MAX) * 100000000 + (both >> 32);
}

#else

/* The eight up to the first of the others, with zeros behind. */
static inline uint64_t cc_number_first(uint64_t eight, uint64_t others,
                                       unsigned *count)
{
    uint64_t first = others & (0 - others);
    *count += others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
    return cc_number_eight(eight & ((first >> 7) - 1));
}

CC_NUMBER_INLINE uint64_t cc_number_sixteen(const char *at, unsigned point,
                                            unsigned *count)
{
    uint64_t before = (UINT64_C(1) << (8 * point)) - 1;
    uint64_t eight =
        (cc_number_load(at) & before) | (cc_number_load(at + 1) & ~before);
    uint64_t others = cc_number_others(eight);
    *count = 0;
    uint64_t digits = cc_number_first(eight, others, count) * 100000000;
    if (others)
        return digits;
    eight = cc_number_load(at + 9);
    return digits + cc_number_first(eight, cc_number_others(eight), count);
}

#endif

/* ---- rounding ---- */

#ifdef __SIZEOF_INT128__

#define CC_NUMBER_HAS_PRODUCT
#define CC_NUMBER_MIN_POWER (-27)
#define CC_NUMBER_MAX_POWER 27

__extension__ typedef unsigned __int128 cc_uint128;

/* 5^q as a binary fraction of 128 bits whose first is set, rounded up where it
 * is not exact: the higher half first. */
extern const uint64_t
    cc_number_fives[CC_NUMBER_MAX_POWER - CC_NUMBER_MIN_POWER + 1][2];

/* digits * 10^q, correctly rounded, with its sign: for digits that are not 0
 * and powers within the table, where there is neither overflow nor a subnormal
 * number. */
CC_NUMBER_INLINE double cc_number_product(uint64_t digits, int q, bool negative)
{
    const uint64_t *five = cc_number_fives[q - CC_NUMBER_MIN_POWER];
    int zeros = __builtin_clzll(digits);
    digits <<= zeros;
    cc_uint128 product = (cc_uint128)digits * five[0];
    /* Only where all bits below the rounded ones are set can the rest of the
     * power matter. */
    if (__builtin_expect(((uint64_t)(product >> 64) & 0x1FF) == 0x1FF, 0))
        product += ((cc_uint128)digits * five[1]) >> 64;
    /* 63 bits for the processor to round, the last of which stands for all that
     * are left out. Only with these powers can those be none: for others the
     * power is not exact, or so large that the digits cannot make up for it. */
    uint64_t upper = (uint64_t)(product >> 64);
    uint64_t rest = 1;
    if (q >= -4)
        rest = (upper & 1) | ((uint64_t)product > 1);
    double rounded = (double)(int64_t)(upper >> 1 | rest);
    /* 217706 / 2^16 approximates log2(10). */
    int exponent = ((217706 * q) >> 16) + 2 - zeros + 1023;
    uint64_t bits = (uint64_t)exponent << 52 | (uint64_t)negative << 63;
    double scale;
    memcpy(&scale, &bits, sizeof scale);
    return rounded * scale;
}

#endif

/* ---- plain numbers ---- */

/* What cc_number_plain may read. */
#define CC_NUMBER_WINDOW 24

#ifdef CC_NUMBER_HAS_PRODUCT

/* After the sign, `point` digits and a point. */
CC_NUMBER_INLINE const char *cc_number_decimals(const char *at, unsigned point,
                                                bool negative, double *value)
{
    unsigned count;
    uint64_t digits = cc_number_sixteen(at, point, &count) * 10;
    at += 1 + count;
    if (count == 16)
    {
        /* No branch: whether there is a 17th cannot be guessed. */
        uint64_t last = (unsigned char)(*at - '0');
        bool more = last <= 9;
        digits += more ? last : 0;
        at += more;
    }
    if (count < point || digits == 0)
        return NULL;
    *value = cc_number_product(digits, (int)point - 17, negative);
    return at;
}

CC_NUMBER_INLINE const char *cc_number_magnitude(const char *at, bool negative,
                                                 double *value)
{
    if (at[2] == '.')
        return cc_number_decimals(at, 2, negative, value);
    if (at[1] == '.')
        return cc_number_decimals(at, 1, negative, value);
    if (at[3] == '.')
        return cc_number_decimals(at, 3, negative, value);
    return NULL;
}

/*
 * The number at `at`, of which CC_NUMBER_WINDOW characters can be read, when it
 * is [-] one to three digits . digits, of which there are at most 17 and not
 * only zeros; else NULL. Returns the position after it: the number goes on
 * beyond what was read when a digit or an exponent is there.
 */
CC_NUMBER_INLINE const char *cc_number_plain(const char *at, double *value)
{
    /* Branches: the processor guesses them, and goes on with what is behind
     * before it knows the digits. */
    if (*at == '-')
        return cc_number_magnitude(at + 1, true, value);
    return cc_number_magnitude(at, false, value);
}

#else

CC_NUMBER_INLINE const char *cc_number_plain(const char *at, double *value)
{
    (void)at;
    (void)value;
    return NULL;
}

#endif

#endif
