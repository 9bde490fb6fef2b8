/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <stdio.h>
#include <string.h>

/* Codes that not both libraries' headers have. */
enum
{
    QUERY_TIMEOUT_MYSQL = 3024,
    QUERY_TIMEOUT_MARIADB = 1969,
    CONNECTION_KILLED = 1927,
    IDLE_DISCONNECTED = 4031,
    MANY_PREPARED = 1461
};

const struct cc_dialect *cc_mysql_dialect(const struct cc_mysql *mysql)
{
    bool with = mysql->version >= (mysql->mariadb ? 100201U : 80000U);
    return with ? &cc_dialect_mysql : &cc_dialect_mysql_old;
}

/* ---- errors ---- */

static const char *hint_of(unsigned code)
{
    static const struct
    {
        unsigned code;
        const char *hint;
    } hints[] = {
        {ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION,
         "Data is read in read-only transactions: a query that writes cannot "
         "be imported."},
        {ER_NO_DB_ERROR, "Set \"database\" or \"schema\", or write the "
                         "database before the table: database.table."},
        {ER_UNKNOWN_CHARACTER_SET,
         "Leave \"encoding\" out: the server converts to UTF-8 what it has "
         "labelled rightly."},
        {ER_SERVER_SHUTDOWN, "The server is shutting down; try again later."},
        {CONNECTION_KILLED, "The server ended the connection; try again."},
        {CR_SERVER_LOST, "The server ended the connection; its error log says "
                         "why."},
        {CR_SERVER_GONE_ERROR, "The server ended the connection; try again."},
        {QUERY_TIMEOUT_MYSQL, "The server's max_execution_time ended it."},
        {QUERY_TIMEOUT_MARIADB, "The server's max_statement_time ended it."},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
    {
        if (hints[i].code == code)
            return hints[i].hint;
    }
    return NULL;
}

/* Whether a code is the library's own: it lost the connection, or the track of
 * it. */
static bool is_fatal(unsigned code)
{
    return (code >= CR_MIN_ERROR && code < CR_MIN_ERROR + 1000) || code == 0 ||
           code == ER_SERVER_SHUTDOWN || code == CONNECTION_KILLED ||
           code == IDLE_DISCONNECTED;
}

static int waited_error(const struct cc_mysql *mysql, struct cc_error *error)
{
    if (mysql->waited == CC_WAIT_TIMEOUT)
        return cc_error_set(error, CC_STAGE_TIMEOUT, NULL,
                            "the server took longer than %lld s "
                            "(query_timeout); the statement was cancelled",
                            (long long)(mysql->wait.timeout_us / 1000000));
    return cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                        "the read was cancelled");
}

int cc_mysql_failed(struct cc_mysql *mysql, unsigned code, const char *words,
                    enum cc_stage stage, struct cc_error *error)
{
    if (is_fatal(code))
        mysql->broken = true;
    if (mysql->waited == CC_WAIT_TIMEOUT || atomic_load(&mysql->wait.cancelled))
        return waited_error(mysql, error);
    if (code == QUERY_TIMEOUT_MYSQL || code == QUERY_TIMEOUT_MARIADB)
        stage = CC_STAGE_TIMEOUT;
    char text[CC_ERROR_CODE_SIZE];
    snprintf(text, sizeof text, "%u", code);
    (void)cc_error_set(error, stage, text, "%s",
                       *words ? words : "the connection is lost");
    const char *hint = hint_of(code);
    return hint ? cc_error_append(error, "\n%s", hint) : -1;
}

static int handle_failed(struct cc_mysql *mysql, enum cc_stage stage,
                         struct cc_error *error)
{
    return cc_mysql_failed(mysql, mysql_errno(mysql->handle),
                           mysql_error(mysql->handle), stage, error);
}

/* An error in place of a row is left in the handle by libmariadb. */
static int statement_failed(struct cc_mysql *mysql, MYSQL_STMT *statement,
                            enum cc_stage stage, struct cc_error *error)
{
    if (mysql_stmt_errno(statement) == 0)
        return handle_failed(mysql, stage, error);
    return cc_mysql_failed(mysql, mysql_stmt_errno(statement),
                           mysql_stmt_error(statement), stage, error);
}

