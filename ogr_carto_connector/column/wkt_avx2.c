/* SPDX-License-Identifier: MIT */
/*
 * First a bit is set for every character that ends a number or the digits in
 * front of its point, so that the next number need not wait for the digits of
 * this one (G. Langdale, D. Lemire, "Parsing Gigabytes of JSON per Second",
 * 2019). Then the digits of two numbers become an integer w each, which is
 * divided by 10^f, f being the digits behind the point.
 *
 * Up to 15 digits w is exact in a double, as is 10^f, and one division rounds
 * correctly. Of more digits w is the sum of two doubles, a and b; q, which is
 * nearly a / 10^f, is corrected by c = (a - q * 10^f + b) / 10^f, nearly as
 * well, in which a - q * 10^f is exact (fused). The sum q + c rounds correctly
 * unless the quotient is closer to the middle between two doubles than c is
 * wrong. It cannot be: c is at most two units in the last place of q, and so
 * wrong by less than 2^-50 of one; and with M / 2^k for the middle, M of 54
 * bits, w / 10^f - M / 2^k is at least one part in M * 5^f, which for f <= 17 is
 * more than 2^-41 of a unit, unless it is 0. For that w would be a multiple of
 * M * 5^f / 2^k; of 17 digits it can be for f < 2 only, which is left out.
 */
#include "wkt_avx2.h"

#include "number.h"
#include "wkt_plain.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi,fma")))
#define AVX2_INLINE AVX2 CC_NUMBER_INLINE

#define WORD 64
#define HALF 32
#define LANE 16
#define CHUNK_WORDS (CC_WKT_PLAIN_CHUNK / WORD)
#define EXACT_DIGITS 15
#define MAX_DIGITS 17
/* What is read in front of the end of a number of more than EXACT_DIGITS. */
#define REACH (MAX_DIGITS + 1)
/* Four numbers, and what is between them. */
#define LONGEST_POSITION (4 * (MAX_DIGITS + 3) + 1)

/* A bit is set for each character, the lowest first, that is below '0' but no
 * '-'. Those that are not ASCII may have theirs set. */
struct marks
{
    const char *begin;
    const char *end;
    uint64_t words[CHUNK_WORDS + 1]; /* one more than are needed */
};

struct window
{
    const char *base;
    uint64_t marks; /* that were not taken yet */
    unsigned at;    /* of the next number */
};

struct place
{
    unsigned begin; /* of the sign or first digit, from the window's base */
    unsigned point;
    unsigned end;
};

struct number
{
    const char *end;
    unsigned negative;
    unsigned digits;
    unsigned fraction; /* of them behind the point */
};

/* ---- marks ---- */

AVX2_INLINE __m128i load_lane(const void *at)
{
    return _mm_loadu_si128((const __m128i *)at);
}

AVX2_INLINE __m256i load_lanes(const void *low, const void *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_lane(low)),
                                   load_lane(high), 1);
}

AVX2_INLINE uint64_t marks_of_lane(const char *at)
{
    __m128i text = load_lane(at);
    __m128i below = _mm_add_epi8(text, _mm_set1_epi8(-'0'));
    __m128i minus = _mm_cmpeq_epi8(text, _mm_set1_epi8('-'));
    return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(minus, below));
}

AVX2_INLINE uint64_t marks_of_half(const char *at)
{
    __m256i text = _mm256_loadu_si256((const __m256i *)(const void *)at);
    __m256i below = _mm256_add_epi8(text, _mm256_set1_epi8(-'0'));
    __m256i minus = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('-'));
    return (unsigned)_mm256_movemask_epi8(_mm256_andnot_si256(minus, below));
}

AVX2_INLINE uint64_t marks_of_word(const char *at)
{
    return marks_of_half(at) | marks_of_half(at + HALF) << HALF;
}

/* Of a text of LANE to WORD characters: what is read of it overlaps. */
AVX2_INLINE uint64_t marks_of_short(const char *begin, size_t size)
{
    if (size < HALF)
        return marks_of_lane(begin) | marks_of_lane(begin + size - LANE)
                                          << (size - LANE);
    return marks_of_half(begin) | marks_of_half(begin + size - HALF)
                                      << (size - HALF);
}

/* Of what follows `at`, less than a word, in the text [begin, end). */
AVX2_INLINE uint64_t marks_of_rest(const char *begin, const char *at,
                                   const char *end)
{
    if (end - begin < WORD)
        return marks_of_short(begin, (size_t)(end - begin)) >> (at - begin);
    return marks_of_word(end - WORD) >> (WORD - (end - at));
}

