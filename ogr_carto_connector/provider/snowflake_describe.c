/* SPDX-License-Identifier: MIT */
/* Columns, tables, counts. */
#include "snowflake.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The length of text that was declared without one. */
#define UNLIMITED 16777216
/* SQLSTATE: base table or view not found. */
#define NO_SUCH_OBJECT "42S02"

static const struct
{
    const char *name;
    enum cc_snowflake_type type;
    enum cc_kind kind;
} types[] = {
    {"fixed", CC_SNOWFLAKE_FIXED, CC_KIND_DECIMAL},
    {"real", CC_SNOWFLAKE_REAL, CC_KIND_FLOAT64},
    {"decfloat", CC_SNOWFLAKE_DECFLOAT, CC_KIND_DECIMAL},
    {"text", CC_SNOWFLAKE_TEXT, CC_KIND_TEXT},
    {"boolean", CC_SNOWFLAKE_BOOLEAN, CC_KIND_BOOLEAN},
    {"binary", CC_SNOWFLAKE_BINARY, CC_KIND_BINARY},
    {"date", CC_SNOWFLAKE_DATE, CC_KIND_DATE},
    {"time", CC_SNOWFLAKE_TIME, CC_KIND_TIME},
    {"timestamp_ntz", CC_SNOWFLAKE_NTZ, CC_KIND_TIMESTAMP},
    {"timestamp_ltz", CC_SNOWFLAKE_LTZ, CC_KIND_TIMESTAMPTZ},
    {"timestamp_tz", CC_SNOWFLAKE_TZ, CC_KIND_TIMESTAMPTZ},
    {"interval_year_month", CC_SNOWFLAKE_YEAR_MONTH, CC_KIND_TEXT},
    {"interval_day_time", CC_SNOWFLAKE_DAY_TIME, CC_KIND_TEXT},
    {"variant", CC_SNOWFLAKE_JSON, CC_KIND_JSON},
    {"object", CC_SNOWFLAKE_JSON, CC_KIND_JSON},
    {"array", CC_SNOWFLAKE_JSON, CC_KIND_JSON},
    {"map", CC_SNOWFLAKE_JSON, CC_KIND_JSON},
    {"vector", CC_SNOWFLAKE_JSON, CC_KIND_JSON},
    {"file", CC_SNOWFLAKE_JSON, CC_KIND_JSON},
};

#define TYPE_COUNT (sizeof types / sizeof *types)

static size_t find_type(const char *name)
{
    size_t i = 0;
    while (i < TYPE_COUNT && strcasecmp(types[i].name, name) != 0)
        i++;
    return i;
}

enum cc_snowflake_type cc_snowflake_type_of(const char *name)
{
    size_t i = find_type(name);
    return i < TYPE_COUNT ? types[i].type : CC_SNOWFLAKE_OTHER;
}

/* ---- columns ---- */

static void set_geometry(struct cc_column *column, const char *extension)
{
    bool geography = strcmp(extension, "GEOGRAPHY") == 0;
    if (!geography && strcmp(extension, "GEOMETRY") != 0)
        return;
    column->kind = CC_KIND_GEOMETRY;
    column->geodetic = geography;
    column->srid = geography ? 4326 : CC_SRID_UNKNOWN;
    column->encoding = column->native_id == CC_SNOWFLAKE_BINARY
                           ? CC_GEOMETRY_WKB
                           : CC_GEOMETRY_AUTO;
    if (column->native_id != CC_SNOWFLAKE_BINARY)
        column->native_id = CC_SNOWFLAKE_OTHER;
}

static void set_column(struct cc_column *column, struct json_object *item)
{
    size_t type = find_type(cc_snowflake_text(item, "type"));
    struct json_object *nullable;
    if (type < TYPE_COUNT)
    {
        column->kind = types[type].kind;
        column->native_id = types[type].type;
    }
    column->scale = (int)cc_snowflake_integer(item, "scale", 0);
    column->native_modifier = column->scale;
    if (column->native_id == CC_SNOWFLAKE_FIXED)
        column->precision = (int)cc_snowflake_integer(item, "precision", 38);
    else
        column->scale = 0;
    int64_t length = cc_snowflake_integer(item, "length", 0);
    if (column->native_id == CC_SNOWFLAKE_TEXT && length < UNLIMITED)
        column->width = (int)length;
    if (column->native_id == CC_SNOWFLAKE_TEXT &&
        *cc_snowflake_text(item, "collation"))
        column->native_id = CC_SNOWFLAKE_COLLATED;
    column->not_null = json_object_object_get_ex(item, "nullable", &nullable) &&
                       !json_object_get_boolean(nullable);
    set_geometry(column, cc_snowflake_text(item, "extTypeName"));
}

