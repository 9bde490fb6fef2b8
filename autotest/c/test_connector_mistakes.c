/* SPDX-License-Identifier: MIT */
/*
 * What a user is told about a connector that is wrong: the whole message.
 */
#include "connector_case.h"

static void test_source_mistakes(void **state)
{
    (void)state;
    invalid_json("{" MYSQL ",\"sql_query\":\"q\"}",
                 "\"sql_query\" needs \"import_as\" to name its result");
    invalid_json("{" MYSQL ",\"import_as\":\"n\"}",
                 "\"import_as\" names nothing: \"table\" or \"sql_query\" is "
                 "missing");
    invalid_json("{" MYSQL ",\"table\":\"\"}", "\"table\" is empty");
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct pair options[] = {{"PORT", "+1"}, {NULL, NULL}};
    check_text("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
               "\"port\":\"0010\"}}",
               CC_P_PORT, "10");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"port\":70000}}",
                 "\"port\" in \"connection\" is \"70000\": it must be a whole "
                 "number from 1 to 65535");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"port\":1.5}}",
                 "\"port\" in \"connection\" is \"1.5\": it must be a whole "
                 "number from 1 to 65535");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"port\":true}}",
                 "\"port\" in \"connection\" must be a whole number, not a "
                 "boolean");
    invalid_json("{" POSTGRES ",\"max_rows\":99999999999999999999}",
                 "\"max_rows\" is \"18446744073709551615\": it must be a whole "
                 "number of at least 1");
    case_invalid(
        (struct connector_case){.json = "{" POSTGRES "}", .options = options},
        "open option PORT is \"+1\": it must be a whole number from 1 "
        "to 65535");
}

static void test_interval(void **state)
{
    (void)state;
    invalid_json("{\"connector\":{" POSTGRES "},\"interval\":899}",
                 "\"interval\" is \"899\": it must be a whole number of at "
                 "least 900 seconds");
    invalid_json("{" POSTGRES ",\"interval\":3600}",
                 "\"interval\" belongs beside \"connector\", not in the "
                 "connector");
}

static void check_boolean(const char *value, bool expected)
{
    char json[256];
    snprintf(json, sizeof json, "{" POSTGRES ",\"lossless\":%s}", value);
    struct cc_connector *connector = valid_json(json);
    assert_int_equal(cc_connector_boolean(connector, CC_P_LOSSLESS), expected);
    cc_connector_free(connector);
}

static void test_booleans(void **state)
{
    (void)state;
    static const char *const yes[] = {"true",     "1",      "\"YES\"",
                                      "\"True\"", "\"on\"", "\"1\""};
    static const char *const no[] = {"false",     "0",       "\"NO\"",
                                     "\"FALSE\"", "\"off\"", "\"0\""};
    for (size_t i = 0; i < 6; i++)
    {
        check_boolean(yes[i], true);
        check_boolean(no[i], false);
    }
    invalid_json("{" POSTGRES ",\"lossless\":2}",
                 "\"lossless\" is \"2\": it must be YES or NO");
    invalid_json("{" POSTGRES ",\"lossless\":\"maybe\"}",
                 "\"lossless\" is \"maybe\": it must be YES or NO");
}

static void test_choices(void **state)
{
    (void)state;
    check_text("{" POSTGRES ",\"invalid_geometry\":\"error\"}",
               CC_P_INVALID_GEOMETRY, "ERROR");
    invalid_json("{" POSTGRES ",\"invalid_geometry\":\"stop\"}",
                 "\"invalid_geometry\" is \"stop\": it must be one of WARN, "
                 "ERROR (provider postgres)");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"sslmode\":\"prefer\"}}",
                 "\"sslmode\" in \"connection\" is \"prefer\": it must be one "
                 "of disable, require, verify-ca, verify-full (provider hive)");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"auth\":\"kerberos\"}}",
                 "\"auth\" in \"connection\" is \"kerberos\": it must be one "
                 "of plain, nosasl (provider hive); Kerberos is not supported");
}

