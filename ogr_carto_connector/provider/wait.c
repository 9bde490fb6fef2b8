/* SPDX-License-Identifier: MIT */
#include "wait.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

/* How often a wait looks whether it was cancelled. */
#define SLICE_US 250000

int64_t cc_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void cc_wait_start(struct cc_wait *wait, int64_t timeout_us)
{
    wait->timeout_us = timeout_us;
    wait->waited_us = 0;
}

/* Microseconds until the next look at the flag or the end of either time. */
static int64_t slice_us(const struct cc_wait *wait, int64_t patience_us)
{
    int64_t slice = SLICE_US;
    if (wait->timeout_us > 0 && wait->timeout_us - wait->waited_us < slice)
        slice = wait->timeout_us - wait->waited_us;
    if (patience_us >= 0 && patience_us < slice)
        slice = patience_us;
    return slice;
}

enum cc_wait_result cc_wait_socket(struct cc_wait *wait, int socket,
                                   short events, int64_t patience_us,
                                   short *ready)
{
    struct pollfd descriptor = {socket, events, 0};
    *ready = 0;
    if (socket < 0)
        return CC_WAIT_FAILED;
    for (;;)
    {
        if (atomic_load(&wait->cancelled))
            return CC_WAIT_CANCELLED;
        if (wait->timeout_us > 0 && wait->waited_us >= wait->timeout_us)
            return CC_WAIT_TIMEOUT;
        int64_t slice = slice_us(wait, patience_us);
        int64_t before = cc_now_us();
        int count = poll(&descriptor, 1, (int)((slice + 999) / 1000));
        int64_t passed = cc_now_us() - before;
        wait->waited_us += passed;
        if (count > 0)
        {
            *ready = descriptor.revents;
            return CC_WAIT_READY;
        }
        if (count < 0 && errno != EINTR)
            return CC_WAIT_FAILED;
        if (patience_us >= 0 && (patience_us -= passed) <= 0)
            return CC_WAIT_EXPIRED;
    }
}
