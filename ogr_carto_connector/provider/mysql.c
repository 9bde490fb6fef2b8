/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"
#include "srs.h"

#include "column/decimal.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

/* Nothing comes unasked: what can be read of an idle socket is its end. */
static bool is_quiet(const struct cc_mysql *mysql)
{
    struct pollfd descriptor = {mysql->socket, POLLIN, 0};
    return poll(&descriptor, 1, 0) == 0;
}

static bool usable(const struct cc_connection *connection)
{
    const struct cc_mysql *mysql = (const struct cc_mysql *)connection;
    return mysql->handle && !mysql->broken &&
           !atomic_load(&mysql->wait.cancelled) && is_quiet(mysql);
}

static void thread_begin(void)
{
    (void)mysql_thread_init();
}

static void thread_end(void)
{
    mysql_thread_end();
}

/* The rows of a statement about names and numbers. */
static int ask(struct cc_mysql *mysql, const struct cc_strbuf *sql,
               MYSQL_RES **rows, struct cc_error *error)
{
    if (cc_strbuf_failed(sql))
        return cc_error_memory(error);
    CC_TRY(cc_mysql_settle(mysql, false, -1, error));
    return cc_mysql_rows(mysql, cc_strbuf_text(sql), rows, error);
}

/* ---- listing ---- */

/* Without a schema or database, what the user may see of all of them. */
static int append_schemas(struct cc_strbuf *sql, const char *schema)
{
    if (!schema)
        return cc_strbuf_append(
            sql, "TABLE_SCHEMA NOT IN ('information_schema', 'mysql', "
                 "'performance_schema', 'sys')");
    (void)cc_strbuf_append(sql, "TABLE_SCHEMA = ");
    return cc_dialect_mysql.string_literal(sql, schema);
}

static int check_schema(struct cc_mysql *mysql, const char *schema,
                        struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    MYSQL_RES *rows = NULL;
    (void)cc_strbuf_append(&sql, "SELECT 1 FROM information_schema.SCHEMATA "
                                 "WHERE SCHEMA_NAME = ");
    (void)cc_dialect_mysql.string_literal(&sql, schema);
    int status = ask(mysql, &sql, &rows, error);
    if (status == 0 && mysql_num_rows(rows) == 0)
        status = cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "there is no schema (database) \"%s\", or "
                              "nothing in it may be seen. Check \"schema\".",
                              schema);
    mysql_free_result(rows);
    cc_strbuf_free(&sql);
    return status;
}

static int fill_list(MYSQL_RES *rows, size_t limit, struct cc_table_list *list,
                     struct cc_error *error)
{
    MYSQL_ROW row;
    while ((row = mysql_fetch_row(rows)) != NULL)
    {
        if (list->count == limit)
        {
            list->more = true;
            return 0;
        }
        if (cc_table_list_add(list, row[0], row[1]) != 0)
            return cc_error_memory(error);
    }
    return 0;
}

static int list_tables(struct cc_connection *connection, size_t limit,
                       struct cc_table_list *list, struct cc_error *error)
{
    struct cc_mysql *mysql = cc_mysql_of(connection);
    const char *schema = cc_connector_text(connection->connector, CC_P_SCHEMA);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    MYSQL_RES *rows = NULL;
    (void)cc_strbuf_append(&sql, "SELECT TABLE_SCHEMA, TABLE_NAME "
                                 "FROM information_schema.TABLES WHERE ");
    (void)append_schemas(&sql, schema);
    (void)cc_strbuf_printf(&sql,
                           " AND TABLE_TYPE <> 'SEQUENCE' "
                           "ORDER BY BINARY TABLE_SCHEMA, BINARY TABLE_NAME "
                           "LIMIT %zu",
                           limit + 1);
    int status = ask(mysql, &sql, &rows, error);
    if (status == 0)
        status = fill_list(rows, limit, list, error);
    if (status == 0 && list->count == 0 && schema)
        status = check_schema(mysql, schema, error);
    mysql_free_result(rows);
    cc_strbuf_free(&sql);
    return status;
}

