/* SPDX-License-Identifier: MIT */
#include "pq_internal.h"

#include <poll.h>
#include <string.h>
#include <time.h>

/* How often a wait looks whether it was cancelled. */
#define SLICE_US INT64_C(250000)
/* How long a statement may take to end, and one that was told to before. */
#define FINISH_US 1000000
#define CANCELLED_US 300000
#define DISCARD_SLICE_MS 25

int64_t cc_pq_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int cc_pq_poll(const PGconn *conn, short events, int timeout_ms)
{
    struct pollfd socket = {PQsocket(conn), events, 0};
    if (socket.fd < 0)
        return -1;
    int ready = poll(&socket, 1, timeout_ms);
    return ready > 0 ? 1 : 0;
}

/* ---- errors ---- */

static const char *hint_of(const char *code)
{
    static const struct
    {
        const char *code;
        const char *hint;
    } hints[] = {
        {"25006", "Data is read in a read-only transaction: a query that "
                  "writes cannot be imported."},
        {"57P01", "The server ended the connection; try again."},
        {"40001", "A standby server cancelled the query; try again."},
    };
    for (size_t i = 0; code && i < sizeof hints / sizeof *hints; i++)
    {
        if (strcmp(hints[i].code, code) == 0)
            return hints[i].hint;
    }
    return NULL;
}

static void append_field(const PGresult *result, int field, const char *label,
                         struct cc_error *error)
{
    const char *text = PQresultErrorField(result, field);
    if (text && *text)
        (void)cc_error_append(error, "\n%s: %s", label, text);
}

static int result_error(const PGresult *result, enum cc_stage stage,
                        struct cc_error *error)
{
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *words = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    /* the server goes down or ends the session: not the statement's fault */
    if (code && strncmp(code, "57P", 3) == 0)
        stage = CC_STAGE_FETCH;
    (void)cc_error_set(error, stage, code, "%s",
                       words ? words : PQresultErrorMessage(result));
    append_field(result, PG_DIAG_MESSAGE_DETAIL, "Detail", error);
    append_field(result, PG_DIAG_MESSAGE_HINT, "Hint", error);
    const char *hint = hint_of(code);
    return hint ? cc_error_append(error, "\n%s", hint) : -1;
}

int cc_pq_error(struct cc_pq *pq, const PGresult *result, enum cc_stage stage,
                struct cc_error *error)
{
    if (PQstatus(pq->conn) == CONNECTION_BAD)
        pq->broken = true;
    if (atomic_load(&pq->cancelled))
        return cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                            "the read was cancelled");
    if (result)
        return result_error(result, stage, error);
    pq->broken = true;
    return cc_error_set(
        error, stage, NULL, "%s%s",
        PQstatus(pq->conn) == CONNECTION_BAD ? "the connection was lost: " : "",
        PQerrorMessage(pq->conn));
}

static int timeout_error(const struct cc_pq *pq, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_TIMEOUT, NULL,
                        "the server took longer than %lld s (query_timeout); "
                        "the statement was cancelled",
                        (long long)(pq->timeout_us / 1000000));
}

/* ---- waiting ---- */

/* Milliseconds a poll may take: a slice, what is left of the statement's time
 * and of the caller's patience; 0 or less: time is over. */
static int slice_ms(const struct cc_pq *pq, int64_t patience_us)
{
    int64_t left = SLICE_US;
    if (pq->timeout_us > 0 && pq->timeout_us - pq->waited_us < left)
        left = pq->timeout_us - pq->waited_us;
    if (patience_us >= 0 && patience_us < left)
        left = patience_us;
    return (int)((left + 999) / 1000);
}

/* One poll, its time counted. 1: ready, 0: not, -1: the statement is over. */
static int wait_slice(struct cc_pq *pq, short events, int64_t patience_us,
                      struct cc_error *error)
{
    if (atomic_load(&pq->cancelled))
        return cc_pq_error(pq, NULL, CC_STAGE_CANCELLED, error);
    if (pq->timeout_us > 0 && pq->waited_us >= pq->timeout_us)
    {
        cc_pq_request_cancel(pq);
        return timeout_error(pq, error);
    }
    int64_t before = cc_pq_now_us();
    int ready = cc_pq_poll(pq->conn, events, slice_ms(pq, patience_us));
    pq->waited_us += cc_pq_now_us() - before;
    return ready != 0 ? 1 : 0;
}

