/* SPDX-License-Identifier: MIT */
/* The hive provider: HiveQL as it is written, values, reads and their ends. */
#include "hs2_script.h"
#include "provider_case.h"
#include "sql_fixture.h"

#include "provider/hive.h"

static const struct cc_dialect *const sql = &cc_dialect_hive;

/* ---- HiveQL ---- */

static const struct cc_column string_column = {
    .kind = CC_KIND_TEXT, .native_id = CC_HS2_STRING, .type = CC_OUT_STRING};
static const struct cc_column char_column = {
    .kind = CC_KIND_TEXT, .native_id = CC_HS2_CHAR, .type = CC_OUT_STRING};
static const struct cc_column json_column = {
    .kind = CC_KIND_JSON, .native_id = CC_HS2_ARRAY, .type = CC_OUT_STRING};

static void test_quoting(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_written(&out, cc_sql_identifier(sql, &out, "a`b\"c"), "`a``b\"c`");
    assert_written(&out, sql->string_literal(&out, "it's a \\ and \"q\""),
                   "'it\\'s a \\\\ and \"q\"'");
}

static void test_folding(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_written(&out, sql->fold_case(&out, &string_column, "`a`"),
                   "translate(`a`, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                   "'abcdefghijklmnopqrstuvwxyz')");
    assert_written(&out, sql->by_bytes(&out, &char_column, "`a`"),
                   "translate(rtrim(`a`), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                   "'abcdefghijklmnopqrstuvwxyz')");
    assert_int_equal(sql->fold_case(&out, &json_column, "`a`"), 1);
    assert_int_equal(out.length, 0);
}

struct like_case
{
    const char *pattern;
    char escape;
    const char *expected; /* NULL: not expressible */
};

static void test_like(void **state)
{
    (void)state;
    static const struct like_case cases[] = {
        {"abc", 0, "`a` = 'abc'"},
        {"", 0, "`a` = ''"},
        {"%", 0, "`a` IS NOT NULL"},
        {"%%", 0, "`a` IS NOT NULL"},
        {"abc%", 0, "instr(`a`, 'abc') = 1"},
        {"%abc", 0, "instr(reverse(`a`), reverse('abc')) = 1"},
        {"%a'c%", 0, "instr(`a`, 'a\\'c') > 0"},
        {"100x%", 'x', "`a` = '100%'"},
        {"x_%", 'x', "instr(`a`, '_') = 1"},
        {"a\\b", 0, "`a` = 'a\\\\b'"},
        {"a_c", 0, NULL},
        {"a%c", 0, NULL},
        {"%a%c", 0, NULL},
        {"abcx", 'x', NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_strbuf out = CC_STRBUF_INIT;
        int status = sql->like(&out, &string_column, "`a`", cases[i].pattern,
                               cases[i].escape, false);
        if (cases[i].expected)
            assert_written(&out, status, cases[i].expected);
        else if (status != 1 || out.length != 0)
            fail_msg("%s: %s", cases[i].pattern, cc_strbuf_text(&out));
    }
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_int_equal(sql->like(&out, &char_column, "`a`", "x%", 0, false), 1);
    assert_int_equal(sql->like(&out, &json_column, "`a`", "x%", 0, false), 1);
    assert_written(&out, sql->like(&out, &string_column, "`a`", "X%", 0, true),
                   "instr(translate(`a`, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                   "'abcdefghijklmnopqrstuvwxyz'), translate('X', "
                   "'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                   "'abcdefghijklmnopqrstuvwxyz')) = 1");
}

static void test_literals(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = {.type = CC_OUT_DATE};
    assert_written(&out, sql->datetime_literal(&out, &column, "2024-02-29"),
                   "DATE '2024-02-29'");
    column.type = CC_OUT_TIMESTAMP;
    assert_written(&out,
                   sql->datetime_literal(&out, &column, "2024-02-29 01:02:03"),
                   "TIMESTAMP '2024-02-29 01:02:03'");
    column.type = CC_OUT_TIMESTAMPTZ;
    assert_int_equal(sql->datetime_literal(&out, &column, "x"), 1);
    assert_written(&out, sql->boolean_literal(&out, &column, true), "TRUE");
}

