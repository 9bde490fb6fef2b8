/* SPDX-License-Identifier: MIT */
#include "hive.h"

#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows of a catalog's result asked for at once. */
#define CATALOG_ROWS 1000

/* ---- settings of the session ---- */

/* Columns of SELECT * are called by their names, not "table.name". */
static const char plain_names[] = "hive.resultset.use.unique.column.names";

struct settings
{
    struct cc_hs2_setting *entries;
    size_t count;
    char **names; /* those that are owned */
    size_t name_count;
};

static void settings_free(struct settings *settings)
{
    for (size_t i = 0; i < settings->name_count; i++)
        free(settings->names[i]);
    free(settings->names);
    free(settings->entries);
}

static void add_setting(struct settings *settings, const char *name,
                        const char *value)
{
    settings->entries[settings->count++] = (struct cc_hs2_setting){name, value};
}

/* What HiveServer2 takes as it is: everything else is a variable of Hive. */
static bool is_session_key(const char *name)
{
    return strncmp(name, "set:", 4) == 0 || strncmp(name, "use:", 4) == 0 ||
           strcmp(name, "hive.server2.proxy.user") == 0;
}

static int add_variable(struct settings *settings, const char *name,
                        const char *value)
{
    struct cc_strbuf whole = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&whole, "%s%s",
                           is_session_key(name) ? "" : "set:hiveconf:", name);
    char *owned = cc_strbuf_take(&whole);
    if (!owned)
        return -1;
    settings->names[settings->name_count++] = owned;
    add_setting(settings, owned, value);
    return 0;
}

/* The connector's own come last and so win. */
static int make_settings(const struct cc_connector *connector,
                         struct json_object *own, bool with_plain_names,
                         struct settings *settings, struct cc_error *error)
{
    size_t count = own ? (size_t)json_object_object_length(own) : 0;
    settings->entries = calloc(count + 2, sizeof *settings->entries);
    settings->names = calloc(count + 1, sizeof *settings->names);
    if (!settings->entries || !settings->names)
        return cc_error_memory(error);
    add_setting(settings, "use:database",
                cc_connector_text(connector, CC_P_DATABASE));
    if (with_plain_names && add_variable(settings, plain_names, "false") != 0)
        return cc_error_memory(error);
    if (!own)
        return 0;
    json_object_object_foreach(own, name, value)
    {
        const char *text = json_object_get_string(value);
        if (add_variable(settings, name, text ? text : "") != 0)
            return cc_error_memory(error);
    }
    return 0;
}

static int open_with(struct cc_hive *hive, bool with_plain_names,
                     struct cc_error *error)
{
    const struct cc_connector *connector = hive->base.connector;
    const char *text = cc_connector_text(connector, CC_P_CONFIGURATION);
    struct json_object *own = text ? json_tokener_parse(text) : NULL;
    struct settings settings = {NULL, 0, NULL, 0};
    int status =
        make_settings(connector, own, with_plain_names, &settings, error);
    if (status == 0)
        status = cc_hs2_open(connector, hive->base.host, settings.entries,
                             settings.count, &hive->hs2, error);
    settings_free(&settings);
    json_object_put(own);
    return status;
}

/* A server may know no such setting, or let nobody set it. */
static int open_session(struct cc_hive *hive, struct cc_error *error)
{
    if (open_with(hive, true, error) == 0)
        return 0;
    if (error->stage != CC_STAGE_LOGIN || !strstr(error->message, plain_names))
        return -1;
    cc_debug(hive->base.host, "Hive: %s", error->message);
    return open_with(hive, false, error);
}

/* ---- connections ---- */

static void close_connection(struct cc_connection *connection)
{
    struct cc_hive *hive = (struct cc_hive *)connection;
    if (!hive)
        return;
    cc_hs2_close(hive->hs2);
    free(hive->executed);
    free(hive);
}

/* For people: not to know it is no failure. */
static void note_version(struct cc_hive *hive)
{
    struct cc_strbuf version = CC_STRBUF_INIT;
    cc_hive_begin(hive);
    if (cc_hs2_server_version(hive->hs2, &version, NULL) != 0)
        cc_debug(hive->base.host, "Hive: the server does not tell its version");
    snprintf(hive->base.server_version, sizeof hive->base.server_version, "%s",
             cc_strbuf_text(&version));
    cc_strbuf_free(&version);
}

static int open_connection(const struct cc_connector *connector,
                           const struct cc_host *host,
                           struct cc_connection **connection,
                           struct cc_error *error)
{
    struct cc_hive *hive = calloc(1, sizeof *hive);
    if (!hive)
        return cc_error_memory(error);
    hive->base.provider = &cc_provider_hive;
    hive->base.connector = connector;
    hive->base.host = host;
    if (open_session(hive, error) != 0)
    {
        free(hive);
        return -1;
    }
    note_version(hive);
    *connection = &hive->base;
    return 0;
}

static bool usable(const struct cc_connection *connection)
{
    return cc_hs2_usable(((const struct cc_hive *)connection)->hs2);
}

/* ---- statements ---- */

void cc_hive_begin(struct cc_hive *hive)
{
    free(hive->executed);
    hive->executed = NULL;
    cc_hs2_begin(hive->hs2, cc_connector_integer(hive->base.connector,
                                                 CC_P_QUERY_TIMEOUT));
}

