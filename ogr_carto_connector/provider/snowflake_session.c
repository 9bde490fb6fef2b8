/* SPDX-License-Identifier: MIT */
/* Requests of a session: repetitions, renewal of the token, statements. */
#include "snowflake.h"

#include <inttypes.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FIRST_WAIT_MS 1000
#define LAST_WAIT_MS 16000
/* A poll that is answered sooner than this is not the long one it should be. */
#define SHORT_POLL_US 500000
#define ABORT_TIMEOUT_MS 900

/* ---- small things ---- */

void cc_snowflake_uuid(char out[CC_UUID_TEXT_SIZE])
{
    unsigned char b[16] = {0};
    (void)RAND_bytes(b, sizeof b);
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    snprintf(out, CC_UUID_TEXT_SIZE,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-"
             "%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10],
             b[11], b[12], b[13], b[14], b[15]);
}

int cc_snowflake_backoff(int before)
{
    unsigned char random[2] = {0};
    int most = before < FIRST_WAIT_MS ? FIRST_WAIT_MS : before;
    (void)RAND_bytes(random, sizeof random);
    most = most > LAST_WAIT_MS / 3 ? LAST_WAIT_MS : most * 3;
    int part = random[0] << 8 | random[1];
    return FIRST_WAIT_MS +
           (int)((int64_t)(most - FIRST_WAIT_MS) * part / 65535);
}

bool cc_snowflake_is_transient(long status)
{
    return status >= 500 || status == 408 || status == 429;
}

int cc_snowflake_escape(struct cc_strbuf *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrst"
                                "uvwxyz0123456789-._~";
    for (; *text; text++)
    {
        if (strchr(plain, *text))
            (void)cc_strbuf_append_char(out, *text);
        else
            (void)cc_strbuf_printf(out, "%%%02X", (unsigned char)*text);
    }
    return cc_strbuf_failed(out) ? -1 : 0;
}

const char *cc_snowflake_text(struct json_object *object, const char *key)
{
    struct json_object *value;
    if (!object || !json_object_object_get_ex(object, key, &value) || !value)
        return "";
    const char *text = json_object_get_string(value);
    return text ? text : "";
}

int64_t cc_snowflake_integer(struct json_object *object, const char *key,
                             int64_t otherwise)
{
    struct json_object *value;
    if (!object || !json_object_object_get_ex(object, key, &value) || !value)
        return otherwise;
    return json_object_get_int64(value);
}

/* ---- answers ---- */

void cc_snowflake_answer_free(struct cc_snowflake_answer *answer)
{
    cc_buffer_free(&answer->body);
    json_object_put(answer->root);
    memset(answer, 0, sizeof *answer);
}

static struct json_object *parse_json(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new();
    if (!tokener)
        return NULL;
    struct json_object *root =
        size <= INT32_MAX ? json_tokener_parse_ex(tokener, text, (int)size)
                          : NULL;
    if (json_tokener_get_error(tokener) != json_tokener_success)
    {
        json_object_put(root);
        root = NULL;
    }
    json_tokener_free(tokener);
    return root;
}

/* The answer without its rows. */
static int parse_without(struct cc_snowflake_answer *answer,
                         const struct cc_json_span *span,
                         struct cc_error *error)
{
    const char *text = (const char *)answer->body.data;
    struct cc_strbuf rest = CC_STRBUF_INIT;
    (void)cc_strbuf_append_n(&rest, text, span->at);
    (void)cc_strbuf_append(&rest, "null");
    (void)cc_strbuf_append_n(&rest, text + span->at + span->size,
                             answer->body.size - span->at - span->size);
    if (cc_strbuf_failed(&rest))
        return cc_error_memory(error);
    answer->root = parse_json(rest.data, rest.length);
    cc_strbuf_free(&rest);
    return 0;
}

