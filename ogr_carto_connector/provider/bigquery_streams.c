/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include <stdlib.h>
#include <string.h>

#define SERVICE "/google.cloud.bigquery.storage.v1.BigQueryRead/"
#define SESSION_TIMEOUT_MS 600000
/* Tries without a row in between, and the pauses before them: Google's own
 * clients begin with 100 ms and go on by 1.3. */
#define TRIES 12
#define FIRST_PAUSE_MS 100
#define MAX_PAUSE_MS 10000

struct cc_bigquery_streams
{
    struct cc_bigquery *bigquery;
    struct cc_grpc *grpc;
    struct cc_ipc *ipc;
    struct cc_bigquery_session session;
    size_t current; /* the stream that is read */
    int64_t offset; /* rows received of it */
    bool calling;
    bool anew; /* the token was refused */
    int tries;
};

/* ---- calls ---- */

/* "x-goog-request-params: read_session.table=..." and the token. */
static int call_headers(struct cc_bigquery *bigquery, const char *parameter,
                        const char *value, bool anew, struct cc_strbuf lines[2],
                        struct cc_error *error)
{
    (void)cc_strbuf_printf(&lines[0], "x-goog-request-params: %s=", parameter);
    cc_bigquery_escape(&lines[0], value);
    CC_TRY(cc_bigquery_authorize(bigquery, anew, &lines[1], error));
    return cc_strbuf_failed(&lines[0]) ? cc_error_memory(error) : 0;
}

static void free_headers(struct cc_strbuf lines[2])
{
    if (lines[1].data)
        cc_wipe(lines[1].data, lines[1].length);
    cc_strbuf_free(&lines[0]);
    cc_strbuf_free(&lines[1]);
}

static int create(struct cc_bigquery_streams *streams, const char *table,
                  const struct cc_buffer *message, bool anew,
                  struct cc_error *error)
{
    struct cc_strbuf lines[2] = {CC_STRBUF_INIT, CC_STRBUF_INIT};
    const uint8_t *answer;
    size_t size;
    int status = call_headers(streams->bigquery, "read_session.table", table,
                              anew, lines, error);
    const char *headers[] = {cc_strbuf_text(&lines[0]),
                             lines[1].length > 0 ? lines[1].data : NULL, NULL};
    const struct cc_grpc_call call = {.method = SERVICE "CreateReadSession",
                                      .headers = headers,
                                      .request = message->data,
                                      .request_size = message->size,
                                      .timeout_ms = SESSION_TIMEOUT_MS,
                                      .cancelled =
                                          streams->bigquery->cancelled};
    if (status == 0)
        status = cc_grpc_unary(streams->grpc, &call, &answer, &size, error);
    if (status == 0)
        status =
            cc_bigquery_unpack_session(answer, size, &streams->session, error);
    free_headers(lines);
    return status;
}

static int begin(struct cc_bigquery_streams *streams, struct cc_error *error)
{
    const char *name = streams->session.streams[streams->current];
    struct cc_strbuf lines[2] = {CC_STRBUF_INIT, CC_STRBUF_INIT};
    struct cc_buffer message = CC_BUFFER_INIT;
    int status = call_headers(streams->bigquery, "read_stream", name,
                              streams->anew, lines, error);
    if (status == 0)
        status = cc_bigquery_pack_rows(name, streams->offset, &message, error);
    const char *headers[] = {cc_strbuf_text(&lines[0]),
                             lines[1].length > 0 ? lines[1].data : NULL, NULL};
    const struct cc_grpc_call call = {.method = SERVICE "ReadRows",
                                      .headers = headers,
                                      .request = message.data,
                                      .request_size = message.size,
                                      .cancelled =
                                          streams->bigquery->cancelled};
    if (status == 0)
        status = cc_grpc_begin(streams->grpc, &call, error);
    streams->calling = status == 0;
    cc_buffer_free(&message);
    free_headers(lines);
    return status;
}

/* ---- trying again ---- */

static bool wants_token(struct cc_bigquery_streams *streams)
{
    if (cc_grpc_code(streams->grpc) != CC_GRPC_UNAUTHENTICATED ||
        streams->anew || !cc_google_auth_renews(streams->bigquery->auth))
        return false;
    streams->anew = true;
    return true;
}

/* After a failure: 0 to try again, having waited. */
static int recover(struct cc_bigquery_streams *streams, struct cc_error *error)
{
    const struct cc_deadline limit = {.cancelled =
                                          streams->bigquery->cancelled};
    int pause = FIRST_PAUSE_MS;
    streams->calling = false;
    cc_grpc_end(streams->grpc);
    if (wants_token(streams))
        return 0;
    if (error->stage == CC_STAGE_CANCELLED ||
        !cc_grpc_may_retry(streams->grpc) || ++streams->tries > TRIES)
        return -1;
    for (int i = 1; i < streams->tries; i++)
        pause =
            pause + pause / 3 < MAX_PAUSE_MS ? pause + pause / 3 : MAX_PAUSE_MS;
    cc_debug(streams->bigquery->base.host,
             "BigQuery: %s; stream %zu resumes at row %lld", error->message,
             streams->current + 1, (long long)streams->offset);
    return cc_deadline_sleep(&limit, pause, error);
}

/* ---- opening ---- */

static int prepare(struct cc_bigquery *bigquery,
                   struct cc_bigquery_streams **streams, struct cc_error *error)
{
    struct cc_bigquery_streams *own = calloc(1, sizeof *own);
    if (!own)
        return cc_error_memory(error);
    own->bigquery = bigquery;
    int status = cc_grpc_new(bigquery->base.connector, bigquery->base.host,
                             bigquery->storage, &own->grpc, error);
    if (status == 0)
        status = cc_ipc_new(0, &own->ipc, error);
    if (status == 0)
        *streams = own;
    else
        cc_bigquery_streams_close(own);
    return status;
}

