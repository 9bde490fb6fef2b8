/* SPDX-License-Identifier: MIT */
/*
 * Reading. db-lib blocks while it waits and cannot say whether a row is there
 * already, so it has a thread of its own that collects rows; fetch takes what
 * there is and decodes it, until its batch is full or nothing came for a
 * while. The rows collected, the outcome and the flags are under the cursor's
 * mutex.
 */
#include "sqlserver_internal.h"

#include "thread.h"
#include "wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The thread waits when it has collected so much. */
#define MAX_ROWS 4096
#define MAX_BYTES (1 << 20)
/* Fetch is woken for so many, */
#define ENOUGH_ROWS 512
/* or takes what there is after so long, twice in a batch at the most. */
#define PATIENCE_US 10000
/* How long the server may take to acknowledge a cancellation. */
#define FINISH_US 900000

enum outcome
{
    OUTCOME_NONE = 0,
    OUTCOME_END,
    OUTCOME_ERROR
};

struct cc_tds_cursor
{
    struct cc_cursor base;
    struct cc_tds *tds;
    char *sql;
    int64_t row_limit;            /* SET ROWCOUNT; 0: none */
    size_t columns;               /* that the result must have */
    struct cc_tds_wire *wire;     /* of the builder's columns */
    struct cc_tds_rows collected; /* by the thread */
    struct cc_tds_rows decoding;  /* by fetch */
    int socket; /* a duplicate: to wake a read whatever db-lib does */
    pthread_t thread;
    bool started;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    enum outcome outcome;
    bool ended; /* the thread is about to return */
    struct cc_error error;
};

/* ---- the thread ---- */

/* The result's columns are those of the schema; the wire may still have
 * changed its mind since the description. */
static int check_columns(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    DBPROCESS *dbproc = cursor->tds->dbproc;
    int count = dbnumcols(dbproc);
    if (count < 0 || (size_t)count != cursor->columns)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the result has %d columns where %zu were "
                            "described; open the dataset again",
                            count, cursor->columns);
    for (size_t i = 0; i < cursor->base.builder->count; i++)
        cursor->wire[i] = cc_tds_wire_of(dbproc, cursor->wire[i].number);
    return 0;
}

static bool is_full(const struct cc_tds_rows *rows)
{
    return rows->count >= MAX_ROWS || rows->data.size >= MAX_BYTES;
}

/* Waits, with the mutex held, for fetch to take the rows; that time is not the
 * server's. */
static void wait_for_room(struct cc_tds_cursor *cursor)
{
    struct cc_tds *tds = cursor->tds;
    if (!is_full(&cursor->collected))
        return;
    int64_t before = cc_now_us();
    while (is_full(&cursor->collected) && !atomic_load(&tds->stop))
        pthread_cond_wait(&cursor->changed, &cursor->mutex);
    if (tds->deadline_us > 0)
        tds->deadline_us += cc_now_us() - before;
}

/* Collects the row; fails as well where nobody wants it. */
static int keep_row(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    struct cc_tds_rows *rows = &cursor->collected;
    int status = 0;
    pthread_mutex_lock(&cursor->mutex);
    wait_for_room(cursor);
    if (atomic_load(&cursor->tds->stop))
        status = cc_tds_error(cursor->tds, CC_STAGE_CANCELLED, error);
    else if (cc_tds_rows_add(rows, cursor->tds, cursor->wire,
                             cursor->base.builder->count) != 0)
        status = cc_error_memory(error);
    if (rows->count == 1 || rows->count == ENOUGH_ROWS || is_full(rows))
        pthread_cond_broadcast(&cursor->changed);
    pthread_mutex_unlock(&cursor->mutex);
    return status;
}

static int read_rows(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    struct cc_tds *tds = cursor->tds;
    int status;
    while ((status = cc_tds_next_row(tds, error)) > 0)
    {
        CC_TRY(keep_row(cursor, error));
        CC_TRY(cc_tds_check_time(tds, error));
    }
    return status;
}

/* What follows the first result is read to its end: an error in there is one
 * of the statement. */
static int read_rest(struct cc_tds *tds, struct cc_error *error)
{
    int status;
    while ((status = cc_tds_next_result(tds, CC_STAGE_FETCH, error)) > 0)
        cc_debug(tds->base.host,
                 "sqlserver: a further result of the query is ignored");
    return status;
}

/* Finds the result: of the statement sent now, or kept since it was
 * described. */
static int begin(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    struct cc_tds *tds = cursor->tds;
    if (cc_tds_resume(tds, cursor->sql))
        return 0;
    CC_TRY(cc_tds_limit_rows(tds, cursor->row_limit, error));
    CC_TRY(cc_tds_send(tds, cursor->sql, error));
    int status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    if (status == 0)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server sent no result");
    return status > 0 ? 0 : -1;
}

static int read_all(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    CC_TRY(begin(cursor, error));
    CC_TRY(check_columns(cursor, error));
    CC_TRY(read_rows(cursor, error));
    return read_rest(cursor->tds, error);
}

