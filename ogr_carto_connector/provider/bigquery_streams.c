/* SPDX-License-Identifier: MIT */
/*
 * The streams of a read session. A thread a stream calls, and decodes what it
 * is given; what waits for the reader is bounded.
 */
#include "bigquery_storage.h"

#include "pipe/queue.h"
#include "thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_TIMEOUT_MS 600000
/* Tries to connect before REST is used instead. */
#define CONNECT_TRIES 3
#define MAX_THREADS 4
/* What a thread reads ahead. */
#define AHEAD_BATCHES 4
#define AHEAD_BYTES ((size_t)16 << 20)
/* How often a reader that waits looks whether it was cancelled. */
#define SLICE_MS 50

/* A thread, and the streams it reads one after the other: each of the session's
 * that is a multiple of the number of threads further on. */
struct reader
{
    struct cc_bigquery_streams *streams;
    struct cc_bigquery_storage storage;
    struct cc_ipc *ipc;
    struct cc_queue *queue;
    pthread_t thread;
    bool started;
    size_t stream;  /* that is read */
    int64_t offset; /* rows received of it */
    bool calling;
    /* once the queue has finished: */
    bool failed;
    struct cc_error error;
};

struct cc_bigquery_streams
{
    struct cc_bigquery *bigquery;
    const struct cc_deadline *limit;
    struct cc_bigquery_session session;
    struct cc_ipc *schema;
    atomic_bool stopped;
    struct reader *readers;
    size_t count;
    struct reader *turns[MAX_THREADS]; /* that have not ended */
    size_t left;
    size_t turn;
};

/* ---- the session ---- */

static int create(struct cc_bigquery_streams *streams,
                  struct cc_bigquery_storage *storage, const char *table,
                  const struct cc_buffer *message, struct cc_error *error)
{
    const uint8_t *answer = NULL;
    size_t size = 0;
    const struct cc_bigquery_storage_call call = {
        .method = "CreateReadSession",
        .parameter = "read_session.table",
        .value = table,
        .message = message,
        .timeout_ms = SESSION_TIMEOUT_MS};
    CC_TRY(cc_bigquery_storage_call(storage, &call, &answer, &size, error));
    return cc_bigquery_unpack_session(answer, size, &streams->session, error);
}

/* What a session that was not created means. */
static enum cc_bigquery_opened judge(const struct cc_bigquery_storage *storage,
                                     const struct cc_error *error)
{
    if (error->stage == CC_STAGE_CANCELLED || error->stage == CC_STAGE_TLS)
        return CC_BQ_FAILED;
    switch (cc_grpc_code(storage->grpc))
    {
        case CC_GRPC_INVALID_ARGUMENT:
            return CC_BQ_RESTRICTED;
        case CC_GRPC_NOT_FOUND:
        case CC_GRPC_PERMISSION_DENIED:
        case CC_GRPC_UNIMPLEMENTED:
        case CC_GRPC_FAILED_PRECONDITION:
        case CC_GRPC_UNAVAILABLE:
            return CC_BQ_REFUSED;
        case CC_GRPC_UNKNOWN:
            return CC_BQ_UNSAID;
        default:
            return CC_BQ_FAILED;
    }
}

static enum cc_bigquery_opened
open_session(struct cc_bigquery_streams *streams,
             const struct cc_bigquery_session_request *request,
             struct cc_error *error)
{
    struct cc_bigquery_storage storage;
    struct cc_buffer message = CC_BUFFER_INIT;
    enum cc_bigquery_opened opened = CC_BQ_FAILED;
    int status = cc_bigquery_storage_open(
        streams->bigquery, streams->limit->cancelled, &storage, error);
    if (status == 0)
        status = cc_bigquery_pack_session(request, &message, error);
    while (status == 0 && opened != CC_BQ_OPENED)
    {
        if (create(streams, &storage, request->table, &message, error) == 0)
            opened = CC_BQ_OPENED;
        else
        {
            bool absent = error->stage == CC_STAGE_CONNECT &&
                          storage.tries >= CONNECT_TRIES;
            opened = judge(&storage, error);
            status = absent ? -1 : cc_bigquery_storage_recover(&storage, error);
        }
        if (status == 0 && opened != CC_BQ_OPENED)
            status = cc_deadline_check(streams->limit, error);
    }
    cc_buffer_free(&message);
    cc_bigquery_storage_close(&storage);
    return opened;
}

/* An emulator may have one stream only, and refuses more in words that no code
 * goes with. */
static enum cc_bigquery_opened
open_some_session(struct cc_bigquery_streams *streams,
                  const struct cc_bigquery_session_request *request,
                  struct cc_error *error)
{
    struct cc_bigquery_session_request single = *request;
    enum cc_bigquery_opened opened = open_session(streams, request, error);
    single.max_streams = 1;
    if (opened == CC_BQ_UNSAID && request->max_streams > 1)
        opened = open_session(streams, &single, error);
    return opened == CC_BQ_UNSAID ? CC_BQ_FAILED : opened;
}

