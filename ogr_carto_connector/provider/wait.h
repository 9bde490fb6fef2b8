/* SPDX-License-Identifier: MIT */
/*
 * Waiting for the socket of a client library on behalf of one statement at a
 * time: its time limit, the caller's patience, cancellation.
 */
#ifndef CC_PROVIDER_WAIT_H
#define CC_PROVIDER_WAIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum cc_wait_result
{
    CC_WAIT_READY,
    CC_WAIT_EXPIRED,   /* the caller's patience */
    CC_WAIT_TIMEOUT,   /* the statement's time */
    CC_WAIT_CANCELLED, /* `cancelled` was set */
    CC_WAIT_FAILED     /* there is no socket */
};

/* Only `cancelled` may be touched by another thread. */
struct cc_wait
{
    int64_t timeout_us; /* of a statement; 0: none */
    int64_t waited_us;  /* for the server; what its reader takes is not it */
    atomic_bool cancelled;
};

/* Microseconds of a clock that only goes forward. */
int64_t cc_now_us(void);

/* Begins to count the time of a statement. */
void cc_wait_start(struct cc_wait *wait, int64_t timeout_us);

/*
 * Waits until one of `events` (of poll) has come, *ready set to those that
 * have. `patience_us` < 0: as long as the statement may. Looks for
 * cancellation a few times a second; who cancels and wants the waiter to know
 * at once shuts the socket down.
 */
enum cc_wait_result cc_wait_socket(struct cc_wait *wait, int socket,
                                   short events, int64_t patience_us,
                                   short *ready);

#endif
