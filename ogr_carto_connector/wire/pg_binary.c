/* SPDX-License-Identifier: MIT */
#include "pg_binary.h"
#include "pg_numeric.h"

#include <stdio.h>

/* 2000-01-01, PostgreSQL's day 0, in days and microseconds since 1970. */
#define EPOCH_DAYS 10957
#define EPOCH_MICROSECONDS INT64_C(946684800000000)
#define DAY_MICROSECONDS INT64_C(86400000000)

static const uint8_t copy_signature[11] = "PGCOPY\n\377\r\n";

static uint16_t get16(const uint8_t *data)
{
    return (uint16_t)(data[0] << 8 | data[1]);
}

static uint32_t get32(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 |
           (uint32_t)data[2] << 8 | data[3];
}

static uint64_t get64(const uint8_t *data)
{
    return (uint64_t)get32(data) << 32 | get32(data + 4);
}

static int bad_size(const struct cc_builder *builder, size_t size,
                    struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "column \"%s\": a value of type %s cannot have %zu "
                        "bytes",
                        builder->column->name, builder->column->native_type,
                        size);
}

/* ---- one reader a type ---- */

static int read_bool(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 1)
        return bad_size(builder, size, error);
    return cc_builder_int64(builder, data[0] != 0, error);
}

static int read_int2(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 2)
        return bad_size(builder, size, error);
    return cc_builder_int64(builder, (int16_t)get16(data), error);
}

static int read_int4(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 4)
        return bad_size(builder, size, error);
    return cc_builder_int64(builder, (int32_t)get32(data), error);
}

static int read_int8(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 8)
        return bad_size(builder, size, error);
    return cc_builder_int64(builder, (int64_t)get64(data), error);
}

static int read_oid(struct cc_builder *builder, const uint8_t *data,
                    size_t size, struct cc_error *error)
{
    if (size != 4)
        return bad_size(builder, size, error);
    return cc_builder_int64(builder, (int64_t)get32(data), error);
}

static int read_float4(struct cc_builder *builder, const uint8_t *data,
                       size_t size, struct cc_error *error)
{
    if (size != 4)
        return bad_size(builder, size, error);
    uint32_t bits = get32(data);
    float value;
    memcpy(&value, &bits, sizeof value);
    return cc_builder_double(builder, (double)value, error);
}

static int read_float8(struct cc_builder *builder, const uint8_t *data,
                       size_t size, struct cc_error *error)
{
    if (size != 8)
        return bad_size(builder, size, error);
    uint64_t bits = get64(data);
    double value;
    memcpy(&value, &bits, sizeof value);
    return cc_builder_double(builder, value, error);
}

static int read_numeric(struct cc_builder *builder, const uint8_t *data,
                        size_t size, struct cc_error *error)
{
    int64_t unscaled;
    int scale;
    if (cc_pg_numeric_small(data, size, &unscaled, &scale))
        return cc_builder_decimal64(builder, unscaled, scale, error);

    struct cc_strbuf text = CC_STRBUF_INIT;
    int status = cc_pg_numeric_text(data, size, &text);
    if (status > 0)
        status = bad_size(builder, size, error);
    else if (status < 0 || cc_strbuf_failed(&text))
        status = cc_error_memory(error);
    else
        status = cc_builder_decimal(builder, text.data, text.length, error);
    cc_strbuf_free(&text);
    return status;
}

static int read_text(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    return cc_builder_text(builder, (const char *)data, size, error);
}

static int read_jsonb(struct cc_builder *builder, const uint8_t *data,
                      size_t size, struct cc_error *error)
{
    if (size < 1 || data[0] != 1)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "column \"%s\": unknown version of jsonb",
                            builder->column->name);
    return read_text(builder, data + 1, size - 1, error);
}

static int read_bytes(struct cc_builder *builder, const uint8_t *data,
                      size_t size, struct cc_error *error)
{
    return cc_builder_bytes(builder, data, size, error);
}

static int read_geometry(struct cc_builder *builder, const uint8_t *data,
                         size_t size, struct cc_error *error)
{
    return cc_builder_geometry(builder, data, size, error);
}

