/* SPDX-License-Identifier: MIT */
#include "wkb.h"

#include <math.h>

struct walker
{
    const uint8_t *wkb;
    size_t size;
    size_t at;
    unsigned dims;
    cc_wkb_visitor visit;
    void *context;
};

static bool take_count(struct walker *walker, uint32_t *count)
{
    if (walker->size - walker->at < 4)
        return false;
    *count = cc_load_u32le(walker->wkb + walker->at);
    walker->at += 4;
    return true;
}

static bool walk_run(struct walker *walker, uint32_t count)
{
    size_t position = cc_dims_size(walker->dims);
    if (count > (walker->size - walker->at) / position)
        return false;
    size_t offset = walker->at;
    walker->at += count * position;
    return count == 0 ||
           walker->visit(walker->context, offset, count, walker->dims);
}

static bool walk_line(struct walker *walker)
{
    uint32_t count;
    return take_count(walker, &count) && walk_run(walker, count);
}

static bool walk_rings(struct walker *walker)
{
    uint32_t count;
    if (!take_count(walker, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
    {
        if (!walk_line(walker))
            return false;
    }
    return true;
}

static const struct cc_wkb_class *take_header(struct walker *walker)
{
    if (walker->size - walker->at < CC_WKB_HEADER_SIZE ||
        walker->wkb[walker->at] != 1)
        return NULL;
    uint32_t code = cc_load_u32le(walker->wkb + walker->at + 1);
    walker->at += CC_WKB_HEADER_SIZE;
    walker->dims = code / 1000;
    if (walker->dims > (CC_DIM_Z | CC_DIM_M))
        return NULL;
    return cc_wkb_class(code % 1000);
}

static bool walk_geometry(struct walker *walker, int depth)
{
    const struct cc_wkb_class *class = take_header(walker);
    if (!class || depth > CC_GEOMETRY_MAX_DEPTH)
        return false;
    if (class->content == CC_WKB_POSITION)
        return walk_run(walker, 1);
    if (class->content == CC_WKB_POSITIONS)
        return walk_line(walker);
    if (class->content == CC_WKB_RINGS)
        return walk_rings(walker);

    uint32_t count;
    if (!take_count(walker, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
    {
        if (!walk_geometry(walker, depth + 1))
            return false;
    }
    return true;
}

bool cc_wkb_walk(const uint8_t *wkb, size_t size, cc_wkb_visitor visit,
                 void *context)
{
    struct walker walker = {wkb, size, 0, 0, visit, context};
    return walk_geometry(&walker, 1);
}

struct envelope
{
    const uint8_t *wkb;
    struct cc_box box;
};

/* NaN compares false, so that the positions of empty points change nothing. */
static bool extend(void *context, size_t offset, uint32_t count, unsigned dims)
{
    struct envelope *envelope = context;
    const uint8_t *at = envelope->wkb + offset;
    size_t position = cc_dims_size(dims);
    struct cc_box box = envelope->box;
    for (uint32_t i = 0; i < count; i++, at += position)
    {
        double x = cc_load_f64le(at);
        double y = cc_load_f64le(at + 8);
        box.min_x = x < box.min_x ? x : box.min_x;
        box.max_x = x > box.max_x ? x : box.max_x;
        box.min_y = y < box.min_y ? y : box.min_y;
        box.max_y = y > box.max_y ? y : box.max_y;
    }
    envelope->box = box;
    return true;
}

bool cc_geometry_envelope(const uint8_t *wkb, size_t size, struct cc_box *box)
{
    struct envelope envelope = {wkb,
                                {INFINITY, INFINITY, -INFINITY, -INFINITY}};
    if (!cc_wkb_walk(wkb, size, extend, &envelope))
        return false;
    *box = envelope.box;
    return box->min_x <= box->max_x && box->min_y <= box->max_y;
}
