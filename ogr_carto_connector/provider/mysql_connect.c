/* SPDX-License-Identifier: MIT */
#include "mysql_internal.h"

#include "connector/encoding.h"

#include <errmsg.h>
#include <mysqld_error.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM_NAME "ogr_carto_connector"
/* What a value may have: the servers' own limit. */
#define MAX_PACKET (1024UL * 1024 * 1024)
/* How long cancelling may take. */
#define KILL_US 1000000

/* ---- options ---- */

enum tls
{
    TLS_DISABLE,
    TLS_PREFER,
    TLS_REQUIRE,
    TLS_VERIFY_CA,
    TLS_VERIFY_FULL
};

static enum tls tls_of(const struct cc_connector *connector)
{
    static const char *const modes[] = {"disable", "prefer", "require",
                                        "verify-ca", "verify-full"};
    const char *text = cc_connector_text(connector, CC_P_SSLMODE);
    int mode = TLS_VERIFY_FULL;
    while (mode > TLS_DISABLE && text && strcmp(modes[mode], text) != 0)
        mode--;
    return (enum tls)mode;
}

/* Names of files that `option` takes. */
static void set_file(MYSQL *handle, enum mysql_option option,
                     const struct cc_connector *connector,
                     enum cc_parameter_id id)
{
    const char *file = cc_connector_text(connector, id);
    if (file)
        (void)mysql_options(handle, option, file);
}

#if CC_MYSQL_MARIADB

/* Where these alone may be used a password never travels in clear text. */
#define HASHING_PLUGINS                                                        \
    "mysql_native_password,caching_sha2_password,sha256_password,"             \
    "client_ed25519,parsec,auth_gssapi_client"
/* From here on the chain is only checked together with the name. */
#define VERIFIES_AT_ONCE 30400

/* Given an authority the library checks the chain, told to verify the host's
 * name as well; without an authority of ours it does either only then. */
static void set_tls(MYSQL *handle, enum tls tls,
                    const struct cc_connector *connector)
{
    const my_bool use = tls != TLS_DISABLE;
    const my_bool verify = tls == TLS_VERIFY_FULL ||
                           (tls == TLS_VERIFY_CA &&
                            (!cc_connector_text(connector, CC_P_SSLROOTCERT) ||
                             mysql_get_client_version() >= VERIFIES_AT_ONCE));
    (void)mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &use);
    (void)mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
    if (tls < TLS_REQUIRE)
        (void)mysql_options(handle, MARIADB_OPT_RESTRICTED_AUTH,
                            HASHING_PLUGINS);
}

#else

static void set_tls(MYSQL *handle, enum tls tls,
                    const struct cc_connector *connector)
{
    static const unsigned modes[] = {SSL_MODE_DISABLED, SSL_MODE_PREFERRED,
                                     SSL_MODE_REQUIRED, SSL_MODE_VERIFY_CA,
                                     SSL_MODE_VERIFY_IDENTITY};
    const bool fetch_key = tls < TLS_REQUIRE;
    const bool clear_text = tls >= TLS_REQUIRE;
    unsigned seconds =
        (unsigned)cc_connector_integer(connector, CC_P_QUERY_TIMEOUT);
    (void)mysql_options(handle, MYSQL_OPT_SSL_MODE, &modes[tls]);
    (void)mysql_options(handle, MYSQL_OPT_GET_SERVER_PUBLIC_KEY, &fetch_key);
    (void)mysql_options(handle, MYSQL_ENABLE_CLEARTEXT_PLUGIN, &clear_text);
    if (seconds > 0)
        (void)mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &seconds);
}

#endif

static void set_tls_files(MYSQL *handle, enum tls tls,
                          const struct cc_connector *connector)
{
    if (tls == TLS_DISABLE) /* a certificate would turn it on */
        return;
    if (tls >= TLS_VERIFY_CA)
        set_file(handle, MYSQL_OPT_SSL_CA, connector, CC_P_SSLROOTCERT);
    set_file(handle, MYSQL_OPT_SSL_CERT, connector, CC_P_SSLCERT);
    set_file(handle, MYSQL_OPT_SSL_KEY, connector, CC_P_SSLKEY);
}

static void set_options(MYSQL *handle, const struct cc_connector *connector,
                        int64_t timeout_us)
{
    const unsigned no_files = 0;
    const unsigned protocol = MYSQL_PROTOCOL_TCP; /* for localhost as well */
    const unsigned long packet = MAX_PACKET;
    const cc_mysql_bool report = 0;
    const unsigned seconds = (unsigned)(timeout_us / 1000000);
    (void)mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no_files);
    (void)mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
    (void)mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet);
    (void)mysql_options(handle, MYSQL_REPORT_DATA_TRUNCATION, &report);
    (void)mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    (void)mysql_options4(handle, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
                         PROGRAM_NAME);
    if (seconds > 0)
        (void)mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    enum tls tls = tls_of(connector);
    set_tls(handle, tls, connector);
    set_tls_files(handle, tls, connector);
}

