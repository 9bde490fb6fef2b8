/* SPDX-License-Identifier: MIT */
/* Reading; see postgres_case.h. */
#include "postgres_case.h"

#include <pthread.h>
#include <unistd.h>

/* ---- statements ---- */

static void test_statements(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_query(&session, "SELECT 1 WHERE false", "");
    assert_query(&session, "  /* x */ SELECT 1 -- one", "1\n");
    assert_query(&session, "SELECT 1;;\n-- done;", "1\n");
    assert_query(&session, "VALUES (1, 'a'), (2, NULL)", "1|a\n2|NULL\n");
    assert_query(&session, "WITH a AS (SELECT 1 AS x) SELECT x FROM a", "1\n");
    assert_query(&session, "(SELECT 1) UNION ALL SELECT 2", "1\n2\n");
    assert_query(&session, "SHOW server_encoding", "UTF8\n");
    assert_query(&session, "EXPLAIN (COSTS off) SELECT 1", "Result\n");
    assert_query(&session, "SELECT '100%s', 'a%nb', $$;$$, E'\\''",
                 "100%s|a%nb|;|'\n");
    assert_query(&session, "SELECT 1 AS a, 2 AS a, 3 AS \"\"\"\"", "1|2|3\n");
    session_close(&session);
}

static void test_row_counts(void **state)
{
    (void)state;
    static const int counts[] = {0, 1, 255, 256, 257, 8192, 8448, 8449, 20001};
    struct session session = postgres_session();
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    {
        char query[100];
        snprintf(query, sizeof query, "SELECT * FROM generate_series(1, %d)",
                 counts[i]);
        struct read_case read = {.source = {.query = query}};
        assert_ok(&session, read_describe(&session, &read));
        assert_ok(&session, read_start(&session, &read));
        assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
        assert_int_equal(read_batch(&session, &read), CC_FETCH_END);
        assert_int_equal(read.rows, counts[i]);
        read_free(&session, &read);
    }
    session_close(&session);
}

static void test_writes_are_refused(void **state)
{
    (void)state;
    run("CREATE TABLE victims (i int)");
    run("CREATE SEQUENCE numbers");
    struct session session = postgres_session();
    assert_query_fails(&session,
                       "WITH d AS (INSERT INTO \"" SCHEMA
                       "\".victims VALUES (1) RETURNING i) SELECT * FROM d",
                       CC_STAGE_QUERY, "25006", "cannot be imported");
    assert_query_fails(&session,
                       "SELECT nextval('\"" SCHEMA "\".numbers'::regclass)",
                       CC_STAGE_FETCH, "25006", "read-only transaction");
    session_close(&session);
    char *rows = ask("SELECT count(*) FROM victims");
    assert_string_equal(rows, "0");
    free(rows);
    run("DROP TABLE victims");
    run("DROP SEQUENCE numbers");
}

static void count_call(void *context, const char *message)
{
    if (strstr(message, "called"))
        ++*(int *)context;
}

static void test_query_runs_once(void **state)
{
    (void)state;
    run("CREATE FUNCTION noisy() RETURNS int LANGUAGE plpgsql AS "
        "$$BEGIN RAISE NOTICE 'called'; RETURN 1; END$$");
    int calls = 0;
    const struct cc_host host = {count_call, &calls, NULL};
    struct session session = {.connector = target_connector(target)};
    session.provider = cc_provider_find(CC_POSTGRES, NULL);
    assert_ok(&session,
              session.provider->open(session.connector, &host,
                                     &session.connection, &session.error));
    assert_query(&session, "SELECT \"" SCHEMA "\".noisy(), ARRAY[2]",
                 "1|[2]\n");
    assert_int_equal(calls, 1);
    session_close(&session);
    run("DROP FUNCTION noisy()");
}

/* ---- values ---- */

