/* SPDX-License-Identifier: MIT */
#ifndef CC_PROVIDER_PQ_INTERNAL_H
#define CC_PROVIDER_PQ_INTERNAL_H

#include "pq.h"

/* Waits for `events` of poll() on the connection's socket; 0: timed out or
 * interrupted, anything else: ready, or in error, which the next call into
 * libpq finds. */
int cc_pq_poll(const PGconn *conn, short events, int timeout_ms);

/* Asks the server to stop what runs; returns within a second. */
void cc_pq_request_cancel(struct cc_pq *pq);

#endif