static int parse_answer(struct cc_snowflake_answer *answer,
                        struct cc_error *error)
{
    const char *text = (const char *)answer->body.data;
    size_t size = answer->body.size;
    bool whole =
        cc_json_find(text, size, "data", "rowset", &answer->rowset) &&
        cc_json_find(text, size, "data", "rowsetBase64", &answer->base64);
    const struct cc_json_span *large = answer->base64.size > answer->rowset.size
                                           ? &answer->base64
                                           : &answer->rowset;
    if (whole && large->size > 0)
        CC_TRY(parse_without(answer, large, error));
    else if (whole)
        answer->root = parse_json(text, size);
    if (!json_object_is_type(answer->root, json_type_object))
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server's answer is not the JSON that "
                            "Snowflake sends. Check \"server\" and \"port\".");
    struct json_object *data = NULL;
    (void)json_object_object_get_ex(answer->root, "data", &data);
    answer->data = json_object_is_type(data, json_type_object) ? data : NULL;
    answer->code = cc_snowflake_text(answer->root, "code");
    return 0;
}

static bool has_succeeded(const struct cc_snowflake_answer *answer)
{
    struct json_object *value;
    return json_object_object_get_ex(answer->root, "success", &value) &&
           json_object_get_boolean(value);
}

int cc_snowflake_refused(const struct cc_snowflake_answer *answer,
                         enum cc_stage stage, struct cc_error *error)
{
    const char *state = cc_snowflake_text(answer->data, "sqlState");
    const char *query = cc_snowflake_text(answer->data, "queryId");
    const char *message = cc_snowflake_text(answer->root, "message");
    const char *code = answer->code ? answer->code : "";
    (void)cc_error_set(error, stage, *state ? state : code, "%s",
                       *message ? message : "the server gives no reason");
    if (*code && *state)
        (void)cc_error_append(error, " (error %s)", code);
    return *query ? cc_error_append(error, " (query %s)", query) : -1;
}

/* ---- sending ---- */

static int64_t time_left_ms(const struct cc_snowflake *session,
                            const struct cc_snowflake_request *request)
{
    if (request->timeout_ms > 0 || session->deadline.at_us == 0)
        return request->timeout_ms;
    int64_t left = (session->deadline.at_us - cc_deadline_now_us()) / 1000;
    return left > 0 ? left + 1 : 1;
}

static int make_url(const struct cc_snowflake *session,
                    const struct cc_snowflake_request *request, int tries,
                    long last_status, int64_t began, struct cc_strbuf *url)
{
    char guid[CC_UUID_TEXT_SIZE];
    cc_snowflake_uuid(guid);
    (void)cc_strbuf_printf(url, "%s%s", session->origin.data, request->path);
    if (request->request_id)
        (void)cc_strbuf_printf(url, "%crequestId=%s&request_guid=%s",
                               strchr(request->path, '?') ? '&' : '?',
                               request->request_id, guid);
    if (request->request_id && tries > 0)
        (void)cc_strbuf_printf(
            url, "&retryCount=%d&retryReason=%ld&clientStartTime=%" PRId64,
            tries, last_status, began);
    return cc_strbuf_failed(url) ? -1 : 0;
}

static int send_once(struct cc_snowflake *session,
                     const struct cc_snowflake_request *request,
                     const char *url, struct cc_snowflake_answer *answer,
                     struct cc_error *error)
{
    struct cc_strbuf login = CC_STRBUF_INIT;
    if (request->token)
        (void)cc_strbuf_printf(&login, "Authorization: Snowflake Token=\"%s\"",
                               request->token);
    const char *const headers[] = {"Content-Type: application/json",
                                   "Accept: application/snowflake",
                                   "User-Agent: ogr_carto_connector/1.0",
                                   request->token ? login.data : NULL, NULL};
    const struct cc_http_request http = {
        .url = url,
        .headers = headers,
        .body = request->body,
        .body_size = request->body ? strlen(request->body) : 0,
        .timeout_ms = time_left_ms(session, request),
        .cancelled = &session->cancelled};
    answer->body.size = 0;
    int status = cc_strbuf_failed(&login)
                     ? cc_error_memory(error)
                     : cc_http_send(session->http, &http, &answer->body, error);
    if (login.data)
        cc_wipe(login.data, login.length);
    cc_strbuf_free(&login);
    return status;
}

/* Whether a failure of the transport may pass. A server that cannot be reached
 * to begin with is none that was busy. */
static bool may_pass(const struct cc_snowflake *session,
                     const struct cc_error *error)
{
    return error->stage == CC_STAGE_FETCH ||
           (error->stage == CC_STAGE_CONNECT && session->token);
}

