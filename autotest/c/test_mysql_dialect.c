/* SPDX-License-Identifier: MIT */
/* MySQL's SQL as it is written. */
#include "sql_fixture.h"

#include "provider/mysql_internal.h"

#define FOLDED(text)                                                           \
    "CAST(LOWER(CONVERT(CAST(CONVERT(" text                                    \
    " USING utf8mb4) AS BINARY) USING tis620)) AS BINARY)"

static const struct cc_dialect *const sql = &cc_dialect_mysql;

static const struct cc_column text_column = {.kind = CC_KIND_TEXT,
                                             .type = CC_OUT_STRING,
                                             .native_id =
                                                 MYSQL_TYPE_VAR_STRING};
static const struct cc_column bit_column = {.kind = CC_KIND_BOOLEAN,
                                            .type = CC_OUT_BOOLEAN,
                                            .native_id = MYSQL_TYPE_BIT};
static const struct cc_column tiny_column = {.kind = CC_KIND_BOOLEAN,
                                             .type = CC_OUT_BOOLEAN,
                                             .native_id = MYSQL_TYPE_TINY};
static const struct cc_column vector_column = {.kind = CC_KIND_JSON,
                                               .type = CC_OUT_STRING,
                                               .native_id =
                                                   CC_MYSQL_TYPE_VECTOR};

/* ---- literals ---- */

static void test_identifiers(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    int status = cc_sql_identifier(sql, &out, "a`b\"c\\");
    assert_written(&out, status, "`a``b\"c\\`");
}

static void check_literal(const char *text, const char *expected)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    int status = sql->string_literal(&out, text);
    assert_written(&out, status, expected);
}

/* With NO_BACKSLASH_ESCAPES a backslash is one, without it is an escape. */
static void test_string_literals(void **state)
{
    (void)state;
    check_literal("", "''");
    check_literal("it's \"\xC3\xA9\"", "'it''s \"\xC3\xA9\"'");
    check_literal("\\' OR 1=1 -- ", "_utf8mb4 0x5C27204F5220313D31202D2D20");
}

static void check_datetime(enum cc_type type, const char *iso,
                           const char *expected)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    const struct cc_column column = {.type = type};
    int status = sql->datetime_literal(&out, &column, iso);
    assert_written(&out, status, expected);
}

static void test_datetime_literals(void **state)
{
    (void)state;
    check_datetime(CC_OUT_DATE, "2024-02-29", "DATE '2024-02-29'");
    check_datetime(CC_OUT_TIME, "23:59:59.5", "TIME '23:59:59.5'");
    check_datetime(CC_OUT_TIMESTAMP, "2024-02-29 23:59:59",
                   "TIMESTAMP '2024-02-29 23:59:59'");
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-02-29 23:59:59.25+00:00",
                   "TIMESTAMP '2024-02-29 23:59:59.25'");
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-03-01 01:00:00+02:30",
                   "TIMESTAMP '2024-02-29 22:30:00'");
}

static void test_booleans(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    int status = sql->boolean_literal(&out, &bit_column, true);
    assert_written(&out, status, "1");
    status = sql->boolean_literal(&out, &bit_column, false);
    assert_written(&out, status, "0");
    /* 2 is true as well */
    status = sql->boolean_literal(&out, &tiny_column, true);
    assert_refused(&out, status);
}

/* ---- text ---- */

static void test_folding(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    int status = sql->fold_case(&out, &text_column, "`a`");
    assert_written(&out, status, FOLDED("`a`"));
    status = sql->by_bytes(&out, &text_column, "'x'");
    assert_written(&out, status, FOLDED("'x'"));
    status = sql->fold_case(&out, &vector_column, "`v`");
    assert_refused(&out, status);
    status = sql->by_bytes(&out, &bit_column, "`b`");
    assert_refused(&out, status);
}

static void check_like(const char *pattern, char escape, bool ignore_case,
                       const char *expected)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    int status =
        sql->like(&out, &text_column, "`a`", pattern, escape, ignore_case);
    if (expected)
        assert_written(&out, status, expected);
    else
        assert_refused(&out, status);
}

#define LIKE "CONVERT(`a` USING utf8mb4) COLLATE utf8mb4_bin LIKE CONVERT("

static void test_like(void **state)
{
    (void)state;
    check_like("a_%", 0, false, LIKE "'a_%' USING utf8mb4) ESCAPE '|'");
    check_like("a|_", 0, false, LIKE "'a|_' USING utf8mb4) ESCAPE '!'");
    check_like("5!%!!A", '!', false, LIKE "'5|%|!A' USING utf8mb4) ESCAPE '|'");
    /* a backslash is a character unless it is the escape */
    check_like("a\\_", 0, false,
               LIKE "_utf8mb4 0x615C5F USING utf8mb4) ESCAPE '|'");
    check_like("a\\_", '\\', false, LIKE "'a|_' USING utf8mb4) ESCAPE '|'");
    check_like("open!", '!', false, NULL);
    check_like("|!^~#@$&", 0, false, NULL);
    /* the escape is told apart before letters are folded */
    check_like("AZ\xC3\x89"
               "B%",
               'A', true,
               "CONVERT(" FOLDED("`a`") " USING utf8mb4) COLLATE utf8mb4_bin "
                                        "LIKE CONVERT('|z\xC3\x89"
                                        "b%' USING utf8mb4) ESCAPE '|'");
}

