/* SPDX-License-Identifier: MIT */
#include "bigquery.h"

#include <stdlib.h>
#include <string.h>

/* Rows of a job's first page, which is all of a small result, and of those after
 * it, and a table's, where the Storage Read API is not used. */
#define FIRST_PAGE 2000
#define PAGE 20000
/* Rows that are appended column by column. */
#define SLICE_ROWS 256
/* How long to wait for more rows with some at hand. */
#define PATIENCE_MS 20
#define NO_SLOT SIZE_MAX
/* Streams of a table; one is enough where few rows are wanted, as what is read
 * ahead is billed. */
#define STREAMS 4
#define FEW_ROWS 50000

/* What the next rows come from. */
enum source
{
    FROM_JOB,    /* nothing was read yet: the job's first page */
    FROM_PAGES,  /* pages of REST */
    FROM_STREAMS /* the Storage Read API */
};

struct bigquery_cursor
{
    struct cc_cursor base;
    atomic_bool cancelled;
    struct cc_deadline limit;
    enum source source;
    struct cc_bigquery_job job;
    int64_t rows_left; /* that the reader can use */
    size_t *slots;     /* by column of the result: its builder, or NO_SLOT */
    size_t slot_count;
    struct cc_bigquery_pages pages;
    struct cc_buffer scratch;
    /* streams */
    struct cc_bigquery_streams *streams;
    struct ArrowArray batch;
    size_t next; /* the row of it that comes next */
    const struct cc_ipc_field *arrow_fields;
    bool complete;
};

static struct cc_bigquery *bigquery_of(const struct bigquery_cursor *cursor)
{
    return (struct cc_bigquery *)cursor->base.connection;
}

/* ---- columns ---- */

/* Columns of the result: all of a verbatim query, else those wanted. */
static int make_slots(struct bigquery_cursor *cursor,
                      const struct cc_select *select, bool verbatim,
                      struct cc_error *error)
{
    const struct cc_schema *schema = select->schema;
    cursor->slots = calloc(schema->count + 1, sizeof *cursor->slots);
    if (!cursor->slots)
        return cc_error_memory(error);
    size_t wanted = 0;
    for (size_t i = 0; i < schema->count; i++)
    {
        bool keep = cc_schema_wants(schema, select->wanted, i);
        if (keep || verbatim)
            cursor->slots[cursor->slot_count++] = keep ? wanted++ : NO_SLOT;
    }
    if (cursor->slot_count == 0)
        cursor->slots[cursor->slot_count++] = NO_SLOT;
    return 0;
}

static int check_columns(const struct bigquery_cursor *cursor, size_t count,
                         struct cc_error *error)
{
    if (count == cursor->slot_count)
        return 0;
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the result has %zu columns, %zu were described; was "
                        "the table altered? Open the dataset again.",
                        count, cursor->slot_count);
}

/* ---- starting ---- */

/* The names to read, in the table's order; where none is wanted one that takes
 * little. */
static size_t selected_fields(const struct cc_select *select,
                              const char **names)
{
    const struct cc_schema *schema = select->schema;
    const char *small = schema->columns[0].name;
    size_t count = 0;
    for (size_t i = schema->count; i-- > 0;)
    {
        if (schema->columns[i].kind == CC_KIND_INT64 ||
            schema->columns[i].kind == CC_KIND_BOOLEAN)
            small = schema->columns[i].name;
    }
    for (size_t i = 0; i < schema->count; i++)
    {
        if (cc_schema_wants(schema, select->wanted, i))
            names[count++] = schema->columns[i].name;
    }
    if (count == 0)
        names[count++] = small;
    return count;
}

static enum cc_bigquery_opened
open_streams(struct bigquery_cursor *cursor, const char *table,
             const char *const *names, size_t count, const char *restriction,
             int32_t max_streams, struct cc_error *error)
{
    struct cc_bigquery *bigquery = bigquery_of(cursor);
    struct cc_strbuf parent = CC_STRBUF_INIT;
    if (cc_strbuf_printf(&parent, "projects/%s", bigquery->billing) != 0)
    {
        (void)cc_error_memory(error);
        return CC_BQ_FAILED;
    }
    const struct cc_bigquery_session_request request = {
        .parent = cc_strbuf_text(&parent),
        .table = table,
        .fields = names,
        .field_count = count,
        .restriction = restriction && *restriction ? restriction : NULL,
        .max_streams = max_streams,
        .compression = CC_BIGQUERY_LZ4};
    enum cc_bigquery_opened opened = cc_bigquery_streams_open(
        bigquery, &request, &cursor->limit, &cursor->streams, error);
    if (opened == CC_BQ_OPENED)
        cursor->source = FROM_STREAMS;
    else
        cc_debug(bigquery->base.host, "BigQuery: no read session: %s",
                 error->message);
    cc_strbuf_free(&parent);
    return opened;
}

/* The conditions of WHERE, without the word. */
static int restriction_of(const struct cc_select *select, bool with_box,
                          struct cc_strbuf *out, struct cc_error *error)
{
    struct cc_select part = *select;
    struct cc_strbuf where = CC_STRBUF_INIT;
    if (!with_box)
        part.box = NULL;
    int status = cc_where_sql(&cc_dialect_bigquery, &part, &where, NULL);
    if (status == 0 && where.length > 0)
        status = cc_strbuf_append(out, where.data + strlen(" WHERE "));
    cc_strbuf_free(&where);
    return status == 0 ? 0 : cc_error_memory(error);
}

/* The box may be more than the API understands; the rows it would leave out
 * are left out by who reads. */
static enum cc_bigquery_opened open_table(struct bigquery_cursor *cursor,
                                          const struct cc_select *select,
                                          const char *const *names,
                                          size_t count, struct cc_error *error)
{
    const struct cc_source *source = select->source;
    const char *project =
        source->project ? source->project : bigquery_of(cursor)->billing;
    enum cc_bigquery_opened opened = CC_BQ_RESTRICTED;
    struct cc_strbuf name = CC_STRBUF_INIT;
    if (cc_strbuf_printf(&name, "projects/%s/datasets/%s/tables/%s", project,
                         source->schema, source->table) != 0)
    {
        (void)cc_error_memory(error);
        return CC_BQ_FAILED;
    }
    for (int box = select->box ? 1 : 0; box >= 0 && opened == CC_BQ_RESTRICTED;
         box--)
    {
        struct cc_strbuf restriction = CC_STRBUF_INIT;
        opened = restriction_of(select, box == 1, &restriction, error) == 0
                     ? open_streams(cursor, cc_strbuf_text(&name), names, count,
                                    cc_strbuf_text(&restriction),
                                    cursor->rows_left > FEW_ROWS ? STREAMS : 1,
                                    error)
                     : CC_BQ_FAILED;
        cc_strbuf_free(&restriction);
    }
    cc_strbuf_free(&name);
    return opened;
}

/* Pages of a table know no conditions; those of a box are left to who reads.
 * 1: it has to be a query. */
static int open_pages(struct bigquery_cursor *cursor,
                      const struct cc_select *select, struct json_object *table,
                      const char *const *names, size_t count,
                      struct cc_error *error)
{
    if (select->filter)
        return 1;
    cursor->source = FROM_PAGES;
    return cc_bigquery_pages_of_table(bigquery_of(cursor), select->source,
                                      cc_bigquery_get(table, "schema"), names,
                                      count, &cursor->pages, error);
}

static int start_stored(struct bigquery_cursor *cursor,
                        const struct cc_select *select,
                        struct json_object *table, struct cc_error *error)
{
    enum cc_bigquery_opened opened = CC_BQ_REFUSED;
    const char **names = calloc(select->schema->count + 1, sizeof *names);
    if (!names)
        return cc_error_memory(error);
    size_t count = selected_fields(select, names);
    if (bigquery_of(cursor)->storage)
        opened = open_table(cursor, select, names, count, error);
    int status = opened == CC_BQ_OPENED ? 0 : opened == CC_BQ_FAILED ? -1 : 1;
    if (opened == CC_BQ_REFUSED)
        status = open_pages(cursor, select, table, names, count, error);
    free(names);
    return status != 0 ? status : make_slots(cursor, select, false, error);
}

/* 1: it has to be a query. */
static int start_table(struct bigquery_cursor *cursor,
                       const struct cc_select *select, struct cc_error *error)
{
    struct json_object *table = NULL;
    if (!select->source->table)
        return 1;
    CC_TRY(
        cc_bigquery_table(bigquery_of(cursor), select->source, &table, error));
    int status = cc_bigquery_is_stored(table)
                     ? start_stored(cursor, select, table, error)
                     : 1;
    json_object_put(table);
    return status;
}

static int start_job(struct bigquery_cursor *cursor,
                     const struct cc_select *select, struct cc_error *error)
{
    struct cc_select_result result = {false, false};
    struct cc_strbuf sql = CC_STRBUF_INIT;
    int status = cc_select_sql(&cc_dialect_bigquery, select, &sql, &result) == 0
                     ? make_slots(cursor, select, result.verbatim, error)
                     : cc_error_memory(error);
    if (status == 0)
        status =
            cc_bigquery_job_start(bigquery_of(cursor), cc_strbuf_text(&sql),
                                  &cursor->limit, &cursor->job, error);
    cc_strbuf_free(&sql);
    return status;
}

static int start(struct bigquery_cursor *cursor, const struct cc_select *select,
                 const int32_t *srids, const struct cc_batch_options *options,
                 struct cc_error *error)
{
    struct cc_batch_options own = *options;
    own.iconv_name = NULL; /* BigQuery's text is UTF-8 */
    CC_TRY(cc_batch_builder_new(select->schema, select->wanted, srids, &own,
                                &cursor->base.builder, error));
    int status = start_table(cursor, select, error);
    return status == 1 ? start_job(cursor, select, error) : status;
}

int cc_bigquery_query(struct cc_connection *connection,
                      const struct cc_select *select, int64_t row_limit,
                      const int32_t *srids,
                      const struct cc_batch_options *options,
                      struct cc_cursor **cursor, struct cc_error *error)
{
    struct cc_bigquery *bigquery = (struct cc_bigquery *)connection;
    struct bigquery_cursor *own = calloc(1, sizeof *own);
    if (!own)
        return cc_error_memory(error);
    own->base.connection = connection;
    own->rows_left = row_limit > 0 ? row_limit : INT64_MAX;
    atomic_init(&own->cancelled, false);
    bigquery->cancelled = &own->cancelled;
    own->limit.cancelled = &own->cancelled;
    cc_deadline_start(
        &own->limit,
        cc_connector_integer(connection->connector, CC_P_QUERY_TIMEOUT),
        "query_timeout");
    int status = start(own, select, srids, options, error);
    if (status == 0)
        *cursor = &own->base;
    else
        cc_bigquery_close_cursor(&own->base);
    return status;
}

/* ---- pages ---- */

static size_t length_of(struct json_object *array)
{
    return json_object_is_type(array, json_type_array)
               ? json_object_array_length(array)
               : 0;
}

static int read_page(struct bigquery_cursor *cursor, int rows,
                     struct cc_error *error)
{
    if (rows > cursor->rows_left)
        rows = cursor->rows_left > 0 ? (int)cursor->rows_left : 1;
    CC_TRY(cc_bigquery_pages_read(bigquery_of(cursor), &cursor->job, rows,
                                  &cursor->limit, &cursor->pages, error));
    return check_columns(cursor, length_of(cursor->pages.fields), error);
}

/* The result lies in a table, which is read as one. */
static int switch_to_streams(struct bigquery_cursor *cursor,
                             struct cc_error *error)
{
    struct cc_strbuf table = CC_STRBUF_INIT;
    enum cc_bigquery_opened opened = CC_BQ_REFUSED;
    int status =
        cc_bigquery_job_table(bigquery_of(cursor), &cursor->job, &table, error);
    if (status == 0 && table.length > 0)
        opened = open_streams(cursor, cc_strbuf_text(&table), NULL, 0, NULL, 1,
                              error);
    cc_strbuf_free(&table);
    return status == 0 && opened != CC_BQ_FAILED ? 0 : -1;
}

static int begin_job(struct bigquery_cursor *cursor, struct cc_error *error)
{
    CC_TRY(read_page(cursor, FIRST_PAGE, error));
    cursor->source = FROM_PAGES;
    if (!cursor->pages.token || !bigquery_of(cursor)->storage ||
        (int64_t)cc_bigquery_pages_rows(&cursor->pages) >= cursor->rows_left)
        return 0;
    return switch_to_streams(cursor, error);
}

static int append_page_row(struct bigquery_cursor *cursor,
                           struct json_object *cells, struct cc_error *error)
{
    CC_TRY(check_columns(cursor, length_of(cells), error));
    for (size_t i = 0; i < cursor->slot_count; i++)
    {
        struct json_object *cell = json_object_array_get_idx(cells, i);
        if (cursor->slots[i] != NO_SLOT)
            CC_TRY(cc_bigquery_append_json(
                &cursor->base.builder->columns[cursor->slots[i]],
                json_object_array_get_idx(cursor->pages.fields, i),
                cc_bigquery_get(cell, "v"), &cursor->scratch, error));
    }
    cc_batch_end_row(cursor->base.builder);
    return 0;
}

static int append_page(struct bigquery_cursor *cursor, struct cc_error *error)
{
    for (; cc_bigquery_pages_rows(&cursor->pages) > 0 &&
           !cc_batch_full(cursor->base.builder);
         cursor->rows_left--)
        CC_TRY(append_page_row(cursor, cc_bigquery_pages_next(&cursor->pages),
                               error));
    return 0;
}

/* Rows of pages, or the end. */
static int fill_from_pages(struct bigquery_cursor *cursor,
                           struct cc_error *error)
{
    while (cursor->base.builder->rows == 0 && !cursor->complete)
    {
        if (cc_bigquery_pages_rows(&cursor->pages) > 0)
            CC_TRY(append_page(cursor, error));
        else if (!cursor->pages.page || cursor->pages.token)
            CC_TRY(read_page(cursor, PAGE, error));
        else
            cursor->complete = true;
    }
    return 0;
}

/* ---- streams ---- */

