/* SPDX-License-Identifier: MIT */
#include "postgres.h"

#include "column/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- connections ---- */

/* SQL_ASCII databases hold bytes the server cannot convert; asked for UTF-8 it
 * would refuse those that are none. */
static int set_encoding(struct cc_postgres *postgres, struct cc_error *error)
{
    const char *encoding =
        PQparameterStatus(postgres->pq.conn, "server_encoding");
    if (!encoding || strcmp(encoding, "SQL_ASCII") != 0)
        return 0;
    return cc_pq_run(&postgres->pq, "SET client_encoding TO 'SQL_ASCII'",
                     error);
}

void cc_postgres_close(struct cc_connection *connection)
{
    struct cc_postgres *postgres = (struct cc_postgres *)connection;
    if (!postgres)
        return;
    cc_pq_disconnect(&postgres->pq);
    free(postgres->postgis_schema);
    free(postgres);
}

int cc_postgres_open(struct cc_postgres *postgres,
                     const struct cc_connector *connector,
                     const struct cc_host *host, struct cc_error *error)
{
    const struct cc_pq_options options = {
        .host = cc_connector_text(connector, CC_P_SERVER),
        .client_encoding = "UTF8",
    };
    CC_TRY(cc_pq_connect(&postgres->pq, connector, host, &options, error));
    CC_TRY(set_encoding(postgres, error));
    const char *version =
        PQparameterStatus(postgres->pq.conn, "server_version");
    snprintf(postgres->pq.base.server_version,
             sizeof postgres->pq.base.server_version, "PostgreSQL %s",
             version ? version : "");
    return 0;
}

static int open_connection(const struct cc_connector *connector,
                           const struct cc_host *host,
                           struct cc_connection **connection,
                           struct cc_error *error)
{
    struct cc_postgres *postgres = calloc(1, sizeof *postgres);
    if (!postgres)
        return cc_error_memory(error);
    postgres->pq.base.provider = &cc_provider_postgres;
    postgres->dialect = &cc_dialect_postgres;
    postgres->float_digits = 3;
    if (cc_postgres_open(postgres, connector, host, error) != 0)
    {
        cc_postgres_close(&postgres->pq.base);
        return -1;
    }
    *connection = &postgres->pq.base;
    return 0;
}

bool cc_postgres_usable(const struct cc_connection *connection)
{
    return cc_pq_usable(&((const struct cc_postgres *)connection)->pq);
}

/* ---- transactions ---- */

#define BEGIN "BEGIN TRANSACTION READ ONLY"

/* What decides how values that are cast to text look; Redshift has neither. */
static const char text_forms_sql[] =
    "; SET LOCAL intervalstyle TO 'postgres'; SET LOCAL bytea_output TO 'hex'";

/* Unqualified, PostGIS's names have to be found through the search path. */
static const char search_path_sql[] =
    "; SELECT pg_catalog.set_config('search_path', concat_ws(', ', "
    "nullif(current_setting('search_path'), ''), ";

static int begin_with_settings(struct cc_postgres *postgres, bool spatial,
                               struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql,
                           BEGIN "; SET LOCAL datestyle TO 'ISO'; "
                                 "SET LOCAL extra_float_digits TO %d",
                           postgres->float_digits);
    if (postgres->dialect == &cc_dialect_postgres)
        (void)cc_strbuf_append(&sql, text_forms_sql);
    if (spatial && postgres->postgis_schema && postgres->postgis_hidden)
    {
        (void)cc_strbuf_append(&sql, search_path_sql);
        (void)cc_dialect_postgres.string_literal(&sql,
                                                 postgres->postgis_schema);
        (void)cc_strbuf_append(&sql, "), true)");
    }
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_pq_run(&postgres->pq, cc_strbuf_text(&sql), error);
    cc_strbuf_free(&sql);
    return status;
}

int cc_postgres_begin(struct cc_postgres *postgres, bool spatial,
                      struct cc_error *error)
{
    if (spatial)
        CC_TRY(cc_postgres_locate(postgres, error));
    if (!postgres->plain_begin &&
        begin_with_settings(postgres, spatial, error) == 0)
        return 0;
    if (!postgres->plain_begin)
    {
        if (postgres->pq.broken || !error || error->stage != CC_STAGE_QUERY)
            return -1;
        cc_debug(postgres->pq.base.host, "settings refused (%s)",
                 error->message);
        cc_pq_finish(&postgres->pq);
    }
    CC_TRY(cc_pq_run(&postgres->pq, BEGIN, error));
    postgres->plain_begin = true;
    return 0;
}

/* ---- PostGIS ---- */