/* With the server's words, where they are JSON and not some proxy's page. */
static int http_refused(const struct cc_snowflake *session, long status,
                        const struct cc_buffer *body, struct cc_error *error)
{
    struct json_object *root = parse_json((const char *)body->data, body->size);
    const char *words = cc_snowflake_text(root, "message");
    (void)cc_error_set(error, session->token ? CC_STAGE_QUERY : CC_STAGE_LOGIN,
                       cc_snowflake_text(root, "code"),
                       "the server answers with HTTP status %ld%s%s", status,
                       *words ? ": " : "", words);
    json_object_put(root);
    if (status == 403 || status == 404)
        (void)cc_error_append(error, ". Check \"server\" or \"account\": "
                                     "there may be no such account.");
    return -1;
}

static int wait_to_repeat(struct cc_snowflake *session,
                          const struct cc_snowflake_request *request, int tries,
                          int *wait, struct cc_error *error)
{
    if (request->once || tries + 1 >= CC_SNOWFLAKE_TRIES)
        return -1;
    *wait = cc_snowflake_backoff(*wait);
    cc_debug(session->base.host,
             "Snowflake: trying again in %d ms (%d. time): %s", *wait,
             tries + 1, error->message);
    struct cc_error over;
    cc_error_init(&over, error->secrets);
    if (cc_deadline_sleep(&session->deadline, *wait, &over) == 0)
        return 0;
    /* that time is up says less than what happened before */
    if (over.stage == CC_STAGE_CANCELLED)
        *error = over;
    return -1;
}

int cc_snowflake_send(struct cc_snowflake *session,
                      const struct cc_snowflake_request *request,
                      struct cc_snowflake_answer *answer,
                      struct cc_error *error)
{
    int64_t began = (int64_t)time(NULL) * 1000;
    struct cc_error failure;
    long status = 0;
    int wait = 0;
    cc_error_init(&failure,
                  session->base.host ? session->base.host->secrets : NULL);
    memset(answer, 0, sizeof *answer);
    for (int tries = 0;; tries++)
    {
        struct cc_strbuf url = CC_STRBUF_INIT;
        int result = make_url(session, request, tries, status, began, &url);
        result = result != 0
                     ? cc_error_memory(&failure)
                     : send_once(session, request, url.data, answer, &failure);
        cc_strbuf_free(&url);
        status = result == 0 ? cc_http_status(session->http) : 0;
        if (result == 0 && status == 200)
        {
            result = parse_answer(answer, error);
            if (result != 0)
                cc_snowflake_answer_free(answer);
            return result;
        }
        bool again = result == 0 ? cc_snowflake_is_transient(status)
                                 : may_pass(session, &failure);
        if (result == 0)
            (void)http_refused(session, status, &answer->body, &failure);
        else if (failure.stage == CC_STAGE_TIMEOUT &&
                 request->timeout_ms == 0 && session->deadline.at_us != 0)
            (void)cc_deadline_expired(&session->deadline, &failure);
        if (!again ||
            wait_to_repeat(session, request, tries, &wait, &failure) != 0)
            break;
    }
    cc_snowflake_answer_free(answer);
    session->broken = session->broken || (!request->once && status == 0 &&
                                          failure.stage != CC_STAGE_CANCELLED &&
                                          failure.stage != CC_STAGE_TIMEOUT);
    return cc_error_set(error, failure.stage, failure.code, "%s",
                        failure.message);
}

/* ---- the token ---- */

int cc_snowflake_keep_tokens(struct cc_snowflake *session, const char *token,
                             const char *master_token, struct cc_error *error)
{
    struct cc_secrets *secrets = session->base.connector->secrets;
    char *copy = strdup(token);
    char *master = *master_token ? strdup(master_token) : NULL;
    if (!copy || (*master_token && !master) ||
        cc_secrets_add(secrets, token) != 0 ||
        cc_secrets_add(secrets, master_token) != 0)
    {
        free(copy);
        free(master);
        return cc_error_memory(error);
    }
    free(session->token);
    session->token = copy;
    if (master)
    {
        free(session->master_token);
        session->master_token = master;
    }
    return 0;
}

