/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How long the service is to wait for a job before it answers. */
#define POLL_MS 10000
#define CANCEL_TIMEOUT_MS 900
#define ID_BYTES 16

/* ---- JSON to send ---- */

static int add(struct json_object *object, const char *key,
               struct json_object *value)
{
    if (value && json_object_object_add(object, key, value) == 0)
        return 0;
    json_object_put(value);
    return -1;
}

static int add_text(struct json_object *object, const char *key,
                    const char *value)
{
    return add(object, key, json_object_new_string(value));
}

static int add_integer_text(struct json_object *object, const char *key,
                            int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    return add_text(object, key, text);
}

/* {"query": {...}} */
static struct json_object *configuration(const struct cc_bigquery *bigquery,
                                         const char *sql)
{
    const struct cc_connector *connector = bigquery->base.connector;
    int64_t bytes = cc_connector_integer(connector, CC_P_MAXIMUM_BYTES_BILLED);
    int64_t seconds = cc_connector_integer(connector, CC_P_QUERY_TIMEOUT);
    struct json_object *query = json_object_new_object();
    struct json_object *whole = json_object_new_object();
    int status = query && whole ? add_text(query, "query", sql) : -1;
    if (status == 0)
        status = add(query, "useLegacySql", json_object_new_boolean(0));
    if (status == 0 && bytes > 0)
        status = add_integer_text(query, "maximumBytesBilled", bytes);
    if (status == 0 && seconds > 0)
        status = add_integer_text(whole, "jobTimeoutMs", seconds * 1000);
    if (status == 0 && add(whole, "query", query) == 0)
        return whole;
    if (status != 0)
        json_object_put(query);
    json_object_put(whole);
    return NULL;
}

/* {"projectId": "...", "jobId": "..."}; the service makes an id where there is
 * none. */
static struct json_object *job_reference(const struct cc_bigquery *bigquery,
                                         const char *id)
{
    struct json_object *object = json_object_new_object();
    int status = object ? add_text(object, "projectId", bigquery->billing) : -1;
    if (status == 0 && id)
        status = add_text(object, "jobId", id);
    if (status == 0)
        return object;
    json_object_put(object);
    return NULL;
}

/* The body of jobs.insert. `id` NULL: a dry run. */
static struct json_object *insertion(const struct cc_bigquery *bigquery,
                                     const char *sql, const char *id)
{
    struct json_object *body = json_object_new_object();
    struct json_object *job = configuration(bigquery, sql);
    int status = body && job ? 0 : -1;
    if (status == 0 && !id)
        status = add(job, "dryRun", json_object_new_boolean(1));
    if (status == 0)
        status = add(body, "configuration", json_object_get(job));
    if (status == 0)
        status = add(body, "jobReference", job_reference(bigquery, id));
    json_object_put(job);
    if (status == 0)
        return body;
    json_object_put(body);
    return NULL;
}

static int insert(struct cc_bigquery *bigquery, const char *sql, const char *id,
                  const struct cc_deadline *limit, struct json_object **answer,
                  struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&path, "/projects/");
    cc_bigquery_escape(&path, bigquery->billing);
    (void)cc_strbuf_append(&path, "/jobs");
    struct json_object *body = insertion(bigquery, sql, id);
    int status =
        cc_strbuf_failed(&path) || !body
            ? cc_error_memory(error)
            : cc_bigquery_call(bigquery, cc_strbuf_text(&path),
                               json_object_get(body), limit, answer, error);
    json_object_put(body);
    cc_strbuf_free(&path);
    return status;
}

/* A job can be inserted and fail at once. */
static int check_job(struct json_object *answer, struct cc_error *error)
{
    struct json_object *result =
        cc_bigquery_get(cc_bigquery_get(answer, "status"), "errorResult");
    return result ? cc_bigquery_refused(result, 0, error) : 0;
}

/* ---- dry runs ---- */

static int check_statement(struct json_object *statistics,
                           struct cc_error *error)
{
    const char *type = cc_bigquery_text(statistics, "statementType");
    if (!*type || strcmp(type, "SELECT") == 0)
        return 0;
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "data is only read: the query has to be a SELECT, not "
                        "a statement of the type %s",
                        type);
}

/* {"query": ..., "dryRun": true} */
static struct json_object *dry_query(const char *sql)
{
    struct json_object *body = json_object_new_object();
    int status = body ? add_text(body, "query", sql) : -1;
    if (status == 0)
        status = add(body, "useLegacySql", json_object_new_boolean(0));
    if (status == 0)
        status = add(body, "dryRun", json_object_new_boolean(1));
    if (status == 0)
        return body;
    json_object_put(body);
    return NULL;
}