/* Of a chunk of the text from `at` on; the first word is there. */
AVX2_INLINE void mark(struct marks *marks, const char *begin, const char *at,
                      const char *end)
{
    size_t left = (size_t)(end - at);
    size_t size = left < CC_WKT_PLAIN_CHUNK ? left : CC_WKT_PLAIN_CHUNK;
    size_t i = 1;
    marks->begin = at;
    marks->end = at + size;
    for (; i < size / WORD; i++)
        marks->words[i] = marks_of_word(at + WORD * i);
    if (WORD * i < size)
    {
        marks->words[i] = marks_of_rest(begin, at + WORD * i, end);
        i++;
    }
    marks->words[i] = 0;
}

/* To the next number: at least 57 characters of the chunk from there on. */
AVX2_INLINE void move(struct window *window, const struct marks *marks)
{
    window->base += window->at;
    window->at = 0;
    size_t offset = (size_t)(window->base - marks->begin);
    memcpy(&window->marks, (const uint8_t *)marks->words + offset / 8,
           sizeof window->marks);
    window->marks >>= offset % 8;
}

/* The next number of the window, and what is behind it; false when it does not
 * end there. */
AVX2_INLINE bool find(struct window *window, struct place *place, char *behind)
{
    uint64_t next = window->marks & (window->marks - 1);
    if (next == 0)
        return false;
    place->begin = window->at;
    place->point = (unsigned)__builtin_ctzll(window->marks);
    place->end = (unsigned)__builtin_ctzll(next);
    *behind = window->base[place->end];
    window->marks = next & (next - 1);
    window->at = place->end + 1;
    return true;
}

/* ---- numbers ---- */

/* n bytes that are set end the lane that begins at the n-th. */
static const uint8_t last_bytes[LANE + MAX_DIGITS] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0,    0,    0,    0,    0,    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF};

/* By the sign and the power of ten. */
static const double powers[2][MAX_DIGITS + 1] = {
    {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13,
     1e14, 1e15, 1e16, 1e17},
    {-1e0, -1e1, -1e2, -1e3, -1e4, -1e5, -1e6, -1e7, -1e8, -1e9, -1e10, -1e11,
     -1e12, -1e13, -1e14, -1e15, -1e16, -1e17}};

/* Not exact. */
static const double inverses[2][MAX_DIGITS + 1] = {
    {1e-0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11,
     1e-12, 1e-13, 1e-14, 1e-15, 1e-16, 1e-17},
    {-1e-0, -1e-1, -1e-2, -1e-3, -1e-4, -1e-5, -1e-6, -1e-7, -1e-8, -1e-9,
     -1e-10, -1e-11, -1e-12, -1e-13, -1e-14, -1e-15, -1e-16, -1e-17}};

/* Of the first of 17 digits. */
static const double leading[] = {0,    1e16, 2e16, 3e16, 4e16,
                                 5e16, 6e16, 7e16, 8e16, 9e16};

AVX2_INLINE bool measure(const char *base, const struct place *place,
                         struct number *number)
{
    number->end = base + place->end;
    number->negative = base[place->begin] == '-';
    number->digits = place->end - place->begin - number->negative - 1;
    number->fraction = place->end - place->point - 1;
    return number->digits - 1 < MAX_DIGITS && base[place->point] == '.';
}

/* What the digits of two numbers come to, the last 16 of each: of the lanes
 * that are behind their points, and of those that are before, which end a
 * character earlier. false when there is another character among them. */
AVX2_INLINE bool sum_digits(const struct number number[2], __m256i behind,
                            __m256i before, __m128i *sums)
{
    __m256i is_behind = load_lanes(last_bytes + number[0].fraction,
                                   last_bytes + number[1].fraction);
    __m256i is_digit = load_lanes(last_bytes + number[0].digits,
                                  last_bytes + number[1].digits);
    __m256i text = _mm256_blendv_epi8(before, behind, is_behind);
    __m256i ones = _mm256_and_si256(
        _mm256_sub_epi8(text, _mm256_set1_epi8('0')), is_digit);
    __m256i over = _mm256_subs_epu8(ones, _mm256_set1_epi8(9));
    if (!_mm256_testz_si256(over, over))
        return false;
    __m256i twos = _mm256_maddubs_epi16(ones, _mm256_set1_epi16(10 | 1 << 8));
    __m256i fours = _mm256_madd_epi16(twos, _mm256_set1_epi32(100 | 1 << 16));
    __m256i eights = _mm256_madd_epi16(_mm256_packus_epi32(fours, fours),
                                       _mm256_set1_epi32(10000 | 1 << 16));
    __m256i all = _mm256_add_epi64(
        _mm256_mul_epu32(eights, _mm256_set1_epi64x(100000000)),
        _mm256_srli_epi64(eights, 32));
    *sums = _mm_unpacklo_epi64(_mm256_castsi256_si128(all),
                               _mm256_extracti128_si256(all, 1));
    return true;
}