static void test_numbers(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_query(&session,
                 "SELECT (-32768)::int2, 2147483647, 9223372036854775807, "
                 "4294967295::oid, true, B'1'::bit(1), NULL::int",
                 "-32768|2147483647|9223372036854775807|4294967295|t|t|NULL\n");
    assert_query(&session,
                 "SELECT 1.5::float4, 0.1::float8, 'NaN'::float8, "
                 "'-Infinity'::float8, 5e-324::float8",
                 "1.5|0.10000000000000001|nan|-inf|"
                 "4.9406564584124654e-324\n");
    assert_query(&session,
                 "SELECT 999999999::numeric(9), 999999999999::numeric(12), "
                 "-0.05::numeric(5,2), 12345.678, 'NaN'::numeric, "
                 "1e30::numeric, 1e30::numeric(38)",
                 "999999999|999999999999|-0.050000000000000003|"
                 "12345.678|nan|1e+30|NULL\n");
    session_close(&session);
}

static void test_texts(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_query(&session,
                 "SELECT 'ab'::char(4), 'v'::varchar(9), '\xC3\xA9"
                 "\xF0\x9F\x8C\x8D', '', NULL::text, 'c'::\"char\", "
                 "'n'::name, '<a/>'::xml",
                 "ab  |v|\xC3\xA9\xF0\x9F\x8C\x8D||NULL|c|n|<a/>\n");
    assert_query(&session,
                 "SELECT '{\"a\": 1}'::json, '{\"a\":1}'::jsonb, "
                 "'00112233-4455-6677-8899-aabbccddeeff'::uuid, "
                 "'\\x00ff'::bytea, B'101'",
                 "{\"a\": 1}|{\"a\": 1}|00112233-4455-6677-8899-aabbccddeeff|"
                 "00ff|101\n");
    assert_query(&session,
                 "SELECT '1 day 02:00'::interval, int4range(1, 5), "
                 "'1.2.3.4'::inet, '1.2.3.0/24'::cidr, '12:00+02'::timetz, "
                 "'a b'::tsvector, 'pg_class'::regclass, '(1,2)'::point",
                 "1 day 02:00:00|[1,5)|1.2.3.4|1.2.3.0/24|12:00:00+02|"
                 "'a' 'b'|pg_class|(1,2)\n");
    session_close(&session);
}

static void test_nested(void **state)
{
    (void)state;
    run("CREATE TYPE mood AS ENUM ('sad', 'ok')");
    run("CREATE DOMAIN moods AS mood[]");
    run("CREATE TYPE pair AS (a int, b text)");
    struct session session = postgres_session();
    assert_query(&session,
                 "SELECT '{1,NULL,3}'::int[], '{}'::text[], "
                 "'{{1,2},{3,4}}'::int[], NULL::int[]",
                 "[1,null,3]|[]|[[1,2],[3,4]]|NULL\n");
    assert_query(&session,
                 "SELECT 'ok'::\"" SCHEMA "\".mood, '{ok,sad}'::\"" SCHEMA
                 "\".moods, ROW(1, 'x\"y')::\"" SCHEMA
                 "\".pair, 'a=>1,b=>NULL'::hstore",
                 "ok|[\"ok\",\"sad\"]|{\"a\":1,\"b\":\"x\\\"y\"}|"
                 "{\"a\": \"1\", \"b\": null}\n");
    session_close(&session);
    run("DROP TYPE pair");
    run("DROP TYPE mood CASCADE");
}

static void test_datetimes(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_query(&session,
                 "SELECT '0001-01-01'::date, '9999-12-31'::date, "
                 "'infinity'::date, '0044-03-15 BC'::date",
                 "0001-01-01|9999-12-31|NULL|NULL\n");
    assert_query(&session, "SELECT '23:59:59.999999'::time, '24:00'::time",
                 "23:59:59.999999|NULL\n");
    assert_query(&session,
                 "SELECT '1969-12-31 23:59:59.5'::timestamp, "
                 "'-infinity'::timestamp, '294276-12-31'::timestamp, "
                 "'2024-06-01 12:00+02'::timestamptz",
                 "1969-12-31 23:59:59.500000|NULL|NULL|2024-06-01 10:00:00Z\n");
    session_close(&session);
}