static void test_strings(void **state)
{
    (void)state;
    invalid_json("{" POSTGRES ",\"table\":1}",
                 "\"table\" must be a string, not a number");
    invalid_json("{" POSTGRES ",\"table\":[\"t\"]}",
                 "\"table\" must be a string, not an array");
    invalid_json("{" POSTGRES ",\"table\":\"a\\u0000b\"}",
                 "\"table\" contains a NUL character");
    invalid_json("{" POSTGRES ",\"table\":\"a\\nb\"}",
                 "\"table\" contains a control character");
    check_text("{" POSTGRES ",\"sql_query\":\"a\\nb\",\"table\":\"t\"}",
               CC_P_SQL_QUERY, "a\nb");
}

static void test_missing(void **state)
{
    (void)state;
    invalid_json("{\"provider\":\"postgres\"}",
                 "\"connection\" is missing: it gives \"server\", "
                 "\"database\", \"username\"");
    invalid_json("{\"provider\":\"postgres\",\"connection\":{}}",
                 "3 mistakes in the connector:\n"
                 "\"server\" in \"connection\" is missing\n"
                 "\"database\" in \"connection\" is missing\n"
                 "\"username\" in \"connection\" is missing");
    invalid_json("{\"provider\":\"postgres\",\"connection\":\"h\"}",
                 "\"connection\" must be an object");
    invalid_json("{\"provider\":\"redshift\",\"connection\":{\"database\":"
                 "\"d\",\"username\":\"u\"}}",
                 "\"cluster\" in \"connection\" is missing");
    invalid_json("{\"provider\":\"snowflake\",\"connection\":{\"database\":"
                 "\"d\",\"username\":\"u\"}}",
                 "\"server\" in \"connection\" is missing (or \"account\")");
    invalid_json("{\"provider\":\"bigquery\",\"dataset\":\"d\"}",
                 "\"billing_project\" is missing");
}

static void test_missing_options(void **state)
{
    (void)state;
    static const struct pair options[] = {{"PROVIDER", "mysql"}, {NULL, NULL}};
    case_invalid((struct connector_case){.options = options},
                 "2 mistakes in the connector:\n"
                 "open option SERVER is missing\n"
                 "open option USERNAME is missing");
    case_invalid((struct connector_case){0},
                 "neither a connector is given (a file or JSON, also as open "
                 "option CONNECTOR) nor open option PROVIDER: it must be one "
                 "of mysql, postgres, sqlserver, hive, bigquery, redshift, "
                 "snowflake");
}

static void test_unknown_provider(void **state)
{
    (void)state;
    invalid_json("{\"provider\":\"postgresql\"}",
                 "unknown \"provider\" \"postgresql\" (did you mean "
                 "\"postgres\"?): it must be one of mysql, postgres, "
                 "sqlserver, hive, bigquery, redshift, snowflake");
    invalid_json("{\"provider\":\"oracle\"}",
                 "unknown \"provider\" \"oracle\": it must be one of mysql, "
                 "postgres, sqlserver, hive, bigquery, redshift, snowflake");
    invalid_json("{\"provider\":7}", "\"provider\" must be a string");
    invalid_json("{\"connector\":\"mysql\"}",
                 "\"connector\" must be an object (the kind of database is "
                 "its \"provider\")");
    invalid_json("[1]", "the connector must be a JSON object");
    invalid_json("null", "the connector must be a JSON object");
}

static void test_unknown_keys(void **state)
{
    (void)state;
    invalid_json("{\"provider\":\"mysql\",\"connection\":{\"server\":\"h\","
                 "\"username\":\"u\",\"pasword\":\"hunter22\"}}",
                 "unknown parameter \"pasword\" in \"connection\": did you "
                 "mean \"password\"?");
    invalid_json("{" MYSQL ",\"pasword\":\"hunter22\"}",
                 "unknown parameter \"pasword\" in the connector: did you "
                 "mean \"password\" in \"connection\"?");
    invalid_json("{" MYSQL ",\"query\":\"q\"}",
                 "unknown parameter \"query\" in the connector: did you mean "
                 "\"sql_query\"?");
    invalid_json("{" MYSQL ",\"zzzzzz\":1}",
                 "unknown parameter \"zzzzzz\" in the connector");
    invalid_json("{\"connector\":{" MYSQL "},\"intervall\":3600}",
                 "unknown parameter \"intervall\" beside \"connector\": did "
                 "you mean \"interval\"?");
}

