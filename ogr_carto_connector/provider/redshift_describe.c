/* SPDX-License-Identifier: MIT */
#include "redshift.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_SRID 4326
/* Rows looked at for a SRID. */
#define SRID_ROWS "100"

/* ---- what may be refused ---- */

/* Whether the server has merely refused a statement. */
static bool is_refusal(const struct cc_redshift *redshift,
                       const struct cc_error *error)
{
    return error->stage == CC_STAGE_QUERY && !redshift->postgres.pq.broken;
}

/* Runs, in a transaction of its own, what can be done without. *rows is NULL
 * when the server refuses it. */
static int ask(struct cc_redshift *redshift,
               const struct cc_pq_statement *statement, PGresult **rows,
               struct cc_error *error)
{
    struct cc_pq *pq = &redshift->postgres.pq;
    struct cc_error own;
    cc_error_init(&own, pq->base.connector->secrets);
    *rows = NULL;
    int status = cc_postgres_begin(&redshift->postgres, false, &own);
    if (status == 0)
        status = cc_pq_execute(pq, statement, rows, &own);
    bool refused = status != 0 && is_refusal(redshift, &own);
    cc_pq_finish(pq);
    if (refused)
        cc_debug(pq->base.host, "the server refuses \"%s\": %s", statement->sql,
                 own.message);
    else if (status != 0 && error)
        *error = own;
    return refused ? 0 : status;
}

/* ---- the catalog ---- */

enum catalog_column
{
    CATALOG_NAME,
    CATALOG_NULLABLE,
    CATALOG_DEFAULT,
    CATALOG_REMARKS
};

static const char catalog_sql[] =
    "SELECT column_name, is_nullable, column_default, remarks "
    "FROM svv_columns WHERE table_schema = $1 AND table_name = $2";

static struct cc_column *find_column(struct cc_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        if (strcmp(schema->columns[i].name, name) == 0)
            return &schema->columns[i];
    }
    return NULL;
}

static int copy_text(char **out, const char *text, struct cc_error *error)
{
    if (*out || !text || !*text)
        return 0;
    *out = strdup(text);
    return *out ? 0 : cc_error_memory(error);
}

/* Keys are not carried: Redshift does not enforce them. */
static int annotate(struct cc_schema *schema, const PGresult *rows,
                    struct cc_error *error)
{
    for (int i = 0; i < PQntuples(rows); i++)
    {
        struct cc_column *column =
            find_column(schema, PQgetvalue(rows, i, CATALOG_NAME));
        if (!column)
            continue;
        column->not_null =
            strcmp(PQgetvalue(rows, i, CATALOG_NULLABLE), "NO") == 0;
        CC_TRY(copy_text(&column->default_value,
                         cc_pq_text(rows, i, CATALOG_DEFAULT), error));
        cc_postgres_strip_cast(column->default_value);
        CC_TRY(copy_text(&column->comment, cc_pq_text(rows, i, CATALOG_REMARKS),
                         error));
    }
    return 0;
}

static int read_catalog(struct cc_redshift *redshift,
                        const struct cc_source *source,
                        struct cc_schema *schema, struct cc_error *error)
{
    const char *const values[] = {source->schema, source->table};
    const struct cc_pq_statement statement = {catalog_sql, values, 2, false,
                                              false};
    PGresult *rows = NULL;
    CC_TRY(ask(redshift, &statement, &rows, error));
    int status = annotate(schema, rows, error);
    PQclear(rows);
    return status;
}

/* ---- SRIDs ---- */

/* What a value without a SRID has: 0 where that is no EPSG code. */
static int32_t assumed_srid(const struct cc_connector *connector)
{
    const char *srs = cc_connector_text(connector, CC_P_SRS);
    if (!srs || !*srs)
        return DEFAULT_SRID;
    const char *digits = strncmp(srs, "EPSG:", 5) == 0 ? srs + 5 : srs;
    size_t count = strspn(digits, "0123456789");
    if (count == 0 || count > 9 || digits[count] != '\0')
        return 0;
    return (int32_t)strtol(digits, NULL, 10);
}

static int srid_sql(const struct cc_source *source,
                    const struct cc_column *column, struct cc_strbuf *sql)
{
    const struct cc_dialect *dialect = &cc_dialect_redshift;
    (void)cc_strbuf_append(sql, "SELECT s FROM (SELECT ST_SRID(");
    (void)cc_sql_identifier(dialect, sql, column->name);
    (void)cc_strbuf_append(sql, ") AS s FROM ");
    (void)cc_sql_identifier(dialect, sql, source->schema);
    (void)cc_strbuf_append_char(sql, '.');
    (void)cc_sql_identifier(dialect, sql, source->table);
    return cc_strbuf_append(sql, " LIMIT " SRID_ROWS
                                 ") AS t WHERE s IS NOT NULL LIMIT 1");
}

