/* SPDX-License-Identifier: MIT */
/* One read: the inline part of the answer, then its chunks, JSON or Arrow. */
#include "snowflake.h"

#include "wire/base64.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Rows appended column by column; one at a time where they are long. */
#define SLICE_ROWS 256
#define LONG_ROW 16384
/* How long a batch that is begun waits for the next chunk. */
#define PATIENCE_MS 20

struct snowflake_cursor
{
    struct cc_cursor base;
    struct cc_strbuf sql;
    int64_t row_limit;
    struct cc_snowflake_field *fields;
    struct cc_json_cell *cells;
    size_t field_count;
    bool started, complete;
    bool arrow; /* else JSON */
    struct cc_snowflake_chunks *chunks;
    /* the part that is being read */
    struct cc_buffer text; /* JSON: what `rows` lies in */
    struct cc_json_rows rows;
    struct cc_ipc *ipc; /* Arrow */
    const struct cc_ipc_field *types;
    struct ArrowArray batch;
    size_t next; /* row of the batch */
    size_t slice;
    bool open;    /* there is a part */
    bool counted; /* it is known how many rows it has: */
    int64_t rows_left;
};

static struct cc_snowflake *session_of(const struct snowflake_cursor *cursor)
{
    return (struct cc_snowflake *)cursor->base.connection;
}

/* ---- starting ---- */

/* The columns of the result: all of a verbatim query, else the wanted ones, or
 * the 1 of a select that wants none. */
static int make_fields(struct snowflake_cursor *cursor,
                       const struct cc_select *select, bool verbatim,
                       struct cc_error *error)
{
    const struct cc_schema *schema = select->schema;
    cursor->fields = calloc(schema->count + 1, sizeof *cursor->fields);
    cursor->cells = calloc(schema->count + 1, sizeof *cursor->cells);
    if (!cursor->fields || !cursor->cells)
        return cc_error_memory(error);
    size_t wanted = 0;
    for (size_t i = 0; i < schema->count; i++)
    {
        const struct cc_column *column = &schema->columns[i];
        bool keep = cc_schema_wants(schema, select->wanted, i);
        if (!keep && !verbatim)
            continue;
        cursor->fields[cursor->field_count++] = (struct cc_snowflake_field){
            .builder = keep ? &cursor->base.builder->columns[wanted++] : NULL,
            .type = (enum cc_snowflake_type)column->native_id,
            .scale = (int)column->native_modifier};
    }
    if (cursor->field_count == 0)
        cursor->field_count = 1;
    return 0;
}

static int prepare(struct snowflake_cursor *cursor,
                   const struct cc_select *select, const int32_t *srids,
                   const struct cc_batch_options *options,
                   struct cc_error *error)
{
    /* the server's text is UTF-8, always */
    struct cc_batch_options own = *options;
    struct cc_select_result result = {false, false};
    own.iconv_name = NULL;
    if (select->source->query)
        CC_TRY(cc_snowflake_check_query(select->source->query, error));
    if (cc_select_sql(&cc_dialect_snowflake, select, &cursor->sql, &result) !=
        0)
        return cc_error_memory(error);
    CC_TRY(cc_batch_builder_new(select->schema, select->wanted, srids, &own,
                                &cursor->base.builder, error));
    return make_fields(cursor, select, result.verbatim, error);
}

/* The statement is sent by the first fetch, which may be cancelled. */
int cc_snowflake_query(struct cc_connection *connection,
                       const struct cc_select *select, int64_t row_limit,
                       const int32_t *srids,
                       const struct cc_batch_options *options,
                       struct cc_cursor **cursor, struct cc_error *error)
{
    struct snowflake_cursor *made = calloc(1, sizeof *made);
    if (!made)
        return cc_error_memory(error);
    made->base.connection = connection;
    made->row_limit = row_limit;
    int status = prepare(made, select, srids, options, error);
    cc_snowflake_begin(session_of(made));
    if (status == 0)
        *cursor = &made->base;
    else
        cc_snowflake_close_cursor(&made->base);
    return status;
}

