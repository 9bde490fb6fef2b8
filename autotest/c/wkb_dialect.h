/* SPDX-License-Identifier: MIT */
/* ISO WKB, little-endian, rewritten in another dialect of WKB. */
#ifndef CC_WKB_DIALECT_H
#define CC_WKB_DIALECT_H

#include "geometry_case.h"

#include "column/wkb.h"

enum order
{
    ORDER_LITTLE = 0,
    ORDER_BIG,
    ORDER_MIXED /* another one with every header */
};

struct dialect
{
    enum order order;
    bool flags;      /* Z and M as the flags of EWKB */
    int32_t srid;    /* of the outermost geometry; 0: none */
    bool every_srid; /* the members have it as well */
};

struct rewriter
{
    const struct dialect *dialect;
    const uint8_t *from;
    struct cc_buffer to;
    bool big;
    unsigned headers;
};

static inline void put_u32(struct rewriter *rewriter, uint32_t value)
{
    uint8_t bytes[4];
    for (unsigned i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * (rewriter->big ? 3 - i : i));
    assert_int_equal(cc_buffer_append(&rewriter->to, bytes, 4), 0);
}

static inline uint32_t move_u32(struct rewriter *rewriter)
{
    uint32_t value = cc_load_u32le(rewriter->from);
    rewriter->from += 4;
    put_u32(rewriter, value);
    return value;
}

static inline void move_doubles(struct rewriter *rewriter, size_t count)
{
    for (; count > 0; count--, rewriter->from += 8)
    {
        uint8_t bytes[8];
        for (unsigned i = 0; i < 8; i++)
            bytes[i] = rewriter->from[rewriter->big ? 7 - i : i];
        assert_int_equal(cc_buffer_append(&rewriter->to, bytes, 8), 0);
    }
}

static inline uint32_t move_header(struct rewriter *rewriter)
{
    const struct dialect *dialect = rewriter->dialect;
    uint32_t code = cc_load_u32le(rewriter->from + 1);
    uint32_t type = code;
    bool has_srid =
        dialect->srid != 0 && (rewriter->headers == 0 || dialect->every_srid);
    rewriter->from += 5;
    rewriter->big = dialect->order == ORDER_BIG ||
                    (dialect->order == ORDER_MIXED && rewriter->headers % 2);
    rewriter->headers++;
    if (dialect->flags)
        type = code % 1000 | (code / 1000 & 1 ? 0x80000000U : 0) |
               (code / 1000 & 2 ? 0x40000000U : 0);
    if (has_srid)
        type |= 0x20000000U;
    uint8_t order = rewriter->big ? 0 : 1;
    assert_int_equal(cc_buffer_append(&rewriter->to, &order, 1), 0);
    put_u32(rewriter, type);
    if (has_srid)
        put_u32(rewriter, (uint32_t)dialect->srid);
    return code;
}

static inline void move_geometry(struct rewriter *rewriter)
{
    uint32_t code = move_header(rewriter);
    const struct cc_wkb_class *class = cc_wkb_class(code % 1000);
    size_t doubles = cc_dims_count(code / 1000);
    bool big = rewriter->big;
    if (class->content == CC_WKB_POSITION)
    {
        move_doubles(rewriter, doubles);
        return;
    }
    uint32_t count = move_u32(rewriter);
    if (class->content == CC_WKB_POSITIONS)
    {
        move_doubles(rewriter, count * doubles);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
    {
        if (class->content == CC_WKB_MEMBERS)
            move_geometry(rewriter);
        else
            move_doubles(rewriter, move_u32(rewriter) * doubles);
        rewriter->big = big;
    }
}

/* Freed by the caller. */
static inline struct cc_buffer in_dialect(const uint8_t *wkb,
                                          const struct dialect *dialect)
{
    struct rewriter rewriter = {.dialect = dialect, .from = wkb};
    move_geometry(&rewriter);
    return rewriter.to;
}

#endif