/* No catalog knows the SRID of a column, and without it no box can be asked
 * for; the first rows of a table tell it at little cost. */
static int read_srid(struct cc_redshift *redshift,
                     const struct cc_source *source, struct cc_column *column,
                     struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    PGresult *rows = NULL;
    if (srid_sql(source, column, &sql) != 0)
    {
        cc_strbuf_free(&sql);
        return cc_error_memory(error);
    }
    const struct cc_pq_statement statement = {.sql = cc_strbuf_text(&sql)};
    int status = ask(redshift, &statement, &rows, error);
    if (PQntuples(rows) > 0)
    {
        long srid = strtol(PQgetvalue(rows, 0, 0), NULL, 10);
        column->srid = srid > 0 && srid < CC_SRID_CUSTOM
                           ? (int32_t)srid
                           : assumed_srid(redshift->postgres.pq.base.connector);
    }
    PQclear(rows);
    cc_strbuf_free(&sql);
    return status;
}

static int read_srids(struct cc_redshift *redshift,
                      const struct cc_source *source, struct cc_schema *schema,
                      struct cc_error *error)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        struct cc_column *column = &schema->columns[i];
        if (column->kind == CC_KIND_GEOMETRY && !column->geodetic)
            CC_TRY(read_srid(redshift, source, column, error));
    }
    return 0;
}

/* ---- columns ---- */

static int add_columns(struct cc_schema *schema, const PGresult *result,
                       struct cc_error *error)
{
    if (PQnfields(result) == 0)
        return cc_error_set(error, CC_STAGE_QUERY, NULL,
                            "the query returns no columns");
    for (int i = 0; i < PQnfields(result); i++)
    {
        struct cc_column *column =
            cc_schema_add(schema, PQfname(result, i), "");
        if (!column)
            return cc_error_memory(error);
        CC_TRY(cc_redshift_set_type(column, PQftype(result, i),
                                    PQfmod(result, i), error));
    }
    return 0;
}

static int describe_query(struct cc_redshift *redshift, const char *query,
                          struct cc_schema *schema, struct cc_error *error)
{
    struct cc_postgres *postgres = &redshift->postgres;
    PGresult *result = NULL;
    int status = cc_postgres_begin(postgres, false, error);
    if (status == 0)
        status = cc_postgres_query_columns(postgres, query, &result, error);
    if (status == 0)
        status = add_columns(schema, result, error);
    PQclear(result);
    cc_pq_finish(&postgres->pq);
    return status;
}

static int no_such_table(const struct cc_source *source, struct cc_error *error)
{
    return cc_error_append(error,
                           ". There is no table or view \"%s\" in schema "
                           "\"%s\" for this user: check \"table\" and "
                           "\"schema\".",
                           source->table, source->schema);
}

static int describe_table(struct cc_redshift *redshift,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    const struct cc_dialect *dialect = &cc_dialect_redshift;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&sql, "SELECT * FROM ");
    (void)cc_sql_identifier(dialect, &sql, source->schema);
    (void)cc_strbuf_append_char(&sql, '.');
    int status = cc_sql_identifier(dialect, &sql, source->table);
    status = status != 0 ? cc_error_memory(error)
                         : describe_query(redshift, sql.data, schema, error);
    cc_strbuf_free(&sql);
    if (status != 0 && error &&
        (strcmp(error->code, "42P01") == 0 ||
         strcmp(error->code, "3F000") == 0))
        return no_such_table(source, error);
    CC_TRY(status);
    CC_TRY(read_catalog(redshift, source, schema, error));
    return read_srids(redshift, source, schema, error);
}

/* PostgreSQL's columns, but that their geometries are read as text. */
static int describe_otherwise(struct cc_connection *connection,
                              const struct cc_source *source,
                              struct cc_schema *schema, struct cc_error *error)
{
    CC_TRY(cc_postgres_describe(connection, source, schema, error));
    for (size_t i = 0; i < schema->count; i++)
        schema->columns[i].encoding = CC_GEOMETRY_AUTO;
    return 0;
}

int cc_redshift_describe(struct cc_connection *connection,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error)
{
    struct cc_redshift *redshift = (struct cc_redshift *)connection;
    if (!redshift->genuine)
        return describe_otherwise(connection, source, schema, error);
    if (!source->table)
        return describe_query(redshift, source->query, schema, error);
    const struct cc_source qualified = {
        .schema = source->schema ? source->schema : "public",
        .table = source->table};
    return describe_table(redshift, &qualified, schema, error);
}