/* ---- what went wrong ---- */

struct failure
{
    unsigned code;
    enum cc_stage stage;
    const char *hint;
};

#define CHECK_ADDRESS                                                          \
    "Check \"server\" and \"port\", and that the server accepts connections "  \
    "from this machine."

static const struct failure failures[] = {
    {CR_UNKNOWN_HOST, CC_STAGE_RESOLVE, "Check \"server\"."},
    {CR_CONNECTION_ERROR, CC_STAGE_CONNECT, CHECK_ADDRESS},
    {CR_CONN_HOST_ERROR, CC_STAGE_CONNECT, CHECK_ADDRESS},
    {CR_SERVER_LOST, CC_STAGE_CONNECT, CHECK_ADDRESS},
    {CR_SERVER_HANDSHAKE_ERR, CC_STAGE_CONNECT,
     "Is that the port of a MySQL server?"},
    {CR_VERSION_ERROR, CC_STAGE_CONNECT, "Is that the port of a MySQL server?"},
    {CR_SSL_CONNECTION_ERROR, CC_STAGE_TLS,
     "See \"sslmode\" and \"sslrootcert\"."},
    {3159, CC_STAGE_TLS, "Set \"sslmode\" to \"require\"."},
    {ER_ACCESS_DENIED_ERROR, CC_STAGE_LOGIN,
     "Check \"username\" and \"password\"."},
    {1698, CC_STAGE_LOGIN, "Check \"username\" and \"password\"."},
    {ER_DBACCESS_DENIED_ERROR, CC_STAGE_LOGIN, "Check \"database\"."},
    {ER_BAD_DB_ERROR, CC_STAGE_LOGIN, "Check \"database\"."},
    {ER_CON_COUNT_ERROR, CC_STAGE_LOGIN,
     "The server has no connection left; try again later."},
    {ER_HOST_NOT_PRIVILEGED, CC_STAGE_LOGIN,
     "The server lets nobody in from this machine."},
    {ER_HOST_IS_BLOCKED, CC_STAGE_LOGIN,
     "The server's administrator has to run FLUSH HOSTS."},
};

static const struct failure *failure_of(unsigned code)
{
    static const struct failure other = {
        0, CC_STAGE_LOGIN,
        "Check \"username\", \"password\" and \"database\". Passwords are "
        "sent readable (PAM, LDAP) only with \"sslmode\" \"require\" or more."};
    for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
    {
        if (failures[i].code == code)
            return &failures[i];
    }
    return &other;
}

static int no_tls(const struct cc_connector *connector, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_TLS, NULL,
                        "the server does not offer TLS, which sslmode %s asks "
                        "for; nothing was sent to it",
                        cc_connector_text(connector, CC_P_SSLMODE));
}

static int connect_failed(struct cc_mysql *mysql, struct cc_error *error)
{
    const struct cc_connector *connector = mysql->base.connector;
    if (mysql->plain)
        return no_tls(connector, error);
    if (mysql->waited == CC_WAIT_TIMEOUT)
        return cc_error_set(
            error, CC_STAGE_TIMEOUT, NULL,
            "%s port %s did not let us in within %s s (connect_timeout)\n%s",
            cc_connector_text(connector, CC_P_SERVER),
            cc_connector_text(connector, CC_P_PORT),
            cc_connector_text(connector, CC_P_CONNECT_TIMEOUT), CHECK_ADDRESS);
    unsigned code = mysql_errno(mysql->handle);
    const struct failure *failure = failure_of(code);
    char text[CC_ERROR_CODE_SIZE];
    snprintf(text, sizeof text, "%u", code);
    return cc_error_set(error, failure->stage, text, "%s\n%s",
                        mysql_error(mysql->handle), failure->hint);
}

/* ---- connecting ---- */

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void init_library(void)
{
    (void)mysql_library_init(0, NULL, NULL);
}

static int connect_within(struct cc_mysql *mysql, int64_t timeout_us,
                          struct cc_error *error)
{
    const struct cc_connector *connector = mysql->base.connector;
    const char *password = cc_connector_text(connector, CC_P_PASSWORD);
    const struct cc_mysql_login login = {
        .host = cc_connector_text(connector, CC_P_SERVER),
        .port = (unsigned)cc_connector_integer(connector, CC_P_PORT),
        .user = cc_connector_text(connector, CC_P_USERNAME),
        .password = password ? password : "",
        .database = cc_connector_text(connector, CC_P_DATABASE),
        .require_tls = tls_of(connector) >= TLS_REQUIRE,
    };
    pthread_once(&library_once, init_library);
    mysql->socket = -1;
    mysql->handle = cc_mysql_call_init();
    if (!mysql->handle)
        return cc_error_memory(error);
    set_options(mysql->handle, connector, timeout_us);
    cc_wait_start(&mysql->wait, timeout_us);
    int64_t begin = cc_now_us();
    if (!cc_mysql_call_connect(mysql, &login))
    {
        /* in the TLS handshake the library waits itself */
        if (timeout_us > 0 && cc_now_us() - begin >= timeout_us)
            mysql->waited = CC_WAIT_TIMEOUT;
        return connect_failed(mysql, error);
    }
    if (mysql->socket < 0)
        return cc_error_set(error, CC_STAGE_CONNECT, NULL,
                            "too many files are open in this program");
    if (login.require_tls && !mysql_get_ssl_cipher(mysql->handle))
        return no_tls(connector, error);
    return 0;
}

