/* SPDX-License-Identifier: MIT */
/*
 * Cancellation. PQcancel blocks for as long as the network does not answer, so
 * it runs in a thread of its own that nobody has to wait for.
 */
#include "pq_internal.h"

#include "thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define PATIENCE_SECONDS 1

/* Shared by the thread and who waits for it; the last owner frees it. */
struct request
{
    PGcancel *cancel;
    pthread_mutex_t mutex;
    pthread_cond_t finished;
    bool done;
    int owners;
};

static struct request *request_new(PGconn *conn)
{
    struct request *request = calloc(1, sizeof *request);
    if (!request)
        return NULL;
    request->cancel = PQgetCancel(conn);
    if (!request->cancel)
    {
        free(request);
        return NULL;
    }
    request->owners = 1;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&request->mutex, NULL);
    pthread_cond_init(&request->finished, &attributes);
    pthread_condattr_destroy(&attributes);
    return request;
}

static void request_release(struct request *request)
{
    pthread_mutex_lock(&request->mutex);
    bool last = --request->owners == 0;
    pthread_mutex_unlock(&request->mutex);
    if (!last)
        return;
    PQfreeCancel(request->cancel);
    pthread_cond_destroy(&request->finished);
    pthread_mutex_destroy(&request->mutex);
    free(request);
}

static void *request_run(void *argument)
{
    struct request *request = argument;
    char words[256];
    (void)PQcancel(request->cancel, words, sizeof words);
    pthread_mutex_lock(&request->mutex);
    request->done = true;
    pthread_cond_signal(&request->finished);
    pthread_mutex_unlock(&request->mutex);
    request_release(request);
    return NULL;
}

static bool request_start(struct request *request)
{
    request->owners++;
    bool started = cc_thread_start(NULL, request_run, request) == 0;
    if (!started)
        request->owners--;
    return started;
}

/* false: it is not known whether the server was told. */
static bool request_wait(struct request *request)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += PATIENCE_SECONDS;
    int status = 0;
    pthread_mutex_lock(&request->mutex);
    while (!request->done && status == 0)
        status =
            pthread_cond_timedwait(&request->finished, &request->mutex, &until);
    bool done = request->done;
    pthread_mutex_unlock(&request->mutex);
    return done;
}

void cc_pq_request_cancel(struct cc_pq *pq)
{
    struct request *request = request_new(pq->conn);
    if (!request)
        return;
    /* one that arrives late could stop a later statement */
    if (!request_start(request) || !request_wait(request))
        atomic_store(&pq->doubtful, true);
    request_release(request);
}

void cc_pq_cancel(struct cc_pq *pq)
{
    atomic_store(&pq->cancelled, true);
    cc_pq_request_cancel(pq);
}
