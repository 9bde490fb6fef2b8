/* SPDX-License-Identifier: MIT */
/*
 * Object identifiers of PostgreSQL's built-in types (the server's pg_type.dat;
 * they never change) and the typmod layouts of those that declare something.
 */
#ifndef CC_WIRE_PG_TYPES_H
#define CC_WIRE_PG_TYPES_H

#include <stdbool.h>
#include <stdint.h>

enum cc_pg_type
{
    CC_PG_BOOL = 16,
    CC_PG_BYTEA = 17,
    CC_PG_CHAR = 18, /* "char", one byte */
    CC_PG_NAME = 19,
    CC_PG_INT8 = 20,
    CC_PG_INT2 = 21,
    CC_PG_INT4 = 23,
    CC_PG_TEXT = 25,
    CC_PG_OID = 26,
    CC_PG_XID = 28,
    CC_PG_CID = 29,
    CC_PG_JSON = 114,
    CC_PG_XML = 142,
    CC_PG_FLOAT4 = 700,
    CC_PG_FLOAT8 = 701,
    CC_PG_UNKNOWN = 705,
    CC_PG_MONEY = 790,
    CC_PG_INET = 869,
    CC_PG_BPCHAR = 1042, /* char(n) */
    CC_PG_VARCHAR = 1043,
    CC_PG_DATE = 1082,
    CC_PG_TIME = 1083,
    CC_PG_TIMESTAMP = 1114,
    CC_PG_TIMESTAMPTZ = 1184,
    CC_PG_INTERVAL = 1186,
    CC_PG_TIMETZ = 1266,
    CC_PG_BIT = 1560,
    CC_PG_VARBIT = 1562,
    CC_PG_NUMERIC = 1700,
    CC_PG_RECORD = 2249,
    CC_PG_VOID = 2278,
    CC_PG_UUID = 2950,
    CC_PG_JSONB = 3802
};

/* Characters of varchar(n) and char(n), 0 when none were declared. */
static inline int cc_pg_width(int32_t typmod)
{
    return typmod > 4 ? typmod - 4 : 0;
}

/* numeric(p, s); false when none were declared. The scale is 11 bits, signed
 * since PostgreSQL 15. */
static inline bool cc_pg_numeric(int32_t typmod, int *precision, int *scale)
{
    if (typmod < 4)
        return false;
    int32_t declared = typmod - 4;
    *precision = (declared >> 16) & 0xFFFF;
    *scale = ((declared & 0x7FF) ^ 1024) - 1024;
    return true;
}

/* PostGIS's typmod (liblwgeom's TYPMOD_* bits): the SRID, 0 when none is
 * declared, and the ISO WKB type code, 0 when any type may come. */
void cc_postgis_typmod(int32_t typmod, int32_t *srid, uint32_t *wkb_type);

#endif