/* Suggestions are parameters of the provider: no warehouse for mysql. */
static void test_suggestions_fit_provider(void **state)
{
    (void)state;
    invalid_json("{\"provider\":\"mysql\",\"connection\":{\"server\":\"h\","
                 "\"username\":\"u\",\"warehose\":\"w\"}}",
                 "unknown parameter \"warehose\" in \"connection\"");
}

static void test_misplaced_keys(void **state)
{
    (void)state;
    invalid_json("{" POSTGRES ",\"password\":\"hunter22\"}",
                 "\"password\" belongs in \"connection\", not in the "
                 "connector");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"table\":\"t\"}}",
                 "\"table\" belongs in the connector, not in \"connection\"");
    invalid_json("{\"connector\":{" POSTGRES "},\"table\":\"t\"}",
                 "\"table\" belongs in the connector, not beside "
                 "\"connector\"");
}

static void test_foreign_parameters(void **state)
{
    (void)state;
    static const struct pair options[] = {{"WAREHOUSE", "w"}, {NULL, NULL}};
    static const struct pair config[] = {
        {"CARTOCONN_WAREHOUSE", "w"}, {"CARTOCONN_CLUSTER", "c"}, {NULL, NULL}};
    invalid_json("{" POSTGRES ",\"dataset\":\"d\"}",
                 "\"dataset\" is no parameter of the provider postgres (but of "
                 "bigquery)");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"insecure\":true}}",
                 "\"insecure\" in \"connection\" is no parameter of the "
                 "provider hive (but of bigquery, snowflake)");
    case_invalid(
        (struct connector_case){.json = "{" POSTGRES "}", .options = options},
        "open option WAREHOUSE is no parameter of the provider "
        "postgres (but of snowflake)");
    /* The environment is not written for one connector. */
    cc_connector_free(case_valid(
        (struct connector_case){.json = "{" POSTGRES "}", .config = config}));
}

static void test_given_twice(void **state)
{
    (void)state;
    invalid_json("{" POSTGRES ",\"table\":\"a\",\"Table\":\"b\"}",
                 "\"table\" is given twice");
    invalid_json("{" POSTGRES ",\"table\":\"a\",\"table\":\"b\"}",
                 "x is not valid JSON: line 1, column 94: \"table\" is given "
                 "twice in the same object");
    invalid_json("{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{\"billing_"
                 "project\":\"c\"}}",
                 "\"billing_project\" in \"connection\" is given twice");
}

static void test_all_mistakes_at_once(void **state)
{
    (void)state;
    static const struct pair config[] = {{"CARTOCONN_CONNECT_TIMEOUT", "soon"},
                                         {NULL, NULL}};
    case_invalid(
        (struct connector_case){
            .json = "{\"provider\":\"mysql\",\"connection\":{\"user\":\"u\","
                    "\"port\":0,\"sslmode\":\"on\"},\"tabel\":\"t\","
                    "\"encoding\":\"latn1\"}",
            .config = config},
        "8 mistakes in the connector:\n"
        "unknown parameter \"tabel\" in the connector: did you mean "
        "\"table\"?\n"
        "unknown parameter \"user\" in \"connection\": did you mean "
        "\"username\"?\n"
        "\"port\" in \"connection\" is \"0\": it must be a whole number from "
        "1 to 65535\n"
        "\"sslmode\" in \"connection\" is \"on\": it must be one of disable, "
        "prefer, require, verify-ca, verify-full (provider mysql)\n"
        "configuration option CARTOCONN_CONNECT_TIMEOUT is \"soon\": it must "
        "be a whole number from 1 to 86400 seconds\n"
        "\"encoding\" is \"latn1\", which is no PostgreSQL character set: did "
        "you mean \"LATIN1\"?\n"
        "\"server\" in \"connection\" is missing\n"
        "\"username\" in \"connection\" is missing");
}

