/* SPDX-License-Identifier: MIT */
#include "wkt_plain.h"

#include "number.h"
#include "wkb.h"
#include "wkt_avx2.h"

/* What is read for a number, and behind it. */
#define WINDOW (CC_NUMBER_WINDOW + 1)
/* So short a text, or rest of one, is copied to where its last position can be
 * read with zeros behind. */
#define SHORT_TEXT ((size_t)128)
#define MARGIN (4 * (size_t)WINDOW)
#define SHORTEST_POINT ((ptrdiff_t)(sizeof "POINT(1 2)" - 1))

/* The position at `at`, behind which `end` can be read. Returns where it ends,
 * at a comma or closing parenthesis, NULL when it is written otherwise. */
static const char *take_position(const char *at, const char *end, size_t count,
                                 uint8_t *to)
{
    if ((size_t)(end - at) < WINDOW * count)
        return NULL;
    at += *at == ' ';
    for (size_t i = 0; i < count; i++)
    {
        double value;
        if (i > 0 && *at++ != ' ')
            return NULL;
        const char *after = cc_number_plain(at, &value);
        if (!after)
        {
            /* However long it is, the others keep their windows. */
            after = cc_number_parse(at, end, &value);
            if (!after || (size_t)(end - after) < WINDOW * (count - i))
                return NULL;
        }
        cc_store_f64le(to + 8 * i, value);
        at = after;
    }
    return *at == ',' || *at == ')' ? at : NULL;
}

static size_t take_positions(const char **at, const char *last, const char *end,
                             size_t count, uint8_t *to)
{
    size_t taken = 0;
    bool more = true;
    while (more && *at < last)
    {
        const char *after =
            take_position(*at, end, count, to + 8 * count * taken);
        if (!after)
            break;
        more = *after == ',';
        *at = after + 1;
        taken++;
    }
    return taken;
}

/* A text of at most SHORT_TEXT characters with zeros behind. Returns what can be
 * read of it. */
static size_t copy_short(const char *text, size_t size,
                         char copy[SHORT_TEXT + MARGIN])
{
    memcpy(copy, text, size);
    memset(copy + size, 0, MARGIN);
    return size + MARGIN;
}

static size_t copy_positions(const char **at, size_t size, size_t count,
                             uint8_t *to)
{
    char copy[SHORT_TEXT + MARGIN];
    const char *from = copy;
    size_t readable = copy_short(*at, size, copy);
    size_t taken =
        take_positions(&from, copy + size, copy + readable, count, to);
    *at += from - copy;
    return taken;
}

/* All of `text` is the position and what ends it. */
static bool copy_point(const char *text, size_t size, uint8_t *to)
{
    char copy[SHORT_TEXT + MARGIN];
    size_t readable = copy_short(text, size, copy);
    const char *at = take_position(copy, copy + readable, 2, to);
    return at == copy + size - 1 && *at == ')';
}

/* Where the position of a point begins; NULL when the text, which is not
 * shorter than the shortest, begins otherwise. */
static const char *begin_point(const char *at)
{
    if (memcmp(at, "POINT", 5) != 0)
        return NULL;
    at += 5;
    at += *at == ' ';
    return *at == '(' ? at + 1 : NULL;
}

/* What AVX2 does not take may still be less than parse_position would have to
 * look at: integers, short points. */
size_t cc_wkt_plain_positions(const char *begin, const char *end,
                              const char **at, size_t count, uint8_t *to)
{
    size_t size = (size_t)(end - *at);
    size_t taken = 0;
    if (cc_wkt_avx2_can())
        taken = cc_wkt_avx2_positions(begin, end, at, count, to);
    if (taken > 0)
        return taken;
    if (size <= SHORT_TEXT)
        return copy_positions(at, size, count, to);
    if (size > CC_WKT_PLAIN_CHUNK)
        size = CC_WKT_PLAIN_CHUNK;
    return take_positions(at, *at + size - MARGIN, end, count, to);
}

bool cc_wkt_plain_point(const char *begin, const char *end, uint8_t *to)
{
    if (end - begin < SHORTEST_POINT)
        return false;
    const char *at = begin_point(begin);
    if (!at)
        return false;
    if (cc_wkt_avx2_can() && cc_wkt_avx2_point(begin, at, end, to))
        return true;
    size_t size = (size_t)(end - at);
    return size <= SHORT_TEXT && copy_point(at, size, to);
}
