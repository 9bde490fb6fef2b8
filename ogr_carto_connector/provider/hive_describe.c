/* SPDX-License-Identifier: MIT */
#include "hive.h"

#include "column/text.h"

#include <stdlib.h>
#include <string.h>

/* ---- types ---- */

static const struct
{
    enum cc_hs2_type type;
    enum cc_kind kind;
    const char *name;
} types[] = {
    {CC_HS2_BOOLEAN, CC_KIND_BOOLEAN, "boolean"},
    {CC_HS2_TINYINT, CC_KIND_INT16, "tinyint"},
    {CC_HS2_SMALLINT, CC_KIND_INT16, "smallint"},
    {CC_HS2_INT, CC_KIND_INT32, "int"},
    {CC_HS2_BIGINT, CC_KIND_INT64, "bigint"},
    {CC_HS2_FLOAT, CC_KIND_FLOAT32, "float"},
    {CC_HS2_DOUBLE, CC_KIND_FLOAT64, "double"},
    {CC_HS2_STRING, CC_KIND_TEXT, "string"},
    {CC_HS2_TIMESTAMP, CC_KIND_TIMESTAMP, "timestamp"},
    {CC_HS2_BINARY, CC_KIND_BINARY, "binary"},
    {CC_HS2_ARRAY, CC_KIND_JSON, "array"},
    {CC_HS2_MAP, CC_KIND_JSON, "map"},
    {CC_HS2_STRUCT, CC_KIND_JSON, "struct"},
    {CC_HS2_UNION, CC_KIND_JSON, "uniontype"},
    {CC_HS2_USER_DEFINED, CC_KIND_TEXT, "user defined type"},
    {CC_HS2_DECIMAL, CC_KIND_DECIMAL, "decimal"},
    {CC_HS2_NULL, CC_KIND_TEXT, "void"},
    {CC_HS2_DATE, CC_KIND_DATE, "date"},
    {CC_HS2_VARCHAR, CC_KIND_TEXT, "varchar"},
    {CC_HS2_CHAR, CC_KIND_TEXT, "char"},
    {CC_HS2_INTERVAL_YEAR_MONTH, CC_KIND_TEXT, "interval_year_month"},
    {CC_HS2_INTERVAL_DAY_TIME, CC_KIND_TEXT, "interval_day_time"},
    {CC_HS2_TIMESTAMPLOCALTZ, CC_KIND_TIMESTAMPTZ,
     "timestamp with local time zone"},
};

static int type_text(const struct cc_hs2_field *field, const char *name,
                     struct cc_strbuf *out)
{
    (void)cc_strbuf_append(out, name);
    if (field->type == CC_HS2_DECIMAL && field->precision > 0)
        return cc_strbuf_printf(out, "(%d,%d)", (int)field->precision,
                                (int)field->scale);
    if (field->width > 0 &&
        (field->type == CC_HS2_VARCHAR || field->type == CC_HS2_CHAR))
        return cc_strbuf_printf(out, "(%d)", (int)field->width);
    return 0;
}

static void set_declared(struct cc_column *column,
                         const struct cc_hs2_field *field)
{
    column->native_id = field->type;
    if (column->kind == CC_KIND_DECIMAL)
    {
        column->precision = field->precision;
        column->scale = field->scale;
    }
    else if (field->type == CC_HS2_VARCHAR || field->type == CC_HS2_CHAR)
        column->width = field->width;
}

static int add_column(struct cc_schema *schema,
                      const struct cc_hs2_field *field, const char *name,
                      struct cc_error *error)
{
    size_t i = 0;
    while (i < sizeof types / sizeof *types - 1 &&
           (int32_t)types[i].type != field->type)
        i++;
    bool known = (int32_t)types[i].type == field->type;
    struct cc_strbuf native = CC_STRBUF_INIT;
    (void)type_text(field, known ? types[i].name : "unknown", &native);
    struct cc_column *column =
        cc_strbuf_failed(&native)
            ? NULL
            : cc_schema_add(schema, name, cc_strbuf_text(&native));
    cc_strbuf_free(&native);
    if (!column)
        return cc_error_memory(error);
    /* what is not known is sent as text */
    column->kind = known ? types[i].kind : CC_KIND_TEXT;
    set_declared(column, field);
    if (field->comment && *field->comment &&
        strcmp(field->comment, "from deserializer") != 0)
    {
        column->comment = strdup(field->comment);
        if (!column->comment)
            return cc_error_memory(error);
    }
    return 0;
}

