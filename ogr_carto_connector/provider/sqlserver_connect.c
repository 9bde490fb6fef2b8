/* SPDX-License-Identifier: MIT */
/*
 * Connecting. db-lib has no call for a port, TLS, timeouts or the read-only
 * intent: they are keys of a configuration file, so every connection has one
 * of its own for as long as the login takes.
 */
#include "sqlserver_internal.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define APPLICATION_NAME "ogr_carto_connector"
#define TEXTSIZE 2147483647
/* The largest packet that TLS carries in one record. */
#define PACKET_SIZE 16383
/* FreeTDS reads lines of 255 characters. */
#define MAX_LINE 250

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
    "CONVERT(int, SERVERPROPERTY('EngineEdition'))";

/* ---- configuration ---- */

/* FreeTDS folds blanks and ends a value at '#' and ';'. */
static bool is_plain_value(const char *value)
{
    for (const char *c = value; *c; c++)
    {
        bool blank = isspace((unsigned char)*c) != 0;
        if (iscntrl((unsigned char)*c) || *c == '#' || *c == ';' ||
            (blank && (c == value || c[1] == '\0' || c[1] == ' ')))
            return false;
    }
    return *value != '\0' && strlen(value) <= MAX_LINE - 32;
}

static int add_value(struct cc_strbuf *out, const char *key, const char *value,
                     const char *parameter, struct cc_error *error)
{
    if (!is_plain_value(value))
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "%s: FreeTDS cannot be given \"%s\" (too long, or "
                            "with '#', ';', control characters or blanks in a "
                            "row)",
                            parameter, value);
    return cc_strbuf_printf(out, "\t%s = %s\n", key, value) == 0
               ? 0
               : cc_error_memory(error);
}

/* "host" or "host\instance"; a port that is given names the instance. */
static int add_server(const struct cc_connector *connector,
                      struct cc_strbuf *out, struct cc_error *error)
{
    const char *server = cc_connector_text(connector, CC_P_SERVER);
    const char *instance = strchr(server, '\\');
    const char *port = cc_connector_text(connector, CC_P_PORT);
    char *host = instance ? strndup(server, (size_t)(instance - server))
                          : strdup(server);
    if (!host)
        return cc_error_memory(error);
    int status = add_value(out, "host", host, "server", error);
    free(host);
    CC_TRY(status);
    if (instance && !connector->values[CC_P_PORT])
        return add_value(out, "instance", instance + 1, "server", error);
    return add_value(out, "port", port ? port : "1433", "port", error);
}

static bool verifies(const char *mode, const char *root)
{
    return strncmp(mode, "verify-", 7) == 0 ||
           (root && strcmp(mode, "require") == 0);
}

/* Without a CA file FreeTDS verifies nothing; as with libpq, one that is given
 * is used by "require" as well. */
static int add_tls(const struct cc_connector *connector, struct cc_strbuf *out,
                   struct cc_error *error)
{
    const char *mode = cc_connector_text(connector, CC_P_SSLMODE);
    const char *root = cc_connector_text(connector, CC_P_SSLROOTCERT);
    if (cc_connector_text(connector, CC_P_SSLCERT) ||
        cc_connector_text(connector, CC_P_SSLKEY))
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "sslcert, sslkey: SQL Server takes no client "
                            "certificates");
    const char *encryption = strcmp(mode, "disable") == 0  ? "off"
                             : strcmp(mode, "prefer") == 0 ? "request"
                                                           : "require";
    CC_TRY(add_value(out, "encryption", encryption, "sslmode", error));
    if (!verifies(mode, root))
        return 0;
    CC_TRY(add_value(out, "ca file", root ? root : "system", "sslrootcert",
                     error));
    return add_value(out, "check certificate hostname",
                     strcmp(mode, "verify-full") == 0 ? "yes" : "no", "sslmode",
                     error);
}

int cc_tds_configuration(const struct cc_connector *connector,
                         const char *section, struct cc_strbuf *out,
                         struct cc_error *error)
{
    (void)cc_strbuf_printf(
        out,
        "[%s]\n"
        "\ttds version = 7.4\n"
        "\tclient charset = UTF-8\n"
        "\tread-only intent = yes\n"
        "\ttext size = %d\n"
        "\tinitial block size = %d\n"
        "\tconnect timeout = %lld\n",
        section, TEXTSIZE, PACKET_SIZE,
        (long long)cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT));
    CC_TRY(add_server(connector, out, error));
    CC_TRY(add_tls(connector, out, error));
    return cc_strbuf_failed(out) ? cc_error_memory(error) : 0;
}

/* ---- login ---- */

/* Of the configuration file's name, which is the process's. */
static pthread_mutex_t configuration_mutex = PTHREAD_MUTEX_INITIALIZER;

