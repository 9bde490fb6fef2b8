/* SPDX-License-Identifier: MIT */
/*
 * How long something on the wire may take, and who may end it.
 */
#ifndef CC_WIRE_DEADLINE_H
#define CC_WIRE_DEADLINE_H

#include "connector/error.h"

#include <stdatomic.h>
#include <stdint.h>

struct cc_deadline
{
    int64_t at_us;                /* of the monotonic clock; 0: never */
    int64_t seconds;              /* for the message: how long that was, */
    const char *reason;           /* and what asked for it: "connect_timeout" */
    const atomic_bool *cancelled; /* set by any thread; NULL: nobody may */
};

/* Microseconds of the monotonic clock. */
int64_t cc_deadline_now_us(void);

/* Starts to count `seconds` for the parameter `reason`; 0: no deadline. */
void cc_deadline_start(struct cc_deadline *deadline, int64_t seconds,
                       const char *reason);

/* Milliseconds that a wait may take now: what is left, a slice at the most
 * after which to look again. 0 and less: it is over. */
int cc_deadline_slice_ms(const struct cc_deadline *deadline);

/* Fails with CC_STAGE_CANCELLED or CC_STAGE_TIMEOUT when it is over. */
int cc_deadline_check(const struct cc_deadline *deadline,
                      struct cc_error *error) CC_CHECKED;

/* Sets that CC_STAGE_TIMEOUT, and returns -1. */
int cc_deadline_expired(const struct cc_deadline *deadline,
                        struct cc_error *error);

/* Sleeps up to `ms`; the same failures. */
int cc_deadline_sleep(const struct cc_deadline *deadline, int ms,
                      struct cc_error *error) CC_CHECKED;

#endif
