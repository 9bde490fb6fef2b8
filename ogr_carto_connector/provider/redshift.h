/* SPDX-License-Identifier: MIT */
/*
 * Amazon Redshift speaks PostgreSQL's protocol, of which it has types, text
 * forms and a catalog of its own. A connection to something else that speaks
 * the protocol is treated as PostgreSQL, though read in the same way.
 */
#ifndef CC_PROVIDER_REDSHIFT_H
#define CC_PROVIDER_REDSHIFT_H

#include "postgres.h"

struct cc_redshift
{
    struct cc_postgres postgres;
    bool genuine; /* the server says that it is Redshift */
};

extern const struct cc_dialect cc_dialect_redshift;

/* Types that PostgreSQL has not, or not of this number. */
enum cc_redshift_type
{
    CC_REDSHIFT_INTERVALY2M = 1188,
    CC_REDSHIFT_INTERVALD2S = 1190,
    CC_REDSHIFT_GEOMETRY = 3000,
    CC_REDSHIFT_GEOGRAPHY = 3001,
    CC_REDSHIFT_GEOMETRYHEX = 3999,
    CC_REDSHIFT_SUPER = 4000,
    CC_REDSHIFT_VARBYTE = 6551
};

/* Marks the native_id of a genuine Redshift's columns, beyond any OID. */
#define CC_REDSHIFT_COLUMN (INT64_C(1) << 32)

/* Sets kind, native type, width, precision and scale from what the server
 * says of a column. */
int cc_redshift_set_type(struct cc_column *column, uint32_t oid, int32_t typmod,
                         struct cc_error *error) CC_CHECKED;

/* cc_provider.describe */
int cc_redshift_describe(struct cc_connection *connection,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error);

#endif
