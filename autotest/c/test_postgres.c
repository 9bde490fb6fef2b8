/* SPDX-License-Identifier: MIT */
/* Connecting, listing and describing; see postgres_case.h. */
#include "postgres_case.h"

#include "loopback.h"

#include <pthread.h>
#include <unistd.h>

/* ---- connecting ---- */

static void test_open(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_non_null(strstr(session.connection->server_version, "PostgreSQL "));
    assert_true(session.provider->usable(session.connection));
    assert_query(&session, "SELECT current_setting('application_name')",
                 "ogr_carto_connector\n");
    assert_query(&session, "SHOW transaction_read_only", "on\n");
    session_close(&session);
    session.provider->close(NULL);
}

static void test_login_refused(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "PASSWORD", "not-the-password");
    check_refused(to, CC_STAGE_LOGIN, "28P01",
                  "password authentication failed");
    check_refused(to, CC_STAGE_LOGIN, "28P01", "Check \"username\"");
    to = target;
    target_set(&to, "DATABASE", "no such database");
    check_refused(to, CC_STAGE_LOGIN, "3D000", "Check \"database\"");
    check_refused(to, CC_STAGE_LOGIN, "3D000", "\"no such database\"");
}

static void test_unreachable(void **state)
{
    (void)state;
    struct target to = target;
    target_set(&to, "SERVER", "127.0.0.1");
    target_set(&to, "PORT", "1");
    check_refused(to, CC_STAGE_CONNECT, "", "Connection refused");
    check_refused(to, CC_STAGE_CONNECT, "", "Check \"server\" and \"port\"");
    target_set(&to, "SERVER", "no-such-host.invalid");
    check_refused(to, CC_STAGE_RESOLVE, "", "no-such-host.invalid");
}

/* A socket that listens; who connects is answered `answer` if it is not 0. */
struct fake
{
    int fd;
    char port[16];
    char answer;
    pthread_t thread;
};

static void *fake_run(void *argument)
{
    struct fake *fake = argument;
    int client;
    while ((client = accept(fake->fd, NULL, NULL)) >= 0)
    {
        char request[8];
        if (read(client, request, sizeof request) > 0 && fake->answer)
            assert_int_equal(write(client, &fake->answer, 1), 1);
        if (!fake->answer)
            (void)read(client, request, sizeof request);
        close(client);
    }
    return NULL;
}

static void fake_start(struct fake *fake, char answer)
{
    int port;
    fake->answer = answer;
    fake->fd = listen_on_loopback(&port);
    snprintf(fake->port, sizeof fake->port, "%d", port);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
}

static void fake_stop(struct fake *fake)
{
    shutdown(fake->fd, SHUT_RDWR);
    close(fake->fd);
    pthread_join(fake->thread, NULL);
}

static struct target fake_target(const struct fake *fake)
{
    struct target to = target;
    target_set(&to, "SERVER", "127.0.0.1");
    target_set(&to, "PORT", fake->port);
    return to;
}

static void test_connect_timeout(void **state)
{
    (void)state;
    struct fake fake;
    fake_start(&fake, 0);
    struct target to = fake_target(&fake);
    target_set(&to, "CONNECT_TIMEOUT", "1");
    double before = seconds_now();
    check_refused(to, CC_STAGE_TIMEOUT, "", "connect_timeout");
    assert_true(seconds_now() - before < 1.9);
    fake_stop(&fake);
}

static void test_server_without_tls(void **state)
{
    (void)state;
    struct fake fake;
    fake_start(&fake, 'N');
    check_refused(fake_target(&fake), CC_STAGE_TLS, "", "does not support SSL");
    check_refused(fake_target(&fake), CC_STAGE_TLS, "", "\"sslmode\"");
    fake_stop(&fake);
}

static void test_certificates(void **state)
{
    (void)state;
    const char *root = case_find(target.pairs, "SSLROOTCERT");
    if (!root)
        skip();
    struct target to = target;
    target_set(&to, "SSLMODE", "verify-full");
    struct session session;
    session_open(&session, to);
    assert_query(&session,
                 "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
                 "t\n");
    session_close(&session);
    /* the system's authorities, if there are any, did not sign it */
    to.pairs[0].name = "PROVIDER";
    for (struct pair *pair = to.pairs; pair->name; pair++)
    {
        if (strcmp(pair->name, "SSLROOTCERT") == 0)
            *pair = (struct pair){"SSLMODE", "verify-full"};
    }
    check_refused(to, CC_STAGE_TLS, "", "certificate");
}

