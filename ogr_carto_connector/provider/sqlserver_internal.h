/* SPDX-License-Identifier: MIT */
/*
 * What the files of the SQL Server provider share. The wire (TDS 7.4) is
 * FreeTDS's db-lib; sqlserver_dblib.c alone deals with its ways: handlers that
 * are global to the process, errors that arrive by callback, blocking reads.
 */
#ifndef CC_PROVIDER_SQLSERVER_INTERNAL_H
#define CC_PROVIDER_SQLSERVER_INTERNAL_H

#include "provider.h"

#include <sybdb.h>
/* db-lib's names for 1 and 0 are not needed and collide easily. */
#undef TRUE
#undef FALSE

#include <stdatomic.h>

/* ---- types ---- */

/* Types of columns: sys.types.system_type_id. Where db-lib has a type of the
 * same meaning, its number is the same. */
enum cc_tds_type
{
    CC_TDS_IMAGE = 34,
    CC_TDS_TEXT = 35,
    CC_TDS_UNIQUEIDENTIFIER = 36,
    CC_TDS_DATE = 40,
    CC_TDS_TIME = 41,
    CC_TDS_DATETIME2 = 42,
    CC_TDS_DATETIMEOFFSET = 43,
    CC_TDS_TINYINT = 48,
    CC_TDS_SMALLINT = 52,
    CC_TDS_INT = 56,
    CC_TDS_SMALLDATETIME = 58,
    CC_TDS_REAL = 59,
    CC_TDS_MONEY = 60,
    CC_TDS_DATETIME = 61,
    CC_TDS_FLOAT = 62,
    CC_TDS_VARIANT = 98,
    CC_TDS_NTEXT = 99,
    CC_TDS_BIT = 104,
    CC_TDS_DECIMAL = 106,
    CC_TDS_NUMERIC = 108,
    CC_TDS_SMALLMONEY = 122,
    CC_TDS_BIGINT = 127,
    CC_TDS_VARBINARY = 165,
    CC_TDS_VARCHAR = 167,
    CC_TDS_BINARY = 173,
    CC_TDS_CHAR = 175,
    CC_TDS_ROWVERSION = 189,
    CC_TDS_NVARCHAR = 231,
    CC_TDS_NCHAR = 239,
    CC_TDS_UDT = 240,
    CC_TDS_XML = 241,
    CC_TDS_JSON = 244
};

/* cc_column.native_modifier of this provider, flags. */
enum cc_tds_flag
{
    CC_TDS_HAS_TRANSLATE = 1, /* the server knows TRANSLATE (2017) */
    CC_TDS_POINTS_ONLY = 2,   /* the server has points and no Filter() */
    CC_TDS_TO_STRING = 4      /* a CLR type that is read by its ToString() */
};

/* ---- connections ---- */

/* What db-lib's handlers were told since the last statement began. */
struct cc_tds_messages
{
    int number; /* of the server's first error; 0: none */
    struct cc_strbuf text;
    int library; /* db-lib's first error (SYBE...); 0: none */
    int os_error;
    char library_text[256];
    bool characters_lost; /* text that is not valid in its collation */
};

struct cc_tds
{
    struct cc_connection base;
    DBPROCESS *dbproc;
    char section[32]; /* our name for the server in FreeTDS's configuration */
    int64_t timeout_us;
    int64_t
        deadline_us;   /* of the monotonic clock, for the statement; 0: none */
    atomic_bool stop;  /* the reader does not want the statement any more */
    bool sent;         /* and not yet confirmed */
    bool running;      /* its end was not seen */
    char *kept;        /* the statement that runs, when it was run to know its
                         columns: its rows are for whoever sends it next */
    int server;        /* of enum cc_tds_flag, what all columns have */
    int64_t row_count; /* the SET ROWCOUNT in force; 0: none */
    struct cc_tds_messages messages;
};

/* Starts db-lib, once, and installs the handlers. */
int cc_tds_start_library(struct cc_error *error) CC_CHECKED;

/* db-lib is called between these two only; `tds` gets what its handlers are
 * told in this thread. */
void cc_tds_enter(struct cc_tds *tds);
void cc_tds_leave(void);

/* Sets the error from what the handlers were told, and returns -1. */
int cc_tds_error(struct cc_tds *tds, enum cc_stage stage,
                 struct cc_error *error);

/*
 * Statements. The calling thread has entered. cc_tds_send sends the text and
 * begins to count its time; cc_tds_next_result goes to the next result that
 * has columns (1), or to the end (0); cc_tds_next_row to its next row (1) or
 * its end (0). All: -1 with the error set.
 */
int cc_tds_send(struct cc_tds *tds, const char *sql, struct cc_error *error);
int cc_tds_next_result(struct cc_tds *tds, enum cc_stage stage,
                       struct cc_error *error);
int cc_tds_next_row(struct cc_tds *tds, struct cc_error *error);

/* Keeps the statement that runs, whose first result was found, for
 * cc_tds_resume. -1: out of memory. */
int cc_tds_keep(struct cc_tds *tds, const char *sql);

/* Whether the statement was kept; it then goes on where it is, and its time
 * begins anew. */
bool cc_tds_resume(struct cc_tds *tds, const char *sql);

/* Asks the server to stop and reads what it had sent. */
void cc_tds_abandon(struct cc_tds *tds);

/* Fails when the statement's time is over. */
int cc_tds_check_time(struct cc_tds *tds, struct cc_error *error);

/* A statement to its end; `row`, which may be NULL, is called for every row
 * of its first result. Enters and leaves. */