static void *run(void *argument)
{
    struct cc_tds_cursor *cursor = argument;
    struct cc_error error;
    cc_error_init(&error, cursor->error.secrets);
    cc_tds_enter(cursor->tds);
    int status = read_all(cursor, &error);

    pthread_mutex_lock(&cursor->mutex);
    cursor->outcome = status == 0 ? OUTCOME_END : OUTCOME_ERROR;
    if (status != 0)
        cursor->error = error;
    pthread_cond_broadcast(&cursor->changed);
    pthread_mutex_unlock(&cursor->mutex);

    cc_tds_abandon(cursor->tds);
    cc_tds_leave();
    pthread_mutex_lock(&cursor->mutex);
    cursor->ended = true;
    pthread_cond_broadcast(&cursor->changed);
    pthread_mutex_unlock(&cursor->mutex);
    return NULL;
}

static int start_thread(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    cursor->started = cc_thread_start(&cursor->thread, run, cursor) == 0;
    return cursor->started ? 0
                           : cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                                          "no thread can be started");
}

/* ---- the cursor ---- */

/* Where the builder's columns are in the result: a verbatim query delivers all
 * of its columns, any other statement those that are wanted. */
static int place_columns(struct cc_tds_cursor *cursor,
                         const struct cc_select *select, bool verbatim,
                         struct cc_error *error)
{
    size_t count = select->schema->count;
    cursor->wire = calloc(count + 1, sizeof *cursor->wire);
    if (!cursor->wire)
        return cc_error_memory(error);
    int used = 0;
    for (size_t i = 0; i < count; i++)
    {
        if (!cc_schema_wants(select->schema, select->wanted, i))
            continue;
        cursor->wire[used].number = verbatim ? (int)i + 1 : used + 1;
        used++;
    }
    if (verbatim)
        cursor->columns = count;
    else
        cursor->columns = used > 0 ? (size_t)used : 1;
    return 0;
}

/* SET ROWCOUNT ends a single SELECT early; in anything else it could cut an
 * INSERT short as well. */
static int64_t usable_row_limit(const struct cc_select *select,
                                int64_t row_limit)
{
    return row_limit > 0 && row_limit <= INT32_MAX &&
                   cc_select_wraps(&cc_sqlserver_dialect, select)
               ? row_limit
               : 0;
}

static int prepare(struct cc_tds_cursor *cursor, const struct cc_select *select,
                   const int32_t *srids, const struct cc_batch_options *options,
                   struct cc_error *error)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    struct cc_select_result result;
    /* FreeTDS delivers UTF-8, whatever the columns' collations are */
    struct cc_batch_options own = *options;
    own.iconv_name = NULL;
    int status = cc_select_sql(&cc_sqlserver_dialect, select, &sql, &result);
    cursor->sql = cc_strbuf_take(&sql);
    if (status != 0 || !cursor->sql)
        return cc_error_memory(error);
    cc_debug(cursor->tds->base.host, "sqlserver: %s", cursor->sql);
    CC_TRY(place_columns(cursor, select, result.verbatim, error));
    return cc_batch_builder_new(select->schema, select->wanted, srids, &own,
                                &cursor->base.builder, error);
}

static struct cc_tds_cursor *cursor_new(struct cc_tds *tds)
{
    struct cc_tds_cursor *cursor = calloc(1, sizeof *cursor);
    if (!cursor)
        return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&cursor->mutex, NULL);
    pthread_cond_init(&cursor->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    cursor->base.connection = &tds->base;
    cursor->tds = tds;
    cursor->socket = dup(DBIORDESC(tds->dbproc));
    cc_error_init(&cursor->error, tds->base.connector->secrets);
    return cursor;
}

int cc_sqlserver_query(struct cc_connection *connection,
                       const struct cc_select *select, int64_t row_limit,
                       const int32_t *srids,
                       const struct cc_batch_options *options,
                       struct cc_cursor **out, struct cc_error *error)
{
    struct cc_tds *tds = (struct cc_tds *)connection;
    struct cc_tds_cursor *cursor = cursor_new(tds);
    if (!cursor)
        return cc_error_memory(error);
    cursor->row_limit = usable_row_limit(select, row_limit);
    if (prepare(cursor, select, srids, options, error) != 0 ||
        start_thread(cursor, error) != 0)
    {
        cc_sqlserver_close_cursor(&cursor->base);
        return -1;
    }
    *out = &cursor->base;
    return 0;
}

/* ---- fetching ---- */

/* Waits until `until` (0: for ever), the mutex held; false: it is then. */
static bool wait_until(struct cc_tds_cursor *cursor, int64_t until)
{
    if (until == 0)
        return pthread_cond_wait(&cursor->changed, &cursor->mutex) == 0;
    struct timespec time = {(time_t)(until / 1000000),
                            (long)(until % 1000000) * 1000};
    return pthread_cond_timedwait(&cursor->changed, &cursor->mutex, &time) == 0;
}

static bool is_over(const struct cc_tds_cursor *cursor)
{
    return cursor->outcome != OUTCOME_NONE || atomic_load(&cursor->tds->stop);
}

