/* SPDX-License-Identifier: MIT */
#include "thread.h"

#include <signal.h>

int cc_thread_start(pthread_t *thread, void *(*run)(void *), void *argument)
{
    sigset_t all;
    sigset_t before;
    pthread_t detached;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed =
        pthread_create(thread ? thread : &detached, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!failed && !thread)
        (void)pthread_detach(detached);
    return failed;
}