/* ---- aggregates ---- */

static int count_rows(struct cc_connection *connection,
                      const struct cc_select *select, int64_t *count,
                      struct cc_error *error)
{
    struct cc_mysql *mysql = cc_mysql_of(connection);
    const struct cc_dialect *dialect = cc_mysql_dialect(mysql);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result = {false, true};
    MYSQL_RES *rows = NULL;
    *count = -1;
    if (select->box || !cc_select_wraps(dialect, select))
        return 0;
    int status = cc_count_sql(dialect, select, &sql, &result);
    if (status < 0)
        (void)cc_error_memory(error);
    else if (status == 0 && result.filter_exact)
    {
        status = ask(mysql, &sql, &rows, error);
        MYSQL_ROW row = status == 0 ? mysql_fetch_row(rows) : NULL;
        if (row && row[0])
            *count = strtoll(row[0], NULL, 10);
    }
    mysql_free_result(rows);
    cc_strbuf_free(&sql);
    return status < 0 ? -1 : 0;
}

/* MariaDB gives every box as a polygon, that of an empty geometry excepted,
 * which has no ring. */
static const char extent_sql[] =
    "SELECT count(*), sum(s IS NOT NULL AND s NOT IN (0, %d)), "
    "min(ST_X(ST_PointN(r, 1))), min(ST_Y(ST_PointN(r, 1))), "
    "max(ST_X(ST_PointN(r, 3))), max(ST_Y(ST_PointN(r, 3))) FROM "
    "(SELECT ST_ExteriorRing(ST_Envelope(%s)) AS r, ST_SRID(%s) AS s FROM ";

/* 1: there is no such statement for this select. */
static int append_extent(const struct cc_dialect *dialect,
                         const struct cc_select *select, size_t column,
                         struct cc_strbuf *sql)
{
    struct cc_strbuf reference = CC_STRBUF_INIT;
    struct cc_select_result result = {false, true};
    int status = 1;
    if (!select->box && cc_select_wraps(dialect, select))
        status = cc_reference_sql(dialect, select, column, &reference);
    if (status == 0)
    {
        const char *text = cc_strbuf_text(&reference);
        (void)cc_strbuf_printf(sql, extent_sql,
                               (int)select->schema->columns[column].srid, text,
                               text);
        (void)cc_from_sql(dialect, select, sql);
        status = cc_where_sql(dialect, select, sql, &result);
    }
    if (status == 0)
        status = cc_strbuf_append(sql, ") AS b");
    cc_strbuf_free(&reference);
    return status == 0 && !result.filter_exact ? 1 : status;
}

static double number(const char *text)
{
    struct cc_decimal decimal;
    if (!cc_decimal_parse(text, strlen(text), &decimal))
        return NAN;
    return cc_decimal_to_double(&decimal, text, strlen(text), NULL);
}

/* Known when all values are in the column's SRID. */
static bool read_extent(MYSQL_ROW row, struct cc_box *box, int64_t *rows,
                        bool *empty)
{
    *rows = row[0] ? strtoll(row[0], NULL, 10) : 0;
    *empty = !row[2];
    if (row[1] && strtoll(row[1], NULL, 10) > 0)
        return false;
    if (*empty)
        return true;
    if (!row[3] || !row[4] || !row[5])
        return false;
    *box = (struct cc_box){number(row[2]), number(row[3]), number(row[4]),
                           number(row[5])};
    return box->min_x <= box->max_x && box->min_y <= box->max_y;
}

/* A read can tell what the server cannot compute, and is faster than MySQL's
 * functions: they take tens of microseconds a row. */