/* More mistakes than a message holds: it says how many are left out. */
static void test_too_many_mistakes(void **state)
{
    (void)state;
    struct cc_strbuf json = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&json, "{" POSTGRES);
    for (int i = 0; i < 100; i++)
        (void)cc_strbuf_printf(&json, ",\"%d%0100d\":1", i, 0);
    (void)cc_strbuf_append(&json, "}");

    struct connector_case c = {.json = cc_strbuf_text(&json)};
    struct cc_connector *connector = NULL;
    struct cc_error error;
    assert_int_equal(case_open(&c, &connector, &error), -1);
    assert_int_equal(strncmp(error.message, "100 mistakes", 12), 0);
    size_t lines = 0;
    for (const char *at = error.message; *at; at++)
        lines += *at == '\n';
    char last[64];
    snprintf(last, sizeof last, "\nand %zu more", 100 - (lines - 1));
    assert_non_null(strstr(error.message, last));
    cc_strbuf_free(&json);
}

static void test_bigquery_removed(void **state)
{
    (void)state;
    invalid_json("{" BIGQUERY ",\"dataset\":\"d\",\"storage_api\":true,"
                 "\"connection\":{\"location\":\"EU\"}}",
                 "2 mistakes in the connector:\n"
                 "\"storage_api\" in the connector was removed from the "
                 "BigQuery connector: the Storage API is always used; leave "
                 "it out\n"
                 "\"location\" in \"connection\" was removed from the "
                 "BigQuery connector: the location is found out from the "
                 "data; leave it out");
    invalid_json("{" POSTGRES ",\"location\":\"EU\"}",
                 "unknown parameter \"location\" in the connector");
}

static void test_bigquery_credentials(void **state)
{
    (void)state;
    invalid_json("{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{"
                 "\"refresh_token\":\"rrrrrr\"}}",
                 "2 mistakes in the connector:\n"
                 "\"client_id\" in \"connection\" is missing: "
                 "\"refresh_token\" needs it\n"
                 "\"client_secret\" in \"connection\" is missing: "
                 "\"refresh_token\" needs it");
}

static void test_service_account_mistakes(void **state)
{
    (void)state;
    static const struct pair files[] = {{"bad.json", "{\"a\":}"},
                                        {"list.json", "[\"secretive\"]"},
                                        {NULL, NULL}};
    static const struct pair bad[] = {{"SERVICE_ACCOUNT", "bad.json"},
                                      {NULL, NULL}};
    static const struct pair list[] = {{"SERVICE_ACCOUNT", "list.json"},
                                       {NULL, NULL}};
    static const char json[] = "{" BIGQUERY ",\"dataset\":\"d\"}";
    case_invalid(
        (struct connector_case){.json = json, .options = bad, .files = files},
        "bad.json is not valid JSON: line 1, column 6: expected a value (text "
        "is put in double quotes), found '}'");
    case_invalid(
        (struct connector_case){.json = json, .options = list, .files = files},
        "open option SERVICE_ACCOUNT must be a JSON object");
    invalid_json("{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{"
                 "\"service_account\":[\"secretive\"]}}",
                 "\"service_account\" in \"connection\" must be an object or "
                 "the name of a file, not an array");
}

static void check_endpoint(const char *members, const char *message)
{
    char json[512];
    snprintf(json, sizeof json,
             "{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{%s}}", members);
    if (message)
        invalid_json(json, message);
    else
        cc_connector_free(valid_json(json));
}

