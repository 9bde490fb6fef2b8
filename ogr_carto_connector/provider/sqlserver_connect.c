/* SPDX-License-Identifier: MIT */
/*
 * Connecting. Resolving a name and reading a login's answers may take db-lib
 * any time, so a login runs in a thread of its own, which is left to itself
 * when connect_timeout is over.
 */
#include "sqlserver_internal.h"

#include "thread.h"
#include "wait.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_NAME "ogr_carto_connector"

/* What ODBC would set; without it spatial and xml methods fail (error 1934)
 * and text ends at 4096 bytes. */
static const char session_settings[] =
    "SET TEXTSIZE 2147483647;"
    "SET QUOTED_IDENTIFIER ON;"
    "SET ANSI_NULLS ON;"
    "SET ANSI_PADDING ON;"
    "SET ANSI_WARNINGS ON;"
    "SET ARITHABORT ON;"
    "SET CONCAT_NULL_YIELDS_NULL ON;"
    "SET NOCOUNT ON;"
    "SET DATEFORMAT ymd;"
    "SELECT CONVERT(nvarchar(64), SERVERPROPERTY('ProductVersion')), "
    "CONVERT(int, SERVERPROPERTY('EngineEdition')), "
    "CONVERT(nvarchar(64), SERVERPROPERTY('BabelfishVersion'))";

/* ---- the login, in its thread ---- */

/* Of the configuration file's name, which is the process's. */
static pthread_mutex_t configuration_mutex = PTHREAD_MUTEX_INITIALIZER;

/* A login; its thread's until `done`, and for good once it is `abandoned`. */
struct attempt
{
    struct cc_tds *tds;
    LOGINREC *login;
    char *file;
    struct cc_error error; /* of the session's settings; without secrets */
    pthread_mutex_t mutex;
    pthread_cond_t finished;
    bool done;
    bool abandoned;
};

static void attempt_free(struct attempt *attempt)
{
    if (attempt->login)
        dbloginfree(attempt->login);
    if (attempt->file)
        (void)unlink(attempt->file);
    free(attempt->file);
    pthread_cond_destroy(&attempt->finished);
    pthread_mutex_destroy(&attempt->mutex);
    free(attempt);
}

static void tds_free(struct cc_tds *tds)
{
    cc_tds_enter(tds);
    if (tds->dbproc)
        dbclose(tds->dbproc);
    cc_tds_leave();
    cc_strbuf_free(&tds->messages.text);
    free(tds->kept);
    free(tds);
}

/* The columns of the answer. */
enum
{
    V_VERSION = 1,
    V_EDITION,
    V_BABELFISH
};

/* TRANSLATE came with SQL Server 2017 (14); Azure's services (editions 5 and
 * up) report 12 for ever, and so does Babelfish. */
#define TRANSLATE_MAJOR 14
#define AZURE_EDITION 5

static void set_version(struct cc_tds *tds, const char *version,
                        const char *babelfish)
{
    bool is_babelfish = babelfish && *babelfish;
    long major = version ? strtol(version, NULL, 10) : 0;
    if (major >= TRANSLATE_MAJOR || is_babelfish ||
        cc_tds_integer(tds, V_EDITION, 0) >= AZURE_EDITION)
        tds->server |= CC_TDS_HAS_TRANSLATE;
    if (is_babelfish)
        tds->server |= CC_TDS_POINTS_ONLY;
    snprintf(tds->base.server_version, sizeof tds->base.server_version,
             is_babelfish ? "Babelfish %.40s" : "SQL Server %.40s",
             is_babelfish ? babelfish
             : version    ? version
                          : "");
}

static int read_version(void *context, struct cc_tds *tds,
                        struct cc_error *error)
{
    (void)context;
    char *version = NULL;
    char *babelfish = NULL;
    int status = cc_tds_text(tds, V_VERSION, &version, error);
    if (status == 0)
        status = cc_tds_text(tds, V_BABELFISH, &babelfish, error);
    if (status == 0)
        set_version(tds, version, babelfish);
    free(version);
    free(babelfish);
    return status;
}

