/* SPDX-License-Identifier: MIT */
#include "filter_fixture.h"
#include "sql_fixture.h"

#include "sql/datetime.h"

#include <math.h>

/* ---- the schema of every case ---- */

enum column
{
    I32,
    I64,
    F64,
    DEC,
    TXT,
    FLAG,
    DAY,
    CLOCK,
    STAMP,
    ZONED,
    GEOM,
    LOST,
    BIN,
    TXT2
};

static struct cc_schema schema;

static int set_up(void **state)
{
    (void)state;
    cc_schema_init(&schema);
    schema_column(&schema, "i", CC_KIND_INT32, CC_OUT_INT32);
    schema_column(&schema, "l", CC_KIND_INT64, CC_OUT_INT64);
    schema_column(&schema, "f", CC_KIND_FLOAT64, CC_OUT_FLOAT64);
    schema_column(&schema, "d", CC_KIND_DECIMAL, CC_OUT_FLOAT64);
    schema_column(&schema, "t", CC_KIND_TEXT, CC_OUT_STRING);
    schema_column(&schema, "b", CC_KIND_BOOLEAN, CC_OUT_BOOLEAN);
    schema_column(&schema, "day", CC_KIND_DATE, CC_OUT_DATE);
    schema_column(&schema, "clock", CC_KIND_TIME, CC_OUT_TIME);
    schema_column(&schema, "ts", CC_KIND_TIMESTAMP, CC_OUT_TIMESTAMP);
    schema_column(&schema, "tz", CC_KIND_TIMESTAMPTZ, CC_OUT_TIMESTAMPTZ);
    schema_column(&schema, "g", CC_KIND_GEOMETRY, CC_OUT_GEOMETRY);
    schema_column(&schema, "lost", CC_KIND_INT32, CC_OUT_INT32)->skipped = true;
    schema_column(&schema, "bin", CC_KIND_BINARY, CC_OUT_BINARY);
    schema_column(&schema, "u", CC_KIND_TEXT, CC_OUT_STRING);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    cc_schema_free(&schema);
    return 0;
}

/* ---- expressions ---- */

static struct cc_expr *eq(enum column column, struct cc_expr *value)
{
    return op(CC_OP_EQ, col(column), value, NULL);
}

static struct cc_expr *other(void)
{
    return cc_expr_new(CC_OP_OTHER);
}

static struct cc_expr * not(struct cc_expr * expr)
{
    return op(CC_OP_NOT, expr, NULL, NULL);
}

static struct cc_expr * and (struct cc_expr * a, struct cc_expr *b)
{
    return op(CC_OP_AND, a, b, NULL);
}

static struct cc_expr * or (struct cc_expr * a, struct cc_expr *b)
{
    return op(CC_OP_OR, a, b, NULL);
}

/* ---- checks ---- */

static int name(void *context, struct cc_strbuf *out, size_t column)
{
    (void)context;
    return cc_strbuf_append(out, schema.columns[column].name);
}

static void check_in(const struct cc_dialect *dialect, struct cc_expr *expr,
                     const char *expected, bool expect_exact)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    bool exact = !expect_exact;
    (void)cc_strbuf_append(&out, ">");
    assert_int_equal(
        cc_filter_sql(dialect, &schema, expr, name, NULL, &out, &exact), 0);
    assert_string_equal(cc_strbuf_text(&out) + 1, expected);
    assert_int_equal(exact, expect_exact);
    cc_strbuf_free(&out);
    cc_expr_free(expr);
}

static void check(struct cc_expr *expr, const char *expected)
{
    check_in(&full_dialect, expr, expected, true);
}

static void check_part(struct cc_expr *expr, const char *expected)
{
    check_in(&full_dialect, expr, expected, false);
}

static void check_nothing(struct cc_expr *expr)
{
    check_in(&full_dialect, expr, "", false);
}

/* ---- comparisons ---- */

