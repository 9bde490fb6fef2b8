/* SPDX-License-Identifier: MIT */
/*
 * Values of HiveServer2's results into builders. Numbers and booleans have a
 * form of their own on the wire, binary is bytes, everything else is text.
 */
#include "hive.h"

#include "column/datetime.h"
#include "column/zone.h"
#include "wire/esri_shape.h"
#include "wire/hive_json.h"

#include <stdio.h>

/* ---- geometry ---- */

/* Shape types of Esri's geometry library. */
static bool is_shape_type(uint32_t type)
{
    static const uint32_t known =
        1U << 0 | 1U << 1 | 1U << 3 | 1U << 5 | 1U << 8 | 1U << 9 | 1U << 10 |
        1U << 11 | 1U << 13 | 1U << 15 | 1U << 18 | 1U << 19 | 1U << 20 |
        1U << 21 | 1U << 23 | 1U << 25 | 1U << 28;
    return type < 32 && (known >> type & 1) != 0;
}

/* Whether bytes are what Hive's ST_* functions return: WKID (big-endian), the
 * OGC type, a shape (little-endian). */
static bool may_be_shape(const uint8_t *data, size_t size)
{
    if (size < 9 || data[0] > 0x7F || data[4] > 6)
        return false;
    return is_shape_type((uint32_t)data[5] | (uint32_t)data[6] << 8 |
                         (uint32_t)data[7] << 16 | (uint32_t)data[8] << 24);
}

static int append_shape(struct cc_hive_field *field, const uint8_t *data,
                        size_t size, struct cc_error *error)
{
    static const uint8_t extended = 0x20; /* in the type's highest byte: SRID */
    struct cc_geometry_result result = {.srid = 0};
    struct cc_buffer *wkb = &field->scratch;
    wkb->size = 0;
    enum cc_geometry_status status = cc_esri_shape(data, size, wkb, &result);
    if (status == CC_GEOMETRY_NO_MEMORY)
        return cc_error_memory(error);
    if (status != CC_GEOMETRY_OK || wkb->size < 5)
        return cc_builder_geometry(field->builder, data, size, error);
    if (result.srid > 0)
    {
        if (cc_buffer_reserve(wkb, 4) != 0)
            return cc_error_memory(error);
        memmove(wkb->data + 9, wkb->data + 5, wkb->size - 5);
        wkb->data[4] |= extended;
        for (unsigned i = 0; i < 4; i++)
            wkb->data[5 + i] = (uint8_t)((uint32_t)result.srid >> (8 * i));
        wkb->size += 4;
    }
    return cc_builder_geometry(field->builder, wkb->data, wkb->size, error);
}

/* A shape without WKID begins as big-endian WKB does. */
static int append_geometry(struct cc_hive_field *field, const uint8_t *data,
                           size_t size, struct cc_error *error)
{
    if (!may_be_shape(data, size))
        return cc_builder_geometry(field->builder, data, size, error);
    struct cc_geometry_result result;
    field->scratch.size = 0;
    enum cc_geometry_status as_wkb =
        cc_geometry_from_wkb(data, size, &field->scratch, &result);
    if (as_wkb == CC_GEOMETRY_OK)
        return cc_builder_geometry(field->builder, data, size, error);
    return append_shape(field, data, size, error);
}

/* ---- times ---- */

/* Names of zones as Java prints them: longer ones are not known. */
#define MAX_ZONE 64
#define MAX_TIME 40

struct cc_hive_region
{
    char name[MAX_ZONE];
    struct cc_zone *zone; /* NULL: not known here */
};

static void forget_region(struct cc_hive_field *field)
{
    if (field->region)
        cc_zone_free(field->region->zone);
    free(field->region);
    field->region = NULL;
}

/* A column's values are of the same region, that of the session. */
static int find_region(struct cc_hive_field *field, const char *name,
                       size_t size, struct cc_error *error)
{
    struct cc_hive_region *region = field->region;
    if (region && strlen(region->name) == size &&
        memcmp(region->name, name, size) == 0)
        return 0;
    forget_region(field);
    region = calloc(1, sizeof *region);
    field->region = region;
    if (!region || cc_zone_load(name, size, &region->zone) < 0)
        return cc_error_memory(error);
    memcpy(region->name, name, size);
    return 0;
}

/* "2020-01-02 03:04:05.0 America/New_York" with an offset in the place of the
 * region. What has none, or an unknown one, is left as it is. */
static int append_zoned(struct cc_hive_field *field, const char *text,
                        size_t size, struct cc_error *error)
{
    size_t at = size;
    while (at > 0 && text[at - 1] != ' ')
        at--;
    size_t name_size = size - at;
    int64_t local;
    if (at == 0 || at > MAX_TIME || name_size >= MAX_ZONE ||
        cc_timestamp_parse(text, at - 1, false, &local) > CC_DATETIME_ROUNDED)
        return cc_builder_text(field->builder, text, size, error);
    CC_TRY(find_region(field, text + at, name_size, error));
    if (!field->region->zone)
        return cc_builder_text(field->builder, text, size, error);
    int64_t seconds = local / CC_US_PER_SECOND - (local % CC_US_PER_SECOND < 0);
    int offset = (int)cc_zone_offset(field->region->zone, seconds);
    int east = offset < 0 ? -offset : offset;
    char with_offset[MAX_TIME + 16];
    int length = snprintf(
        with_offset, sizeof with_offset, "%.*s%c%02d:%02d:%02d", (int)at - 1,
        text, offset < 0 ? '-' : '+', east / 3600, east / 60 % 60, east % 60);
    return cc_builder_text(field->builder, with_offset, (size_t)length, error);
}

