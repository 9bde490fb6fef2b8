/* SPDX-License-Identifier: MIT */
#include "postgres.h"

#include "wire/pg_types.h"

#include <stdlib.h>
#include <string.h>

/* ---- types ---- */

/* Base types of domains, and what pg_type says of them, in the order of the
 * arrays of OIDs ($1) and typmods ($2). */
static const char types_sql[] =
    "WITH RECURSIVE c (n, oid, typmod) AS ("
    "SELECT u.n, u.o, u.m FROM unnest($1::oid[], $2::int4[]) "
    "WITH ORDINALITY AS u (o, m, n) "
    "UNION ALL "
    "SELECT c.n, t.typbasetype, t.typtypmod FROM c "
    "JOIN pg_catalog.pg_type t ON t.oid = c.oid WHERE t.typtype = 'd') "
    "SELECT c.oid, c.typmod, pg_catalog.format_type(c.oid, c.typmod), "
    "t.typname, t.typtype, t.typcategory "
    "FROM c JOIN pg_catalog.pg_type t ON t.oid = c.oid "
    "WHERE t.typtype <> 'd' ORDER BY c.n";

enum types_column
{
    TYPE_OID,
    TYPE_TYPMOD,
    TYPE_NATIVE,
    TYPE_NAME,
    TYPE_TYPTYPE,
    TYPE_CATEGORY
};

static enum cc_kind builtin_kind(uint32_t oid)
{
    static const struct
    {
        enum cc_pg_type oid;
        enum cc_kind kind;
    } kinds[] = {
        {CC_PG_BOOL, CC_KIND_BOOLEAN},
        {CC_PG_BYTEA, CC_KIND_BINARY},
        {CC_PG_INT8, CC_KIND_INT64},
        {CC_PG_INT2, CC_KIND_INT16},
        {CC_PG_INT4, CC_KIND_INT32},
        {CC_PG_OID, CC_KIND_UINT32},
        {CC_PG_XID, CC_KIND_UINT32},
        {CC_PG_CID, CC_KIND_UINT32},
        {CC_PG_JSON, CC_KIND_JSON},
        {CC_PG_JSONB, CC_KIND_JSON},
        {CC_PG_FLOAT4, CC_KIND_FLOAT32},
        {CC_PG_FLOAT8, CC_KIND_FLOAT64},
        {CC_PG_NUMERIC, CC_KIND_DECIMAL},
        {CC_PG_DATE, CC_KIND_DATE},
        {CC_PG_TIME, CC_KIND_TIME},
        {CC_PG_TIMESTAMP, CC_KIND_TIMESTAMP},
        {CC_PG_TIMESTAMPTZ, CC_KIND_TIMESTAMPTZ},
        {CC_PG_UUID, CC_KIND_UUID},
        {CC_PG_RECORD, CC_KIND_JSON},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    {
        if ((uint32_t)kinds[i].oid == oid)
            return kinds[i].kind;
    }
    return CC_KIND_TEXT;
}

/* A scale of PostgreSQL 15 may be negative or exceed the precision. */
static void set_decimal(struct cc_column *column, int32_t typmod)
{
    int precision;
    int scale;
    if (!cc_pg_numeric(typmod, &precision, &scale))
        return;
    column->precision = scale < 0 ? precision - scale : precision;
    column->scale = scale < 0 ? 0 : scale;
    if (column->precision < column->scale)
        column->precision = column->scale;
}

static void set_geometry(struct cc_column *column, int32_t typmod,
                         bool geography)
{
    int32_t srid;
    cc_postgis_typmod(typmod, &srid, &column->wkb_type);
    column->kind = CC_KIND_GEOMETRY;
    column->encoding = CC_GEOMETRY_WKB;
    column->geodetic = geography;
    if (geography && srid == 0)
        srid = 4326;
    column->srid = srid > 0 ? srid : CC_SRID_UNKNOWN;
}

void cc_postgres_set_builtin(struct cc_column *column, uint32_t oid,
                             int32_t typmod)
{
    column->kind = builtin_kind(oid);
    if (oid == CC_PG_NUMERIC)
        set_decimal(column, typmod);
    else if (oid == CC_PG_VARCHAR || oid == CC_PG_BPCHAR)
        column->width = cc_pg_width(typmod);
    else if (oid == CC_PG_CHAR)
        column->width = 1;
    else if (oid == CC_PG_BIT && typmod == 1)
        column->kind = CC_KIND_BOOLEAN;
    else if ((oid == CC_PG_BIT || oid == CC_PG_VARBIT) && typmod > 0)
        column->width = typmod;
}

/* What row `row` of the types query makes of a column. */
static void set_type(struct cc_column *column, const PGresult *types, int row)
{
    uint32_t oid =
        (uint32_t)strtoul(PQgetvalue(types, row, TYPE_OID), NULL, 10);
    int32_t typmod =
        (int32_t)strtol(PQgetvalue(types, row, TYPE_TYPMOD), NULL, 10);
    const char *name = PQgetvalue(types, row, TYPE_NAME);
    char typtype = *PQgetvalue(types, row, TYPE_TYPTYPE);
    char category = *PQgetvalue(types, row, TYPE_CATEGORY);
    column->native_id = oid;
    column->native_modifier = typmod;
    cc_postgres_set_builtin(column, oid, typmod);
    if (typtype == 'b' && strcmp(name, "geometry") == 0)
        set_geometry(column, typmod, false);
    else if (typtype == 'b' && strcmp(name, "geography") == 0)
        set_geometry(column, typmod, true);
    else if (typtype == 'e')
        column->native_id = CC_PG_TEXT; /* sent as their labels */
    else if (typtype == 'c' || category == 'A' || strcmp(name, "hstore") == 0)
        column->kind = CC_KIND_JSON;
}

/* ---- columns as they are found, types still to be looked up ---- */

/* The arguments of the types query, as array literals. */
struct type_list
{
    struct cc_strbuf oids;
    struct cc_strbuf typmods;
};

static int type_list_add(struct type_list *list, uint32_t oid, int32_t typmod)
{
    char separator = list->oids.length == 0 ? '{' : ',';
    (void)cc_strbuf_printf(&list->oids, "%c%u", separator, (unsigned)oid);
    return cc_strbuf_printf(&list->typmods, "%c%d", separator, (int)typmod);
}

/* Gives the columns of `schema` their types. */
static int look_up_types(struct cc_postgres *postgres, struct type_list *list,
                         struct cc_schema *schema, struct cc_error *error)
{
    if (schema->count == 0)
        return 0;
    (void)cc_strbuf_append_char(&list->oids, '}');
    (void)cc_strbuf_append_char(&list->typmods, '}');
    if (cc_strbuf_failed(&list->oids) || cc_strbuf_failed(&list->typmods))
        return cc_error_memory(error);
    const char *const values[] = {list->oids.data, list->typmods.data};
    const struct cc_pq_statement statement = {types_sql, values, 2, false,
                                              false};
    PGresult *types = NULL;
    CC_TRY(cc_pq_execute(&postgres->pq, &statement, &types, error));
    int status = 0;
    if ((size_t)PQntuples(types) != schema->count)
        status = cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "the server's catalog does not know the type of "
                              "every column");
    for (size_t i = 0; status == 0 && i < schema->count; i++)
    {
        struct cc_column *column = &schema->columns[i];
        set_type(column, types, (int)i);
        free(column->native_type);
        column->native_type = strdup(PQgetvalue(types, (int)i, TYPE_NATIVE));
        if (!column->native_type)
            status = cc_error_memory(error);
    }
    PQclear(types);
    return status;
}

/* ---- tables ---- */

enum table_column
{
    TABLE_NAME,
    TABLE_OID,
    TABLE_TYPMOD,
    TABLE_NOT_NULL,
    TABLE_COMMENT,
    TABLE_DEFAULT,
    TABLE_KEY
};

/* A relation without columns gives one row whose name is NULL. */
static const char table_sql[] =
    "SELECT a.attname, a.atttypid, a.atttypmod, a.attnotnull, "
    "pg_catalog.col_description(a.attrelid, a.attnum), "
    "pg_catalog.pg_get_expr(d.adbin, d.adrelid), "
    "EXISTS (SELECT 1 FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid "
    "AND i.indisprimary AND i.indnatts = 1 AND i.indkey[0] = a.attnum) "
    "FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
    "AND a.attnum > 0 AND NOT a.attisdropped "
    "LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = c.oid "
    "AND d.adnum = a.attnum %s"
    "WHERE n.nspname = $1 AND c.relname = $2 "
    "AND c.relkind IN ('r', 'v', 'm', 'f', 'p') ORDER BY a.attnum";

