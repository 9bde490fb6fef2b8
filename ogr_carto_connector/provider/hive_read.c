/* SPDX-License-Identifier: MIT */
#include "hive.h"

#include <stdlib.h>
#include <string.h>

/* What HiveServer2 gives at once at the most, unless it is configured
 * otherwise, and how large an answer is to become. */
#define FETCH_ROWS 8192
/* Before it is known how long a row is. */
#define FIRST_ROWS 64
#define FETCH_BYTES ((size_t)8 << 20)
/* Rows appended column by column; one at a time where they are long, so that
 * a batch ends in time. */
#define SLICE_ROWS 256
#define LONG_ROW 16384

struct hive_cursor
{
    struct cc_cursor base;
    struct cc_hive_field *fields;
    size_t field_count;
    struct cc_hs2_rows rows; /* the last answer: */
    const uint8_t *data;
    size_t size;
    size_t next; /* the first row that is not yet appended */
    size_t at;   /* by_row: its position */
    struct cc_hs2_value *values;
    int64_t rows_left; /* that the reader can use */
    size_t row_bytes;  /* of the answer, in the mean */
    bool finished;     /* the statement, so that rows can be had */
    bool complete;     /* the result */
};

static struct cc_hive *hive_of(const struct hive_cursor *cursor)
{
    return (struct cc_hive *)cursor->base.connection;
}

/* ---- starting ---- */

/* Whether arrays, maps and structs are put into text by Spark. */
static bool is_spark(const struct cc_hive *hive)
{
    const char *version = hive->base.server_version;
    return strstr(version, "Spark") || strstr(version, "Kyuubi");
}

/* The columns of the result: all of a verbatim query, else the wanted ones, or
 * the 1 of a select that wants none. */
static int make_fields(struct hive_cursor *cursor,
                       const struct cc_select *select, bool verbatim,
                       struct cc_error *error)
{
    const struct cc_schema *schema = select->schema;
    cursor->fields = calloc(schema->count + 1, sizeof *cursor->fields);
    cursor->values = calloc(schema->count + 1, sizeof *cursor->values);
    if (!cursor->fields || !cursor->values)
        return cc_error_memory(error);
    size_t wanted = 0;
    for (size_t i = 0; i < schema->count; i++)
    {
        bool keep = cc_schema_wants(schema, select->wanted, i);
        if (!keep && !verbatim)
            continue;
        struct cc_hive_field *field = &cursor->fields[cursor->field_count++];
        field->builder = keep ? &cursor->base.builder->columns[wanted++] : NULL;
        field->unescaped = is_spark(hive_of(cursor));
    }
    if (cursor->field_count == 0)
        cursor->field_count = 1;
    return 0;
}

/* What was executed to be described is read, not executed again. */
static int execute(struct cc_hive *hive, const char *sql,
                   struct cc_error *error)
{
    if (hive->executed && strcmp(hive->executed, sql) == 0)
    {
        free(hive->executed);
        hive->executed = NULL;
        return 0;
    }
    cc_hive_begin(hive);
    return cc_hs2_execute(hive->hs2, sql, error);
}

static int prepare_and_start(struct hive_cursor *cursor,
                             const struct cc_select *select,
                             const int32_t *srids,
                             const struct cc_batch_options *options,
                             struct cc_error *error)
{
    /* the server makes UTF-8 of whatever its files are encoded in */
    struct cc_batch_options own = *options;
    own.iconv_name = NULL;
    struct cc_select_result result;
    struct cc_strbuf sql = CC_STRBUF_INIT;
    int status = cc_select_sql(&cc_dialect_hive, select, &sql, &result);
    if (status != 0)
        (void)cc_error_memory(error);
    if (status == 0)
        status = cc_batch_builder_new(select->schema, select->wanted, srids,
                                      &own, &cursor->base.builder, error);
    if (status == 0)
        status = make_fields(cursor, select, result.verbatim, error);
    if (status == 0)
        status = execute(hive_of(cursor), cc_strbuf_text(&sql), error);
    cc_strbuf_free(&sql);
    return status;
}

int cc_hive_query(struct cc_connection *connection,
                  const struct cc_select *select, int64_t row_limit,
                  const int32_t *srids, const struct cc_batch_options *options,
                  struct cc_cursor **cursor, struct cc_error *error)
{
    struct hive_cursor *new_cursor = calloc(1, sizeof *new_cursor);
    if (!new_cursor)
        return cc_error_memory(error);
    new_cursor->base.connection = connection;
    new_cursor->rows_left = row_limit > 0 ? row_limit : INT64_MAX;
    int status = prepare_and_start(new_cursor, select, srids, options, error);
    if (status == 0)
        *cursor = &new_cursor->base;
    else
        cc_hive_close_cursor(&new_cursor->base);
    return status;
}

/* ---- reading ---- */

/* How many rows to ask for: a batch, but no answer that is too large. */
static int64_t rows_to_ask(const struct hive_cursor *cursor)
{
    int64_t rows = cursor->row_bytes == 0 ? FIRST_ROWS : FETCH_ROWS;
    if (cursor->row_bytes > FETCH_BYTES / FETCH_ROWS)
        rows = (int64_t)(FETCH_BYTES / cursor->row_bytes) + 1;
    if (rows > cursor->rows_left)
        rows = cursor->rows_left;
    return rows > 0 ? rows : 1;
}

static int check_columns(const struct hive_cursor *cursor,
                         struct cc_error *error)
{
    const struct cc_hs2_rows *rows = &cursor->rows;
    if (rows->column_count == 0 || rows->column_count == cursor->field_count)
        return 0;
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the columns are not those that were described; was "
                        "the table altered? Open the dataset again.");
}

/* Asks for more rows. An answer without any ends the result, whatever Hive's
 * hasMoreRows says, unless it says that there are more: servers that wait no
 * longer than so long do that. */
static int fetch_rows(struct hive_cursor *cursor, struct cc_error *error)
{
    struct cc_hs2_rows *rows = &cursor->rows;
    CC_TRY(cc_hs2_fetch(hive_of(cursor)->hs2, rows_to_ask(cursor), rows,
                        &cursor->data, &cursor->size, error));
    CC_TRY(check_columns(cursor, error));
    cursor->next = 0;
    cursor->at = rows->rows.at;
    for (size_t i = 0; i < rows->column_count; i++)
        cursor->fields[i].at = rows->columns[i].values.at;
    if (rows->count > 0)
        cursor->row_bytes = cursor->size / rows->count + 1;
    cursor->complete = rows->count == 0 && !rows->more;
    return 0;
}

static int append_columns(struct hive_cursor *cursor, size_t count,
                          struct cc_error *error)
{
    for (size_t i = 0; i < cursor->rows.column_count; i++)
    {
        struct cc_hive_field *field = &cursor->fields[i];
        if (field->builder)
            CC_TRY(cc_hive_append_values(field, &cursor->rows.columns[i],
                                         cursor->data, cursor->next, count,
                                         error));
    }
    return 0;
}

static int append_row(struct hive_cursor *cursor, struct cc_error *error)
{
    struct cc_thrift_reader reader = {
        .data = cursor->data, .size = cursor->size, .at = cursor->at};
    size_t found;
    cc_hs2_read_row(&reader, cursor->values, cursor->field_count, &found);
    if (reader.failure || found != cursor->field_count)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "a row cannot be read: %s",
                            reader.failure ? reader.failure
                                           : "it has other columns than were "
                                             "described");
    cursor->at = reader.at;
    for (size_t i = 0; i < found; i++)
    {
        if (cursor->fields[i].builder)
            CC_TRY(cc_hive_append_value(&cursor->fields[i], &cursor->values[i],
                                        cursor->data, error));
    }
    return 0;
}

/* How many rows fit the batch, and are appended at once. */
static size_t slice_of(const struct hive_cursor *cursor)
{
    const struct cc_batch_builder *builder = cursor->base.builder;
    if (cursor->rows.by_row || cursor->row_bytes > LONG_ROW)
        return 1;
    size_t slice = builder->capacity - builder->rows;
    size_t left = cursor->rows.count - cursor->next;
    slice = slice < left ? slice : left;
    return slice < SLICE_ROWS ? slice : SLICE_ROWS;
}

/* Appends rows of the last answer, until it is empty or the batch full. */
static int append_rows(struct hive_cursor *cursor, struct cc_error *error)
{
    struct cc_batch_builder *builder = cursor->base.builder;
    while (cursor->next < cursor->rows.count && !cc_batch_full(builder))
    {
        size_t slice = slice_of(cursor);
        CC_TRY(cursor->rows.by_row ? append_row(cursor, error)
                                   : append_columns(cursor, slice, error));
        for (size_t i = 0; i < slice; i++)
            cc_batch_end_row(builder);
        cursor->next += slice;
        cursor->rows_left -= (int64_t)slice;
    }
    return 0;
}

/* Rows, or the end. */
static int fill(struct hive_cursor *cursor, struct cc_error *error)
{
    if (!cursor->finished)
        CC_TRY(cc_hs2_wait(hive_of(cursor)->hs2, error));
    cursor->finished = true;
    while (cursor->base.builder->rows == 0 && !cursor->complete)
    {
        if (cursor->next == cursor->rows.count)
            CC_TRY(fetch_rows(cursor, error));
        CC_TRY(append_rows(cursor, error));
    }
    return 0;
}

enum cc_fetch cc_hive_fetch(struct cc_cursor *cursor, struct ArrowArray *batch,
                            struct cc_error *error)
{
    struct hive_cursor *own = (struct hive_cursor *)cursor;
    if (fill(own, error) != 0)
    {
        if (error && error->stage == CC_STAGE_TIMEOUT)
            cc_hs2_cancel(hive_of(own)->hs2);
        return CC_FETCH_ERROR;
    }
    if (cursor->builder->rows == 0)
        return CC_FETCH_END;
    return cc_batch_finish(cursor->builder, batch, error) == 0 ? CC_FETCH_BATCH
                                                               : CC_FETCH_ERROR;
}

/* ---- the end ---- */

void cc_hive_cancel(struct cc_cursor *cursor)
{
    cc_hs2_cancel(((struct cc_hive *)cursor->connection)->hs2);
}

void cc_hive_close_cursor(struct cc_cursor *cursor)
{
    struct hive_cursor *own = (struct hive_cursor *)cursor;
    if (!own)
        return;
    cc_hs2_end(hive_of(own)->hs2);
    for (size_t i = 0; own->fields && i < own->field_count; i++)
        cc_hive_field_free(&own->fields[i]);
    cc_hs2_rows_free(&own->rows);
    cc_batch_builder_free(cursor->builder);
    free(own->fields);
    free(own->values);
    free(own);
}
