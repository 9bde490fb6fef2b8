/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX "/bigquery/v2"
#define TRIES 7
#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 5000
#define MAX_ASKED_SECONDS 60
#define MAX_ANSWER ((size_t)256 << 20)

/* ---- JSON ---- */

struct json_object *cc_bigquery_get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    if (json_object_is_type(object, json_type_object))
        (void)json_object_object_get_ex(object, key, &value);
    return value;
}

const char *cc_bigquery_text(struct json_object *object, const char *key)
{
    struct json_object *value = cc_bigquery_get(object, key);
    return value ? json_object_get_string(value) : "";
}

int64_t cc_bigquery_integer(struct json_object *object, const char *key)
{
    return strtoll(cc_bigquery_text(object, key), NULL, 10);
}

void cc_bigquery_escape(struct cc_strbuf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~:";
    for (; *text; text++)
    {
        if (strchr(plain, *text))
            (void)cc_strbuf_append_char(out, *text);
        else
            (void)cc_strbuf_printf(out, "%%%02X", (unsigned char)*text);
    }
}

/* ---- errors ---- */

static const struct
{
    const char *words;
    const char *advice;
} advices[] = {
    {"bigquery.jobs.create",
     "Grant it on the billing project: roles/bigquery.jobUser."},
    {"bigquery.readsessions",
     "Grant it on the billing project: roles/bigquery.readSessionUser."},
    {"bigquery.tables.get",
     "Grant it on the dataset: roles/bigquery.dataViewer."},
    {"bigquery.tables.list",
     "Grant it on the dataset: roles/bigquery.dataViewer."},
    {"accessDenied",
     "Reading takes roles/bigquery.dataViewer on the data, "
     "roles/bigquery.jobUser and roles/bigquery.readSessionUser "
     "on the billing project."},
    {"bytesBilledLimitExceeded",
     "Raise \"maximum_bytes_billed\", or let the query read less."},
    {"quotaExceeded", "See the project's quotas in the Google Cloud console."},
    {"billingNotEnabled", "Enable billing for \"billing_project\"."},
};

void cc_bigquery_advise(struct cc_error *error)
{
    for (size_t i = 0; error && i < sizeof advices / sizeof *advices; i++)
    {
        if (strstr(error->message, advices[i].words))
        {
            (void)cc_error_append(error, "\n%s", advices[i].advice);
            return;
        }
    }
}

int cc_bigquery_refused(struct json_object *reason, long code,
                        struct cc_error *error)
{
    char number[CC_ERROR_CODE_SIZE] = "";
    const char *where = cc_bigquery_text(reason, "location");
    const char *words = cc_bigquery_text(reason, "message");
    if (code > 0)
        snprintf(number, sizeof number, "%d", (int)(code % 1000));
    (void)cc_error_set(
        error, code == 401 ? CC_STAGE_LOGIN : CC_STAGE_QUERY, number,
        "%s (%s%s%s)", *words ? words : "BigQuery gives no reason",
        cc_bigquery_text(reason, "reason"), *where ? ", " : "", where);
    cc_bigquery_advise(error);
    return -1;
}

bool cc_bigquery_was(const struct cc_bigquery *bigquery, long status)
{
    return cc_http_status(bigquery->http) == status;
}

/* What an answer other than 2xx says. */
static int refused(const struct cc_bigquery *bigquery,
                   struct json_object *answer, struct cc_error *error)
{
    long status = cc_http_status(bigquery->http);
    struct json_object *said = cc_bigquery_get(answer, "error");
    struct json_object *list = cc_bigquery_get(said, "errors");
    if (json_object_is_type(list, json_type_array) &&
        json_object_array_length(list) > 0)
        return cc_bigquery_refused(json_object_array_get_idx(list, 0), status,
                                   error);
    if (said)
        return cc_bigquery_refused(said, status, error);
    char number[CC_ERROR_CODE_SIZE];
    snprintf(number, sizeof number, "%d", (int)(status % 1000));
    return cc_error_set(error, CC_STAGE_QUERY, number,
                        "%s answers HTTP %ld and no JSON. Check \"endpoint\".",
                        bigquery->endpoint, status);
}

