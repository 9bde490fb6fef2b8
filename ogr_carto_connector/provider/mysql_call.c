/* SPDX-License-Identifier: MIT */
/*
 * libmariadb has a non-blocking form of every call: it stops where it would
 * wait and says for what. libmysqlclient has none for prepared statements;
 * there a wait ends with the library's own timeouts, or when the socket is
 * shut down, and a fetch is never suspended.
 */
#include "mysql_internal.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Closed later, the socket is to be reset: a server that is about to send
 * would wait for the window of an orderly end to open. */
void cc_mysql_shut(const struct cc_mysql *mysql)
{
    const struct linger reset = {1, 0};
    if (mysql->socket < 0)
        return;
    (void)setsockopt(mysql->socket, SOL_SOCKET, SO_LINGER, &reset,
                     sizeof reset);
    (void)shutdown(mysql->socket, SHUT_RDWR);
}

/* The library closes its descriptor as soon as it finds the connection dead,
 * and the number may then be another connection's. Ours stays. */
static int own_socket(int socket)
{
    return fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

void cc_mysql_call_close(struct cc_mysql *mysql)
{
    if (mysql->broken)
        cc_mysql_shut(mysql);
    if (mysql->handle)
        mysql_close(mysql->handle);
    ERR_clear_error();
    if (mysql->socket >= 0)
        (void)close(mysql->socket);
    mysql->handle = NULL;
    mysql->socket = -1;
}

/* A suspended fetch is not gone on with: the library may not expect that of
 * another thread. Its stack goes with the connection. */
void cc_mysql_call_abandon(struct cc_mysql *mysql,
                           struct cc_mysql_result *result)
{
    mysql->broken = true;
    cc_mysql_shut(mysql);
    result->suspended = 0;
}

#if CC_MYSQL_MARIADB

/* TLS handshakes and name resolution run on this stack. */
#define STACK_SIZE ((size_t)512 * 1024)

MYSQL *cc_mysql_call_init(void)
{
    size_t size = STACK_SIZE;
    MYSQL *handle = mysql_init(NULL);
    if (!handle || mysql_options(handle, MYSQL_OPT_NONBLOCK, &size) == 0)
        return handle;
    mysql_close(handle);
    return NULL;
}

/* ---- waiting ---- */

static short events_of(int wanted)
{
    return (short)((wanted & MYSQL_WAIT_READ ? POLLIN : 0) |
                   (wanted & MYSQL_WAIT_WRITE ? POLLOUT : 0) |
                   (wanted & MYSQL_WAIT_EXCEPT ? POLLPRI : 0));
}

/* An error or the end of the socket is for the library to find. */
static int occurred(int wanted, short ready)
{
    int failed = ready & (POLLERR | POLLHUP | POLLNVAL);
    int none = MYSQL_WAIT_READ | MYSQL_WAIT_WRITE | MYSQL_WAIT_EXCEPT;
    if (failed)
        return wanted & none;
    return (ready & POLLIN ? MYSQL_WAIT_READ : 0) |
           (ready & POLLOUT ? MYSQL_WAIT_WRITE : 0) |
           (ready & POLLPRI ? MYSQL_WAIT_EXCEPT : 0);
}

/* Waits; 0 when the patience was over, else what to tell the library. After a
 * timeout the server is told to stop, too. */
static int await(struct cc_mysql *mysql, int wanted, int64_t patience_us)
{
    short ready;
    mysql->waited = cc_wait_socket(&mysql->wait, mysql->socket,
                                   events_of(wanted), patience_us, &ready);
    if (mysql->waited == CC_WAIT_READY)
        return occurred(wanted, ready);
    if (mysql->waited == CC_WAIT_EXPIRED)
        return 0;
    mysql->broken = true;
    cc_mysql_shut(mysql);
    if (mysql->waited == CC_WAIT_TIMEOUT)
        cc_mysql_kill(mysql);
    return MYSQL_WAIT_TIMEOUT;
}

/* The library's blocking calls leave the socket blocking, and through TLS it
 * then waits in the middle of a non-blocking one.
 *
 * SSL_get_error(3) wants the thread's queue of errors to be empty before the
 * call it is asked about. libmariadb does not see to that, and takes whatever
 * another connection or another user of OpenSSL has left there for the end of
 * this connection as soon as it would have to wait. */
void cc_mysql_call_begin(struct cc_mysql *mysql)
{
    int flags = fcntl(mysql->socket, F_GETFL);
    ERR_clear_error();
    if (flags >= 0 && !(flags & O_NONBLOCK))
        (void)fcntl(mysql->socket, F_SETFL, flags | O_NONBLOCK);
    mysql->waited = CC_WAIT_READY;
}

/* Calls `start`, and `go_on` whenever what it waits for has come. */
#define CALL(mysql, start, go_on)                                              \
    do                                                                         \
    {                                                                          \
        cc_mysql_call_begin(mysql);                                            \
        for (int wanted = (start); wanted != 0;)                               \
        {                                                                      \
            int events = await(mysql, wanted, -1);                             \
            wanted = (go_on);                                                  \
        }                                                                      \
    } while (0)

/* ---- connecting ---- */

/* The server's first packet ("Protocol::HandshakeV10"): 3 bytes length, a
 * sequence number, the protocol's version, the server's name, a NUL, 4 bytes
 * thread id, 8 bytes of a scramble, a NUL, the low half of the capabilities. */
#define GREETING_HEADER 4
#define GREETING_VERSION 10
#define GREETING_TO_FLAGS 13
#define GREETING_MAX 256
#define CAPABILITY_TLS 0x0800

/* Whether a greeting offers TLS: 1, or 0, or -1 when more of it has to come.
 * What is no greeting, an error above all, is for the library to read. */
static int offers_tls(const uint8_t *greeting, size_t size)
{
    if (size <= GREETING_HEADER)
        return -1;
    if (greeting[GREETING_HEADER] != GREETING_VERSION)
        return 1;
    const uint8_t *name = greeting + GREETING_HEADER + 1;
    size_t left = size - GREETING_HEADER - 1;
    const uint8_t *end = memchr(name, 0, left);
    if (!end || left - (size_t)(end - name) < 1 + GREETING_TO_FLAGS + 2)
        return size < GREETING_MAX ? -1 : 0;
    const uint8_t *flags = end + 1 + GREETING_TO_FLAGS;
    return (flags[0] | flags[1] << 8) & CAPABILITY_TLS ? 1 : 0;
}

/* Looks at the greeting without taking it. The library would answer a server
 * that has no TLS in clear text, whatever it was told. */
static bool greeting_offers_tls(struct cc_mysql *mysql)
{
    uint8_t greeting[GREETING_MAX];
    const struct timespec pause = {0, 5000000};
    short ready;
    while (cc_wait_socket(&mysql->wait, mysql->socket, POLLIN, -1, &ready) ==
           CC_WAIT_READY)
    {
        ssize_t size = recv(mysql->socket, greeting, sizeof greeting,
                            MSG_PEEK | MSG_DONTWAIT);
        if (size <= 0)
            return true; /* the library finds out why */
        int offers = offers_tls(greeting, (size_t)size);
        if (offers >= 0)
            return offers > 0;
        nanosleep(&pause, NULL);
        mysql->wait.waited_us += pause.tv_nsec / 1000;
    }
    return true;
}

/* Every attempt begins with a wait for the socket to be writable. */
static int await_connect(struct cc_mysql *mysql, int wanted, bool *checked)
{
    mysql->socket = mysql_get_socket(mysql->handle);
    int events = await(mysql, wanted, -1);
    short ready;
    bool connected = events == MYSQL_WAIT_WRITE && !*checked &&
                     cc_wait_socket(&mysql->wait, mysql->socket, POLLOUT, 0,
                                    &ready) == CC_WAIT_READY &&
                     !(ready & (POLLERR | POLLHUP));
    if (!connected)
        return events;
    *checked = true;
    if (greeting_offers_tls(mysql))
        return events;
    mysql->plain = true;
    cc_mysql_shut(mysql);
    return MYSQL_WAIT_TIMEOUT;
}

bool cc_mysql_call_connect(struct cc_mysql *mysql,
                           const struct cc_mysql_login *login)
{
    MYSQL *connected = NULL;
    bool checked = !login->require_tls;
    mysql->waited = CC_WAIT_READY;
    int wanted = mysql_real_connect_start(
        &connected, mysql->handle, login->host, login->user, login->password,
        login->database, login->port, NULL, 0);
    while (wanted != 0)
    {
        int events = await_connect(mysql, wanted, &checked);
        wanted = mysql_real_connect_cont(&connected, mysql->handle, events);
    }
    if (connected && !checked)
        mysql->plain = true;
    mysql->socket =
        connected ? own_socket(mysql_get_socket(mysql->handle)) : -1;
    return connected && checked;
}

/* ---- statements ---- */

int cc_mysql_call_query(struct cc_mysql *mysql, const char *sql)
{
    int status = 0;
    CALL(mysql,
         mysql_real_query_start(&status, mysql->handle, sql, strlen(sql)),
         mysql_real_query_cont(&status, mysql->handle, events));
    return status;
}

MYSQL_RES *cc_mysql_call_store(struct cc_mysql *mysql)
{
    MYSQL_RES *result = NULL;
    CALL(mysql, mysql_store_result_start(&result, mysql->handle),
         mysql_store_result_cont(&result, mysql->handle, events));
    return result;
}

int cc_mysql_call_prepare(struct cc_mysql *mysql, MYSQL_STMT *statement,
                          const char *sql)
{
    int status = 0;
    CALL(mysql, mysql_stmt_prepare_start(&status, statement, sql, strlen(sql)),
         mysql_stmt_prepare_cont(&status, statement, events));
    return status;
}

int cc_mysql_call_execute(struct cc_mysql *mysql, MYSQL_STMT *statement)
{
    int status = 0;
    CALL(mysql, mysql_stmt_execute_start(&status, statement),
         mysql_stmt_execute_cont(&status, statement, events));
    return status;
}

/* ---- rows ---- */

static int fetch_start(struct cc_mysql_result *result)
{
    return result->statement
               ? mysql_stmt_fetch_start(&result->status, result->statement)
               : mysql_fetch_row_start(&result->row, result->rows);
}

static int fetch_go_on(struct cc_mysql_result *result, int events)
{
    return result->statement
               ? mysql_stmt_fetch_cont(&result->status, result->statement,
                                       events)
               : mysql_fetch_row_cont(&result->row, result->rows, events);
}

bool cc_mysql_call_fetch(struct cc_mysql *mysql, struct cc_mysql_result *result,
                         int64_t patience_us)
{
    int wanted = result->suspended ? result->suspended : fetch_start(result);
    while (wanted != 0)
    {
        int events = await(mysql, wanted, patience_us);
        if (events == 0)
            break;
        wanted = fetch_go_on(result, events);
    }
    result->suspended = wanted;
    return wanted == 0;
}

#else

MYSQL *cc_mysql_call_init(void)
{
    return mysql_init(NULL);
}

/* It empties OpenSSL's queue of errors itself, and waits blocking. */
void cc_mysql_call_begin(struct cc_mysql *mysql)
{
    mysql->waited = CC_WAIT_READY;
}

/* How long a wait for whatever the library waits for takes at the most: it
 * does not say whether that is to read or to write. */
#define CONNECT_SLICE_US 10000

/* false: the time is over. */
static bool await_connect(struct cc_mysql *mysql)
{
    const struct timespec pause = {0, CONNECT_SLICE_US * 1000};
    short ready;
    mysql->socket = (int)mysql->handle->net.fd;
    mysql->waited = cc_wait_socket(&mysql->wait, mysql->socket, POLLIN,
                                   CONNECT_SLICE_US, &ready);
    if (mysql->waited == CC_WAIT_FAILED) /* there is no socket yet */
    {
        nanosleep(&pause, NULL);
        mysql->wait.waited_us += CONNECT_SLICE_US;
    }
    return mysql->waited != CC_WAIT_TIMEOUT;
}

static bool connect_now(struct cc_mysql *mysql,
                        const struct cc_mysql_login *login)
{
    MYSQL *connected = mysql_real_connect(
        mysql->handle, login->host, login->user, login->password,
        login->database, login->port, NULL, 0);
    mysql->socket = connected ? own_socket((int)mysql->handle->net.fd) : -1;
    return connected != NULL;
}

/* MYSQL_OPT_SSL_MODE sees to TLS. A connection made step by step has no
 * MYSQL_OPT_READ_TIMEOUT, which is all there is to end a query's wait. */
bool cc_mysql_call_connect(struct cc_mysql *mysql,
                           const struct cc_mysql_login *login)
{
    if (cc_connector_integer(mysql->base.connector, CC_P_QUERY_TIMEOUT) > 0)
        return connect_now(mysql, login);
    enum net_async_status status;
    while ((status = mysql_real_connect_nonblocking(
                mysql->handle, login->host, login->user, login->password,
                login->database, login->port, NULL, 0)) == NET_ASYNC_NOT_READY)
    {
        if (!await_connect(mysql))
        {
            mysql->socket = -1;
            return false;
        }
    }
    bool complete = status == NET_ASYNC_COMPLETE;
    mysql->waited = CC_WAIT_READY;
    mysql->socket = complete ? own_socket((int)mysql->handle->net.fd) : -1;
    return complete;
}

/* Whether a call failed because the library's own timeout ended its wait. */
static int called(struct cc_mysql *mysql, int64_t begin_us, int status)
{
    bool over = mysql->wait.timeout_us > 0 &&
                cc_now_us() - begin_us >= mysql->wait.timeout_us;
    mysql->waited = CC_WAIT_READY;
    if (status == 0 || !over || atomic_load(&mysql->wait.cancelled))
        return status;
    mysql->waited = CC_WAIT_TIMEOUT;
    mysql->broken = true;
    cc_mysql_kill(mysql);
    return status;
}

int cc_mysql_call_query(struct cc_mysql *mysql, const char *sql)
{
    int64_t begin = cc_now_us();
    return called(mysql, begin,
                  mysql_real_query(mysql->handle, sql, strlen(sql)));
}

MYSQL_RES *cc_mysql_call_store(struct cc_mysql *mysql)
{
    int64_t begin = cc_now_us();
    MYSQL_RES *rows = mysql_store_result(mysql->handle);
    (void)called(mysql, begin, rows ? 0 : 1);
    return rows;
}

int cc_mysql_call_prepare(struct cc_mysql *mysql, MYSQL_STMT *statement,
                          const char *sql)
{
    int64_t begin = cc_now_us();
    return called(mysql, begin,
                  mysql_stmt_prepare(statement, sql, strlen(sql)));
}

int cc_mysql_call_execute(struct cc_mysql *mysql, MYSQL_STMT *statement)
{
    int64_t begin = cc_now_us();
    return called(mysql, begin, mysql_stmt_execute(statement));
}

bool cc_mysql_call_fetch(struct cc_mysql *mysql, struct cc_mysql_result *result,
                         int64_t patience_us)
{
    (void)patience_us;
    int64_t begin = cc_now_us();
    if (result->statement)
        result->status = mysql_stmt_fetch(result->statement);
    else
        result->row = mysql_fetch_row(result->rows);
    (void)called(mysql, begin,
                 result->statement
                     ? result->status == 1
                     : !result->row && mysql_errno(mysql->handle));
    return true;
}

#endif
