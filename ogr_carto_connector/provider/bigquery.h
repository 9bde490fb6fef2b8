/* SPDX-License-Identifier: MIT */
/*
 * What the files of the BigQuery provider share. Control goes over the REST
 * service (BigQuery REST API v2), rows over the Storage Read API, as Arrow, or
 * over REST where they are few or that API may not be used.
 */
#ifndef CC_PROVIDER_BIGQUERY_H
#define CC_PROVIDER_BIGQUERY_H

#include "provider.h"

#include "wire/arrow_ipc.h"
#include "wire/bigquery_messages.h"
#include "wire/deadline.h"
#include "wire/google_auth.h"
#include "wire/grpc.h"

#include <json.h>

/* ---- connections ---- */

struct cc_bigquery
{
    struct cc_connection base;
    struct cc_google_auth *auth;
    struct cc_http *http;
    char *endpoint; /* of REST, without a slash at its end */
    char *storage;  /* of the Storage Read API; NULL: it is not to be used */
    const char *billing;          /* the project that pays */
    const atomic_bool *cancelled; /* of the read under way, or NULL */
};

extern const struct cc_dialect cc_dialect_bigquery;

/* ---- REST ---- */

/* One call: the answer's JSON, to be released with json_object_put. What
 * Google says may be tried again is, a few times. `path` begins with
 * "/projects"; `body` is released here; NULL: a GET. */
int cc_bigquery_call(struct cc_bigquery *bigquery, const char *path,
                     struct json_object *body, const struct cc_deadline *limit,
                     struct json_object **answer,
                     struct cc_error *error) CC_CHECKED;

/* A GET of what is at `path`, which is freed; of the page that `token` names
 * unless it is NULL, where the path has parameters. */
int cc_bigquery_get_page(struct cc_bigquery *bigquery, struct cc_strbuf *path,
                         const char *token, const struct cc_deadline *limit,
                         struct json_object **page,
                         struct cc_error *error) CC_CHECKED;

/* Whether the last call failed with that HTTP status. */
bool cc_bigquery_was(const struct cc_bigquery *bigquery, long status);

/* Sets the error from {"reason", "message", "location"} of the service, with
 * what to do. `code` is the HTTP status, or 0. Returns -1. */
int cc_bigquery_refused(struct json_object *reason, long code,
                        struct cc_error *error);

/* Appends permission and quota advice where the words ask for it. */
void cc_bigquery_advise(struct cc_error *error);

/* "authorization: Bearer ..." in place of `header`, to be wiped, or nothing
 * where there are no credentials; see cc_google_auth_token. Any thread. */
int cc_bigquery_authorize(struct cc_bigquery *bigquery, unsigned refused,
                          const atomic_bool *cancelled,
                          struct cc_strbuf *header, unsigned *number,
                          struct cc_error *error) CC_CHECKED;
void cc_bigquery_wipe(struct cc_strbuf *header);

/* "x-goog-user-project: ...", or nothing where the credentials name none. */
int cc_bigquery_add_quota(const struct cc_bigquery *bigquery,
                          struct cc_strbuf *header,
                          struct cc_error *error) CC_CHECKED;

/* Appends `text` percent-encoded. */
void cc_bigquery_escape(struct cc_strbuf *out, const char *text);

/* Members of JSON objects; NULL, "" or 0 where they are not there. BigQuery
 * writes 64-bit integers as text. */
struct json_object *cc_bigquery_get(struct json_object *object,
                                    const char *key);
const char *cc_bigquery_text(struct json_object *object, const char *key);
int64_t cc_bigquery_integer(struct json_object *object, const char *key);

/* ---- types ---- */

enum cc_bigquery_type
{
    CC_BQ_UNKNOWN = 0,
    CC_BQ_STRING,
    CC_BQ_BYTES,
    CC_BQ_INTEGER,
    CC_BQ_FLOAT,
    CC_BQ_NUMERIC,
    CC_BQ_BIGNUMERIC,
    CC_BQ_BOOLEAN,
    CC_BQ_TIMESTAMP,
    CC_BQ_DATE,
    CC_BQ_TIME,
    CC_BQ_DATETIME,
    CC_BQ_GEOGRAPHY,
    CC_BQ_RECORD,
    CC_BQ_JSON,
    CC_BQ_INTERVAL,
    CC_BQ_RANGE
};