void cc_hive_field_free(struct cc_hive_field *field)
{
    forget_region(field);
    cc_buffer_free(&field->scratch);
}

/* ---- text and bytes ---- */

/* What cannot be made JSON is delivered as it is. */
static int append_json(struct cc_hive_field *field, const char *text,
                       size_t size, struct cc_error *error)
{
    struct cc_buffer *json = &field->scratch;
    json->size = 0;
    int status = cc_hive_json(json, text, size, field->unescaped);
    if (status < 0)
        return cc_error_memory(error);
    return status == 0
               ? cc_builder_text(field->builder, (const char *)json->data,
                                 json->size, error)
               : cc_builder_text(field->builder, text, size, error);
}

static int append_bytes(struct cc_hive_field *field, const uint8_t *data,
                        size_t size, struct cc_error *error)
{
    struct cc_builder *builder = field->builder;
    const char *text = (const char *)data;
    switch (builder->column->kind)
    {
        case CC_KIND_DECIMAL:
            return cc_builder_decimal(builder, text, size, error);
        case CC_KIND_JSON:
            return append_json(field, text, size, error);
        case CC_KIND_TIMESTAMPTZ:
            return builder->type == CC_OUT_TIMESTAMPTZ
                       ? append_zoned(field, text, size, error)
                       : cc_builder_text(builder, text, size, error);
        case CC_KIND_BINARY:
            return builder->type == CC_OUT_GEOMETRY
                       ? append_geometry(field, data, size, error)
                       : cc_builder_bytes(builder, data, size, error);
        default:
            return builder->type == CC_OUT_GEOMETRY
                       ? cc_builder_geometry(builder, data, size, error)
                       : cc_builder_text(builder, text, size, error);
    }
}

/* ---- columns ---- */

static int append_strings(struct cc_hive_field *field,
                          const struct cc_hs2_column *column,
                          const uint8_t *data, size_t row, size_t count,
                          struct cc_error *error)
{
    for (size_t end = row + count; row < end; row++)
    {
        size_t size = cc_thrift_load32(data + field->at);
        const uint8_t *bytes = data + field->at + 4;
        field->at += 4 + size;
        if (cc_hs2_is_null(column, data, row))
            cc_builder_null(field->builder);
        else
            CC_TRY(append_bytes(field, bytes, size, error));
    }
    return 0;
}

static int64_t load_integer(enum cc_hs2_value_kind kind, const uint8_t *data)
{
    switch (kind)
    {
        case CC_HS2_VALUE_BOOL:
            return *data != 0;
        case CC_HS2_VALUE_BYTE:
            return (int8_t)*data;
        case CC_HS2_VALUE_I16:
            return (int16_t)cc_thrift_load16(data);
        case CC_HS2_VALUE_I32:
            return (int32_t)cc_thrift_load32(data);
        default:
            return (int64_t)cc_thrift_load64(data);
    }
}

static int append_integers(struct cc_hive_field *field,
                           const struct cc_hs2_column *column,
                           const uint8_t *data, size_t row, size_t count,
                           struct cc_error *error)
{
    static const size_t widths[] = {0, 1, 1, 2, 4, 8};
    size_t width = widths[column->kind];
    const uint8_t *value = data + field->at;
    field->at += width * count;
    for (size_t end = row + count; row < end; row++, value += width)
    {
        if (cc_hs2_is_null(column, data, row))
            cc_builder_null(field->builder);
        else
            CC_TRY(cc_builder_int64(field->builder,
                                    load_integer(column->kind, value), error));
    }
    return 0;
}

static int append_doubles(struct cc_hive_field *field,
                          const struct cc_hs2_column *column,
                          const uint8_t *data, size_t row, size_t count,
                          struct cc_error *error)
{
    const uint8_t *value = data + field->at;
    field->at += 8 * count;
    for (size_t end = row + count; row < end; row++, value += 8)
    {
        if (cc_hs2_is_null(column, data, row))
            cc_builder_null(field->builder);
        else
            CC_TRY(cc_builder_double(field->builder,
                                     cc_thrift_load_double(value), error));
    }
    return 0;
}

int cc_hive_append_values(struct cc_hive_field *field,
                          const struct cc_hs2_column *column,
                          const uint8_t *data, size_t row, size_t count,
                          struct cc_error *error)
{
    switch (column->kind)
    {
        case CC_HS2_VALUE_STRING:
        case CC_HS2_VALUE_BINARY:
            return append_strings(field, column, data, row, count, error);
        case CC_HS2_VALUE_DOUBLE:
            return append_doubles(field, column, data, row, count, error);
        default:
            return append_integers(field, column, data, row, count, error);
    }
}

/* ---- rows ---- */

int cc_hive_append_value(struct cc_hive_field *field,
                         const struct cc_hs2_value *value, const uint8_t *data,
                         struct cc_error *error)
{
    if (value->null)
    {
        cc_builder_null(field->builder);
        return 0;
    }
    switch (value->kind)
    {
        case CC_HS2_VALUE_STRING:
        case CC_HS2_VALUE_BINARY:
            return append_bytes(field, data + value->bytes.at,
                                value->bytes.size, error);
        case CC_HS2_VALUE_DOUBLE:
            return cc_builder_double(field->builder, value->real, error);
        default:
            return cc_builder_int64(field->builder, value->integer, error);
    }
}
