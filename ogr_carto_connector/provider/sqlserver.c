/* SPDX-License-Identifier: MIT */
/*
 * SQL Server and what speaks its protocol (Azure SQL, Babelfish).
 */
#include "sqlserver_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- listing ---- */

struct listing
{
    struct cc_table_list *list;
    const char *schema;
    size_t limit;
};

static int table_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    struct listing *listing = context;
    if (listing->list->count >= listing->limit)
    {
        listing->list->more = true;
        return 0;
    }
    char *name;
    CC_TRY(cc_tds_text(tds, 1, &name, error));
    int status = cc_table_list_add(listing->list, listing->schema, name);
    free(name);
    return status == 0 ? 0 : cc_error_memory(error);
}

int cc_sqlserver_list_tables(struct cc_connection *connection, size_t limit,
                             struct cc_table_list *list, struct cc_error *error)
{
    struct cc_tds *tds = (struct cc_tds *)connection;
    struct listing listing = {
        list, cc_connector_text(connection->connector, CC_P_SCHEMA), limit};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql,
                           "SELECT TOP (%zu) o.name FROM sys.objects o JOIN "
                           "sys.schemas s ON s.schema_id = o.schema_id "
                           "WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 "
                           "AND s.name = ",
                           limit + 1);
    (void)cc_sqlserver_dialect.string_literal(&sql, listing.schema);
    (void)cc_strbuf_append(&sql, " ORDER BY o.name");
    int status =
        cc_strbuf_failed(&sql)
            ? cc_error_memory(error)
            : cc_tds_execute(tds, sql.data, table_row, &listing, error);
    cc_strbuf_free(&sql);
    return status;
}

/* ---- counting ---- */

/* More rows than the int of count(*) holds. */
#define OVERFLOW_ERROR "8115"

static int count_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    (void)error;
    *(int64_t *)context = cc_tds_integer(tds, 1, -1);
    return 0;
}

int cc_sqlserver_count(struct cc_connection *connection,
                       const struct cc_select *select, int64_t *count,
                       struct cc_error *error)
{
    struct cc_tds *tds = (struct cc_tds *)connection;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result = {false, false};
    *count = -1;
    if (select->box || !cc_select_wraps(&cc_sqlserver_dialect, select))
        return 0;
    int status = cc_count_sql(&cc_sqlserver_dialect, select, &sql, &result);
    if (status != 0)
        status = cc_error_memory(error);
    else if (result.filter_exact)
        status = cc_tds_execute(tds, sql.data, count_row, count, error);
    cc_strbuf_free(&sql);
    return status != 0 && strcmp(error->code, OVERFLOW_ERROR) == 0 ? 0 : status;
}

/* ---- extent ---- */

#define CORNERS 4

struct extent
{
    struct cc_box box;
    int64_t rows;
    int64_t values;
    int64_t lowest_srid;
    int64_t highest_srid;
    int corners;
};

/* count, count of values, their SRIDs, x and y of the envelope's corners */
static int extent_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    (void)error;
    struct extent *extent = context;
    extent->rows = cc_tds_integer(tds, 1, -1);
    extent->values = cc_tds_integer(tds, 2, -1);
    extent->lowest_srid = cc_tds_integer(tds, 3, -1);
    extent->highest_srid = cc_tds_integer(tds, 4, -1);
    struct cc_box box = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < CORNERS; i++)
    {
        double x;
        double y;
        if (!cc_tds_double(tds, 5 + 2 * i, &x) ||
            !cc_tds_double(tds, 6 + 2 * i, &y))
            continue;
        extent->corners++;
        box.min_x = fmin(box.min_x, x);
        box.min_y = fmin(box.min_y, y);
        box.max_x = fmax(box.max_x, x);
        box.max_y = fmax(box.max_y, y);
    }
    extent->box = box;
    return 0;
}

static int extent_sql(const struct cc_select *select, size_t column,
                      struct cc_strbuf *out, struct cc_select_result *result)
{
    struct cc_strbuf reference = CC_STRBUF_INIT;
    int status =
        cc_reference_sql(&cc_sqlserver_dialect, select, column, &reference);
    const char *r = cc_strbuf_text(&reference);
    (void)cc_strbuf_append(out, "SELECT n, v, lo, hi");
    for (int i = 1; i <= CORNERS; i++)
        (void)cc_strbuf_printf(out, ", e.STPointN(%d).STX, e.STPointN(%d).STY",
                               i, i);
    (void)cc_strbuf_printf(out,
                           " FROM (SELECT COUNT_BIG(*) AS n, COUNT_BIG(%s) AS "
                           "v, MIN(%s.STSrid) AS lo, MAX(%s.STSrid) AS hi, "
                           "geometry::EnvelopeAggregate(%s) AS e FROM ",
                           r, r, r, r);
    cc_strbuf_free(&reference);
    CC_TRY(status);
    CC_TRY(cc_from_sql(&cc_sqlserver_dialect, select, out));
    CC_TRY(cc_where_sql(&cc_sqlserver_dialect, select, out, result));
    return cc_strbuf_append(out, ") AS t");
}

/* Known where every value has the column's SRID and there is an envelope. */
static bool is_known(const struct extent *extent,
                     const struct cc_column *column)
{
    if (extent->rows < 0)
        return false;
    if (extent->values == 0)
        return true;
    return extent->corners > 0 && extent->lowest_srid == column->srid &&
           extent->highest_srid == column->srid;
}

int cc_sqlserver_extent(struct cc_connection *connection,
                        const struct cc_select *select, size_t column,
                        struct cc_box *box, int64_t *rows, bool *empty,
                        bool *known, struct cc_error *error)
{
    struct cc_tds *tds = (struct cc_tds *)connection;
    const struct cc_column *geometry = &select->schema->columns[column];
    *known = false;
    if (geometry->kind != CC_KIND_GEOMETRY || geometry->geodetic ||
        geometry->srid <= 0 || select->box ||
        !cc_select_wraps(&cc_sqlserver_dialect, select))
        return 0;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result = {false, false};
    struct extent extent = {.rows = -1};
    int status = extent_sql(select, column, &sql, &result);
    if (status < 0)
        (void)cc_error_memory(error);
    else if (status == 0 && result.filter_exact)
        status = cc_tds_execute(tds, sql.data, extent_row, &extent, error);
    cc_strbuf_free(&sql);
    /* invalid geometries, or no aggregates (2008): a read can tell */
    if (status < 0 && error->stage == CC_STAGE_QUERY)
    {
        cc_debug(tds->base.host, "sqlserver: no extent: %s", error->message);
        return 0;
    }
    if (status < 0)
        return -1;
    *known = is_known(&extent, geometry);
    *empty = extent.values == 0;
    *rows = extent.rows;
    *box = extent.box;
    return 0;
}

const struct cc_provider cc_provider_sqlserver = {
    .id = CC_SQLSERVER,
    .dialect = &cc_sqlserver_dialect,
    .open = cc_sqlserver_open,
    .close = cc_sqlserver_close,
    .usable = cc_sqlserver_usable,
    .list_tables = cc_sqlserver_list_tables,
    .describe = cc_sqlserver_describe,
    .count = cc_sqlserver_count,
    .extent = cc_sqlserver_extent,
    .query = cc_sqlserver_query,
    .fetch = cc_sqlserver_fetch,
    .cancel = cc_sqlserver_cancel,
    .close_cursor = cc_sqlserver_close_cursor,
};
