/* SPDX-License-Identifier: MIT */
#include "pq_internal.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define APPLICATION_NAME "ogr_carto_connector"

/* ---- parameters ---- */

#define MAX_PARAMETERS 16

struct parameters
{
    const char *keywords[MAX_PARAMETERS];
    const char *values[MAX_PARAMETERS];
    size_t count;
};

/* What is not given is left to libpq's own ways (.pgpass, PG* variables). */
static void add(struct parameters *p, const char *keyword, const char *value)
{
    if (!value || p->count + 1 >= MAX_PARAMETERS)
        return;
    p->keywords[p->count] = keyword;
    p->values[p->count++] = value;
    p->keywords[p->count] = NULL;
    p->values[p->count] = NULL;
}

static bool has_own_root_certificate(void)
{
    if (getenv("PGSSLROOTCERT"))
        return true;
    const char *home = getenv("HOME");
    struct cc_strbuf path = CC_STRBUF_INIT;
    bool found =
        home && cc_strbuf_printf(&path, "%s/.postgresql/root.crt", home) == 0 &&
        access(path.data, R_OK) == 0;
    cc_strbuf_free(&path);
    return found;
}

/* libpq verifies against one file of its own and knows no system store before
 * version 16. */
static const char *root_certificate(const struct cc_connector *connector)
{
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt",
                                          "/etc/ssl/ca-bundle.pem",
                                          "/etc/ssl/cert.pem"};
    const char *given = cc_connector_text(connector, CC_P_SSLROOTCERT);
    const char *mode = cc_connector_text(connector, CC_P_SSLMODE);
    if (given || !mode || strncmp(mode, "verify-", 7) != 0 ||
        has_own_root_certificate())
        return given;
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++)
    {
        if (access(bundles[i], R_OK) == 0)
            return bundles[i];
    }
    return NULL;
}

/* libpq goes on without a client certificate that it does not find. */
static int check_files(const struct cc_connector *connector,
                       struct cc_error *error)
{
    static const enum cc_parameter_id files[] = {CC_P_SSLROOTCERT, CC_P_SSLCERT,
                                                 CC_P_SSLKEY};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
    {
        const char *name = cc_connector_text(connector, files[i]);
        bool special = name && (strcmp(name, "system") == 0 ||
                                strncmp(name, "engine:", 7) == 0);
        if (name && !special && access(name, R_OK) != 0)
            return cc_error_set(error, CC_STAGE_TLS, NULL,
                                "\"%s\": the file \"%s\" cannot be read: %s",
                                cc_parameters[files[i]].key, name,
                                strerror(errno));
    }
    return 0;
}

static PGconn *start(const struct cc_connector *connector,
                     const struct cc_pq_options *options)
{
    static const struct
    {
        const char *keyword;
        enum cc_parameter_id id;
    } direct[] = {{"port", CC_P_PORT},       {"dbname", CC_P_DATABASE},
                  {"user", CC_P_USERNAME},   {"password", CC_P_PASSWORD},
                  {"sslmode", CC_P_SSLMODE}, {"sslcert", CC_P_SSLCERT},
                  {"sslkey", CC_P_SSLKEY}};
    struct parameters p = {.count = 0};
    add(&p, "host", options->host);
    for (size_t i = 0; i < sizeof direct / sizeof *direct; i++)
        add(&p, direct[i].keyword, cc_connector_text(connector, direct[i].id));
    add(&p, "sslrootcert", root_certificate(connector));
    add(&p, "client_encoding", options->client_encoding);
    add(&p, "fallback_application_name", APPLICATION_NAME);
    return PQconnectStartParams(p.keywords, p.values, 0);
}

/* ---- what went wrong ---- */

/* Whether the host is a name that does not resolve. */
static bool is_unresolved(const char *host)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    if (!host || *host == '/' || strchr(host, ','))
        return false;
    if (getaddrinfo(host, NULL, &hints, &addresses) != 0)
        return true;
    freeaddrinfo(addresses);
    return false;
}

