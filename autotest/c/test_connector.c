/* SPDX-License-Identifier: MIT */
#include "connector_case.h"

static void test_bare_and_body(void **state)
{
    (void)state;
    check_text("{" MYSQL ",\"table\":\"t\"}", CC_P_TABLE, "t");
    check_text("{\"connector\":{" MYSQL ",\"table\":\"t\"}}", CC_P_TABLE, "t");
    check_text("{\"connector\":{" MYSQL "},\"interval\":900}", CC_P_INTERVAL,
               "900");
}

static void test_keys_in_any_case(void **state)
{
    (void)state;
    struct cc_connector *connector = valid_json(
        "{\"Connector\":{\"PROVIDER\":\"MySQL\",\"Connection\":{\"SERVER\":"
        "\"h\",\"UserName\":\"u\",\"Port\":1},\"TABLE\":\"T\"},"
        "\"Interval\":\"3600\"}");
    assert_int_equal(connector->provider, CC_MYSQL);
    assert_parameter(connector, CC_P_PROVIDER, "mysql");
    assert_parameter(connector, CC_P_SERVER, "h");
    assert_parameter(connector, CC_P_TABLE, "T");
    assert_int_equal(cc_connector_integer(connector, CC_P_PORT), 1);
    assert_int_equal(cc_connector_integer(connector, CC_P_INTERVAL), 3600);
    cc_connector_free(connector);
}

static void test_options_alone(void **state)
{
    (void)state;
    static const struct pair options[] = {
        {"PROVIDER", "postgres"}, {"SERVER", "h"},   {"PORT", "5433"},
        {"DATABASE", "d"},        {"USERNAME", "u"}, {"TABLE", "t"},
        {"INTERVAL", "1000"},     {NULL, NULL}};
    struct cc_connector *connector =
        case_valid((struct connector_case){.options = options});
    assert_int_equal(connector->provider, CC_POSTGRES);
    assert_int_equal(cc_connector_integer(connector, CC_P_PORT), 5433);
    assert_int_equal(cc_connector_integer(connector, CC_P_INTERVAL), 1000);
    assert_string_equal(connector->layer_name, "t");
    assert_null(connector->safe_json);
    cc_connector_free(connector);
}

static void test_configuration_alone(void **state)
{
    (void)state;
    static const struct pair config[] = {{"CARTOCONN_PROVIDER", "hive"},
                                         {"CARTOCONN_SERVER", "h"},
                                         {NULL, NULL}};
    struct cc_connector *connector =
        case_valid((struct connector_case){.config = config});
    assert_int_equal(connector->provider, CC_HIVE);
    assert_parameter(connector, CC_P_SERVER, "h");
    assert_null(connector->layer_name);
    cc_connector_free(connector);
}

static void test_precedence(void **state)
{
    (void)state;
    static const struct pair options[] = {{"DATABASE", "of option"},
                                          {NULL, NULL}};
    static const struct pair config[] = {{"CARTOCONN_DATABASE", "of config"},
                                         {"CARTOCONN_SERVER", "of config"},
                                         {"CARTOCONN_SCHEMA", "of config"},
                                         {"CARTOCONN_USERNAME", ""},
                                         {NULL, NULL}};
    struct cc_connector *connector = case_valid((struct connector_case){
        .json = "{" POSTGRES "}", .options = options, .config = config});
    assert_parameter(connector, CC_P_DATABASE, "of option");
    assert_parameter(connector, CC_P_SERVER, "h");
    assert_parameter(connector, CC_P_SCHEMA, "of config");
    assert_parameter(connector, CC_P_USERNAME, "u");
    assert_parameter(connector, CC_P_PORT, "5432");
    cc_connector_free(connector);
}

/* Options may bring the provider, or all of "connection", to a JSON. */
static void test_options_complete_json(void **state)
{
    (void)state;
    static const struct pair options[] = {{"PROVIDER", "mysql"},
                                          {"SERVER", "h"},
                                          {"USERNAME", "u"},
                                          {NULL, NULL}};
    struct cc_connector *connector = case_valid((struct connector_case){
        .json = "{\"table\":\"t\"}", .options = options});
    assert_parameter(connector, CC_P_SERVER, "h");
    assert_parameter(connector, CC_P_TABLE, "t");
    cc_connector_free(connector);
}