static bool is_error(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);
    return result &&
           (status == PGRES_FATAL_ERROR || status == PGRES_NONFATAL_ERROR ||
            status == PGRES_BAD_RESPONSE);
}

/* The error of a wire that broke: the server's last words where it had any,
 * which libpq read before it found the end. */
static void lost_error(struct cc_pq *pq, struct cc_error *error)
{
    (void)cc_pq_error(pq, NULL, CC_STAGE_FETCH, error);
    char *row = NULL;
    while (pq->in_copy && PQgetCopyData(pq->conn, &row, 1) > 0)
        PQfreemem(row);
    PGresult *result;
    while ((result = PQgetResult(pq->conn)) != NULL)
    {
        bool last = PQresultStatus(result) == PGRES_COPY_OUT;
        if (PQresultErrorField(result, PG_DIAG_SQLSTATE))
            (void)cc_pq_error(pq, result, CC_STAGE_FETCH, error);
        PQclear(result);
        if (last)
            return;
    }
}

static enum cc_pq_wait consume(struct cc_pq *pq, struct cc_error *error)
{
    if (PQconsumeInput(pq->conn))
        return CC_PQ_WAIT_READY;
    lost_error(pq, error);
    return CC_PQ_WAIT_ERROR;
}

enum cc_pq_wait cc_pq_wait_input(struct cc_pq *pq, int patience_ms,
                                 struct cc_error *error)
{
    if (pq->unread)
    {
        pq->unread = false;
        return consume(pq, error);
    }
    int64_t end = cc_pq_now_us() + (int64_t)patience_ms * 1000;
    for (;;)
    {
        int64_t left = patience_ms < 0 ? -1 : end - cc_pq_now_us();
        if (patience_ms >= 0 && left <= 0)
            return CC_PQ_WAIT_EXPIRED;
        int ready = wait_slice(pq, POLLIN, left, error);
        if (ready < 0)
            return CC_PQ_WAIT_ERROR;
        if (ready > 0)
            break;
    }
    pq->unread = PQsslInUse(pq->conn) != 0;
    return consume(pq, error);
}

/* ---- statements ---- */

/* Sends what libpq holds back; the server may want to be read meanwhile. */
static int flush(struct cc_pq *pq, struct cc_error *error)
{
    int pending;
    while ((pending = PQflush(pq->conn)) > 0)
    {
        if (wait_slice(pq, POLLIN | POLLOUT, -1, error) < 0 ||
            consume(pq, error) != CC_PQ_WAIT_READY)
            return -1;
    }
    return pending == 0 ? 0 : cc_pq_error(pq, NULL, CC_STAGE_QUERY, error);
}

/* Counts a statement's time from here and sees to what was sent. */
static int sent(struct cc_pq *pq, int accepted, struct cc_error *error)
{
    pq->waited_us = 0;
    pq->in_copy = false;
    if (!accepted)
        return cc_pq_error(pq, NULL, CC_STAGE_QUERY, error);
    return flush(pq, error);
}

int cc_pq_send(struct cc_pq *pq, const struct cc_pq_statement *statement,
               struct cc_error *error)
{
    int accepted = statement->simple
                       ? PQsendQuery(pq->conn, statement->sql)
                       : PQsendQueryParams(
                             pq->conn, statement->sql, statement->count, NULL,
                             statement->values, NULL, NULL, statement->binary);
    return sent(pq, accepted, error);
}

/* PQgetResult, waiting here. */
static int await_result(struct cc_pq *pq, PGresult **result,
                        struct cc_error *error)
{
    *result = NULL;
    while (PQisBusy(pq->conn))
    {
        if (cc_pq_wait_input(pq, -1, error) != CC_PQ_WAIT_READY)
            return -1;
    }
    *result = PQgetResult(pq->conn);
    return 0;
}

int cc_pq_next_result(struct cc_pq *pq, PGresult **result,
                      struct cc_error *error)
{
    CC_TRY(await_result(pq, result, error));
    if (!is_error(*result))
        return 0;
    (void)cc_pq_error(pq, *result, CC_STAGE_QUERY, error);
    /* what is left of a failed statement, so that another one may follow */
    do
        PQclear(*result);
    while (await_result(pq, result, NULL) == 0 && *result);
    *result = NULL;
    return -1;
}