int cc_snowflake_add_columns(struct json_object *rowtype,
                             struct cc_schema *schema, struct cc_error *error)
{
    size_t count = json_object_is_type(rowtype, json_type_array)
                       ? json_object_array_length(rowtype)
                       : 0;
    if (count == 0)
        return cc_error_set(error, CC_STAGE_QUERY, NULL,
                            "the query returns no columns");
    for (size_t i = 0; i < count; i++)
    {
        struct json_object *item = json_object_array_get_idx(rowtype, i);
        const char *extension = cc_snowflake_text(item, "extTypeName");
        const char *type =
            *extension ? extension : cc_snowflake_text(item, "type");
        struct cc_column *column =
            cc_schema_add(schema, cc_snowflake_text(item, "name"), type);
        if (!column)
            return cc_error_memory(error);
        set_column(column, item);
    }
    return 0;
}

static int make_sql(const struct cc_source *source, struct cc_strbuf *sql)
{
    const struct cc_schema none = {.count = 0};
    const struct cc_select select = {.source = source, .schema = &none};
    if (!source->table)
        return cc_strbuf_append_n(
            sql, source->query,
            cc_sql_trimmed_length(&cc_dialect_snowflake, source->query, NULL));
    (void)cc_strbuf_append(sql, "SELECT * FROM ");
    return cc_from_sql(&cc_dialect_snowflake, &select, sql);
}

static bool has_lower_case(const char *text)
{
    return text && text[strcspn(text, "abcdefghijklmnopqrstuvwxyz")] != '\0';
}

/* Adds to a failure which table was asked for, and what is often wrong. */
static int name_table(const struct cc_source *source, struct cc_error *error)
{
    struct cc_strbuf name = CC_STRBUF_INIT;
    const struct cc_select select = {.source = source};
    (void)cc_from_sql(&cc_dialect_snowflake, &select, &name);
    (void)cc_error_append(error, " (table %s)", cc_strbuf_text(&name));
    cc_strbuf_free(&name);
    if (strcmp(error->code, NO_SUCH_OBJECT) == 0 &&
        (has_lower_case(source->table) || has_lower_case(source->schema)))
        (void)cc_error_append(error,
                              "\nSnowflake keeps names that were not quoted "
                              "when they were created in upper case: write "
                              "\"table\" and \"schema\" so.");
    return -1;
}

int cc_snowflake_describe(struct cc_connection *connection,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error)
{
    struct cc_snowflake *session = (struct cc_snowflake *)connection;
    struct cc_snowflake_answer answer = {0};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct json_object *rowtype = NULL;
    if (!source->table)
        CC_TRY(cc_snowflake_check_query(source->query, error));
    (void)make_sql(source, &sql);
    cc_snowflake_begin(session);
    int status =
        cc_strbuf_failed(&sql)
            ? cc_error_memory(error)
            : cc_snowflake_execute(session, sql.data, true, 0, &answer, error);
    cc_strbuf_free(&sql);
    if (status != 0)
        return source->table && error->stage == CC_STAGE_QUERY
                   ? name_table(source, error)
                   : -1;
    (void)json_object_object_get_ex(answer.data, "rowtype", &rowtype);
    status = cc_snowflake_add_columns(rowtype, schema, error);
    cc_snowflake_answer_free(&answer);
    return status;
}

/* ---- small results ---- */

