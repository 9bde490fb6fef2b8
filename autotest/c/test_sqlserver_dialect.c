/* SPDX-License-Identifier: MIT */
/* T-SQL as it is written, and FreeTDS's configuration. */
#include "connector_case.h"
#include "sql_fixture.h"

#include "provider/sqlserver_internal.h"

#include <math.h>

static const struct cc_dialect *const sql = &cc_sqlserver_dialect;

/* ---- queries that may stand in FROM ---- */

static void test_wraps(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "SELECT 1",
        "select a from t where b = 'order by';",
        "SELECT [order] FROM t -- ORDER BY a\n",
        "SELECT * FROM t WITH (NOLOCK)",
        "SELECT 1 UNION ALL SELECT 2",
        "SELECT 1 UNION SELECT 2 EXCEPT SELECT 3 INTERSECT SELECT 4",
        "SELECT * FROM (SELECT TOP 5 a FROM t ORDER BY a) x",
        "SELECT row_number() OVER (ORDER BY a) FROM t",
        "SELECT a FROM t WHERE a IN (SELECT b FROM u)",
    };
    assert_wraps(sql, queries, sizeof queries / sizeof *queries, true);
}

static void test_does_not_wrap(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "WITH x AS (SELECT 1 AS a) SELECT a FROM x",
        "SELECT a FROM t ORDER BY a",
        "SELECT a FROM t OPTION (RECOMPILE)",
        "SELECT a FROM t FOR JSON AUTO",
        "SELECT a INTO #u FROM t",
        "SELECT 1; SELECT 2",
        "SELECT 1 SELECT 2",
        "SELECT a FROM t DELETE FROM t",
        "SELECT a FROM t EXEC p",
        "VALUES (1)",
        "EXEC p",
        "DECLARE @a int SELECT @a",
        "SELECT 'open",
        "SELECT (1",
    };
    assert_wraps(sql, queries, sizeof queries / sizeof *queries, false);
}

/* ---- literals ---- */

static void test_strings(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_written(&out, sql->string_literal(&out, "it's \xC3\xA9"),
                   "N'it''s \xC3\xA9'");
    assert_written(&out, sql->string_literal(&out, "a\\b"), "N'a\\b'");
    assert_written(&out, sql->string_literal(&out, "a\\\nb"),
                   "(N'a\\' + N'\nb')");
    assert_written(&out, sql->string_literal(&out, "a\\\r\nb"),
                   "(N'a\\' + N'\r\nb')");
}

static void test_identifiers(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    assert_written(&out, cc_sql_identifier(sql, &out, "a]b[\"c"), "[a]]b[\"c]");
}

static struct cc_column column_of(enum cc_tds_type native, enum cc_type type)
{
    return (struct cc_column){.native_id = native,
                              .native_modifier = CC_TDS_HAS_TRANSLATE,
                              .type = type};
}

static void test_datetimes(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_DATE, CC_OUT_DATE);
    assert_written(&out, sql->datetime_literal(&out, &c, "2024-02-29"),
                   "CAST('2024-02-29' AS date)");
    c = column_of(CC_TDS_TIME, CC_OUT_TIME);
    assert_written(&out, sql->datetime_literal(&out, &c, "23:59:59.5"),
                   "CAST('23:59:59.5' AS time(7))");
    c = column_of(CC_TDS_SMALLDATETIME, CC_OUT_TIMESTAMP);
    assert_written(&out,
                   sql->datetime_literal(&out, &c, "2024-02-29 23:59:59.5"),
                   "CAST('2024-02-29T23:59:59.5' AS datetime2(7))");
    c = column_of(CC_TDS_DATETIMEOFFSET, CC_OUT_TIMESTAMPTZ);
    assert_written(&out,
                   sql->datetime_literal(&out, &c, "2024-02-29 23:59:59+02:00"),
                   "CAST('2024-02-29T23:59:59+02:00' AS datetimeoffset(7))");
}

/* What is delivered of a datetime ends in 0, 3 or 7. */
static void test_datetime_steps(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_DATETIME, CC_OUT_TIMESTAMP);
    assert_written(&out, sql->datetime_literal(&out, &c, "2024-02-29 00:00:00"),
                   "CAST('2024-02-29T00:00:00' AS datetime)");
    assert_written(&out,
                   sql->datetime_literal(&out, &c, "2024-02-29 00:00:00.127"),
                   "CAST('2024-02-29T00:00:00.127' AS datetime)");
    assert_written(&out,
                   sql->datetime_literal(&out, &c, "2024-02-29 00:00:00.500"),
                   "CAST('2024-02-29T00:00:00.500' AS datetime)");
    assert_refused(&out,
                   sql->datetime_literal(&out, &c, "2024-02-29 00:00:00.125"));
    assert_refused(&out,
                   sql->datetime_literal(&out, &c, "2024-02-29 00:00:00.1234"));
    assert_refused(&out,
                   sql->datetime_literal(&out, &c, "1752-12-31 00:00:00"));
}