static int read_uuid(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 16)
        return bad_size(builder, size, error);
    return cc_builder_uuid(builder, data, error);
}

static int infinity(struct cc_builder *builder, bool negative)
{
    cc_builder_lost(builder, CC_LOSS_DATETIME,
                    negative ? "-infinity" : "infinity");
    return 0;
}

static int read_date(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 4)
        return bad_size(builder, size, error);
    int32_t days = (int32_t)get32(data);
    if (days == INT32_MIN || days == INT32_MAX)
        return infinity(builder, days < 0);
    return cc_builder_date(builder, (int64_t)days + EPOCH_DAYS, error);
}

static int read_time(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    if (size != 8)
        return bad_size(builder, size, error);
    int64_t microseconds = (int64_t)get64(data);
    if (microseconds == DAY_MICROSECONDS)
    {
        cc_builder_lost(builder, CC_LOSS_DATETIME, "24:00:00");
        return 0;
    }
    return cc_builder_time(builder, microseconds, error);
}

static int read_timestamp(struct cc_builder *builder, const uint8_t *data,
                          size_t size, struct cc_error *error)
{
    if (size != 8)
        return bad_size(builder, size, error);
    int64_t value = (int64_t)get64(data);
    if (value == INT64_MIN || value == INT64_MAX)
        return infinity(builder, value < 0);
    if (value > INT64_MAX - EPOCH_MICROSECONDS)
    {
        cc_builder_lost(builder, CC_LOSS_DATETIME, "a year beyond 290000");
        return 0;
    }
    return cc_builder_timestamp(builder, value + EPOCH_MICROSECONDS, error);
}

/* int32 number of bits, then the bits from the highest of the first byte. */
static int bit_count(const struct cc_builder *builder, const uint8_t *data,
                     size_t size, size_t *bits, struct cc_error *error)
{
    *bits = size < 4 ? 0 : get32(data);
    if (size < 4 || *bits / 8 + (*bits % 8 != 0) != size - 4)
        return bad_size(builder, size, error);
    return 0;
}

static int read_one_bit(struct cc_builder *builder, const uint8_t *data,
                        size_t size, struct cc_error *error)
{
    size_t bits;
    CC_TRY(bit_count(builder, data, size, &bits, error));
    if (bits != 1)
        return bad_size(builder, size, error);
    return cc_builder_int64(builder, data[4] >> 7, error);
}

static int read_bits(struct cc_builder *builder, const uint8_t *data,
                     size_t size, struct cc_error *error)
{
    size_t bits;
    CC_TRY(bit_count(builder, data, size, &bits, error));
    struct cc_strbuf text = CC_STRBUF_INIT;
    for (size_t i = 0; i < bits; i++)
        (void)cc_strbuf_append_char(
            &text, data[4 + i / 8] >> (7 - i % 8) & 1 ? '1' : '0');
    int status =
        cc_strbuf_failed(&text)
            ? cc_error_memory(error)
            : cc_builder_text(builder, cc_strbuf_text(&text), bits, error);
    cc_strbuf_free(&text);
    return status;
}

/* ---- choice ---- */

static cc_pg_reader scalar_reader(uint32_t oid)
{
    switch (oid)
    {
        case CC_PG_BOOL:
            return read_bool;
        case CC_PG_INT2:
            return read_int2;
        case CC_PG_INT4:
            return read_int4;
        case CC_PG_INT8:
            return read_int8;
        case CC_PG_OID:
        case CC_PG_XID:
        case CC_PG_CID:
            return read_oid;
        case CC_PG_FLOAT4:
            return read_float4;
        case CC_PG_FLOAT8:
            return read_float8;
        case CC_PG_NUMERIC:
            return read_numeric;
        case CC_PG_DATE:
            return read_date;
        case CC_PG_TIME:
            return read_time;
        case CC_PG_TIMESTAMP:
        case CC_PG_TIMESTAMPTZ:
            return read_timestamp;
        case CC_PG_UUID:
            return read_uuid;
        default:
            return NULL;
    }
}

