/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- types ---- */

/* The names of TableFieldSchema.type, those of GoogleSQL included. */
static const struct
{
    const char *name;
    enum cc_bigquery_type type;
    enum cc_kind kind;
} types[] = {
    {"STRING", CC_BQ_STRING, CC_KIND_TEXT},
    {"BYTES", CC_BQ_BYTES, CC_KIND_BINARY},
    {"INTEGER", CC_BQ_INTEGER, CC_KIND_INT64},
    {"INT64", CC_BQ_INTEGER, CC_KIND_INT64},
    {"FLOAT", CC_BQ_FLOAT, CC_KIND_FLOAT64},
    {"FLOAT64", CC_BQ_FLOAT, CC_KIND_FLOAT64},
    {"NUMERIC", CC_BQ_NUMERIC, CC_KIND_DECIMAL},
    {"BIGNUMERIC", CC_BQ_BIGNUMERIC, CC_KIND_DECIMAL},
    {"BOOLEAN", CC_BQ_BOOLEAN, CC_KIND_BOOLEAN},
    {"BOOL", CC_BQ_BOOLEAN, CC_KIND_BOOLEAN},
    {"TIMESTAMP", CC_BQ_TIMESTAMP, CC_KIND_TIMESTAMPTZ},
    {"DATE", CC_BQ_DATE, CC_KIND_DATE},
    {"TIME", CC_BQ_TIME, CC_KIND_TIME},
    {"DATETIME", CC_BQ_DATETIME, CC_KIND_TIMESTAMP},
    {"GEOGRAPHY", CC_BQ_GEOGRAPHY, CC_KIND_GEOMETRY},
    {"RECORD", CC_BQ_RECORD, CC_KIND_JSON},
    {"STRUCT", CC_BQ_RECORD, CC_KIND_JSON},
    {"JSON", CC_BQ_JSON, CC_KIND_JSON},
    {"INTERVAL", CC_BQ_INTERVAL, CC_KIND_TEXT},
    {"RANGE", CC_BQ_RANGE, CC_KIND_TEXT},
};

enum cc_bigquery_type cc_bigquery_type_of(struct json_object *field)
{
    const char *name = cc_bigquery_text(field, "type");
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    }
    return CC_BQ_UNKNOWN;
}

bool cc_bigquery_is_repeated(struct json_object *field)
{
    return strcmp(cc_bigquery_text(field, "mode"), "REPEATED") == 0;
}

static enum cc_kind kind_of(enum cc_bigquery_type type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    {
        if (types[i].type == type)
            return types[i].kind;
    }
    return CC_KIND_UNSUPPORTED;
}

/* "ARRAY<STRING(20)>" */
static int type_text(struct json_object *field, struct cc_strbuf *out)
{
    struct json_object *element = cc_bigquery_get(field, "rangeElementType");
    const char *length = cc_bigquery_text(field, "maxLength");
    const char *precision = cc_bigquery_text(field, "precision");
    const char *scale = cc_bigquery_text(field, "scale");
    bool array = cc_bigquery_is_repeated(field);
    (void)cc_strbuf_printf(out, "%s%s", array ? "ARRAY<" : "",
                           cc_bigquery_text(field, "type"));
    if (element)
        (void)cc_strbuf_printf(out, "<%s>", cc_bigquery_text(element, "type"));
    if (*length)
        (void)cc_strbuf_printf(out, "(%s)", length);
    else if (*precision)
        (void)cc_strbuf_printf(out, "(%s%s%s)", precision, *scale ? "," : "",
                               scale);
    return cc_strbuf_append(out, array ? ">" : "");
}

static int bounded(struct json_object *field, const char *key, int max)
{
    int64_t value = cc_bigquery_integer(field, key);
    return value > 0 && value <= max ? (int)value : 0;
}

static void set_kind(struct cc_column *column, struct json_object *field)
{
    enum cc_bigquery_type type = cc_bigquery_type_of(field);
    bool array = cc_bigquery_is_repeated(field);
    column->native_id = type;
    column->native_modifier = array ? 1 : 0;
    column->kind = array ? CC_KIND_JSON : kind_of(type);
    column->not_null = strcmp(cc_bigquery_text(field, "mode"), "REQUIRED") == 0;
    if (column->kind == CC_KIND_DECIMAL)
    {
        column->precision = bounded(field, "precision", 76);
        column->scale = bounded(field, "scale", 38);
    }
    if (column->kind == CC_KIND_TEXT && type == CC_BQ_STRING)
        column->width = bounded(field, "maxLength", INT32_MAX);
    if (column->kind == CC_KIND_GEOMETRY)
    {
        column->encoding = CC_GEOMETRY_AUTO;
        column->srid = 4326;
        column->geodetic = true;
    }
}

static int set_text(char **to, const char *text)
{
    *to = *text ? strdup(text) : NULL;
    return *text && !*to ? -1 : 0;
}