static bool write_all(int file, const char *text, size_t size)
{
    while (size > 0)
    {
        ssize_t written = write(file, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        size -= (size_t)written;
    }
    return true;
}

/* The file, readable by this user only; its name is the caller's. */
static int write_configuration(const struct cc_strbuf *text, char **name,
                               struct cc_error *error)
{
    const char *folder = getenv("TMPDIR");
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&path, "%s/cartoconn-XXXXXX",
                           folder && *folder ? folder : "/tmp");
    *name = cc_strbuf_take(&path);
    if (!*name)
        return cc_error_memory(error);
    int file = mkstemp(*name);
    bool written = file >= 0 && write_all(file, text->data, text->length);
    int reason = errno;
    if (file >= 0)
        (void)close(file);
    if (written)
        return 0;
    (void)cc_error_set(error, CC_STAGE_CONNECT, NULL,
                       "FreeTDS's configuration cannot be written to %s: %s",
                       *name, strerror(reason));
    if (file >= 0)
        (void)unlink(*name);
    free(*name);
    return -1;
}

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

/* Other logins wait meanwhile: the name of the file is global. */
static void login_with(struct cc_tds *tds, LOGINREC *login, char *file)
{
    pthread_mutex_lock(&configuration_mutex);
    dbsetifile(file);
    tds->dbproc = dbopen(login, tds->section);
    dbsetifile((char[]){""});
    pthread_mutex_unlock(&configuration_mutex);
}

static int login_entered(struct cc_tds *tds,
                         const struct cc_strbuf *configuration,
                         struct cc_error *error)
{
    char *file;
    LOGINREC *login = make_login(tds->base.connector);
    if (!login)
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "username, password or database: %s",
                            tds->messages.library_text);
    int status = write_configuration(configuration, &file, error);
    if (status == 0)
    {
        login_with(tds, login, file);
        (void)unlink(file);
        free(file);
    }
    dbloginfree(login);
    return status;
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

static int connect_error(struct cc_tds *tds, struct cc_error *error)
{
    const struct cc_connector *connector = tds->base.connector;
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

/* TRANSLATE came with SQL Server 2017 (14); Azure's services (editions 5 and
 * up) report 12 for ever. */
#define TRANSLATE_MAJOR 14
#define AZURE_EDITION 5

static int read_version(void *context, struct cc_tds *tds,
                        struct cc_error *error)
{
    (void)context;
    char *version;
    CC_TRY(cc_tds_text(tds, 1, &version, error));
    long major = version ? strtol(version, NULL, 10) : 0;
    tds->has_translate =
        major >= TRANSLATE_MAJOR || cc_tds_integer(tds, 2, 0) >= AZURE_EDITION;
    snprintf(tds->base.server_version, sizeof tds->base.server_version,
             "SQL Server %.40s", version ? version : "");
    free(version);
    return 0;
}

static void name_section(struct cc_tds *tds)
{
    static atomic_uint serial;
    snprintf(tds->section, sizeof tds->section, "cartoconn-%lx-%x",
             (unsigned long)getpid(), atomic_fetch_add(&serial, 1) + 1);
}

static int establish(struct cc_tds *tds, struct cc_error *error)
{
    struct cc_strbuf configuration = CC_STRBUF_INIT;
    name_section(tds);
    int status = cc_tds_configuration(tds->base.connector, tds->section,
                                      &configuration, error);
    if (status == 0)
    {
        cc_tds_enter(tds);
        status = login_entered(tds, &configuration, error);
        cc_tds_leave();
    }
    cc_strbuf_free(&configuration);
    if (status == 0 && !tds->dbproc)
        status = connect_error(tds, error);
    if (status == 0)
        status =
            cc_tds_execute(tds, session_settings, read_version, NULL, error);
    return status;
}

int cc_sqlserver_open(const struct cc_connector *connector,
                      const struct cc_host *host,
                      struct cc_connection **connection, struct cc_error *error)
{
    CC_TRY(cc_tds_start_library(error));
    struct cc_tds *tds = calloc(1, sizeof *tds);
    if (!tds)
        return cc_error_memory(error);
    tds->base.provider = &cc_provider_sqlserver;
    tds->base.connector = connector;
    tds->base.host = host;
    tds->timeout_us =
        cc_connector_integer(connector, CC_P_QUERY_TIMEOUT) * 1000000;
    atomic_init(&tds->stop, false);
    if (establish(tds, error) != 0)
    {
        cc_sqlserver_close(&tds->base);
        return -1;
    }
    if (connector->iconv_name)
        cc_debug(host, "sqlserver: text comes with its encoding; \"encoding\" "
                       "is not needed");
    *connection = &tds->base;
    return 0;
}

void cc_sqlserver_close(struct cc_connection *connection)
{
    struct cc_tds *tds = (struct cc_tds *)connection;
    if (!tds)
        return;
    cc_tds_enter(tds);
    if (tds->dbproc)
        dbclose(tds->dbproc);
    cc_tds_leave();
    cc_strbuf_free(&tds->messages.text);
    free(tds);
}

bool cc_sqlserver_usable(const struct cc_connection *connection)
{
    const struct cc_tds *tds = (const struct cc_tds *)connection;
    return !tds->running && !DBDEAD(tds->dbproc);
}