/* ---- parts ---- */

static void close_part(struct snowflake_cursor *cursor)
{
    if (cursor->batch.release)
        cursor->batch.release(&cursor->batch);
    cursor->batch.release = NULL;
    cursor->batch.length = 0;
    cursor->next = 0;
    cc_ipc_free(cursor->ipc);
    cursor->ipc = NULL;
    cursor->open = false;
}

static int altered(struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the columns are not those that were described; was "
                        "the table altered? Open the dataset again.");
}

static int open_arrow(struct snowflake_cursor *cursor, struct cc_buffer *body,
                      struct cc_error *error)
{
    size_t count;
    CC_TRY(cc_ipc_new(0, &cursor->ipc, error));
    CC_TRY(cc_ipc_take(cursor->ipc, body, 0, body->size, error));
    cursor->types = cc_ipc_fields(cursor->ipc, &count, error);
    if (!cursor->types)
        return -1;
    return count == cursor->field_count ? 0 : altered(error);
}

/* The scanner unescapes in place. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static void open_json(struct snowflake_cursor *cursor, char *data, size_t size,
                      bool enclosed)
{
    cursor->rows =
        (struct cc_json_rows){.data = data, .size = size, .enclosed = enclosed};
}

static int open_inline_arrow(struct snowflake_cursor *cursor,
                             const struct cc_snowflake_answer *answer,
                             struct cc_error *error)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    const char *text = (const char *)answer->body.data + answer->base64.at + 1;
    size_t size = answer->base64.size - 2;
    if (cc_base64_decode(text, size, &bytes) != 0)
    {
        cc_buffer_free(&bytes);
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server's rows are no valid Base64");
    }
    return open_arrow(cursor, &bytes, error);
}

/* The rows that the answer itself has. */
static int open_inline(struct snowflake_cursor *cursor,
                       struct cc_snowflake_answer *answer,
                       struct cc_error *error)
{
    const char *format = cc_snowflake_text(answer->data, "queryResultFormat");
    const char *body = (const char *)answer->body.data;
    cursor->arrow = strcasecmp(format, "arrow") == 0;
    if (cursor->arrow)
    {
        bool any = answer->base64.size > 2 && body[answer->base64.at] == '"';
        cursor->open = any;
        return any ? open_inline_arrow(cursor, answer, error) : 0;
    }
    if (answer->rowset.size == 0 || body[answer->rowset.at] != '[')
        return 0;
    cursor->text = answer->body;
    answer->body = (struct cc_buffer)CC_BUFFER_INIT;
    open_json(cursor, (char *)cursor->text.data + answer->rowset.at,
              answer->rowset.size, true);
    cursor->open = true;
    return 0;
}

static int check_columns(const struct snowflake_cursor *cursor,
                         const struct cc_snowflake_answer *answer,
                         struct cc_error *error)
{
    struct json_object *rowtype = NULL;
    (void)json_object_object_get_ex(answer->data, "rowtype", &rowtype);
    if (json_object_is_type(rowtype, json_type_array) &&
        json_object_array_length(rowtype) != cursor->field_count)
        return altered(error);
    return 0;
}

/* The rows of the answer itself: all but those of the chunks. Where the server
 * was told to end at the limit, it may count those beyond it or not. */
static void count_inline(struct snowflake_cursor *cursor,
                         const struct cc_snowflake_answer *answer)
{
    struct json_object *list = NULL;
    int64_t rows = cc_snowflake_integer(answer->data, "total", -1);
    (void)json_object_object_get_ex(answer->data, "chunks", &list);
    size_t count = json_object_is_type(list, json_type_array)
                       ? json_object_array_length(list)
                       : 0;
    cursor->counted =
        rows >= 0 && (cursor->row_limit == 0 || rows <= cursor->row_limit);
    for (size_t i = 0; i < count; i++)
        rows -= cc_snowflake_integer(json_object_array_get_idx(list, i),
                                     "rowCount", 0);
    cursor->rows_left = rows;
}