/* Of a field of a TableSchema, by its "type". */
enum cc_bigquery_type cc_bigquery_type_of(struct json_object *field);
bool cc_bigquery_is_repeated(struct json_object *field);

/* Adds the columns of a TableSchema. native_id is the type, native_modifier
 * 1 for an array. */
int cc_bigquery_add_columns(struct json_object *table_schema,
                            struct cc_schema *schema,
                            struct cc_error *error) CC_CHECKED;

/* ---- jobs ---- */

/* A query that was started. */
struct cc_bigquery_job
{
    char *id;
    char *project;
    char *location; /* or NULL */
    bool finished;
};

/* Describes a query by a dry run: an object with "schema", "cacheHit" and
 * "totalBytesProcessed". Refuses what does not only read. */
int cc_bigquery_dry_run(struct cc_bigquery *bigquery, const char *sql,
                        struct json_object **statistics,
                        struct cc_error *error) CC_CHECKED;

int cc_bigquery_job_start(struct cc_bigquery *bigquery, const char *sql,
                          const struct cc_deadline *limit,
                          struct cc_bigquery_job *job,
                          struct cc_error *error) CC_CHECKED;

/* A page of the rows, `rows` at the most, waiting for the job to finish. The
 * first page: `token` NULL. */
int cc_bigquery_job_page(struct cc_bigquery *bigquery,
                         struct cc_bigquery_job *job, const char *token,
                         int rows, const struct cc_deadline *limit,
                         struct json_object **page,
                         struct cc_error *error) CC_CHECKED;

/* "projects/p/datasets/d/tables/t" of the result, appended; nothing where the
 * server does not tell. */
int cc_bigquery_job_table(struct cc_bigquery *bigquery,
                          const struct cc_bigquery_job *job,
                          struct cc_strbuf *table,
                          struct cc_error *error) CC_CHECKED;

/* Asks to stop a job that has not finished, and frees it. */
void cc_bigquery_job_end(struct cc_bigquery *bigquery,
                         struct cc_bigquery_job *job);

/* ---- tables ---- */

/* "/projects/p/datasets/d", and "/tables/t" after it, appended; `project` NULL:
 * the one that pays. */
int cc_bigquery_dataset_path(const struct cc_bigquery *bigquery,
                             const char *project, const char *dataset,
                             struct cc_strbuf *path);
int cc_bigquery_table_path(const struct cc_bigquery *bigquery,
                           const struct cc_source *source,
                           struct cc_strbuf *path);

/* tables.get */
int cc_bigquery_table(struct cc_bigquery *bigquery,
                      const struct cc_source *source,
                      struct json_object **table,
                      struct cc_error *error) CC_CHECKED;

/* Whether the Storage Read API reads it as it is: no view, not external. */
bool cc_bigquery_is_stored(struct json_object *table);

int cc_bigquery_describe(struct cc_connection *connection,
                         const struct cc_source *source,
                         struct cc_schema *schema, struct cc_error *error);
int cc_bigquery_list_tables(struct cc_connection *connection, size_t limit,
                            struct cc_table_list *list, struct cc_error *error);
int cc_bigquery_count(struct cc_connection *connection,
                      const struct cc_select *select, int64_t *count,
                      struct cc_error *error);

/* ---- rows by REST ---- */

struct cc_bigquery_pages
{
    struct cc_strbuf path;      /* of a table's data; empty: of a job */
    struct json_object *fields; /* of a row's cells, an array; NULL before the
                                   first page of a job */
    struct json_object *page;
    size_t next; /* the row of it that comes next */
    char *token; /* of the page after it, or NULL: it is the last */
};

/* Prepares to read these columns of a stored table, whose "schema" tells their
 * types. `pages` is empty, to be freed also on failure. */
int cc_bigquery_pages_of_table(struct cc_bigquery *bigquery,
                               const struct cc_source *source,
                               struct json_object *table_schema,
                               const char *const *names, size_t count,
                               struct cc_bigquery_pages *pages,
                               struct cc_error *error) CC_CHECKED;