static size_t rows_at_hand(const struct bigquery_cursor *cursor)
{
    return cursor->batch.release ? (size_t)cursor->batch.length - cursor->next
                                 : 0;
}

static int append_slice(struct bigquery_cursor *cursor, size_t count,
                        struct cc_error *error)
{
    for (size_t i = 0; i < cursor->slot_count; i++)
    {
        if (cursor->slots[i] != NO_SLOT)
            CC_TRY(cc_bigquery_append_arrow(
                &cursor->base.builder->columns[cursor->slots[i]],
                &cursor->arrow_fields[i], cursor->batch.children[i],
                cursor->next, count, error));
    }
    for (size_t i = 0; i < count; i++)
        cc_batch_end_row(cursor->base.builder);
    cursor->next += count;
    return 0;
}

/* Appends rows of the Arrow batch, a few at a time, one where the first ones
 * were long, so that a batch ends in time. */
static int append_batch(struct bigquery_cursor *cursor, struct cc_error *error)
{
    struct cc_batch_builder *builder = cursor->base.builder;
    while (rows_at_hand(cursor) > 0 && !cc_batch_full(builder))
    {
        size_t slice = builder->capacity - builder->rows;
        size_t left = rows_at_hand(cursor);
        bool is_long =
            builder->rows == 0 || builder->bytes / builder->rows >
                                      builder->options.batch_bytes / SLICE_ROWS;
        slice = slice < left ? slice : left;
        slice = is_long ? 1 : slice < SLICE_ROWS ? slice : SLICE_ROWS;
        CC_TRY(append_slice(cursor, slice, error));
    }
    return 0;
}

static int next_batch(struct bigquery_cursor *cursor, struct cc_error *error)
{
    size_t count = 0;
    if (cursor->batch.release)
        cursor->batch.release(&cursor->batch);
    cursor->next = 0;
    bool waits = cursor->base.builder->rows == 0;
    switch (cc_bigquery_streams_next(cursor->streams, waits ? -1 : PATIENCE_MS,
                                     &cursor->batch, error))
    {
        case CC_GRPC_ERROR:
            return -1;
        case CC_GRPC_END:
            cursor->complete = true;
            return 0;
        case CC_GRPC_AGAIN:
            return 1;
        case CC_GRPC_MESSAGE:
            break;
    }
    cursor->arrow_fields =
        cc_bigquery_streams_fields(cursor->streams, &count, error);
    return cursor->arrow_fields ? check_columns(cursor, count, error) : -1;
}

static int fill_from_streams(struct bigquery_cursor *cursor,
                             struct cc_error *error)
{
    while (!cursor->complete && !cc_batch_full(cursor->base.builder))
    {
        if (rows_at_hand(cursor) > 0)
        {
            CC_TRY(append_batch(cursor, error));
            continue;
        }
        int status = next_batch(cursor, error);
        if (status != 0)
            return status < 0 ? -1 : 0;
    }
    return 0;
}

/* ---- fetching ---- */

static int fill(struct bigquery_cursor *cursor, struct cc_error *error)
{
    if (atomic_load(&cursor->cancelled))
        return cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                            "the read was cancelled");
    if (cursor->source == FROM_JOB)
        CC_TRY(begin_job(cursor, error));
    return cursor->source == FROM_PAGES ? fill_from_pages(cursor, error)
                                        : fill_from_streams(cursor, error);
}

enum cc_fetch cc_bigquery_fetch(struct cc_cursor *cursor,
                                struct ArrowArray *batch,
                                struct cc_error *error)
{
    struct bigquery_cursor *own = (struct bigquery_cursor *)cursor;
    struct cc_error said = CC_ERROR_INIT;
    if (fill(own, error ? error : &said) != 0)
        return CC_FETCH_ERROR;
    if (cursor->builder->rows == 0)
        return CC_FETCH_END;
    return cc_batch_finish(cursor->builder, batch, error) == 0 ? CC_FETCH_BATCH
                                                               : CC_FETCH_ERROR;
}

void cc_bigquery_cancel(struct cc_cursor *cursor)
{
    atomic_store(&((struct bigquery_cursor *)cursor)->cancelled, true);
}

void cc_bigquery_close_cursor(struct cc_cursor *cursor)
{
    struct bigquery_cursor *own = (struct bigquery_cursor *)cursor;
    if (!own)
        return;
    struct cc_bigquery *bigquery = bigquery_of(own);
    if (own->batch.release)
        own->batch.release(&own->batch);
    cc_bigquery_streams_close(own->streams);
    cc_bigquery_job_end(bigquery, &own->job);
    bigquery->cancelled = NULL;
    cc_bigquery_pages_free(&own->pages);
    free(own->slots);
    cc_buffer_free(&own->scratch);
    cc_batch_builder_free(cursor->builder);
    free(own);
}
