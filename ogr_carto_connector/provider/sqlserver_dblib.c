/* SPDX-License-Identifier: MIT */
/*
 * db-lib. Its error and message handlers belong to the whole process and may
 * be called before there is a DBPROCESS, so what they are told is directed by
 * a variable of the thread. Calls that are not ours go to the handler that was
 * there before.
 */
#include "sqlserver_internal.h"

#include "wait.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The connection this thread uses db-lib for. */
static _Thread_local struct cc_tds *current;

/* ---- handlers ---- */

/* What another user of db-lib in this process had installed; written under
 * the mutex of start_library. */
static _Atomic(EHANDLEFUNC) other_error_handler;
static _Atomic(MHANDLEFUNC) other_message_handler;

/* How long a server may be silent that was asked to stop. */
#define ABANDON_US 1000000
/* Severities up to here are information. */
#define INFORMATION 10
#define DATABASE_CHANGED 5701
#define LANGUAGE_CHANGED 5703

static bool is_conversion(int number)
{
    return number == SYBEICONVI || number == SYBEICONVIU ||
           number == SYBEICONV2BIG;
}

/* db-lib ends the program unless this returns INT_CANCEL. */
static int on_error(DBPROCESS *dbproc, int severity, int number, int os_error,
                    char *text, char *os_text)
{
    if (!current)
    {
        EHANDLEFUNC other = atomic_load(&other_error_handler);
        return other ? other(dbproc, severity, number, os_error, text, os_text)
                     : INT_CANCEL;
    }
    struct cc_tds_messages *messages = &current->messages;
    if (is_conversion(number))
        messages->characters_lost = true;
    else if (number != SYBESMSG && messages->library == 0)
    {
        messages->library = number;
        messages->os_error = os_error;
        strncpy(messages->library_text, text ? text : "",
                sizeof messages->library_text - 1);
    }
    return INT_CANCEL;
}

static int on_message(DBPROCESS *dbproc, DBINT number, int state, int severity,
                      char *text, char *server, char *procedure, int line)
{
    if (!current)
    {
        MHANDLEFUNC other = atomic_load(&other_message_handler);
        return other ? other(dbproc, number, state, severity, text, server,
                             procedure, line)
                     : 0;
    }
    struct cc_tds_messages *messages = &current->messages;
    if (severity > INFORMATION)
    {
        if (messages->number == 0)
            messages->number = number;
        if (messages->text.length < CC_ERROR_MESSAGE_SIZE)
            (void)cc_strbuf_printf(&messages->text, "%s%s",
                                   messages->text.length > 0 ? "\n" : "",
                                   text ? text : "");
    }
    else if (number != DATABASE_CHANGED && number != LANGUAGE_CHANGED)
        cc_debug(current->base.host, "server notice %d: %s", (int)number,
                 text ? text : "");
    return 0;
}

/* Again before every connection: another user of db-lib may have replaced
 * them since. */
static void install_handlers(void)
{
    EHANDLEFUNC error_handler = dberrhandle(on_error);
    MHANDLEFUNC message_handler = dbmsghandle(on_message);
    if (error_handler != on_error)
        atomic_store(&other_error_handler, error_handler);
    if (message_handler != on_message)
        atomic_store(&other_message_handler, message_handler);
}

int cc_tds_start_library(struct cc_error *error)
{
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    static bool started;
    pthread_mutex_lock(&mutex);
    if (!started)
    {
        /* dbinit puts its own handlers in place of what is there */
        install_handlers();
        started = dbinit() == SUCCEED;
    }
    if (started)
        install_handlers();
    pthread_mutex_unlock(&mutex);
    return started ? 0 : cc_error_memory(error);
}

void cc_tds_enter(struct cc_tds *tds)
{
    current = tds;
}

void cc_tds_leave(void)
{
    current = NULL;
}

/* ---- errors ---- */

static void forget_messages(struct cc_tds *tds)
{
    struct cc_strbuf text = tds->messages.text;
    cc_strbuf_clear(&text);
    tds->messages = (struct cc_tds_messages){.text = text};
}