static void test_layer_name(void **state)
{
    (void)state;
    static const struct pair cases[] = {
        {",\"table\":\"t\"", "t"},
        {",\"table\":\"t\",\"import_as\":\"n\"", "n"},
        {",\"sql_query\":\"q\",\"import_as\":\"n\"", "n"},
        {",\"sql_query\":\"q\",\"table\":\"t\"", "t"},
        {",\"sql_query\":\"q\",\"table\":\"t\",\"import_as\":\"n\"", "n"},
        {"", NULL}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        char json[256];
        snprintf(json, sizeof json, "{" MYSQL "%s}", cases[i].name);
        struct cc_connector *connector = valid_json(json);
        if (cases[i].value)
            assert_string_equal(connector->layer_name, cases[i].value);
        else
            assert_null(connector->layer_name);
        cc_connector_free(connector);
    }
}

/* A null is a value not given. */
static void test_null_values(void **state)
{
    (void)state;
    check_text("{" MYSQL ",\"table\":null}", CC_P_TABLE, NULL);
    invalid_json("{\"provider\":null}",
                 "\"provider\" is missing: it must be one of mysql, postgres, "
                 "sqlserver, hive, bigquery, redshift, snowflake");
    check_text("{" BIGQUERY ",\"dataset\":\"d\",\"connection\":null}",
               CC_P_DATASET, "d");
}

static void test_schema_defaults(void **state)
{
    (void)state;
    check_text("{" POSTGRES "}", CC_P_SCHEMA, "public");
    check_text("{" POSTGRES ",\"schema\":\"s\"}", CC_P_SCHEMA, "s");
    check_text("{" MYSQL "}", CC_P_SCHEMA, NULL);
    check_text("{\"provider\":\"mysql\",\"connection\":{\"server\":\"h\","
               "\"username\":\"u\",\"database\":\"d\"}}",
               CC_P_SCHEMA, "d");
    check_text("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\"}}",
               CC_P_SCHEMA, "default");
    check_text("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
               "\"database\":\"d\"}}",
               CC_P_SCHEMA, "d");
}

static void test_encoding(void **state)
{
    (void)state;
    struct cc_connector *connector =
        valid_json("{" MYSQL ",\"encoding\":\"UTF-8\"}");
    assert_string_equal(connector->encoding, "UTF8");
    assert_null(connector->iconv_name);
    cc_connector_free(connector);

    connector = valid_json("{" MYSQL "}");
    assert_null(connector->encoding);
    assert_null(connector->iconv_name);
    cc_connector_free(connector);

    invalid_json("{" MYSQL ",\"encoding\":\"mule_internal\"}",
                 "\"encoding\" is \"mule_internal\", which cannot be "
                 "converted");
}

static void check_limit(const char *json_rows, const char *option,
                        const char *config, int64_t expected, bool hint)
{
    char json[256];
    const struct pair options[] = {{option ? "MAX_ROWS" : NULL, option},
                                   {NULL, NULL}};
    const struct pair configs[] = {
        {config ? "CARTOCONN_MAX_ROWS" : NULL, config}, {NULL, NULL}};
    snprintf(json, sizeof json, "{" POSTGRES "%s%s}",
             json_rows ? ",\"max_rows\":" : "", json_rows ? json_rows : "");
    struct cc_connector *connector = case_valid((struct connector_case){
        .json = json, .options = options, .config = configs});
    assert_int_equal(connector->row_limit, expected);
    assert_int_equal(connector->hints.length > 0, hint);
    cc_connector_free(connector);
}

static void test_row_limit(void **state)
{
    (void)state;
    static const struct pair config[] = {{"CARTOCONN_MAX_ROWS", "all"},
                                         {NULL, NULL}};
    check_limit(NULL, NULL, NULL, 1000000, false);
    check_limit("10", NULL, NULL, 10, false);
    check_limit("10", "20", NULL, 20, false);
    check_limit(NULL, "1000000", NULL, 1000000, false);
    check_limit(NULL, "1000001", NULL, 1000000, true);
    check_limit(NULL, NULL, "500", 500, false);
    check_limit(NULL, NULL, "9000000", 9000000, false);
    check_limit(NULL, "7000000", "9000000", 7000000, false);
    check_limit(NULL, "501", "500", 500, true);
    case_invalid(
        (struct connector_case){.json = "{" POSTGRES "}", .config = config},
        "configuration option CARTOCONN_MAX_ROWS is \"all\": it must "
        "be a whole number of at least 1");
    invalid_json("{" POSTGRES ",\"max_rows\":0}",
                 "\"max_rows\" is \"0\": it must be a whole number of at "
                 "least 1");
}

