/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"

#include <stdlib.h>
#include <string.h>

/* The columns of the statement below. */
enum
{
    NAME,
    TYPE,      /* "decimal(10,2)" */
    DATA_TYPE, /* "decimal" */
    KEY,       /* "PRI" */
    NULLABLE,
    DEFAULT,
    COMMENT,
    LENGTH, /* characters of text */
    SRID,
    PLANAR
};

/* Names may differ in nothing but case: the exact one comes first. */
#define COLUMNS                                                                \
    "SELECT c.COLUMN_NAME, c.COLUMN_TYPE, c.DATA_TYPE, c.COLUMN_KEY, "         \
    "c.IS_NULLABLE, c.COLUMN_DEFAULT, c.COLUMN_COMMENT, "                      \
    "c.CHARACTER_MAXIMUM_LENGTH, "
#define WHERE                                                                  \
    " WHERE c.TABLE_SCHEMA = %s AND c.TABLE_NAME = %s "                        \
    "ORDER BY BINARY c.TABLE_NAME <> BINARY %s, c.ORDINAL_POSITION"

static const char mysql_sql[] =
    COLUMNS "c.SRS_ID, s.DEFINITION NOT LIKE 'GEOGCS%%' "
            "FROM information_schema.COLUMNS c "
            "LEFT JOIN information_schema.ST_SPATIAL_REFERENCE_SYSTEMS s "
            "ON s.SRS_ID = c.SRS_ID" WHERE;
static const char mariadb_sql[] =
    COLUMNS "g.SRID, NULL FROM information_schema.COLUMNS c "
            "LEFT JOIN information_schema.GEOMETRY_COLUMNS g "
            "ON g.G_TABLE_SCHEMA = c.TABLE_SCHEMA "
            "AND g.G_TABLE_NAME = c.TABLE_NAME "
            "AND g.G_GEOMETRY_COLUMN = c.COLUMN_NAME" WHERE;
static const char old_sql[] =
    COLUMNS "NULL, NULL FROM information_schema.COLUMNS c" WHERE;

static const char *catalog_sql(const struct cc_mysql *mysql, bool spatial)
{
    if (!spatial)
        return old_sql;
    if (mysql->mariadb)
        return mysql->version >= 100100 ? mariadb_sql : old_sql;
    return mysql->version >= 80000 ? mysql_sql : old_sql;
}

/* ---- one column ---- */

static uint32_t geometry_type(const char *data_type)
{
    static const char *const names[] = {
        "point",           "linestring",   "polygon",           "multipoint",
        "multilinestring", "multipolygon", "geometrycollection"};
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        if (strcmp(names[i], data_type) == 0)
            return i + 1;
    }
    return strcmp(data_type, "geomcollection") == 0 ? 7 : 0;
}

static void add_geometry(const struct cc_mysql *mysql, MYSQL_ROW row,
                         struct cc_column *column)
{
    column->wkb_type = geometry_type(row[DATA_TYPE]);
    if (!row[SRID])
        return;
    column->srid = (int32_t)strtol(row[SRID], NULL, 10);
    if (mysql->mariadb) /* declared is not enforced there */
        return;
    column->native_modifier = CC_MYSQL_SRID_ENFORCED;
    if (row[PLANAR] && strcmp(row[PLANAR], "1") == 0)
        column->native_modifier |= CC_MYSQL_SRID_PLANAR;
}

static int set_text(char **target, const char *text, struct cc_error *error)
{
    if (!text || !*text)
        return 0;
    free(*target);
    *target = strdup(text);
    return *target ? 0 : cc_error_memory(error);
}

static bool has_characters(const char *data_type)
{
    return strcmp(data_type, "char") == 0 || strcmp(data_type, "varchar") == 0;
}

static int add_column(const struct cc_mysql *mysql, MYSQL_ROW row,
                      struct cc_column *column, struct cc_error *error)
{
    CC_TRY(set_text(&column->native_type, row[TYPE], error));
    CC_TRY(set_text(&column->comment, row[COMMENT], error));
    CC_TRY(set_text(&column->default_value, row[DEFAULT], error));
    column->not_null = row[NULLABLE] && strcmp(row[NULLABLE], "NO") == 0;
    column->key = row[KEY] && strcmp(row[KEY], "PRI") == 0;
    if (column->kind == CC_KIND_TEXT && row[LENGTH] &&
        has_characters(row[DATA_TYPE]))
        column->width = (int)strtol(row[LENGTH], NULL, 10);
    if (column->kind == CC_KIND_GEOMETRY)
        add_geometry(mysql, row, column);
    return 0;
}

/* ---- all columns ---- */

/* A key is one integer column. */
static void drop_other_keys(struct cc_schema *schema)
{
    size_t count = 0;
    for (size_t i = 0; i < schema->count; i++)
        count += schema->columns[i].key;
    for (size_t i = 0; i < schema->count; i++)
    {
        struct cc_column *column = &schema->columns[i];
        bool integer =
            column->kind >= CC_KIND_INT16 && column->kind <= CC_KIND_UINT64;
        column->key = column->key && count == 1 && integer;
    }
}

static struct cc_column *find_column(struct cc_schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        if (strcmp(schema->columns[i].name, name) == 0)
            return &schema->columns[i];
    }
    return NULL;
}

/* Rows of a table whose name differs in its case follow, and find their
 * columns seen. */
static int add_rows(const struct cc_mysql *mysql, MYSQL_RES *rows,
                    struct cc_schema *schema, struct cc_error *error)
{
    MYSQL_ROW row;
    size_t seen = 0;
    while (seen < schema->count && (row = mysql_fetch_row(rows)) != NULL)
    {
        struct cc_column *column =
            row[NAME] ? find_column(schema, row[NAME]) : NULL;
        if (!column)
            continue;
        seen++;
        CC_TRY(add_column(mysql, row, column, error));
    }
    drop_other_keys(schema);
    return 0;
}

static bool is_spatial(const struct cc_schema *schema)
{
    bool spatial = false;
    for (size_t i = 0; i < schema->count; i++)
        spatial = spatial || schema->columns[i].kind == CC_KIND_GEOMETRY;
    return spatial;
}

static int append_literal(struct cc_strbuf *out, const char *text)
{
    return text ? cc_dialect_mysql.string_literal(out, text)
                : cc_strbuf_append(out, "DATABASE()");
}

/* The statement with its three "%s" replaced, and "%%" by "%". */
static int append_sql(struct cc_strbuf *out, const char *format,
                      const struct cc_source *source)
{
    const char *const values[] = {source->schema, source->table, source->table};
    size_t next = 0;
    for (const char *c = format; *c; c++)
    {
        bool directive = *c == '%' && *++c == 's';
        if (directive)
            (void)append_literal(out, values[next++]);
        else
            (void)cc_strbuf_append_char(out, *c);
    }
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* The reader does without what the catalog does not tell. */
int cc_mysql_add_catalog(struct cc_mysql *mysql, const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    MYSQL_RES *rows = NULL;
    int status =
        append_sql(&sql, catalog_sql(mysql, is_spatial(schema)), source);
    if (status != 0)
        (void)cc_error_memory(error);
    else
        status = cc_mysql_settle(mysql, false, -1, error);
    if (status == 0)
        status = cc_mysql_rows(mysql, cc_strbuf_text(&sql), &rows, error);
    if (status == 0)
        status = add_rows(mysql, rows, schema, error);
    mysql_free_result(rows);
    cc_strbuf_free(&sql);
    return status;
}
