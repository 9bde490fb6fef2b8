/* SPDX-License-Identifier: MIT */
/*
 * WKB of every dialect to ISO WKB: OGC with the 2.5D flag, ISO, PostGIS's EWKB,
 * either byte order, also mixed within a value.
 *
 * The output has the dimensions of the outermost geometry. A member of other
 * dimensions widens it: the value is read again with the union of both, and
 * ordinates that are missing become 0, as OGR does. Each pass reserves the
 * most the output can need, so that nothing is checked while copying.
 */
#include "wkb.h"

#include <math.h>
#include <stdio.h>

/* Flags of the type word of EWKB; the first is OGC's wkb25DBit as well. */
#define EWKB_Z 0x80000000U
#define EWKB_M 0x40000000U
#define EWKB_SRID 0x20000000U
#define EWKB_FLAGS 0xF0000000U

#define POINT_SIZE 21
#define EWKB_POINT_SIZE 25

/* The smallest geometry: header and count, of 4 bytes each with the order. */
#define MIN_MEMBER_SIZE 9

struct reader
{
    const uint8_t *data;
    size_t size;
    size_t at;
    uint8_t *out;       /* in reserved space */
    unsigned dims;      /* of the output */
    unsigned wider;     /* what `dims` should have been */
    bool mixed;         /* positions may be converted to `dims` */
    bool needs_check;   /* a type for cc_wkb_check was met */
    size_t text_length; /* of cc_wkb_decode */
    struct cc_geometry_result *result;
};

struct header
{
    bool big_endian;
    uint32_t type;
    unsigned dims;
    uint32_t srid;
};

static bool read_geometry(struct reader *reader,
                          const struct cc_wkb_class *parent, int depth);

/* Fails because the value ends before byte `needed`. */
static bool cut(struct reader *reader, uint64_t needed)
{
    cc_geometry_invalid(reader->result,
                        "WKB is cut: it has %zu bytes and needs at least %llu",
                        reader->size, (unsigned long long)needed);
    if (reader->text_length)
        cc_geometry_hint_width(reader->result, "VARCHAR", reader->text_length);
    else
        cc_geometry_hint_width(reader->result, "VARBINARY", reader->size);
    return false;
}

/* Whether `count` items of at least `item` bytes follow. */
static bool has_items(struct reader *reader, uint32_t count, size_t item)
{
    if (count <= (reader->size - reader->at) / item)
        return true;
    return cut(reader, (uint64_t)reader->at + (uint64_t)count * item);
}

static uint32_t take_u32(struct reader *reader, bool big_endian)
{
    const uint8_t *at = reader->data + reader->at;
    reader->at += 4;
    return big_endian ? cc_load_u32be(at) : cc_load_u32le(at);
}

static bool read_count(struct reader *reader, bool big_endian, size_t item,
                       uint32_t *count)
{
    if (!has_items(reader, 1, 4))
        return false;
    *count = take_u32(reader, big_endian);
    if (!has_items(reader, *count, item))
        return false;
    cc_store_u32le(reader->out, *count);
    reader->out += 4;
    return true;
}

static bool split_type(struct reader *reader, uint32_t word,
                       struct header *header)
{
    uint32_t code = word & ~EWKB_FLAGS;
    header->type = code % 1000;
    header->dims = code / 1000;
    if (header->dims > (CC_DIM_Z | CC_DIM_M) || !cc_wkb_class(header->type))
    {
        cc_geometry_invalid(reader->result,
                            "WKB has the unknown geometry type %lu at byte %zu",
                            (unsigned long)word, reader->at - 4);
        return false;
    }
    if (word & EWKB_Z)
        header->dims |= CC_DIM_Z;
    if (word & EWKB_M)
        header->dims |= CC_DIM_M;
    return true;
}

static bool read_header(struct reader *reader, struct header *header)
{
    if (!has_items(reader, 1, CC_WKB_HEADER_SIZE))
        return false;
    uint8_t order = reader->data[reader->at++];
    if (order > 1)
    {
        cc_geometry_invalid(
            reader->result,
            "WKB has 0x%02X at byte %zu, where a byte order (0 or 1) is due",
            order, reader->at - 1);
        return false;
    }
    header->big_endian = order == 0;
    uint32_t word = take_u32(reader, header->big_endian);
    if (!split_type(reader, word, header))
        return false;
    header->srid = 0;
    if (!(word & EWKB_SRID))
        return true;
    if (!has_items(reader, 1, 4))
        return false;
    header->srid = take_u32(reader, header->big_endian);
    return true;
}

/* Negative numbers are the "unknown" of old servers. */
static int32_t srid_of(uint32_t word)
{
    return word <= INT32_MAX ? (int32_t)word : 0;
}

