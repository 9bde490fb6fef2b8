/* SPDX-License-Identifier: MIT */
/*
 * What the core needs of the program it runs in: somewhere to send debug
 * messages. Warnings and errors are returned, never sent.
 */
#ifndef CC_CONNECTOR_HOST_H
#define CC_CONNECTOR_HOST_H

#include "error.h"

#ifdef __cplusplus
extern "C"
{
#endif

/*
 * `debug` may be called from any thread and may be NULL. `secrets` (borrowed,
 * may be NULL) is applied to every message.
 */
struct cc_host
{
    void (*debug)(void *context, const char *message);
    void *context;
    const struct cc_secrets *secrets;
};

/* Formats, redacts and sends a debug message. `host` may be NULL. */
void cc_debug(const struct cc_host *host, const char *format, ...)
    CC_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif
