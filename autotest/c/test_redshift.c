/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "provider/redshift.h"
#include "wire/pg_types.h"

#include <stdlib.h>
#include <string.h>

#define CASE_FOLDING                                                           \
    ", 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')"

/* A column of genuine Redshift, or of PostgreSQL in its place. */
static struct cc_column column_of(uint32_t oid, bool genuine)
{
    struct cc_column column = {.name = (char *)(uintptr_t) "s",
                               .kind = CC_KIND_TEXT,
                               .type = CC_OUT_STRING,
                               .native_id = oid};
    if (genuine)
        column.native_id |= CC_REDSHIFT_COLUMN;
    return column;
}

static void check(struct cc_strbuf *out, int status, const char *expected)
{
    assert_int_equal(status, expected ? 0 : 1);
    assert_string_equal(cc_strbuf_text(out), expected ? expected : "");
    cc_strbuf_free(out);
}

/* ---- literals ---- */

static void test_string_literal(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"", "''"},
        {"it's", "'it''s'"},
        {"a\\b", "('a' || chr(92) || 'b')"},
        {"\\", "('' || chr(92) || '')"},
        {"'\\'", "('''' || chr(92) || '''')"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_strbuf out = CC_STRBUF_INIT;
        check(&out, cc_dialect_redshift.string_literal(&out, cases[i][0]),
              cases[i][1]);
    }
}

static void test_other_literals(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = column_of(CC_PG_BOOL, true);
    check(&out, cc_dialect_redshift.boolean_literal(&out, &column, true),
          "TRUE");
    check(&out, cc_dialect_redshift.boolean_literal(&out, &column, false),
          "FALSE");
    column.type = CC_OUT_TIMESTAMPTZ;
    check(&out,
          cc_dialect_redshift.datetime_literal(&out, &column,
                                               "2024-02-29 00:00:00+00:00"),
          "TIMESTAMPTZ '2024-02-29 00:00:00+00:00'");
}

static void test_select_item(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = column_of(CC_REDSHIFT_SUPER, true);
    column.kind = CC_KIND_JSON;
    check(&out, cc_dialect_redshift.select_item(&out, &column, "\"s\""),
          "\"s\"");
    column = column_of(1007, false); /* int4[] */
    column.kind = CC_KIND_JSON;
    check(&out, cc_dialect_redshift.select_item(&out, &column, "\"s\""),
          "to_json(\"s\")::text");
}

/* ---- texts ---- */

static void test_fold_case(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = column_of(CC_PG_VARCHAR, true);
    check(&out, cc_dialect_redshift.fold_case(&out, &column, "\"s\""),
          "collate(translate(\"s\" || '.'" CASE_FOLDING ", 'case_sensitive')");
    column = column_of(CC_PG_BPCHAR, true);
    check(&out, cc_dialect_redshift.fold_case(&out, &column, "'x '"),
          "collate(translate(rtrim('x ') || '.'" CASE_FOLDING
          ", 'case_sensitive')");
    column = column_of(CC_PG_VARCHAR, false);
    check(&out, cc_dialect_redshift.fold_case(&out, &column, "\"s\""),
          "((translate(\"s\" || '.'" CASE_FOLDING ") COLLATE \"C\")");
}

static void test_by_bytes(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = column_of(CC_PG_VARCHAR, true);
    check(&out, cc_dialect_redshift.by_bytes(&out, &column, "\"s\""),
          "collate(translate(\"s\" || chr(1)" CASE_FOLDING
          ", 'case_sensitive')");
}

/* Their text is made when they are sent. */
static void test_other_types_are_not_compared(void **state)
{
    (void)state;
    static const uint32_t oids[] = {CC_REDSHIFT_SUPER, CC_REDSHIFT_INTERVALY2M,
                                    CC_PG_TIMETZ, CC_REDSHIFT_VARBYTE,
                                    CC_PG_NUMERIC};
    for (size_t i = 0; i < sizeof oids / sizeof *oids; i++)
    {
        struct cc_strbuf out = CC_STRBUF_INIT;
        struct cc_column column = column_of(oids[i], true);
        check(&out, cc_dialect_redshift.fold_case(&out, &column, "\"s\""),
              NULL);
        check(&out, cc_dialect_redshift.by_bytes(&out, &column, "\"s\""), NULL);
        check(&out,
              cc_dialect_redshift.like(&out, &column, "\"s\"", "a", 0, false),
              NULL);
    }
}

/* ---- LIKE ---- */