/* See "Error messages" of BigQuery's documentation. */
static bool may_retry(long status, struct json_object *answer)
{
    static const char *const reasons[] = {"backendError", "rateLimitExceeded",
                                          "jobRateLimitExceeded",
                                          "jobBackendError"};
    struct json_object *list =
        cc_bigquery_get(cc_bigquery_get(answer, "error"), "errors");
    if (status == 429 || status == 500 || status == 502 || status == 503 ||
        status == 504)
        return true;
    if (!json_object_is_type(list, json_type_array))
        return false;
    const char *reason =
        cc_bigquery_text(json_object_array_get_idx(list, 0), "reason");
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    {
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    }
    return false;
}

/* ---- calling ---- */

int cc_bigquery_authorize(struct cc_bigquery *bigquery, unsigned refused,
                          const atomic_bool *cancelled,
                          struct cc_strbuf *header, unsigned *number,
                          struct cc_error *error)
{
    static const char scheme[] = "authorization: Bearer ";
    if (cc_strbuf_append(header, scheme) != 0)
        return cc_error_memory(error);
    CC_TRY(cc_google_auth_token(bigquery->auth, refused, cancelled, header,
                                number, error));
    if (header->length == sizeof scheme - 1)
        cc_strbuf_clear(header);
    return 0;
}

int cc_bigquery_add_quota(const struct cc_bigquery *bigquery,
                          struct cc_strbuf *header, struct cc_error *error)
{
    const char *project = cc_google_auth_quota_project(bigquery->auth);
    if (project &&
        cc_strbuf_printf(header, "x-goog-user-project: %s", project) != 0)
        return cc_error_memory(error);
    return 0;
}

void cc_bigquery_wipe(struct cc_strbuf *header)
{
    if (header->data)
        cc_wipe(header->data, header->length);
    cc_strbuf_free(header);
}

static int send_once(struct cc_bigquery *bigquery, const char *path,
                     const char *body, unsigned refused, unsigned *number,
                     const struct cc_deadline *limit, struct cc_buffer *answer,
                     struct cc_error *error)
{
    struct cc_strbuf url = CC_STRBUF_INIT;
    struct cc_strbuf token = CC_STRBUF_INIT;
    struct cc_strbuf quota = CC_STRBUF_INIT;
    const char *headers[4] = {"content-type: application/json"};
    size_t count = 1;
    int status = cc_bigquery_authorize(bigquery, refused, bigquery->cancelled,
                                       &token, number, error);
    (void)cc_strbuf_printf(&url, "%s" PREFIX "%s", bigquery->endpoint, path);
    if (token.length > 0)
        headers[count++] = token.data;
    if (status == 0)
        status = cc_bigquery_add_quota(bigquery, &quota, error);
    if (quota.length > 0)
        headers[count++] = quota.data;
    if (status == 0 && cc_strbuf_failed(&url))
        status = cc_error_memory(error);
    const struct cc_http_request request = {
        .url = cc_strbuf_text(&url),
        .headers = headers,
        .body = body,
        .body_size = body ? strlen(body) : 0,
        .timeout_ms = limit && limit->at_us > 0
                          ? (limit->at_us - cc_deadline_now_us()) / 1000 + 1000
                          : 0,
        .max_size = MAX_ANSWER,
        .cancelled = bigquery->cancelled,
    };
    if (status == 0)
        status = cc_http_send(bigquery->http, &request, answer, error);
    cc_bigquery_wipe(&token);
    cc_strbuf_free(&quota);
    cc_strbuf_free(&url);
    return status;
}

