/* SPDX-License-Identifier: MIT */
/*
 * What the files of the Snowflake provider share. It speaks the REST protocol
 * of Snowflake's own drivers: login, queries, and results in chunks that lie
 * in a blob store.
 */
#ifndef CC_PROVIDER_SNOWFLAKE_H
#define CC_PROVIDER_SNOWFLAKE_H

#include "provider.h"

#include "wire/arrow_ipc.h"
#include "wire/deadline.h"
#include "wire/http.h"
#include "wire/json_rows.h"

#include <json.h>

extern const struct cc_dialect cc_dialect_snowflake;

/* A session; one thread at a time but for `cancelled`. */
struct cc_snowflake
{
    struct cc_connection base;
    struct cc_http *http;
    struct cc_strbuf origin; /* "https://host:443" */
    struct cc_strbuf account;
    char *token;        /* of the session */
    char *master_token; /* renews it; NULL: the server gave none */
    int64_t sequence;   /* of the last statement */
    struct cc_deadline deadline;
    atomic_bool cancelled;
    bool broken;
};

/* An answer: {"data": ..., "code": ..., "message": ..., "success": ...}. What
 * is large of it stays in `body`, and is null in `root`. */
struct cc_snowflake_answer
{
    struct cc_buffer body;
    struct json_object *root;
    struct json_object *data;   /* of root; NULL: none */
    const char *code;           /* of root; "" for null */
    struct cc_json_span rowset; /* of the body: JSON rows, or */
    struct cc_json_span base64; /* a string: an Arrow stream */
};

void cc_snowflake_answer_free(struct cc_snowflake_answer *answer);

/* ---- session ---- */

/* A UUID in text, of random bytes. */
#define CC_UUID_TEXT_SIZE 37
void cc_snowflake_uuid(char out[CC_UUID_TEXT_SIZE]);

/* Milliseconds to wait before try `number` (from 1) is repeated, given the
 * wait before: between 1 s and thrice that, 16 s at the most. */
int cc_snowflake_backoff(int before);

/* Whether an exchange that ended so may be tried again. */
bool cc_snowflake_is_transient(long status);
#define CC_SNOWFLAKE_TRIES 8

/* Appends `text` to a URL, percent-encoded (RFC 3986 section 2.1). */
int cc_snowflake_escape(struct cc_strbuf *out, const char *text);

struct cc_snowflake_request
{
    const char *path;       /* with what goes before the ids in its query */
    const char *request_id; /* NULL: none is sent */
    const char *body;       /* NULL: GET */
    const char *token;      /* NULL: not logged in */
    int64_t timeout_ms;     /* 0: the session's deadline */
    bool once;              /* no second try */
};

/* One request with its repetitions; an answer of any code is an answer. */
int cc_snowflake_send(struct cc_snowflake *session,
                      const struct cc_snowflake_request *request,
                      struct cc_snowflake_answer *answer,
                      struct cc_error *error) CC_CHECKED;

/* The same with the session's token, which is renewed when it has expired. */
int cc_snowflake_call(struct cc_snowflake *session, const char *path,
                      const char *request_id, const char *body,
                      struct cc_snowflake_answer *answer,
                      struct cc_error *error) CC_CHECKED;

/* Sets the error from an answer that is none of success, and returns -1. */
int cc_snowflake_refused(const struct cc_snowflake_answer *answer,
                         enum cc_stage stage, struct cc_error *error);

/* A member of an object: text or "", integer or `otherwise`. */
const char *cc_snowflake_text(struct json_object *object, const char *key);
int64_t cc_snowflake_integer(struct json_object *object, const char *key,
                             int64_t otherwise);

/* ---- login ---- */

int cc_snowflake_login(struct cc_snowflake *session,
                       struct cc_error *error) CC_CHECKED;

/* Keeps the tokens of an answer to a login or a renewal. */
int cc_snowflake_keep_tokens(struct cc_snowflake *session, const char *token,
                             const char *master_token,
                             struct cc_error *error) CC_CHECKED;

/* ---- statements ---- */