static enum cc_stage failed_stage(ConnStatusType status, const char *host,
                                  const char *message)
{
    switch (status)
    {
        case CONNECTION_BAD:
        case CONNECTION_NEEDED:
        case CONNECTION_STARTED:
            return is_unresolved(host) ? CC_STAGE_RESOLVE : CC_STAGE_CONNECT;
        case CONNECTION_MADE:
            return CC_STAGE_CONNECT;
        case CONNECTION_SSL_STARTUP:
        case CONNECTION_GSS_STARTUP:
            return CC_STAGE_TLS;
        default:
            /* a refused client certificate shows when TLS seems done */
            return strstr(message, "SSL error") ? CC_STAGE_TLS : CC_STAGE_LOGIN;
    }
}

/* The SQLSTATE of a server's message in libpq's verbose form, "FATAL:  28P01:
 * words", and where it is; false when there is none. */
static bool find_sqlstate(const char *message, const char **at, char code[6])
{
    for (const char *c = message; (c = strstr(c, ":  ")) != NULL; c++)
    {
        size_t length = 0;
        while (length < 5 && (isdigit((unsigned char)c[3 + length]) ||
                              isupper((unsigned char)c[3 + length])))
            length++;
        if (length < 5 || strncmp(c + 8, ": ", 2) != 0)
            continue;
        memcpy(code, c + 3, 5);
        code[5] = '\0';
        *at = c + 3;
        return true;
    }
    return false;
}

static const char *sqlstate_hint(const char *code)
{
    static const struct
    {
        const char *code;
        const char *hint;
    } hints[] = {
        {"28P01", "Check \"username\" and \"password\"."},
        {"28000", "Check \"username\", \"database\" and \"sslmode\" against "
                  "the server's pg_hba.conf."},
        {"3D000", "Check \"database\"."},
        {"53300", "The server has no connection left; try again later."},
        {"57P03", "The server is starting up or recovering; try again later."},
    };
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++)
    {
        if (strcmp(hints[i].code, code) == 0)
            return hints[i].hint;
    }
    return NULL;
}

/* The parameter that names the host. */
static const char *host_parameter(const struct cc_connector *connector)
{
    return cc_parameter_use_get(connector->provider, CC_P_CLUSTER) ? "cluster"
                                                                   : "server";
}

/* What to do about a failure at this stage. Returns -1. */
static int append_stage_hint(const struct cc_connector *connector,
                             enum cc_stage stage, struct cc_error *error)
{
    switch (stage)
    {
        case CC_STAGE_RESOLVE:
            return cc_error_append(error, "\nCheck \"%s\".",
                                   host_parameter(connector));
        case CC_STAGE_CONNECT:
            return cc_error_append(error,
                                   "\nCheck \"%s\" and \"port\", and that the "
                                   "server accepts connections from this "
                                   "machine.",
                                   host_parameter(connector));
        case CC_STAGE_TLS:
            return cc_error_append(error,
                                   "\nSee \"sslmode\" and \"sslrootcert\".");
        case CC_STAGE_LOGIN:
            return cc_error_append(error, "\nCheck \"username\", \"password\" "
                                          "and \"database\".");
        default:
            return -1;
    }
}

/* Copies the lines of `message` but for the server's source locations, and
 * without [cut, cut + 7), the SQLSTATE. */
static void append_lines(struct cc_strbuf *out, const char *message,
                         const char *cut)
{
    for (const char *line = message; *line;)
    {
        size_t length = strcspn(line, "\n");
        const char *end = line + length;
        if (strncmp(line, "LOCATION:", 9) != 0 && length > 0)
        {
            if (line != message)
                (void)cc_strbuf_append_char(out, '\n');
            bool inside = cut && cut >= line && cut + 7 <= end;
            const char *stop = inside ? cut : end;
            (void)cc_strbuf_append_n(out, line, (size_t)(stop - line));
            if (inside)
                (void)cc_strbuf_append_n(out, cut + 7, (size_t)(end - cut - 7));
        }
        line = *end ? end + 1 : end;
    }
}

static int connect_error(const struct cc_pq *pq, ConnStatusType status,
                         const char *host, struct cc_error *error)
{
    const char *message = PQerrorMessage(pq->conn);
    const char *cut = NULL;
    char code[6] = "";
    bool known = find_sqlstate(message, &cut, code);
    enum cc_stage stage =
        known ? CC_STAGE_LOGIN : failed_stage(status, host, message);
    const char *hint = known ? sqlstate_hint(code) : NULL;
    struct cc_strbuf text = CC_STRBUF_INIT;
    append_lines(&text, message, cut);
    (void)cc_error_set(error, stage, code, "%s", cc_strbuf_text(&text));
    cc_strbuf_free(&text);
    return hint ? cc_error_append(error, "\n%s", hint)
                : append_stage_hint(pq->base.connector, stage, error);
}

