/* SPDX-License-Identifier: MIT */
/*
 * The files of the provider "mysql", which reads MySQL and MariaDB through
 * libmariadb or libmysqlclient, whichever it is compiled with:
 *   mysql_call.c      calls of the library that wait for the server
 *   mysql_session.c   statements, results, errors
 *   mysql_connect.c   options, TLS, the session's settings, KILL
 *   mysql_dialect.c   SQL
 *   mysql_describe.c  schemas
 *   mysql_catalog.c   what information_schema knows of a table
 *   mysql_value.c     values of either protocol to the builder
 *   mysql_read.c      cursors
 *   mysql.c           the provider itself: listing, aggregates, SRSs
 */
#ifndef CC_PROVIDER_MYSQL_INTERNAL_H
#define CC_PROVIDER_MYSQL_INTERNAL_H

#include "provider.h"
#include "wait.h"

#include <mysql.h>

#if defined(LIBMARIADB) || defined(MARIADB_BASE_VERSION)
/* Its non-blocking calls end every wait when we want. */
#define CC_MYSQL_MARIADB 1
typedef my_bool cc_mysql_bool;
#else
#define CC_MYSQL_MARIADB 0
typedef bool cc_mysql_bool;
#endif

/* Types of the protocol that a library may not know. */
enum
{
    CC_MYSQL_TYPE_VECTOR = 242,
    CC_MYSQL_TYPE_JSON = 245
};

/* MYSQL_FIELD.charsetnr of what is not text. */
#define CC_MYSQL_CHARSET_BINARY 63

/* cc_column.native_modifier of a geometry */
enum
{
    CC_MYSQL_SRID_ENFORCED = 1, /* the server refuses other SRIDs */
    CC_MYSQL_SRID_PLANAR = 2    /* enforced, and not geographic */
};

/* A connection. */
struct cc_mysql
{
    struct cc_connection base;
    MYSQL *handle;
    int socket; /* a descriptor of our own; -1: none yet */
    struct cc_wait wait;
    enum cc_wait_result waited; /* how the last wait ended */
    bool plain;                 /* TLS is required, the server has none */
    unsigned long thread_id;    /* the server's, for KILL */
    bool mariadb;
    unsigned long version;    /* 80034 */
    bool broken;              /* nothing further may be asked of it */
    const char *data_charset; /* MySQL's name of what data come in */
    const char *data_iconv;   /* iconv's; NULL: UTF-8 */
    /* what the session has: */
    const char *charset;
    int64_t select_limit; /* < 0: none */
};

extern const struct cc_dialect cc_dialect_mysql;
/* For servers without WITH. */
extern const struct cc_dialect cc_dialect_mysql_old;

static inline struct cc_mysql *cc_mysql_of(struct cc_connection *connection)
{
    return (struct cc_mysql *)connection;
}

/* That of the connection's server. */
const struct cc_dialect *cc_mysql_dialect(const struct cc_mysql *mysql);

/* A statement's result that is being read, in either protocol. */
struct cc_mysql_result
{
    MYSQL_STMT *statement; /* prepared: rows are binary */
    MYSQL_RES *metadata;   /* of `statement` */
    MYSQL_RES *rows;       /* else: rows are text */
    MYSQL_ROW row;         /* of `rows`: the last one; NULL: none */
    int status;            /* of `statement`: what its last fetch gave */
    bool started;          /* rows may be unread */
    bool complete;         /* the server has said that there are no more */
    int suspended;         /* what a fetch waits for; 0: none does */
};

enum cc_mysql_step
{
    CC_MYSQL_ERROR,
    CC_MYSQL_ROW,
    CC_MYSQL_END,
    CC_MYSQL_WAIT /* the patience was over before a row came */
};

/* ---- mysql_call.c: as the functions of the library, but waiting under
 * mysql->wait; what ended the wait is in mysql->waited ---- */

/* mysql_init, ready for the calls below. NULL: out of memory. */
MYSQL *cc_mysql_call_init(void);

struct cc_mysql_login
{
    const char *host;
    unsigned port;
    const char *user;
    const char *password;
    const char *database;
    bool require_tls; /* tell the server nothing when it has no TLS */
};

/* Ends the connection, at once when it is broken. */
void cc_mysql_call_close(struct cc_mysql *mysql);

/* false: the library's error, or mysql->plain for a server without TLS. */
bool cc_mysql_call_connect(struct cc_mysql *mysql,
                           const struct cc_mysql_login *login);