/* ---- names ---- */

/* The length of "table." where every column begins with it: a server that
 * does not let that be turned off. */
static size_t prefix_length(const struct cc_hs2_fields *fields,
                            const char *table)
{
    size_t length = table ? strlen(table) : 0;
    for (size_t i = 0; i < fields->count && length > 0; i++)
    {
        const char *name = fields->fields[i].name;
        if (strlen(name) <= length + 1 || name[length] != '.' ||
            !cc_ascii_equal(name, table, length))
            return 0;
    }
    return length > 0 && fields->count > 0 ? length + 1 : 0;
}

static int add_columns(struct cc_schema *schema,
                       const struct cc_hs2_fields *fields, const char *table,
                       struct cc_error *error)
{
    size_t prefix = prefix_length(fields, table);
    if (fields->count == 0)
        return cc_error_set(error, CC_STAGE_QUERY, NULL,
                            "the query returns no columns");
    for (size_t i = 0; i < fields->count; i++)
    {
        const struct cc_hs2_field *field = &fields->fields[i];
        CC_TRY(add_column(schema, field, field->name + prefix, error));
    }
    return 0;
}

/* ---- describing ---- */

/* The columns of what was run. */
static int columns_of_result(struct cc_hive *hive, const char *table,
                             struct cc_schema *schema, struct cc_error *error)
{
    struct cc_hs2_fields fields;
    CC_TRY(cc_hs2_describe(hive->hs2, &fields, error));
    int status = add_columns(schema, &fields, table, error);
    cc_hs2_fields_free(&fields);
    return status;
}

/* Hive names only the table, and the reader may have meant another schema. */
static void explain_missing(const struct cc_source *source,
                            struct cc_error *error)
{
    bool missing = error && (strcmp(error->code, "42S02") == 0 ||
                             strcmp(error->code, "42P01") == 0);
    if (source->table && missing)
        (void)cc_error_append(error,
                              "\nCheck \"table\" and \"schema\": there is no "
                              "table or view \"%s\" in schema \"%s\".",
                              source->table,
                              source->schema ? source->schema : "default");
}

/* The columns of the source without any of its rows. */
static int describe_empty(struct cc_hive *hive, const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    const struct cc_schema none = {.count = 0};
    const struct cc_select select = {.source = source, .schema = &none};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&sql, "SELECT * FROM ");
    (void)cc_from_sql(&cc_dialect_hive, &select, &sql);
    (void)cc_strbuf_append(&sql, " LIMIT 0");
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_hive_run(hive, cc_strbuf_text(&sql), error);
    if (status != 0)
        explain_missing(source, error);
    else
        status = columns_of_result(hive, source->table, schema, error);
    cc_hs2_end(hive->hs2);
    cc_strbuf_free(&sql);
    return status;
}

/* The execution is kept for who reads it first. */
static int describe_executed(struct cc_hive *hive, const char *query,
                             struct cc_schema *schema, struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    size_t length = cc_sql_trimmed_length(&cc_dialect_hive, query, NULL);
    (void)cc_strbuf_append_n(&sql, query, length);
    int status = cc_strbuf_failed(&sql)
                     ? cc_error_memory(error)
                     : cc_hive_run(hive, cc_strbuf_text(&sql), error);
    if (status == 0)
        status = columns_of_result(hive, NULL, schema, error);
    if (status == 0)
        hive->executed = cc_strbuf_take(&sql);
    else
        cc_hs2_end(hive->hs2);
    cc_strbuf_free(&sql);
    return status;
}

