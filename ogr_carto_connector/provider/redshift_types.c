/* SPDX-License-Identifier: MIT */
#include "redshift.h"

#include "wire/pg_types.h"

#include <stdlib.h>
#include <string.h>

struct type
{
    uint32_t oid;
    const char *name;
};

/* As the server's format_type() calls them. */
static const struct type types[] = {
    {CC_PG_BOOL, "boolean"},
    {CC_PG_BYTEA, "bytea"},
    {CC_PG_CHAR, "\"char\""},
    {CC_PG_NAME, "name"},
    {CC_PG_INT8, "bigint"},
    {CC_PG_INT2, "smallint"},
    {CC_PG_INT4, "integer"},
    {CC_PG_TEXT, "text"},
    {CC_PG_OID, "oid"},
    {CC_PG_XID, "xid"},
    {CC_PG_FLOAT4, "real"},
    {CC_PG_FLOAT8, "double precision"},
    {CC_PG_UNKNOWN, "unknown"},
    {CC_PG_BPCHAR, "character"},
    {CC_PG_VARCHAR, "character varying"},
    {CC_PG_DATE, "date"},
    {CC_PG_TIME, "time without time zone"},
    {CC_PG_TIMESTAMP, "timestamp without time zone"},
    {CC_PG_TIMESTAMPTZ, "timestamp with time zone"},
    {CC_PG_INTERVAL, "interval"},
    {CC_REDSHIFT_INTERVALY2M, "interval year to month"},
    {CC_REDSHIFT_INTERVALD2S, "interval day to second"},
    {CC_PG_TIMETZ, "time with time zone"},
    {CC_PG_NUMERIC, "numeric"},
    {CC_REDSHIFT_GEOMETRY, "geometry"},
    {CC_REDSHIFT_GEOGRAPHY, "geography"},
    {CC_REDSHIFT_GEOMETRYHEX, "geometry"},
    {CC_REDSHIFT_SUPER, "super"},
    {CC_REDSHIFT_VARBYTE, "binary varying"},
};

static void append_name(struct cc_strbuf *out, uint32_t oid)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
        if (types[i].oid == oid)
        {
            (void)cc_strbuf_append(out, types[i].name);
            return;
        }
    }
    (void)cc_strbuf_printf(out, "type %u", (unsigned)oid);
}

/* "character varying(20)" */
static int set_native_type(struct cc_column *column, uint32_t oid,
                           int32_t typmod)
{
    struct cc_strbuf name = CC_STRBUF_INIT;
    append_name(&name, oid);
    int width =
        oid == CC_REDSHIFT_VARBYTE ? cc_pg_width(typmod) : column->width;
    if (column->kind == CC_KIND_DECIMAL && column->precision > 0)
        (void)cc_strbuf_printf(&name, "(%d,%d)", column->precision,
                               column->scale);
    else if (width > 0 && oid != CC_PG_CHAR)
        (void)cc_strbuf_printf(&name, "(%d)", width);
    free(column->native_type);
    column->native_type = cc_strbuf_take(&name);
    return column->native_type ? 0 : -1;
}

static void set_geometry(struct cc_column *column, bool geography)
{
    column->kind = CC_KIND_GEOMETRY;
    column->encoding = CC_GEOMETRY_AUTO;
    column->geodetic = geography;
}

static void set_kind(struct cc_column *column, uint32_t oid, int32_t typmod)
{
    switch (oid)
    {
        case CC_REDSHIFT_GEOMETRY:
        case CC_REDSHIFT_GEOMETRYHEX:
            set_geometry(column, false);
            break;
        case CC_REDSHIFT_GEOGRAPHY:
            set_geometry(column, true);
            break;
        case CC_REDSHIFT_SUPER:
            column->kind = CC_KIND_JSON;
            break;
        case CC_REDSHIFT_VARBYTE:
            column->kind = CC_KIND_BINARY;
            break;
        case CC_REDSHIFT_INTERVALY2M:
        case CC_REDSHIFT_INTERVALD2S:
            column->kind = CC_KIND_TEXT;
            break;
        default:
            cc_postgres_set_builtin(column, oid, typmod);
    }
}

int cc_redshift_set_type(struct cc_column *column, uint32_t oid, int32_t typmod,
                         struct cc_error *error)
{
    column->native_id = CC_REDSHIFT_COLUMN | oid;
    column->native_modifier = typmod;
    set_kind(column, oid, typmod);
    return set_native_type(column, oid, typmod) == 0 ? 0
                                                     : cc_error_memory(error);
}