static void test_bigquery(void **state)
{
    (void)state;
    check_text("{" BIGQUERY ",\"dataset\":\"d\",\"table\":\"t\"}", CC_P_PROJECT,
               "b");
    check_text("{\"provider\":\"bigquery\",\"dataset\":\"d\",\"connection\":{"
               "\"billing_project\":\"inside\"}}",
               CC_P_BILLING_PROJECT, "inside");
    check_text("{" BIGQUERY ",\"schema\":\"s\",\"table\":\"t\"}", CC_P_DATASET,
               "s");
    check_text("{" BIGQUERY ",\"sql_query\":\"q\",\"import_as\":\"n\"}",
               CC_P_DATASET, NULL);
    invalid_json("{" BIGQUERY ",\"table\":\"t\"}",
                 "\"dataset\" is missing: BigQuery needs it beside \"table\"");
    check_text("{" BIGQUERY "}", CC_P_DATASET, NULL);
    invalid_json("{" BIGQUERY ",\"dataset\":\"d\",\"schema\":\"e\"}",
                 "\"schema\" and \"dataset\" are two names of one parameter, "
                 "but differ: leave one out");
}

#define KEY                                                                    \
    "{\"type\":\"service_account\",\"project_id\":\"proj\","                   \
    "\"private_key\":\"-----BEGIN\\nabcdefgh\",\"client_email\":\"a@b.c\"}"

static void check_service_account(struct connector_case c)
{
    struct cc_connector *connector = case_valid(c);
    assert_parameter(connector, CC_P_SERVICE_ACCOUNT, KEY);
    char *clean = cc_redact(connector->secrets,
                            "service_account of proj: -----BEGIN\nabcdefgh, "
                            "a@b.c, " KEY);
    assert_string_equal(clean, "service_account of proj: ***, ***, ***");
    free(clean);
    cc_connector_free(connector);
}

static void test_service_account(void **state)
{
    (void)state;
    static const struct pair files[] = {{"/vsimem/key.json", KEY},
                                        {"bad.json", "{\"a\":}"},
                                        {"list.json", "[\"secretive\"]"},
                                        {NULL, NULL}};
    static const struct pair option[] = {{"SERVICE_ACCOUNT", KEY},
                                         {NULL, NULL}};
    static const struct pair config[] = {
        {"CARTOCONN_SERVICE_ACCOUNT", "/vsimem/key.json"}, {NULL, NULL}};
    static const char as_object[] =
        "{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{"
        "\"service_account\":" KEY "}}";
    static const char as_file[] =
        "{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{\"service_account\":"
        "\"/vsimem/key.json\"}}";
    static const char without[] = "{" BIGQUERY ",\"dataset\":\"d\"}";
    check_service_account((struct connector_case){.json = as_object});
    check_service_account(
        (struct connector_case){.json = as_file, .files = files});
    check_service_account(
        (struct connector_case){.json = without, .options = option});
    check_service_account((struct connector_case){
        .json = without, .config = config, .files = files});

    case_invalid((struct connector_case){.json = as_file},
                 "\"service_account\" in \"connection\": the file "
                 "\"/vsimem/key.json\" cannot be read");
}