/* At the end of a part. */
static int check_count(const struct snowflake_cursor *cursor,
                       struct cc_error *error)
{
    if (!cursor->counted || cursor->rows_left == 0)
        return 0;
    bool more = cursor->rows_left < 0;
    return cc_error_set(
        error, CC_STAGE_FETCH, NULL,
        "a part of the result does not have the rows that the server "
        "announced (%lld %s)",
        (long long)(more ? -cursor->rows_left : cursor->rows_left),
        more ? "are too many" : "are missing");
}

static int start(struct snowflake_cursor *cursor, struct cc_error *error)
{
    struct cc_snowflake_answer answer;
    CC_TRY(cc_snowflake_execute(session_of(cursor), cursor->sql.data, false,
                                cursor->row_limit, &answer, error));
    cursor->started = true;
    int status = check_columns(cursor, &answer, error);
    if (status == 0)
        status = cc_snowflake_chunks_new(session_of(cursor), answer.data,
                                         &cursor->chunks, error);
    count_inline(cursor, &answer);
    if (status == 0)
        status = open_inline(cursor, &answer, error);
    if (status == 0 && !cursor->open)
        status = check_count(cursor, error);
    cc_snowflake_answer_free(&answer);
    return status;
}

/* The next chunk; 2: not yet. */
static int next_part(struct snowflake_cursor *cursor, int patience_ms,
                     struct cc_error *error)
{
    struct cc_buffer *body = &cursor->text;
    if (!cursor->chunks)
    {
        cursor->complete = true;
        return 0;
    }
    int status = cc_snowflake_chunks_next(cursor->chunks, patience_ms, body,
                                          &cursor->rows_left, error);
    if (status == 1)
        cursor->complete = true;
    if (status != 0)
        return status == 1 ? 0 : status;
    cursor->open = true;
    cursor->counted = true;
    if (cursor->arrow)
        return open_arrow(cursor, body, error);
    open_json(cursor, (char *)body->data, body->size, false);
    return 0;
}

/* ---- rows ---- */

static int append_columns(struct snowflake_cursor *cursor, size_t count,
                          struct cc_error *error)
{
    for (size_t i = 0; i < cursor->field_count; i++)
    {
        if (cursor->fields[i].builder)
            CC_TRY(cc_snowflake_append_arrow(
                &cursor->fields[i], &cursor->types[i],
                cursor->batch.children[i], cursor->next, count, error));
    }
    return 0;
}

static size_t slice_of(const struct snowflake_cursor *cursor)
{
    const struct cc_batch_builder *builder = cursor->base.builder;
    size_t slice = builder->capacity - builder->rows;
    size_t left = (size_t)cursor->batch.length - cursor->next;
    slice = slice < left ? slice : left;
    return slice < cursor->slice ? slice : cursor->slice;
}

static void end_rows(struct snowflake_cursor *cursor, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cc_batch_end_row(cursor->base.builder);
    cursor->rows_left -= (int64_t)count;
}

/* 1: the part is at its end. */
static int next_arrow_batch(struct snowflake_cursor *cursor,
                            struct cc_error *error)
{
    if (cursor->batch.release)
        cursor->batch.release(&cursor->batch);
    cursor->batch.release = NULL;
    cursor->next = 0;
    enum cc_ipc_read read = cc_ipc_next(cursor->ipc, &cursor->batch, error);
    if (read != CC_IPC_BATCH)
        cursor->batch.release = NULL;
    return read == CC_IPC_ERROR ? -1 : read == CC_IPC_END ? 1 : 0;
}

