/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"

#include <stdlib.h>
#include <string.h>

/* How long a batch with rows waits for more of them. */
#define PATIENCE_US 20000

struct mysql_cursor
{
    struct cc_cursor base;
    struct cc_mysql_result result;
    struct cc_mysql_value *values; /* one for every column of the result */
    MYSQL_BIND *binds;
    size_t count;
    struct cc_buffer longer; /* a value that is longer than what is bound */
    bool first_sent;         /* a batch has been handed out */
    int64_t waited_us;       /* mysql->wait's at the first row of this batch */
    atomic_bool ended;       /* the server has said so */
};

static struct cc_mysql *mysql_of(struct mysql_cursor *cursor)
{
    return cc_mysql_of(cursor->base.connection);
}

/* ---- starting ---- */

/* The builder of every column of the result: all of a verbatim query, else the
 * wanted ones, or the 1 of a select that wants none. Returns their count. */
static size_t assign_builders(struct cc_batch_builder *batch,
                              const struct cc_select *select, bool verbatim,
                              struct cc_builder **builders)
{
    size_t count = 0;
    size_t wanted = 0;
    for (size_t i = 0; i < select->schema->count; i++)
    {
        bool keep = cc_schema_wants(select->schema, select->wanted, i);
        if (keep || verbatim)
            builders[count++] = keep ? &batch->columns[wanted++] : NULL;
    }
    if (count == 0)
        builders[count++] = NULL;
    return count;
}

static int set_up_values(struct mysql_cursor *cursor,
                         struct cc_builder *const *builders, size_t expected,
                         struct cc_error *error)
{
    size_t count;
    const MYSQL_FIELD *fields = cc_mysql_fields(&cursor->result, &count);
    if (count != expected)
        return cc_error_set(error, CC_STAGE_QUERY, NULL,
                            "the columns are not those that were described; "
                            "was the table altered? Open the dataset again.");
    cursor->values = calloc(count, sizeof *cursor->values);
    cursor->binds = calloc(count, sizeof *cursor->binds);
    if (!cursor->values || !cursor->binds)
        return cc_error_memory(error);
    for (; cursor->count < count; cursor->count++)
        CC_TRY(cc_mysql_value_init(
            &cursor->values[cursor->count], &fields[cursor->count],
            builders[cursor->count], &cursor->binds[cursor->count], error));
    return 0;
}

/* Binary where that can be had (preparing runs nothing), else text. */
static int start(struct mysql_cursor *cursor, const char *sql,
                 struct cc_builder *const *builders, size_t count,
                 struct cc_error *error)
{
    struct cc_mysql *mysql = mysql_of(cursor);
    int status = cc_mysql_prepare(mysql, sql, &cursor->result, error);
    bool text = status > 0;
    if (text)
        status = cc_mysql_run_text(mysql, sql, &cursor->result, error);
    if (status == 0)
        status = set_up_values(cursor, builders, count, error);
    if (status == 0 && !text)
        status = cc_mysql_execute(mysql, &cursor->result, cursor->binds, error);
    return status;
}

/* An old server's dialect may have to leave undone what the provider's, which
 * the filters were divided by, promised. */
static int check_result(const struct cc_mysql *mysql,
                        const struct cc_select *select,
                        const struct cc_select_result *result,
                        struct cc_error *error)
{
    if (cc_mysql_dialect(mysql) == &cc_dialect_mysql || !result->verbatim ||
        !cc_select_wraps(&cc_dialect_mysql, select) ||
        (!select->filter && !select->box))
        return 0;
    return cc_error_set(error, CC_STAGE_UNSUPPORTED, NULL,
                        "%s cannot filter a query with empty or repeated "
                        "column names; give them names of their own",
                        mysql->base.server_version);
}

static int start_select(struct mysql_cursor *cursor,
                        const struct cc_select *select, const char *sql,
                        bool verbatim, struct cc_error *error)
{
    struct cc_builder **builders =
        calloc(select->schema->count + 1, sizeof *builders);
    if (!builders)
        return cc_error_memory(error);
    size_t count =
        assign_builders(cursor->base.builder, select, verbatim, builders);
    int status = start(cursor, sql, builders, count, error);
    free(builders);
    return status;
}

static int prepare_and_start(struct mysql_cursor *cursor,
                             const struct cc_select *select, int64_t row_limit,
                             const int32_t *srids,
                             const struct cc_batch_options *options,
                             struct cc_error *error)
{
    struct cc_mysql *mysql = mysql_of(cursor);
    struct cc_batch_options own = *options;
    struct cc_select_result result;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    own.iconv_name = mysql->data_iconv;
    int status = cc_select_sql(cc_mysql_dialect(mysql), select, &sql, &result);
    if (status != 0)
        (void)cc_error_memory(error);
    else
        status = check_result(mysql, select, &result, error);
    if (status == 0)
        status = cc_batch_builder_new(select->schema, select->wanted, srids,
                                      &own, &cursor->base.builder, error);
    if (status == 0)
        status = cc_mysql_settle(mysql, true, row_limit, error);
    if (status == 0)
        status = start_select(cursor, select, cc_strbuf_text(&sql),
                              result.verbatim, error);
    cc_strbuf_free(&sql);
    return status;
}