static void test_losses_are_counted(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read = {.source = {.query =
                                            "SELECT 'infinity'::timestamp "
                                            "FROM generate_series(1, 300)"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    const struct cc_loss *loss =
        &read.cursor->builder->columns[0].losses[CC_LOSS_DATETIME];
    assert_int_equal(loss->count, 300);
    assert_int_equal(loss->first_row, 1);
    assert_string_equal(loss->reason, "infinity");
    read_free(&session, &read);
    session_close(&session);
}

static void test_lossless(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "LOSSLESS", "YES");
    struct session session;
    session_open(&session, to);
    assert_query(&session,
                 "SELECT 12345678901234567890.123456789::numeric, "
                 "1e30::numeric(38), 'infinity'::timestamp, '24:00'::time, 7",
                 "12345678901234567890.123456789|"
                 "1000000000000000000000000000000|infinity|24:00:00|7\n");
    session_close(&session);
}

static void test_big_values(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read = {.source = {.query =
                                            "SELECT repeat('x', 16000000), i "
                                            "FROM generate_series(1, 3) i"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_int_equal(read.rows, 3);
    assert_int_equal(read.text.length, 3 * (16000000 + 3));
    read_free(&session, &read);
    session_close(&session);
}

static void test_geometries(void **state)
{
    (void)state;
    run("CREATE TABLE shapes (g geometry(Point, 4326), h geometry)");
    run("INSERT INTO shapes VALUES (ST_SetSRID(ST_Point(1, 2), 4326), "
        "ST_SetSRID(ST_Point(1, 2), 3857)), (NULL, NULL)");
    struct session session = postgres_session();
    assert_query(&session, "SELECT g FROM \"" SCHEMA "\".shapes",
                 "0101000000000000000000f03f0000000000000040\nNULL\n");
    assert_query(&session, "SELECT h FROM \"" SCHEMA "\".shapes",
                 "0101000000000000000000f03f0000000000000040\nNULL\n");
    assert_query(&session, "SELECT 'POINT(1 2)' AS wkt",
                 "0101000000000000000000f03f0000000000000040\n");
    session_close(&session);
    run("DROP TABLE shapes");
}

/* ---- encodings ---- */

/* A database of another encoding, with one table of one text. */
static bool make_database(const char *name, const char *encoding,
                          const char *text)
{
    struct cc_strbuf sql = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&sql, "DROP DATABASE IF EXISTS %s", name);
    run(sql.data);
    cc_strbuf_clear(&sql);
    (void)cc_strbuf_printf(&sql,
                           "CREATE DATABASE %s ENCODING '%s' LOCALE 'C' "
                           "TEMPLATE template0",
                           name, encoding);
    run(sql.data);
    cc_strbuf_clear(&sql);
    (void)cc_strbuf_printf(&sql, "%s dbname=%s", getenv(VARIABLE), name);
    PGconn *conn = PQconnectdb(sql.data);
    cc_strbuf_clear(&sql);
    (void)cc_strbuf_printf(&sql,
                           "SET client_encoding TO %s; "
                           "CREATE TABLE t AS SELECT text '%s' AS t",
                           encoding, text);
    PGresult *result = PQexec(conn, sql.data);
    bool made = PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
    PQfinish(conn);
    cc_strbuf_free(&sql);
    return made;
}

static void check_encoding(const char *database, const char *encoding,
                           const char *expected)
{
    struct target to = target;
    target_set(&to, "DATABASE", database);
    if (encoding)
        target_set(&to, "ENCODING", encoding);
    struct session session;
    session_open(&session, to);
    struct read_case read = {.source = {.schema = "public", .table = "t"}};
    read.options.iconv_name = session.connector->iconv_name;
    assert_ok(&session, read_describe(&session, &read));
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_string_equal(cc_strbuf_text(&read.text), expected);
    read_free(&session, &read);
    session_close(&session);
}

static void test_encodings(void **state)
{
    (void)state;
    assert_true(make_database("cartoconn_latin1", "LATIN1", "\xE9"));
    assert_true(make_database("cartoconn_ascii", "SQL_ASCII", "a\xE9"));
    check_encoding("cartoconn_latin1", NULL, "\xC3\xA9\n");
    check_encoding("cartoconn_latin1", "WIN1251", "\xC3\xA9\n");
    check_encoding("cartoconn_ascii", "LATIN1", "a\xC3\xA9\n");
    check_encoding("cartoconn_ascii", NULL, "a\xEF\xBF\xBD\n");
    run("DROP DATABASE cartoconn_latin1");
    run("DROP DATABASE cartoconn_ascii");
}

/* ---- failures ---- */

static void test_error_while_reading(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_query_fails(&session,
                       "SELECT 1 / (5000 - i) FROM generate_series(1, 9999) i",
                       CC_STAGE_FETCH, "22012", "division by zero");
    assert_true(session.provider->usable(session.connection));
    assert_query_fails(&session,
                       "EXPLAIN ANALYZE SELECT 1 / (i - i) FROM "
                       "generate_series(1, 9) i",
                       CC_STAGE_FETCH, "22012", "division by zero");
    assert_true(session.provider->usable(session.connection));
    session_close(&session);
}

/* In the select list the server makes its rows one by one. */
#define ENDLESS "SELECT generate_series(1, 100000000), repeat('x', 1000)"

static void start_reading(struct session *session, struct read_case *read,
                          const char *query)
{
    *read = (struct read_case){.source = {.query = query}};
    assert_ok(session, read_describe(session, read));
    assert_ok(session, read_start(session, read));
}

static void kill_backend(void)
{
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
        "application_name = 'ogr_carto_connector'");
}

static void *kill_soon(void *unused)
{
    (void)unused;
    const struct timespec pause = {0, 300000000};
    nanosleep(&pause, NULL);
    kill_backend();
    return NULL;
}

static void assert_dead(struct session *session, struct read_case *read)
{
    enum cc_fetch fetched;
    do
        cc_strbuf_clear(&read->text);
    while ((fetched = read_batch(session, read)) == CC_FETCH_BATCH);
    assert_int_equal(fetched, CC_FETCH_ERROR);
    read_free(session, read);
    assert_false(session->provider->usable(session->connection));
    session_close(session);
}

static void test_backend_killed(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read;
    pthread_t thread;
    start_reading(&session, &read, "SELECT pg_sleep(30)");
    assert_int_equal(pthread_create(&thread, NULL, kill_soon, NULL), 0);
    assert_dead(&session, &read);
    pthread_join(thread, NULL);
    assert_int_equal(session.error.stage, CC_STAGE_FETCH);
    assert_string_equal(session.error.code, "57P01");
    assert_non_null(strstr(session.error.message, "administrator command"));
}

/* A backend that is killed while it sends says nothing any more. */
static void test_backend_killed_while_sending(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read;
    start_reading(&session, &read, ENDLESS);
    assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
    kill_backend();
    assert_dead(&session, &read);
    assert_int_equal(session.error.stage, CC_STAGE_FETCH);
    assert_true(strcmp(session.error.code, "57P01") == 0 ||
                strstr(session.error.message, "the connection was lost"));
}

static void assert_nothing_runs(void)
{
    char *count = ask("SELECT count(*) FROM pg_stat_activity WHERE "
                      "application_name = 'ogr_carto_connector' "
                      "AND state = 'active'");
    assert_string_equal(count, "0");
    free(count);
}

static void test_close_while_reading(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read;
    start_reading(&session, &read, ENDLESS);
    assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
    double before = seconds_now();
    read_free(&session, &read);
    assert_true(seconds_now() - before < 1);
    assert_nothing_runs();
    assert_true(session.provider->usable(session.connection));
    assert_query(&session, "SELECT 1", "1\n");
    session_close(&session);
}

struct canceller
{
    struct session *session;
    struct read_case *read;
    double seconds; /* how long cancel took */
};

static void *cancel_soon(void *argument)
{
    struct canceller *canceller = argument;
    const struct timespec pause = {0, 300000000};
    nanosleep(&pause, NULL);
    double before = seconds_now();
    canceller->session->provider->cancel(canceller->read->cursor);
    canceller->seconds = seconds_now() - before;
    return NULL;
}

static void check_cancel(const char *query)
{
    struct session session = postgres_session();
    struct read_case read;
    start_reading(&session, &read, query);
    struct canceller canceller = {&session, &read, 0};
    pthread_t thread;
    double before = seconds_now();
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &canceller), 0);
    enum cc_fetch fetched;
    do
        cc_strbuf_clear(&read.text);
    while ((fetched = read_batch(&session, &read)) == CC_FETCH_BATCH);
    double took = seconds_now() - before;
    pthread_join(thread, NULL);
    assert_int_equal(fetched, CC_FETCH_ERROR);
    assert_int_equal(session.error.stage, CC_STAGE_CANCELLED);
    assert_true(took < 2);
    assert_true(canceller.seconds < 1.1);
    read_free(&session, &read);
    assert_nothing_runs();
    assert_true(session.provider->usable(session.connection));
    assert_query(&session, "SELECT 1", "1\n");
    session_close(&session);
}