static int extent(struct cc_connection *connection,
                  const struct cc_select *select, size_t column,
                  struct cc_box *box, int64_t *rows, bool *empty, bool *known,
                  struct cc_error *error)
{
    struct cc_mysql *mysql = cc_mysql_of(connection);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    MYSQL_RES *result = NULL;
    *known = false;
    int status = 1;
    if (mysql->mariadb)
        status = append_extent(cc_mysql_dialect(mysql), select, column, &sql);
    if (status < 0)
        (void)cc_error_memory(error);
    else if (status == 0 && ask(mysql, &sql, &result, error) == 0)
    {
        MYSQL_ROW row = mysql_fetch_row(result);
        *known = row && read_extent(row, box, rows, empty);
    }
    else if (status == 0 && mysql->broken)
        status = -1;
    mysql_free_result(result);
    cc_strbuf_free(&sql);
    return status < 0 ? -1 : 0;
}

/* ---- SRSs ---- */

/* Frees the SQL, whose rows are an authority, its code and WKT. */
static int ask_srs(struct cc_mysql *mysql, struct cc_strbuf *sql,
                   char **definition, struct cc_error *error)
{
    MYSQL_RES *rows = NULL;
    int status = ask(mysql, sql, &rows, error);
    MYSQL_ROW row = status == 0 ? mysql_fetch_row(rows) : NULL;
    if (row)
        status = cc_srs_definition(row[0], row[1], row[2], definition, error);
    mysql_free_result(rows);
    cc_strbuf_free(sql);
    return status;
}

/* Of OGC 06-104r4 section 6.2, which GDAL's MySQL driver writes beside its
 * tables; where there is none the server refuses, and nothing is known. */
static int srs_of_table(struct cc_mysql *mysql, int32_t srid, char **definition,
                        struct cc_error *error)
{
    const char *schema = cc_connector_text(mysql->base.connector, CC_P_SCHEMA);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    if (!schema)
        return 0;
    (void)cc_strbuf_append(&sql, "SELECT auth_name, auth_srid, srtext FROM ");
    (void)cc_sql_identifier(&cc_dialect_mysql, &sql, schema);
    (void)cc_strbuf_printf(&sql, ".spatial_ref_sys WHERE srid = %d", (int)srid);
    struct cc_error refused;
    cc_error_init(&refused, mysql->base.connector->secrets);
    if (ask_srs(mysql, &sql, definition, &refused) == 0 || !mysql->broken)
        return 0;
    if (error)
        *error = refused;
    return -1;
}

static int srs(struct cc_connection *connection, int32_t srid,
               char **definition, struct cc_error *error)
{
    struct cc_mysql *mysql = cc_mysql_of(connection);
    struct cc_strbuf sql = CC_STRBUF_INIT;
    *definition = NULL;
    bool has_catalog = mysql->version >= (mysql->mariadb ? 100100U : 80000U);
    if (has_catalog)
    {
        (void)cc_strbuf_printf(
            &sql,
            mysql->mariadb ? "SELECT AUTH_NAME, AUTH_SRID, SRTEXT "
                             "FROM information_schema.SPATIAL_REF_SYS "
                             "WHERE SRID = %d"
                           : "SELECT ORGANIZATION, ORGANIZATION_COORDSYS_ID, "
                             "DEFINITION FROM "
                             "information_schema.ST_SPATIAL_REFERENCE_SYSTEMS "
                             "WHERE SRS_ID = %d",
            (int)srid);
        CC_TRY(ask_srs(mysql, &sql, definition, error));
    }
    return *definition ? 0 : srs_of_table(mysql, srid, definition, error);
}

const struct cc_provider cc_provider_mysql = {
    .id = CC_MYSQL,
    .dialect = &cc_dialect_mysql,
    .open = cc_mysql_open,
    .close = cc_mysql_close,
    .usable = usable,
    .list_tables = list_tables,
    .describe = cc_mysql_describe,
    .count = count_rows,
    .extent = extent,
    .srs = srs,
    .query = cc_mysql_query,
    .fetch = cc_mysql_fetch,
    .cancel = cc_mysql_cancel,
    .close_cursor = cc_mysql_close_cursor,
    .thread_begin = thread_begin,
    .thread_end = thread_end,
};