static bool fits_parent(struct reader *reader, const struct header *header,
                        const struct cc_wkb_class *parent)
{
    if (!parent)
        return true;
    if (!cc_wkb_member_allowed(parent, header->type))
    {
        cc_geometry_invalid(reader->result, "WKB has a %s as a member of a %s",
                            cc_wkb_type_name(header->type), parent->name);
        return false;
    }
    int32_t srid = srid_of(header->srid);
    if (srid != 0 && srid != reader->result->srid)
    {
        cc_geometry_invalid(
            reader->result,
            "WKB has a member of SRID %ld in a geometry of SRID %ld",
            (long)srid, (long)reader->result->srid);
        return false;
    }
    return true;
}

/* Fails, to begin again, when a pass that copies meets other dimensions. */
static bool fits_dims(struct reader *reader, unsigned dims)
{
    if (dims == reader->dims)
        return true;
    reader->wider = reader->dims | dims;
    return reader->mixed && reader->wider == reader->dims;
}

static void store_swapped(uint8_t *to, const uint8_t *from, size_t doubles)
{
    for (size_t i = 0; i < doubles; i++, to += 8, from += 8)
    {
        cc_store_u32le(to, cc_load_u32be(from + 4));
        cc_store_u32le(to + 4, cc_load_u32be(from));
    }
}

/* Ordinates are NaN where x is (an empty point), else 0, where missing. */
static void store_widened(uint8_t *to, unsigned to_dims, const uint8_t *from,
                          unsigned from_dims)
{
    double x = cc_load_f64le(from);
    double fill = isnan(x) ? x : 0.0;
    memcpy(to, from, 16);
    from += 16;
    to += 16;
    if (from_dims & CC_DIM_Z)
    {
        memcpy(to, from, 8);
        from += 8;
    }
    else if (to_dims & CC_DIM_Z)
        cc_store_f64le(to, fill);
    if (to_dims & CC_DIM_Z)
        to += 8;
    if (from_dims & CC_DIM_M)
        memcpy(to, from, 8);
    else if (to_dims & CC_DIM_M)
        cc_store_f64le(to, fill);
}

static void convert_positions(struct reader *reader, bool big_endian,
                              unsigned dims, const uint8_t *from,
                              uint32_t count)
{
    size_t size = cc_dims_size(dims);
    size_t out_size = cc_dims_size(reader->dims);
    uint8_t position[32] = {0};
    for (uint32_t i = 0; i < count; i++, from += size)
    {
        if (big_endian)
            store_swapped(position, from, size / 8);
        else
            memcpy(position, from, size);
        store_widened(reader->out, reader->dims, position, dims);
        reader->out += out_size;
    }
}

/* Copies positions whose bytes are known to be there. */
static void take_positions(struct reader *reader, const struct header *header,
                           uint32_t count)
{
    const uint8_t *from = reader->data + reader->at;
    size_t bytes = count * cc_dims_size(header->dims);
    reader->at += bytes;
    if (header->dims != reader->dims)
    {
        convert_positions(reader, header->big_endian, header->dims, from,
                          count);
        return;
    }
    if (header->big_endian)
        store_swapped(reader->out, from, bytes / 8);
    else
        memcpy(reader->out, from, bytes);
    reader->out += bytes;
}

static bool read_position(struct reader *reader, const struct header *header)
{
    if (!has_items(reader, 1, cc_dims_size(header->dims)))
        return false;
    take_positions(reader, header, 1);
    return true;
}

static bool read_positions(struct reader *reader, const struct header *header)
{
    uint32_t count;
    if (!read_count(reader, header->big_endian, cc_dims_size(header->dims),
                    &count))
        return false;
    take_positions(reader, header, count);
    return true;
}

