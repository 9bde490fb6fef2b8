/* SPDX-License-Identifier: MIT */
/*
 * The producer thread fetches, applies the row limit and fills the queue; the
 * consumer empties it. What the producer has to say at its end (outcome,
 * error, truncated) is written before cc_queue_finish and read after
 * CC_QUEUE_FINISHED, so the queue's mutex orders it.
 */
#include "pipe.h"
#include "queue.h"

#include "provider/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_QUEUE_BATCHES 4
#define DEFAULT_QUEUE_BYTES ((size_t)16 << 20)

struct cc_pipe
{
    struct cc_cursor *cursor;
    const struct cc_provider *provider;
    int64_t row_limit;
    struct cc_queue *queue;
    pthread_t thread;
    atomic_bool interrupted; /* nothing further is to be fetched */
    atomic_bool cancelled;   /* by cc_pipe_cancel: the reader is to know */
    atomic_bool done;        /* the producer fetches no more */
    atomic_bool cancel_sent; /* the provider is asked once */

    /* the producer's, see above */
    enum cc_fetch outcome;
    struct cc_error error;
    bool truncated;

    /* the consumer's */
    bool joined;
    int64_t rows;
    enum cc_fetch last; /* what every further cc_pipe_next gives */
    struct cc_error last_error;
    bool end_truncated;
};

static void cancel_statement(struct cc_pipe *pipe)
{
    if (!atomic_exchange(&pipe->cancel_sent, true))
        pipe->provider->cancel(pipe->cursor);
}

/* ---- producer ---- */

/* The batch that exceeds the limit: its first rows still count. The statement
 * is cancelled before the wait for room in the queue. */
static void push_last_rows(struct cc_pipe *pipe, struct ArrowArray *batch,
                           int64_t rows)
{
    pipe->truncated = true;
    cancel_statement(pipe);
    if (rows == 0)
    {
        batch->release(batch);
        return;
    }
    size_t bytes = cc_batch_size(pipe->cursor->builder, batch);
    cc_batch_truncate(batch, rows);
    (void)cc_queue_push(pipe->queue, batch, bytes);
}

/* Fetches until the end, an error, the limit or an interruption. */
static enum cc_fetch fetch_all(struct cc_pipe *pipe)
{
    int64_t left = pipe->row_limit < 0 ? INT64_MAX : pipe->row_limit;
    while (!atomic_load(&pipe->interrupted))
    {
        struct ArrowArray batch;
        enum cc_fetch result =
            pipe->provider->fetch(pipe->cursor, &batch, &pipe->error);
        if (result != CC_FETCH_BATCH)
            return result;
        if (batch.length > left)
        {
            push_last_rows(pipe, &batch, left);
            return CC_FETCH_END;
        }
        left -= batch.length;
        size_t bytes = cc_batch_size(pipe->cursor->builder, &batch);
        if (!cc_queue_push(pipe->queue, &batch, bytes))
            break;
    }
    return CC_FETCH_END;
}

static void *produce(void *argument)
{
    struct cc_pipe *pipe = argument;
    if (pipe->provider->thread_begin)
        pipe->provider->thread_begin();
    pipe->outcome = fetch_all(pipe);
    if (pipe->provider->thread_end)
        pipe->provider->thread_end();
    atomic_store(&pipe->done, true);
    cc_queue_finish(pipe->queue);
    return NULL;
}

/* ---- life ---- */

static const struct cc_secrets *secrets_of(const struct cc_cursor *cursor,
                                           const struct cc_error *error)
{
    const struct cc_connector *connector = cursor->connection->connector;
    if (connector)
        return connector->secrets;
    return error ? error->secrets : NULL;
}

static struct cc_pipe *create(struct cc_cursor *cursor,
                              const struct cc_pipe_options *options,
                              const struct cc_secrets *secrets)
{
    struct cc_pipe *pipe = calloc(1, sizeof *pipe);
    if (!pipe)
        return NULL;
    pipe->cursor = cursor;
    pipe->provider = cursor->connection->provider;
    pipe->row_limit = options->row_limit;
    pipe->last = CC_FETCH_BATCH;
    cc_error_init(&pipe->error, secrets);
    cc_error_init(&pipe->last_error, secrets);
    pipe->queue = cc_queue_new(
        options->queue_batches ? options->queue_batches : DEFAULT_QUEUE_BATCHES,
        options->queue_bytes ? options->queue_bytes : DEFAULT_QUEUE_BYTES);
    if (pipe->queue && cc_thread_start(&pipe->thread, produce, pipe) == 0)
        return pipe;
    cc_queue_free(pipe->queue);
    free(pipe);
    return NULL;
}

int cc_pipe_start(struct cc_cursor *cursor,
                  const struct cc_pipe_options *options, struct cc_pipe **pipe,
                  struct cc_error *error)
{
    *pipe = create(cursor, options, secrets_of(cursor, error));
    if (*pipe)
        return 0;
    cursor->connection->provider->close_cursor(cursor);
    return cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                        "no memory or no thread for reading");
}

/* Wakes the producer wherever it waits, once. */
static void interrupt_producer(struct cc_pipe *pipe)
{
    if (atomic_exchange(&pipe->interrupted, true))
        return;
    cc_queue_close(pipe->queue);
    if (!atomic_load(&pipe->done))
        cancel_statement(pipe);
}

void cc_pipe_cancel(struct cc_pipe *pipe)
{
    atomic_store(&pipe->cancelled, true);
    interrupt_producer(pipe);
}

void cc_pipe_stop(struct cc_pipe *pipe)
{
    if (pipe->joined)
        return;
    interrupt_producer(pipe);
    pthread_join(pipe->thread, NULL);
    pipe->joined = true;
}

void cc_pipe_close(struct cc_pipe *pipe)
{
    if (!pipe)
        return;
    cc_pipe_stop(pipe);
    pipe->provider->close_cursor(pipe->cursor);
    cc_queue_free(pipe->queue);
    free(pipe);
}

/* ---- consumer ---- */

/* The queue has nothing more: why. */
static void settle(struct cc_pipe *pipe, enum cc_queue_result result)
{
    if (atomic_load(&pipe->cancelled))
    {
        cc_error_set(&pipe->last_error, CC_STAGE_CANCELLED, NULL,
                     "the read was cancelled");
        pipe->last = CC_FETCH_ERROR;
        return;
    }
    pipe->last = CC_FETCH_END;
    if (result != CC_QUEUE_FINISHED)
        return;
    pipe->last = pipe->outcome;
    pipe->last_error = pipe->error;
    pipe->end_truncated = pipe->truncated;
}

enum cc_fetch cc_pipe_next(struct cc_pipe *pipe, struct ArrowArray *batch,
                           struct cc_error *error)
{
    if (pipe->last == CC_FETCH_BATCH)
    {
        enum cc_queue_result result = cc_queue_pop(pipe->queue, -1, batch);
        if (result == CC_QUEUE_BATCH)
        {
            pipe->rows += batch->length;
            return CC_FETCH_BATCH;
        }
        settle(pipe, result);
    }
    if (pipe->last == CC_FETCH_ERROR && error)
        *error = pipe->last_error;
    return pipe->last;
}

int64_t cc_pipe_rows(const struct cc_pipe *pipe)
{
    return pipe->rows;
}

bool cc_pipe_truncated(const struct cc_pipe *pipe)
{
    return pipe->end_truncated;
}

const struct cc_batch_builder *cc_pipe_builder(const struct cc_pipe *pipe)
{
    return pipe->cursor->builder;
}
