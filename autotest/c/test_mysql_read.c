/* SPDX-License-Identifier: MIT */
/* Reading; see mysql_case.h. */
#include "mysql_case.h"

#include <pthread.h>

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

static int run_group(const char *name)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_writes_are_refused),
        cmocka_unit_test(test_procedure),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_lossless),
        cmocka_unit_test(test_vector),
        cmocka_unit_test(test_long_values),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_query_timeout),
        cmocka_unit_test(test_select_limit),
        cmocka_unit_test(test_killed_idle),
    };
    return cmocka_run_group_tests_name(name, tests, mysql_set_up,
                                       mysql_tear_down);
}

int main(void)
{
    return mysql_main(run_group);
}