/* Emulators tell the columns here only. */
static int dry_run_of_jobs_query(struct cc_bigquery *bigquery, const char *sql,
                                 struct json_object **answer,
                                 struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&path, "/projects/");
    cc_bigquery_escape(&path, bigquery->billing);
    (void)cc_strbuf_append(&path, "/queries");
    struct json_object *body = dry_query(sql);
    int status =
        cc_strbuf_failed(&path) || !body
            ? cc_error_memory(error)
            : cc_bigquery_call(bigquery, cc_strbuf_text(&path),
                               json_object_get(body), NULL, answer, error);
    json_object_put(body);
    cc_strbuf_free(&path);
    return status;
}

int cc_bigquery_dry_run(struct cc_bigquery *bigquery, const char *sql,
                        struct json_object **statistics, struct cc_error *error)
{
    struct json_object *answer = NULL;
    CC_TRY(insert(bigquery, sql, NULL, NULL, &answer, error));
    int status = check_job(answer, error);
    struct json_object *query =
        cc_bigquery_get(cc_bigquery_get(answer, "statistics"), "query");
    if (status == 0)
        status = check_statement(query, error);
    if (status == 0 && cc_bigquery_get(query, "schema"))
        *statistics = json_object_get(query);
    else if (status == 0)
        status = dry_run_of_jobs_query(bigquery, sql, statistics, error);
    json_object_put(answer);
    return status;
}

/* ---- jobs ---- */

/* An id of our own, so that a job sent twice is one. */
static int make_id(struct cc_strbuf *id, struct cc_error *error)
{
    uint8_t bytes[ID_BYTES];
    int file = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
    ssize_t count = file >= 0 ? read(file, bytes, sizeof bytes) : -1;
    if (file >= 0)
        (void)close(file);
    if (count != (ssize_t)sizeof bytes)
        return cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                            "/dev/urandom cannot be read");
    (void)cc_strbuf_append(id, "cartoconn_");
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)cc_strbuf_printf(id, "%02x", bytes[i]);
    return cc_strbuf_failed(id) ? cc_error_memory(error) : 0;
}

static char *copy_or_null(const char *text)
{
    return text && *text ? strdup(text) : NULL;
}

static int take_reference(struct json_object *answer, const char *id,
                          const struct cc_bigquery *bigquery,
                          struct cc_bigquery_job *job, struct cc_error *error)
{
    struct json_object *reference = cc_bigquery_get(answer, "jobReference");
    const char *own = cc_bigquery_text(reference, "jobId");
    const char *project = cc_bigquery_text(reference, "projectId");
    job->id = strdup(*own ? own : id);
    job->project = strdup(*project ? project : bigquery->billing);
    job->location = copy_or_null(cc_bigquery_text(reference, "location"));
    return job->id && job->project ? 0 : cc_error_memory(error);
}

int cc_bigquery_job_start(struct cc_bigquery *bigquery, const char *sql,
                          const struct cc_deadline *limit,
                          struct cc_bigquery_job *job, struct cc_error *error)
{
    struct json_object *answer = NULL;
    struct cc_strbuf id = CC_STRBUF_INIT;
    *job = (struct cc_bigquery_job){.id = NULL};
    int status = make_id(&id, error);
    if (status == 0)
        status =
            insert(bigquery, sql, cc_strbuf_text(&id), limit, &answer, error);
    /* a try before this one arrived, though its answer did not */
    bool known = status != 0 && id.length > 0 && cc_bigquery_was(bigquery, 409);
    if (status == 0 || known)
        status =
            take_reference(answer, cc_strbuf_text(&id), bigquery, job, error);
    if (status == 0)
        status = check_job(answer, error);
    json_object_put(answer);
    cc_strbuf_free(&id);
    return status;
}

/* /projects/p/<what>/<id><verb>?location=l */
static int job_path(const struct cc_bigquery_job *job, const char *what,
                    const char *verb, struct cc_strbuf *path)
{
    (void)cc_strbuf_append(path, "/projects/");
    cc_bigquery_escape(path, job->project);
    (void)cc_strbuf_printf(path, "/%s/", what);
    cc_bigquery_escape(path, job->id);
    (void)cc_strbuf_printf(path, "%s?", verb);
    if (job->location)
    {
        (void)cc_strbuf_append(path, "location=");
        cc_bigquery_escape(path, job->location);
        (void)cc_strbuf_append_char(path, '&');
    }
    return cc_strbuf_failed(path) ? -1 : 0;
}

