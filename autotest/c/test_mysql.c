/* SPDX-License-Identifier: MIT */
/*
 * Tests against real servers, MariaDB and Oracle's MySQL, named by the
 * environment variables CARTOCONN_TEST_MYSQL and CARTOCONN_TEST_MYSQL9
 * ("host=... port=... dbname=... user=... password=..."). The user has to be
 * allowed to create databases and accounts. What is made is dropped.
 */
#include "provider/mysql_internal.h"

#include "provider_case.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#undef MYSQL /* connector_case.h's connector; here the library's type */

#define SCHEMA "cartoconn test"

static struct target target;
static MYSQL *admin;
static bool mariadb;

static void run(const char *sql)
{
    if (mysql_query(admin, sql) != 0)
        fail_msg("%s: %s", sql, mysql_error(admin));
    mysql_free_result(mysql_store_result(admin));
}

static struct session mysql_session(void)
{
    struct session session;
    session_open(&session, target);
    return session;
}

static struct session session_with(const char *option, const char *value)
{
    struct target to = target;
    struct session session;
    target_set(&to, option, value);
    session_open(&session, to);
    return session;
}

static double seconds_now(void)
{
    return (double)cc_now_us() / 1e6;
}

/* ---- connecting ---- */

static void test_open(void **state)
{
    (void)state;
    struct session session = mysql_session();
    assert_non_null(strstr(session.connection->server_version,
                           mariadb ? "MariaDB 1" : "MySQL "));
    assert_true(session.provider->usable(session.connection));
    assert_query(&session,
                 "SELECT @@time_zone, @@net_write_timeout, "
                 "@@character_set_client, @@local_infile IS NOT NULL",
                 "+00:00|31536000|utf8mb4|1\n");
    session_close(&session);
    session.provider->close(NULL);
}

/* The code where the libraries agree on it. */
static void check_refused(struct target to, enum cc_stage stage,
                          const char *code, const char *words)
{
    struct session session;
    assert_int_equal(session_try(&session, to), -1);
    if (session.error.stage != stage || !strstr(session.error.message, words))
        fail_msg("%s: %s", cc_stage_name(session.error.stage),
                 session.error.message);
    if (code)
        assert_string_equal(session.error.code, code);
    const char *password = case_find(to.pairs, "PASSWORD");
    assert_null(strstr(session.error.message, password));
    session_close(&session);
}

static void test_login_refused(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "PASSWORD", "not-the-password");
    check_refused(to, CC_STAGE_LOGIN, "1045", "Check \"username\"");
    to = target;
    target_set(&to, "DATABASE", "no such database");
    check_refused(to, CC_STAGE_LOGIN, "1049", "Check \"database\"");
}

static void test_unreachable(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "PORT", "1");
    check_refused(to, CC_STAGE_CONNECT, NULL, "Check \"server\"");
    target_set(&to, "SERVER", "no-such-host.invalid");
    check_refused(to, CC_STAGE_RESOLVE, "2005", "no-such-host.invalid");
}

/* A server that says `greeting`, in two parts, and then listens. */
struct fake
{
    int fd;
    char port[16];
    const uint8_t *greeting;
    size_t size;
    ssize_t received;
    pthread_t thread;
};

static void *fake_run(void *argument)
{
    struct fake *fake = argument;
    int client;
    while ((client = accept(fake->fd, NULL, NULL)) >= 0)
    {
        uint8_t said[256];
        const struct timespec pause = {0, 30000000};
        size_t half = fake->size / 2;
        (void)!write(client, fake->greeting, half);
        nanosleep(&pause, NULL);
        (void)!write(client, fake->greeting + half, fake->size - half);
        ssize_t size;
        while ((size = read(client, said, sizeof said)) > 0)
            fake->received += size;
        close(client);
    }
    return NULL;
}

static struct target fake_start(struct fake *fake, const uint8_t *greeting,
                                size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *fake = (struct fake){.greeting = greeting, .size = size};
    fake->fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fake->fd, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(fake->fd, 4), 0);
    assert_int_equal(
        getsockname(fake->fd, (struct sockaddr *)&address, &length), 0);
    snprintf(fake->port, sizeof fake->port, "%u",
             (unsigned)ntohs(address.sin_port));
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
    struct target to = target;
    target_set(&to, "SERVER", "127.0.0.1");
    target_set(&to, "PORT", fake->port);
    target_set(&to, "CONNECT_TIMEOUT", "1");
    return to;
}

