/* SPDX-License-Identifier: MIT */
#include "sql_fixture.h"

#include <locale.h>
#include <math.h>

/* ---- quoting ---- */

static void test_identifiers(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_int_equal(cc_sql_identifier(&full_dialect, &out, "a\"b"), 0);
    assert_int_equal(cc_sql_identifier(&with_dialect, &out, "a`b\"c"), 0);
    assert_int_equal(cc_sql_identifier(&poor_dialect, &out, "a]b[c"), 0);
    assert_int_equal(cc_sql_identifier(&full_dialect, &out, ""), 0);
    assert_string_equal(cc_strbuf_text(&out),
                        "\"a\"\"b\"`a``b\"c`[a]]b[c]\"\"");
    cc_strbuf_free(&out);
}

static void test_strings(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_int_equal(cc_sql_string_standard(&out, "it's 'quoted'"), 0);
    assert_string_equal(cc_strbuf_text(&out), "'it''s ''quoted'''");
    cc_strbuf_free(&out);
}

static void check_real(double value, const char *expected)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_int_equal(cc_sql_real(&out, value), 0);
    assert_string_equal(cc_strbuf_text(&out), expected);
    cc_strbuf_free(&out);
}

static void check_reals(void)
{
    check_real(0.1, "0.1");
    check_real(-2.5, "-2.5");
    check_real(3, "3");
    check_real(1.0 / 3, "0.3333333333333333");
    check_real(0.1 + 0.2, "0.30000000000000004");
    check_real(1e300, "1e+300");
    check_real(-1.5e-300, "-1.5e-300");
}

static void test_reals(void **state)
{
    (void)state;
    check_reals();
    /* a locale that writes a comma, where the machine has one */
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8"))
        check_reals();
    setlocale(LC_NUMERIC, "C");
}

/* ---- selects ---- */

struct select_case
{
    struct cc_source source;
    struct cc_schema schema;
    struct cc_select select;
};

static void select_init(struct select_case *c, const char *table,
                        const char *query)
{
    memset(c, 0, sizeof *c);
    c->source =
        (struct cc_source){.schema = "s", .table = table, .query = query};
    cc_schema_init(&c->schema);
    c->select.source = &c->source;
    c->select.schema = &c->schema;
    schema_column(&c->schema, "id", CC_KIND_INT32, CC_OUT_INT32);
    schema_column(&c->schema, "na\"me", CC_KIND_TEXT, CC_OUT_STRING);
    schema_column(&c->schema, "g", CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
}

static void select_free(struct select_case *c)
{
    cc_expr_free((struct cc_expr *)(uintptr_t)c->select.filter);
    cc_schema_free(&c->schema);
}

static void check_select(const struct cc_dialect *dialect,
                         const struct select_case *c, const char *expected,
                         bool verbatim, bool exact)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_select_result result;
    assert_int_equal(cc_select_sql(dialect, &c->select, &out, &result), 0);
    assert_string_equal(cc_strbuf_text(&out), expected);
    assert_int_equal(result.verbatim, verbatim);
    assert_int_equal(result.filter_exact, exact);
    cc_strbuf_free(&out);
}

static const struct cc_expr *id_is_5(void)
{
    struct cc_expr *equal = cc_expr_new(CC_OP_EQ);
    assert_int_equal(cc_expr_add(equal, cc_expr_column(0)), 0);
    assert_int_equal(cc_expr_add(equal, cc_expr_integer(5)), 0);
    return equal;
}

static void test_table(void **state)
{
    (void)state;
    struct select_case c;
    select_init(&c, "t", NULL);
    check_select(&full_dialect, &c,
                 "SELECT \"id\", \"na\"\"me\", \"g\" FROM \"s\".\"t\"", false,
                 true);
    const bool wanted[] = {false, true, false};
    c.select.wanted = wanted;
    check_select(&full_dialect, &c, "SELECT \"na\"\"me\" FROM \"s\".\"t\"",
                 false, true);
    const bool none[] = {false, false, false};
    c.select.wanted = none;
    c.source.schema = NULL;
    check_select(&full_dialect, &c, "SELECT 1 FROM \"t\"", false, true);
    c.source.project = "p";
    c.source.schema = "d";
    check_select(&with_dialect, &c, "SELECT 1 FROM `p`.`d`.`t`", false, true);
    c.schema.columns[1].skipped = true;
    c.select.wanted = wanted;
    check_select(&with_dialect, &c, "SELECT 1 FROM `p`.`d`.`t`", false, true);
    c.select.wanted = NULL;
    c.schema.columns[2].kind = CC_KIND_JSON;
    check_select(&full_dialect, &c,
                 "SELECT \"id\", text(\"g\") FROM \"p\".\"d\".\"t\"", false,
                 true);
    select_free(&c);
}

