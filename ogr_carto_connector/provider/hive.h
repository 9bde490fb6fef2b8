/* SPDX-License-Identifier: MIT */
/*
 * What the files of the Hive provider share. It speaks HiveServer2's protocol
 * (wire/hs2.h), which Apache Hive, Spark, Kyuubi and Impala serve.
 */
#ifndef CC_PROVIDER_HIVE_H
#define CC_PROVIDER_HIVE_H

#include "provider.h"

#include "wire/hs2.h"

struct cc_hive
{
    struct cc_connection base;
    struct cc_hs2 *hs2;
    /* A statement whose columns only its execution could tell, executed and
     * not yet read; NULL: none. */
    char *executed;
};

extern const struct cc_dialect cc_dialect_hive;

/* Begins a statement with the connector's query_timeout; an executed one that
 * was not read is dropped. */
void cc_hive_begin(struct cc_hive *hive);

/* Executes a statement and waits until it has finished. */
int cc_hive_run(struct cc_hive *hive, const char *sql,
                struct cc_error *error) CC_CHECKED;

/* Reads all of a result whose column `column` is text, and calls `take` with
 * each row's texts: that column's and that of `other`; NULL is "". Texts are
 * not terminated. */
struct cc_hive_text
{
    const char *data;
    size_t size;
};
int cc_hive_read_texts(struct cc_hive *hive, size_t column, size_t other,
                       int (*take)(void *context, struct cc_hive_text text,
                                   struct cc_hive_text other),
                       void *context, struct cc_error *error) CC_CHECKED;

/* Refuses a query that does not only read. */
int cc_hive_check_query(const char *query, struct cc_error *error) CC_CHECKED;

/* cc_provider.describe, .list_tables, .query, .fetch, .cancel, .close_cursor */
int cc_hive_describe(struct cc_connection *connection,
                     const struct cc_source *source, struct cc_schema *schema,
                     struct cc_error *error);
int cc_hive_list_tables(struct cc_connection *connection, size_t limit,
                        struct cc_table_list *list, struct cc_error *error);
int cc_hive_query(struct cc_connection *connection,
                  const struct cc_select *select, int64_t row_limit,
                  const int32_t *srids, const struct cc_batch_options *options,
                  struct cc_cursor **cursor, struct cc_error *error);
enum cc_fetch cc_hive_fetch(struct cc_cursor *cursor, struct ArrowArray *batch,
                            struct cc_error *error);
void cc_hive_cancel(struct cc_cursor *cursor);
void cc_hive_close_cursor(struct cc_cursor *cursor);

/* ---- values ---- */

/* One column of a result. */
struct cc_hive_field
{
    struct cc_builder *builder; /* NULL: the column is not wanted */
    size_t at;      /* position of the next value in the answer's data */
    bool unescaped; /* strings in arrays, maps and structs: cc_hive_json */
    struct cc_buffer scratch;
    struct cc_hive_region *region; /* the last that a timestamp named */
};

/* What a column needs of memory. */
void cc_hive_field_free(struct cc_hive_field *field);

/* Appends the values [row, row + count) of a column; field->at is where the
 * first of them is, and moves on. */
int cc_hive_append_values(struct cc_hive_field *field,
                          const struct cc_hs2_column *column,
                          const uint8_t *data, size_t row, size_t count,
                          struct cc_error *error) CC_CHECKED;

/* Appends one value of the form by rows. */
int cc_hive_append_value(struct cc_hive_field *field,
                         const struct cc_hs2_value *value, const uint8_t *data,
                         struct cc_error *error) CC_CHECKED;

#endif