static cc_pg_reader bytes_reader(uint32_t oid)
{
    switch (oid)
    {
        case CC_PG_BYTEA:
            return read_bytes;
        case CC_PG_JSONB:
            return read_jsonb;
        case CC_PG_BIT:
        case CC_PG_VARBIT:
            return read_bits;
        case CC_PG_CHAR:
        case CC_PG_NAME:
        case CC_PG_TEXT:
        case CC_PG_JSON:
        case CC_PG_XML:
        case CC_PG_UNKNOWN:
        case CC_PG_BPCHAR:
        case CC_PG_VARCHAR:
        case CC_PG_VOID:
            return read_text;
        default:
            return NULL;
    }
}

bool cc_pg_reads_binary(uint32_t oid)
{
    return scalar_reader(oid) != NULL || bytes_reader(oid) != NULL;
}

cc_pg_reader cc_pg_binary_reader(uint32_t oid, const struct cc_column *column)
{
    if (oid == CC_PG_BIT && column->type == CC_OUT_BOOLEAN)
        return read_one_bit;
    cc_pg_reader reader = scalar_reader(oid);
    if (!reader)
        reader = bytes_reader(oid);
    if (reader)
        return reader;
    if (column->kind != CC_KIND_GEOMETRY)
        return read_text;
    return column->type == CC_OUT_GEOMETRY ? read_geometry : read_bytes;
}

/* ---- the COPY stream ---- */

static int malformed(struct cc_error *error, const char *what)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "the server's COPY stream is malformed: %s", what);
}

/* Signature, flags, extension. Bits 16 to 31 of the flags are critical. */
static int read_header(const uint8_t **data, size_t *size,
                       struct cc_error *error)
{
    const size_t fixed = sizeof copy_signature + 8;
    if (*size < fixed ||
        memcmp(*data, copy_signature, sizeof copy_signature) != 0)
        return malformed(error, "no signature");
    uint32_t flags = get32(*data + sizeof copy_signature);
    uint32_t extension = get32(*data + sizeof copy_signature + 4);
    if (flags & 0xFFFF0000U)
        return malformed(error, "unknown flags");
    if (extension > *size - fixed)
        return malformed(error, "the header is cut");
    *data += fixed + extension;
    *size -= fixed + extension;
    return 0;
}

static int read_field(const struct cc_pg_field *field, const uint8_t *data,
                      uint32_t length, struct cc_error *error)
{
    if (!field->builder)
        return 0;
    if (length == UINT32_MAX)
    {
        cc_builder_null(field->builder);
        return 0;
    }
    return field->read(field->builder, data, length, error);
}

static int read_row(const struct cc_pg_copy *copy, const uint8_t **data,
                    size_t *size, struct cc_error *error)
{
    const uint8_t *at = *data;
    size_t left = *size;
    for (size_t i = 0; i < copy->count; i++)
    {
        if (left < 4)
            return malformed(error, "a row is cut");
        uint32_t length = get32(at);
        at += 4;
        left -= 4;
        if (length != UINT32_MAX && length > left)
            return malformed(error, "a value is cut");
        CC_TRY(read_field(&copy->fields[i], at, length, error));
        if (length != UINT32_MAX)
        {
            at += length;
            left -= length;
        }
    }
    *data = at;
    *size = left;
    return 0;
}

int cc_pg_copy_read(struct cc_pg_copy *copy, const uint8_t **data, size_t *size,
                    bool *row, struct cc_error *error)
{
    *row = false;
    if (copy->ended)
        return malformed(error, "data after its end");
    if (!copy->begun)
    {
        CC_TRY(read_header(data, size, error));
        copy->begun = true;
        if (*size == 0)
            return 0;
    }
    if (*size < 2)
        return malformed(error, "a row is cut");
    uint16_t fields = get16(*data);
    *data += 2;
    *size -= 2;
    if (fields == UINT16_MAX)
    {
        copy->ended = true;
        return 0;
    }
    if (fields != copy->count)
        return malformed(error, "the number of columns has changed");
    *row = true;
    return read_row(copy, data, size, error);
}