static void test_unusual_password(void **state)
{
    (void)state;
    static const char password[] = ",;'\"\\ {}|%&=\xC3\xA9 \xF0\x9F\x8C\x8D$";
    struct target to = target;
    char *quoted = PQescapeLiteral(admin, password, strlen(password));
    struct cc_strbuf sql = CC_STRBUF_INIT;
    run("DROP ROLE IF EXISTS \"cartoconn \xC3\xBC\"");
    (void)cc_strbuf_printf(
        &sql, "CREATE ROLE \"cartoconn \xC3\xBC\" LOGIN PASSWORD %s", quoted);
    run(cc_strbuf_text(&sql));
    target_set(&to, "USERNAME", "cartoconn \xC3\xBC");
    target_set(&to, "PASSWORD", password);
    struct session session;
    session_open(&session, to);
    assert_query(&session, "SELECT current_user", "cartoconn \xC3\xBC\n");
    session_close(&session);
    run("DROP ROLE \"cartoconn \xC3\xBC\"");
    cc_strbuf_free(&sql);
    PQfreemem(quoted);
}

/* ---- listing ---- */

static void make_tables(void)
{
    run("CREATE TABLE plain (i int)");
    run("CREATE TABLE \"a (b), c\\d \"\"e\"\".f\" (i int)");
    run("CREATE TABLE \"select\" (i int)");
    run("CREATE TABLE spatial_ref_sys (i int)");
    run("CREATE VIEW view AS SELECT 1 AS one");
    run("CREATE MATERIALIZED VIEW matview AS SELECT 2 AS two");
    run("CREATE TABLE parts (i int) PARTITION BY RANGE (i)");
    run("CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (9)");
    run("CREATE FOREIGN DATA WRAPPER cartoconn_test");
    run("CREATE SERVER cartoconn_test FOREIGN DATA WRAPPER cartoconn_test");
    run("CREATE FOREIGN TABLE foreign_one (i int) SERVER cartoconn_test");
    run("CREATE SEQUENCE no_table");
    run("CREATE TYPE no_table_too AS (i int)");
}

static void drop_tables(void)
{
    run("DROP FOREIGN DATA WRAPPER cartoconn_test CASCADE");
    run("DROP TABLE parts, plain, \"select\", spatial_ref_sys");
    run("DROP TABLE \"a (b), c\\d \"\"e\"\".f\"");
    run("DROP VIEW view");
    run("DROP MATERIALIZED VIEW matview");
}

static void test_list(void **state)
{
    (void)state;
    static const char *const names[] = {"a (b), c\\d \"e\".f",
                                        "foreign_one",
                                        "matview",
                                        "parts",
                                        "plain",
                                        "select",
                                        "view"};
    make_tables();
    struct session session = postgres_session();
    struct cc_table_list list = {.tables = NULL};
    assert_ok(&session, session.provider->list_tables(session.connection, 500,
                                                      &list, &session.error));
    assert_int_equal(list.count, sizeof names / sizeof *names);
    assert_false(list.more);
    for (size_t i = 0; i < list.count; i++)
    {
        assert_string_equal(list.tables[i].schema, SCHEMA);
        assert_string_equal(list.tables[i].name, names[i]);
    }
    cc_table_list_free(&list);
    assert_ok(&session, session.provider->list_tables(session.connection, 6,
                                                      &list, &session.error));
    assert_int_equal(list.count, 6);
    assert_true(list.more);
    cc_table_list_free(&list);
    session_close(&session);
    drop_tables();
}

static void test_list_nothing(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct cc_table_list list = {.tables = NULL};
    assert_ok(&session, session.provider->list_tables(session.connection, 500,
                                                      &list, &session.error));
    assert_int_equal(list.count, 0);
    session_close(&session);

    struct target to = target;
    target_set(&to, "SCHEMA", "no such schema");
    session_open(&session, to);
    assert_int_equal(session.provider->list_tables(session.connection, 500,
                                                   &list, &session.error),
                     -1);
    assert_string_equal(session.error.code, "3F000");
    assert_non_null(strstr(session.error.message, "\"no such schema\""));
    cc_table_list_free(&list);
    session_close(&session);
}

/* ---- describing ---- */

