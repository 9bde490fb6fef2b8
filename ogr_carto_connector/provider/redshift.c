/* SPDX-License-Identifier: MIT */
#include "redshift.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- connections ---- */

/* "PostgreSQL 8.0.2 on i686-pc-linux-gnu, ..., Redshift 1.0.12345": what server
 * it is, and its version for people. */
static void recognise(struct cc_redshift *redshift, const char *version)
{
    char *out = redshift->postgres.pq.base.server_version;
    const char *name = version ? strstr(version, "Redshift") : NULL;
    redshift->genuine = name != NULL;
    if (!name)
        return;
    snprintf(out, sizeof redshift->postgres.pq.base.server_version, "%.*s",
             (int)strcspn(name, ",\n"), name);
    /* It has no PostGIS to look for. */
    redshift->postgres.located = true;
}

static int ask_version(struct cc_redshift *redshift, struct cc_error *error)
{
    static const struct cc_pq_statement statement = {.sql = "SELECT version()"};
    struct cc_pq *pq = &redshift->postgres.pq;
    PGresult *row = NULL;
    CC_TRY(cc_pq_execute(pq, &statement, &row, error));
    recognise(redshift, PQntuples(row) > 0 ? cc_pq_text(row, 0, 0) : NULL);
    PQclear(row);
    return 0;
}

static int open_connection(const struct cc_connector *connector,
                           const struct cc_host *host,
                           struct cc_connection **connection,
                           struct cc_error *error)
{
    struct cc_redshift *redshift = calloc(1, sizeof *redshift);
    if (!redshift)
        return cc_error_memory(error);
    struct cc_postgres *postgres = &redshift->postgres;
    postgres->pq.base.provider = &cc_provider_redshift;
    postgres->dialect = &cc_dialect_redshift;
    postgres->text_rows = true;
    postgres->float_digits = 2;
    if (cc_postgres_open(postgres, connector, host, error) != 0 ||
        ask_version(redshift, error) != 0)
    {
        cc_postgres_close(&postgres->pq.base);
        return -1;
    }
    *connection = &postgres->pq.base;
    return 0;
}

/* ---- listing ---- */

static const char tables_sql[] =
    "SELECT table_schema, table_name FROM svv_tables "
    "WHERE table_schema = $1 ORDER BY table_name LIMIT %zu";

/* One row without a name when there is such a schema. */
static const char schema_sql[] =
    "SELECT nspname, NULL FROM pg_namespace WHERE nspname = $1";

static int look_up(struct cc_redshift *redshift, const char *sql,
                   const char *const *value, PGresult **rows,
                   struct cc_error *error)
{
    const struct cc_pq_statement statement = {sql, value, 1, false, false};
    return cc_pq_execute(&redshift->postgres.pq, &statement, rows, error);
}

static int list_genuine(struct cc_redshift *redshift, size_t limit,
                        struct cc_table_list *list, struct cc_error *error)
{
    struct cc_postgres *postgres = &redshift->postgres;
    const char *schema =
        cc_connector_text(postgres->pq.base.connector, CC_P_SCHEMA);
    if (!schema)
        schema = "public";
    char sql[sizeof tables_sql + 24];
    snprintf(sql, sizeof sql, tables_sql, limit + 1);
    PGresult *rows = NULL;
    int status = cc_postgres_begin(postgres, false, error);
    if (status == 0)
        status = look_up(redshift, sql, &schema, &rows, error);
    if (status == 0 && PQntuples(rows) == 0)
    {
        PQclear(rows);
        rows = NULL;
        status = look_up(redshift, schema_sql, &schema, &rows, error);
    }
    if (status == 0)
        status = cc_postgres_fill_list(rows, schema, limit, list, error);
    PQclear(rows);
    cc_pq_finish(&postgres->pq);
    return status;
}

static int list_tables(struct cc_connection *connection, size_t limit,
                       struct cc_table_list *list, struct cc_error *error)
{
    struct cc_redshift *redshift = (struct cc_redshift *)connection;
    return redshift->genuine
               ? list_genuine(redshift, limit, list, error)
               : cc_postgres_list_tables(connection, limit, list, error);
}

/* ---- extent ---- */

enum extent_column
{
    EXTENT_ROWS,
    EXTENT_BOX,
    EXTENT_FIRST_SRID = EXTENT_BOX + 4,
    EXTENT_LAST_SRID
};

static int extent_sql(const struct cc_select *select, size_t column,
                      struct cc_strbuf *sql, struct cc_select_result *result)
{
    static const char *const aggregates[] = {"min(ST_XMin", "min(ST_YMin",
                                             "max(ST_XMax", "max(ST_YMax",
                                             "min(ST_SRID", "max(ST_SRID"};
    const struct cc_dialect *dialect = &cc_dialect_redshift;
    (void)cc_strbuf_append(sql, "SELECT count(*)");
    for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
    {
        (void)cc_strbuf_printf(sql, ", %s(", aggregates[i]);
        (void)cc_reference_sql(dialect, select, column, sql);
        (void)cc_strbuf_append(sql, "))");
    }
    (void)cc_strbuf_append(sql, " FROM ");
    (void)cc_from_sql(dialect, select, sql);
    return cc_where_sql(dialect, select, sql, result);
}

/* Whether the SRID is the layer's, or 0, which stands for it. */
static bool is_layers_srid(const PGresult *row, int column, int32_t srid)
{
    long value = strtol(PQgetvalue(row, 0, column), NULL, 10);
    return value == 0 || value == srid;
}

static bool read_extent(const PGresult *row, int32_t srid, struct cc_box *box,
                        int64_t *rows, bool *empty)
{
    *rows = strtoll(PQgetvalue(row, 0, EXTENT_ROWS), NULL, 10);
    *empty = PQgetisnull(row, 0, EXTENT_BOX);
    return *empty || (is_layers_srid(row, EXTENT_FIRST_SRID, srid) &&
                      is_layers_srid(row, EXTENT_LAST_SRID, srid) &&
                      cc_postgres_box(row, EXTENT_BOX, box));
}

static int extent(struct cc_connection *connection,
                  const struct cc_select *select, size_t column,
                  struct cc_box *box, int64_t *rows, bool *empty, bool *known,
                  struct cc_error *error)
{
    const struct cc_column *geometry = &select->schema->columns[column];
    *known = false;
    if (geometry->kind != CC_KIND_GEOMETRY || geometry->geodetic ||
        geometry->srid <= 0 || geometry->srid == CC_SRID_CUSTOM ||
        select->box || !cc_select_wraps(&cc_dialect_redshift, select))
        return 0;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result = {false, false};
    PGresult *row = NULL;
    int status = extent_sql(select, column, &sql, &result);
    if (status != 0)
        status = cc_error_memory(error);
    else if (result.filter_exact)
        status = cc_postgres_aggregate((struct cc_postgres *)connection, &sql,
                                       true, &row, error);
    if (row && status == 0)
        *known = read_extent(row, geometry->srid, box, rows, empty);
    PQclear(row);
    cc_strbuf_free(&sql);
    return status;
}

const struct cc_provider cc_provider_redshift = {
    .id = CC_REDSHIFT,
    .dialect = &cc_dialect_redshift,
    .open = open_connection,
    .close = cc_postgres_close,
    .usable = cc_postgres_usable,
    .list_tables = list_tables,
    .describe = cc_redshift_describe,
    .count = cc_postgres_count,
    .extent = extent,
    .srs = cc_postgres_srs,
    .query = cc_postgres_query,
    .fetch = cc_postgres_fetch,
    .cancel = cc_postgres_cancel,
    .close_cursor = cc_postgres_close_cursor,
};
