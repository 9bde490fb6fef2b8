/* SPDX-License-Identifier: MIT */
#ifndef CC_PROVIDER_POSTGRES_H
#define CC_PROVIDER_POSTGRES_H

#include "pq.h"

/* A connection; a provider whose server only resembles PostgreSQL embeds it as
 * first member. */
struct cc_postgres
{
    struct cc_pq pq;
    const struct cc_dialect *dialect;
    bool text_rows;       /* results are read as text, row by row */
    int float_digits;     /* extra_float_digits: the server's highest */
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

/* Connects. `postgres` is zeroed but for the provider, the dialect and how
 * results are read. On failure it is for cc_postgres_close. */
int cc_postgres_open(struct cc_postgres *postgres,
                     const struct cc_connector *connector,
                     const struct cc_host *host,
                     struct cc_error *error) CC_CHECKED;

/* Runs an aggregate that gives one row, in a transaction of its own. *row is
 * the caller's, NULL after a failure. */
int cc_postgres_aggregate(struct cc_postgres *postgres,
                          const struct cc_strbuf *sql, bool spatial,
                          PGresult **row, struct cc_error *error) CC_CHECKED;

/* Four float8 of a row as the server wrote them, from `first` on: min x, min
 * y, max x, max y; false when one is not finite. */
bool cc_postgres_box(const PGresult *row, int first, struct cc_box *box);

/* The rows of a listing, schema and name, into the list. No row at all: there
 * is no such schema; a name that is NULL: there are no tables in it. */
int cc_postgres_fill_list(const PGresult *rows, const char *schema,
                          size_t limit, struct cc_table_list *list,
                          struct cc_error *error) CC_CHECKED;

/* The columns of a query as libpq describes them, *result the caller's; the
 * query is refused when it is not one that reads. Within a transaction, which
 * may have become another one. */
int cc_postgres_query_columns(struct cc_postgres *postgres, const char *query,
                              PGresult **result,
                              struct cc_error *error) CC_CHECKED;

/* Kind, width, precision and scale of a built-in type; others are text. */
void cc_postgres_set_builtin(struct cc_column *column, uint32_t oid,
                             int32_t typmod);

/* Makes 'text'::character varying, a default, the literal 'text'. NULL is
 * allowed. */
void cc_postgres_strip_cast(char *value);

/* cc_provider.close, .usable, .list_tables, .count, .srs */
void cc_postgres_close(struct cc_connection *connection);
bool cc_postgres_usable(const struct cc_connection *connection);
int cc_postgres_list_tables(struct cc_connection *connection, size_t limit,
                            struct cc_table_list *list, struct cc_error *error);
int cc_postgres_count(struct cc_connection *connection,
                      const struct cc_select *select, int64_t *rows,
                      struct cc_error *error);
int cc_postgres_srs(struct cc_connection *connection, int32_t srid,
                    char **definition, struct cc_error *error);

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