/* ---- text ---- */

static void test_folding(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_VARCHAR, CC_OUT_STRING);
    c.width = 10;
    assert_written(&out, sql->fold_case(&out, &c, "[a]"),
                   "(TRANSLATE(CONVERT(nvarchar(4000), [a]) COLLATE "
                   "Latin1_General_100_BIN2, N'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                   "N'abcdefghijklmnopqrstuvwxyz') + N'.')");
    c.native_id = CC_TDS_NCHAR;
    assert_written(&out, sql->fold_case(&out, &c, "[a]"),
                   "(TRANSLATE(RTRIM(CONVERT(nvarchar(4000), [a])) COLLATE "
                   "Latin1_General_100_BIN2, N'ABCDEFGHIJKLMNOPQRSTUVWXYZ', "
                   "N'abcdefghijklmnopqrstuvwxyz') + N'.')");
}

static void test_no_folding(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_NVARCHAR, CC_OUT_STRING);
    assert_refused(&out, sql->fold_case(&out, &c, "[a]"));
    c.width = 4000;
    assert_refused(&out, sql->fold_case(&out, &c, "[a]"));
    c.width = 10;
    c.native_modifier = 0;
    assert_refused(&out, sql->fold_case(&out, &c, "[a]"));
    c = column_of(CC_TDS_XML, CC_OUT_STRING);
    c.width = 10;
    assert_refused(&out, sql->fold_case(&out, &c, "[a]"));
    assert_null(sql->by_bytes);
}

#define AS_BINARY "CONVERT(nvarchar(max), [a]) COLLATE Latin1_General_100_BIN2"

static void test_like(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_NTEXT, CC_OUT_STRING);
    assert_written(&out, sql->like(&out, &c, "[a]", "a%b'[c]", 0, false),
                   AS_BINARY " + N'.' LIKE N'a%b''[[]c].'");
    assert_written(&out, sql->like(&out, &c, "[a]", "Ab1\xC3\xA9%", 0, true),
                   AS_BINARY " LIKE N'[Aa][bB]1\xC3\xA9%'");
    assert_written(&out, sql->like(&out, &c, "[a]", "50!%!_!!%", '!', false),
                   AS_BINARY " LIKE N'50[%][_]!%'");
    assert_written(&out, sql->like(&out, &c, "[a]", "a\\%", 0, false),
                   AS_BINARY " LIKE N'a\\%'");
    assert_written(&out, sql->like(&out, &c, "[a]", "", 0, false),
                   AS_BINARY " + N'.' LIKE N'.'");
    /* more characters than a string that is not (max) has */
    c.native_id = CC_TDS_VARCHAR;
    c.width = 8000;
    assert_written(&out, sql->like(&out, &c, "[a]", "%a", 0, false),
                   AS_BINARY " + N'.' LIKE N'%a.'");
    /* one code unit is not always one character */
    assert_refused(&out, sql->like(&out, &c, "[a]", "a_b", 0, false));
    c.native_id = CC_TDS_CHAR;
    assert_refused(&out, sql->like(&out, &c, "[a]", "a ", 0, false));
}

static void test_like_too_long(void **state)
{
    (void)state;
    char pattern[4002];
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_NVARCHAR, CC_OUT_STRING);
    memset(pattern, 'a', sizeof pattern - 1);
    pattern[sizeof pattern - 1] = '\0';
    assert_refused(&out, sql->like(&out, &c, "[a]", pattern, 0, false));
}

/* ---- select lists ---- */

static void test_select_items(void **state)
{
    (void)state;
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = column_of(CC_TDS_INT, CC_OUT_INT32);
    assert_written(&out, sql->select_item(&out, &c, "[a]"), "[a]");
    c = column_of(CC_TDS_VARIANT, CC_OUT_STRING);
    assert_int_equal(sql->select_item(&out, &c, "[a]"), 0);
    static const char *const parts[] = {
        "CASE CONVERT(nvarchar(128), SQL_VARIANT_PROPERTY([a], 'BaseType')) ",
        " WHEN N'float' THEN CONVERT(nvarchar(max), CONVERT(float, [a]), 3) ",
        " WHEN N'datetime' THEN CONVERT(nvarchar(max), CONVERT(datetime, [a]), "
        "121) ",
        " WHEN N'varbinary' THEN CONVERT(nvarchar(max), "
        "CONVERT(varbinary(8000), [a]), 1) ",
        " ELSE CONVERT(nvarchar(max), [a]) END",
    };
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_non_null(strstr(cc_strbuf_text(&out), parts[i]));
    cc_strbuf_free(&out);
    c.native_modifier = 0;
    assert_int_equal(sql->select_item(&out, &c, "[a]"), 0);
    assert_non_null(strstr(cc_strbuf_text(&out), "CONVERT(float, [a]), 2) "));
    cc_strbuf_free(&out);
    c = column_of(CC_TDS_UDT, CC_OUT_STRING);
    c.native_modifier |= CC_TDS_TO_STRING;
    assert_written(&out, sql->select_item(&out, &c, "[a]"), "[a].ToString()");
    c = column_of(CC_TDS_UDT, CC_OUT_GEOMETRY);
    assert_written(&out, sql->select_item(&out, &c, "[a]"), "[a]");
}

