/* SPDX-License-Identifier: MIT */
#include "postgres.h"

#include "wire/pg_binary.h"
#include "wire/pg_text.h"

#include <stdlib.h>
#include <string.h>

/* How long a batch with rows waits for more of them. */
#define PATIENCE_US 20000

struct postgres_cursor
{
    struct cc_cursor base;
    char *sql;
    bool spatial;
    bool copies; /* a COPY stream, else single rows */
    bool begun;  /* the server has accepted the statement */
    struct cc_pg_field *fields;
    struct cc_pg_copy copy;
    char *message; /* libpq's; what is unread of it: */
    const uint8_t *rest;
    size_t rest_size;
    bool first_sent;    /* a batch has been handed out */
    int64_t stalled_us; /* when this batch first waited for more; 0: not yet */
    atomic_bool ended;  /* the server has said so */
};

static struct cc_postgres *postgres_of(struct postgres_cursor *cursor)
{
    return (struct cc_postgres *)cursor->base.connection;
}

/* ---- starting ---- */

/* Statements COPY cannot hold begin with other words. */
static bool is_copyable(const struct cc_postgres *postgres, const char *sql)
{
    char word[16];
    cc_sql_first_word(postgres->dialect, sql, word, sizeof word);
    return !postgres->text_rows && strcmp(word, "SHOW") != 0 &&
           strcmp(word, "EXPLAIN") != 0;
}

static cc_pg_reader reader_for(const struct cc_column *column, bool text)
{
    if (text)
        return cc_pg_text_reader(column);
    uint32_t oid = cc_postgres_casts(column) ? (uint32_t)CC_PG_TEXT
                                             : (uint32_t)column->native_id;
    return cc_pg_binary_reader(oid, column);
}

/* The columns of the result: all of a verbatim query, else the wanted ones, or
 * the 1 of a select that wants none. */
static int make_fields(struct postgres_cursor *cursor,
                       const struct cc_select *select, bool verbatim,
                       struct cc_error *error)
{
    const struct cc_schema *schema = select->schema;
    cursor->fields = calloc(schema->count + 1, sizeof *cursor->fields);
    if (!cursor->fields)
        return cc_error_memory(error);
    size_t count = 0;
    size_t wanted = 0;
    for (size_t i = 0; i < schema->count; i++)
    {
        const struct cc_column *column = &schema->columns[i];
        bool keep = cc_schema_wants(schema, select->wanted, i);
        if (!keep && !verbatim)
            continue;
        cursor->fields[count].read =
            reader_for(column, postgres_of(cursor)->text_rows);
        cursor->fields[count++].builder =
            keep ? &cursor->base.builder->columns[wanted++] : NULL;
    }
    cursor->copy.fields = cursor->fields;
    cursor->copy.count = count > 0 ? count : 1;
    return 0;
}

/* The server converts to UTF-8, except from SQL_ASCII, which is bytes that it
 * knows nothing of. */
static struct cc_batch_options
options_for(const struct cc_postgres *postgres,
            const struct cc_batch_options *options)
{
    struct cc_batch_options result = *options;
    const char *encoding =
        PQparameterStatus(postgres->pq.conn, "server_encoding");
    if (!encoding || strcmp(encoding, "SQL_ASCII") != 0)
        result.iconv_name = NULL;
    return result;
}

static int columns_changed(struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the columns are not those that were described; was "
                        "the table altered? Open the dataset again.");
}

/* The extended protocol takes one statement and no more. */
static int start_copy(struct postgres_cursor *cursor, struct cc_error *error)
{
    struct cc_strbuf copy = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&copy, "COPY (%s\n) TO STDOUT (FORMAT binary)",
                           cursor->sql);
    const struct cc_pq_statement statement = {.sql = cc_strbuf_text(&copy)};
    int status = cc_strbuf_failed(&copy)
                     ? cc_error_memory(error)
                     : cc_pq_send(&postgres_of(cursor)->pq, &statement, error);
    cc_strbuf_free(&copy);
    cursor->copies = true;
    return status;
}

static int start_rows(struct postgres_cursor *cursor, struct cc_error *error)
{
    const struct cc_postgres *postgres = postgres_of(cursor);
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    const struct cc_pq_statement statement = {.sql = cursor->sql,
                                              .binary = !postgres->text_rows};
    cursor->copies = false;
    cursor->begun = true;
    CC_TRY(cc_pq_send(pq, &statement, error));
    if (!PQsetSingleRowMode(pq->conn))
        return cc_pq_error(pq, NULL, CC_STAGE_QUERY, error);
    return 0;
}

/* Sends the statement. Its first answer is left to the first fetch: a server
 * sends it together with the first rows, which may take their time. */
static int start(struct postgres_cursor *cursor, struct cc_error *error)
{
    CC_TRY(cc_postgres_begin(postgres_of(cursor), cursor->spatial, error));
    return is_copyable(postgres_of(cursor), cursor->sql)
               ? start_copy(cursor, error)
               : start_rows(cursor, error);
}