static void test_private_key_file(void **state)
{
    (void)state;
    static const struct pair files[] = {{"key.p8", "-----BEGIN KEY-----"},
                                        {NULL, NULL}};
    static const char json[] =
        "{\"provider\":\"snowflake\",\"connection\":{\"account\":\"a\","
        "\"database\":\"d\",\"username\":\"u\",\"private_key_file\":"
        "\"key.p8\"}}";
    struct cc_connector *connector =
        case_valid((struct connector_case){.json = json, .files = files});
    assert_parameter(connector, CC_P_PRIVATE_KEY, "-----BEGIN KEY-----");
    char *clean = cc_redact(connector->secrets, "x -----BEGIN KEY----- y");
    assert_string_equal(clean, "x *** y");
    free(clean);
    cc_connector_free(connector);

    case_invalid((struct connector_case){.json = json},
                 "\"private_key_file\" in \"connection\": the file \"key.p8\" "
                 "cannot be read");
    invalid_json("{\"provider\":\"snowflake\",\"connection\":{\"account\":"
                 "\"a\",\"database\":\"d\",\"username\":\"u\","
                 "\"private_key_file\":\"k\",\"private_key\":\"pppp\"}}",
                 "\"private_key\" and \"private_key_file\" exclude each "
                 "other");
}

static void test_redshift_cluster(void **state)
{
    (void)state;
    static const char *const keys[] = {"cluster", "server"};
    for (size_t i = 0; i < 2; i++)
    {
        char json[256];
        snprintf(json, sizeof json,
                 "{\"provider\":\"redshift\",\"connection\":{\"%s\":\"c\","
                 "\"database\":\"d\",\"username\":\"u\"}}",
                 keys[i]);
        struct cc_connector *connector = valid_json(json);
        assert_parameter(connector, CC_P_CLUSTER, "c");
        assert_parameter(connector, CC_P_SERVER, "c");
        assert_int_equal(connector->row_limit, 5000000);
        cc_connector_free(connector);
    }
    invalid_json("{\"provider\":\"redshift\",\"connection\":{\"cluster\":"
                 "\"c\",\"server\":\"s\",\"database\":\"d\",\"username\":"
                 "\"u\"}}",
                 "\"server\" and \"cluster\" are two names of one parameter, "
                 "but differ: leave one out");
}

static void test_hive_configuration(void **state)
{
    (void)state;
    static const struct pair options[] = {
        {"CONFIGURATION", "{\"a.b\": \"c\",}"}, {NULL, NULL}};
    static const char json[] =
        "{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
        "\"configuration\":{\"x\":\"y\",\"n\":1,\"b\":true}}}";
    check_text(json, CC_P_CONFIGURATION, "{\"x\":\"y\",\"n\":1,\"b\":true}");

    struct cc_connector *connector =
        case_valid((struct connector_case){.json = json, .options = options});
    assert_parameter(connector, CC_P_CONFIGURATION, "{\"a.b\":\"c\"}");
    assert_string_equal(cc_strbuf_text(&connector->hints),
                        "open option CONFIGURATION: line 1, column 12: a "
                        "trailing comma before '}' is ignored\n");
    cc_connector_free(connector);

    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"configuration\":{\"x\":[1]}}}",
                 "\"configuration\" in \"connection\": \"x\" must be a string, "
                 "a number or a boolean");
    invalid_json("{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
                 "\"configuration\":1}}",
                 "\"configuration\" in \"connection\" must be an object, not a "
                 "number");
}

static void test_secrets(void **state)
{
    (void)state;
    static const struct pair config[] = {{"CARTOCONN_PASSWORD", "from-env"},
                                         {NULL, NULL}};
    struct cc_connector *connector = case_valid(
        (struct connector_case){.json = "{" POSTGRES "}", .config = config});
    assert_parameter(connector, CC_P_PASSWORD, "from-env");
    char *clean = cc_redact(connector->secrets, "FATAL: from-env");
    assert_string_equal(clean, "FATAL: ***");
    free(clean);
    assert_string_equal(cc_strbuf_text(&connector->hints), "");
    cc_connector_free(connector);
}

/* A password that an open option overrides is still in the dataset's name. */
static void test_overridden_secret(void **state)
{
    (void)state;
    static const struct pair options[] = {{"PASSWORD", ""}, {NULL, NULL}};
    struct cc_connector *connector = case_valid(
        (struct connector_case){.json = "{" MYSQL "}", .options = options});
    assert_parameter(connector, CC_P_PASSWORD, "");
    char *clean = cc_redact(connector->secrets, "hunter22");
    assert_string_equal(clean, "***");
    free(clean);
    cc_connector_free(connector);
}

