/* SPDX-License-Identifier: MIT */
/*
 * PostgreSQL's binary forms into column builders.
 *
 * Values: the send functions of the types, big-endian. The COPY stream:
 * PostgreSQL manual, COPY, "Binary Format".
 */
#ifndef CC_WIRE_PG_BINARY_H
#define CC_WIRE_PG_BINARY_H

#include "column/builder.h"
#include "pg_types.h"

/* Appends one value that is not NULL. Returns 0 or -1 with the error set;
 * a value of an impossible size is CC_STAGE_FETCH. */
typedef int (*cc_pg_reader)(struct cc_builder *builder, const uint8_t *data,
                            size_t size, struct cc_error *error);

/* The reader for values of type `oid` that are delivered as `column`; the text
 * reader for every type that is not read in its binary form. */
cc_pg_reader cc_pg_binary_reader(uint32_t oid, const struct cc_column *column);

/* Whether values of the type are read in their binary form. */
bool cc_pg_reads_binary(uint32_t oid);

/* One column of a result. */
struct cc_pg_field
{
    cc_pg_reader read;
    struct cc_builder *builder; /* NULL: the column is not wanted */
};

/* A COPY stream. Zero it, then set the fields. */
struct cc_pg_copy
{
    const struct cc_pg_field *fields; /* borrowed */
    size_t count;
    bool begun; /* the header was read */
    bool ended; /* the trailer was read */
};

/*
 * Reads the header if it is still to come, then one row or the trailer, from
 * *data, and advances *data and *size behind it; *row tells whether a row was
 * appended. Fails with CC_STAGE_FETCH on anything that is not such a stream;
 * the row is then incomplete in the builders.
 */
int cc_pg_copy_read(struct cc_pg_copy *copy, const uint8_t **data, size_t *size,
                    bool *row, struct cc_error *error) CC_CHECKED;

#endif