static int prepare_and_start(struct postgres_cursor *cursor,
                             const struct cc_select *select,
                             const int32_t *srids,
                             const struct cc_batch_options *options,
                             struct cc_error *error)
{
    struct cc_postgres *postgres = postgres_of(cursor);
    struct cc_batch_options own = options_for(postgres, options);
    struct cc_select_result result;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    int status = cc_select_sql(postgres->dialect, select, &sql, &result);
    if (status != 0)
        (void)cc_error_memory(error);
    if (status == 0)
        status = cc_batch_builder_new(select->schema, select->wanted, srids,
                                      &own, &cursor->base.builder, error);
    if (status == 0)
        status = make_fields(cursor, select, result.verbatim, error);
    cursor->spatial = select->box != NULL;
    cursor->sql = cc_strbuf_take(&sql);
    if (status == 0 && !cursor->sql)
        status = cc_error_memory(error);
    return status == 0 ? start(cursor, error) : -1;
}

int cc_postgres_query(struct cc_connection *connection,
                      const struct cc_select *select, int64_t row_limit,
                      const int32_t *srids,
                      const struct cc_batch_options *options,
                      struct cc_cursor **cursor, struct cc_error *error)
{
    /* the stream has no end before the query's; the reader stops it */
    (void)row_limit;
    struct postgres_cursor *new_cursor = calloc(1, sizeof *new_cursor);
    if (!new_cursor)
        return cc_error_memory(error);
    new_cursor->base.connection = connection;
    atomic_init(&new_cursor->ended, false);
    int status = prepare_and_start(new_cursor, select, srids, options, error);
    if (status == 0)
        *cursor = &new_cursor->base;
    else
        cc_postgres_close_cursor(&new_cursor->base);
    return status;
}

/* ---- reading ---- */

enum step
{
    STEP_ERROR,
    STEP_ROW,   /* a row was appended */
    STEP_AGAIN, /* something was read, but no row */
    STEP_WAIT,  /* the server has to send more */
    STEP_END
};

/* An error after the result had begun. */
static enum step fetch_failed(struct cc_error *error)
{
    if (error && error->stage == CC_STAGE_QUERY)
        error->stage = CC_STAGE_FETCH;
    return STEP_ERROR;
}

/* A refusal that may be of COPY only. It comes before anything is executed:
 * what is sent after it is not a second execution. */
static bool refuses_copy(const struct cc_error *error)
{
    return error && error->stage == CC_STAGE_QUERY &&
           (strcmp(error->code, "42601") == 0 ||
            strcmp(error->code, "0A000") == 0);
}

static enum step start_again(struct postgres_cursor *cursor,
                             struct cc_error *error)
{
    struct cc_postgres *postgres = postgres_of(cursor);
    cc_debug(postgres->pq.base.host, "no COPY of this statement (%s)",
             error->message);
    cc_pq_finish(&postgres->pq);
    if (cc_postgres_begin(postgres, cursor->spatial, error) != 0 ||
        start_rows(cursor, error) != 0)
        return STEP_ERROR;
    return STEP_AGAIN;
}

/* The answer to COPY. */
static enum step begin_copy(struct postgres_cursor *cursor,
                            struct cc_error *error)
{
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    PGresult *result = NULL;
    if (cc_pq_next_result(pq, &result, error) != 0)
        return refuses_copy(error) ? start_again(cursor, error) : STEP_ERROR;
    pq->in_copy = PQresultStatus(result) == PGRES_COPY_OUT;
    bool expected = (size_t)PQnfields(result) == cursor->copy.count;
    PQclear(result);
    cursor->begun = true;
    if (pq->in_copy && expected)
        return STEP_AGAIN;
    (void)columns_changed(error);
    return STEP_ERROR;
}

/* The stream is over: the server has to say that it is complete. */
static enum step end_copy(struct postgres_cursor *cursor,
                          struct cc_error *error)
{
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    PGresult *result = NULL;
    pq->in_copy = false;
    if (cc_pq_next_result(pq, &result, error) != 0)
        return fetch_failed(error);
    bool complete = result && PQresultStatus(result) == PGRES_COMMAND_OK &&
                    cursor->copy.ended;
    PQclear(result);
    if (complete)
        return STEP_END;
    (void)cc_error_set(error, CC_STAGE_FETCH, NULL,
                       "the server's COPY stream ended early");
    return STEP_ERROR;
}

static enum step read_rest(struct postgres_cursor *cursor,
                           struct cc_error *error)
{
    bool row;
    if (cc_pg_copy_read(&cursor->copy, &cursor->rest, &cursor->rest_size, &row,
                        error) != 0)
        return STEP_ERROR;
    return row ? STEP_ROW : STEP_AGAIN;
}

static enum step copy_step(struct postgres_cursor *cursor,
                           struct cc_error *error)
{
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    if (!cursor->begun)
        return begin_copy(cursor, error);
    if (cursor->rest_size > 0)
        return read_rest(cursor, error);
    PQfreemem(cursor->message);
    cursor->message = NULL;
    int size = PQgetCopyData(pq->conn, &cursor->message, 1);
    if (size == 0)
        return STEP_WAIT;
    if (size == -1)
        return end_copy(cursor, error);
    if (size < 0)
    {
        (void)cc_pq_error(pq, NULL, CC_STAGE_FETCH, error);
        return STEP_ERROR;
    }
    cursor->rest = (const uint8_t *)cursor->message;
    cursor->rest_size = (size_t)size;
    return read_rest(cursor, error);
}