int cc_mysql_call_query(struct cc_mysql *mysql, const char *sql);
MYSQL_RES *cc_mysql_call_store(struct cc_mysql *mysql);
int cc_mysql_call_prepare(struct cc_mysql *mysql, MYSQL_STMT *statement,
                          const char *sql);
int cc_mysql_call_execute(struct cc_mysql *mysql, MYSQL_STMT *statement);

/* Before fetches in a row, between which this thread does nothing that might
 * use OpenSSL. The other calls see to it themselves. */
void cc_mysql_call_begin(struct cc_mysql *mysql);

/* Fetches a row: result->status or ->row. false: the patience was over before
 * it came, the fetch is suspended and the next call goes on with it. */
bool cc_mysql_call_fetch(struct cc_mysql *mysql, struct cc_mysql_result *result,
                         int64_t patience_us);

/* Leaves a suspended fetch, or rows, unread: the connection is broken. */
void cc_mysql_call_abandon(struct cc_mysql *mysql,
                           struct cc_mysql_result *result);

/* Ends whatever waits for the server; nothing can be asked of it any more. Any
 * thread. */
void cc_mysql_shut(const struct cc_mysql *mysql);

/* ---- mysql_session.c ---- */

/* Sets the error from the library's, or from how the last wait ended. A lost
 * connection is marked broken. Returns -1. */
int cc_mysql_failed(struct cc_mysql *mysql, unsigned code, const char *words,
                    enum cc_stage stage, struct cc_error *error);

/* Sets the session up for what follows: reading data, `limit` rows at the most
 * (< 0: all), or asking for names, which are to come in UTF-8. */
int cc_mysql_settle(struct cc_mysql *mysql, bool data, int64_t limit,
                    struct cc_error *error) CC_CHECKED;

/* Runs a statement without result. */
int cc_mysql_run(struct cc_mysql *mysql, const char *sql,
                 struct cc_error *error) CC_CHECKED;

/* Runs a statement and stores its result: mysql_free_result. For the few rows
 * of catalogs. */
int cc_mysql_rows(struct cc_mysql *mysql, const char *sql, MYSQL_RES **rows,
                  struct cc_error *error) CC_CHECKED;

/*
 * Prepares a statement, without running it. 1, and nothing in `result`, when
 * the server can only run it as text.
 */
int cc_mysql_prepare(struct cc_mysql *mysql, const char *sql,
                     struct cc_mysql_result *result,
                     struct cc_error *error) CC_CHECKED;

/* Runs what was prepared; `binds` has one for every column. */
int cc_mysql_execute(struct cc_mysql *mysql, struct cc_mysql_result *result,
                     MYSQL_BIND *binds, struct cc_error *error) CC_CHECKED;

/* Runs a statement as text. */
int cc_mysql_run_text(struct cc_mysql *mysql, const char *sql,
                      struct cc_mysql_result *result,
                      struct cc_error *error) CC_CHECKED;

/* The columns of a result. */
MYSQL_FIELD *cc_mysql_fields(const struct cc_mysql_result *result,
                             size_t *count);

/* The next row; `patience_us` < 0: whatever it takes. */
enum cc_mysql_step cc_mysql_next(struct cc_mysql *mysql,
                                 struct cc_mysql_result *result,
                                 int64_t patience_us, struct cc_error *error);

/* Frees a result in whatever state. Rows that were not read break the
 * connection. */
void cc_mysql_end(struct cc_mysql *mysql, struct cc_mysql_result *result);

/* ---- mysql_connect.c ---- */

int cc_mysql_open(const struct cc_connector *connector,
                  const struct cc_host *host, struct cc_connection **connection,
                  struct cc_error *error);
void cc_mysql_close(struct cc_connection *connection);

/* Asks the server, in another connection, to end this one and what it runs.
 * Takes a second at the most. Any thread. */
void cc_mysql_kill(const struct cc_mysql *mysql);

/* ---- mysql_describe.c, mysql_catalog.c ---- */

int cc_mysql_describe(struct cc_connection *connection,
                      const struct cc_source *source, struct cc_schema *schema,
                      struct cc_error *error);

/* The kind of a result's column, and what else its metadata say: precision,
 * scale, width, the name of the type. */
int cc_mysql_add_column(struct cc_schema *schema, const MYSQL_FIELD *field,
                        bool tinyint1_as_boolean,
                        struct cc_error *error) CC_CHECKED;