static void check_description(const char *json, const char *json_name,
                              const char *given, const char *expected)
{
    struct cc_connector *connector = case_valid(
        (struct connector_case){.json = json, .json_name = json_name});
    char *description = cc_connector_description(connector, given);
    assert_string_equal(description, expected);
    free(description);
    cc_connector_free(connector);
}

static void test_description(void **state)
{
    (void)state;
    static const char json[] = "{ " MYSQL ", \"table\": \"a/b\" }";
    check_description(json, "my.json", "CARTOCONN:my.json",
                      "CARTOCONN:my.json");
    check_description(json, NULL, "CARTOCONN:", "CARTOCONN:");
    check_description(json, NULL,
                      "CARTOCONN: { " MYSQL ", \"table\": \"a/b\" }",
                      "CARTOCONN: {\"provider\":\"mysql\",\"connection\":{"
                      "\"server\":\"h\",\"username\":\"u\",\"password\":"
                      "\"***\"},\"table\":\"a/b\"}");
    check_description("{" POSTGRES "}", NULL, "CARTOCONN:{ " POSTGRES "}",
                      "CARTOCONN:{ " POSTGRES "}");
}

/* A service account goes as a whole, and what has the secret's value too. */
static void test_description_by_key(void **state)
{
    (void)state;
    static const char account[] =
        "{\"connector\":{" BIGQUERY ",\"dataset\":\"d\",\"connection\":{"
        "\"service_account\":{\"type\":\"x\"}}}}";
    check_description(account, NULL, account,
                      "{\"connector\":{\"provider\":\"bigquery\",\"billing_"
                      "project\":\"b\",\"dataset\":\"d\",\"connection\":{"
                      "\"service_account\":\"***\"}}}");
    static const char same[] =
        "{\"provider\":\"hive\",\"connection\":{\"server\":\"h\","
        "\"username\":\"eve-1\",\"password\":\"eve-1\"}}";
    check_description(same, NULL, same,
                      "{\"provider\":\"hive\",\"connection\":{\"server\":"
                      "\"h\",\"username\":\"***\",\"password\":\"***\"}}");
}

static void test_hints(void **state)
{
    (void)state;
    struct cc_connector *connector =
        case_valid((struct connector_case){.json = "{" MYSQL "}"});
    assert_non_null(
        strstr(cc_strbuf_text(&connector->hints), "CARTOCONN_PASSWORD"));
    cc_connector_free(connector);

    connector = case_valid(
        (struct connector_case){.json = "{" MYSQL "}", .json_name = "f"});
    assert_string_equal(cc_strbuf_text(&connector->hints), "");
    cc_connector_free(connector);
}

static void test_absent_values(void **state)
{
    (void)state;
    struct cc_connector *connector = valid_json("{" POSTGRES "}");
    assert_parameter(connector, CC_P_PASSWORD, NULL);
    assert_parameter(connector, CC_P_WAREHOUSE, NULL);
    assert_int_equal(cc_connector_integer(connector, CC_P_INTERVAL), 0);
    assert_int_equal(cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT), 30);
    assert_int_equal(cc_connector_integer(connector, CC_P_QUERY_TIMEOUT), 0);
    assert_false(cc_connector_boolean(connector, CC_P_INSECURE));
    cc_connector_free(connector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bare_and_body),
        cmocka_unit_test(test_keys_in_any_case),
        cmocka_unit_test(test_options_alone),
        cmocka_unit_test(test_configuration_alone),
        cmocka_unit_test(test_precedence),
        cmocka_unit_test(test_options_complete_json),
        cmocka_unit_test(test_layer_name),
        cmocka_unit_test(test_null_values),
        cmocka_unit_test(test_schema_defaults),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_row_limit),
        cmocka_unit_test(test_bigquery),
        cmocka_unit_test(test_service_account),
        cmocka_unit_test(test_private_key_file),
        cmocka_unit_test(test_redshift_cluster),
        cmocka_unit_test(test_hive_configuration),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_overridden_secret),
        cmocka_unit_test(test_description),
        cmocka_unit_test(test_description_by_key),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_absent_values),
    };
    return cmocka_run_group_tests_name("connector", tests, NULL, NULL);
}