static int append_arrow(struct snowflake_cursor *cursor, bool *ended,
                        struct cc_error *error)
{
    *ended = false;
    while (!cc_batch_full(cursor->base.builder))
    {
        if (!cursor->batch.release ||
            cursor->next == (size_t)cursor->batch.length)
        {
            int status = next_arrow_batch(cursor, error);
            *ended = status == 1;
            if (status != 0)
                return status == 1 ? 0 : -1;
            continue;
        }
        size_t bytes = cursor->base.builder->bytes;
        size_t slice = slice_of(cursor);
        CC_TRY(append_columns(cursor, slice, error));
        end_rows(cursor, slice);
        cursor->next += slice;
        bytes = cursor->base.builder->bytes - bytes;
        cursor->slice = bytes > slice * LONG_ROW ? 1 : SLICE_ROWS;
    }
    return 0;
}

static int append_json(struct snowflake_cursor *cursor, bool *ended,
                       struct cc_error *error)
{
    *ended = false;
    while (!cc_batch_full(cursor->base.builder))
    {
        enum cc_json_read read = cc_json_next(&cursor->rows, cursor->cells,
                                              cursor->field_count, error);
        *ended = read == CC_JSON_END;
        if (read != CC_JSON_ROW)
            return read == CC_JSON_END ? 0 : -1;
        for (size_t i = 0; i < cursor->field_count; i++)
        {
            if (cursor->fields[i].builder)
                CC_TRY(cc_snowflake_append_json(&cursor->fields[i],
                                                &cursor->cells[i], error));
        }
        end_rows(cursor, 1);
    }
    return 0;
}

/* Appends rows of the part until it ends or the batch is full. */
static int append_part(struct snowflake_cursor *cursor, struct cc_error *error)
{
    bool ended;
    CC_TRY(cursor->arrow ? append_arrow(cursor, &ended, error)
                         : append_json(cursor, &ended, error));
    if (!ended)
        return 0;
    close_part(cursor);
    return check_count(cursor, error);
}

static int fill(struct snowflake_cursor *cursor, struct cc_error *error)
{
    const struct cc_batch_builder *builder = cursor->base.builder;
    if (!cursor->started)
        CC_TRY(start(cursor, error));
    while (!cursor->complete && !cc_batch_full(builder))
    {
        CC_TRY(cc_deadline_check(&session_of(cursor)->deadline, error));
        if (!cursor->open)
        {
            int status =
                next_part(cursor, builder->rows > 0 ? PATIENCE_MS : -1, error);
            if (status == 2)
                return 0;
            CC_TRY(status);
        }
        if (cursor->open)
            CC_TRY(append_part(cursor, error));
    }
    return 0;
}

enum cc_fetch cc_snowflake_fetch(struct cc_cursor *cursor,
                                 struct ArrowArray *batch,
                                 struct cc_error *error)
{
    struct snowflake_cursor *own = (struct snowflake_cursor *)cursor;
    if (own->slice == 0)
        own->slice = 1;
    if (fill(own, error) != 0)
        return CC_FETCH_ERROR;
    if (cursor->builder->rows == 0)
        return CC_FETCH_END;
    return cc_batch_finish(cursor->builder, batch, error) == 0 ? CC_FETCH_BATCH
                                                               : CC_FETCH_ERROR;
}

/* ---- the end ---- */

/* A fetch that waits looks at this several times a second, and then tells the
 * server. */
void cc_snowflake_cancel(struct cc_cursor *cursor)
{
    atomic_store(&((struct cc_snowflake *)cursor->connection)->cancelled, true);
}

void cc_snowflake_close_cursor(struct cc_cursor *cursor)
{
    struct snowflake_cursor *own = (struct snowflake_cursor *)cursor;
    if (!own)
        return;
    close_part(own);
    cc_snowflake_chunks_free(own->chunks);
    for (size_t i = 0; own->fields && i < own->field_count; i++)
        cc_buffer_free(&own->fields[i].scratch);
    cc_batch_builder_free(cursor->builder);
    cc_strbuf_free(&own->sql);
    cc_buffer_free(&own->text);
    free(own->fields);
    free(own->cells);
    free(own);
}
