/* SPDX-License-Identifier: MIT */
/*
 * The connections of one dataset: opened when needed, kept while idle. One
 * open cursor holds one connection. Used by one thread at a time.
 */
#ifndef CC_PIPE_POOL_H
#define CC_PIPE_POOL_H

#include "provider/provider.h"

#ifdef __cplusplus
extern "C"
{
#endif

struct cc_pool;

/* `connector` and `host` are borrowed and outlive the pool. Opens nothing. */
struct cc_pool *cc_pool_new(const struct cc_provider *provider,
                            const struct cc_connector *connector,
                            const struct cc_host *host);

/* Closes every idle connection; none may be in use. NULL is allowed. */
void cc_pool_free(struct cc_pool *pool);

/* An idle connection, or a new one. */
int cc_pool_acquire(struct cc_pool *pool, struct cc_connection **connection,
                    struct cc_error *error) CC_CHECKED;

/* Gives it back; closes it when it is not usable any more or enough are idle.
 * NULL is allowed. */
void cc_pool_release(struct cc_pool *pool, struct cc_connection *connection);

#ifdef __cplusplus
}
#endif

#endif