static int add_column(struct json_object *field, struct cc_schema *schema)
{
    struct cc_strbuf type = CC_STRBUF_INIT;
    struct cc_column *column =
        type_text(field, &type) == 0
            ? cc_schema_add(schema, cc_bigquery_text(field, "name"),
                            cc_strbuf_text(&type))
            : NULL;
    cc_strbuf_free(&type);
    if (!column)
        return -1;
    set_kind(column, field);
    CC_TRY(set_text(&column->comment, cc_bigquery_text(field, "description")));
    return set_text(&column->default_value,
                    cc_bigquery_text(field, "defaultValueExpression"));
}

int cc_bigquery_add_columns(struct json_object *table_schema,
                            struct cc_schema *schema, struct cc_error *error)
{
    struct json_object *fields = cc_bigquery_get(table_schema, "fields");
    size_t count = json_object_is_type(fields, json_type_array)
                       ? json_object_array_length(fields)
                       : 0;
    if (count == 0)
        return cc_error_set(error, CC_STAGE_QUERY, NULL,
                            "there are no columns");
    for (size_t i = 0; i < count; i++)
    {
        if (add_column(json_object_array_get_idx(fields, i), schema) != 0)
            return cc_error_memory(error);
    }
    return 0;
}

/* ---- tables ---- */

int cc_bigquery_dataset_path(const struct cc_bigquery *bigquery,
                             const char *project, const char *dataset,
                             struct cc_strbuf *path)
{
    (void)cc_strbuf_append(path, "/projects/");
    cc_bigquery_escape(path, project ? project : bigquery->billing);
    (void)cc_strbuf_append(path, "/datasets/");
    cc_bigquery_escape(path, dataset);
    return cc_strbuf_failed(path) ? -1 : 0;
}

int cc_bigquery_table_path(const struct cc_bigquery *bigquery,
                           const struct cc_source *source,
                           struct cc_strbuf *path)
{
    (void)cc_bigquery_dataset_path(bigquery, source->project,
                                   source->schema ? source->schema : "", path);
    (void)cc_strbuf_append(path, "/tables/");
    cc_bigquery_escape(path, source->table);
    return cc_strbuf_failed(path) ? -1 : 0;
}

int cc_bigquery_table(struct cc_bigquery *bigquery,
                      const struct cc_source *source,
                      struct json_object **table, struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_bigquery_table_path(bigquery, source, &path);
    return cc_bigquery_get_page(bigquery, &path, NULL, NULL, table, error);
}

bool cc_bigquery_is_stored(struct json_object *table)
{
    const char *type = cc_bigquery_text(table, "type");
    return strcmp(type, "TABLE") == 0 || strcmp(type, "SNAPSHOT") == 0 ||
           strcmp(type, "CLONE") == 0;
}

/* What a run would cost. */
static int note_cost(struct json_object *statistics, struct cc_schema *schema,
                     struct cc_error *error)
{
    bool hit = json_object_get_boolean(cc_bigquery_get(statistics, "cacheHit"));
    return cc_strbuf_printf(&schema->metadata,
                            "TOTAL_BYTES_PROCESSED=%lld\nCACHE_HIT=%s\n",
                            (long long)cc_bigquery_integer(
                                statistics, "totalBytesProcessed"),
                            hit ? "YES" : "NO") == 0
               ? 0
               : cc_error_memory(error);
}

static int describe_query(struct cc_bigquery *bigquery,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    struct json_object *statistics = NULL;
    CC_TRY(cc_bigquery_dry_run(bigquery, source->query, &statistics, error));
    int status = cc_bigquery_add_columns(cc_bigquery_get(statistics, "schema"),
                                         schema, error);
    if (status == 0)
        status = note_cost(statistics, schema, error);
    json_object_put(statistics);
    return status;
}

/* A view is read as a query, and costs as one. */
static int describe_view(struct cc_bigquery *bigquery,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error)
{
    const struct cc_select select = {.source = source, .schema = schema};
    struct json_object *statistics = NULL;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&sql, "SELECT * FROM ");
    (void)cc_from_sql(&cc_dialect_bigquery, &select, &sql);
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_bigquery_dry_run(bigquery, cc_strbuf_text(&sql),
                                           &statistics, error);
    if (status == 0)
        status = note_cost(statistics, schema, error);
    json_object_put(statistics);
    cc_strbuf_free(&sql);
    return status;
}

int cc_bigquery_describe(struct cc_connection *connection,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error)
{
    struct cc_bigquery *bigquery = (struct cc_bigquery *)connection;
    struct json_object *table = NULL;
    if (!source->table)
        return describe_query(bigquery, source, schema, error);
    CC_TRY(cc_bigquery_table(bigquery, source, &table, error));
    int status = cc_bigquery_add_columns(cc_bigquery_get(table, "schema"),
                                         schema, error);
    if (status == 0 && !cc_bigquery_is_stored(table))
        status = describe_view(bigquery, source, schema, error);
    json_object_put(table);
    return status;
}