/* Runs a statement and waits for its result; `row_limit` 0: none. */
int cc_snowflake_execute(struct cc_snowflake *session, const char *sql,
                         bool describe_only, int64_t row_limit,
                         struct cc_snowflake_answer *answer,
                         struct cc_error *error) CC_CHECKED;

/* Begins a statement with the connector's query_timeout. */
void cc_snowflake_begin(struct cc_snowflake *session);

/* For cc_dialect: a chain of statements is no derived table. */
bool cc_snowflake_can_wrap(const char *query, size_t length);

/* Refuses a query that does not only read. */
int cc_snowflake_check_query(const char *query,
                             struct cc_error *error) CC_CHECKED;

/* ---- types ---- */

/* cc_column.native_id; native_modifier is the scale. */
enum cc_snowflake_type
{
    CC_SNOWFLAKE_OTHER = 0,
    CC_SNOWFLAKE_FIXED,
    CC_SNOWFLAKE_REAL,
    CC_SNOWFLAKE_DECFLOAT,
    CC_SNOWFLAKE_TEXT,
    CC_SNOWFLAKE_COLLATED, /* text that is compared in a way of its own */
    CC_SNOWFLAKE_BOOLEAN,
    CC_SNOWFLAKE_BINARY,
    CC_SNOWFLAKE_DATE,
    CC_SNOWFLAKE_TIME,
    CC_SNOWFLAKE_NTZ,
    CC_SNOWFLAKE_LTZ,
    CC_SNOWFLAKE_TZ,
    CC_SNOWFLAKE_YEAR_MONTH, /* an interval */
    CC_SNOWFLAKE_DAY_TIME,   /* another one */
    CC_SNOWFLAKE_JSON
};

/* The type of that name, in any case, in a "rowtype" or the metadata of an
 * Arrow field; CC_SNOWFLAKE_OTHER where it is not known. */
enum cc_snowflake_type cc_snowflake_type_of(const char *name);

/* Adds the columns of a result's "rowtype". */
int cc_snowflake_add_columns(struct json_object *rowtype,
                             struct cc_schema *schema,
                             struct cc_error *error) CC_CHECKED;

/* A column of a result. */
struct cc_snowflake_field
{
    struct cc_builder *builder; /* NULL: not wanted */
    enum cc_snowflake_type type;
    int scale;
    struct cc_buffer scratch;
};

/* Appends one value of a row of JSON. */
int cc_snowflake_append_json(struct cc_snowflake_field *field,
                             const struct cc_json_cell *cell,
                             struct cc_error *error) CC_CHECKED;

/* A point in time: seconds since 1970 (or midnight), nanoseconds beyond. */
struct cc_snowflake_instant
{
    int64_t seconds;
    int32_t nanoseconds; /* 0 ... 999999999 */
    int offset;          /* of the zone, minutes */
};
int cc_snowflake_append_instant(struct cc_snowflake_field *field,
                                const struct cc_snowflake_instant *instant,
                                struct cc_error *error) CC_CHECKED;

/* ---- values as text ---- */

#define CC_SNOWFLAKE_TEXT_SIZE 128

/* Each writes NUL-terminated text to `out` and returns its length. */
size_t cc_snowflake_instant_text(enum cc_snowflake_type type,
                                 const struct cc_snowflake_instant *instant,
                                 char out[CC_SNOWFLAKE_TEXT_SIZE]);
/* Months, "+1-02" (`scale` 1: "+1" years, 2: "+14" months); or nanoseconds,
 * "+3 04:05:06.7". */
size_t cc_snowflake_interval_text(enum cc_snowflake_type type, int scale,
                                  __int128 value,
                                  char out[CC_SNOWFLAKE_TEXT_SIZE]);
/* unscaled / 10^scale, 0 <= scale <= CC_SNOWFLAKE_MAX_SCALE */
#define CC_SNOWFLAKE_MAX_SCALE 38
size_t cc_snowflake_decimal_text(__int128 unscaled, int scale,
                                 char out[CC_SNOWFLAKE_TEXT_SIZE]);

/* ---- Arrow ---- */

/* An array with what its stream says of it: the width and scale of a column
 * may differ from one chunk to the next. */