void cc_bigquery_pages_free(struct cc_bigquery_pages *pages);

/* The next page, of `rows` rows at the most. */
int cc_bigquery_pages_read(struct cc_bigquery *bigquery,
                           struct cc_bigquery_job *job, int rows,
                           const struct cc_deadline *limit,
                           struct cc_bigquery_pages *pages,
                           struct cc_error *error) CC_CHECKED;

/* The rows that are left of the page; the cells of the next. */
size_t cc_bigquery_pages_rows(const struct cc_bigquery_pages *pages);
struct json_object *cc_bigquery_pages_next(struct cc_bigquery_pages *pages);

/* ---- values ---- */

/* Appends value `v` of a row ({"f": [{"v": ...}]}) whose type `field` of the
 * page's schema tells. */
int cc_bigquery_append_json(struct cc_builder *builder,
                            struct json_object *field, struct json_object *v,
                            struct cc_buffer *scratch,
                            struct cc_error *error) CC_CHECKED;

/* Appends the values [row, row + count) of an Arrow array. */
int cc_bigquery_append_arrow(struct cc_builder *builder,
                             const struct cc_ipc_field *field,
                             const struct ArrowArray *array, size_t row,
                             size_t count, struct cc_error *error) CC_CHECKED;

/* Appends the text of an integer of `words` little-endian 64-bit words, two's
 * complement, over 10^scale, without zeros at its end. */
int cc_bigquery_decimal(const uint8_t *value, size_t words, int scale,
                        struct cc_strbuf *out);

/* Appends value i of an array as JSON (`plain` false), or as BigQuery writes it
 * in text. */
int cc_bigquery_arrow_text(const struct cc_ipc_field *field,
                           const struct ArrowArray *array, size_t i, bool plain,
                           int depth, struct cc_strbuf *out);

/* ---- the Storage Read API ---- */

struct cc_bigquery_streams;

/* What cc_bigquery_streams_open found. */
enum cc_bigquery_opened
{
    CC_BQ_FAILED = -1,
    CC_BQ_OPENED = 0,
    CC_BQ_REFUSED = 1,    /* not permitted, or not reachable: use REST */
    CC_BQ_RESTRICTED = 2, /* the restriction was not understood */
    CC_BQ_UNSAID = 3      /* refused for no reason that gRPC has a code for */
};

/* Creates a read session and begins to read its streams ahead, each in a thread
 * of its own. Never CC_BQ_UNSAID; the error is set unless it was opened.
 * `request` is borrowed for the call, `limit` until the end. */
enum cc_bigquery_opened
cc_bigquery_streams_open(struct cc_bigquery *bigquery,
                         const struct cc_bigquery_session_request *request,
                         const struct cc_deadline *limit,
                         struct cc_bigquery_streams **streams,
                         struct cc_error *error);

/* The next batch of rows, or the end of all; CC_GRPC_AGAIN after `patience_ms`
 * (< 0: as long as it takes). *batch is to be released. The streams take turns,
 * so that the order of the rows is that of the read before, as far as the
 * service's is. */
enum cc_grpc_read cc_bigquery_streams_next(struct cc_bigquery_streams *streams,
                                           int patience_ms,
                                           struct ArrowArray *batch,
                                           struct cc_error *error);

/* The columns. */
const struct cc_ipc_field *
cc_bigquery_streams_fields(struct cc_bigquery_streams *streams, size_t *count,
                           struct cc_error *error);
void cc_bigquery_streams_close(struct cc_bigquery_streams *streams);

/* ---- reading ---- */

int cc_bigquery_query(struct cc_connection *connection,
                      const struct cc_select *select, int64_t row_limit,
                      const int32_t *srids,
                      const struct cc_batch_options *options,
                      struct cc_cursor **cursor, struct cc_error *error);
enum cc_fetch cc_bigquery_fetch(struct cc_cursor *cursor,
                                struct ArrowArray *batch,
                                struct cc_error *error);
void cc_bigquery_cancel(struct cc_cursor *cursor);
void cc_bigquery_close_cursor(struct cc_cursor *cursor);

#endif