static enum cc_bigquery_opened judge(const struct cc_bigquery_streams *streams,
                                     const struct cc_error *error)
{
    if (error->stage == CC_STAGE_CANCELLED)
        return CC_BQ_FAILED;
    switch (cc_grpc_code(streams->grpc))
    {
        case CC_GRPC_INVALID_ARGUMENT:
            return CC_BQ_RESTRICTED;
        case CC_GRPC_NOT_FOUND:
        case CC_GRPC_PERMISSION_DENIED:
        case CC_GRPC_UNIMPLEMENTED:
        case CC_GRPC_FAILED_PRECONDITION:
        case CC_GRPC_UNAVAILABLE:
            return CC_BQ_REFUSED;
        default:
            return CC_BQ_FAILED;
    }
}

static int take_schema(struct cc_bigquery_streams *streams,
                       struct cc_error *error)
{
    struct cc_buffer schema = streams->session.schema;
    streams->session.schema = (struct cc_buffer)CC_BUFFER_INIT;
    size_t size = schema.size;
    return size > 0 ? cc_ipc_take(streams->ipc, &schema, 0, size, error) : 0;
}

enum cc_bigquery_opened
cc_bigquery_streams_open(struct cc_bigquery *bigquery,
                         const struct cc_bigquery_session_request *request,
                         struct cc_bigquery_streams **streams,
                         struct cc_error *error)
{
    struct cc_bigquery_streams *own = NULL;
    struct cc_buffer message = CC_BUFFER_INIT;
    enum cc_bigquery_opened opened = CC_BQ_FAILED;
    if (prepare(bigquery, &own, error) != 0 || !own)
        return CC_BQ_FAILED;
    int status = cc_bigquery_pack_session(request, &message, error);
    while (status == 0)
    {
        int created = create(own, request->table, &message, own->anew, error);
        if (created == 0)
        {
            own->tries = 0;
            if (take_schema(own, error) == 0)
                opened = CC_BQ_OPENED;
            break;
        }
        opened = judge(own, error);
        status = recover(own, error);
    }
    cc_buffer_free(&message);
    if (opened == CC_BQ_OPENED)
    {
        *streams = own;
        cc_debug(bigquery->base.host, "BigQuery: %zu streams of %s",
                 own->session.stream_count, request->table);
        return opened;
    }
    cc_bigquery_advise(error);
    cc_bigquery_streams_close(own);
    return opened;
}

const struct cc_ipc_field *
cc_bigquery_streams_fields(struct cc_bigquery_streams *streams, size_t *count,
                           struct cc_error *error)
{
    return cc_ipc_fields(streams->ipc, count, error);
}

void cc_bigquery_streams_close(struct cc_bigquery_streams *streams)
{
    if (!streams)
        return;
    cc_grpc_free(streams->grpc);
    cc_ipc_free(streams->ipc);
    cc_bigquery_session_free(&streams->session);
    free(streams);
}

/* ---- reading ---- */

static int take_rows(struct cc_bigquery_streams *streams,
                     const uint8_t *message, size_t size,
                     struct cc_error *error)
{
    struct cc_bigquery_rows rows;
    CC_TRY(cc_bigquery_unpack_rows(message, size, &rows, error));
    int status = 0;
    size_t count = rows.batch.size;
    if (count > 0)
        status = cc_ipc_take(streams->ipc, &rows.batch, 0, count, error);
    if (count > 0)
        rows.batch = (struct cc_buffer)CC_BUFFER_INIT;
    cc_bigquery_rows_free(&rows);
    return status;
}

/* A message into the reader, or what came instead. */
static enum cc_grpc_read read_message(struct cc_bigquery_streams *streams,
                                      int patience_ms, struct cc_error *error)
{
    const uint8_t *message;
    size_t size;
    if (!streams->calling && begin(streams, error) != 0)
        return CC_GRPC_ERROR;
    enum cc_grpc_read read =
        cc_grpc_read(streams->grpc, &message, &size, patience_ms, error);
    if (read == CC_GRPC_MESSAGE && take_rows(streams, message, size, error))
        return CC_GRPC_ERROR;
    if (read == CC_GRPC_END)
    {
        streams->calling = false;
        streams->current++;
        streams->offset = 0;
    }
    return read;
}

static enum cc_grpc_read take_batch(struct cc_bigquery_streams *streams,
                                    struct ArrowArray *batch,
                                    struct cc_error *error)
{
    switch (cc_ipc_next(streams->ipc, batch, error))
    {
        case CC_IPC_BATCH:
            streams->offset += batch->length;
            streams->tries = 0;
            streams->anew = false;
            return CC_GRPC_MESSAGE;
        case CC_IPC_END:
            return CC_GRPC_END;
        default:
            return CC_GRPC_ERROR;
    }
}

enum cc_grpc_read cc_bigquery_streams_next(struct cc_bigquery_streams *streams,
                                           int patience_ms,
                                           struct ArrowArray *batch,
                                           struct cc_error *error)
{
    for (;;)
    {
        enum cc_grpc_read read = take_batch(streams, batch, error);
        if (read != CC_GRPC_END ||
            streams->current == streams->session.stream_count)
            return read;
        read = read_message(streams, patience_ms, error);
        if (read == CC_GRPC_AGAIN)
            return read;
        if (read == CC_GRPC_ERROR && recover(streams, error) != 0)
        {
            cc_bigquery_advise(error);
            return read;
        }
    }
}
