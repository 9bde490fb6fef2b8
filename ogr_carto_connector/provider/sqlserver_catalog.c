/* SPDX-License-Identifier: MIT */
/*
 * What the catalog and the first rows of a table add to the description of its
 * columns.
 */
#include "sqlserver_internal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- keys, defaults, comments ---- */

struct extras
{
    struct cc_schema *schema;
    size_t keys;
    size_t key;
};

enum
{
    E_NAME = 1,
    E_KEY,
    E_DEFAULT,
    E_COMMENT
};

static int extras_sql(const char *table, struct cc_strbuf *out)
{
    (void)cc_strbuf_append(
        out, "SELECT c.name, CONVERT(int, CASE WHEN k.column_id IS NULL THEN 0 "
             "ELSE 1 END), d.definition, CONVERT(nvarchar(4000), e.value) "
             "FROM sys.columns c "
             "LEFT JOIN sys.indexes i ON i.object_id = c.object_id "
             "AND i.is_primary_key = 1 "
             "LEFT JOIN sys.index_columns k ON k.object_id = c.object_id "
             "AND k.index_id = i.index_id AND k.column_id = c.column_id "
             "LEFT JOIN sys.default_constraints d "
             "ON d.object_id = c.default_object_id "
             "LEFT JOIN sys.extended_properties e ON e.class = 1 "
             "AND e.major_id = c.object_id AND e.minor_id = c.column_id "
             "AND e.name = N'MS_Description' WHERE c.object_id = OBJECT_ID(");
    (void)cc_sqlserver_dialect.string_literal(out, table);
    return cc_strbuf_append(out, ") ORDER BY c.column_id");
}

/* The column of a name, else of one that differs in case: Babelfish's catalog
 * has names in lower case. NULL: none. */
static struct cc_column *find_column(struct cc_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        if (strcmp(schema->columns[i].name, name) == 0)
            return &schema->columns[i];
    }
    for (size_t i = 0; i < schema->count; i++)
    {
        if (strcasecmp(schema->columns[i].name, name) == 0)
            return &schema->columns[i];
    }
    return NULL;
}

static int extras_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    struct extras *extras = context;
    char *name;
    CC_TRY(cc_tds_text(tds, E_NAME, &name, error));
    struct cc_column *column = find_column(extras->schema, name);
    free(name);
    if (!column)
        return 0;
    if (cc_tds_integer(tds, E_KEY, 0) != 0)
    {
        extras->keys++;
        extras->key = (size_t)(column - extras->schema->columns);
    }
    free(column->default_value);
    free(column->comment);
    column->comment = NULL;
    CC_TRY(cc_tds_text(tds, E_DEFAULT, &column->default_value, error));
    return cc_tds_text(tds, E_COMMENT, &column->comment, error);
}

static bool is_integer(const struct cc_column *column)
{
    return column->kind == CC_KIND_INT16 || column->kind == CC_KIND_INT32 ||
           column->kind == CC_KIND_INT64 ||
           (column->kind == CC_KIND_DECIMAL && column->scale == 0);
}

/* Done without where it fails: a user may read a table and not its catalog. */
void cc_tds_describe_extras(struct cc_tds *tds, const char *table,
                            struct cc_schema *schema)
{
    struct cc_error error;
    cc_error_init(&error, tds->base.connector->secrets);
    struct extras extras = {schema, 0, 0};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    if (extras_sql(table, &sql) == 0 &&
        cc_tds_execute(tds, sql.data, extras_row, &extras, &error) != 0)
        cc_debug(tds->base.host, "sqlserver: no keys and comments of %s: %s",
                 table, error.message);
    else if (extras.keys == 1 && is_integer(&schema->columns[extras.key]))
        schema->columns[extras.key].key = true;
    cc_strbuf_free(&sql);
}

/* ---- SRIDs ---- */

/* Rows that are looked at for the SRID. */
#define SRID_ROWS "100"

static int srid_row(void *context, struct cc_tds *tds, struct cc_error *error)
{
    (void)error;
    int64_t srid = cc_tds_integer(tds, 1, 0);
    if (srid > 0 && srid < CC_SRID_CUSTOM)
        *(int32_t *)context = (int32_t)srid;
    return 0;
}

/* No catalog knows the SRID of a column, and without it no box can be asked
 * for; the first rows of a table tell it at no cost. */
static void describe_srid(struct cc_tds *tds, const char *table,
                          struct cc_column *column)
{
    struct cc_error error;
    cc_error_init(&error, tds->base.connector->secrets);
    struct cc_strbuf name = CC_STRBUF_INIT;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_sql_identifier(&cc_sqlserver_dialect, &name, column->name);
    (void)cc_strbuf_printf(&sql,
                           "SELECT TOP (1) s FROM (SELECT TOP (" SRID_ROWS
                           ") %s.STSrid AS s FROM %s) AS t WHERE s IS NOT NULL",
                           cc_strbuf_text(&name), table);
    if (!cc_strbuf_failed(&sql) && !cc_strbuf_failed(&name) &&
        cc_tds_execute(tds, sql.data, srid_row, &column->srid, &error) != 0)
        cc_debug(tds->base.host, "sqlserver: no SRID of %s: %s", column->name,
                 error.message);
    cc_strbuf_free(&name);
    cc_strbuf_free(&sql);
}

static int is_table_row(void *context, struct cc_tds *tds,
                        struct cc_error *error)
{
    (void)error;
    *(bool *)context = cc_tds_integer(tds, 1, 0) != 0;
    return 0;
}

/* A view's first rows may take any time. */
static bool is_table(struct cc_tds *tds, const char *table)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    bool result = false;
    (void)cc_strbuf_append(&sql, "SELECT CONVERT(int, CASE WHEN OBJECT_ID(");
    (void)cc_sqlserver_dialect.string_literal(&sql, table);
    (void)cc_strbuf_append(&sql, ", N'U') IS NULL THEN 0 ELSE 1 END)");
    if (!cc_strbuf_failed(&sql))
        (void)cc_tds_execute(tds, sql.data, is_table_row, &result, &error);
    cc_strbuf_free(&sql);
    return result;
}

void cc_tds_describe_srids(struct cc_tds *tds, const char *table,
                           struct cc_schema *schema)
{
    bool known = false;
    for (size_t i = 0; i < schema->count; i++)
    {
        if (schema->columns[i].kind != CC_KIND_GEOMETRY)
            continue;
        if (!known && !is_table(tds, table))
            return;
        known = true;
        describe_srid(tds, table, &schema->columns[i]);
    }
}