static void test_cancel(void **state)
{
    (void)state;
    check_cancel("SELECT pg_sleep(30)");
    check_cancel("EXPLAIN ANALYZE SELECT pg_sleep(30)");
}

static void test_query_timeout(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "QUERY_TIMEOUT", "1");
    struct session session;
    session_open(&session, to);
    double before = seconds_now();
    assert_query_fails(&session, "SELECT pg_sleep(20)", CC_STAGE_TIMEOUT, "",
                       "query_timeout");
    assert_true(seconds_now() - before < 3);
    assert_nothing_runs();
    /* a statement that is slow to begin */
    assert_query_fails(&session, "EXPLAIN ANALYZE SELECT pg_sleep(20)",
                       CC_STAGE_TIMEOUT, "", "longer than 1 s");
    assert_true(session.provider->usable(session.connection));
    assert_query(&session, "SELECT 1", "1\n");
    session_close(&session);
}

/* Time that the reader takes is not the server's. */
static void test_slow_reader(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "QUERY_TIMEOUT", "1");
    struct session session;
    session_open(&session, to);
    struct read_case read;
    start_reading(&session, &read,
                  "SELECT i, repeat('x', 1000) "
                  "FROM generate_series(1, 50000) i");
    assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
    const struct timespec pause = {1, 500000000};
    nanosleep(&pause, NULL);
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_int_equal(read.rows, 50000);
    read_free(&session, &read);
    session_close(&session);
}