/* What a query failed of is told by the job where the page does not. */
static int check_page(struct json_object *page, struct cc_error *error)
{
    struct json_object *errors = cc_bigquery_get(page, "errors");
    if (cc_bigquery_get(page, "schema") ||
        !json_object_is_type(errors, json_type_array) ||
        json_object_array_length(errors) == 0)
        return 0;
    return cc_bigquery_refused(json_object_array_get_idx(errors, 0), 0, error);
}

static int get_page(struct cc_bigquery *bigquery,
                    const struct cc_bigquery_job *job, const char *token,
                    int rows, const struct cc_deadline *limit,
                    struct json_object **page, struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    int64_t wait = POLL_MS;
    if (limit->at_us > 0 && limit->at_us - cc_deadline_now_us() < wait * 1000)
        wait = (limit->at_us - cc_deadline_now_us()) / 1000 + 1;
    (void)job_path(job, "queries", "", &path);
    (void)cc_strbuf_printf(&path,
                           "maxResults=%d&timeoutMs=%lld&"
                           "formatOptions.useInt64Timestamp=true",
                           rows, (long long)(wait > 0 ? wait : 1));
    return cc_bigquery_get_page(bigquery, &path, token, limit, page, error);
}

int cc_bigquery_job_page(struct cc_bigquery *bigquery,
                         struct cc_bigquery_job *job, const char *token,
                         int rows, const struct cc_deadline *limit,
                         struct json_object **page, struct cc_error *error)
{
    for (;;)
    {
        CC_TRY(cc_deadline_check(limit, error));
        CC_TRY(get_page(bigquery, job, token, rows, limit, page, error));
        if (json_object_get_boolean(cc_bigquery_get(*page, "jobComplete")))
            break;
        json_object_put(*page);
        *page = NULL;
    }
    job->finished = true;
    if (check_page(*page, error) == 0)
        return 0;
    json_object_put(*page);
    *page = NULL;
    return -1;
}

int cc_bigquery_job_table(struct cc_bigquery *bigquery,
                          const struct cc_bigquery_job *job,
                          struct cc_strbuf *table, struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    struct json_object *answer = NULL;
    int status = job_path(job, "jobs", "", &path) != 0
                     ? cc_error_memory(error)
                     : cc_bigquery_call(bigquery, cc_strbuf_text(&path), NULL,
                                        NULL, &answer, error);
    struct json_object *query =
        cc_bigquery_get(cc_bigquery_get(answer, "configuration"), "query");
    struct json_object *to = cc_bigquery_get(query, "destinationTable");
    if (to && cc_strbuf_printf(table, "projects/%s/datasets/%s/tables/%s",
                               cc_bigquery_text(to, "projectId"),
                               cc_bigquery_text(to, "datasetId"),
                               cc_bigquery_text(to, "tableId")) != 0)
        status = cc_error_memory(error);
    json_object_put(answer);
    cc_strbuf_free(&path);
    return status;
}

/* Once and for a second at the most: nobody waits for it. */
static void cancel(struct cc_bigquery *bigquery,
                   const struct cc_bigquery_job *job)
{
    struct cc_strbuf url = CC_STRBUF_INIT;
    struct cc_strbuf token = CC_STRBUF_INIT;
    struct cc_buffer answer = CC_BUFFER_INIT;
    (void)cc_strbuf_printf(&url, "%s/bigquery/v2", bigquery->endpoint);
    (void)job_path(job, "jobs", "/cancel", &url);
    bigquery->cancelled = NULL;
    struct cc_error error = CC_ERROR_INIT;
    unsigned number;
    int status =
        cc_bigquery_authorize(bigquery, 0, NULL, &token, &number, &error);
    const char *headers[2] = {token.length > 0 ? token.data : NULL, NULL};
    const struct cc_http_request request = {
        .url = cc_strbuf_text(&url),
        .headers = headers,
        .body = "",
        .connect_timeout_ms = CANCEL_TIMEOUT_MS,
        .timeout_ms = CANCEL_TIMEOUT_MS,
    };
    if (status != 0 || cc_strbuf_failed(&url) ||
        cc_http_send(bigquery->http, &request, &answer, &error) != 0)
        cc_debug(bigquery->base.host, "BigQuery: the job %s may still run: %s",
                 job->id, error.message);
    cc_buffer_free(&answer);
    cc_bigquery_wipe(&token);
    cc_strbuf_free(&url);
}

void cc_bigquery_job_end(struct cc_bigquery *bigquery,
                         struct cc_bigquery_job *job)
{
    if (job->id && !job->finished)
        cancel(bigquery, job);
    free(job->id);
    free(job->project);
    free(job->location);
    *job = (struct cc_bigquery_job){.id = NULL};
}