/* ---- the session ---- */

/* "encoding" is the character set in which the server is to send data. It has
 * it only by the name of its own set, which is not always what the PostgreSQL
 * encoding of that name is. What it has no set for comes as it is stored. */
static void choose_charset(struct cc_mysql *mysql)
{
    static const struct
    {
        const char *charset;
        const char *iconv;
    } sets[] = {
        {"latin1", "CP1252"},     {"latin2", "ISO-8859-2"},
        {"latin5", "ISO-8859-9"}, {"latin7", "ISO-8859-13"},
        {"greek", "ISO-8859-7"},  {"hebrew", "ISO-8859-8"},
        {"tis620", "TIS-620"},    {"euckr", "EUC-KR"},
        {"gb2312", "EUC-CN"},
    };
    const struct cc_connector *connector = mysql->base.connector;
    const struct cc_encoding *encoding =
        connector->encoding ? cc_encoding_find(connector->encoding) : NULL;
    mysql->charset = "utf8mb4";
    mysql->data_charset = encoding ? encoding->mysql : mysql->charset;
    mysql->data_iconv = connector->iconv_name;
    if (!mysql->data_charset || strcmp(mysql->data_charset, "binary") == 0)
        mysql->data_charset = "NULL";
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
    {
        if (strcmp(sets[i].charset, mysql->data_charset) == 0)
            mysql->data_iconv = sets[i].iconv;
    }
}

/* Instants come in UTC. The server is not to give up on a slow reader. */
static int set_session(struct cc_mysql *mysql, struct cc_error *error)
{
    static const char settings[] =
        "SET time_zone = '+00:00', net_read_timeout = 31536000, "
        "net_write_timeout = 31536000";
    CC_TRY(cc_mysql_run(mysql, settings, error));
    struct cc_error refused = CC_ERROR_INIT;
    if (cc_mysql_run(mysql, "SET SESSION TRANSACTION READ ONLY", &refused) != 0)
        cc_debug(mysql->base.host, "no read-only transactions: %s",
                 refused.message);
    return 0;
}

static void note_server(struct cc_mysql *mysql)
{
    const char *info = mysql_get_server_info(mysql->handle);
    mysql->mariadb = strstr(info, "MariaDB") != NULL;
    mysql->version = mysql_get_server_version(mysql->handle);
    mysql->thread_id = mysql_thread_id(mysql->handle);
    snprintf(mysql->base.server_version, sizeof mysql->base.server_version,
             "%s %.*s", mysql->mariadb ? "MariaDB" : "MySQL",
             (int)strcspn(info, "-"), info);
}

int cc_mysql_open(const struct cc_connector *connector,
                  const struct cc_host *host, struct cc_connection **connection,
                  struct cc_error *error)
{
    struct cc_mysql *mysql = calloc(1, sizeof *mysql);
    if (!mysql)
        return cc_error_memory(error);
    mysql->base.provider = &cc_provider_mysql;
    mysql->base.connector = connector;
    mysql->base.host = host;
    mysql->select_limit = -1;
    atomic_init(&mysql->wait.cancelled, false);
    int64_t seconds = cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT);
    int status = connect_within(mysql, seconds * 1000000, error);
    if (status == 0)
    {
        note_server(mysql);
        choose_charset(mysql);
        status = set_session(mysql, error);
    }
    if (status == 0)
        *connection = &mysql->base;
    else
        cc_mysql_close(&mysql->base);
    return status;
}

void cc_mysql_close(struct cc_connection *connection)
{
    struct cc_mysql *mysql = (struct cc_mysql *)connection;
    if (!mysql)
        return;
    cc_mysql_call_close(mysql);
    free(mysql);
}

/* The connection and not the query alone: that would not end a write that
 * waits for its reader. */
void cc_mysql_kill(const struct cc_mysql *mysql)
{
    if (mysql->thread_id == 0) /* not logged in: nothing runs */
        return;
    struct cc_mysql other = {.base = mysql->base};
    atomic_init(&other.wait.cancelled, false);
    char sql[64];
    snprintf(sql, sizeof sql, "KILL %lu", mysql->thread_id);
    if (connect_within(&other, KILL_US, NULL) == 0)
        (void)cc_mysql_call_query(&other, sql);
    cc_mysql_call_close(&other);
}
