/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- endpoints ---- */

/* The parameter, else the variable the emulators set, else the default;
 * *own tells whether it is Google's. */
static const char *endpoint_text(const struct cc_connector *connector,
                                 enum cc_parameter_id id, const char *variable,
                                 bool *google)
{
    const char *named = getenv(variable);
    *google = false;
    if (connector->values[id])
        return connector->values[id];
    if (named && *named)
        return named;
    *google = true;
    return cc_connector_text(connector, id);
}

static bool is_loopback(const char *endpoint)
{
    struct cc_strbuf url = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&url, "http://%s",
                           strstr(endpoint, "://") ? strstr(endpoint, "://") + 3
                                                   : endpoint);
    bool loopback = cc_google_auth_is_safe(cc_strbuf_text(&url));
    cc_strbuf_free(&url);
    return loopback;
}

/* "host:port" is http on this machine, as emulators have it, else https. */
static int take_endpoint(const struct cc_connector *connector, const char *text,
                         char **endpoint, struct cc_error *error)
{
    struct cc_strbuf url = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&url, "%s%s",
                           strstr(text, "://") ? ""
                           : is_loopback(text) ? "http://"
                                               : "https://",
                           text);
    while (url.length > 0 && url.data[url.length - 1] == '/')
        url.data[--url.length] = '\0';
    *endpoint = cc_strbuf_take(&url);
    if (!*endpoint)
        return cc_error_memory(error);
    if (cc_google_auth_is_safe(*endpoint) ||
        (cc_connector_boolean(connector, CC_P_INSECURE) &&
         strncmp(*endpoint, "http://", 7) == 0))
        return 0;
    return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                        "the endpoint %s is not https: plain HTTP is spoken to "
                        "this machine only, unless \"insecure\" is true",
                        *endpoint);
}

/* Without an address of its own the Storage Read API is Google's where the REST
 * service is, and is not used where that is another. */
static int take_endpoints(struct cc_bigquery *bigquery, struct cc_error *error)
{
    const struct cc_connector *connector = bigquery->base.connector;
    bool google;
    bool google_storage;
    const char *rest = endpoint_text(connector, CC_P_ENDPOINT,
                                     "BIGQUERY_EMULATOR_HOST", &google);
    const char *storage =
        endpoint_text(connector, CC_P_STORAGE_ENDPOINT,
                      "BIGQUERY_STORAGE_GRPC_ENDPOINT", &google_storage);
    CC_TRY(take_endpoint(connector, rest, &bigquery->endpoint, error));
    if (google_storage && !google)
        return 0;
    return take_endpoint(connector, storage, &bigquery->storage, error);
}

/* ---- connections ---- */

static void close_connection(struct cc_connection *connection)
{
    struct cc_bigquery *bigquery = (struct cc_bigquery *)connection;
    if (!bigquery)
        return;
    cc_google_auth_free(bigquery->auth);
    cc_http_free(bigquery->http);
    free(bigquery->endpoint);
    free(bigquery->storage);
    free(bigquery);
}

/* Emulators see no credentials but those given for them. */
static int log_in(struct cc_bigquery *bigquery, struct cc_error *error)
{
    struct cc_strbuf header = CC_STRBUF_INIT;
    unsigned number;
    bool plain = strncmp(bigquery->endpoint, "http://", 7) == 0;
    CC_TRY(cc_google_auth_new(bigquery->base.connector, bigquery->base.host,
                              plain, &bigquery->auth, error));
    int status =
        cc_bigquery_authorize(bigquery, 0, NULL, &header, &number, error);
    cc_bigquery_wipe(&header);
    return status;
}