/* ---- statements ---- */

static void start_clock(struct cc_mysql *mysql)
{
    int64_t seconds =
        cc_connector_integer(mysql->base.connector, CC_P_QUERY_TIMEOUT);
    cc_wait_start(&mysql->wait, seconds * 1000000);
}

int cc_mysql_run(struct cc_mysql *mysql, const char *sql,
                 struct cc_error *error)
{
    start_clock(mysql);
    if (cc_mysql_call_query(mysql, sql) != 0)
        return handle_failed(mysql, CC_STAGE_QUERY, error);
    return 0;
}

int cc_mysql_settle(struct cc_mysql *mysql, bool data, int64_t limit,
                    struct cc_error *error)
{
    const char *charset = data ? mysql->data_charset : "utf8mb4";
    if (limit == mysql->select_limit && strcmp(charset, mysql->charset) == 0)
        return 0;
    char rows[24] = "DEFAULT";
    if (limit >= 0)
        snprintf(rows, sizeof rows, "%lld", (long long)limit);
    char sql[128];
    snprintf(sql, sizeof sql,
             "SET sql_select_limit = %s, character_set_results = %s", rows,
             charset);
    CC_TRY(cc_mysql_run(mysql, sql, error));
    mysql->select_limit = limit;
    mysql->charset = charset;
    return 0;
}

int cc_mysql_rows(struct cc_mysql *mysql, const char *sql, MYSQL_RES **rows,
                  struct cc_error *error)
{
    CC_TRY(cc_mysql_run(mysql, sql, error));
    *rows = cc_mysql_call_store(mysql);
    return *rows ? 0 : handle_failed(mysql, CC_STAGE_QUERY, error);
}

/* Statements whose columns may not be known before they run; they change
 * nothing, or what a procedure does is its author's. */
static bool tells_when_run(const char *sql)
{
    static const char *const words[] = {"CALL", "EXPLAIN", "DESCRIBE",
                                        "DESC", "SHOW",    "HELP"};
    char word[16];
    cc_sql_first_word(&cc_dialect_mysql, sql, word, sizeof word);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        if (strcmp(words[i], word) == 0)
            return true;
    }
    return false;
}

/* What the prepared statement gives: 0 rows, 1 only running it tells, -1
 * none. */
static int accept(struct cc_mysql *mysql, const char *sql,
                  struct cc_mysql_result *result, struct cc_error *error)
{
    unsigned long markers = mysql_stmt_param_count(result->statement);
    if (markers > 0)
        return cc_error_set(error, CC_STAGE_QUERY, NULL,
                            "the query has %lu parameter markers (?), for "
                            "which there are no values",
                            markers);
    result->metadata = mysql_stmt_result_metadata(result->statement);
    if (result->metadata)
        return 0;
    if (mysql_stmt_errno(result->statement) != 0)
        return statement_failed(mysql, result->statement, CC_STAGE_QUERY,
                                error);
    if (tells_when_run(sql))
        return 1;
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the statement returns no rows");
}

static bool is_only_text(unsigned code)
{
    return code == ER_UNSUPPORTED_PS || code == MANY_PREPARED;
}

int cc_mysql_prepare(struct cc_mysql *mysql, const char *sql,
                     struct cc_mysql_result *result, struct cc_error *error)
{
    *result = (struct cc_mysql_result){.statement = NULL};
    start_clock(mysql);
    MYSQL_STMT *statement = mysql_stmt_init(mysql->handle);
    if (!statement)
        return cc_error_memory(error);
    result->statement = statement;
    int status;
    if (cc_mysql_call_prepare(mysql, statement, sql) == 0)
        status = accept(mysql, sql, result, error);
    else if (is_only_text(mysql_stmt_errno(statement)))
        status = 1;
    else
        status = statement_failed(mysql, statement, CC_STAGE_QUERY, error);
    if (status != 0)
        cc_mysql_end(mysql, result);
    return status;
}

/* libmariadb can neither read nor skip a type it has not heard of. All of those
 * travel as bytes with their length before them. Running a statement sets its
 * types anew. */