static void test_wraps(void **state)
{
    (void)state;
    assert_true(wraps(sql, "SELECT 1"));
    assert_true(wraps(sql, "-- a\n select 1; "));
    assert_true(wraps(sql, "FROM t SELECT a"));
    assert_false(wraps(sql, "WITH x AS (SELECT 1) SELECT * FROM x"));
    assert_false(wraps(sql, "SHOW TABLES"));
    assert_false(wraps(sql, "DESCRIBE t"));
}

static void test_queries_that_read(void **state)
{
    (void)state;
    static const char *const good[] = {
        "SELECT 1",
        "select 'INSERT', insert_time FROM t",
        "WITH x AS (SELECT 'insert into') SELECT * FROM x",
        "FROM t SELECT a WHERE b = \"delete\"",
        "SHOW TABLES",
        "desc formatted t",
        "EXPLAIN SELECT 1",
        "(SELECT 1)",
    };
    static const char *const bad[] = {
        "",
        "INSERT INTO t SELECT 1",
        "WITH x AS (SELECT 1) insert INTO t SELECT * FROM x",
        "FROM t INSERT OVERWRITE TABLE u SELECT a",
        "WITH x AS (SELECT 1) DELETE FROM t",
        "EXPLAIN ANALYZE UPDATE t SET a = 1",
        "(FROM t INSERT INTO u SELECT a)",
        "CREATE TABLE t AS SELECT 1",
        "set hive.x = y",
        "/* SELECT */ DROP TABLE t",
    };
    struct cc_error error = CC_ERROR_INIT;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    {
        if (cc_hive_check_query(good[i], &error) != 0)
            fail_msg("%s: %s", good[i], error.message);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    {
        if (cc_hive_check_query(bad[i], &error) == 0)
            fail_msg("%s", bad[i]);
        assert_int_equal(error.stage, CC_STAGE_QUERY);
    }
}

/* ---- reads ---- */

struct hive_session
{
    struct script *script;
    struct session session;
    char port[16];
};

static void hive_open(struct hive_session *hive, struct script *script)
{
    struct target target = {.text = ""};
    script_start(script);
    hive->script = script;
    snprintf(hive->port, sizeof hive->port, "%d", script->port);
    target_set(&target, "PROVIDER", "hive");
    target_set(&target, "SERVER", "127.0.0.1");
    target_set(&target, "PORT", hive->port);
    target_set(&target, "AUTH", "nosasl");
    target_set(&target, "USERNAME", "reader");
    session_open(&hive->session, target);
}

/* Every session was closed; so was every operation. */
static void hive_close(struct hive_session *hive)
{
    struct script *script = hive->script;
    session_close(&hive->session);
    script_stop(script);
    assert_int_equal(atomic_load(&script->opened),
                     atomic_load(&script->closed));
    assert_int_equal(atomic_load(&script->operations),
                     atomic_load(&script->operations_closed));
}

static void begin_read(struct hive_session *hive, struct read_case *read)
{
    if (read_describe(&hive->session, read) != 0 ||
        read_start(&hive->session, read) != 0)
        fail_msg("%s", hive->session.error.message);
}

static void end_read(struct hive_session *hive, struct read_case *read)
{
    hive->session.provider->close_cursor(read->cursor);
    assert_true(hive->session.provider->usable(hive->session.connection));
    cc_schema_free(&read->schema);
    cc_strbuf_free(&read->text);
}

static void check_read(int32_t rows, int32_t page, bool by_row)
{
    struct script script = {.rows = rows, .page = page, .by_row = by_row};
    struct hive_session hive;
    hive_open(&hive, &script);
    struct read_case read = {.source = {.schema = "default", .table = "t"}};
    begin_read(&hive, &read);
    enum cc_fetch fetched;
    while ((fetched = read_batch(&hive.session, &read)) == CC_FETCH_BATCH)
        continue;
    assert_int_equal(fetched, CC_FETCH_END);
    assert_int_equal(read_batch(&hive.session, &read), CC_FETCH_END);
    assert_int_equal(read.rows, rows);
    if (rows == 4)
        assert_string_equal(cc_strbuf_text(&read.text),
                            "0|NULL\n1|text\n2|text\n3|NULL\n");
    end_read(&hive, &read);
    hive_close(&hive);
}

static void test_reads(void **state)
{
    (void)state;
    static const int32_t rows[] = {0, 1, 4, 63, 64, 65, 8192, 20001};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
        check_read(rows[i], 10000, false);
        check_read(rows[i], 1000, true);
    }
    check_read(1000, 1, false);
}