static bool read_rings(struct reader *reader, const struct header *header)
{
    uint32_t count;
    if (!read_count(reader, header->big_endian, 4, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
    {
        if (!read_positions(reader, header))
            return false;
    }
    return true;
}

static bool read_members(struct reader *reader, const struct header *header,
                         const struct cc_wkb_class *class, int depth)
{
    uint32_t count;
    if (!read_count(reader, header->big_endian, MIN_MEMBER_SIZE, &count))
        return false;
    for (uint32_t i = 0; i < count; i++)
    {
        if (!read_geometry(reader, class, depth + 1))
            return false;
    }
    return true;
}

static bool read_content(struct reader *reader, const struct header *header,
                         int depth)
{
    const struct cc_wkb_class *class = cc_wkb_class(header->type);
    if (class->content == CC_WKB_POSITION)
        return read_position(reader, header);
    if (class->content == CC_WKB_POSITIONS)
        return read_positions(reader, header);
    if (class->content == CC_WKB_RINGS)
        return read_rings(reader, header);
    return read_members(reader, header, class, depth);
}

static bool read_geometry(struct reader *reader,
                          const struct cc_wkb_class *parent, int depth)
{
    struct header header;
    if (depth > CC_GEOMETRY_MAX_DEPTH)
    {
        cc_geometry_invalid(reader->result,
                            "WKB is nested more than %d levels deep",
                            CC_GEOMETRY_MAX_DEPTH);
        return false;
    }
    if (!read_header(reader, &header) ||
        !fits_parent(reader, &header, parent) ||
        !fits_dims(reader, header.dims))
        return false;
    reader->needs_check |= cc_wkb_needs_check(header.type);
    cc_wkb_store_header(reader->out, header.type, reader->dims);
    reader->out += CC_WKB_HEADER_SIZE;
    return read_content(reader, &header, depth);
}

/* The outermost header decides SRID and, to begin with, dimensions. */
static bool begin(struct reader *reader)
{
    struct header header;
    if (!read_header(reader, &header))
        return false;
    reader->dims = header.dims;
    reader->result->srid = srid_of(header.srid);
    reader->result->wkb_type = header.type;
    return true;
}

/* One pass. Output is never larger than the input, and no more than twice as
 * large when XY becomes XYZM: counts keep their size, headers do not grow. */
static enum cc_geometry_status read_value(struct reader *reader,
                                          struct cc_buffer *out)
{
    if (reader->mixed && reader->size > SIZE_MAX / 2)
        return CC_GEOMETRY_NO_MEMORY;
    if (cc_buffer_reserve(out,
                          reader->mixed ? 2 * reader->size : reader->size) != 0)
        return CC_GEOMETRY_NO_MEMORY;
    reader->at = 0;
    reader->out = out->data + out->size;
    reader->wider = reader->dims;
    if (!read_geometry(reader, NULL, 1))
        return CC_GEOMETRY_INVALID;
    if (reader->at != reader->size)
        return cc_geometry_invalid(
            reader->result, "WKB of %zu bytes has %zu more bytes after its end",
            reader->at, reader->size - reader->at);
    return CC_GEOMETRY_OK;
}

static enum cc_geometry_status finish(struct reader *reader,
                                      struct cc_buffer *out)
{
    const uint8_t *wkb = out->data + out->size;
    size_t size = (size_t)(reader->out - wkb);
    if (reader->needs_check)
    {
        enum cc_geometry_status status = cc_wkb_check(wkb, reader->result);
        if (status != CC_GEOMETRY_OK)
            return status;
    }
    out->size += size;
    reader->result->wkb_type =
        cc_wkb_code(reader->result->wkb_type, reader->dims);
    return CC_GEOMETRY_OK;
}

static enum cc_geometry_status decode(const uint8_t *data, size_t size,
                                      size_t text_length, struct cc_buffer *out,
                                      struct cc_geometry_result *result)
{
    struct reader reader = {.data = data,
                            .size = size,
                            .text_length = text_length,
                            .result = result};
    if (!begin(&reader))
        return CC_GEOMETRY_INVALID;

    enum cc_geometry_status status = read_value(&reader, out);
    while (status == CC_GEOMETRY_INVALID && result->reason[0] == '\0')
    {
        reader.dims = reader.wider;
        reader.mixed = true;
        status = read_value(&reader, out);
    }
    if (status != CC_GEOMETRY_OK)
        return status;
    return finish(&reader, out);
}

/* Little-endian points without Z and M: most of what is ever read. */
static bool is_plain_point(const uint8_t *data, size_t size)
{
    if (size == POINT_SIZE)
        return data[0] == 1 && cc_load_u32le(data + 1) == CC_WKB_POINT;
    return size == EWKB_POINT_SIZE && data[0] == 1 &&
           cc_load_u32le(data + 1) == (CC_WKB_POINT | EWKB_SRID);
}

static enum cc_geometry_status plain_point(const uint8_t *data, size_t size,
                                           struct cc_buffer *out,
                                           struct cc_geometry_result *result)
{
    if (cc_buffer_reserve(out, POINT_SIZE) != 0)
        return CC_GEOMETRY_NO_MEMORY;
    uint8_t *to = out->data + out->size;
    cc_wkb_store_header(to, CC_WKB_POINT, 0);
    memcpy(to + CC_WKB_HEADER_SIZE, data + size - 16, 16);
    out->size += POINT_SIZE;
    if (size == EWKB_POINT_SIZE)
        result->srid = srid_of(cc_load_u32le(data + CC_WKB_HEADER_SIZE));
    result->wkb_type = CC_WKB_POINT;
    return CC_GEOMETRY_OK;
}

enum cc_geometry_status cc_wkb_decode(const uint8_t *data, size_t size,
                                      size_t text_length, struct cc_buffer *out,
                                      struct cc_geometry_result *result)
{
    result->srid = 0;
    result->wkb_type = 0;
    result->reason[0] = '\0';
    if (size == 0)
        return CC_GEOMETRY_EMPTY_VALUE;
    if (is_plain_point(data, size))
        return plain_point(data, size, out, result);
    return decode(data, size, text_length, out, result);
}

enum cc_geometry_status cc_geometry_from_wkb(const uint8_t *data, size_t size,
                                             struct cc_buffer *out,
                                             struct cc_geometry_result *result)
{
    return cc_wkb_decode(data, size, 0, out, result);
}