static void test_table_columns(void **state)
{
    (void)state;
    run("CREATE DOMAIN money_t AS numeric(12,3) CHECK (VALUE > 0)");
    run("CREATE DOMAIN price AS money_t");
    run("CREATE TABLE cols (\"Id\" int GENERATED ALWAYS AS IDENTITY PRIMARY "
        "KEY, name varchar(20) NOT NULL DEFAULT 'it''s', cost price, twice "
        "int GENERATED ALWAYS AS (1 + 1) STORED, gone int)");
    run("ALTER TABLE cols DROP gone");
    run("COMMENT ON COLUMN cols.name IS 'What it''s called'");
    struct session session = postgres_session();
    struct read_case read = {.source = {.schema = SCHEMA, .table = "cols"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_int_equal(read.schema.count, 4);
    assert_int_equal(read.schema.key, 0);
    const struct cc_column *id = find_column(&read.schema, "Id");
    assert_true(id->key && id->not_null);
    assert_int_equal(id->kind, CC_KIND_INT32);
    assert_null(id->default_value);
    const struct cc_column *name = find_column(&read.schema, "name");
    assert_true(name->not_null && !name->key);
    assert_int_equal(name->width, 20);
    assert_string_equal(name->default_value, "'it''s'");
    assert_string_equal(name->comment, "What it's called");
    const struct cc_column *cost = find_column(&read.schema, "cost");
    assert_int_equal(cost->kind, CC_KIND_DECIMAL);
    assert_int_equal(cost->precision, 12);
    assert_int_equal(cost->scale, 3);
    assert_string_equal(cost->native_type, "numeric(12,3)");
    assert_null(find_column(&read.schema, "twice")->default_value);
    read_free(&session, &read);
    session_close(&session);
    run("DROP TABLE cols");
}

static size_t key_of(struct session *session, const char *table)
{
    struct read_case read = {.source = {.schema = SCHEMA, .table = table}};
    assert_ok(session, read_describe(session, &read));
    size_t key = read.schema.key;
    read_free(session, &read);
    return key;
}

static void test_keys(void **state)
{
    (void)state;
    run("CREATE TABLE big_key (a int, b bigint PRIMARY KEY)");
    run("CREATE TABLE two_keys (a int, b int, PRIMARY KEY (a, b))");
    run("CREATE TABLE text_key (a text PRIMARY KEY)");
    run("CREATE TABLE no_key (a int UNIQUE NOT NULL)");
    struct session session = postgres_session();
    assert_int_equal(key_of(&session, "big_key"), 1);
    assert_true(key_of(&session, "two_keys") == SIZE_MAX);
    assert_true(key_of(&session, "text_key") == SIZE_MAX);
    assert_true(key_of(&session, "no_key") == SIZE_MAX);
    session_close(&session);
    run("DROP TABLE big_key, two_keys, text_key, no_key");
}

static void check_geometry(const struct cc_schema *schema, const char *name,
                           int32_t srid, uint32_t type, bool geodetic)
{
    const struct cc_column *column = find_column(schema, name);
    assert_int_equal(column->kind, CC_KIND_GEOMETRY);
    assert_int_equal(column->srid, srid);
    assert_int_equal(column->wkb_type, type);
    assert_int_equal(column->geodetic, geodetic);
}

static void test_geometry_columns(void **state)
{
    (void)state;
    run("CREATE TABLE geoms (any_g geometry, p geometry(Point, 4326), "
        "mz geometry(MultiPolygonZ, 3857), zm geometry(LineStringZM), "
        "tin geometry(TIN, 25832), gg geography, gp geography(PointM, 4326))");
    struct session session = postgres_session();
    struct read_case read = {.source = {.schema = SCHEMA, .table = "geoms"}};
    assert_ok(&session, read_describe(&session, &read));
    check_geometry(&read.schema, "any_g", CC_SRID_UNKNOWN, 0, false);
    check_geometry(&read.schema, "p", 4326, 1, false);
    check_geometry(&read.schema, "mz", 3857, 1006, false);
    check_geometry(&read.schema, "zm", CC_SRID_UNKNOWN, 3002, false);
    check_geometry(&read.schema, "tin", 25832, 16, false);
    check_geometry(&read.schema, "gg", 4326, 0, true);
    check_geometry(&read.schema, "gp", 4326, 2001, true);
    read_free(&session, &read);
    session_close(&session);
    run("DROP TABLE geoms");
}

static void check_kind(const struct cc_schema *schema, const char *name,
                       enum cc_kind kind, const char *native)
{
    const struct cc_column *column = find_column(schema, name);
    assert_int_equal(column->kind, kind);
    assert_string_equal(column->native_type, native);
}

/* The numeric(3, -2) of PostgreSQL 15 has 5 digits before the point. */
static void test_query_columns(void **state)
{
    (void)state;
    struct session session = postgres_session();
    struct read_case read = {
        .source = {.query = "SELECT 1::int2 a, 'x'::char(3) b, B'1'::bit(1) c, "
                            "B'11'::bit(2) d, 1::oid e, '{}'::jsonb f, "
                            "'{1}'::int[] g, '1 h'::interval h, 1.5 i, "
                            "'a'::name j, 1::numeric(3,-2) k, now() l -- end"}};
    assert_ok(&session, read_describe(&session, &read));
    assert_int_equal(read.schema.count, 12);
    check_kind(&read.schema, "a", CC_KIND_INT16, "smallint");
    check_kind(&read.schema, "b", CC_KIND_TEXT, "character(3)");
    assert_int_equal(find_column(&read.schema, "b")->width, 3);
    check_kind(&read.schema, "c", CC_KIND_BOOLEAN, "bit(1)");
    check_kind(&read.schema, "d", CC_KIND_TEXT, "bit(2)");
    check_kind(&read.schema, "e", CC_KIND_UINT32, "oid");
    check_kind(&read.schema, "f", CC_KIND_JSON, "jsonb");
    check_kind(&read.schema, "g", CC_KIND_JSON, "integer[]");
    check_kind(&read.schema, "h", CC_KIND_TEXT, "interval");
    check_kind(&read.schema, "i", CC_KIND_DECIMAL, "numeric");
    assert_int_equal(find_column(&read.schema, "i")->precision, 0);
    check_kind(&read.schema, "j", CC_KIND_TEXT, "name");
    assert_int_equal(find_column(&read.schema, "k")->precision, 5);
    assert_int_equal(find_column(&read.schema, "k")->scale, 0);
    check_kind(&read.schema, "l", CC_KIND_TIMESTAMPTZ,
               "timestamp with time zone");
    read_free(&session, &read);
    session_close(&session);
}

static void check_no_table(const char *table, const char *words)
{
    struct session session = postgres_session();
    struct read_case read = {.source = {.schema = SCHEMA, .table = table}};
    assert_int_equal(read_describe(&session, &read), -1);
    assert_int_equal(session.error.stage, CC_STAGE_QUERY);
    assert_string_equal(session.error.code, "42P01");
    if (!strstr(session.error.message, words))
        fail_msg("%s", session.error.message);
    assert_true(session.provider->usable(session.connection));
    read_free(&session, &read);
    session_close(&session);
}

static void test_no_such_table(void **state)
{
    (void)state;
    run("CREATE TABLE \"Towns\" (i int)");
    check_no_table("towns", "there is a \"Towns\" in schema \"" SCHEMA "\"");
    check_no_table("geometry_columns", "in schema \"public\"");
    check_no_table("a'b\"; DROP TABLE \"Towns\"", "no table or view \"a'b\"");
    run("DROP TABLE \"Towns\"");
}

static void test_refused_queries(void **state)
{
    (void)state;
    struct session session = postgres_session();
    assert_query_fails(&session, "SELEC 1", CC_STAGE_QUERY, "",
                       "begins with SELEC");
    assert_query_fails(&session, "SELECT 1 +", CC_STAGE_QUERY, "42601",
                       "syntax error");
    assert_query_fails(&session, "SELECT 1; SELECT 2", CC_STAGE_QUERY, "42601",
                       "multiple commands");
    assert_query_fails(&session, "SELECT nothing", CC_STAGE_QUERY, "42703",
                       "\"nothing\" does not exist");
    assert_query_fails(&session, "INSERT INTO t VALUES (1) RETURNING *",
                       CC_STAGE_QUERY, "", "begins with INSERT");
    assert_query_fails(&session, "", CC_STAGE_QUERY, "", "something else");
    assert_query_fails(&session, "SELECT", CC_STAGE_QUERY, "", "no columns");
    assert_query_fails(&session, "SELECT 'open", CC_STAGE_QUERY, "42601",
                       "unterminated");
    assert_query_fails(&session, "SELECT 1) TO PROGRAM 'true' --",
                       CC_STAGE_QUERY, "42601", "syntax error");
    assert_true(session.provider->usable(session.connection));
    assert_query(&session, "SELECT 1", "1\n");
    session_close(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_login_refused),
        cmocka_unit_test(test_unreachable),
        cmocka_unit_test(test_connect_timeout),
        cmocka_unit_test(test_server_without_tls),
        cmocka_unit_test(test_certificates),
        cmocka_unit_test(test_unusual_password),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_list_nothing),
        cmocka_unit_test(test_table_columns),
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_geometry_columns),
        cmocka_unit_test(test_query_columns),
        cmocka_unit_test(test_no_such_table),
        cmocka_unit_test(test_refused_queries),
    };
    if (!postgres_begin())
        return 77;
    return cmocka_run_group_tests_name("postgres", tests, postgres_set_up,
                                       postgres_tear_down);
}
