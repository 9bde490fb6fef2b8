/* SPDX-License-Identifier: MIT */
#include "wkb.h"

#include <math.h>

/* A run of positions within the WKB. */
struct line
{
    const uint8_t *first;
    uint32_t count;
    unsigned dims;
};

struct checker
{
    const uint8_t *at; /* the WKB is complete: its writer saw to that */
    unsigned dims;
    struct cc_geometry_result *result;
};

static bool check_geometry(struct checker *checker, uint32_t parent,
                           struct line *line);

static bool bad(struct checker *checker, const char *what)
{
    cc_geometry_invalid(checker->result, "%s", what);
    return false;
}

static uint32_t take_u32(struct checker *checker)
{
    uint32_t value = cc_load_u32le(checker->at);
    checker->at += 4;
    return value;
}

static struct line take_line(struct checker *checker, uint32_t count)
{
    struct line line = {checker->at, count, checker->dims};
    checker->at += count * cc_dims_size(checker->dims);
    return line;
}

static const uint8_t *last_position(const struct line *line)
{
    return line->first + (line->count - 1) * cc_dims_size(line->dims);
}

/* Whether x, y and z are those of the other end. NaN is not even itself. */
static bool is_closed(const struct line *line)
{
    const uint8_t *first = line->first;
    const uint8_t *last = last_position(line);
    size_t count = line->dims & CC_DIM_Z ? 3 : 2;
    for (size_t i = 0; i < count; i++, first += 8, last += 8)
    {
        if (cc_load_f64le(first) != cc_load_f64le(last))
            return false;
    }
    return true;
}

static bool check_triangle(struct checker *checker)
{
    uint32_t rings = take_u32(checker);
    if (rings == 0)
        return true;
    if (rings > 1)
        return bad(checker, "a TRIANGLE has more than one ring");
    struct line line = take_line(checker, take_u32(checker));
    if (line.count != 4 || !is_closed(&line))
        return bad(checker, "the ring of a TRIANGLE is not four points, the "
                            "last the same as the first");
    return true;
}

static bool check_rings(struct checker *checker)
{
    uint32_t rings = take_u32(checker);
    for (uint32_t i = 0; i < rings; i++)
        take_line(checker, take_u32(checker));
    return true;
}

static bool check_line(struct checker *checker, uint32_t type, uint32_t parent,
                       struct line *line)
{
    *line = take_line(checker, take_u32(checker));
    if (type == CC_WKB_CIRCULARSTRING && line->count != 0 &&
        (line->count < 3 || line->count % 2 == 0))
        return bad(checker, "a CIRCULARSTRING has an even number of points, "
                            "or only one");
    if (parent == CC_WKB_COMPOUNDCURVE && line->count == 1)
        return bad(checker, "a part of a COMPOUNDCURVE has only one point");
    if (parent == CC_WKB_CURVEPOLYGON && type == CC_WKB_LINESTRING &&
        line->count < 4)
        return bad(checker, "a ring of a CURVEPOLYGON has less than 4 points");
    return true;
}

/* x, y and z, with the relative tolerance OGR joins curves by. */
static bool meet(const uint8_t *a, const uint8_t *b, unsigned dims)
{
    static const double tolerance = 1e-14;
    size_t count = dims & CC_DIM_Z ? 3 : 2;
    for (size_t i = 0; i < count; i++, a += 8, b += 8)
    {
        double value = cc_load_f64le(b);
        if (fabs(cc_load_f64le(a) - value) > tolerance * fabs(value))
            return false;
    }
    return true;
}

/* OGR turns a part that runs backwards round, so that both ends will do. */
static bool is_contiguous(const struct line *before, const struct line *line)
{
    if (before->count == 0 || line->count == 0)
        return false;
    const uint8_t *end = last_position(before);
    return meet(end, line->first, line->dims) ||
           meet(end, last_position(line), line->dims);
}

static bool check_members(struct checker *checker, uint32_t type)
{
    struct line before = {NULL, 0, 0};
    uint32_t count = take_u32(checker);
    for (uint32_t i = 0; i < count; i++)
    {
        struct line line = {NULL, 0, 0};
        if (!check_geometry(checker, type, &line))
            return false;
        if (type == CC_WKB_COMPOUNDCURVE && i > 0 &&
            !is_contiguous(&before, &line))
            return bad(checker, "a part of a COMPOUNDCURVE does not begin "
                                "where the one before it ends");
        before = line;
    }
    return true;
}

static bool check_geometry(struct checker *checker, uint32_t parent,
                           struct line *line)
{
    uint32_t code = cc_load_u32le(checker->at + 1);
    uint32_t type = code % 1000;
    checker->dims = code / 1000;
    checker->at += CC_WKB_HEADER_SIZE;
    const struct cc_wkb_class *class = cc_wkb_class(type);
    if (class->content == CC_WKB_POSITION)
        checker->at += cc_dims_size(checker->dims);
    else if (class->content == CC_WKB_POSITIONS)
        return check_line(checker, type, parent, line);
    else if (type == CC_WKB_TRIANGLE)
        return check_triangle(checker);
    else if (class->content == CC_WKB_RINGS)
        return check_rings(checker);
    else
        return check_members(checker, type);
    return true;
}

enum cc_geometry_status cc_wkb_check(const uint8_t *wkb,
                                     struct cc_geometry_result *result)
{
    struct checker checker = {wkb, 0, result};
    struct line line;
    return check_geometry(&checker, 0, &line) ? CC_GEOMETRY_OK
                                              : CC_GEOMETRY_INVALID;
}