/* Other logins wait meanwhile: the name of the file is global. */
static void log_in(struct attempt *attempt)
{
    struct cc_tds *tds = attempt->tds;
    pthread_mutex_lock(&configuration_mutex);
    cc_tds_enter(tds);
    dbsetifile(attempt->file);
    tds->dbproc = dbopen(attempt->login, tds->section);
    dbsetifile((char[]){""});
    cc_tds_leave();
    pthread_mutex_unlock(&configuration_mutex);
    if (tds->dbproc)
        (void)cc_tds_execute(tds, session_settings, read_version, NULL,
                             &attempt->error);
}

static void *run(void *argument)
{
    struct attempt *attempt = argument;
    log_in(attempt);
    pthread_mutex_lock(&attempt->mutex);
    attempt->done = true;
    bool abandoned = attempt->abandoned;
    pthread_cond_signal(&attempt->finished);
    pthread_mutex_unlock(&attempt->mutex);
    if (abandoned)
    {
        tds_free(attempt->tds);
        attempt_free(attempt);
    }
    return NULL;
}

static int start_thread(struct attempt *attempt, struct cc_error *error)
{
    int failed = cc_thread_start(NULL, run, attempt);
    return failed
               ? cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                              "no thread can be started: %s", strerror(failed))
               : 0;
}

/* ---- the login, seen from outside ---- */

static LOGINREC *make_login(const struct cc_connector *connector)
{
    const char *password = cc_connector_text(connector, CC_P_PASSWORD);
    LOGINREC *login = dblogin();
    bool complete =
        login &&
        DBSETLUSER(login, cc_connector_text(connector, CC_P_USERNAME)) ==
            SUCCEED &&
        DBSETLPWD(login, password ? password : "") == SUCCEED &&
        DBSETLDBNAME(login, cc_connector_text(connector, CC_P_DATABASE)) ==
            SUCCEED &&
        DBSETLAPP(login, APPLICATION_NAME) == SUCCEED &&
        DBSETLVERSION(login, DBVERSION_74) == SUCCEED;
    if (login && !complete)
    {
        dbloginfree(login);
        login = NULL;
    }
    return login;
}

static struct attempt *attempt_new(struct cc_tds *tds)
{
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt)
        return NULL;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&attempt->mutex, NULL);
    pthread_cond_init(&attempt->finished, &attributes);
    pthread_condattr_destroy(&attributes);
    attempt->tds = tds;
    cc_error_init(&attempt->error, NULL);
    return attempt;
}

/* Everything the thread needs, so that it needs no connector. */
static int prepare(struct attempt *attempt,
                   const struct cc_connector *connector, struct cc_error *error)
{
    struct cc_tds *tds = attempt->tds;
    struct cc_strbuf configuration = CC_STRBUF_INIT;
    int status =
        cc_tds_configuration(connector, tds->section, &configuration, error);
    if (status == 0)
        status =
            cc_tds_write_configuration(&configuration, &attempt->file, error);
    cc_strbuf_free(&configuration);
    CC_TRY(status);
    cc_tds_enter(tds);
    attempt->login = make_login(connector);
    cc_tds_leave();
    return attempt->login ? 0
                          : cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                                         "username, password or database: %s",
                                         tds->messages.library_text);
}

/* Whether the thread is done within connect_timeout; else it is on its own. */
static bool await(struct attempt *attempt, const struct cc_connector *connector)
{
    int64_t seconds = cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT);
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)seconds;
    int status = 0;
    pthread_mutex_lock(&attempt->mutex);
    while (!attempt->done && status != ETIMEDOUT)
        status = seconds > 0
                     ? pthread_cond_timedwait(&attempt->finished,
                                              &attempt->mutex, &until)
                     : pthread_cond_wait(&attempt->finished, &attempt->mutex);
    bool done = attempt->done;
    attempt->abandoned = !done;
    pthread_mutex_unlock(&attempt->mutex);
    return done;
}

/* ---- what went wrong ---- */

static int unresolved_error(const char *server, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_RESOLVE, NULL,
                        "the host name \"%s\" does not resolve. Check "
                        "\"server\".",
                        server);
}

static int expired_error(const struct cc_connector *connector,
                         struct cc_error *error)
{
    return cc_error_set(
        error, CC_STAGE_TIMEOUT, NULL,
        "the server \"%s\", port %s, did not answer within %lld s "
        "(connect_timeout). Check \"server\", \"port\" and the firewalls in "
        "between.",
        cc_connector_text(connector, CC_P_SERVER),
        cc_connector_text(connector, CC_P_PORT),
        (long long)cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT));
}