/* ---- boxes ---- */

static struct cc_column spatial(bool geodetic, int32_t srid)
{
    return (struct cc_column){.kind = CC_KIND_GEOMETRY,
                              .native_id = CC_TDS_UDT,
                              .geodetic = geodetic,
                              .srid = srid};
}

static void test_planar_box(void **state)
{
    (void)state;
    const struct cc_box box = {-1000000, 0, 1000000, 1000000};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = spatial(false, 3857);
    assert_written(
        &out, sql->box(&out, &c, "[g]", &box),
        "CASE WHEN [g].STIsValid() = 0 OR [g].STSrid <> 3857 THEN 1 ELSE "
        "[g].Filter(geometry::STGeomFromText(N'POLYGON((-1000001 -1, 1000001 "
        "-1, 1000001 1000001, -1000001 1000001, -1000001 -1))', 3857)) END = "
        "1");
}

/* No box may collapse to what is no polygon. */
static void test_degenerate_box(void **state)
{
    (void)state;
    const struct cc_box box = {0, 0, 0, 0};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = spatial(false, 1);
    assert_int_equal(sql->box(&out, &c, "[g]", &box), 0);
    assert_non_null(
        strstr(cc_strbuf_text(&out), "POLYGON((-1e-06 -1e-06, 1e-06 -1e-06"));
    cc_strbuf_free(&out);
}

static void test_geodetic_box(void **state)
{
    (void)state;
    const struct cc_box box = {-4, 40, -3, 41.5};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = spatial(true, 4326);
    assert_written(&out, sql->box(&out, &c, "[g]", &box),
                   "CASE WHEN [g].STSrid = 4326 AND ([g].Long < -4 OR "
                   "[g].Long > -3 OR [g].Lat < 40 OR [g].Lat > 41.5) OR [g] "
                   "IS NULL THEN 0 ELSE 1 END = 1");
}

/* Babelfish: no Filter(). */
static void test_box_of_points(void **state)
{
    (void)state;
    const struct cc_box box = {-4, 40, -3, 41.5};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = spatial(false, 4326);
    c.native_modifier = CC_TDS_POINTS_ONLY;
    assert_written(&out, sql->box(&out, &c, "[g]", &box),
                   "CASE WHEN [g].STSrid = 4326 AND ([g].STX < -4 OR "
                   "[g].STX > -3 OR [g].STY < 40 OR [g].STY > 41.5) OR [g] "
                   "IS NULL THEN 0 ELSE 1 END = 1");
}

static void test_no_box(void **state)
{
    (void)state;
    const struct cc_box box = {0, 0, 1, 1};
    const struct cc_box huge = {-1.7e308, 0, 1.7e308, 1};
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_column c = spatial(false, CC_SRID_UNKNOWN);
    assert_refused(&out, sql->box(&out, &c, "[g]", &box));
    c = spatial(false, 4326);
    assert_refused(&out, sql->box(&out, &c, "[g]", &huge));
    c = column_of(CC_TDS_VARCHAR, CC_OUT_GEOMETRY);
    assert_refused(&out, sql->box(&out, &c, "[g]", &box));
}

/* ---- FreeTDS's configuration ---- */

#define MAX_PAIRS 12

/* The configuration for further open options. NULL: refused. */
static char *configuration(const struct pair *more, struct cc_error *error)
{
    struct pair pairs[MAX_PAIRS] = {
        {"PROVIDER", "sqlserver"},   {"SERVER", "host.example"},
        {"DATABASE", "db"},          {"USERNAME", "me"},
        {"PASSWORD", "secret-word"}, {"TABLE", "t"}};
    size_t count = 6;
    for (; more && more->name; more++)
    {
        size_t i = 0;
        while (i < count && strcmp(pairs[i].name, more->name) != 0)
            i++;
        pairs[i] = *more;
        count = i == count ? count + 1 : count;
    }
    struct cc_connector *connector =
        case_valid((struct connector_case){.options = pairs});
    struct cc_strbuf out = CC_STRBUF_INIT;
    cc_error_init(error, NULL);
    int status = cc_tds_configuration(connector, "me-1", &out, error);
    cc_connector_free(connector);
    if (status == 0)
        return cc_strbuf_take(&out);
    cc_strbuf_free(&out);
    return NULL;
}

