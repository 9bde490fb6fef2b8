/* SPDX-License-Identifier: MIT */
/*
 * The pipe: one producer thread that fetches from a cursor into a bounded
 * queue, and the row limit.
 */
#ifndef CC_PIPE_PIPE_H
#define CC_PIPE_PIPE_H

#include "provider/provider.h"

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_pipe;

struct cc_pipe_options
{
    int64_t row_limit;    /* rows delivered at the most; < 0: no limit */
    size_t queue_batches; /* 0: 4 */
    size_t queue_bytes;   /* a batch always fits; 0: 16 MiB */
};

/* Takes the cursor over, also on failure, and starts to fetch. */
int cc_pipe_start(struct cc_cursor *cursor,
                  const struct cc_pipe_options *options, struct cc_pipe **pipe,
                  struct cc_error *error) CC_CHECKED;

/* The next batch into *batch (released by the caller), in order. After
 * CC_FETCH_END or CC_FETCH_ERROR every further call gives the same. */
enum cc_fetch cc_pipe_next(struct cc_pipe *pipe, struct ArrowArray *batch,
                           struct cc_error *error);

/* Rows handed out so far. */
int64_t cc_pipe_rows(const struct cc_pipe *pipe);

/* After CC_FETCH_END: whether the source had more rows than the limit. */
bool cc_pipe_truncated(const struct cc_pipe *pipe);

/* The cursor's builder: the decided SRIDs after the first batch, the losses
 * after cc_pipe_stop. Borrowed. */
const struct cc_batch_builder *cc_pipe_builder(const struct cc_pipe *pipe);

/* Makes a cc_pipe_next that waits in another thread return, as every later
 * one, with CC_STAGE_CANCELLED. Any thread, until cc_pipe_close begins. */
void cc_pipe_cancel(struct cc_pipe *pipe);

/* Cancels what still runs and joins the thread: from then on the builder's
 * counts stand still and may be read, and cc_pipe_next gives CC_FETCH_END (or
 * the error it gave before). Called by the thread that calls cc_pipe_next. */
void cc_pipe_stop(struct cc_pipe *pipe);

/* Cancels what still runs, joins the thread and closes the cursor; the
 * connection is free afterwards. NULL is allowed. */
void cc_pipe_close(struct cc_pipe *pipe);

#ifdef __cplusplus
}
#endif

#endif