int cc_hive_run(struct cc_hive *hive, const char *sql, struct cc_error *error)
{
    cc_hive_begin(hive);
    int status = cc_hs2_execute(hive->hs2, sql, error);
    if (status == 0)
        status = cc_hs2_wait(hive->hs2, error);
    if (status != 0)
        cc_hs2_end(hive->hs2);
    return status;
}

static int take_texts(const struct cc_hs2_rows *rows, const uint8_t *data,
                      const struct cc_thrift_span *texts,
                      int (*take)(void *context, struct cc_hive_text text,
                                  struct cc_hive_text other),
                      void *context)
{
    const struct cc_thrift_span *others = texts + rows->count;
    const char *bytes = (const char *)data;
    for (size_t i = 0; i < rows->count; i++)
    {
        const struct cc_hive_text text = {bytes + texts[i].at, texts[i].size};
        const struct cc_hive_text other = {bytes + others[i].at,
                                           others[i].size};
        CC_TRY(take(context, text, other));
    }
    return 0;
}

static int read_some_texts(struct cc_hive *hive, struct cc_hs2_rows *rows,
                           const size_t columns[2],
                           int (*take)(void *context, struct cc_hive_text text,
                                       struct cc_hive_text other),
                           void *context, struct cc_error *error)
{
    const uint8_t *data;
    size_t size;
    CC_TRY(cc_hs2_fetch(hive->hs2, CATALOG_ROWS, rows, &data, &size, error));
    struct cc_thrift_span *texts = calloc(rows->count * 2 + 1, sizeof *texts);
    if (!texts)
        return cc_error_memory(error);
    int status = 0;
    if (!cc_hs2_texts(rows, data, size, columns[0], texts) ||
        !cc_hs2_texts(rows, data, size, columns[1], texts + rows->count))
        status = cc_error_set(error, CC_STAGE_FETCH, NULL,
                              "the server's catalog has an unknown form");
    else if (take_texts(rows, data, texts, take, context) != 0)
        status = cc_error_memory(error);
    free(texts);
    return status;
}

int cc_hive_read_texts(struct cc_hive *hive, size_t column, size_t other,
                       int (*take)(void *context, struct cc_hive_text text,
                                   struct cc_hive_text other),
                       void *context, struct cc_error *error)
{
    const size_t columns[2] = {column, other};
    struct cc_hs2_rows rows = {.count = 0};
    int status;
    do
        status = read_some_texts(hive, &rows, columns, take, context, error);
    while (status == 0 && (rows.count > 0 || rows.more));
    cc_hs2_rows_free(&rows);
    return status;
}

/* ---- counting ---- */

/* Whether a statement around the query can refer to all its columns: Hive
 * refuses one whose names repeat. */
static bool has_distinct_names(const struct cc_select *select)
{
    struct cc_strbuf name = CC_STRBUF_INIT;
    int status = 0;
    for (size_t i = 0; i < select->schema->count && status == 0; i++)
        status = cc_reference_sql(&cc_dialect_hive, select, i, &name);
    cc_strbuf_free(&name);
    return status == 0;
}

static int read_count(struct cc_hive *hive, int64_t *count,
                      struct cc_error *error)
{
    struct cc_hs2_rows rows = {.count = 0};
    struct cc_hs2_value value = {.kind = CC_HS2_VALUE_NONE};
    const uint8_t *data;
    size_t size;
    int status = cc_hs2_fetch(hive->hs2, 2, &rows, &data, &size, error);
    if (status == 0 &&
        (rows.count != 1 || !cc_hs2_first_value(&rows, data, size, &value) ||
         value.null || value.kind != CC_HS2_VALUE_I64))
        status = cc_error_set(error, CC_STAGE_FETCH, NULL,
                              "the server gave no number for a count");
    *count = value.integer;
    cc_hs2_rows_free(&rows);
    return status;
}

static int count(struct cc_connection *connection,
                 const struct cc_select *select, int64_t *rows,
                 struct cc_error *error)
{
    struct cc_hive *hive = (struct cc_hive *)connection;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result = {false, false};
    *rows = -1;
    if (select->box || !cc_select_wraps(&cc_dialect_hive, select) ||
        !has_distinct_names(select))
        return 0;
    (void)cc_count_sql(&cc_dialect_hive, select, &sql, &result);
    int status = 0;
    if (cc_strbuf_failed(&sql))
        status = cc_error_memory(error);
    else if (result.filter_exact)
    {
        status = cc_hive_run(hive, cc_strbuf_text(&sql), error);
        if (status == 0)
            status = read_count(hive, rows, error);
        cc_hs2_end(hive->hs2);
    }
    cc_strbuf_free(&sql);
    return status;
}

const struct cc_provider cc_provider_hive = {
    .id = CC_HIVE,
    .dialect = &cc_dialect_hive,
    .open = open_connection,
    .close = close_connection,
    .usable = usable,
    .list_tables = cc_hive_list_tables,
    .describe = cc_hive_describe,
    .count = count,
    .query = cc_hive_query,
    .fetch = cc_hive_fetch,
    .cancel = cc_hive_cancel,
    .close_cursor = cc_hive_close_cursor,
};