static void assert_configured(const struct pair *more, const char *expected)
{
    struct cc_error error;
    char *text = configuration(more, &error);
    assert_string_equal(error.message, "");
    if (!strstr(text, expected))
        fail_msg("%s\nis not in\n%s", expected, text);
    assert_null(strstr(text, "secret-word"));
    free(text);
}

static void test_configuration(void **state)
{
    (void)state;
    assert_configured(NULL, "[me-1]\n\ttds version = 7.4\n"
                            "\tclient charset = UTF-8\n"
                            "\tread-only intent = yes\n");
    assert_configured(NULL, "\tconnect timeout = 30\n"
                            "\thost = host.example\n\tport = 1433\n"
                            "\tencryption = request\n");
    const struct pair timeout[] = {{"CONNECT_TIMEOUT", "7"}, {NULL, NULL}};
    assert_configured(timeout, "\tconnect timeout = 7\n");
}

static void test_instance(void **state)
{
    (void)state;
    const struct pair named[] = {{"SERVER", "host\\INST"}, {NULL, NULL}};
    assert_configured(named, "\thost = host\n\tinstance = INST\n");
    const struct pair both[] = {
        {"SERVER", "host\\INST"}, {"PORT", "5000"}, {NULL, NULL}};
    assert_configured(both, "\thost = host\n\tport = 5000\n");
}

static void test_tls(void **state)
{
    (void)state;
    const struct
    {
        const char *mode;
        const char *expected;
    } cases[] = {
        {"disable", "\tencryption = off\n"},
        {"prefer", "\tencryption = request\n"},
        {"require", "\tencryption = require\n"},
        {"verify-ca", "\tencryption = require\n\tca file = system\n"
                      "\tcheck certificate hostname = no\n"},
        {"verify-full", "\tencryption = require\n\tca file = system\n"
                        "\tcheck certificate hostname = yes\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        const struct pair mode[] = {{"SSLMODE", cases[i].mode}, {NULL, NULL}};
        assert_configured(mode, cases[i].expected);
    }
    const struct pair root[] = {
        {"SSLMODE", "require"}, {"SSLROOTCERT", "/ca.pem"}, {NULL, NULL}};
    assert_configured(root, "\tencryption = require\n\tca file = /ca.pem\n"
                            "\tcheck certificate hostname = no\n");
}

static void assert_not_configured(const struct pair *more,
                                  const char *parameter)
{
    struct cc_error error;
    assert_null(configuration(more, &error));
    assert_int_equal(error.stage, CC_STAGE_PARAMETER);
    if (!strstr(error.message, parameter))
        fail_msg("%s", error.message);
}

static void test_not_configurable(void **state)
{
    (void)state;
    char path[400];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    const struct pair cases[][3] = {
        {{"SSLMODE", "verify-ca"}, {"SSLROOTCERT", "/a#b"}, {NULL, NULL}},
        {{"SSLMODE", "verify-ca"}, {"SSLROOTCERT", "/a;b"}, {NULL, NULL}},
        {{"SSLMODE", "verify-ca"}, {"SSLROOTCERT", "/a  b"}, {NULL, NULL}},
        {{"SSLMODE", "verify-ca"}, {"SSLROOTCERT", path}, {NULL, NULL}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_not_configured(cases[i], "sslrootcert");
    const struct pair host[] = {{"SERVER", "a;b"}, {NULL, NULL}};
    assert_not_configured(host, "server");
    const struct pair certificate[] = {
        {"SSLCERT", "/c.pem"}, {"SSLKEY", "/k.pem"}, {NULL, NULL}};
    assert_not_configured(certificate, "sslcert");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_does_not_wrap),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_identifiers),
        cmocka_unit_test(test_datetimes),
        cmocka_unit_test(test_datetime_steps),
        cmocka_unit_test(test_folding),
        cmocka_unit_test(test_no_folding),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_like_too_long),
        cmocka_unit_test(test_select_items),
        cmocka_unit_test(test_planar_box),
        cmocka_unit_test(test_degenerate_box),
        cmocka_unit_test(test_geodetic_box),
        cmocka_unit_test(test_box_of_points),
        cmocka_unit_test(test_no_box),
        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_instance),
        cmocka_unit_test(test_tls),
        cmocka_unit_test(test_not_configurable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
