/* SPDX-License-Identifier: MIT */
#ifndef CC_PROVIDER_POSTGRES_H
#define CC_PROVIDER_POSTGRES_H

#include "pq.h"

struct cc_postgres
{
    struct cc_pq pq;
    bool plain_begin;     /* the server refuses the session's settings */
    bool located;         /* PostGIS was looked for */
    char *postgis_schema; /* quoted; NULL: no PostGIS */
    bool postgis_hidden;  /* that schema is not in the search path */
};

extern const struct cc_dialect cc_dialect_postgres;

/* Whether the select list has to cast a column: nothing here reads its binary
 * form, or LOSSLESS asks for the server's text. */
bool cc_postgres_casts(const struct cc_column *column);

/*
 * Begins the read-only transaction every statement runs in. Its settings are
 * local to it, so that connection poolers are not confused: dates as ISO, all
 * digits of floats, and, when `spatial`, PostGIS's functions within reach.
 */
int cc_postgres_begin(struct cc_postgres *postgres, bool spatial,
                      struct cc_error *error) CC_CHECKED;

/* The quoted schema of PostGIS, NULL when there is none. */
int cc_postgres_locate(struct cc_postgres *postgres,
                       struct cc_error *error) CC_CHECKED;

/* cc_provider.describe, .query, .fetch, .cancel, .close_cursor */
int cc_postgres_describe(struct cc_connection *connection,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error);
int cc_postgres_query(struct cc_connection *connection,
                      const struct cc_select *select, int64_t row_limit,
                      const int32_t *srids,
                      const struct cc_batch_options *options,
                      struct cc_cursor **cursor, struct cc_error *error);
enum cc_fetch cc_postgres_fetch(struct cc_cursor *cursor,
                                struct ArrowArray *batch,
                                struct cc_error *error);
void cc_postgres_cancel(struct cc_cursor *cursor);
void cc_postgres_close_cursor(struct cc_cursor *cursor);

#endif
