/* SPDX-License-Identifier: MIT */
/*
 * What there is to read: the tables of a dataset, or those of all datasets of
 * a project, and then what other projects the user may look into.
 */
#include "bigquery.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_ROWS 1000

/* Takes an item of a list: 1 when there are enough, -1 out of memory. */
typedef int (*take_item)(void *context, struct json_object *item);

/* ---- pages ---- */

static int get_page(struct cc_bigquery *bigquery, const char *path,
                    const char *token, struct json_object **page,
                    struct cc_error *error)
{
    struct cc_strbuf whole = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&whole, "%s?maxResults=%d", path, PAGE_ROWS);
    return cc_bigquery_get_page(bigquery, &whole, token, NULL, page, error);
}

static int take_items(struct json_object *page, const char *key, take_item take,
                      void *context)
{
    struct json_object *items = cc_bigquery_get(page, key);
    size_t count = json_object_is_type(items, json_type_array)
                       ? json_object_array_length(items)
                       : 0;
    int status = 0;
    for (size_t i = 0; i < count && status == 0; i++)
        status = take(context, json_object_array_get_idx(items, i));
    return status;
}

/* The items of all pages at `path`, which have them as `key`. */
static int list_all(struct cc_bigquery *bigquery, const char *path,
                    const char *key, take_item take, void *context,
                    struct cc_error *error)
{
    char *token = NULL;
    bool more = true;
    int status = 0;
    while (status == 0 && more)
    {
        struct json_object *page = NULL;
        status = get_page(bigquery, path, token, &page, error);
        if (status != 0)
            break;
        int taken = take_items(page, key, take, context);
        const char *next = cc_bigquery_text(page, "nextPageToken");
        free(token);
        token = strdup(next);
        if (taken < 0 || !token)
            status = cc_error_memory(error);
        more = taken == 0 && *next;
        json_object_put(page);
    }
    free(token);
    return status;
}

/* ---- tables ---- */

struct tables
{
    struct cc_table_list *list;
    size_t limit;
};

static int take_table(void *context, struct json_object *item)
{
    struct tables *tables = context;
    struct json_object *name = cc_bigquery_get(item, "tableReference");
    if (tables->list->count == tables->limit)
    {
        tables->list->more = true;
        return 1;
    }
    return cc_table_list_add(tables->list, cc_bigquery_text(name, "datasetId"),
                             cc_bigquery_text(name, "tableId"));
}

static int list_dataset(struct cc_bigquery *bigquery, const char *dataset,
                        struct tables *tables, struct cc_error *error)
{
    const char *project =
        cc_connector_text(bigquery->base.connector, CC_P_PROJECT);
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_bigquery_dataset_path(bigquery, project, dataset, &path);
    int status = cc_strbuf_append(&path, "/tables") != 0
                     ? cc_error_memory(error)
                     : list_all(bigquery, cc_strbuf_text(&path), "tables",
                                take_table, tables, error);
    cc_strbuf_free(&path);
    return status;
}

/* ---- datasets and projects ---- */

/* "NAME=a,b": the names of a list. */
struct names
{
    struct cc_strbuf text;
    const char *reference; /* the member of an item that has */
    const char *id;        /* this member */
};

static int take_name(void *context, struct json_object *item)
{
    struct names *names = context;
    const char *name =
        cc_bigquery_text(cc_bigquery_get(item, names->reference), names->id);
    return cc_strbuf_printf(&names->text, "%s%s",
                            names->text.length > 0 ? "," : "", name);
}

/* Ids have no comma: letters, digits, "-", "_", ":" and ".". */
static int list_each_dataset(struct cc_bigquery *bigquery, char *names,
                             struct tables *tables, struct cc_error *error)
{
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name && !tables->list->more;
         name = strtok_r(NULL, ",", &rest))
        CC_TRY(list_dataset(bigquery, name, tables, error));
    return 0;
}

static int list_datasets(struct cc_bigquery *bigquery, struct tables *tables,
                         struct cc_error *error)
{
    const char *project =
        cc_connector_text(bigquery->base.connector, CC_P_PROJECT);
    struct names names = {CC_STRBUF_INIT, "datasetReference", "datasetId"};
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&path, "/projects/");
    cc_bigquery_escape(&path, project ? project : bigquery->billing);
    int status = cc_strbuf_append(&path, "/datasets") != 0
                     ? cc_error_memory(error)
                     : list_all(bigquery, cc_strbuf_text(&path), "datasets",
                                take_name, &names, error);
    if (status == 0 &&
        cc_strbuf_printf(&tables->list->metadata, "DATASETS=%s\n",
                         cc_strbuf_text(&names.text)) != 0)
        status = cc_error_memory(error);
    if (status == 0 && names.text.length > 0)
        status = list_each_dataset(bigquery, names.text.data, tables, error);
    cc_strbuf_free(&names.text);
    cc_strbuf_free(&path);
    return status;
}

/* Not all credentials may ask for them, which is no reason to fail. */
static int list_projects(struct cc_bigquery *bigquery,
                         struct cc_table_list *tables)
{
    struct names names = {CC_STRBUF_INIT, "projectReference", "projectId"};
    struct cc_error error = CC_ERROR_INIT;
    int status =
        list_all(bigquery, "/projects", "projects", take_name, &names, &error);
    if (status != 0)
        cc_debug(bigquery->base.host, "BigQuery: projects are not listed: %s",
                 error.message);
    status = status == 0 ? cc_strbuf_printf(&tables->metadata, "PROJECTS=%s\n",
                                            cc_strbuf_text(&names.text))
                         : 0;
    cc_strbuf_free(&names.text);
    return status;
}

static int by_name(const void *a, const void *b)
{
    const struct cc_table_name *one = a;
    const struct cc_table_name *other = b;
    int order = strcmp(one->schema, other->schema);
    return order != 0 ? order : strcmp(one->name, other->name);
}

int cc_bigquery_list_tables(struct cc_connection *connection, size_t limit,
                            struct cc_table_list *list, struct cc_error *error)
{
    struct cc_bigquery *bigquery = (struct cc_bigquery *)connection;
    const char *dataset =
        cc_connector_text(connection->connector, CC_P_DATASET);
    struct tables tables = {list, limit};
    int status = dataset ? list_dataset(bigquery, dataset, &tables, error)
                         : list_datasets(bigquery, &tables, error);
    if (status == 0 && !dataset && list_projects(bigquery, list) != 0)
        status = cc_error_memory(error);
    list->qualified = !dataset;
    if (status == 0 && list->count > 0)
        qsort(list->tables, list->count, sizeof *list->tables, by_name);
    return status;
}