static void test_numbers(void **state)
{
    (void)state;
    check(eq(I32, num(5)), "i = 5");
    check(op(CC_OP_NE, col(I32), num(-5), NULL), "i <> -5");
    check(op(CC_OP_LT, col(F64), cc_expr_real(0.1), NULL), "f < 0.1");
    check(op(CC_OP_LE, num(3), col(DEC), NULL), "3 <= d");
    check(op(CC_OP_GT, col(I64), num(INT64_MIN), NULL),
          "l > -9223372036854775808");
    check(op(CC_OP_GE, col(I32), col(F64), NULL), "i >= f");
    check(op(CC_OP_BETWEEN, col(I32), num(1), num(2)), "i BETWEEN 1 AND 2");
    check(op(CC_OP_IN, col(I32), num(1), num(2)), "i IN (1, 2)");
    check(eq(I32, str("42")), "i = 42");
    check(eq(I32, str("-42")), "i = -42");
    check_nothing(eq(I32, str("42x")));
    check_nothing(eq(I32, str("")));
    check_nothing(eq(I32, str("1; DROP TABLE t")));
    check_nothing(eq(I32, str("9999999999999999999")));
    check_nothing(eq(F64, cc_expr_real(NAN)));
    check_nothing(eq(F64, cc_expr_real(INFINITY)));
    check(eq(I64, cc_expr_real(2.5)), "l = 2.5");
    check_nothing(eq(I64, cc_expr_real(9007199254740992.0)));
}

static void test_texts(void **state)
{
    (void)state;
    check(eq(TXT, str("it's")), "fold(t) = fold('it''s')");
    check(op(CC_OP_NE, col(TXT), str(""), NULL), "fold(t) <> fold('')");
    check(op(CC_OP_IN, col(TXT), str("a"), str("b")),
          "fold(t) IN (fold('a'), fold('b'))");
    check(op(CC_OP_LT, col(TXT), str("a"), NULL), "bytes(t) < bytes('a')");
    check(op(CC_OP_BETWEEN, col(TXT), str("a"), str("b")),
          "bytes(t) BETWEEN bytes('a') AND bytes('b')");
    check(eq(TXT, col(TXT2)), "fold(t) = fold(u)");
    check_nothing(eq(TXT, num(5)));
    check_nothing(eq(TXT, cc_expr_real(5)));
    check_nothing(eq(TXT, str("\xFF")));
    check_in(&with_dialect, eq(TXT, str("a")), "", false);
    check_in(&poor_dialect, eq(TXT, str("a")), "", false);
}

static void test_booleans(void **state)
{
    (void)state;
    check(eq(FLAG, num(1)), "b = 1");
    check(op(CC_OP_IN, col(FLAG), num(0), num(1)), "b IN (0, 1)");
    check(col(FLAG), "b = 1");
    check(not(col(FLAG)), "NOT (b = 1)");
    check_nothing(eq(FLAG, num(2)));
    check_nothing(eq(FLAG, str("t")));
    check_nothing(op(CC_OP_LT, col(FLAG), num(1), NULL));
    check_nothing(eq(FLAG, col(I32)));
    check_nothing(col(I32));
}

static void test_datetimes(void **state)
{
    (void)state;
    check(eq(DAY, str("2024/02/29")), "day = T'2024-02-29'");
    check(op(CC_OP_GE, col(STAMP), str("2024/02/29 10:00:00"), NULL),
          "ts >= T'2024-02-29 10:00:00'");
    check(op(CC_OP_LT, col(ZONED), str("2024-02-29"), NULL),
          "tz < T'2024-02-29 00:00:00+00:00'");
    check(op(CC_OP_BETWEEN, col(CLOCK), str("10:00"), str("11:00:00.5")),
          "clock BETWEEN T'10:00:00' AND T'11:00:00.5'");
    check(eq(DAY, col(DAY)), "day = day");
    check_nothing(eq(DAY, col(STAMP)));
    check_nothing(eq(DAY, str("2023/02/29")));
    check_nothing(eq(DAY, str("2024/02/29 10:00:00")));
    check_nothing(eq(DAY, num(5)));
    check_in(&with_dialect, eq(DAY, str("2024/02/29")), "", false);
}

static void check_datetime(enum cc_type type, const char *text,
                           const char *expected)
{
    char out[CC_DATETIME_SIZE];
    assert_int_equal(cc_sql_datetime(type, text, out), expected ? 0 : 1);
    if (expected)
        assert_string_equal(out, expected);
}