/* Names that differ from the wanted one in case, are in another schema, or
 * were given with it. */
static const char similar_sql[] =
    "SELECT n.nspname, c.relname FROM pg_catalog.pg_class c "
    "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
    "WHERE lower($2) IN (lower(c.relname), "
    "lower(n.nspname || '.' || c.relname)) "
    "AND c.relkind IN ('r', 'v', 'm', 'f', 'p') "
    "ORDER BY n.nspname <> $1, c.relname, n.nspname LIMIT 1";

static int no_such_table(struct cc_postgres *postgres,
                         const char *const values[2], struct cc_error *error)
{
    const struct cc_pq_statement statement = {similar_sql, values, 2, false,
                                              false};
    PGresult *similar = NULL;
    (void)cc_error_set(error, CC_STAGE_QUERY, "42P01",
                       "there is no table or view \"%s\" in schema \"%s\"",
                       values[1], values[0]);
    if (cc_pq_execute(&postgres->pq, &statement, &similar, NULL) == 0 &&
        PQntuples(similar) > 0)
        (void)cc_error_append(error, "; there is a \"%s\" in schema \"%s\"",
                              PQgetvalue(similar, 0, 1),
                              PQgetvalue(similar, 0, 0));
    PQclear(similar);
    return cc_error_append(error, ". Check \"table\" and \"schema\"; names are "
                                  "case-sensitive.");
}

static int copy_text(char **out, const char *text, struct cc_error *error)
{
    if (!text)
        return 0;
    *out = strdup(text);
    return *out ? 0 : cc_error_memory(error);
}

void cc_postgres_strip_cast(char *value)
{
    if (!value || value[0] != '\'')
        return;
    char *end = value + 1;
    while (*end && !(end[0] == '\'' && end[1] != '\''))
        end += end[0] == '\'' ? 2 : 1;
    if (end[0] == '\'' && end[1] == ':' && end[2] == ':')
        end[1] = '\0';
}

static int add_table_column(struct cc_schema *schema, struct type_list *list,
                            const PGresult *rows, int row,
                            struct cc_error *error)
{
    if (PQgetisnull(rows, row, TABLE_NAME))
        return 0;
    struct cc_column *column =
        cc_schema_add(schema, PQgetvalue(rows, row, TABLE_NAME), "");
    if (!column)
        return cc_error_memory(error);
    column->not_null = *PQgetvalue(rows, row, TABLE_NOT_NULL) == 't';
    column->key = *PQgetvalue(rows, row, TABLE_KEY) == 't';
    CC_TRY(copy_text(&column->comment, cc_pq_text(rows, row, TABLE_COMMENT),
                     error));
    CC_TRY(copy_text(&column->default_value,
                     cc_pq_text(rows, row, TABLE_DEFAULT), error));
    cc_postgres_strip_cast(column->default_value);
    uint32_t oid =
        (uint32_t)strtoul(PQgetvalue(rows, row, TABLE_OID), NULL, 10);
    int32_t typmod =
        (int32_t)strtol(PQgetvalue(rows, row, TABLE_TYPMOD), NULL, 10);
    return type_list_add(list, oid, typmod) == 0 ? 0 : cc_error_memory(error);
}

static void drop_other_keys(struct cc_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        enum cc_kind kind = schema->columns[i].kind;
        if (kind != CC_KIND_INT16 && kind != CC_KIND_INT32 &&
            kind != CC_KIND_INT64)
            schema->columns[i].key = false;
    }
}

static int read_table(struct cc_postgres *postgres,
                      const struct cc_source *source, PGresult **rows,
                      struct cc_error *error)
{
    const char *const values[] = {source->schema ? source->schema : "public",
                                  source->table};
    /* the expression of a generated column is no default */
    bool generated = PQserverVersion(postgres->pq.conn) >= 120000;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql, table_sql,
                           generated ? "AND a.attgenerated = '' " : "");
    const struct cc_pq_statement statement = {cc_strbuf_text(&sql), values, 2,
                                              false, false};
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_pq_execute(&postgres->pq, &statement, rows, error);
    cc_strbuf_free(&sql);
    if (status == 0 && PQntuples(*rows) == 0)
        status = no_such_table(postgres, values, error);
    return status;
}