static void test_first_row_comes_at_once(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read;
    double before = seconds_now();
    /* wide enough for the server to send most of a row with the next one */
    start_reading(&session, &read,
                  "SELECT repeat('x', 20000), pg_sleep((i = 3)::int) "
                  "FROM generate_series(1, 4) i");
    assert_int_equal(read_batch(&session, &read), CC_FETCH_BATCH);
    assert_true(read.rows < 4);
    assert_true(seconds_now() - before < 0.8);
    assert_int_equal(read_to_end(&session, &read), CC_FETCH_END);
    assert_int_equal(read.rows, 4);
    assert_true(seconds_now() - before > 0.9);
    read_free(&session, &read);
    session_close(&session);
}

static void test_altered_table(void **state)
{
    (void)state;
    run("CREATE TABLE altered (i int)");
    struct session session = postgres_session();
    struct read_case read = {
        .source = {.query = "SELECT * FROM \"" SCHEMA "\".altered"}};
    assert_ok(&session, read_describe(&session, &read));
    run("ALTER TABLE altered ADD j int");
    assert_ok(&session, read_start(&session, &read));
    assert_int_equal(read_batch(&session, &read), CC_FETCH_ERROR);
    assert_non_null(strstr(session.error.message, "altered?"));
    read_free(&session, &read);
    assert_true(session.provider->usable(session.connection));
    session_close(&session);
    run("DROP TABLE altered");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_row_counts),
        cmocka_unit_test(test_writes_are_refused),
        cmocka_unit_test(test_query_runs_once),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_nested),
        cmocka_unit_test(test_datetimes),
        cmocka_unit_test(test_losses_are_counted),
        cmocka_unit_test(test_lossless),
        cmocka_unit_test(test_big_values),
        cmocka_unit_test(test_geometries),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_error_while_reading),
        cmocka_unit_test(test_backend_killed),
        cmocka_unit_test(test_backend_killed_while_sending),
        cmocka_unit_test(test_close_while_reading),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_query_timeout),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_first_row_comes_at_once),
        cmocka_unit_test(test_altered_table),
    };
    if (!postgres_begin())
        return 77;
    return cmocka_run_group_tests_name("postgres_read", tests, postgres_set_up,
                                       postgres_tear_down);
}