static void test_datetime_texts(void **state)
{
    (void)state;
    check_datetime(CC_OUT_DATE, "0001-01-01", "0001-01-01");
    check_datetime(CC_OUT_DATE, "9999/12/31", "9999-12-31");
    check_datetime(CC_OUT_DATE, "2000/02/29", "2000-02-29");
    check_datetime(CC_OUT_DATE, "1900/02/29", NULL);
    check_datetime(CC_OUT_DATE, "0000/01/01", NULL);
    check_datetime(CC_OUT_DATE, "2024/13/01", NULL);
    check_datetime(CC_OUT_DATE, "2024/04/31", NULL);
    check_datetime(CC_OUT_DATE, "2024/4/1", NULL);
    check_datetime(CC_OUT_DATE, "2024/04/01x", NULL);
    check_datetime(CC_OUT_DATE, "10:00", NULL);
    check_datetime(CC_OUT_DATE, "", NULL);
    check_datetime(CC_OUT_TIME, "23:59:59.999999", "23:59:59.999999");
    check_datetime(CC_OUT_TIME, "24:00:00", NULL);
    check_datetime(CC_OUT_TIME, "23:60", NULL);
    check_datetime(CC_OUT_TIME, "23:59:60", NULL);
    check_datetime(CC_OUT_TIME, "10:00:00.1234567", NULL);
    check_datetime(CC_OUT_TIME, "10:00:00.", NULL);
    check_datetime(CC_OUT_TIME, "10:00:00+00", NULL);
    check_datetime(CC_OUT_TIMESTAMP, "2024-02-29T10:00", "2024-02-29 10:00:00");
    check_datetime(CC_OUT_TIMESTAMP, "2024-02-29", "2024-02-29 00:00:00");
    check_datetime(CC_OUT_TIMESTAMP, "2024-02-29 10:00:00+00", NULL);
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-02-29 10:00:00.25Z",
                   "2024-02-29 10:00:00.25+00:00");
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-02-29 10:00:00-0530",
                   "2024-02-29 10:00:00-05:30");
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-02-29 10:00:00+05:45",
                   "2024-02-29 10:00:00+05:45");
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-02-29 10:00:00+5", NULL);
    check_datetime(CC_OUT_TIMESTAMPTZ, "2024-02-29 10:00:00+16", NULL);
    check_datetime(CC_OUT_STRING, "2024-02-29", NULL);
}

static void test_like(void **state)
{
    (void)state;
    check(op(CC_OP_LIKE, col(TXT), str("a%"), NULL), "t LIKE 'a%' escape 0");
    check(op(CC_OP_ILIKE, col(TXT), str("a%"), str("!")),
          "t ILIKE 'a%' escape 33");
    check(not(op(CC_OP_LIKE, col(TXT), str("a"), NULL)),
          "NOT (t LIKE 'a' escape 0)");
    check_nothing(op(CC_OP_LIKE, col(TXT), str("a\\"), NULL));
    check_nothing(op(CC_OP_LIKE, col(TXT), str("a"), str("")));
    check_nothing(op(CC_OP_LIKE, col(TXT), str("a"), str("ab")));
    check_nothing(op(CC_OP_LIKE, col(TXT), str("a"), str("%")));
    check_nothing(op(CC_OP_LIKE, col(TXT), str("a"), str("\xC3\xA9")));
    check_nothing(op(CC_OP_LIKE, col(TXT), str("a"), num(1)));
    check_nothing(op(CC_OP_LIKE, col(TXT), str("\xFF"), NULL));
    check_nothing(op(CC_OP_LIKE, col(TXT), col(TXT2), NULL));
    check_nothing(op(CC_OP_LIKE, col(I32), str("a"), NULL));
    check_in(&with_dialect, op(CC_OP_LIKE, col(TXT), str("a"), NULL), "",
             false);
}

static void test_nulls(void **state)
{
    (void)state;
    check(op(CC_OP_IS_NULL, col(BIN), NULL, NULL), "bin IS NULL");
    check(not(op(CC_OP_IS_NULL, col(TXT), NULL, NULL)), "NOT (t IS NULL)");
    check_nothing(eq(I32, cc_expr_new(CC_OP_NULL)));
    check_nothing(op(CC_OP_IN, col(I32), num(1), cc_expr_new(CC_OP_NULL)));
    check_nothing(op(CC_OP_IS_NULL, other(), NULL, NULL));
}

