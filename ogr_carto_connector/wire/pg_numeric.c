/* SPDX-License-Identifier: MIT */
#include "pg_numeric.h"

#define HEADER 8
#define BASE 10000
#define GROUP 4 /* decimal digits of a base-10000 digit */

enum sign
{
    SIGN_POSITIVE = 0x0000,
    SIGN_NEGATIVE = 0x4000,
    SIGN_NAN = 0xC000,
    SIGN_INFINITY = 0xD000,
    SIGN_MINUS_INFINITY = 0xF000
};

struct numeric
{
    int digits;
    int weight; /* the first digit counts 10000^weight */
    enum sign sign;
    int scale; /* decimal digits behind the point that are shown */
    const uint8_t *data;
};

static unsigned get16(const uint8_t *data)
{
    return (unsigned)data[0] << 8 | data[1];
}

static bool parse(const uint8_t *data, size_t size, struct numeric *n)
{
    if (size < HEADER)
        return false;
    n->digits = (int)get16(data);
    n->weight = (int16_t)get16(data + 2);
    n->sign = (enum sign)get16(data + 4);
    n->scale = (int)(get16(data + 6) & 0x3FFF);
    n->data = data + HEADER;
    return size - HEADER == (size_t)n->digits * 2;
}

static unsigned digit_at(const struct numeric *n, int index)
{
    return index < 0 || index >= n->digits ? 0
                                           : get16(n->data + (size_t)index * 2);
}

bool cc_pg_numeric_small(const uint8_t *data, size_t size, int64_t *unscaled,
                         int *scale)
{
    struct numeric n;
    if (!parse(data, size, &n) || n.digits > 5 ||
        (n.sign != SIGN_POSITIVE && n.sign != SIGN_NEGATIVE))
        return false;
    /* digits that count as integers and are zeros not sent */
    int zeros = n.digits == 0 ? 0 : n.weight + 1 - n.digits;
    if (zeros > 4 || zeros < -9)
        return false;
    int64_t value = 0;
    for (int i = 0; i < n.digits + (zeros > 0 ? zeros : 0); i++)
    {
        unsigned digit = digit_at(&n, i);
        if (digit >= BASE || value > (INT64_MAX - BASE) / BASE)
            return false;
        value = value * BASE + (int64_t)digit;
    }
    *scale = zeros < 0 ? -zeros * GROUP : 0;
    for (; *scale > n.scale && value % 10 == 0; --*scale)
        value /= 10;
    *unscaled = n.sign == SIGN_NEGATIVE ? -value : value;
    return true;
}

static void append_group(struct cc_strbuf *out, unsigned group, int digits)
{
    static const unsigned divisors[] = {1000, 100, 10, 1};
    for (int i = 0; i < digits; i++)
        (void)cc_strbuf_append_char(out,
                                    (char)('0' + group / divisors[i] % 10));
}

static void append_integer(struct cc_strbuf *out, const struct numeric *n)
{
    if (n->weight < 0 || n->digits == 0)
    {
        (void)cc_strbuf_append_char(out, '0');
        return;
    }
    (void)cc_strbuf_printf(out, "%u", digit_at(n, 0));
    for (int i = 1; i <= n->weight; i++)
        append_group(out, digit_at(n, i), GROUP);
}

static void append_fraction(struct cc_strbuf *out, const struct numeric *n)
{
    if (n->scale > 0)
        (void)cc_strbuf_append_char(out, '.');
    int index = n->weight + 1;
    for (int left = n->scale; left > 0; left -= GROUP)
        append_group(out, digit_at(n, index++), left < GROUP ? left : GROUP);
}

int cc_pg_numeric_text(const uint8_t *data, size_t size, struct cc_strbuf *out)
{
    struct numeric n;
    if (!parse(data, size, &n))
        return 1;
    for (int i = 0; i < n.digits; i++)
    {
        if (digit_at(&n, i) >= BASE)
            return 1;
    }
    switch (n.sign)
    {
        case SIGN_NAN:
            return cc_strbuf_append(out, "NaN");
        case SIGN_INFINITY:
            return cc_strbuf_append(out, "Infinity");
        case SIGN_MINUS_INFINITY:
            return cc_strbuf_append(out, "-Infinity");
        case SIGN_NEGATIVE:
            (void)cc_strbuf_append_char(out, '-');
            break;
        case SIGN_POSITIVE:
            break;
        default:
            return 1;
    }
    append_integer(out, &n);
    append_fraction(out, &n);
    return cc_strbuf_failed(out) ? -1 : 0;
}