static void test_endpoints(void **state)
{
    (void)state;
    static const char plain[] =
        "\"endpoint\" in \"connection\" is plain HTTP to another host: use "
        "\"https://\", or set \"insecure\" to true";
    check_endpoint("\"endpoint\":\"https://x.example\"", NULL);
    check_endpoint("\"endpoint\":\"http://localhost:9050\"", NULL);
    check_endpoint("\"endpoint\":\"http://127.0.0.1:9050/x\"", NULL);
    check_endpoint("\"storage_endpoint\":\"http://[::1]:9060\"", NULL);
    check_endpoint("\"endpoint\":\"http://x.example\",\"insecure\":true", NULL);
    check_endpoint("\"endpoint\":\"http://x.example\"", plain);
    check_endpoint("\"endpoint\":\"http://127.0.0.1.x.example\"", plain);
    check_endpoint("\"endpoint\":\"http://localhost.x.example/\"", plain);
    check_endpoint("\"endpoint\":\"http://127.0.0.1@x.example/\"", plain);
    check_endpoint("\"endpoint\":\"x.example\"",
                   "\"endpoint\" in \"connection\" must begin with "
                   "\"https://\" (or \"http://\")");
}

static void test_snowflake_without_tls(void **state)
{
    (void)state;
    static const char format[] =
        "{\"provider\":\"snowflake\",\"connection\":{\"server\":\"%s\","
        "\"database\":\"d\",\"username\":\"u\",\"sslmode\":\"disable\"%s}}";
    char json[256];
    snprintf(json, sizeof json, format, "127.0.0.1", "");
    cc_connector_free(valid_json(json));
    snprintf(json, sizeof json, format, "x.example", ",\"insecure\":\"yes\"");
    cc_connector_free(valid_json(json));
    snprintf(json, sizeof json, format, "x.example", "");
    invalid_json(json, "\"sslmode\" in \"connection\" is \"disable\", plain "
                       "HTTP to another host: set \"insecure\" to true to "
                       "allow it");
}

/* No mistake quotes the value of a secret, whatever is wrong with it. */
static void test_mistakes_keep_secrets(void **state)
{
    (void)state;
    static const char *const members[] = {
        "\"password\":[\"hunter22\"]",
        "\"password\":{\"hunter22\":1}",
        "\"pasword\":\"hunter22\"",
        "\"port\":\"hunter22\",\"password\":"
        "\"hunter22\"",
        "\"sslmode\":\"hunter22\",\"PASSWORD\":\"hunter22\"",
        "\"password\":\"hunter22\",\"Password\":\"hunter22\""};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
    {
        char json[256];
        snprintf(json, sizeof json,
                 "{\"provider\":\"mysql\",\"connection\":{\"server\":\"h\","
                 "\"username\":\"u\",%s}}",
                 members[i]);
        struct connector_case c = {.json = json};
        struct cc_connector *connector = NULL;
        struct cc_error error;
        assert_int_equal(case_open(&c, &connector, &error), -1);
        assert_null(strstr(error.message, "hunter22"));
    }
}

static void test_syntax_error(void **state)
{
    (void)state;
    case_invalid((struct connector_case){.json = "{\"provider\": }"},
                 "the connector is not valid JSON: line 1, column 14: "
                 "expected a value (text is put in double quotes), found '}'");
    struct cc_connector *connector = NULL;
    struct cc_connector_input input = {.json = "{"};
    assert_int_equal(cc_connector_new(&input, &connector, NULL), -1);
    assert_null(connector);
    cc_connector_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_source_mistakes),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_booleans),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_missing_options),
        cmocka_unit_test(test_unknown_provider),
        cmocka_unit_test(test_unknown_keys),
        cmocka_unit_test(test_suggestions_fit_provider),
        cmocka_unit_test(test_misplaced_keys),
        cmocka_unit_test(test_foreign_parameters),
        cmocka_unit_test(test_given_twice),
        cmocka_unit_test(test_all_mistakes_at_once),
        cmocka_unit_test(test_too_many_mistakes),
        cmocka_unit_test(test_bigquery_removed),
        cmocka_unit_test(test_bigquery_credentials),
        cmocka_unit_test(test_service_account_mistakes),
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_snowflake_without_tls),
        cmocka_unit_test(test_mistakes_keep_secrets),
        cmocka_unit_test(test_syntax_error),
    };
    return cmocka_run_group_tests_name("connector_mistakes", tests, NULL, NULL);
}