static const char *hint_of(int number)
{
    static const struct
    {
        int number;
        const char *hint;
    } hints[] = {
        {208, "Check \"table\" and \"schema\", or the names in the query."},
        {229, "The user needs SELECT permission on it."},
        {911, "Check \"database\"."},
        {916, "The user has no access to that database."},
        {1205, "The server chose this read to resolve a deadlock; try again."},
        {4060, "Check \"database\"."},
        {18452, "The server takes Windows logins only."},
        {18456, "Check \"username\" and \"password\"."},
        {18470, "The server's administrator has to enable the login."},
        {18487, "The password has to be changed at the server."},
        {18488, "The password has to be changed at the server."},
        {40501, "The server is busy; try again later."},
        {40613, "The database is not available now; try again later."},
        {40615, "The server's firewall has to allow this machine."},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
    {
        if (hints[i].number == number)
            return hints[i].hint;
    }
    return NULL;
}

static int server_error(const struct cc_tds *tds, enum cc_stage stage,
                        struct cc_error *error)
{
    char code[CC_ERROR_CODE_SIZE];
    snprintf(code, sizeof code, "%d", tds->messages.number);
    (void)cc_error_set(error, stage, code, "%s",
                       cc_strbuf_text(&tds->messages.text));
    const char *hint = hint_of(tds->messages.number);
    return hint ? cc_error_append(error, "\n%s", hint) : -1;
}

static int timeout_error(const struct cc_tds *tds, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_TIMEOUT, NULL,
                        "the server took longer than %lld s (query_timeout); "
                        "the statement was cancelled",
                        (long long)(tds->timeout_us / 1000000));
}

/* db-lib's words without the name we gave the server. */
static int library_error(struct cc_tds *tds, enum cc_stage stage,
                         struct cc_error *error)
{
    char *text = tds->messages.library_text;
    char *name = strrchr(text, '(');
    if (name && strncmp(name + 1, tds->section, strlen(tds->section)) == 0)
        *name = '\0';
    (void)cc_error_set(error, stage, NULL, "%s",
                       *text ? text : "the connection is lost");
    if (tds->messages.os_error > 0)
        (void)cc_error_append(error, ": %s", strerror(tds->messages.os_error));
    return -1;
}

int cc_tds_error(struct cc_tds *tds, enum cc_stage stage,
                 struct cc_error *error)
{
    if (atomic_load(&tds->stop))
        return cc_error_set(error, CC_STAGE_CANCELLED, NULL,
                            "the read was cancelled");
    if (tds->messages.number != 0)
        return server_error(tds, stage, error);
    if (tds->messages.library == SYBETIME)
        return timeout_error(tds, error);
    if (stage == CC_STAGE_QUERY && tds->dbproc && DBDEAD(tds->dbproc))
        stage = CC_STAGE_FETCH;
    return library_error(tds, stage, error);
}

/* ---- statements ---- */

/* Asked by db-lib about once a second while nothing arrives. */
static int wants_interrupt(void *dbproc)
{
    (void)dbproc;
    return current &&
           (atomic_load(&current->stop) ||
            (current->deadline_us > 0 && cc_now_us() >= current->deadline_us));
}

static int interrupt(void *dbproc)
{
    (void)dbproc;
    return INT_CANCEL;
}

int cc_tds_check_time(struct cc_tds *tds, struct cc_error *error)
{
    if (tds->deadline_us > 0 && cc_now_us() >= tds->deadline_us)
        return timeout_error(tds, error);
    return 0;
}

static void start_clock(struct cc_tds *tds)
{
    tds->deadline_us = tds->timeout_us > 0 ? cc_now_us() + tds->timeout_us : 0;
}

int cc_tds_send(struct cc_tds *tds, const char *sql, struct cc_error *error)
{
    cc_tds_abandon(tds);
    forget_messages(tds);
    start_clock(tds);
    dbsetinterrupt(tds->dbproc, wants_interrupt, interrupt);
    dbfreebuf(tds->dbproc);
    if (dbcmd(tds->dbproc, sql) != SUCCEED || dbsqlsend(tds->dbproc) != SUCCEED)
        return cc_tds_error(tds, CC_STAGE_QUERY, error);
    tds->sent = true;
    tds->running = true;
    return 0;
}

/* Skips what is left of a result. (dbcanquery would skip the next one where
 * this one has ended.) */
static void skip_rows(struct cc_tds *tds)
{
    STATUS status;
    do
        status = dbnextrow(tds->dbproc);
    while (status != NO_MORE_ROWS && status != FAIL &&
           !atomic_load(&tds->stop));
}

static RETCODE next_command(struct cc_tds *tds)
{
    if (tds->sent)
    {
        tds->sent = false;
        if (dbsqlok(tds->dbproc) != SUCCEED)
            return FAIL;
    }
    else
        skip_rows(tds);
    return dbresults(tds->dbproc);
}

/* A statement that failed: the connection may serve others if it lives. */
static int failed(struct cc_tds *tds, enum cc_stage stage,
                  struct cc_error *error)
{
    (void)cc_tds_error(tds, stage, error);
    if (!DBDEAD(tds->dbproc))
        cc_tds_abandon(tds);
    return -1;
}

