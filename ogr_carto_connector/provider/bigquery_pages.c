/* SPDX-License-Identifier: MIT */
/*
 * Rows by REST, page after page: of a job's result (jobs.getQueryResults) or of
 * a stored table (tabledata.list, which costs nothing).
 */
#include "bigquery.h"

#include <stdlib.h>
#include <string.h>

void cc_bigquery_pages_free(struct cc_bigquery_pages *pages)
{
    json_object_put(pages->page);
    json_object_put(pages->fields);
    free(pages->token);
    cc_strbuf_free(&pages->path);
    *pages = (struct cc_bigquery_pages){.page = NULL};
}

/* ---- tables ---- */

static bool is_selected(const char *name, const char *const *names,
                        size_t count)
{
    for (size_t i = 0; i < count; i++)
    {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* The fields of a TableSchema that are selected, in the table's order, which is
 * that of a row's cells. */
static int select_fields(struct json_object *table_schema,
                         const char *const *names, size_t count,
                         struct json_object **selected)
{
    struct json_object *fields = cc_bigquery_get(table_schema, "fields");
    *selected = json_object_new_array();
    for (size_t i = 0; *selected && i < json_object_array_length(fields); i++)
    {
        struct json_object *field = json_object_array_get_idx(fields, i);
        if (is_selected(cc_bigquery_text(field, "name"), names, count) &&
            json_object_array_add(*selected, json_object_get(field)) != 0)
        {
            json_object_put(field);
            return -1;
        }
    }
    return *selected ? 0 : -1;
}

int cc_bigquery_pages_of_table(struct cc_bigquery *bigquery,
                               const struct cc_source *source,
                               struct json_object *table_schema,
                               const char *const *names, size_t count,
                               struct cc_bigquery_pages *pages,
                               struct cc_error *error)
{
    struct cc_strbuf *path = &pages->path;
    (void)cc_bigquery_table_path(bigquery, source, path);
    (void)cc_strbuf_append(
        path, "/data?formatOptions.useInt64Timestamp=true&selectedFields=");
    for (size_t i = 0; i < count; i++)
    {
        if (i > 0)
            (void)cc_strbuf_append_char(path, ',');
        cc_bigquery_escape(path, names[i]);
    }
    if (cc_strbuf_failed(path) ||
        select_fields(table_schema, names, count, &pages->fields) != 0)
        return cc_error_memory(error);
    return 0;
}

static int get_table_page(struct cc_bigquery *bigquery,
                          const struct cc_bigquery_pages *pages, int rows,
                          const struct cc_deadline *limit,
                          struct json_object **page, struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&path, "%s&maxResults=%d",
                           cc_strbuf_text(&pages->path), rows);
    return cc_bigquery_get_page(bigquery, &path, pages->token, limit, page,
                                error);
}

/* ---- pages ---- */

static int take_page(struct cc_bigquery_pages *pages, struct json_object *page,
                     struct cc_error *error)
{
    const char *token = cc_bigquery_text(page, "pageToken");
    struct json_object *fields =
        cc_bigquery_get(cc_bigquery_get(page, "schema"), "fields");
    json_object_put(pages->page);
    pages->page = page;
    pages->next = 0;
    free(pages->token);
    pages->token = *token ? strdup(token) : NULL;
    if (*token && !pages->token)
        return cc_error_memory(error);
    if (!pages->fields)
        pages->fields = json_object_get(fields);
    return 0;
}

int cc_bigquery_pages_read(struct cc_bigquery *bigquery,
                           struct cc_bigquery_job *job, int rows,
                           const struct cc_deadline *limit,
                           struct cc_bigquery_pages *pages,
                           struct cc_error *error)
{
    struct json_object *page = NULL;
    CC_TRY(pages->path.length > 0
               ? get_table_page(bigquery, pages, rows, limit, &page, error)
               : cc_bigquery_job_page(bigquery, job, pages->token, rows, limit,
                                      &page, error));
    return take_page(pages, page, error);
}

size_t cc_bigquery_pages_rows(const struct cc_bigquery_pages *pages)
{
    struct json_object *rows = cc_bigquery_get(pages->page, "rows");
    return json_object_is_type(rows, json_type_array)
               ? json_object_array_length(rows) - pages->next
               : 0;
}

struct json_object *cc_bigquery_pages_next(struct cc_bigquery_pages *pages)
{
    struct json_object *rows = cc_bigquery_get(pages->page, "rows");
    return cc_bigquery_get(json_object_array_get_idx(rows, pages->next++), "f");
}