int cc_hive_describe(struct cc_connection *connection,
                     const struct cc_source *source, struct cc_schema *schema,
                     struct cc_error *error)
{
    struct cc_hive *hive = (struct cc_hive *)connection;
    const struct cc_select select = {.source = source, .schema = schema};
    if (source->table)
        return describe_empty(hive, source, schema, error);
    CC_TRY(cc_hive_check_query(source->query, error));
    if (cc_select_wraps(&cc_dialect_hive, &select))
    {
        if (describe_empty(hive, source, schema, error) == 0)
            return 0;
        if (error->stage != CC_STAGE_QUERY || schema->count > 0 ||
            !cc_hs2_usable(hive->hs2))
            return -1;
        cc_debug(hive->base.host,
                 "Hive: nothing can be put around the query "
                 "(%s); it is executed to be described",
                 error->message);
    }
    return describe_executed(hive, source->query, schema, error);
}

/* ---- listing ---- */

struct names
{
    const char *schema;
    struct cc_table_list list;
    bool found;
};

static bool is_schema(const struct names *names, struct cc_hive_text text)
{
    return text.size == strlen(names->schema) &&
           cc_ascii_equal(text.data, names->schema, text.size);
}

static int take_schema(void *context, struct cc_hive_text text,
                       struct cc_hive_text other)
{
    struct names *names = context;
    (void)other;
    names->found = names->found || is_schema(names, text);
    return 0;
}

/* The pattern may have matched other schemas as well. */
static int take_table(void *context, struct cc_hive_text schema,
                      struct cc_hive_text name)
{
    struct names *names = context;
    if (!is_schema(names, schema))
        return 0;
    char *copy = strndup(name.data, name.size);
    if (!copy)
        return -1;
    int status = cc_table_list_add(&names->list, names->schema, copy);
    free(copy);
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct cc_table_name *)a)->name,
                  ((const struct cc_table_name *)b)->name);
}

static int read_names(struct cc_hive *hive, struct names *names,
                      struct cc_error *error)
{
    cc_hive_begin(hive);
    CC_TRY(cc_hs2_tables(hive->hs2, names->schema, error));
    CC_TRY(cc_hs2_wait(hive->hs2, error));
    return cc_hive_read_texts(hive, 1, 2, take_table, names, error);
}

/* Nothing in a schema, or no schema. */
static int check_schema(struct cc_hive *hive, struct names *names,
                        struct cc_error *error)
{
    cc_hive_begin(hive);
    CC_TRY(cc_hs2_schemas(hive->hs2, names->schema, error));
    CC_TRY(cc_hs2_wait(hive->hs2, error));
    CC_TRY(cc_hive_read_texts(hive, 0, 0, take_schema, names, error));
    if (names->found)
        return 0;
    return cc_error_set(error, CC_STAGE_QUERY, "3F000",
                        "there is no schema \"%s\". Check \"schema\" and "
                        "\"database\".",
                        names->schema);
}

static int copy_names(const struct cc_table_list *from, size_t limit,
                      struct cc_table_list *list, struct cc_error *error)
{
    for (size_t i = 0; i < from->count && i < limit; i++)
    {
        if (cc_table_list_add(list, from->tables[i].schema,
                              from->tables[i].name) != 0)
            return cc_error_memory(error);
    }
    list->more = from->count > limit;
    return 0;
}

int cc_hive_list_tables(struct cc_connection *connection, size_t limit,
                        struct cc_table_list *list, struct cc_error *error)
{
    struct cc_hive *hive = (struct cc_hive *)connection;
    const char *schema = cc_connector_text(connection->connector, CC_P_SCHEMA);
    struct names names = {.schema = schema ? schema : "default"};
    int status = read_names(hive, &names, error);
    if (status == 0 && names.list.count == 0)
        status = check_schema(hive, &names, error);
    if (status == 0 && names.list.count > 0)
        qsort(names.list.tables, names.list.count, sizeof *names.list.tables,
              by_name);
    if (status == 0)
        status = copy_names(&names.list, limit, list, error);
    cc_table_list_free(&names.list);
    cc_hs2_end(hive->hs2);
    return status;
}
