/* SPDX-License-Identifier: MIT */
#include "bigquery_storage.h"

#define SERVICE "/google.cloud.bigquery.storage.v1.BigQueryRead/"
/* Tries without a row in between, and the pauses before them: Google's own
 * clients begin with 100 ms and go on by 1.3. */
#define TRIES 12
#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 10000

int cc_bigquery_storage_open(struct cc_bigquery *bigquery,
                             const atomic_bool *cancelled,
                             struct cc_bigquery_storage *storage,
                             struct cc_error *error)
{
    *storage = (struct cc_bigquery_storage){.bigquery = bigquery,
                                            .cancelled = cancelled};
    return cc_grpc_new(bigquery->base.connector, bigquery->base.host,
                       bigquery->storage, &storage->grpc, error);
}

void cc_bigquery_storage_close(struct cc_bigquery_storage *storage)
{
    cc_grpc_free(storage->grpc);
    storage->grpc = NULL;
}

/* ---- calls ---- */

static int send_call(struct cc_bigquery_storage *storage,
                     const struct cc_bigquery_storage_call *call,
                     const char *const *headers, const uint8_t **answer,
                     size_t *size, struct cc_error *error)
{
    struct cc_strbuf method = CC_STRBUF_INIT;
    if (cc_strbuf_printf(&method, SERVICE "%s", call->method) != 0)
        return cc_error_memory(error);
    const struct cc_grpc_call grpc_call = {.method = cc_strbuf_text(&method),
                                           .headers = headers,
                                           .request = call->message->data,
                                           .request_size = call->message->size,
                                           .timeout_ms = call->timeout_ms,
                                           .cancelled = storage->cancelled};
    int status =
        answer ? cc_grpc_unary(storage->grpc, &grpc_call, answer, size, error)
               : cc_grpc_begin(storage->grpc, &grpc_call, error);
    cc_strbuf_free(&method);
    return status;
}

int cc_bigquery_storage_call(struct cc_bigquery_storage *storage,
                             const struct cc_bigquery_storage_call *call,
                             const uint8_t **answer, size_t *size,
                             struct cc_error *error)
{
    struct cc_strbuf route = CC_STRBUF_INIT;
    struct cc_strbuf token = CC_STRBUF_INIT;
    struct cc_strbuf quota = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&route,
                           "x-goog-request-params: %s=", call->parameter);
    cc_bigquery_escape(&route, call->value);
    int status = cc_bigquery_authorize(storage->bigquery, storage->refused,
                                       storage->cancelled, &token,
                                       &storage->token, error);
    if (status == 0)
        status = cc_bigquery_add_quota(storage->bigquery, &quota, error);
    if (status == 0 && cc_strbuf_failed(&route))
        status = cc_error_memory(error);
    const char *headers[4] = {cc_strbuf_text(&route)};
    size_t count = 1;
    if (token.length > 0)
        headers[count++] = token.data;
    if (quota.length > 0)
        headers[count] = quota.data;
    if (status == 0)
        status = send_call(storage, call, headers, answer, size, error);
    cc_bigquery_wipe(&token);
    cc_strbuf_free(&quota);
    cc_strbuf_free(&route);
    return status;
}

/* ---- trying again ---- */

void cc_bigquery_storage_succeeded(struct cc_bigquery_storage *storage)
{
    storage->tries = 0;
    storage->refused = 0;
}

static bool wants_token(struct cc_bigquery_storage *storage)
{
    if (cc_grpc_code(storage->grpc) != CC_GRPC_UNAUTHENTICATED ||
        storage->refused != 0 ||
        !cc_google_auth_renews(storage->bigquery->auth))
        return false;
    storage->refused = storage->token;
    return true;
}

int cc_bigquery_storage_recover(struct cc_bigquery_storage *storage,
                                struct cc_error *error)
{
    const struct cc_deadline limit = {.cancelled = storage->cancelled};
    int pause = FIRST_PAUSE_MS;
    cc_grpc_end(storage->grpc);
    if (wants_token(storage))
        return 0;
    if (error->stage == CC_STAGE_CANCELLED ||
        !cc_grpc_may_retry(storage->grpc) || ++storage->tries > TRIES)
        return -1;
    for (int i = 1; i < storage->tries; i++)
        pause =
            pause + pause / 3 < MAX_PAUSE_MS ? pause + pause / 3 : MAX_PAUSE_MS;
    cc_debug(storage->bigquery->base.host, "BigQuery: %s; trying again",
             error->message);
    return cc_deadline_sleep(&limit, pause, error);
}