static void test_untranslatable(void **state)
{
    (void)state;
    check_nothing(eq(GEOM, num(1)));
    check_nothing(eq(LOST, num(1)));
    check_nothing(eq(BIN, str("a")));
    check_nothing(op(CC_OP_EQ, num(1), num(1), NULL));
    check_nothing(eq(I32, other()));
    check_nothing(other());
    check_nothing(num(1));
    check_nothing(op(CC_OP_EQ, col(I32), NULL, NULL));
    check_nothing(op(CC_OP_IN, col(I32), NULL, NULL));
    check_nothing(op(CC_OP_BETWEEN, col(I32), num(1), NULL));
    check_nothing(op(CC_OP_NOT, NULL, NULL, NULL));
    check_nothing(op(CC_OP_AND, NULL, NULL, NULL));
    check_nothing(eq((enum column)99, num(1)));
}

/* ---- junctions ---- */

static void test_junctions(void **state)
{
    (void)state;
    check(and(eq(I32, num(1)), eq(F64, num(2))), "(i = 1) AND (f = 2)");
    check(or (eq(I32, num(1)), and(eq(F64, num(2)), eq(DEC, num(3)))),
          "(i = 1) OR ((f = 2) AND (d = 3))");
    check_part(and(eq(I32, num(1)), other()), "(i = 1)");
    check_part(and(other(), eq(I32, num(1))), "(i = 1)");
    check_part(and(and(other(), eq(I32, num(1))), eq(F64, num(2))),
               "((i = 1)) AND (f = 2)");
    check_nothing(or (eq(I32, num(1)), other()));
    check_part(or (eq(I32, num(1)), and(other(), eq(F64, num(2)))),
               "(i = 1) OR ((f = 2))");
    check_part(and(or (eq(I32, num(1)), other()), eq(F64, num(2))), "(f = 2)");
}

static void test_negations(void **state)
{
    (void)state;
    check(not(eq(I32, num(1))), "NOT (i = 1)");
    check(not(not(eq(I32, num(1)))), "i = 1");
    check(not(and(eq(I32, num(1)), eq(F64, num(2)))),
          "(NOT (i = 1)) OR (NOT (f = 2))");
    check(not(or (eq(I32, num(1)), not(eq(F64, num(2))))),
          "(NOT (i = 1)) AND (f = 2)");
    /* a part of a conjunction is no superset once negated */
    check_nothing(not(and(eq(I32, num(1)), other())));
    check_part(not(or (eq(I32, num(1)), other())), "(NOT (i = 1))");
    check_nothing(not(other()));
}

static void test_many_terms(void **state)
{
    (void)state;
    struct cc_expr *expr = cc_expr_new(CC_OP_OR);
    for (int64_t i = 0; i < 1000; i++)
        assert_int_equal(cc_expr_add(expr, eq(I32, num(i))), 0);
    struct cc_strbuf out = CC_STRBUF_INIT;
    bool exact = false;
    assert_int_equal(
        cc_filter_sql(&full_dialect, &schema, expr, name, NULL, &out, &exact),
        0);
    assert_true(exact);
    assert_non_null(strstr(cc_strbuf_text(&out), "OR (i = 999)"));
    cc_strbuf_free(&out);
    cc_expr_free(expr);
}

static void test_depth(void **state)
{
    (void)state;
    struct cc_expr *expr = eq(I32, num(1));
    for (int i = 0; i < 100; i++)
        expr = not(not(expr));
    check(expr, "i = 1");
    expr = eq(I32, num(1));
    for (int i = 0; i < 10000; i++)
        expr = not(expr);
    check_nothing(expr);
}

static void test_expressions(void **state)
{
    (void)state;
    struct cc_expr *expr = cc_expr_new(CC_OP_AND);
    assert_int_equal(cc_expr_add(expr, NULL), -1);
    assert_int_equal(cc_expr_add(NULL, cc_expr_integer(1)), -1);
    assert_int_equal(expr->arg_count, 0);
    cc_expr_free(expr);
    cc_expr_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_datetimes),
        cmocka_unit_test(test_datetime_texts),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_nulls),
        cmocka_unit_test(test_untranslatable),
        cmocka_unit_test(test_junctions),
        cmocka_unit_test(test_negations),
        cmocka_unit_test(test_many_terms),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_expressions),
    };
    return cmocka_run_group_tests_name("filter", tests, set_up, tear_down);
}