/* Sends and parses: 1 when it is worth another try. */
static int try_once(struct cc_bigquery *bigquery, const char *path,
                    const char *body, unsigned refused_token, unsigned *number,
                    const struct cc_deadline *limit,
                    struct json_object **answer, struct cc_error *error)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    int status = send_once(bigquery, path, body, refused_token, number, limit,
                           &bytes, error);
    if (status != 0)
    {
        cc_buffer_free(&bytes);
        return error->stage == CC_STAGE_FETCH ? 1 : -1;
    }
    status = cc_buffer_append(&bytes, "", 1);
    *answer = status == 0 ? json_tokener_parse((const char *)bytes.data) : NULL;
    cc_buffer_free(&bytes);
    long code = cc_http_status(bigquery->http);
    if (code >= 200 && code < 300 &&
        json_object_is_type(*answer, json_type_object))
        return 0;
    (void)refused(bigquery, *answer, error);
    status = may_retry(code, *answer) ? 1 : -1;
    json_object_put(*answer);
    *answer = NULL;
    return status;
}

/* As long as the service asks for (RFC 9110 section 10.2.3, in seconds), else
 * `pause_ms`. */
static int wait_again(const struct cc_bigquery *bigquery, int pause_ms,
                      const struct cc_deadline *limit, struct cc_error *error)
{
    const struct cc_deadline none = {.cancelled = bigquery->cancelled};
    size_t size;
    const char *text = cc_http_header(bigquery->http, "retry-after", &size);
    long asked = text ? strtol(text, NULL, 10) : 0;
    if (asked > MAX_ASKED_SECONDS)
        asked = MAX_ASKED_SECONDS;
    if (asked * 1000 > pause_ms)
        pause_ms = (int)asked * 1000;
    cc_debug(bigquery->base.host, "BigQuery: %s; trying again in %d ms",
             error->message, pause_ms);
    return cc_deadline_sleep(limit ? limit : &none, pause_ms, error);
}

static int call(struct cc_bigquery *bigquery, const char *path,
                const char *body, const struct cc_deadline *limit,
                struct json_object **answer, struct cc_error *error)
{
    int pause = FIRST_PAUSE_MS;
    unsigned number = 0;
    unsigned refused_token = 0;
    for (int tries = 1;; tries++)
    {
        int status = try_once(bigquery, path, body, refused_token, &number,
                              limit, answer, error);
        if (status == 0)
            return 0;
        bool renew = status < 0 && refused_token == 0 &&
                     cc_bigquery_was(bigquery, 401) &&
                     cc_google_auth_renews(bigquery->auth);
        if ((status < 0 && !renew) || tries == TRIES)
            return -1;
        if (renew)
        {
            refused_token = number;
            continue;
        }
        CC_TRY(wait_again(bigquery, pause, limit, error));
        pause = pause * 2 < MAX_PAUSE_MS ? pause * 2 : MAX_PAUSE_MS;
    }
}

int cc_bigquery_call(struct cc_bigquery *bigquery, const char *path,
                     struct json_object *body, const struct cc_deadline *limit,
                     struct json_object **answer, struct cc_error *error)
{
    struct cc_error own = CC_ERROR_INIT;
    const char *text = body ? json_object_to_json_string_ext(
                                  body, JSON_C_TO_STRING_NOSLASHESCAPE)
                            : NULL;
    *answer = NULL;
    int status = body && !text ? cc_error_memory(error)
                               : call(bigquery, path, text, limit, answer,
                                      error ? error : &own);
    json_object_put(body);
    return status;
}

int cc_bigquery_get_page(struct cc_bigquery *bigquery, struct cc_strbuf *path,
                         const char *token, const struct cc_deadline *limit,
                         struct json_object **page, struct cc_error *error)
{
    if (token)
    {
        (void)cc_strbuf_append(path, "&pageToken=");
        cc_bigquery_escape(path, token);
    }
    int status = cc_strbuf_failed(path)
                     ? cc_error_memory(error)
                     : cc_bigquery_call(bigquery, cc_strbuf_text(path), NULL,
                                        limit, page, error);
    cc_strbuf_free(path);
    return status;
}