struct cc_snowflake_array
{
    const struct cc_ipc_field *type;
    const struct ArrowArray *array;
    enum cc_snowflake_type kind;
    int scale;
};

/* `scale` is that of the column, where the array's own type has none. */
struct cc_snowflake_array cc_snowflake_array_of(const struct cc_ipc_field *type,
                                                const struct ArrowArray *array,
                                                enum cc_snowflake_type kind,
                                                int scale);

/* Reading a value that is not NULL. CC_IPC_INT, DATE, TIME, TIMESTAMP: */
int64_t cc_snowflake_integer_at(const struct cc_snowflake_array *from,
                                size_t i);

/* The others return false where the array is of another type. An integer, or
 * the unscaled value of a decimal: */
bool cc_snowflake_wide_at(const struct cc_snowflake_array *from, size_t i,
                          __int128 *value);

struct cc_snowflake_bytes
{
    const char *data;
    size_t size;
};
bool cc_snowflake_bytes_at(const struct cc_snowflake_array *from, size_t i,
                           struct cc_snowflake_bytes *bytes);

/* *null: a part of the value is NULL. */
bool cc_snowflake_instant_at(const struct cc_snowflake_array *from, size_t i,
                             struct cc_snowflake_instant *instant, bool *null);

/* A DECFLOAT: text, "-12e-3". */
bool cc_snowflake_decfloat_at(const struct cc_snowflake_array *from, size_t i,
                              char out[CC_SNOWFLAKE_TEXT_SIZE]);

/* Appends the values [row, row + count) of an array. */
int cc_snowflake_append_arrow(struct cc_snowflake_field *field,
                              const struct cc_ipc_field *type,
                              const struct ArrowArray *array, size_t row,
                              size_t count, struct cc_error *error) CC_CHECKED;

/* Appends the JSON text of value i of an array of any type. */
int cc_snowflake_json_of(const struct cc_ipc_field *type,
                         const struct ArrowArray *array, size_t i,
                         struct cc_strbuf *out);

/* ---- chunks ---- */

struct cc_snowflake_chunks;

/* Starts to download the chunks of a result: CC_SNOWFLAKE_AHEAD at once, in
 * order. NULL with success where it has none. */
#define CC_SNOWFLAKE_AHEAD 4
int cc_snowflake_chunks_new(struct cc_snowflake *session,
                            struct json_object *data,
                            struct cc_snowflake_chunks **chunks,
                            struct cc_error *error) CC_CHECKED;
void cc_snowflake_chunks_free(struct cc_snowflake_chunks *chunks);

/* The next chunk, uncompressed, into `body` and the rows it should have; 1 at
 * the end, 2 when `patience_ms` (< 0: none) passed without one. */
int cc_snowflake_chunks_next(struct cc_snowflake_chunks *chunks,
                             int patience_ms, struct cc_buffer *body,
                             int64_t *rows, struct cc_error *error);

/* Any thread. */
void cc_snowflake_chunks_cancel(struct cc_snowflake_chunks *chunks);

/* Replaces what is gzip by what it holds (RFC 1952), once; other bytes are
 * left alone. */
int cc_snowflake_inflate(struct cc_buffer *bytes,
                         struct cc_error *error) CC_CHECKED;

/* ---- the provider ---- */

int cc_snowflake_describe(struct cc_connection *connection,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error);
int cc_snowflake_list_tables(struct cc_connection *connection, size_t limit,
                             struct cc_table_list *list,
                             struct cc_error *error);
int cc_snowflake_count(struct cc_connection *connection,
                       const struct cc_select *select, int64_t *rows,
                       struct cc_error *error);
int cc_snowflake_query(struct cc_connection *connection,
                       const struct cc_select *select, int64_t row_limit,
                       const int32_t *srids,
                       const struct cc_batch_options *options,
                       struct cc_cursor **cursor, struct cc_error *error);
enum cc_fetch cc_snowflake_fetch(struct cc_cursor *cursor,
                                 struct ArrowArray *batch,
                                 struct cc_error *error);
void cc_snowflake_cancel(struct cc_cursor *cursor);
void cc_snowflake_close_cursor(struct cc_cursor *cursor);

#endif