/* ---- boxes ---- */

static void check_box(int64_t modifier, const char *expected)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    const struct cc_box box = {-1.5, 2, 1e300, 0.1};
    const struct cc_column column = {.kind = CC_KIND_GEOMETRY,
                                     .type = CC_OUT_GEOMETRY,
                                     .srid = 4326,
                                     .native_modifier = modifier};
    int status = sql->box(&out, &column, "`g`", &box);
    assert_written(&out, status, expected);
}

static void test_boxes(void **state)
{
    (void)state;
    check_box(CC_MYSQL_SRID_ENFORCED | CC_MYSQL_SRID_PLANAR,
              "MBRIntersects(`g`, ST_GeomFromText('LINESTRING(-1.5 2,1e+300 "
              "0.1)', 4326))");
    check_box(CC_MYSQL_SRID_ENFORCED,
              "MBRIntersects(/*!80000 ST_SRID( */`g`/*!80000 , 0) */, "
              "ST_GeomFromText('LINESTRING(-1.5 2,1e+300 0.1)', 0))");
    check_box(0, "(MBRIntersects(/*!80000 ST_SRID( */`g`/*!80000 , 0) */, "
                 "ST_GeomFromText('LINESTRING(-1.5 2,1e+300 0.1)', 0)) OR "
                 "ST_SRID(`g`) NOT IN (0, 4326))");
}

/* ---- queries that may stand in FROM ---- */

static void test_wraps(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "SELECT 1",
        "select `order` from t where a = \"ORDER BY\" # FOR UPDATE",
        "SELECT a FROM t -- ORDER BY a\n",
        "SELECT 5--3 FROM t",
        "(SELECT a FROM t ORDER BY a LIMIT 3) UNION (SELECT 1)",
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "SELECT row_number() OVER (ORDER BY a) FROM t",
        "SELECT 'a\\' ORDER BY ' FROM t;",
        "VALUES ROW(1)",
    };
    assert_wraps(sql, queries, sizeof queries / sizeof *queries, true);
}

static void test_does_not_wrap(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "SELECT a FROM t ORDER BY a",
        "SELECT a FROM t ORDER BY a LIMIT 3",
        "SELECT a FROM t FOR UPDATE",
        "SELECT a FROM t LOCK IN SHARE MODE",
        "SELECT a INTO OUTFILE 'x' FROM t",
        "SHOW TABLES",
        "EXPLAIN SELECT 1",
        "CALL p()",
        "SELECT 'open",
        "SELECT `open",
        "SELECT 1 /* open",
    };
    assert_wraps(sql, queries, sizeof queries / sizeof *queries, false);
}

/* Older servers have no WITH; a name of its own is what remains. */
static void test_old_servers(void **state)
{
    (void)state;
    struct cc_column columns[] = {
        {.name = (char[]){"a"}, .type = CC_OUT_INT32},
        {.name = (char[]){"b"}, .type = CC_OUT_INT32}};
    const struct cc_schema schema = {.columns = columns, .count = 2};
    const struct cc_source source = {.query = "SELECT 1 AS a, 2 AS b"};
    const bool wanted[] = {false, true};
    const struct cc_select select = {
        .source = &source, .schema = &schema, .wanted = wanted};
    struct cc_strbuf out = CC_STRBUF_INIT;
    int status = cc_select_sql(sql, &select, &out, NULL);
    assert_written(&out, status,
                   "SELECT `c2` FROM (WITH `cc` (`c1`, `c2`) AS (SELECT 1 AS "
                   "a, 2 AS b\n) SELECT * FROM `cc`) AS `cc`");
    status = cc_select_sql(&cc_dialect_mysql_old, &select, &out, NULL);
    assert_written(&out, status,
                   "SELECT `b` FROM (SELECT 1 AS a, 2 AS b\n) AS `cc`");
}

static const struct cc_dialect *dialect_of(bool mariadb, unsigned long version)
{
    const struct cc_mysql mysql = {.mariadb = mariadb, .version = version};
    return cc_mysql_dialect(&mysql);
}

static void test_dialect_of_a_server(void **state)
{
    (void)state;
    assert_ptr_equal(dialect_of(false, 50744), &cc_dialect_mysql_old);
    assert_ptr_equal(dialect_of(false, 80000), &cc_dialect_mysql);
    assert_ptr_equal(dialect_of(true, 100148), &cc_dialect_mysql_old);
    assert_ptr_equal(dialect_of(true, 100201), &cc_dialect_mysql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_string_literals),
        cmocka_unit_test(test_datetime_literals),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_boxes),
        cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_does_not_wrap),
        cmocka_unit_test(test_old_servers),
        cmocka_unit_test(test_dialect_of_a_server),
    };
    return cmocka_run_group_tests_name("mysql_dialect", tests, NULL, NULL);
}