int cc_mysql_query(struct cc_connection *connection,
                   const struct cc_select *select, int64_t row_limit,
                   const int32_t *srids, const struct cc_batch_options *options,
                   struct cc_cursor **cursor, struct cc_error *error)
{
    struct mysql_cursor *new_cursor = calloc(1, sizeof *new_cursor);
    if (!new_cursor)
        return cc_error_memory(error);
    new_cursor->base.connection = connection;
    atomic_init(&new_cursor->ended, false);
    int status =
        prepare_and_start(new_cursor, select, row_limit, srids, options, error);
    if (status == 0)
        *cursor = &new_cursor->base;
    else
        cc_mysql_close_cursor(&new_cursor->base);
    return status;
}

/* ---- rows ---- */

/* A value that is longer than what is bound is fetched again, whole. */
static int append_longer(struct mysql_cursor *cursor, size_t column,
                         struct cc_error *error)
{
    struct cc_mysql_value *value = &cursor->values[column];
    unsigned long length = value->length;
    cursor->longer.size = 0;
    if (cc_buffer_reserve(&cursor->longer, (size_t)length + 1) != 0)
        return cc_error_memory(error);
    unsigned long got = length;
    cc_mysql_bool is_null = 0;
    cc_mysql_bool truncated = 0;
    MYSQL_BIND bind = {0};
    bind.buffer_type = cursor->binds[column].buffer_type;
    bind.buffer = cursor->longer.data;
    bind.buffer_length = length + 1;
    bind.length = &got;
    bind.is_null = &is_null;
    bind.error = &truncated;
    MYSQL_STMT *statement = cursor->result.statement;
    if (mysql_stmt_fetch_column(statement, &bind, (unsigned)column, 0) != 0 ||
        got != length)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "a value of %lu bytes could not be fetched: %s",
                            length, mysql_stmt_error(statement));
    return cc_mysql_value_append_bytes(value, cursor->longer.data, length,
                                       error);
}

static int append_binary(struct mysql_cursor *cursor, struct cc_error *error)
{
    for (size_t i = 0; i < cursor->count; i++)
    {
        struct cc_mysql_value *value = &cursor->values[i];
        if (cc_mysql_value_is_whole(value))
            CC_TRY(cc_mysql_value_append(value, error));
        else
            CC_TRY(append_longer(cursor, i, error));
    }
    return 0;
}

static int append_text(struct mysql_cursor *cursor, struct cc_error *error)
{
    const unsigned long *lengths = mysql_fetch_lengths(cursor->result.rows);
    for (size_t i = 0; i < cursor->count; i++)
        CC_TRY(cc_mysql_value_append_text(
            &cursor->values[i], cursor->result.row[i], lengths[i], error));
    return 0;
}

/* ---- fetching ---- */

/* A batch without rows waits for the first as long as it takes; with rows, the
 * first batch for none. */
static int64_t patience_us(struct mysql_cursor *cursor)
{
    size_t rows = cursor->base.builder->rows;
    int64_t waited_us = mysql_of(cursor)->wait.waited_us;
    if (rows == 0)
        return -1;
    if (!cursor->first_sent)
        return 0;
    if (rows == 1)
        cursor->waited_us = waited_us;
    int64_t left = cursor->waited_us + PATIENCE_US - waited_us;
    return left > 0 ? left : 0;
}

/* Fills the batch. false: an error. */
static bool fill(struct mysql_cursor *cursor, struct cc_error *error)
{
    struct cc_mysql *mysql = mysql_of(cursor);
    struct cc_batch_builder *builder = cursor->base.builder;
    bool text = cursor->result.rows != NULL;
    cc_mysql_call_begin(mysql);
    while (!cc_batch_full(builder))
    {
        switch (
            cc_mysql_next(mysql, &cursor->result, patience_us(cursor), error))
        {
            case CC_MYSQL_ERROR:
                return false;
            case CC_MYSQL_END:
                atomic_store(&cursor->ended, true);
                return true;
            case CC_MYSQL_WAIT:
                return true;
            case CC_MYSQL_ROW:
                break;
        }
        if ((text ? append_text(cursor, error)
                  : append_binary(cursor, error)) != 0)
            return false;
        cc_batch_end_row(builder);
    }
    return true;
}

enum cc_fetch cc_mysql_fetch(struct cc_cursor *cursor, struct ArrowArray *batch,
                             struct cc_error *error)
{
    struct mysql_cursor *own = (struct mysql_cursor *)cursor;
    if (!atomic_load(&own->ended) && !fill(own, error))
        return CC_FETCH_ERROR;
    if (cursor->builder->rows == 0)
        return CC_FETCH_END;
    own->first_sent = true;
    return cc_batch_finish(cursor->builder, batch, error) == 0 ? CC_FETCH_BATCH
                                                               : CC_FETCH_ERROR;
}

/* ---- the end ---- */

void cc_mysql_cancel(struct cc_cursor *cursor)
{
    struct mysql_cursor *own = (struct mysql_cursor *)cursor;
    struct cc_mysql *mysql = mysql_of(own);
    if (atomic_load(&own->ended))
        return;
    atomic_store(&mysql->wait.cancelled, true);
    cc_mysql_shut(mysql);
    cc_mysql_kill(mysql);
}

void cc_mysql_close_cursor(struct cc_cursor *cursor)
{
    struct mysql_cursor *own = (struct mysql_cursor *)cursor;
    if (!own)
        return;
    cc_mysql_end(mysql_of(own), &own->result);
    for (size_t i = 0; i < own->count; i++)
        cc_mysql_value_free(&own->values[i]);
    cc_batch_builder_free(cursor->builder);
    cc_buffer_free(&own->longer);
    free(own->values);
    free(own->binds);
    free(own);
}