static int ask_renewal(struct cc_snowflake *session, struct cc_error *error)
{
    struct json_object *body = json_object_new_object();
    char id[CC_UUID_TEXT_SIZE];
    cc_snowflake_uuid(id);
    json_object_object_add(body, "oldSessionToken",
                           json_object_new_string(session->token));
    json_object_object_add(body, "requestType",
                           json_object_new_string("RENEW"));
    const struct cc_snowflake_request request = {
        .path = "/session/token-request",
        .request_id = id,
        .body = json_object_to_json_string(body),
        .token = session->master_token};
    struct cc_snowflake_answer answer;
    int status = cc_snowflake_send(session, &request, &answer, error);
    json_object_put(body);
    if (status != 0)
        return -1;
    if (has_succeeded(&answer))
        status = cc_snowflake_keep_tokens(
            session, cc_snowflake_text(answer.data, "sessionToken"),
            cc_snowflake_text(answer.data, "masterToken"), error);
    else
        status = cc_snowflake_refused(&answer, CC_STAGE_LOGIN, error);
    cc_snowflake_answer_free(&answer);
    return status;
}

/* A session whose master token is no longer good is begun anew. */
static int renew(struct cc_snowflake *session, bool expired,
                 struct cc_error *error)
{
    if (expired && session->master_token && ask_renewal(session, error) == 0)
        return 0;
    cc_debug(session->base.host, "Snowflake: the session is gone; logging in");
    return cc_snowflake_login(session, error);
}

int cc_snowflake_call(struct cc_snowflake *session, const char *path,
                      const char *request_id, const char *body,
                      struct cc_snowflake_answer *answer,
                      struct cc_error *error)
{
    for (int renewals = 0;; renewals++)
    {
        const struct cc_snowflake_request request = {.path = path,
                                                     .request_id = request_id,
                                                     .body = body,
                                                     .token = session->token};
        CC_TRY(cc_snowflake_send(session, &request, answer, error));
        bool expired = strcmp(answer->code, "390112") == 0;
        bool gone = strcmp(answer->code, "390104") == 0 ||
                    strcmp(answer->code, "390111") == 0;
        if ((!expired && !gone) || renewals == 2)
            return 0;
        cc_snowflake_answer_free(answer);
        CC_TRY(renew(session, expired, error));
    }
}

/* ---- statements ---- */

void cc_snowflake_begin(struct cc_snowflake *session)
{
    int64_t seconds =
        cc_connector_integer(session->base.connector, CC_P_QUERY_TIMEOUT);
    session->deadline.cancelled = &session->cancelled;
    atomic_store(&session->cancelled, false);
    cc_deadline_start(&session->deadline, seconds, "query_timeout");
}

static struct json_object *parameters_of(const struct cc_snowflake *session,
                                         int64_t row_limit)
{
    struct json_object *parameters = json_object_new_object();
    int64_t seconds =
        cc_connector_integer(session->base.connector, CC_P_QUERY_TIMEOUT);
    /* whatever the account's own is: what follows a semicolon is refused */
    json_object_object_add(parameters, "MULTI_STATEMENT_COUNT",
                           json_object_new_int(1));
    if (row_limit > 0)
        json_object_object_add(parameters, "ROWS_PER_RESULTSET",
                               json_object_new_int64(row_limit));
    if (seconds > 0)
        json_object_object_add(parameters, "STATEMENT_TIMEOUT_IN_SECONDS",
                               json_object_new_int64(seconds));
    return parameters;
}

static struct json_object *query_body(struct cc_snowflake *session,
                                      const char *sql, bool describe_only,
                                      int64_t row_limit)
{
    struct json_object *body = json_object_new_object();
    json_object_object_add(body, "sqlText", json_object_new_string(sql));
    json_object_object_add(body, "asyncExec", json_object_new_boolean(false));
    json_object_object_add(body, "sequenceId",
                           json_object_new_int64(++session->sequence));
    json_object_object_add(body, "isInternal", json_object_new_boolean(false));
    json_object_object_add(body, "describeOnly",
                           json_object_new_boolean(describe_only));
    json_object_object_add(body, "querySubmissionTime",
                           json_object_new_int64((int64_t)time(NULL) * 1000));
    json_object_object_add(body, "parameters",
                           parameters_of(session, row_limit));
    return body;
}