/* Reads to the end and keeps the last result. */
static int collect(struct cc_pq *pq, PGresult **result, struct cc_error *error)
{
    PGresult *last = NULL;
    PGresult *next = NULL;
    int status;
    while ((status = cc_pq_next_result(pq, &next, error)) == 0 && next)
    {
        PQclear(last);
        last = next;
    }
    if (status == 0 && !last)
        status = cc_error_set(error, CC_STAGE_QUERY, NULL,
                              "the server sent no result");
    if (status == 0 && result)
        *result = last;
    else
        PQclear(last);
    return status;
}

int cc_pq_execute(struct cc_pq *pq, const struct cc_pq_statement *statement,
                  PGresult **result, struct cc_error *error)
{
    CC_TRY(cc_pq_send(pq, statement, error));
    return collect(pq, result, error);
}

int cc_pq_run(struct cc_pq *pq, const char *sql, struct cc_error *error)
{
    const struct cc_pq_statement statement = {.sql = sql, .simple = true};
    return cc_pq_execute(pq, &statement, NULL, error);
}

int cc_pq_describe(struct cc_pq *pq, const char *sql, PGresult **result,
                   struct cc_error *error)
{
    CC_TRY(sent(pq, PQsendPrepare(pq->conn, "", sql, 0, NULL), error));
    CC_TRY(collect(pq, NULL, error));
    CC_TRY(sent(pq, PQsendDescribePrepared(pq->conn, ""), error));
    return collect(pq, result, error);
}

const char *cc_pq_text(const PGresult *result, int row, int column)
{
    return PQgetisnull(result, row, column) ? NULL
                                            : PQgetvalue(result, row, column);
}

/* ---- the end ---- */

/* Throws away one piece of what the server sends. 1: it was the last, 0: there
 * may be more, -1: more has to arrive first. */
static int discard_piece(struct cc_pq *pq)
{
    if (pq->in_copy)
    {
        char *row = NULL;
        int size = PQgetCopyData(pq->conn, &row, 1);
        PQfreemem(row);
        pq->in_copy = size >= 0;
        return size == 0 ? -1 : 0;
    }
    if (PQisBusy(pq->conn))
        return -1;
    PGresult *result = PQgetResult(pq->conn);
    pq->in_copy = result && PQresultStatus(result) == PGRES_COPY_OUT;
    bool last = !result;
    PQclear(result);
    return last ? 1 : 0;
}

/* Reads what runs to its end; false when it did not end in time. */
static bool discard(struct cc_pq *pq, int64_t patience_us)
{
    int64_t end = cc_pq_now_us() + patience_us;
    while (cc_pq_now_us() < end && PQflush(pq->conn) >= 0)
    {
        int status = discard_piece(pq);
        if (status > 0)
            return true;
        if (status == 0)
            continue;
        (void)cc_pq_poll(pq->conn, POLLIN, DISCARD_SLICE_MS);
        if (!PQconsumeInput(pq->conn))
            return false;
    }
    return false;
}

/* A statement is told to end, again where an earlier request may have come
 * before the statement. */
static bool end_statement(struct cc_pq *pq)
{
    if (atomic_load(&pq->cancelled) && discard(pq, CANCELLED_US))
        return true;
    if (PQstatus(pq->conn) != CONNECTION_OK || atomic_load(&pq->doubtful))
        return false;
    cc_pq_request_cancel(pq);
    return discard(pq, FINISH_US);
}

void cc_pq_finish(struct cc_pq *pq)
{
    bool sound = !pq->broken && PQstatus(pq->conn) == CONNECTION_OK;
    if (sound && PQtransactionStatus(pq->conn) == PQTRANS_ACTIVE)
        sound = end_statement(pq);
    if (sound && PQtransactionStatus(pq->conn) != PQTRANS_IDLE)
        sound =
            PQsendQuery(pq->conn, "ROLLBACK") != 0 && discard(pq, FINISH_US);
    pq->broken = !sound;
    pq->in_copy = false;
    atomic_store(&pq->cancelled, false);
}

/* Nothing is due on an idle connection but the server's farewell. */
static bool has_news(const struct cc_pq *pq)
{
    struct pollfd wire = {.fd = PQsocket(pq->conn), .events = POLLIN};
    return poll(&wire, 1, 0) != 0;
}

bool cc_pq_usable(const struct cc_pq *pq)
{
    return pq->conn && !pq->broken && !atomic_load(&pq->doubtful) &&
           PQstatus(pq->conn) == CONNECTION_OK &&
           PQtransactionStatus(pq->conn) == PQTRANS_IDLE && !has_news(pq);
}