static void fake_stop(struct fake *fake)
{
    shutdown(fake->fd, SHUT_RDWR);
    close(fake->fd);
    pthread_join(fake->thread, NULL);
}

/* Protocol::HandshakeV10 of a server without and with TLS */
#define GREETING(flags)                                                        \
    "\x49\0\0\0\x0A"                                                           \
    "8.0.1\0\1\0\0\0abcdefgh\0\x0F" flags                                      \
    "\x2D\2\0\x08\0\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0"                     \
    "mysql_native_password"

/* The password's hash does not leave, whatever the server says of itself. */
static void test_server_without_tls(void **state)
{
    (void)state;
    static const char *const modes[] = {"require", "verify-ca", "verify-full"};
    static const char greeting[] = GREETING("\xA2");
    struct fake fake;
    struct target to =
        fake_start(&fake, (const uint8_t *)greeting, sizeof greeting);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
    {
        target_set(&to, "SSLMODE", modes[i]);
        check_refused(to, CC_STAGE_TLS, NULL, "sslmode");
    }
    fake_stop(&fake);
    assert_int_equal(fake.received, 0);
}

static void check_timeout(struct target to)
{
    double before = seconds_now();
    check_refused(to, CC_STAGE_TIMEOUT, "", "connect_timeout");
    assert_true(seconds_now() - before < 2.5);
}

static void test_connect_timeout(void **state)
{
    (void)state;
    static const char greeting[] = GREETING("\xAA");
    struct fake fake;
    check_timeout(fake_start(&fake, NULL, 0));
    fake_stop(&fake);
    /* in the middle of its greeting, and of the TLS handshake */
    check_timeout(fake_start(&fake, (const uint8_t *)greeting, 20));
    fake_stop(&fake);
    struct target to =
        fake_start(&fake, (const uint8_t *)greeting, sizeof greeting);
    target_set(&to, "SSLMODE", "require");
    check_timeout(to);
    fake_stop(&fake);
}

/* ---- statements ---- */

static void test_statements(void **state)
{
    (void)state;
    struct session session = mysql_session();
    assert_query(&session, "SELECT 1, 'x' -- the end", "1|x\n");
    assert_query(&session, "SELECT 1 FROM dual WHERE 1 = 0", "");
    assert_query(&session, "WITH a AS (SELECT 2 AS b) SELECT b FROM a;", "2\n");
    assert_query(&session, "(SELECT 1) UNION ALL (SELECT 2)", "1\n2\n");
    assert_query(&session, "SHOW VARIABLES LIKE 'time_zone'",
                 "time_zone|+00:00\n");
    assert_query_fails(&session, "SELECT 1 +", CC_STAGE_QUERY, "1064",
                       "syntax");
    assert_query_fails(&session, "SELECT nothing", CC_STAGE_QUERY, "1054",
                       "nothing");
    assert_query_fails(&session, "SELECT 1; SELECT 2", CC_STAGE_QUERY, "1064",
                       "syntax");
    assert_query_fails(&session, "SELECT ? + 1", CC_STAGE_QUERY, "",
                       "1 parameter markers");
    assert_query_fails(&session, "SET @a = 1", CC_STAGE_QUERY, "",
                       "returns no rows");
    assert_query_fails(&session, "SELECT * FROM t", CC_STAGE_QUERY, "1146",
                       "t");
    assert_query(&session, "SELECT 3", "3\n");
    session_close(&session);
}

static void test_writes_are_refused(void **state)
{
    (void)state;
    run("CREATE TABLE kept (a int)");
    run("CREATE FUNCTION sneak() RETURNS int DETERMINISTIC MODIFIES SQL DATA "
        "BEGIN "
        "DELETE FROM kept; RETURN 1; END");
    run("INSERT INTO kept VALUES (1)");
    struct session session = mysql_session();
    assert_query_fails(&session, "SELECT `" SCHEMA "`.sneak()", CC_STAGE_QUERY,
                       "1792", "cannot be imported");
    assert_query_fails(&session, "DELETE FROM `" SCHEMA "`.kept",
                       CC_STAGE_QUERY, "1792", "cannot be imported");
    assert_query(&session, "SELECT a FROM `" SCHEMA "`.kept", "1\n");
    session_close(&session);
    run("DROP FUNCTION sneak");
    run("DROP TABLE kept");
}