/* Nothing of a column that is not wanted is appended. */
static void test_reads_some_columns(void **state)
{
    (void)state;
    struct script script = {.rows = 3};
    struct hive_session hive;
    hive_open(&hive, &script);
    const bool wanted[] = {false, true};
    struct read_case read = {.source = {.query = "SHOW x"}};
    read.select.wanted = wanted;
    begin_read(&hive, &read);
    assert_int_equal(read_batch(&hive.session, &read), CC_FETCH_BATCH);
    assert_string_equal(cc_strbuf_text(&read.text), "NULL\ntext\ntext\n");
    assert_int_equal(read_batch(&hive.session, &read), CC_FETCH_END);
    assert_int_equal(atomic_load(&script.operations), 1);
    end_read(&hive, &read);
    hive_close(&hive);
}

/* ---- the end of a read ---- */

struct canceller
{
    struct hive_session *hive;
    struct read_case *read;
};

static void *cancel_soon(void *argument)
{
    struct canceller *canceller = argument;
    const struct timespec pause = {0, 100000000};
    nanosleep(&pause, NULL);
    canceller->hive->session.provider->cancel(canceller->read->cursor);
    return NULL;
}

/* While the answer is waited for: on a second connection. */
static void test_cancel_from_another_thread(void **state)
{
    (void)state;
    struct script script = {.rows = 10000, .page = 10, .silent_after = 2};
    struct hive_session hive;
    hive_open(&hive, &script);
    struct read_case read = {.source = {.schema = "default", .table = "t"}};
    begin_read(&hive, &read);
    struct canceller canceller = {&hive, &read};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, &canceller), 0);
    enum cc_fetch fetched;
    while ((fetched = read_batch(&hive.session, &read)) == CC_FETCH_BATCH)
        continue;
    pthread_join(thread, NULL);
    assert_int_equal(fetched, CC_FETCH_ERROR);
    assert_int_equal(hive.session.error.stage, CC_STAGE_CANCELLED);
    assert_int_equal(atomic_load(&script.cancelled), 1);
    hive.session.provider->close_cursor(read.cursor);
    /* its answer never came */
    assert_false(hive.session.provider->usable(hive.session.connection));
    cc_schema_free(&read.schema);
    cc_strbuf_free(&read.text);
    session_close(&hive.session);
    script_stop(&script);
}

/* Between answers: on the connection itself, which stays usable. */
static void test_cancel_between_fetches(void **state)
{
    (void)state;
    struct script script = {.rows = 10000, .page = 10};
    struct hive_session hive;
    hive_open(&hive, &script);
    struct read_case read = {.source = {.schema = "default", .table = "t"}};
    begin_read(&hive, &read);
    assert_int_equal(read_batch(&hive.session, &read), CC_FETCH_BATCH);
    hive.session.provider->cancel(read.cursor);
    hive.session.provider->cancel(read.cursor);
    assert_int_equal(atomic_load(&script.cancelled), 1);
    assert_int_equal(read_batch(&hive.session, &read), CC_FETCH_ERROR);
    assert_int_equal(hive.session.error.stage, CC_STAGE_CANCELLED);
    end_read(&hive, &read);
    hive_close(&hive);
}

static void test_close_in_mid_read(void **state)
{
    (void)state;
    struct script script = {.rows = 10000, .page = 10};
    struct hive_session hive;
    hive_open(&hive, &script);
    struct read_case read = {.source = {.schema = "default", .table = "t"}};
    begin_read(&hive, &read);
    assert_int_equal(read_batch(&hive.session, &read), CC_FETCH_BATCH);
    end_read(&hive, &read);
    hive_close(&hive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quoting),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_literals),
        cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_queries_that_read),
        cmocka_unit_test(test_reads),
        cmocka_unit_test(test_reads_some_columns),
        cmocka_unit_test(test_cancel_from_another_thread),
        cmocka_unit_test(test_cancel_between_fetches),
        cmocka_unit_test(test_close_in_mid_read),
    };
    return cmocka_run_group_tests_name("hive", tests, NULL, NULL);
}