static int describe_table(struct cc_postgres *postgres,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct type_list *list,
                          struct cc_error *error)
{
    PGresult *rows = NULL;
    int status = read_table(postgres, source, &rows, error);
    for (int i = 0; status == 0 && i < PQntuples(rows); i++)
        status = add_table_column(schema, list, rows, i, error);
    PQclear(rows);
    return status;
}

/* ---- queries ---- */

static int refuse_unless_it_reads(const struct cc_postgres *postgres,
                                  const char *query, struct cc_error *error)
{
    static const char *const reading[] = {
        "SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN", "("};
    char word[16];
    cc_sql_first_word(postgres->dialect, query, word, sizeof word);
    for (size_t i = 0; i < sizeof reading / sizeof *reading; i++)
    {
        if (strcmp(word, reading[i]) == 0)
            return 0;
    }
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the query has to be one that reads, a SELECT, WITH, "
                        "VALUES, TABLE, SHOW or EXPLAIN; it begins with %s",
                        *word ? word : "something else");
}

/* What a pooler or a compatible server says that does not prepare. */
static bool cannot_prepare(const struct cc_error *error)
{
    return strcmp(error->code, "0A000") == 0 ||
           strcmp(error->code, "26000") == 0 ||
           strncmp(error->code, "08", 2) == 0;
}

/* The columns of the query around which a LIMIT 0 was put. */
static int describe_by_running(struct cc_postgres *postgres, const char *query,
                               PGresult **result, struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    size_t length = cc_sql_trimmed_length(postgres->dialect, query, NULL);
    (void)cc_strbuf_append(&sql, "SELECT * FROM (");
    (void)cc_strbuf_append_n(&sql, query, length);
    (void)cc_strbuf_append(&sql, "\n) AS cc LIMIT 0");
    const struct cc_pq_statement statement = {.sql = cc_strbuf_text(&sql)};
    int status = cc_strbuf_failed(&sql) ? cc_error_memory(error) : 0;
    if (status == 0)
        status = cc_postgres_begin(postgres, false, error);
    if (status == 0)
        status = cc_pq_execute(&postgres->pq, &statement, result, error);
    cc_strbuf_free(&sql);
    return status;
}

int cc_postgres_query_columns(struct cc_postgres *postgres, const char *query,
                              PGresult **result, struct cc_error *error)
{
    CC_TRY(refuse_unless_it_reads(postgres, query, error));
    int status = cc_pq_describe(&postgres->pq, query, result, error);
    if (status == 0 || postgres->pq.broken || !cannot_prepare(error))
        return status;
    cc_debug(postgres->pq.base.host,
             "statements cannot be prepared here (%s); asking for no rows "
             "instead",
             error->message);
    cc_pq_finish(&postgres->pq);
    struct cc_error refused = *error;
    if (describe_by_running(postgres, query, result, error) == 0)
        return 0;
    *error = refused;
    return -1;
}

static int describe_query(struct cc_postgres *postgres, const char *query,
                          struct cc_schema *schema, struct type_list *list,
                          struct cc_error *error)
{
    PGresult *result = NULL;
    CC_TRY(cc_postgres_query_columns(postgres, query, &result, error));
    int status = 0;
    if (PQnfields(result) == 0)
        status = cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "the query returns no columns");
    for (int i = 0; status == 0 && i < PQnfields(result); i++)
    {
        if (!cc_schema_add(schema, PQfname(result, i), "") ||
            type_list_add(list, PQftype(result, i), PQfmod(result, i)) != 0)
            status = cc_error_memory(error);
    }
    PQclear(result);
    return status;
}

int cc_postgres_describe(struct cc_connection *connection,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error)
{
    struct cc_postgres *postgres = (struct cc_postgres *)connection;
    struct type_list list = {CC_STRBUF_INIT, CC_STRBUF_INIT};
    int status = cc_postgres_begin(postgres, false, error);
    if (status == 0)
        status =
            source->table
                ? describe_table(postgres, source, schema, &list, error)
                : describe_query(postgres, source->query, schema, &list, error);
    if (status == 0)
        status = look_up_types(postgres, &list, schema, error);
    if (status == 0)
        drop_other_keys(schema);
    cc_pq_finish(&postgres->pq);
    cc_strbuf_free(&list.oids);
    cc_strbuf_free(&list.typmods);
    return status;
}