/* Asks for the end of the statement of that request. */
static void abort_statement(struct cc_snowflake *session,
                            const char *request_id)
{
    char id[CC_UUID_TEXT_SIZE];
    struct cc_strbuf body = CC_STRBUF_INIT;
    struct cc_snowflake_answer answer;
    struct cc_error ignored;
    cc_error_init(&ignored, NULL);
    cc_snowflake_uuid(id);
    (void)cc_strbuf_printf(&body, "{\"requestId\":\"%s\"}", request_id);
    const struct cc_snowflake_request request = {
        .path = "/queries/v1/abort-request",
        .request_id = id,
        .body = cc_strbuf_text(&body),
        .token = session->token,
        .timeout_ms = ABORT_TIMEOUT_MS,
        .once = true};
    atomic_store(&session->cancelled, false);
    if (cc_snowflake_send(session, &request, &answer, &ignored) == 0)
        cc_snowflake_answer_free(&answer);
    else
        cc_debug(session->base.host,
                 "Snowflake: the statement cannot be "
                 "aborted: %s",
                 ignored.message);
    cc_strbuf_free(&body);
}

/* The path of a URL, which has to be one of this server: its token goes
 * there. NULL: it is not. */
static const char *own_path(const struct cc_snowflake *session, const char *url)
{
    const char *origin = cc_strbuf_text(&session->origin);
    size_t length = session->origin.length;
    if (strncmp(url, origin, length) == 0 && url[length] == '/')
        return url + length;
    return url[0] == '/' && url[1] != '/' && url[1] != '\\' ? url : NULL;
}

static bool is_running(const struct cc_snowflake_answer *answer)
{
    return strcmp(answer->code, "333333") == 0 ||
           strcmp(answer->code, "333334") == 0;
}

/* Asks for the result until it is there. The server answers late on purpose;
 * one that does not is asked less and less often. */
static int poll_result(struct cc_snowflake *session,
                       struct cc_snowflake_answer *answer,
                       struct cc_error *error)
{
    int pause = 0;
    while (is_running(answer))
    {
        const char *url = cc_snowflake_text(answer->data, "getResultUrl");
        const char *path = own_path(session, url);
        if (!path)
            return cc_error_set(error, CC_STAGE_QUERY, NULL,
                                "the server names a result at another host: "
                                "\"%s\"",
                                url);
        char *copy = strdup(path);
        if (!copy)
            return cc_error_memory(error);
        cc_snowflake_answer_free(answer);
        int64_t began = cc_deadline_now_us();
        int status = cc_deadline_sleep(&session->deadline, pause, error);
        if (status == 0)
            status =
                cc_snowflake_call(session, copy, NULL, NULL, answer, error);
        free(copy);
        if (status != 0)
            return -1;
        bool soon = cc_deadline_now_us() - began - (int64_t)pause * 1000 <
                    SHORT_POLL_US;
        pause = !soon ? 0 : pause == 0 ? 100 : pause < 2500 ? pause * 2 : 5000;
    }
    return 0;
}

int cc_snowflake_execute(struct cc_snowflake *session, const char *sql,
                         bool describe_only, int64_t row_limit,
                         struct cc_snowflake_answer *answer,
                         struct cc_error *error)
{
    char id[CC_UUID_TEXT_SIZE];
    struct cc_error own;
    struct json_object *body =
        query_body(session, sql, describe_only, row_limit);
    cc_error_init(&own, session->base.connector->secrets);
    cc_snowflake_uuid(id);
    int status =
        cc_snowflake_call(session, "/queries/v1/query-request", id,
                          json_object_to_json_string(body), answer, &own);
    json_object_put(body);
    if (status == 0)
        status = poll_result(session, answer, &own);
    if (status == 0 && !has_succeeded(answer))
        status = cc_snowflake_refused(answer, CC_STAGE_QUERY, &own);
    else if (status != 0 &&
             (own.stage == CC_STAGE_CANCELLED || own.stage == CC_STAGE_TIMEOUT))
        abort_statement(session, id);
    if (status == 0)
        return 0;
    cc_snowflake_answer_free(answer);
    return cc_error_set(error, own.stage, own.code, "%s", own.message);
}
