/* SPDX-License-Identifier: MIT */
/*
 * A bounded queue of batches between one producer and one consumer thread.
 */
#ifndef CC_PIPE_QUEUE_H
#define CC_PIPE_QUEUE_H

#include "column/arrow_abi.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_queue;

enum cc_queue_result
{
    CC_QUEUE_BATCH,    /* *batch is the caller's */
    CC_QUEUE_FINISHED, /* the producer has finished, all was taken */
    CC_QUEUE_CLOSED,
    CC_QUEUE_AGAIN /* `patience_ms` passed without a batch */
};

/* Holds at most `batches` (at least 1), and more than one only up to
 * `bytes`, so that a batch of any size passes. NULL when out of memory. */
struct cc_queue *cc_queue_new(size_t batches, size_t bytes);

/* Releases what is still in it. NULL is allowed. */
void cc_queue_free(struct cc_queue *queue);

/* Takes *batch over, waiting while the queue is full. false when the queue
 * is closed; the batch is released then. */
bool cc_queue_push(struct cc_queue *queue, struct ArrowArray *batch,
                   size_t bytes);

/* The producer has no further batch. What it wrote before can be read by
 * the consumer after CC_QUEUE_FINISHED. */
void cc_queue_finish(struct cc_queue *queue);

/* The next batch, waiting for one at most `patience_ms`; < 0: as long as it
 * takes. */
enum cc_queue_result cc_queue_pop(struct cc_queue *queue, int patience_ms,
                                  struct ArrowArray *batch);

/* Releases what is in the queue and wakes both sides. Any thread. */
void cc_queue_close(struct cc_queue *queue);

#ifdef __cplusplus
}
#endif

#endif