int cc_tds_execute(struct cc_tds *tds, const char *sql,
                   int (*row)(void *context, struct cc_tds *tds,
                              struct cc_error *error),
                   void *context, struct cc_error *error);

/* Sets the session's limit of rows; 0: none. The caller has entered. */
int cc_tds_limit_rows(struct cc_tds *tds, int64_t rows, struct cc_error *error);

/* Values of the current row, columns counting from 1. The text is the
 * caller's, to be freed; *text NULL for NULL. -1: out of memory. */
int cc_tds_text(struct cc_tds *tds, int column, char **text,
                struct cc_error *error);
/* Of any integer type; `otherwise` for NULL and everything else. */
int64_t cc_tds_integer(struct cc_tds *tds, int column, int64_t otherwise);
/* false: NULL or no float. */
bool cc_tds_double(struct cc_tds *tds, int column, double *value);

/* ---- connecting ---- */

int cc_sqlserver_open(const struct cc_connector *connector,
                      const struct cc_host *host,
                      struct cc_connection **connection,
                      struct cc_error *error);
void cc_sqlserver_close(struct cc_connection *connection);
bool cc_sqlserver_usable(const struct cc_connection *connection);

/* Appends the section of FreeTDS's configuration file, without secrets, for a
 * connector. Fails with CC_STAGE_PARAMETER for what FreeTDS cannot do. */
int cc_tds_configuration(const struct cc_connector *connector,
                         const char *section, struct cc_strbuf *out,
                         struct cc_error *error) CC_CHECKED;

/* Writes it to a file that only this user can read; the name is the caller's,
 * to be freed and unlinked. */
int cc_tds_write_configuration(const struct cc_strbuf *text, char **name,
                               struct cc_error *error) CC_CHECKED;

/* ---- catalog ---- */

int cc_sqlserver_list_tables(struct cc_connection *connection, size_t limit,
                             struct cc_table_list *list,
                             struct cc_error *error);
int cc_sqlserver_describe(struct cc_connection *connection,
                          const struct cc_source *source,
                          struct cc_schema *schema, struct cc_error *error);
int cc_sqlserver_count(struct cc_connection *connection,
                       const struct cc_select *select, int64_t *count,
                       struct cc_error *error);
int cc_sqlserver_extent(struct cc_connection *connection,
                        const struct cc_select *select, size_t column,
                        struct cc_box *box, int64_t *rows, bool *empty,
                        bool *known, struct cc_error *error);

/* Adds to the columns of a table, by its name in SQL, what the catalog has:
 * key, defaults, comments; and the SRID of its first rows to those of geometry.
 * What cannot be had is left out. */
void cc_tds_describe_extras(struct cc_tds *tds, const char *table,
                            struct cc_schema *schema);
void cc_tds_describe_srids(struct cc_tds *tds, const char *table,
                           struct cc_schema *schema);

/* A column as the catalog describes it. */
struct cc_tds_described
{
    const char *name;
    const char *type_name;      /* "decimal(10,2)", or NULL */
    const char *user_type_name; /* of CLR and alias types, or NULL */
    int type;                   /* enum cc_tds_type */
    int max_length;             /* bytes; -1: max */
    int precision;
    int scale;
    bool not_null;
    bool wraps; /* the column's form can be chosen by a select around it */
    int server; /* of enum cc_tds_flag */
};

/* Adds it to the schema. */
int cc_tds_add_column(struct cc_schema *schema,
                      const struct cc_tds_described *described,
                      struct cc_error *error) CC_CHECKED;

/* ---- reading ---- */

int cc_sqlserver_query(struct cc_connection *connection,
                       const struct cc_select *select, int64_t row_limit,
                       const int32_t *srids,
                       const struct cc_batch_options *options,
                       struct cc_cursor **out, struct cc_error *error);
enum cc_fetch cc_sqlserver_fetch(struct cc_cursor *base,
                                 struct ArrowArray *batch,
                                 struct cc_error *error);
void cc_sqlserver_cancel(struct cc_cursor *base);
void cc_sqlserver_close_cursor(struct cc_cursor *base);

/* Rows as db-lib has them, on their way from the thread that reads them to the
 * one that decodes them. */
struct cc_tds_rows
{
    struct cc_buffer data;
    size_t count; /* rows in `data` */
    size_t taken; /* bytes of it that were decoded */
};

/* A column of the result. */
struct cc_tds_wire
{
    int number;  /* from 1 */
    int type;    /* dbcoltype's */
    size_t size; /* of every value; 0: it varies */
};

/* The wire form of result column `number` of a connection's result. */
struct cc_tds_wire cc_tds_wire_of(DBPROCESS *dbproc, int number);

/* Copies the current row. -1: out of memory. */
int cc_tds_rows_add(struct cc_tds_rows *rows, struct cc_tds *tds,
                    const struct cc_tds_wire *columns, size_t count);

/* Appends the next row to the builder, whose columns are `columns`; there is
 * one. */
int cc_tds_rows_decode(struct cc_tds_rows *rows,
                       const struct cc_tds_wire *columns,
                       struct cc_batch_builder *builder,
                       struct cc_error *error) CC_CHECKED;

/* Appends a value as db-lib delivers it: `type` is dbcoltype's, `data` NULL
 * for NULL. */
int cc_tds_append(struct cc_builder *builder, int type, const void *data,
                  size_t size, struct cc_error *error);

/* The bytes every value of a type of dbcoltype has; 0: they vary. */
size_t cc_tds_fixed_size(int type);

/* ---- T-SQL ---- */

extern const struct cc_dialect cc_sqlserver_dialect;

#endif
