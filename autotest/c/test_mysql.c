/* SPDX-License-Identifier: MIT */
/* Connecting, describing and TLS; see mysql_case.h. */
#include "mysql_case.h"

#include "loopback.h"

#include <openssl/err.h>
#include <pthread.h>
#include <unistd.h>

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
    int port;
    *fake = (struct fake){.greeting = greeting, .size = size};
    fake->fd = listen_on_loopback(&port);
    snprintf(fake->port, sizeof fake->port, "%d", port);
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

static int run_group(const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_login_refused),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_server_without_tls),
        cmocka_unit_test(test_connect_timeout),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_table_columns),
        cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_altered_table),
        cmocka_unit_test(test_foreign_tls_error),
        cmocka_unit_test(test_tls_after_cancel),
    };
    return cmocka_run_group_tests_name(name, tests, mysql_set_up,
                                       mysql_tear_down);
}

int main(void)
{
    return mysql_main(run_group);
}