static void test_table_where(void **state)
{
    (void)state;
    const struct cc_box box = {1.5, 2, 3, 4};
    struct select_case c;
    select_init(&c, "t", NULL);
    c.select.filter = id_is_5();
    check_select(&full_dialect, &c,
                 "SELECT \"id\", \"na\"\"me\", \"g\" FROM \"s\".\"t\" WHERE "
                 "\"id\" = 5",
                 false, true);
    c.select.box = &box;
    c.select.box_column = 2;
    const bool wanted[] = {true, false, false};
    c.select.wanted = wanted;
    check_select(&full_dialect, &c,
                 "SELECT \"id\" FROM \"s\".\"t\" WHERE \"g\" meets 1.5 AND "
                 "(\"id\" = 5)",
                 false, true);
    c.schema.columns[2].geodetic = true;
    check_select(&full_dialect, &c,
                 "SELECT \"id\" FROM \"s\".\"t\" WHERE \"id\" = 5", false,
                 true);
    check_select(&poor_dialect, &c, "SELECT [id] FROM [s].[t] WHERE [id] = 5",
                 false, true);
    c.schema.columns[0].skipped = true;
    check_select(&poor_dialect, &c, "SELECT 1 FROM [s].[t]", false, false);
    select_free(&c);
}

static void test_query(void **state)
{
    (void)state;
    struct select_case c;
    select_init(&c, NULL, "SELECT 1 AS id, 2, 3 -- three\n;");
    check_select(&full_dialect, &c, "SELECT 1 AS id, 2, 3", true, true);
    const bool wanted[] = {true, false, true};
    c.select.wanted = wanted;
    check_select(&full_dialect, &c,
                 "SELECT \"c1\", \"c3\" FROM (SELECT 1 AS id, 2, 3\n) AS "
                 "\"cc\" (\"c1\", \"c2\", \"c3\")",
                 false, true);
    check_select(&with_dialect, &c,
                 "SELECT `c1`, `c3` FROM (WITH `cc` (`c1`, `c2`, `c3`) AS "
                 "(SELECT 1 AS id, 2, 3\n) SELECT * FROM `cc`) AS `cc`",
                 false, true);
    check_select(&poor_dialect, &c,
                 "SELECT [id], [g] FROM (SELECT 1 AS id, 2, 3\n) AS [cc]",
                 false, true);
    c.select.wanted = NULL;
    c.select.filter = id_is_5();
    check_select(&full_dialect, &c,
                 "SELECT \"c1\", \"c2\", \"c3\" FROM (SELECT 1 AS id, 2, 3\n) "
                 "AS \"cc\" (\"c1\", \"c2\", \"c3\") WHERE \"c1\" = 5",
                 false, true);
    select_free(&c);
}

static void test_query_casts(void **state)
{
    (void)state;
    struct select_case c;
    select_init(&c, NULL, "VALUES (1, 2, 3)");
    c.schema.columns[1].kind = CC_KIND_JSON;
    check_select(&full_dialect, &c,
                 "SELECT \"c1\", text(\"c2\"), \"c3\" FROM (VALUES (1, 2, 3)\n)"
                 " AS \"cc\" (\"c1\", \"c2\", \"c3\")",
                 false, true);
    select_free(&c);
}

static void test_query_without_names(void **state)
{
    (void)state;
    struct select_case c;
    select_init(&c, NULL, "SELECT 1 AS id, 2, 3");
    free(c.schema.columns[2].name);
    c.schema.columns[2].name = strdup("id");
    const bool named[] = {false, true, false};
    c.select.wanted = named;
    check_select(&poor_dialect, &c,
                 "SELECT [na\"me] FROM (SELECT 1 AS id, 2, 3\n) AS [cc]", false,
                 true);
    const bool repeated[] = {true, false, false};
    c.select.wanted = repeated;
    c.select.filter = id_is_5();
    check_select(&poor_dialect, &c, "SELECT 1 AS id, 2, 3", true, false);
    c.select.wanted = named;
    check_select(&poor_dialect, &c,
                 "SELECT [na\"me] FROM (SELECT 1 AS id, 2, 3\n) AS [cc]", false,
                 false);
    select_free(&c);
}