int cc_tds_next_result(struct cc_tds *tds, enum cc_stage stage,
                       struct cc_error *error)
{
    for (;;)
    {
        RETCODE code = next_command(tds);
        if (tds->messages.number != 0 ||
            (code != SUCCEED && code != NO_MORE_RESULTS))
            return failed(tds, stage, error);
        if (code == NO_MORE_RESULTS)
        {
            tds->running = false;
            return 0;
        }
        if (dbnumcols(tds->dbproc) > 0)
            return 1;
    }
}

int cc_tds_next_row(struct cc_tds *tds, struct cc_error *error)
{
    for (;;)
    {
        STATUS status = dbnextrow(tds->dbproc);
        if (status == REG_ROW)
            return 1;
        if (status == FAIL || tds->messages.number != 0)
            return failed(tds, CC_STAGE_FETCH, error);
        if (status == NO_MORE_ROWS)
            return 0;
    }
}

int cc_tds_keep(struct cc_tds *tds, const char *sql)
{
    tds->kept = strdup(sql);
    return tds->kept ? 0 : -1;
}

bool cc_tds_resume(struct cc_tds *tds, const char *sql)
{
    if (!tds->kept || strcmp(tds->kept, sql) != 0)
        return false;
    free(tds->kept);
    tds->kept = NULL;
    start_clock(tds);
    return true;
}

void cc_tds_abandon(struct cc_tds *tds)
{
    free(tds->kept);
    tds->kept = NULL;
    tds->deadline_us = cc_now_us() + ABANDON_US;
    if (tds->running && !DBDEAD(tds->dbproc))
        (void)dbcancel(tds->dbproc);
    tds->running = false;
    tds->sent = false;
}

static int run_entered(struct cc_tds *tds, const char *sql,
                       int (*row)(void *, struct cc_tds *, struct cc_error *),
                       void *context, struct cc_error *error)
{
    CC_TRY(cc_tds_send(tds, sql, error));
    int status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    while (status > 0 && row && (status = cc_tds_next_row(tds, error)) > 0)
    {
        if (row(context, tds, error) != 0)
        {
            cc_tds_abandon(tds);
            return -1;
        }
    }
    while (status >= 0 && tds->running)
        status = cc_tds_next_result(tds, CC_STAGE_QUERY, error);
    return status < 0 ? -1 : 0;
}

int cc_tds_execute(struct cc_tds *tds, const char *sql,
                   int (*row)(void *context, struct cc_tds *tds,
                              struct cc_error *error),
                   void *context, struct cc_error *error)
{
    cc_tds_enter(tds);
    int status = cc_tds_limit_rows(tds, 0, error);
    if (status == 0)
        status = run_entered(tds, sql, row, context, error);
    cc_tds_leave();
    return status;
}

int cc_tds_limit_rows(struct cc_tds *tds, int64_t rows, struct cc_error *error)
{
    if (rows < 0 || rows > INT32_MAX)
        rows = 0;
    if (rows == tds->row_count)
        return 0;
    char sql[48];
    snprintf(sql, sizeof sql, "SET ROWCOUNT %lld", (long long)rows);
    CC_TRY(run_entered(tds, sql, NULL, NULL, error));
    tds->row_count = rows;
    return 0;
}

/* ---- values of catalog queries ---- */

int cc_tds_text(struct cc_tds *tds, int column, char **text,
                struct cc_error *error)
{
    const BYTE *data = dbdata(tds->dbproc, column);
    *text = NULL;
    if (!data)
        return 0;
    DBINT size = dbdatlen(tds->dbproc, column);
    *text = strndup((const char *)data, size > 0 ? (size_t)size : 0);
    return *text ? 0 : cc_error_memory(error);
}

int64_t cc_tds_integer(struct cc_tds *tds, int column, int64_t otherwise)
{
    const BYTE *data = dbdata(tds->dbproc, column);
    int16_t small;
    int32_t medium;
    int64_t big;
    if (!data)
        return otherwise;
    switch (dbcoltype(tds->dbproc, column))
    {
        case SYBBIT:
        case SYBINT1:
            return *data;
        case SYBINT2:
            memcpy(&small, data, sizeof small);
            return small;
        case SYBINT4:
            memcpy(&medium, data, sizeof medium);
            return medium;
        case SYBINT8:
            memcpy(&big, data, sizeof big);
            return big;
        default:
            return otherwise;
    }
}

bool cc_tds_double(struct cc_tds *tds, int column, double *value)
{
    const BYTE *data = dbdata(tds->dbproc, column);
    if (!data || dbcoltype(tds->dbproc, column) != SYBFLT8)
        return false;
    memcpy(value, data, sizeof *value);
    return true;
}
