/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

struct slot
{
    struct ArrowArray batch;
    size_t bytes;
};

/* A ring; everything is guarded by the mutex. */
struct cc_queue
{
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t capacity;
    size_t max_bytes;
    size_t first;
    size_t count;
    size_t bytes;
    bool finished;
    bool closed;
    struct slot slots[];
};

/* Waits are by the monotonic clock. */
static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    int status = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (status == 0)
        status = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return status == 0 ? 0 : -1;
}

static int init_locks(struct cc_queue *queue)
{
    if (pthread_mutex_init(&queue->mutex, NULL) != 0)
        return -1;
    if (init_condition(&queue->changed) == 0)
        return 0;
    pthread_mutex_destroy(&queue->mutex);
    return -1;
}

struct cc_queue *cc_queue_new(size_t batches, size_t bytes)
{
    if (batches == 0)
        batches = 1;
    if (batches > SIZE_MAX / sizeof(struct slot) / 2)
        return NULL;
    struct cc_queue *queue =
        calloc(1, sizeof *queue + batches * sizeof(struct slot));
    if (!queue)
        return NULL;
    queue->capacity = batches;
    queue->max_bytes = bytes;
    if (init_locks(queue) == 0)
        return queue;
    free(queue);
    return NULL;
}

/* The mutex is held. */
static void take_first(struct cc_queue *queue, struct ArrowArray *batch)
{
    struct slot *slot = &queue->slots[queue->first];
    *batch = slot->batch;
    queue->bytes -= slot->bytes;
    queue->first = (queue->first + 1) % queue->capacity;
    queue->count--;
}

static void drop_all(struct cc_queue *queue)
{
    while (queue->count > 0)
    {
        struct ArrowArray batch;
        take_first(queue, &batch);
        batch.release(&batch);
    }
}

void cc_queue_free(struct cc_queue *queue)
{
    if (!queue)
        return;
    drop_all(queue);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
    free(queue);
}

static bool has_room(const struct cc_queue *queue, size_t bytes)
{
    if (queue->count == 0)
        return true;
    return queue->count < queue->capacity && queue->bytes < queue->max_bytes &&
           bytes <= queue->max_bytes - queue->bytes;
}

bool cc_queue_push(struct cc_queue *queue, struct ArrowArray *batch,
                   size_t bytes)
{
    pthread_mutex_lock(&queue->mutex);
    while (!queue->closed && !has_room(queue, bytes))
        pthread_cond_wait(&queue->changed, &queue->mutex);
    bool open = !queue->closed;
    if (open)
    {
        size_t last = (queue->first + queue->count) % queue->capacity;
        queue->slots[last] = (struct slot){*batch, bytes};
        queue->bytes += bytes;
        queue->count++;
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    if (!open)
        batch->release(batch);
    return open;
}

void cc_queue_finish(struct cc_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->finished = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

static struct timespec in_ms(int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return until;
}

/* The mutex is held. */
static void wait_for_batch(struct cc_queue *queue, int patience_ms)
{
    const struct timespec until = in_ms(patience_ms < 0 ? 0 : patience_ms);
    int status = 0;
    while (!queue->closed && !queue->finished && queue->count == 0 &&
           status == 0)
        status = patience_ms < 0
                     ? pthread_cond_wait(&queue->changed, &queue->mutex)
                     : pthread_cond_timedwait(&queue->changed, &queue->mutex,
                                              &until);
}

enum cc_queue_result cc_queue_pop(struct cc_queue *queue, int patience_ms,
                                  struct ArrowArray *batch)
{
    enum cc_queue_result result = CC_QUEUE_BATCH;
    pthread_mutex_lock(&queue->mutex);
    wait_for_batch(queue, patience_ms);
    if (queue->closed)
        result = CC_QUEUE_CLOSED;
    else if (queue->count == 0)
        result = queue->finished ? CC_QUEUE_FINISHED : CC_QUEUE_AGAIN;
    else
    {
        take_first(queue, batch);
        pthread_cond_broadcast(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    return result;
}

void cc_queue_close(struct cc_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    drop_all(queue);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}