/* FreeTDS has no words for TLS: the login fails, and nothing else is told. */
static int tls_error(const struct cc_connector *connector,
                     struct cc_error *error)
{
    return cc_error_set(
        error, CC_STAGE_TLS, NULL,
        "sslmode \"%s\" could not be agreed on with \"%s\", port %s: the "
        "server has no TLS, its certificate is not the one expected, or it "
        "does not speak SQL Server's protocol. See \"sslmode\" and "
        "\"sslrootcert\".",
        cc_connector_text(connector, CC_P_SSLMODE),
        cc_connector_text(connector, CC_P_SERVER),
        cc_connector_text(connector, CC_P_PORT));
}

static int connect_error(struct cc_tds *tds,
                         const struct cc_connector *connector,
                         struct cc_error *error)
{
    const char *mode = cc_connector_text(connector, CC_P_SSLMODE);
    const char *server = cc_connector_text(connector, CC_P_SERVER);
    const struct cc_tds_messages *messages = &tds->messages;
    if (messages->number != 0)
        return cc_tds_error(tds, CC_STAGE_LOGIN, error);
    if (messages->library == SYBEUHST || messages->library == SYBEINTF)
        return unresolved_error(server, error);
    if (messages->library == SYBETIME || messages->os_error == ETIMEDOUT)
        return expired_error(connector, error);
    if (messages->library == SYBEFCON && strcmp(mode, "disable") != 0)
        return tls_error(connector, error);
    (void)cc_tds_error(tds, CC_STAGE_CONNECT, error);
    return cc_error_append(error,
                           "\nCheck \"server\" (\"%s\") and \"port\" (%s).",
                           server, cc_connector_text(connector, CC_P_PORT));
}

/* ---- the connection ---- */

static struct cc_tds *tds_new(void)
{
    static atomic_uint serial;
    struct cc_tds *tds = calloc(1, sizeof *tds);
    if (!tds)
        return NULL;
    atomic_init(&tds->stop, false);
    snprintf(tds->section, sizeof tds->section, "cartoconn-%lx-%x",
             (unsigned long)getpid(), atomic_fetch_add(&serial, 1) + 1);
    return tds;
}

static int settle(struct attempt *attempt, const struct cc_connector *connector,
                  struct cc_error *error)
{
    const struct cc_error *own = &attempt->error;
    if (!attempt->tds->dbproc)
        return connect_error(attempt->tds, connector, error);
    if (own->stage != CC_STAGE_NONE)
        return cc_error_set(error, own->stage, own->code, "%s", own->message);
    return 0;
}

/* Takes `tds` over when it fails. */
static int establish(struct cc_tds *tds, const struct cc_connector *connector,
                     struct cc_error *error)
{
    struct attempt *attempt = attempt_new(tds);
    int status =
        attempt ? prepare(attempt, connector, error) : cc_error_memory(error);
    if (status == 0)
        status = start_thread(attempt, error);
    if (status == 0 && !await(attempt, connector))
        return expired_error(connector, error);
    if (status == 0)
        status = settle(attempt, connector, error);
    if (attempt)
        attempt_free(attempt);
    if (status != 0)
        tds_free(tds);
    return status;
}

int cc_sqlserver_open(const struct cc_connector *connector,
                      const struct cc_host *host,
                      struct cc_connection **connection, struct cc_error *error)
{
    CC_TRY(cc_tds_start_library(error));
    struct cc_tds *tds = tds_new();
    if (!tds)
        return cc_error_memory(error);
    CC_TRY(establish(tds, connector, error));
    tds->base.provider = &cc_provider_sqlserver;
    tds->base.connector = connector;
    tds->base.host = host;
    tds->timeout_us =
        cc_connector_integer(connector, CC_P_QUERY_TIMEOUT) * 1000000;
    if (connector->iconv_name)
        cc_debug(host, "sqlserver: text comes with its encoding; \"encoding\" "
                       "is not needed");
    *connection = &tds->base;
    return 0;
}

void cc_sqlserver_close(struct cc_connection *connection)
{
    if (connection)
        tds_free((struct cc_tds *)connection);
}

bool cc_sqlserver_usable(const struct cc_connection *connection)
{
    const struct cc_tds *tds = (const struct cc_tds *)connection;
    return (!tds->running || tds->kept) && !DBDEAD(tds->dbproc);
}