/* A procedure's result comes as text, and only when it runs. */
static void test_procedure(void **state)
{
    (void)state;
    run("CREATE PROCEDURE two(n int) BEGIN SELECT n AS a, 1.5 AS b, "
        "NULL AS c, x'00ff' AS d; SELECT 'more'; END");
    struct session session = mysql_session();
    struct read_case read = {.source = {.query = "CALL `" SCHEMA "`.two(7)"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_int_equal(read.schema.count, 4);
    session.provider->close(session.connection);
    session.connection = NULL;
    assert_ok(&session,
              session.provider->open(session.connector, NULL,
                                     &session.connection, &session.error));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_string_equal(cc_strbuf_text(&read.text), "7|1.5|NULL|00ff\n");
    read_free(&session, &read);
    session_close(&session);
    run("DROP PROCEDURE two");
}

/* ---- values ---- */

#define VALUES                                                                 \
    "CAST(-5 AS SIGNED), CAST(18446744073709551615 AS UNSIGNED), "             \
    "CAST('-0.50' AS DECIMAL(5,2)), 1e300, DATE '2024-02-29', "                \
    "TIMESTAMP '2024-02-29 23:59:59.25', TIME '-00:00:01', x'00ff', "          \
    "'\u00E9', "                                                               \
    "ST_GeomFromText('POINT(1 2)')"
#define EXPECTED                                                               \
    "-5|NULL|-0.5|1.0000000000000001e+300|2024-02-29|"                         \
    "2024-02-29 23:59:59.250000|NULL|00ff|\u00E9|"                             \
    "0101000000000000000000f03f0000000000000040\n"

/* Both protocols give the same. */
static void test_values(void **state)
{
    (void)state;
    run("CREATE PROCEDURE as_text() SELECT " VALUES);
    struct session session = mysql_session();
    assert_query(&session, "SELECT " VALUES, EXPECTED);
    struct read_case read = {.source = {.query = "SELECT " VALUES}};
    assert_ok(&session, read_describe(&session, &read));
    read.source.query = "CALL `" SCHEMA "`.as_text()";
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_string_equal(cc_strbuf_text(&read.text), EXPECTED);
    read_free(&session, &read);
    session_close(&session);
    run("DROP PROCEDURE as_text");
}

static void test_lossless(void **state)
{
    (void)state;
    struct session session = session_with("LOSSLESS", "YES");
    assert_query(&session,
                 "SELECT CAST(18446744073709551615 AS UNSIGNED), "
                 "CAST('1.50' AS DECIMAL(30,2)), TIME '838:59:59', "
                 "TIMESTAMP '2024-02-29 23:59:59.250', DATE '2024-02-29'",
                 "18446744073709551615|1.50|838:59:59|"
                 "2024-02-29 23:59:59.250|2024-02-29\n");
    session_close(&session);
}

/* Whether the library knows the type or not, beside one whose text is short. */
static void test_vector(void **state)
{
    (void)state;
    if (mariadb)
        skip();
    struct session session = mysql_session();
    assert_query(&session,
                 "SELECT 1, STRING_TO_VECTOR('[1.5, -2, 0.1]') AS v, NULL, "
                 "CAST(1.23456789 AS FLOAT)",
                 "1|[1.5,-2,0.1]|NULL|1.23456788\n");
    struct read_case read = {
        .source = {.query = "SELECT STRING_TO_VECTOR(CONCAT('[', "
                            "REPEAT('1,', 1199), '2]')) AS v"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_int_equal(strspn(read.text.data, "[1,"), 2399);
    assert_string_equal(read.text.data + 2399, "2]\n");
    read_free(&session, &read);
    session_close(&session);
}

static void test_long_values(void **state)
{
    (void)state;
    struct session session = mysql_session();
    struct read_case read = {
        .source = {.query = "SELECT REPEAT('x', 5000000), REPEAT('ab', 2048), "
                            "REPEAT('ab', 2049)"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_int_equal(read.text.length, 5000000 + 4096 + 4098 + 3);
    assert_int_equal(strspn(read.text.data, "x"), 5000000);
    assert_int_equal(strspn(read.text.data + 5000001, "ab"), 4096);
    assert_int_equal(strspn(read.text.data + 5004098, "ab"), 4098);
    read_free(&session, &read);
    session_close(&session);
}

/* What the character set has comes through; names are always UTF-8. */
static void test_encodings(void **state)
{
    (void)state;
    static const char *const names[] = {"LATIN1", "WIN1251",   "SJIS",
                                        "UTF8",   "SQL_ASCII", "EUC_KR"};
    static const char *const texts[] = {"\u20ACuro \u00FC", "\u0416\u0451",
                                        "\u65E5\u672C",     "\U0001F600",
                                        "\u00E9",           "\uD55C"};
    run("CREATE TABLE `\u00E9t` (`\u00FC` varchar(9) CHARACTER SET utf8mb4)");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        char sql[128];
        char expected[32];
        struct session session = session_with("ENCODING", names[i]);
        snprintf(sql, sizeof sql, "INSERT INTO `\u00E9t` VALUES ('%s')",
                 texts[i]);
        run(sql);
        snprintf(expected, sizeof expected, "%s\n", texts[i]);
        assert_query(&session, "SELECT `\u00FC` FROM `" SCHEMA "`.`\u00E9t`",
                     expected);
        struct read_case read = {
            .source = {.schema = SCHEMA, .table = "\u00E9t"}};
        assert_ok(&session, read_describe(&session, &read));
        assert_string_equal(read.schema.columns[0].name, "\u00FC");
        read_free(&session, &read);
        session_close(&session);
        run("DELETE FROM `\u00E9t`");
    }
    run("DROP TABLE `\u00E9t`");
}

/* ---- listing and describing ---- */

static void test_list(void **state)
{
    (void)state;
    run("CREATE TABLE b (a int)");
    run("CREATE VIEW a AS SELECT 1 AS c");
    run("CREATE TABLE `C d``e` (a int)");
    struct session session = session_with("SCHEMA", SCHEMA);
    struct cc_table_list list = {.tables = NULL};
    assert_ok(&session, session.provider->list_tables(session.connection, 3,
                                                      &list, &session.error));
    assert_int_equal(list.count, 3);
    assert_false(list.more);
    assert_string_equal(list.tables[0].name, "C d`e");
    assert_string_equal(list.tables[1].name, "a");
    assert_string_equal(list.tables[2].name, "b");
    assert_string_equal(list.tables[2].schema, SCHEMA);
    cc_table_list_free(&list);
    assert_ok(&session, session.provider->list_tables(session.connection, 2,
                                                      &list, &session.error));
    assert_int_equal(list.count, 2);
    assert_true(list.more);
    cc_table_list_free(&list);
    session_close(&session);
    run("DROP TABLE b, `C d``e`");
    run("DROP VIEW a");

    session = session_with("SCHEMA", "no such schema");
    assert_int_equal(session.provider->list_tables(session.connection, 2, &list,
                                                   &session.error),
                     -1);
    assert_non_null(strstr(session.error.message, "\"no such schema\""));
    session_close(&session);
}

static const struct cc_column *find_column(const struct cc_schema *schema,
                                           const char *name)
{
    for (size_t i = 0; i < schema->count; i++)
    {
        if (strcmp(schema->columns[i].name, name) == 0)
            return &schema->columns[i];
    }
    fail_msg("no column %s", name);
    return NULL;
}

static void test_table_columns(void **state)
{
    (void)state;
    run(mariadb
            ? "CREATE TABLE cols (id int PRIMARY KEY, n varchar(20) NOT NULL "
              "DEFAULT 'x' COMMENT 'What it''s called', j json, "
              "p point REF_SYSTEM_ID=3857, g geometry)"
            : "CREATE TABLE cols (id int PRIMARY KEY, n varchar(20) NOT NULL "
              "DEFAULT 'x' COMMENT 'What it''s called', j json, "
              "p point SRID 3857, g geometry)");
    struct session session = mysql_session();
    struct read_case read = {.source = {.schema = SCHEMA, .table = "cols"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_int_equal(read.schema.count, 5);
    assert_int_equal(read.schema.key, 0);
    const struct cc_column *n = find_column(&read.schema, "n");
    assert_true(n->not_null);
    assert_string_equal(n->native_type, "varchar(20)");
    assert_string_equal(n->comment, "What it's called");
    assert_int_equal(n->width, 20);
    assert_int_equal(find_column(&read.schema, "j")->kind, CC_KIND_JSON);
    const struct cc_column *p = find_column(&read.schema, "p");
    assert_int_equal(p->srid, 3857);
    assert_int_equal(p->wkb_type, 1);
    assert_int_equal(p->native_modifier,
                     mariadb ? 0
                             : CC_MYSQL_SRID_ENFORCED | CC_MYSQL_SRID_PLANAR);
    assert_int_equal(find_column(&read.schema, "g")->srid, CC_SRID_UNKNOWN);
    read_free(&session, &read);
    session_close(&session);
    run("DROP TABLE cols");
}

static void test_two_keys(void **state)
{
    (void)state;
    run("CREATE TABLE two_keys (a int, b int, PRIMARY KEY (a, b))");
    struct session session = mysql_session();
    struct read_case read = {.source = {.schema = SCHEMA, .table = "two_keys"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_true(read.schema.key == SIZE_MAX);
    read_free(&session, &read);
    session_close(&session);
    run("DROP TABLE two_keys");
}

static void test_altered_table(void **state)
{
    (void)state;
    run("CREATE TABLE altered (a int, b int)");
    struct session session = mysql_session();
    struct read_case read = {
        .source = {.query = "SELECT * FROM `" SCHEMA "`.altered"}};
    assert_ok(&session, read_describe(&session, &read));
    run("ALTER TABLE altered DROP b");
    assert_int_equal(read_start(&session, &read), -1);
    assert_non_null(strstr(session.error.message, "altered"));
    assert_true(session.provider->usable(session.connection));
    read_free(&session, &read);
    session_close(&session);
    run("DROP TABLE altered");
}

/* ---- ending a read ---- */

static void *cancel_later(void *argument)
{
    struct session *session = ((void **)argument)[0];
    struct read_case *read = ((void **)argument)[1];
    const struct timespec pause = {0, 300000000};
    nanosleep(&pause, NULL);
    session->provider->cancel(read->cursor);
    return NULL;
}

/* libmysqlclient cannot hand out a row while it waits for the next. */
static void test_cancel(void **state)
{
    (void)state;
    struct session session = mysql_session();
    pthread_t thread;
    /* the second row makes the server send the first */
    struct read_case read = {
        .source = {.query = "SELECT REPEAT('x', 20000) AS a UNION ALL SELECT "
                            "REPEAT('y', 20000) UNION ALL SELECT SLEEP(30)"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    if (CC_MYSQL_MARIADB)
    {
        assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
        assert_int_equal(read.rows, 1);
    }
    double before = seconds_now();
    void *both[] = {&session, &read};
    assert_int_equal(pthread_create(&thread, NULL, cancel_later, both), 0);
    assert_int_equal(read_batch(&session, &read), CC_FETCH_ERROR);
    assert_true(seconds_now() - before < 1.5);
    pthread_join(thread, NULL);
    assert_int_equal(session.error.stage, CC_STAGE_CANCELLED);
    assert_false(session.provider->usable(session.connection));
    read_free(&session, &read);
    assert_true(seconds_now() - before < 2.5);
    session_close(&session);
}

static void test_query_timeout(void **state)
{
    (void)state;
    struct session session = session_with("QUERY_TIMEOUT", "1");
    struct read_case read = {
        .source = {.query = "SELECT 1 AS a, SLEEP(30) AS b"}};
    assert_ok(&session, read_describe(&session, &read));
    double before = seconds_now();
    int status = read_start(&session, &read);
    if (status == 0)
        status = read_batch(&session, &read);
    assert_int_equal(status, -1);
    assert_true(seconds_now() - before < 2.5);
    assert_int_equal(session.error.stage, CC_STAGE_TIMEOUT);
    assert_non_null(strstr(session.error.message, "query_timeout"));
    assert_false(session.provider->usable(session.connection));
    read_free(&session, &read);
    session_close(&session);
}

static void test_select_limit(void **state)
{
    (void)state;
    struct session session = mysql_session();
    struct read_case read = {
        .source = {.query = "SELECT 1 AS a UNION ALL SELECT 2 UNION ALL "
                            "SELECT 3"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, session.provider->query(
                            session.connection, &read.select, 2, NULL,
                            &read.options, &read.cursor, &session.error));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_string_equal(cc_strbuf_text(&read.text), "1\n2\n");
    int64_t count;
    session.provider->close_cursor(read.cursor);
    read.cursor = NULL;
    assert_ok(&session,
              session.provider->count(session.connection, &read.select, &count,
                                      &session.error));
    assert_int_equal(count, 3);
    read_free(&session, &read);
    session_close(&session);
}

/* A connection that the server ended shows before it is used again. */
static void test_killed_idle(void **state)
{
    (void)state;
    struct session session = mysql_session();
    char sql[64];
    snprintf(sql, sizeof sql, "KILL %lu",
             cc_mysql_of(session.connection)->thread_id);
    run(sql);
    double end = seconds_now() + 5;
    while (session.provider->usable(session.connection))
        assert_true(seconds_now() < end);
    session_close(&session);
}

/* ---- TLS ---- */

/* What another user of OpenSSL left in this thread is not ours. */
static void test_foreign_tls_error(void **state)
{
    (void)state;
    struct session session = session_with("SSLMODE", "require");
    struct read_case read = {
        .source = {.query = "SELECT REPEAT('x', 20000) AS a UNION ALL SELECT "
                            "REPEAT('y', 20000) UNION ALL SELECT SLEEP(0.1)"}};
    ERR_raise(ERR_LIB_USER, 1);
    assert_query(&session, "SELECT SLEEP(0.1) + 1", "1\n");
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
    ERR_raise(ERR_LIB_USER, 1);
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_int_equal(read.rows, 3);
    read_free(&session, &read);
    session_close(&session);
}

/* What a connection leaves that was cancelled does not end the next one. */
static void test_tls_after_cancel(void **state)
{
    (void)state;
    struct session other = session_with("SSLMODE", "require");
    for (int i = 0; i < 20; i++)
    {
        struct session session = session_with("SSLMODE", "require");
        struct read_case read = {
            .source = {.query = "SELECT a.*, b.* FROM "
                                "information_schema.COLUMNS a, "
                                "information_schema.COLUMNS b"}};
        assert_ok(&session, read_describe(&session, &read));
        assert_ok(&session, read_start(&session, &read));
        assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
        session.provider->cancel(read.cursor);
        read_free(&session, &read);
        session_close(&session);
        assert_true(ERR_peek_error() == 0);
        assert_query(&other, "SELECT SLEEP(0.05) + 1", "1\n");
    }
    session_close(&other);
}

/* ---- one server after the other ---- */

static int set_up(void **state)
{
    (void)state;
    run("DROP DATABASE IF EXISTS `" SCHEMA "`");
    run("CREATE DATABASE `" SCHEMA "`");
    run("USE `" SCHEMA "`");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    run("DROP DATABASE `" SCHEMA "`");
    return 0;
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_open),
    cmocka_unit_test(test_login_refused),
    cmocka_unit_test(test_unreachable),
    cmocka_unit_test(test_server_without_tls),
    cmocka_unit_test(test_connect_timeout),
    cmocka_unit_test(test_statements),
    cmocka_unit_test(test_writes_are_refused),
    cmocka_unit_test(test_procedure),
    cmocka_unit_test(test_values),
    cmocka_unit_test(test_lossless),
    cmocka_unit_test(test_vector),
    cmocka_unit_test(test_long_values),
    cmocka_unit_test(test_encodings),
    cmocka_unit_test(test_list),
    cmocka_unit_test(test_table_columns),
    cmocka_unit_test(test_two_keys),
    cmocka_unit_test(test_altered_table),
    cmocka_unit_test(test_cancel),
    cmocka_unit_test(test_query_timeout),
    cmocka_unit_test(test_select_limit),
    cmocka_unit_test(test_killed_idle),
    cmocka_unit_test(test_foreign_tls_error),
    cmocka_unit_test(test_tls_after_cancel),
};

/* The number of failures; 77 where no such server is named. */
static int run_on(const char *variable)
{
    if (!target_from_environment(&target, variable, "mysql"))
    {
        print_message("skipped: %s names no server\n", variable);
        return 77;
    }
    const unsigned protocol = MYSQL_PROTOCOL_TCP;
    admin = mysql_init(NULL);
    (void)mysql_options(admin, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    (void)mysql_options(admin, MYSQL_OPT_PROTOCOL, &protocol);
    if (!mysql_real_connect(
            admin, case_find(target.pairs, "SERVER"),
            case_find(target.pairs, "USERNAME"),
            case_find(target.pairs, "PASSWORD"), NULL,
            (unsigned)strtoul(case_find(target.pairs, "PORT"), NULL, 10), NULL,
            0))
    {
        print_error("%s\n", mysql_error(admin));
        return 1;
    }
    mariadb = strstr(mysql_get_server_info(admin), "MariaDB") != NULL;
    int failed =
        cmocka_run_group_tests_name(variable, tests, set_up, tear_down);
    mysql_close(admin);
    return failed;
}

int main(void)
{
    int first = run_on("CARTOCONN_TEST_MYSQL");
    int second = run_on("CARTOCONN_TEST_MYSQL9");
    if (first == 77 && second == 77)
        return 77;
    return (first == 77 ? 0 : first) + (second == 77 ? 0 : second);
}
