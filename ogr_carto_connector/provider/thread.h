/* SPDX-License-Identifier: MIT */
/* Threads beside those of the program, whose signals are not for them. */
#ifndef CC_PROVIDER_THREAD_H
#define CC_PROVIDER_THREAD_H

#include "connector/error.h"

#include <pthread.h>

/* 0, or an errno. `thread` NULL: nobody will join it. */
int cc_thread_start(pthread_t *thread, void *(*run)(void *),
                    void *argument) CC_CHECKED;

#endif