int cc_postgres_locate(struct cc_postgres *postgres, struct cc_error *error)
{
    static const struct cc_pq_statement statement = {
        .sql = "SELECT quote_ident(n.nspname), "
               "n.nspname = ANY (current_schemas(false)) "
               "FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n "
               "ON n.oid = e.extnamespace WHERE e.extname = 'postgis'"};
    if (postgres->located)
        return 0;
    PGresult *result = NULL;
    CC_TRY(cc_pq_execute(&postgres->pq, &statement, &result, error));
    int status = 0;
    if (PQntuples(result) > 0)
    {
        postgres->postgis_schema = strdup(PQgetvalue(result, 0, 0));
        postgres->postgis_hidden = *PQgetvalue(result, 0, 1) != 't';
        if (!postgres->postgis_schema)
            status = cc_error_memory(error);
    }
    PQclear(result);
    postgres->located = status == 0;
    return status;
}

/* An authority's code where PROJ knows the authority, else the definition. */
static int definition_from(const PGresult *rows, char **definition,
                           struct cc_error *error)
{
    static const char *const known[] = {"EPSG", "ESRI", "OGC", "IGNF",
                                        "IAU_2015"};
    if (PQntuples(rows) == 0)
        return 0;
    const char *authority = PQgetvalue(rows, 0, 0);
    struct cc_strbuf text = CC_STRBUF_INIT;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    {
        if (strcmp(authority, known[i]) == 0)
            (void)cc_strbuf_printf(&text, "%s:%s", authority,
                                   PQgetvalue(rows, 0, 1));
    }
    if (text.length == 0)
        (void)cc_strbuf_append(&text, PQgetvalue(rows, 0, 2));
    if (text.length == 0 && !cc_strbuf_failed(&text))
    {
        cc_strbuf_free(&text);
        return 0;
    }
    *definition = cc_strbuf_take(&text);
    return *definition ? 0 : cc_error_memory(error);
}

int cc_postgres_srs(struct cc_connection *connection, int32_t srid,
                    char **definition, struct cc_error *error)
{
    struct cc_postgres *postgres = (struct cc_postgres *)connection;
    *definition = NULL;
    CC_TRY(cc_postgres_locate(postgres, error));
    if (!postgres->postgis_schema)
        return 0;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    PGresult *rows = NULL;
    (void)cc_strbuf_printf(&sql,
                           "SELECT auth_name, auth_srid, "
                           "coalesce(nullif(trim(srtext), ''), proj4text) "
                           "FROM %s.spatial_ref_sys WHERE srid = %d",
                           postgres->postgis_schema, (int)srid);
    const struct cc_pq_statement statement = {.sql = cc_strbuf_text(&sql)};
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_postgres_begin(postgres, false, error);
    if (status == 0)
        status = cc_pq_execute(&postgres->pq, &statement, &rows, error);
    if (status == 0)
        status = definition_from(rows, definition, error);
    PQclear(rows);
    cc_pq_finish(&postgres->pq);
    cc_strbuf_free(&sql);
    return status;
}

/* ---- listing ---- */

/* Partitions are read through their root. The extra row tells an empty schema
 * from none. */
static const char tables_sql[] =
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_namespace n "
    "LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid "
    "AND c.relkind IN ('r', 'v', 'm', 'f', 'p') %s"
    "AND has_any_column_privilege(c.oid, 'SELECT') "
    "AND c.relname NOT IN ('spatial_ref_sys', 'geometry_columns', "
    "'geography_columns', 'raster_columns', 'raster_overviews') "
    "WHERE n.nspname = $1 ORDER BY c.relname COLLATE \"C\" LIMIT %zu";

int cc_postgres_fill_list(const PGresult *rows, const char *schema,
                          size_t limit, struct cc_table_list *list,
                          struct cc_error *error)
{
    int count = PQntuples(rows);
    if (count == 0)
        return cc_error_set(error, CC_STAGE_QUERY, "3F000",
                            "there is no schema \"%s\". Check \"schema\"; "
                            "names are case-sensitive.",
                            schema);
    for (int i = 0; i < count && !PQgetisnull(rows, i, 1); i++)
    {
        if (list->count == limit)
        {
            list->more = true;
            return 0;
        }
        if (cc_table_list_add(list, PQgetvalue(rows, i, 0),
                              PQgetvalue(rows, i, 1)) != 0)
            return cc_error_memory(error);
    }
    return 0;
}