AVX2_INLINE __m128d load_two(const double *low, const double *high)
{
    return _mm_loadh_pd(_mm_load_sd(low), high);
}

AVX2_INLINE __m128d look_up(const double table[2][MAX_DIGITS + 1],
                            const struct number number[2])
{
    return load_two(&table[number[0].negative][number[0].fraction],
                    &table[number[1].negative][number[1].fraction]);
}

/* The bits of doubles whose last place counts ones, and 2^32. */
#define ONES INT64_C(0x4330000000000000)         /* 2^52 */
#define UPPER INT64_C(0x4530000000000000)        /* 2^84 */
#define ONES_VALUE 4503599627370496.0            /* 2^52 */
#define UPPER_VALUE 19342813113834066795298816.0 /* 2^84 */

/* Of integers below 2^52. */
AVX2_INLINE __m128d divide(__m128i integers, __m128d by)
{
    __m128i bits = _mm_or_si128(integers, _mm_set1_epi64x(ONES));
    return _mm_div_pd(
        _mm_sub_pd(_mm_castsi128_pd(bits), _mm_set1_pd(ONES_VALUE)), by);
}

/* Of the sums of integers and `more`: see above. */
AVX2_INLINE __m128d divide_wide(__m128i integers, __m128d more, __m128d by,
                                __m128d inverse)
{
    __m128i upper =
        _mm_or_si128(_mm_srli_epi64(integers, 32), _mm_set1_epi64x(UPPER));
    __m128i lower = _mm_blend_epi16(integers, _mm_set1_epi64x(ONES), 0xCC);
    __m128d high = _mm_add_pd(
        _mm_sub_pd(_mm_castsi128_pd(upper), _mm_set1_pd(UPPER_VALUE)), more);
    __m128d low = _mm_sub_pd(_mm_castsi128_pd(lower), _mm_set1_pd(ONES_VALUE));
    __m128d a = _mm_add_pd(high, low);
    __m128d b = _mm_sub_pd(low, _mm_sub_pd(a, high));
    __m128d q = _mm_mul_pd(a, inverse);
    __m128d rest = _mm_add_pd(_mm_fnmadd_pd(q, by, a), b);
    return _mm_fmadd_pd(rest, inverse, q);
}

/* The first of 17 digits, 0 of fewer. */
AVX2_INLINE unsigned first_of_all(const struct number *number)
{
    unsigned first = (unsigned char)(number->end[-REACH] - '0');
    return number->digits == MAX_DIGITS ? first : 0;
}

/* Whether the quotient may be the middle between two doubles. */
AVX2_INLINE bool may_be_middle(const struct number *number)
{
    return number->digits > EXACT_DIGITS && number->fraction < 2;
}

AVX2_INLINE bool take_long(const struct number number[2], __m128d *values)
{
    __m128i sums;
    unsigned first = first_of_all(&number[0]);
    unsigned second = first_of_all(&number[1]);
    const char *low = number[0].end - LANE;
    const char *high = number[1].end - LANE;
    if (first > 9 || second > 9 || may_be_middle(&number[0]) ||
        may_be_middle(&number[1]) ||
        !sum_digits(number, load_lanes(low, high),
                    load_lanes(low - 1, high - 1), &sums))
        return false;
    *values = divide_wide(sums, load_two(&leading[first], &leading[second]),
                          look_up(powers, number), look_up(inverses, number));
    return true;
}

/* The lane that ends with a number, zeros where that is in front of `begin`. */
AVX2_INLINE __m128i load_first(const char *end, const char *begin)
{
    static const uint8_t shift[2 * LANE] = {
        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
        0x80, 0x80, 0x80, 0x80, 0x80, 0,    1,    2,    3,    4,    5,
        6,    7,    8,    9,    10,   11,   12,   13,   14,   15};
    ptrdiff_t size = end - begin;
    ptrdiff_t missing = size < LANE ? LANE - size : 0;
    return _mm_shuffle_epi8(load_lane(end - LANE + missing),
                            load_lane(shift + LANE - missing));
}

/* Two numbers to `to`. `begin` is where the text begins when that may be less
 * than REACH in front of the end of the first, else NULL. */