/* Waits for rows, for PATIENCE_US where `patient` is false, and having some
 * once more for enough of them: waking up for every row would cost more than
 * the row. */
static void wait_for_rows(struct cc_tds_cursor *cursor, bool patient)
{
    const struct cc_tds_rows *rows = &cursor->collected;
    int64_t until = patient ? 0 : cc_now_us() + PATIENCE_US;
    while (rows->count == 0 && !is_over(cursor) && wait_until(cursor, until))
        continue;
    if (rows->count == 0)
        return;
    until = cc_now_us() + PATIENCE_US;
    while (rows->count < ENOUGH_ROWS && !is_full(rows) && !is_over(cursor) &&
           wait_until(cursor, until))
        continue;
}

/* Takes the rows collected; false: there are none. */
static bool take_rows(struct cc_tds_cursor *cursor, bool patient)
{
    pthread_mutex_lock(&cursor->mutex);
    wait_for_rows(cursor, patient);
    struct cc_tds_rows empty = {cursor->decoding.data, 0, 0};
    empty.data.size = 0;
    cursor->decoding = cursor->collected;
    cursor->collected = empty;
    pthread_cond_broadcast(&cursor->changed);
    pthread_mutex_unlock(&cursor->mutex);
    return cursor->decoding.count > 0 && !atomic_load(&cursor->tds->stop);
}

/* Fills the builder; a row that cannot be decoded is an error. */
static int fill_batch(struct cc_tds_cursor *cursor, struct cc_error *error)
{
    struct cc_batch_builder *builder = cursor->base.builder;
    while (!cc_batch_full(builder))
    {
        if (cursor->decoding.count == 0 &&
            !take_rows(cursor, builder->rows == 0))
            return 0;
        if (cc_tds_rows_decode(&cursor->decoding, cursor->wire, builder,
                               error) != 0)
        {
            cc_batch_drop_partial_row(builder);
            return -1;
        }
    }
    return 0;
}

/* Why there are no rows. */
static enum cc_fetch end_fetch(struct cc_tds_cursor *cursor,
                               struct cc_error *error)
{
    pthread_mutex_lock(&cursor->mutex);
    enum outcome outcome = cursor->outcome;
    pthread_mutex_unlock(&cursor->mutex);
    if (atomic_load(&cursor->tds->stop))
        (void)cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                           "the read was cancelled");
    else if (outcome == OUTCOME_END)
        return CC_FETCH_END;
    else
        (void)cc_error_set(error, cursor->error.stage, cursor->error.code, "%s",
                           cursor->error.message);
    return CC_FETCH_ERROR;
}

enum cc_fetch cc_sqlserver_fetch(struct cc_cursor *base,
                                 struct ArrowArray *batch,
                                 struct cc_error *error)
{
    struct cc_tds_cursor *cursor = (struct cc_tds_cursor *)base;
    if (fill_batch(cursor, error) != 0)
        return CC_FETCH_ERROR;
    if (base->builder->rows == 0 || atomic_load(&cursor->tds->stop))
        return end_fetch(cursor, error);
    return cc_batch_finish(base->builder, batch, error) == 0 ? CC_FETCH_BATCH
                                                             : CC_FETCH_ERROR;
}

/* ---- the end ---- */

/* The thread sees it at its next row and cancels the statement; one that waits
 * for the server sees it within a second, or is woken by the end. */
static void request_stop(struct cc_tds_cursor *cursor)
{
    pthread_mutex_lock(&cursor->mutex);
    atomic_store(&cursor->tds->stop, true);
    pthread_cond_broadcast(&cursor->changed);
    pthread_mutex_unlock(&cursor->mutex);
}

void cc_sqlserver_cancel(struct cc_cursor *base)
{
    request_stop((struct cc_tds_cursor *)base);
}

/* A server that does not say that it stopped is left by closing the wire,
 * which stops it as well. */
static void end_thread(struct cc_tds_cursor *cursor)
{
    request_stop(cursor);
    int64_t until = cc_now_us() + FINISH_US;
    pthread_mutex_lock(&cursor->mutex);
    while (!cursor->ended && wait_until(cursor, until))
        continue;
    bool ended = cursor->ended;
    pthread_mutex_unlock(&cursor->mutex);
    if (!ended && cursor->socket >= 0)
        (void)shutdown(cursor->socket, SHUT_RDWR);
    pthread_join(cursor->thread, NULL);
}

void cc_sqlserver_close_cursor(struct cc_cursor *base)
{
    struct cc_tds_cursor *cursor = (struct cc_tds_cursor *)base;
    if (!cursor)
        return;
    if (cursor->started)
        end_thread(cursor);
    atomic_store(&cursor->tds->stop, false);
    if (cursor->socket >= 0)
        (void)close(cursor->socket);
    cc_batch_builder_free(cursor->base.builder);
    pthread_cond_destroy(&cursor->changed);
    pthread_mutex_destroy(&cursor->mutex);
    cc_buffer_free(&cursor->collected.data);
    cc_buffer_free(&cursor->decoding.data);
    free(cursor->wire);
    free(cursor->sql);
    free(cursor);
}