/* Reads all rows of a statement of our own; `take` gets each batch. */
static int read_all(struct cc_connection *connection, const char *sql,
                    const struct cc_schema *schema,
                    int (*take)(void *context, const struct ArrowArray *batch),
                    void *context, struct cc_error *error)
{
    const struct cc_source source = {.query = sql};
    const struct cc_select select = {.source = &source, .schema = schema};
    const struct cc_batch_options options = {.batch_rows = 0};
    struct cc_cursor *cursor;
    struct ArrowArray batch;
    CC_TRY(cc_snowflake_query(connection, &select, 0, NULL, &options, &cursor,
                              error));
    enum cc_fetch fetched;
    int status = 0;
    while (status == 0 && (fetched = cc_snowflake_fetch(cursor, &batch,
                                                        error)) != CC_FETCH_END)
    {
        if (fetched == CC_FETCH_ERROR)
        {
            status = -1;
            break;
        }
        if (take(context, &batch) != 0)
            status = cc_error_memory(error);
        batch.release(&batch);
    }
    cc_snowflake_close_cursor(cursor);
    return status;
}

static int add_text(struct cc_schema *schema, const char *name)
{
    struct cc_column *column = cc_schema_add(schema, name, "text");
    if (!column)
        return -1;
    column->kind = CC_KIND_TEXT;
    column->type = CC_OUT_STRING;
    column->native_id = CC_SNOWFLAKE_TEXT;
    return 0;
}

struct listing
{
    struct cc_table_list *list;
    size_t limit;
};

static char *text_at(const struct ArrowArray *array, int64_t row)
{
    const int32_t *offsets = array->buffers[1];
    return strndup((const char *)array->buffers[2] + offsets[row],
                   (size_t)(offsets[row + 1] - offsets[row]));
}

static int take_tables(void *context, const struct ArrowArray *batch)
{
    struct listing *listing = context;
    for (int64_t i = 0; i < batch->length; i++)
    {
        if (listing->list->count >= listing->limit)
        {
            listing->list->more = true;
            return 0;
        }
        char *schema = text_at(batch->children[0], i);
        char *name = text_at(batch->children[1], i);
        int status = schema && name
                         ? cc_table_list_add(listing->list, schema, name)
                         : -1;
        free(schema);
        free(name);
        CC_TRY(status);
    }
    return 0;
}

int cc_snowflake_list_tables(struct cc_connection *connection, size_t limit,
                             struct cc_table_list *list, struct cc_error *error)
{
    const struct cc_connector *connector = connection->connector;
    const struct cc_dialect *dialect = &cc_dialect_snowflake;
    struct listing listing = {list, limit};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_schema schema;
    cc_schema_init(&schema);
    (void)cc_strbuf_append(&sql, "SELECT table_schema, table_name FROM "
                                 "information_schema.tables WHERE "
                                 "table_schema = ");
    (void)dialect->string_literal(&sql,
                                  cc_connector_text(connector, CC_P_SCHEMA));
    (void)cc_strbuf_printf(&sql, " ORDER BY table_name LIMIT %zu", limit + 1);
    int status = cc_strbuf_failed(&sql) ||
                         add_text(&schema, "table_schema") != 0 ||
                         add_text(&schema, "table_name") != 0
                     ? cc_error_memory(error)
                     : read_all(connection, sql.data, &schema, take_tables,
                                &listing, error);
    cc_strbuf_free(&sql);
    cc_schema_free(&schema);
    return status;
}

static int take_count(void *context, const struct ArrowArray *batch)
{
    *(int64_t *)context = ((const int64_t *)batch->children[0]->buffers[1])[0];
    return 0;
}

static int run_count(struct cc_connection *connection, const char *sql,
                     int64_t *rows, struct cc_error *error)
{
    struct cc_schema schema;
    cc_schema_init(&schema);
    struct cc_column *column = cc_schema_add(&schema, "count", "fixed");
    if (!column)
        return cc_error_memory(error);
    column->kind = CC_KIND_INT64;
    column->type = CC_OUT_INT64;
    column->native_id = CC_SNOWFLAKE_FIXED;
    int status = read_all(connection, sql, &schema, take_count, rows, error);
    cc_schema_free(&schema);
    return status;
}

int cc_snowflake_count(struct cc_connection *connection,
                       const struct cc_select *select, int64_t *rows,
                       struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result = {false, false};
    *rows = -1;
    if (select->box || !cc_select_wraps(&cc_dialect_snowflake, select))
        return 0;
    (void)cc_count_sql(&cc_dialect_snowflake, select, &sql, &result);
    int status = 0;
    if (cc_strbuf_failed(&sql))
        status = cc_error_memory(error);
    else if (result.filter_exact)
        status = run_count(connection, sql.data, rows, error);
    cc_strbuf_free(&sql);
    return status;
}