/* ---- reading a stream ---- */

static const char *stream_name(const struct reader *reader)
{
    return reader->streams->session.streams[reader->stream];
}

static int begin(struct reader *reader, struct cc_error *error)
{
    struct cc_buffer message = CC_BUFFER_INIT;
    int status = cc_bigquery_pack_rows(stream_name(reader), reader->offset,
                                       &message, error);
    const struct cc_bigquery_storage_call call = {.method = "ReadRows",
                                                  .parameter = "read_stream",
                                                  .value = stream_name(reader),
                                                  .message = &message};
    if (status == 0)
        status = cc_bigquery_storage_call(&reader->storage, &call, NULL, NULL,
                                          error);
    reader->calling = status == 0;
    cc_buffer_free(&message);
    return status;
}

static int take_rows(struct reader *reader, const uint8_t *message, size_t size,
                     struct cc_error *error)
{
    struct cc_bigquery_rows rows;
    CC_TRY(cc_bigquery_unpack_rows(message, size, &rows, error));
    int status = 0;
    size_t count = rows.batch.size;
    if (count > 0)
        status = cc_ipc_take(reader->ipc, &rows.batch, 0, count, error);
    if (count > 0)
        rows.batch = (struct cc_buffer)CC_BUFFER_INIT;
    cc_bigquery_rows_free(&rows);
    return status;
}

/* A message into the decoder, or the end of the stream. */
static enum cc_grpc_read read_message(struct reader *reader,
                                      struct cc_error *error)
{
    const uint8_t *message;
    size_t size;
    if (!reader->calling && begin(reader, error) != 0)
        return CC_GRPC_ERROR;
    enum cc_grpc_read read =
        cc_grpc_read(reader->storage.grpc, &message, &size, -1, error);
    if (read == CC_GRPC_MESSAGE && take_rows(reader, message, size, error) != 0)
        return CC_GRPC_ERROR;
    if (read == CC_GRPC_END)
    {
        reader->calling = false;
        reader->stream += reader->streams->count;
        reader->offset = 0;
        cc_bigquery_storage_succeeded(&reader->storage);
    }
    return read;
}

/* The next batch of the streams of a thread: of what it was given, then of the
 * next message. */
static enum cc_grpc_read read_batch(struct reader *reader,
                                    struct ArrowArray *batch,
                                    struct cc_error *error)
{
    for (;;)
    {
        enum cc_ipc_read found = cc_ipc_next(reader->ipc, batch, error);
        if (found == CC_IPC_BATCH)
        {
            reader->offset += batch->length;
            cc_bigquery_storage_succeeded(&reader->storage);
            return CC_GRPC_MESSAGE;
        }
        if (found == CC_IPC_ERROR)
            return CC_GRPC_ERROR;
        if (reader->stream >= reader->streams->session.stream_count)
            return CC_GRPC_END;
        if (read_message(reader, error) != CC_GRPC_ERROR)
            continue;
        reader->calling = false;
        if (cc_bigquery_storage_recover(&reader->storage, error) != 0)
            return CC_GRPC_ERROR;
        cc_debug(reader->streams->bigquery->base.host,
                 "BigQuery: %s resumes at row %lld", stream_name(reader),
                 (long long)reader->offset);
    }
}

static void *run(void *argument)
{
    struct reader *reader = argument;
    struct ArrowArray batch;
    enum cc_grpc_read read;
    do
        read = read_batch(reader, &batch, &reader->error);
    while (
        read == CC_GRPC_MESSAGE &&
        cc_queue_push(reader->queue, &batch, cc_ipc_batch_bytes(reader->ipc)));
    reader->failed = read == CC_GRPC_ERROR;
    cc_grpc_end(reader->storage.grpc);
    cc_queue_finish(reader->queue);
    return NULL;
}

/* ---- threads ---- */

static int take_schema(struct cc_ipc *ipc, const struct cc_buffer *schema,
                       struct cc_error *error)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    size_t count;
    if (cc_buffer_append(&bytes, schema->data, schema->size) != 0)
        return cc_error_memory(error);
    CC_TRY(cc_ipc_take(ipc, &bytes, 0, schema->size, error));
    return cc_ipc_fields(ipc, &count, error) ? 0 : -1;
}

static int start_reader(struct cc_bigquery_streams *streams, size_t number,
                        struct cc_error *error)
{
    struct reader *reader = &streams->readers[number];
    reader->streams = streams;
    reader->stream = number;
    cc_error_init(&reader->error, streams->bigquery->base.connector->secrets);
    CC_TRY(cc_bigquery_storage_open(streams->bigquery, &streams->stopped,
                                    &reader->storage, error));
    CC_TRY(cc_ipc_new(0, &reader->ipc, error));
    CC_TRY(take_schema(reader->ipc, &streams->session.schema, error));
    reader->queue = cc_queue_new(AHEAD_BATCHES, AHEAD_BYTES);
    if (!reader->queue || cc_thread_start(&reader->thread, run, reader) != 0)
        return cc_error_memory(error);
    reader->started = true;
    streams->turns[streams->left++] = reader;
    return 0;
}