static bool never(const char *query, size_t length)
{
    (void)query;
    (void)length;
    return false;
}

static void test_query_that_cannot_be_wrapped(void **state)
{
    (void)state;
    struct select_case c;
    select_init(&c, NULL, "SHOW server_version;");
    c.select.filter = id_is_5();
    check_select(&full_dialect, &c, "SHOW server_version", true, false);
    assert_false(cc_select_wraps(&full_dialect, &c.select));
    c.source.query = "SELECT 'open ;";
    check_select(&full_dialect, &c, "SELECT 'open ;", true, false);
    c.source.query = "SELECT 1";
    assert_true(cc_select_wraps(&full_dialect, &c.select));
    struct cc_dialect strict = full_dialect;
    strict.can_wrap = never;
    check_select(&strict, &c, "SELECT 1", true, false);
    select_free(&c);
}

static void test_count(void **state)
{
    (void)state;
    struct select_case c;
    select_init(&c, "t", NULL);
    c.select.filter = id_is_5();
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_select_result result;
    assert_int_equal(cc_count_sql(&full_dialect, &c.select, &out, &result), 0);
    assert_string_equal(cc_strbuf_text(&out),
                        "SELECT count(*) FROM \"s\".\"t\" WHERE \"id\" = 5");
    assert_true(result.filter_exact);
    cc_strbuf_free(&out);
    select_free(&c);
}

/* ---- relations ---- */

static void check_relations(const struct cc_dialect *dialect, const char *sql,
                            const char *expected)
{
    struct select_case table;
    struct select_case query;
    select_init(&table, "t", NULL);
    select_init(&query, NULL, "SELECT 1, 2, 3;");
    const struct cc_relation relations[] = {{"towns", &table.select},
                                            {"My query", &query.select}};
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_int_equal(cc_sql_with_relations(dialect, sql, relations, 2, &out),
                     0);
    assert_string_equal(cc_strbuf_text(&out), expected);
    cc_strbuf_free(&out);
    select_free(&table);
    select_free(&query);
}

#define TOWNS "\"towns\" AS (SELECT * FROM \"s\".\"t\"\n)"
#define QUERY "\"My query\" AS (SELECT 1, 2, 3\n)"

static void test_relations(void **state)
{
    (void)state;
    check_relations(&full_dialect, "SELECT * FROM other; ",
                    "SELECT * FROM other; ");
    check_relations(&full_dialect, "SELECT * FROM Towns;",
                    "WITH " TOWNS "\nSELECT * FROM Towns");
    check_relations(&full_dialect, "SELECT * FROM towns, \"My query\"",
                    "WITH " TOWNS ", " QUERY
                    "\nSELECT * FROM towns, \"My query\"");
    check_relations(&full_dialect, "EXPLAIN SELECT * FROM towns",
                    "EXPLAIN SELECT * FROM towns");
    check_relations(&full_dialect, "SELECT 'towns'", "SELECT 'towns'");
    check_relations(&with_dialect, "SELECT * FROM `My query`",
                    "WITH `My query` (`id`, `na\"me`, `g`) AS (SELECT 1, 2, 3\n"
                    ")\nSELECT * FROM `My query`");
}

static void test_relations_before_with(void **state)
{
    (void)state;
    check_relations(&full_dialect, "WITH a AS (SELECT 1) SELECT * FROM towns",
                    "WITH " TOWNS ", a AS (SELECT 1) SELECT * FROM towns");
    check_relations(&full_dialect,
                    "WITH a (x) AS (SELECT ')'), Towns AS (SELECT 1) "
                    "SELECT * FROM towns",
                    "WITH a (x) AS (SELECT ')'), Towns AS (SELECT 1) "
                    "SELECT * FROM towns");
    check_relations(&full_dialect,
                    "WITH RECURSIVE a AS (SELECT 1) SELECT * FROM towns;",
                    "WITH " TOWNS "\n(WITH RECURSIVE a AS (SELECT 1) SELECT * "
                    "FROM towns\n)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_reals),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_where),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_query_casts),
        cmocka_unit_test(test_query_without_names),
        cmocka_unit_test(test_query_that_cannot_be_wrapped),
        cmocka_unit_test(test_count),
        cmocka_unit_test(test_relations),
        cmocka_unit_test(test_relations_before_with),
    };
    return cmocka_run_group_tests_name("sql", tests, NULL, NULL);
}