static void read_unknown_as_bytes(MYSQL_STMT *statement)
{
#if CC_MYSQL_MARIADB
    for (unsigned i = 0; i < mysql_stmt_field_count(statement); i++)
    {
        MYSQL_FIELD *field = &statement->fields[i];
        if (field->type > MYSQL_TYPE_BIT &&
            (int)field->type < CC_MYSQL_TYPE_JSON)
            field->type = MYSQL_TYPE_BLOB;
    }
#else
    (void)statement;
#endif
}

int cc_mysql_execute(struct cc_mysql *mysql, struct cc_mysql_result *result,
                     MYSQL_BIND *binds, struct cc_error *error)
{
    MYSQL_STMT *statement = result->statement;
    if (cc_mysql_call_execute(mysql, statement) != 0)
        return statement_failed(mysql, statement, CC_STAGE_QUERY, error);
    result->started = true;
    read_unknown_as_bytes(statement);
    if (mysql_stmt_bind_result(statement, binds) != 0)
        return statement_failed(mysql, statement, CC_STAGE_INTERNAL, error);
    return 0;
}

int cc_mysql_run_text(struct cc_mysql *mysql, const char *sql,
                      struct cc_mysql_result *result, struct cc_error *error)
{
    *result = (struct cc_mysql_result){.statement = NULL};
    CC_TRY(cc_mysql_run(mysql, sql, error));
    result->rows = mysql_use_result(mysql->handle);
    result->started = result->rows != NULL;
    if (result->rows)
        return 0;
    if (mysql_errno(mysql->handle) != 0)
        return handle_failed(mysql, CC_STAGE_QUERY, error);
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the statement returned no rows");
}

/* ---- results ---- */

MYSQL_FIELD *cc_mysql_fields(const struct cc_mysql_result *result,
                             size_t *count)
{
    MYSQL_RES *source = result->rows ? result->rows : result->metadata;
    *count = mysql_num_fields(source);
    return mysql_fetch_fields(source);
}

static enum cc_mysql_step fetch_failed(struct cc_mysql *mysql,
                                       struct cc_mysql_result *result,
                                       struct cc_error *error)
{
    if (result->statement)
        (void)statement_failed(mysql, result->statement, CC_STAGE_FETCH, error);
    else
        (void)handle_failed(mysql, CC_STAGE_FETCH, error);
    result->complete = !mysql->broken;
    return CC_MYSQL_ERROR;
}

/* A NULL row is the end or an error. A procedure has more results, which
 * nobody reads. */
static enum cc_mysql_step text_step(struct cc_mysql *mysql,
                                    struct cc_mysql_result *result,
                                    struct cc_error *error)
{
    if (result->row)
        return CC_MYSQL_ROW;
    if (mysql_errno(mysql->handle) != 0)
        return fetch_failed(mysql, result, error);
    result->complete = true;
    if (mysql_more_results(mysql->handle))
        cc_mysql_call_abandon(mysql, result);
    return CC_MYSQL_END;
}

enum cc_mysql_step cc_mysql_next(struct cc_mysql *mysql,
                                 struct cc_mysql_result *result,
                                 int64_t patience_us, struct cc_error *error)
{
    if (!cc_mysql_call_fetch(mysql, result, patience_us))
        return CC_MYSQL_WAIT;
    if (!result->statement)
        return text_step(mysql, result, error);
    if (result->status == 0 || result->status == MYSQL_DATA_TRUNCATED)
        return CC_MYSQL_ROW;
    if (result->status != MYSQL_NO_DATA)
        return fetch_failed(mysql, result, error);
    result->complete = true;
    return CC_MYSQL_END;
}

void cc_mysql_end(struct cc_mysql *mysql, struct cc_mysql_result *result)
{
    if (result->started && !result->complete)
        cc_mysql_call_abandon(mysql, result);
    if (result->metadata)
        mysql_free_result(result->metadata);
    if (result->rows)
        mysql_free_result(result->rows);
    if (result->statement)
        (void)mysql_stmt_close(result->statement);
    *result = (struct cc_mysql_result){.statement = NULL};
}