static int open_connection(const struct cc_connector *connector,
                           const struct cc_host *host,
                           struct cc_connection **connection,
                           struct cc_error *error)
{
    struct cc_bigquery *bigquery = calloc(1, sizeof *bigquery);
    if (!bigquery)
        return cc_error_memory(error);
    bigquery->base.provider = &cc_provider_bigquery;
    bigquery->base.connector = connector;
    bigquery->base.host = host;
    bigquery->billing = cc_connector_text(connector, CC_P_BILLING_PROJECT);
    snprintf(bigquery->base.server_version,
             sizeof bigquery->base.server_version, "BigQuery API v2");
    int status = take_endpoints(bigquery, error);
    if (status == 0)
        status = cc_http_new(connector, host, &bigquery->http, error);
    if (status == 0)
        status = log_in(bigquery, error);
    if (status == 0)
        *connection = &bigquery->base;
    else
        close_connection(&bigquery->base);
    return status;
}

/* There is nothing that a failure would leave behind. */
static bool usable(const struct cc_connection *connection)
{
    (void)connection;
    return true;
}

/* ---- counting ---- */

/* The number of a count, or of the rows of a result. */
static int take_count(struct json_object *page, bool of_table, int64_t *count,
                      struct cc_error *error)
{
    struct json_object *rows = cc_bigquery_get(page, "rows");
    struct json_object *total = cc_bigquery_get(page, "totalRows");
    if (of_table)
    {
        struct json_object *cells =
            json_object_is_type(rows, json_type_array)
                ? cc_bigquery_get(json_object_array_get_idx(rows, 0), "f")
                : NULL;
        total = json_object_is_type(cells, json_type_array)
                    ? cc_bigquery_get(json_object_array_get_idx(cells, 0), "v")
                    : NULL;
    }
    if (!total)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server gave no number for a count");
    *count = strtoll(json_object_get_string(total), NULL, 10);
    return 0;
}

static int run_count(struct cc_bigquery *bigquery, const char *sql,
                     bool of_table, int64_t *count, struct cc_error *error)
{
    struct cc_deadline limit = {.cancelled = NULL};
    struct cc_bigquery_job job = {.id = NULL};
    struct json_object *page = NULL;
    cc_deadline_start(
        &limit,
        cc_connector_integer(bigquery->base.connector, CC_P_QUERY_TIMEOUT),
        "query_timeout");
    int status = cc_bigquery_job_start(bigquery, sql, &limit, &job, error);
    if (status == 0)
        status = cc_bigquery_job_page(bigquery, &job, NULL, of_table ? 1 : 0,
                                      &limit, &page, error);
    if (status == 0)
        status = take_count(page, of_table, count, error);
    json_object_put(page);
    cc_bigquery_job_end(bigquery, &job);
    return status;
}

/* Of a table, COUNT costs least. A query is run as it is read later, when
 * BigQuery has the result at hand. */
int cc_bigquery_count(struct cc_connection *connection,
                      const struct cc_select *select, int64_t *count,
                      struct cc_error *error)
{
    struct cc_select_result result = {false, false};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    bool of_table = select->source->table != NULL;
    *count = -1;
    if (select->box)
        return 0;
    int status =
        of_table ? cc_count_sql(&cc_dialect_bigquery, select, &sql, &result)
                 : cc_select_sql(&cc_dialect_bigquery, select, &sql, &result);
    if (status != 0)
        status = cc_error_memory(error);
    else if (!select->filter || result.filter_exact)
        status = run_count((struct cc_bigquery *)connection,
                           cc_strbuf_text(&sql), of_table, count, error);
    cc_strbuf_free(&sql);
    return status;
}

const struct cc_provider cc_provider_bigquery = {
    .id = CC_BIGQUERY,
    .dialect = &cc_dialect_bigquery,
    .open = open_connection,
    .close = close_connection,
    .usable = usable,
    .list_tables = cc_bigquery_list_tables,
    .describe = cc_bigquery_describe,
    .count = cc_bigquery_count,
    .query = cc_bigquery_query,
    .fetch = cc_bigquery_fetch,
    .cancel = cc_bigquery_cancel,
    .close_cursor = cc_bigquery_close_cursor,
};
