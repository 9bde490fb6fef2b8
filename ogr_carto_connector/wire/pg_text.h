/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL's text forms into column builders: what the output functions of
 * the types write with datestyle ISO. Servers that only resemble PostgreSQL
 * write the same.
 */
#ifndef CC_WIRE_PG_TEXT_H
#define CC_WIRE_PG_TEXT_H

#include "pg_binary.h"

/* The reader for the text form of a column's values: hexadecimal ("\xFF00", or
 * without a prefix) and bytea's escape form for binary, any text form of
 * a geometry (its encoding has to be CC_GEOMETRY_AUTO). Text that is none of
 * the column's type is CC_STAGE_FETCH. */
cc_pg_reader cc_pg_text_reader(const struct cc_column *column);

#endif