AVX2_INLINE bool take_pair(const char *base, const struct place place[2],
                           const char *begin, uint8_t *to)
{
    struct number number[2];
    __m128i sums;
    __m128d values;
    if (!measure(base, &place[0], &number[0]) ||
        !measure(base, &place[1], &number[1]))
        return false;
    if (begin && number[1].end - begin < LANE)
        return false;
    if ((number[0].digits | number[1].digits) > EXACT_DIGITS)
    {
        if ((begin && number[0].end - begin < REACH) ||
            !take_long(number, &values))
            return false;
    }
    else
    {
        __m128i first = begin ? load_first(number[0].end, begin)
                              : load_lane(number[0].end - LANE);
        __m256i behind = _mm256_inserti128_si256(
            _mm256_castsi128_si256(first), load_lane(number[1].end - LANE), 1);
        if (!sum_digits(number, behind, _mm256_slli_si256(behind, 1), &sums))
            return false;
        values = divide(sums, look_up(powers, number));
    }
    _mm_storeu_pd((double *)(void *)to, values);
    return true;
}

/* ---- positions ---- */

AVX2_INLINE bool take_two(struct window *window, const char *begin,
                          char *behind, uint8_t *to)
{
    struct place place[2];
    char between;
    return find(window, &place[0], &between) && between == ' ' &&
           find(window, &place[1], behind) &&
           take_pair(window->base, place, begin, to);
}

/* The third of three: as a pair of itself. */
AVX2_INLINE bool take_one(struct window *window, char *behind, uint8_t *to)
{
    struct place place[2];
    uint8_t both[16];
    if (!find(window, &place[0], behind))
        return false;
    place[1] = place[0];
    if (!take_pair(window->base, place, NULL, both))
        return false;
    memcpy(to, both, sizeof both / 2);
    return true;
}

/* A position, and what is behind it, 0 when it is written otherwise. */
AVX2_INLINE char take_position(struct window *window, const struct marks *marks,
                               size_t count, uint8_t *to)
{
    char behind;
    move(window, marks);
    if (!take_two(window, NULL, &behind, to))
        return 0;
    if (count == 2)
        return behind;
    if (behind != ' ')
        return 0;
    move(window, marks);
    bool taken = count == 3 ? take_one(window, &behind, to + 16)
                            : take_two(window, NULL, &behind, to + 16);
    return (char)(taken ? behind : 0);
}

/* Whether it is worth the while to mark all: the first number is plain, and it
 * and so all others end in REACH of the text's begin. */
AVX2_INLINE bool begins_plain(const char *begin, const char *at, uint64_t marks)
{
    uint64_t next = marks & (marks - 1);
    return next != 0 && at[__builtin_ctzll(marks)] == '.' &&
           at + __builtin_ctzll(next) - begin >= REACH;
}

AVX2_INLINE size_t take_positions(const char *begin, const char *end,
                                  const char **at, size_t count, uint8_t *to)
{
    struct marks marks;
    struct window window = {.base = *at};
    window.base += *at < end && **at == ' ';
    if (window.base == end)
        return 0;
    marks.words[0] = end - window.base < WORD
                         ? marks_of_rest(begin, window.base, end)
                         : marks_of_word(window.base);
    if (!begins_plain(begin, window.base, marks.words[0]))
        return 0;
    mark(&marks, begin, window.base, end);
    const char *last = marks.end == end ? end : marks.end - LONGEST_POSITION;
    size_t taken = 0;
    char behind = ',';
    while (behind == ',' && window.base + window.at < last)
    {
        window.at += window.base[window.at] == ' ';
        behind = take_position(&window, &marks, count, to + 8 * count * taken);
        if (behind != ',' && behind != ')')
            break;
        *at = window.base + window.at;
        taken++;
    }
    return taken;
}

AVX2 size_t cc_wkt_avx2_positions(const char *begin, const char *end,
                                  const char **at, size_t count, uint8_t *to)
{
    if (end - begin < LANE)
        return 0;
    switch (count)
    {
        case 2:
            return take_positions(begin, end, at, 2, to);
        case 3:
            return take_positions(begin, end, at, 3, to);
        default:
            return take_positions(begin, end, at, 4, to);
    }
}

AVX2 bool cc_wkt_avx2_point(const char *begin, const char *at, const char *end,
                            uint8_t *to)
{
    size_t size = (size_t)(end - begin);
    if (size < REACH || size > WORD)
        return false;
    struct window window = {
        .base = at, .marks = marks_of_short(begin, size) >> (at - begin)};
    char behind;
    return take_two(&window, begin, &behind, to) && behind == ')' &&
           window.base + window.at == end;
}

#else

size_t cc_wkt_avx2_positions(const char *begin, const char *end,
                             const char **at, size_t count, uint8_t *to)
{
    (void)begin;
    (void)end;
    (void)at;
    (void)count;
    (void)to;
    return 0;
}

bool cc_wkt_avx2_point(const char *begin, const char *at, const char *end,
                       uint8_t *to)
{
    (void)begin;
    (void)at;
    (void)end;
    (void)to;
    return false;
}

#endif