static void test_like(void **state)
{
    (void)state;
    static const struct
    {
        const char *pattern;
        char escape;
        const char *written; /* NULL: not expressible */
    } cases[] = {
        {"a%", 0, "'a%.' ESCAPE '~'"},
        {"A_'", 0, "'A_''.' ESCAPE '~'"},
        {"a~%", 0, "'a~%.' ESCAPE '^'"},
        {"100x%%", 'x', "'100~%%.' ESCAPE '~'"},
        {"axxb", 'x', "'axb.' ESCAPE '~'"},
        {"a\\_b", '\\', "'a~_b.' ESCAPE '~'"},
        {"a\\b", 0, "('a' || chr(92) || 'b.') ESCAPE '~'"},
        {"ax", 'x', NULL},
        {"~^!|#@`;", 0, NULL},
        {"", 0, "'.' ESCAPE '~'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_strbuf out = CC_STRBUF_INIT;
        struct cc_strbuf expected = CC_STRBUF_INIT;
        struct cc_column column = column_of(CC_PG_VARCHAR, true);
        (void)cc_strbuf_append(&expected,
                               "collate(\"s\" || '.', 'case_sensitive') LIKE ");
        if (cases[i].written)
            (void)cc_strbuf_append(&expected, cases[i].written);
        check(&out,
              cc_dialect_redshift.like(&out, &column, "\"s\"", cases[i].pattern,
                                       cases[i].escape, false),
              cases[i].written ? cc_strbuf_text(&expected) : NULL);
        cc_strbuf_free(&expected);
    }
}

static void test_like_ignoring_case(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = column_of(CC_PG_VARCHAR, true);
    check(&out,
          cc_dialect_redshift.like(&out, &column, "\"s\"", "É_Bx%", 'x', true),
          "collate(translate(\"s\" || '.'" CASE_FOLDING
          ", 'case_sensitive') LIKE 'É_b~%.' ESCAPE '~'");
}

/* ---- boxes ---- */

static void test_box(void **state)
{
    (void)state;
    const struct cc_box box = {1, 2, 3.5, 4};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column column = column_of(CC_REDSHIFT_GEOMETRY, true);
    column.kind = CC_KIND_GEOMETRY;
    column.srid = 4326;
    check(&out, cc_dialect_redshift.box(&out, &column, "g", &box),
          "(ST_SRID(g) NOT IN (0, 4326) OR (ST_XMax(g) >= 1 AND "
          "ST_XMin(g) <= 3.5 AND ST_YMax(g) >= 2 AND ST_YMin(g) <= 4))");
    column.geodetic = true;
    check(&out, cc_dialect_redshift.box(&out, &column, "g", &box), NULL);
    column.geodetic = false;
    column.srid = CC_SRID_UNKNOWN;
    check(&out, cc_dialect_redshift.box(&out, &column, "g", &box), NULL);
    column.srid = CC_SRID_CUSTOM;
    check(&out, cc_dialect_redshift.box(&out, &column, "g", &box), NULL);
}

/* ---- types ---- */

static void check_type(uint32_t oid, int32_t typmod, enum cc_kind kind,
                       const char *name)
{
    struct cc_schema schema;
    struct cc_error error;
    cc_schema_init(&schema);
    cc_error_init(&error, NULL);
    struct cc_column *column = cc_schema_add(&schema, "c", "");
    assert_non_null(column);
    assert_int_equal(cc_redshift_set_type(column, oid, typmod, &error), 0);
    assert_int_equal(column->kind, kind);
    assert_string_equal(column->native_type, name);
    assert_int_equal(column->native_id & UINT32_MAX, oid);
    if (kind == CC_KIND_GEOMETRY)
        assert_int_equal(column->encoding, CC_GEOMETRY_AUTO);
    assert_int_equal(column->geodetic, oid == CC_REDSHIFT_GEOGRAPHY);
    cc_schema_free(&schema);
}

static void test_types(void **state)
{
    (void)state;
    check_type(CC_PG_BOOL, -1, CC_KIND_BOOLEAN, "boolean");
    check_type(CC_PG_INT2, -1, CC_KIND_INT16, "smallint");
    check_type(CC_PG_INT8, -1, CC_KIND_INT64, "bigint");
    check_type(CC_PG_NUMERIC, (12 << 16 | 3) + 4, CC_KIND_DECIMAL,
               "numeric(12,3)");
    check_type(CC_PG_NUMERIC, -1, CC_KIND_DECIMAL, "numeric");
    check_type(CC_PG_VARCHAR, 24, CC_KIND_TEXT, "character varying(20)");
    check_type(CC_PG_BPCHAR, 9, CC_KIND_TEXT, "character(5)");
    check_type(CC_PG_TIMETZ, -1, CC_KIND_TEXT, "time with time zone");
    check_type(CC_PG_TIMESTAMPTZ, -1, CC_KIND_TIMESTAMPTZ,
               "timestamp with time zone");
    check_type(CC_REDSHIFT_INTERVALY2M, -1, CC_KIND_TEXT,
               "interval year to month");
    check_type(CC_REDSHIFT_INTERVALD2S, -1, CC_KIND_TEXT,
               "interval day to second");
    check_type(CC_REDSHIFT_GEOMETRY, -1, CC_KIND_GEOMETRY, "geometry");
    check_type(CC_REDSHIFT_GEOMETRYHEX, -1, CC_KIND_GEOMETRY, "geometry");
    check_type(CC_REDSHIFT_GEOGRAPHY, -1, CC_KIND_GEOMETRY, "geography");
    check_type(CC_REDSHIFT_SUPER, -1, CC_KIND_JSON, "super");
    check_type(CC_REDSHIFT_VARBYTE, 14, CC_KIND_BINARY, "binary varying(10)");
    check_type(987654, -1, CC_KIND_TEXT, "type 987654");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_string_literal),
        cmocka_unit_test(test_other_literals),
        cmocka_unit_test(test_select_item),
        cmocka_unit_test(test_fold_case),
        cmocka_unit_test(test_by_bytes),
        cmocka_unit_test(test_other_types_are_not_compared),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_like_ignoring_case),
        cmocka_unit_test(test_box),
        cmocka_unit_test(test_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
