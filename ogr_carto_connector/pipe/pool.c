/* SPDX-License-Identifier: MIT */
#include "pool.h"

#include <stdlib.h>

/* Two layers read in turn, and one more described meanwhile. */
#define MAX_IDLE 4

struct cc_pool
{
    const struct cc_provider *provider;
    const struct cc_connector *connector;
    const struct cc_host *host;
    struct cc_connection *idle[MAX_IDLE];
    size_t idle_count;
};

struct cc_pool *cc_pool_new(const struct cc_provider *provider,
                            const struct cc_connector *connector,
                            const struct cc_host *host)
{
    struct cc_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        return NULL;
    pool->provider = provider;
    pool->connector = connector;
    pool->host = host;
    return pool;
}

void cc_pool_free(struct cc_pool *pool)
{
    if (!pool)
        return;
    while (pool->idle_count > 0)
        pool->provider->close(pool->idle[--pool->idle_count]);
    free(pool);
}

/* The one used last: its caches are the warmest, the others may time out. */
int cc_pool_acquire(struct cc_pool *pool, struct cc_connection **connection,
                    struct cc_error *error)
{
    while (pool->idle_count > 0)
    {
        struct cc_connection *idle = pool->idle[--pool->idle_count];
        if (pool->provider->usable(idle))
        {
            *connection = idle;
            return 0;
        }
        pool->provider->close(idle);
    }
    return pool->provider->open(pool->connector, pool->host, connection, error);
}

void cc_pool_release(struct cc_pool *pool, struct cc_connection *connection)
{
    if (!connection)
        return;
    if (pool->idle_count < MAX_IDLE && pool->provider->usable(connection))
        pool->idle[pool->idle_count++] = connection;
    else
        pool->provider->close(connection);
}
