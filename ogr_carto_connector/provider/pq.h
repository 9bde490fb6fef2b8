/* SPDX-License-Identifier: MIT */
/*
 * What the providers that speak PostgreSQL's protocol share: connecting with a
 * deadline, statements with a timeout, cancellation, errors. All waiting is
 * done here, on the socket, never inside libpq.
 */
#ifndef CC_PROVIDER_PQ_H
#define CC_PROVIDER_PQ_H

#include "provider.h"

#include <libpq-fe.h>

#include <stdatomic.h>

/* A connection of such a provider, which may embed it as first member. */
struct cc_pq
{
    struct cc_connection base;
    PGconn *conn;
    bool broken;        /* not to be used for another statement */
    bool in_copy;       /* a COPY has begun and its end was not seen */
    bool unread;        /* TLS may hold decrypted bytes that poll cannot see */
    int64_t timeout_us; /* query_timeout; 0: none */
    int64_t waited_us;  /* for the server, within this statement */
    atomic_bool cancelled; /* the reader does not want the statement any more */
    atomic_bool doubtful;  /* a request to cancel is still under way */
};

/* How to connect. */
struct cc_pq_options
{
    const char *host;
    const char *client_encoding; /* NULL: not asked for at startup */
};

/*
 * Connects. `pq` is zeroed but for what the provider added; its base is set,
 * server_version excepted. On failure `pq` is closed. Stages: resolve,
 * connect, TLS, login, timeout, cancelled.
 */
int cc_pq_connect(struct cc_pq *pq, const struct cc_connector *connector,
                  const struct cc_host *host,
                  const struct cc_pq_options *options,
                  struct cc_error *error) CC_CHECKED;

/* Closes the wire; `pq` itself is the caller's. */
void cc_pq_disconnect(struct cc_pq *pq);

/* Whether nothing runs or is open on a connection that is sound. No I/O. */
bool cc_pq_usable(const struct cc_pq *pq);

/* A statement's parameters are text; `binary` asks for binary results. */
struct cc_pq_statement
{
    const char *sql;
    const char *const *values;
    int count;
    bool binary;
    bool simple; /* the simple protocol: several statements are allowed */
};

/* Sends a statement and begins to count its time. */
int cc_pq_send(struct cc_pq *pq, const struct cc_pq_statement *statement,
               struct cc_error *error) CC_CHECKED;

/* The next result of what was sent; *result = NULL when there is no more. An
 * error result is an error (CC_STAGE_QUERY). */
int cc_pq_next_result(struct cc_pq *pq, PGresult **result,
                      struct cc_error *error) CC_CHECKED;

/* Sends and reads to the end. *result (may be NULL when not wanted) is the
 * last one. */
int cc_pq_execute(struct cc_pq *pq, const struct cc_pq_statement *statement,
                  PGresult **result, struct cc_error *error) CC_CHECKED;

/* The same for text without parameters or interest in a result. */
int cc_pq_run(struct cc_pq *pq, const char *sql,
              struct cc_error *error) CC_CHECKED;

/* The columns of a query without running it, as libpq's description. */
int cc_pq_describe(struct cc_pq *pq, const char *sql, PGresult **result,
                   struct cc_error *error) CC_CHECKED;

enum cc_pq_wait
{
    CC_PQ_WAIT_ERROR = -1,
    CC_PQ_WAIT_READY = 0,  /* input was read */
    CC_PQ_WAIT_EXPIRED = 1 /* `patience_ms` passed */
};

/* Waits for input and reads it; patience_ms < 0: as long as the statement may
 * take. Fails when the statement's time is over, it was cancelled, or the wire
 * broke; then the server has been told to stop. */
enum cc_pq_wait cc_pq_wait_input(struct cc_pq *pq, int patience_ms,
                                 struct cc_error *error);

/* Sets the error from a result, or from the connection when NULL, in the
 * server's words with detail and hint. Returns -1. */
int cc_pq_error(struct cc_pq *pq, const PGresult *result, enum cc_stage stage,
                struct cc_error *error);

/* Cancels the statement for its reader: from now on waiting for it fails with
 * CC_STAGE_CANCELLED. Any thread; returns within a second, whether or not the
 * server could be reached. */
void cc_pq_cancel(struct cc_pq *pq);

/* Ends whatever runs, by cancelling it when it is not over, and the
 * transaction. Takes about two seconds at the most; what does not end by then
 * leaves the connection broken. */
void cc_pq_finish(struct cc_pq *pq);

/* Microseconds of the monotonic clock. */
int64_t cc_pq_now_us(void);

/* The column of a row as text, NULL for NULL. */
const char *cc_pq_text(const PGresult *result, int row, int column);

#endif