static enum step append_result(struct postgres_cursor *cursor,
                               const PGresult *result, struct cc_error *error)
{
    if ((size_t)PQnfields(result) != cursor->copy.count)
    {
        (void)columns_changed(error);
        return STEP_ERROR;
    }
    for (size_t i = 0; i < cursor->copy.count; i++)
    {
        const struct cc_pg_field *field = &cursor->fields[i];
        if (!field->builder)
            continue;
        if (PQgetisnull(result, 0, (int)i))
            cc_builder_null(field->builder);
        else if (field->read(field->builder,
                             (const uint8_t *)PQgetvalue(result, 0, (int)i),
                             (size_t)PQgetlength(result, 0, (int)i),
                             error) != 0)
            return STEP_ERROR;
    }
    return STEP_ROW;
}

static enum step row_step(struct postgres_cursor *cursor,
                          struct cc_error *error)
{
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    if (PQisBusy(pq->conn))
        return STEP_WAIT;
    PGresult *result = NULL;
    if (cc_pq_next_result(pq, &result, error) != 0)
        return fetch_failed(error);
    if (!result)
        return STEP_END;
    enum step step = STEP_AGAIN;
    if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
        step = append_result(cursor, result, error);
    PQclear(result);
    return step;
}

/* Waits for more, as long as the rows at hand allow. */
static enum cc_pq_wait wait_for_more(struct postgres_cursor *cursor,
                                     struct cc_error *error)
{
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    if (cursor->base.builder->rows == 0)
        return cc_pq_wait_input(pq, -1, error);
    if (!cursor->first_sent)
        return CC_PQ_WAIT_EXPIRED;
    int64_t now = cc_pq_now_us();
    if (cursor->stalled_us == 0)
        cursor->stalled_us = now;
    int64_t left = cursor->stalled_us + PATIENCE_US - now;
    return cc_pq_wait_input(pq, left > 0 ? (int)((left + 999) / 1000) : 0,
                            error);
}

static enum cc_fetch hand_out(struct postgres_cursor *cursor,
                              struct ArrowArray *batch, struct cc_error *error)
{
    cursor->first_sent = true;
    cursor->stalled_us = 0;
    return cc_batch_finish(cursor->base.builder, batch, error) == 0
               ? CC_FETCH_BATCH
               : CC_FETCH_ERROR;
}

/* The transaction only read: how it ends changes nothing of what was read. */
static void end_read(struct postgres_cursor *cursor)
{
    struct cc_pq *pq = &postgres_of(cursor)->pq;
    PGresult *none = NULL;
    while (cc_pq_next_result(pq, &none, NULL) == 0 && none)
        PQclear(none);
    cc_pq_finish(pq);
    atomic_store(&cursor->ended, true);
}

/* Fills the batch. false: an error. */
static bool fill(struct postgres_cursor *cursor, struct cc_error *error)
{
    struct cc_batch_builder *builder = cursor->base.builder;
    while (!cc_batch_full(builder))
    {
        switch (cursor->copies ? copy_step(cursor, error)
                               : row_step(cursor, error))
        {
            case STEP_ROW:
                cc_batch_end_row(builder);
                break;
            case STEP_AGAIN:
                break;
            case STEP_ERROR:
                return false;
            case STEP_END:
                end_read(cursor);
                return true;
            case STEP_WAIT:
                switch (wait_for_more(cursor, error))
                {
                    case CC_PQ_WAIT_READY:
                        break;
                    case CC_PQ_WAIT_EXPIRED:
                        return true;
                    case CC_PQ_WAIT_ERROR:
                        return false;
                }
                break;
        }
    }
    return true;
}

enum cc_fetch cc_postgres_fetch(struct cc_cursor *cursor,
                                struct ArrowArray *batch,
                                struct cc_error *error)
{
    struct postgres_cursor *own = (struct postgres_cursor *)cursor;
    if (!atomic_load(&own->ended) && !fill(own, error))
        return CC_FETCH_ERROR;
    if (cursor->builder->rows == 0)
        return CC_FETCH_END;
    return hand_out(own, batch, error);
}

/* ---- the end ---- */

void cc_postgres_cancel(struct cc_cursor *cursor)
{
    struct postgres_cursor *own = (struct postgres_cursor *)cursor;
    if (!atomic_load(&own->ended))
        cc_pq_cancel(&postgres_of(own)->pq);
}

void cc_postgres_close_cursor(struct cc_cursor *cursor)
{
    struct postgres_cursor *own = (struct postgres_cursor *)cursor;
    if (!own)
        return;
    cc_pq_finish(&postgres_of(own)->pq);
    PQfreemem(own->message);
    cc_batch_builder_free(cursor->builder);
    free(own->fields);
    free(own->sql);
    free(own);
}