static int connect_timeout(const struct cc_pq_options *options,
                           const struct cc_connector *connector,
                           ConnStatusType status, struct cc_error *error)
{
    const char *port = cc_connector_text(connector, CC_P_PORT);
    const char *phase = status <= CONNECTION_STARTED || status == CONNECTION_BAD
                            ? "did not accept the connection"
                            : "accepted the connection but did not finish the "
                              "login";
    return cc_error_set(
        error, CC_STAGE_TIMEOUT, NULL,
        "server \"%s\", port %s, %s within %lld s (connect_timeout). Check "
        "\"%s\", \"port\" and the firewalls in between.",
        options->host ? options->host : "", port ? port : "5432", phase,
        (long long)cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT),
        host_parameter(connector));
}

/* ---- connecting ---- */

enum progress
{
    PROGRESS_FAILED,
    PROGRESS_EXPIRED,
    PROGRESS_DONE
};

/* *status is the last one before a failure. */
static enum progress drive(struct cc_pq *pq, int64_t deadline_us,
                           ConnStatusType *status)
{
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;
    *status = PQstatus(pq->conn);
    while (*status != CONNECTION_BAD)
    {
        int64_t left_ms = (deadline_us - cc_pq_now_us()) / 1000;
        if (deadline_us > 0 && left_ms <= 0)
            return PROGRESS_EXPIRED;
        short events = state == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        int slice = deadline_us > 0 && left_ms < 1000 ? (int)left_ms : 1000;
        if (cc_pq_poll(pq->conn, events, slice) == 0)
            continue;
        *status = PQstatus(pq->conn);
        state = PQconnectPoll(pq->conn);
        if (state == PGRES_POLLING_OK)
            return PROGRESS_DONE;
        if (state == PGRES_POLLING_FAILED)
            return PROGRESS_FAILED;
    }
    return PROGRESS_FAILED;
}

static void notice(void *host, const char *message)
{
    cc_debug(host, "server notice: %s", message);
}

static int establish(struct cc_pq *pq, const struct cc_connector *connector,
                     const struct cc_pq_options *options,
                     struct cc_error *error)
{
    int64_t seconds = cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT);
    int64_t deadline = seconds > 0 ? cc_pq_now_us() + seconds * 1000000 : 0;
    pq->conn = start(connector, options);
    if (!pq->conn)
        return cc_error_memory(error);
    PQsetErrorVerbosity(pq->conn, PQERRORS_VERBOSE);
    ConnStatusType status;
    switch (drive(pq, deadline, &status))
    {
        case PROGRESS_EXPIRED:
            return connect_timeout(options, connector, PQstatus(pq->conn),
                                   error);
        case PROGRESS_FAILED:
            return connect_error(pq, status, options->host, error);
        case PROGRESS_DONE:
            break;
    }
    PQsetErrorVerbosity(pq->conn, PQERRORS_DEFAULT);
    /* sends never block: what does not fit the socket is sent while waiting */
    if (PQsetnonblocking(pq->conn, 1) != 0)
        return cc_pq_error(pq, NULL, CC_STAGE_CONNECT, error);
    return 0;
}

int cc_pq_connect(struct cc_pq *pq, const struct cc_connector *connector,
                  const struct cc_host *host,
                  const struct cc_pq_options *options, struct cc_error *error)
{
    pq->base.connector = connector;
    pq->base.host = host;
    pq->timeout_us =
        cc_connector_integer(connector, CC_P_QUERY_TIMEOUT) * 1000000;
    atomic_init(&pq->cancelled, false);
    atomic_init(&pq->doubtful, false);
    if (check_files(connector, error) != 0 ||
        establish(pq, connector, options, error) != 0)
    {
        cc_pq_disconnect(pq);
        return -1;
    }
    /* libpq keeps the argument as a plain pointer */
    PQsetNoticeProcessor(pq->conn, notice, (void *)(uintptr_t)host);
    return 0;
}

void cc_pq_disconnect(struct cc_pq *pq)
{
    PQfinish(pq->conn);
    pq->conn = NULL;
}
