/* SPDX-License-Identifier: MIT */
#include "deadline.h"

#include <time.h>

/* How often a wait looks whether it was cancelled. */
#define SLICE_MS 50

int64_t cc_deadline_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void cc_deadline_start(struct cc_deadline *deadline, int64_t seconds,
                       const char *reason)
{
    deadline->at_us =
        seconds > 0 ? cc_deadline_now_us() + seconds * 1000000 : 0;
    deadline->seconds = seconds;
    deadline->reason = reason;
}

int cc_deadline_slice_ms(const struct cc_deadline *deadline)
{
    if (deadline->at_us == 0)
        return SLICE_MS;
    int64_t left = deadline->at_us - cc_deadline_now_us();
    if (left > (int64_t)SLICE_MS * 1000)
        return SLICE_MS;
    return left > 0 ? (int)((left + 999) / 1000) : 0;
}

int cc_deadline_expired(const struct cc_deadline *deadline,
                        struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_TIMEOUT, NULL,
                        "the server did not answer within %lld s (%s)",
                        (long long)deadline->seconds, deadline->reason);
}

int cc_deadline_check(const struct cc_deadline *deadline,
                      struct cc_error *error)
{
    if (deadline->cancelled && atomic_load(deadline->cancelled))
        return cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                            "the read was cancelled");
    if (deadline->at_us == 0 || cc_deadline_now_us() < deadline->at_us)
        return 0;
    return cc_deadline_expired(deadline, error);
}

int cc_deadline_sleep(const struct cc_deadline *deadline, int ms,
                      struct cc_error *error)
{
    while (ms > 0)
    {
        CC_TRY(cc_deadline_check(deadline, error));
        int slice = cc_deadline_slice_ms(deadline);
        if (slice > ms)
            slice = ms;
        struct timespec pause = {slice / 1000, (long)(slice % 1000) * 1000000};
        (void)nanosleep(&pause, NULL);
        ms -= slice > 0 ? slice : 1;
    }
    return cc_deadline_check(deadline, error);
}
