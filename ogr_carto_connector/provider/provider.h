/* SPDX-License-Identifier: MIT */
/*
 * The provider interface. A provider is one struct of functions, defined in
 * one file and listed once in registry.c. It turns its server's wire into
 * batches of columns and knows neither GDAL nor the other providers.
 *
 * Threads: a connection and its cursor are used by one thread at a time; only
 * `cancel` may be called from another one, at any time between a successful
 * `query` and `close_cursor`.
 *
 * Errors: functions return 0, or -1 with the error set: its stage, the
 * server's SQLSTATE or code, the server's own words, and what to do next
 * where that is known.
 */
#ifndef CC_PROVIDER_PROVIDER_H
#define CC_PROVIDER_PROVIDER_H

#include "column/builder.h"
#include "connector/connector.h"
#include "connector/host.h"
#include "sql/dialect.h"

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_provider;

/*
 * What every connection begins with; a provider embeds it as first member.
 * `connector` and `host` are borrowed and outlive the connection.
 */
struct cc_connection
{
    const struct cc_provider *provider;
    const struct cc_connector *connector;
    const struct cc_host *host;
    char server_version[64]; /* for people; set by open */
};

/*
 * What every cursor begins with. `builder` is owned by the provider's cursor;
 * after the read ended, and only then, others read its losses.
 */
struct cc_cursor
{
    struct cc_connection *connection;
    struct cc_batch_builder *builder;
};

/* Outcomes that cannot be confused. */
enum cc_fetch
{
    CC_FETCH_ERROR = -1,
    CC_FETCH_END = 0,
    CC_FETCH_BATCH = 1
};

/* A name in a listing; strings owned by the list. */
struct cc_table_name
{
    char *schema;
    char *name;
};

struct cc_table_list
{
    struct cc_table_name *tables;
    size_t count;
    bool more;      /* there were more than asked for */
    bool qualified; /* of several schemas: layers are called "schema.name" */
    struct cc_strbuf metadata; /* of the dataset: "NAME=value", one a line */
};

int cc_table_list_add(struct cc_table_list *list, const char *schema,
                      const char *name);
void cc_table_list_free(struct cc_table_list *list);

struct cc_provider
{
    enum cc_provider_id id;
    const struct cc_dialect *dialect;

    /* Input: the validated connector. Output: *connection, ready for use and
     * read-only where the server can be told so, to be closed with `close`.
     * Honours connect_timeout, TLS parameters. Stages: resolve, connect, TLS,
     * login, timeout. */
    int (*open)(const struct cc_connector *connector,
                const struct cc_host *host, struct cc_connection **connection,
                struct cc_error *error);

    /* Any state, also after errors. NULL is allowed. */
    void (*close)(struct cc_connection *connection);

    /* Whether the connection may serve another statement: not after a broken
     * wire, nor while a cancelled statement still runs. Does no I/O. */
    bool (*usable)(const struct cc_connection *connection);

    /* Tables and views of the schema (the connector's, its default applied; of
     * all schemas where there is none), by name, at most `limit`; list->more tells whether there were more. */
    int (*list_tables)(struct cc_connection *connection, size_t limit,
                       struct cc_table_list *list, struct cc_error *error);

    /* The columns of a table or query (cc_schema_add each, kinds set), without
     * running the query where the server can. `schema` is initialised and
     * empty. A table that does not exist: CC_STAGE_QUERY. */
    int (*describe)(struct cc_connection *connection,
                    const struct cc_source *source, struct cc_schema *schema,
                    struct cc_error *error);

    /* The exact number of rows of the select. *count = -1 (and success) when
     * only a read can tell. NULL: never. */
    int (*count)(struct cc_connection *connection,
                 const struct cc_select *select, int64_t *count,
                 struct cc_error *error);

    /* The exact envelope of a geometry column over the select's rows, in the
     * column's SRID, and the number of rows. *known = false (and success) when
     * only a read can tell; *empty when there is no coordinate. NULL: never. */
    int (*extent)(struct cc_connection *connection,
                  const struct cc_select *select, size_t column,
                  struct cc_box *box, int64_t *rows, bool *empty, bool *known,
                  struct cc_error *error);

    /* The definition of a SRID that is not an EPSG code, as PROJ understands
     * it (an authority code, WKT): *definition is the caller's, to be freed;
     * NULL (and success) when the server does not know it. NULL: never. */
    int (*srs)(struct cc_connection *connection, int32_t srid,
               char **definition, struct cc_error *error);

    /*
     * Starts the one execution of a read. `row_limit` is the number of rows
     * the reader can use, the one that proves truncation included (limit + 1):
     * a hint for session limits, never a reason to rewrite the statement.
     * `options` and `srids` are for cc_batch_builder_new. The cursor keeps
     * the connection until `close_cursor`.
     */
    int (*query)(struct cc_connection *connection,
                 const struct cc_select *select, int64_t row_limit,
                 const int32_t *srids, const struct cc_batch_options *options,
                 struct cc_cursor **cursor, struct cc_error *error);

    /*
     * The next batch, at least one row, into *batch (released by the taker).
     * Waits no longer than 20 ms for further rows once it has one, so that
     * slow results arrive as they come. CC_FETCH_END only when the server has
     * said that the result is complete.
     */
    enum cc_fetch (*fetch)(struct cc_cursor *cursor, struct ArrowArray *batch,
                           struct cc_error *error);

    /* Asks the server to stop the statement and wakes a fetch that waits, which
     * then returns CC_FETCH_ERROR with CC_STAGE_CANCELLED. A cancel between
     * two fetches makes the next one fail so. Any thread. Prompt: bounded by
     * a second whatever the server does. */
    void (*cancel)(struct cc_cursor *cursor);

    /* Ends the read in whatever state, frees the cursor. */
    void (*close_cursor)(struct cc_cursor *cursor);

    /* Around the use of a connection by a thread that is not the one that
     * opened it. NULL: nothing to do. */
    void (*thread_begin)(void);
    void (*thread_end)(void);
};

/* Each is defined in its own file and only in builds that have it. */
extern const struct cc_provider cc_provider_mysql;
extern const struct cc_provider cc_provider_postgres;
extern const struct cc_provider cc_provider_sqlserver;
extern const struct cc_provider cc_provider_hive;
extern const struct cc_provider cc_provider_bigquery;
extern const struct cc_provider cc_provider_redshift;
extern const struct cc_provider cc_provider_snowflake;

/* NULL when the provider is not in this build; `reason` then says why and what
 * to do. */
const struct cc_provider *cc_provider_find(enum cc_provider_id id,
                                           const char **reason);

#ifdef __cplusplus
}
#endif

#endif