static int start_readers(struct cc_bigquery_streams *streams,
                         struct cc_error *error)
{
    size_t count = streams->session.stream_count;
    CC_TRY(cc_ipc_new(0, &streams->schema, error));
    CC_TRY(take_schema(streams->schema, &streams->session.schema, error));
    count = count < MAX_THREADS ? count : MAX_THREADS;
    streams->readers = calloc(count + 1, sizeof *streams->readers);
    if (!streams->readers)
        return cc_error_memory(error);
    streams->count = count;
    for (size_t i = 0; i < count; i++)
        CC_TRY(start_reader(streams, i, error));
    return 0;
}

enum cc_bigquery_opened
cc_bigquery_streams_open(struct cc_bigquery *bigquery,
                         const struct cc_bigquery_session_request *request,
                         const struct cc_deadline *limit,
                         struct cc_bigquery_streams **streams,
                         struct cc_error *error)
{
    struct cc_bigquery_streams *own = calloc(1, sizeof *own);
    if (!own)
    {
        (void)cc_error_memory(error);
        return CC_BQ_FAILED;
    }
    own->bigquery = bigquery;
    own->limit = limit;
    atomic_init(&own->stopped, false);
    enum cc_bigquery_opened opened = open_some_session(own, request, error);
    if (opened == CC_BQ_OPENED && start_readers(own, error) != 0)
        opened = CC_BQ_FAILED;
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

static void stop(struct cc_bigquery_streams *streams)
{
    atomic_store(&streams->stopped, true);
    for (size_t i = 0; i < streams->count; i++)
    {
        if (streams->readers[i].started)
            cc_queue_close(streams->readers[i].queue);
    }
    for (size_t i = 0; i < streams->count; i++)
    {
        if (streams->readers[i].started)
            pthread_join(streams->readers[i].thread, NULL);
    }
}

void cc_bigquery_streams_close(struct cc_bigquery_streams *streams)
{
    if (!streams)
        return;
    stop(streams);
    for (size_t i = 0; i < streams->count; i++)
    {
        cc_bigquery_storage_close(&streams->readers[i].storage);
        cc_ipc_free(streams->readers[i].ipc);
        cc_queue_free(streams->readers[i].queue);
    }
    free(streams->readers);
    cc_ipc_free(streams->schema);
    cc_bigquery_session_free(&streams->session);
    free(streams);
}

/* ---- taking ---- */

const struct cc_ipc_field *
cc_bigquery_streams_fields(struct cc_bigquery_streams *streams, size_t *count,
                           struct cc_error *error)
{
    return cc_ipc_fields(streams->schema, count, error);
}

/* A batch of the reader whose turn it is; waits in slices. */
static enum cc_queue_result pop(struct cc_bigquery_streams *streams,
                                int patience_ms, struct ArrowArray *batch)
{
    enum cc_queue_result result;
    struct cc_error over = CC_ERROR_INIT;
    do
    {
        int slice =
            patience_ms < 0 || patience_ms > SLICE_MS ? SLICE_MS : patience_ms;
        result =
            cc_queue_pop(streams->turns[streams->turn]->queue, slice, batch);
        patience_ms -= patience_ms < 0 ? 0 : slice;
    } while (result == CC_QUEUE_AGAIN && patience_ms != 0 &&
             cc_deadline_check(streams->limit, &over) == 0);
    return result;
}

static void end_turn(struct cc_bigquery_streams *streams)
{
    streams->left--;
    memmove(&streams->turns[streams->turn], &streams->turns[streams->turn + 1],
            (streams->left - streams->turn) * sizeof *streams->turns);
    streams->turn = streams->turn < streams->left ? streams->turn : 0;
}

enum cc_grpc_read cc_bigquery_streams_next(struct cc_bigquery_streams *streams,
                                           int patience_ms,
                                           struct ArrowArray *batch,
                                           struct cc_error *error)
{
    while (streams->left > 0)
    {
        const struct reader *reader = streams->turns[streams->turn];
        if (cc_deadline_check(streams->limit, error) != 0)
            return CC_GRPC_ERROR;
        enum cc_queue_result result = pop(streams, patience_ms, batch);
        if (result == CC_QUEUE_BATCH)
        {
            streams->turn = (streams->turn + 1) % streams->left;
            return CC_GRPC_MESSAGE;
        }
        if (result == CC_QUEUE_AGAIN && patience_ms >= 0)
            return CC_GRPC_AGAIN;
        if (result != CC_QUEUE_AGAIN && reader->failed)
        {
            *error = reader->error;
            cc_bigquery_advise(error);
            return CC_GRPC_ERROR;
        }
        if (result != CC_QUEUE_AGAIN)
            end_turn(streams);
    }
    return CC_GRPC_END;
}