/* Adds to the columns of a table what the catalog says of them. */
int cc_mysql_add_catalog(struct cc_mysql *mysql, const struct cc_source *source,
                         struct cc_schema *schema,
                         struct cc_error *error) CC_CHECKED;

/* ---- mysql_value.c ---- */

/* How the values of a result's column come. */
enum cc_mysql_wire
{
    CC_MYSQL_WIRE_SKIP, /* nobody wants them */
    CC_MYSQL_WIRE_INT8,
    CC_MYSQL_WIRE_UINT8,
    CC_MYSQL_WIRE_INT16,
    CC_MYSQL_WIRE_UINT16,
    CC_MYSQL_WIRE_INT32,
    CC_MYSQL_WIRE_UINT32,
    CC_MYSQL_WIRE_INT64,
    CC_MYSQL_WIRE_UINT64,
    CC_MYSQL_WIRE_FLOAT,
    CC_MYSQL_WIRE_DOUBLE,
    CC_MYSQL_WIRE_DATE,
    CC_MYSQL_WIRE_TIME,
    CC_MYSQL_WIRE_TIMESTAMP,
    CC_MYSQL_WIRE_DECIMAL, /* from here on of variable length */
    CC_MYSQL_WIRE_TEXT,
    CC_MYSQL_WIRE_BYTES,
    CC_MYSQL_WIRE_BIT,
    CC_MYSQL_WIRE_VECTOR
};

/* Longer values are fetched on their own. */
#define CC_MYSQL_BOUND_SIZE 4096

/* A column of a result that is read. */
struct cc_mysql_value
{
    enum cc_mysql_wire wire;
    struct cc_builder *builder; /* NULL: skipped */
    unsigned decimals;          /* of seconds; more than 6: as many as needed */
    union
    {
        int8_t i8;
        uint8_t u8;
        int16_t i16;
        uint16_t u16;
        int32_t i32;
        uint32_t u32;
        int64_t i64;
        uint64_t u64;
        float f32;
        double f64;
        MYSQL_TIME time;
        char *bytes; /* CC_MYSQL_BOUND_SIZE of them, owned */
    } u;
    unsigned long length;
    cc_mysql_bool is_null;
    cc_mysql_bool error;
};

/* Sets a value up for a field and binds it; NULL builder: it is skipped. */
int cc_mysql_value_init(struct cc_mysql_value *value, const MYSQL_FIELD *field,
                        struct cc_builder *builder, MYSQL_BIND *bind,
                        struct cc_error *error) CC_CHECKED;
void cc_mysql_value_free(struct cc_mysql_value *value);

/* Whether what is bound holds the whole value. */
static inline bool cc_mysql_value_is_whole(const struct cc_mysql_value *value)
{
    return value->wire < CC_MYSQL_WIRE_DECIMAL || value->is_null ||
           value->length <= CC_MYSQL_BOUND_SIZE;
}

/* Appends what is bound, NULL included. */
int cc_mysql_value_append(struct cc_mysql_value *value, struct cc_error *error);

/* Appends a value of variable length that is elsewhere. */
int cc_mysql_value_append_bytes(struct cc_mysql_value *value, const void *data,
                                size_t size, struct cc_error *error);

/* Appends a value of the text protocol; NULL: it is NULL. */
int cc_mysql_value_append_text(struct cc_mysql_value *value, const char *text,
                               size_t size, struct cc_error *error);

/* A date or time as the server writes it, NUL-terminated; its length. */
#define CC_MYSQL_TIME_SIZE 64
size_t cc_mysql_time_format(enum cc_mysql_wire wire, const MYSQL_TIME *time,
                            unsigned decimals, char out[CC_MYSQL_TIME_SIZE]);

/* A vector (little-endian float32) as a JSON array. -1: out of memory, 1: no
 * whole number of floats. */
int cc_mysql_vector_format(struct cc_strbuf *out, const uint8_t *data,
                           size_t size);

/* ---- mysql_read.c ---- */

int cc_mysql_query(struct cc_connection *connection,
                   const struct cc_select *select, int64_t row_limit,
                   const int32_t *srids, const struct cc_batch_options *options,
                   struct cc_cursor **cursor, struct cc_error *error);
enum cc_fetch cc_mysql_fetch(struct cc_cursor *cursor, struct ArrowArray *batch,
                             struct cc_error *error);
void cc_mysql_cancel(struct cc_cursor *cursor);
void cc_mysql_close_cursor(struct cc_cursor *cursor);

#endif