int cc_postgres_list_tables(struct cc_connection *connection, size_t limit,
                            struct cc_table_list *list, struct cc_error *error)
{
    struct cc_postgres *postgres = (struct cc_postgres *)connection;
    const char *schema = cc_connector_text(connection->connector, CC_P_SCHEMA);
    const char *const values[] = {schema ? schema : "public"};
    bool partitions = PQserverVersion(postgres->pq.conn) >= 100000;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    PGresult *rows = NULL;
    (void)cc_strbuf_printf(&sql, tables_sql,
                           partitions ? "AND NOT c.relispartition " : "",
                           limit + 1);
    const struct cc_pq_statement statement = {cc_strbuf_text(&sql), values, 1,
                                              false, false};
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_postgres_begin(postgres, false, error);
    if (status == 0)
        status = cc_pq_execute(&postgres->pq, &statement, &rows, error);
    if (status == 0)
        status = cc_postgres_fill_list(rows, values[0], limit, list, error);
    PQclear(rows);
    cc_pq_finish(&postgres->pq);
    cc_strbuf_free(&sql);
    return status;
}

/* ---- aggregates ---- */

int cc_postgres_aggregate(struct cc_postgres *postgres,
                          const struct cc_strbuf *sql, bool spatial,
                          PGresult **row, struct cc_error *error)
{
    const struct cc_pq_statement statement = {.sql = cc_strbuf_text(sql)};
    int status = cc_strbuf_failed(sql)
                     ? cc_error_memory(error)
                     : cc_postgres_begin(postgres, spatial, error);
    if (status == 0)
        status = cc_pq_execute(&postgres->pq, &statement, row, error);
    if (status == 0 && PQntuples(*row) != 1)
        status = cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "the server sent %d rows for an aggregate",
                              PQntuples(*row));
    cc_pq_finish(&postgres->pq);
    return status;
}

int cc_postgres_count(struct cc_connection *connection,
                      const struct cc_select *select, int64_t *rows,
                      struct cc_error *error)
{
    struct cc_postgres *postgres = (struct cc_postgres *)connection;
    *rows = -1;
    if (select->box || !cc_select_wraps(postgres->dialect, select))
        return 0;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result;
    PGresult *row = NULL;
    (void)cc_count_sql(postgres->dialect, select, &sql, &result);
    int status = 0;
    if (result.filter_exact)
    {
        status = cc_postgres_aggregate(postgres, &sql, false, &row, error);
        if (status == 0)
            *rows = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
    }
    PQclear(row);
    cc_strbuf_free(&sql);
    return status;
}

/* Rows and box of a select; the box is NULL without a coordinate. */
static void extent_sql(const struct cc_select *select, size_t column,
                       struct cc_strbuf *sql, struct cc_select_result *result)
{
    (void)cc_strbuf_append(sql, "SELECT n, ST_XMin(e), ST_YMin(e), ST_XMax(e), "
                                "ST_YMax(e) FROM (SELECT count(*) AS n, "
                                "ST_Extent(");
    (void)cc_reference_sql(&cc_dialect_postgres, select, column, sql);
    (void)cc_strbuf_append(sql, ") AS e FROM ");
    (void)cc_from_sql(&cc_dialect_postgres, select, sql);
    if (cc_where_sql(&cc_dialect_postgres, select, sql, result) != 0)
        sql->failed = true;
    (void)cc_strbuf_append(sql, ") AS s");
}

bool cc_postgres_box(const PGresult *row, int first, struct cc_box *box)
{
    double *const sides[] = {&box->min_x, &box->min_y, &box->max_x,
                             &box->max_y};
    for (int i = 0; i < 4; i++)
    {
        const char *text = PQgetvalue(row, 0, first + i);
        if (!cc_number_parse(text, text + strlen(text), sides[i]))
            return false;
    }
    return true;
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
        select->box || !cc_select_wraps(&cc_dialect_postgres, select))
        return 0;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result;
    PGresult *row = NULL;
    int status = 0;
    extent_sql(select, column, &sql, &result);
    if (result.filter_exact)
    {
        status = cc_postgres_aggregate((struct cc_postgres *)connection, &sql,
                                       true, &row, error);
        *known = status == 0;
    }
    if (*known)
    {
        *rows = strtoll(PQgetvalue(row, 0, 0), NULL, 10);
        *empty = PQgetisnull(row, 0, 1);
        *known = *empty || cc_postgres_box(row, 1, box);
    }
    PQclear(row);
    cc_strbuf_free(&sql);
    return status;
}

const struct cc_provider cc_provider_postgres = {
    .id = CC_POSTGRES,
    .dialect = &cc_dialect_postgres,
    .open = open_connection,
    .close = cc_postgres_close,
    .usable = cc_postgres_usable,
    .list_tables = cc_postgres_list_tables,
    .describe = cc_postgres_describe,
    .count = cc_postgres_count,
    .extent = extent,
    .srs = cc_postgres_srs,
    .query = cc_postgres_query,
    .fetch = cc_postgres_fetch,
    .cancel = cc_postgres_cancel,
    .close_cursor = cc_postgres_close_cursor,
};
