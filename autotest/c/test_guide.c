/* SPDX-License-Identifier: MIT */
/*
 * The connectors printed in the guide to CARTO's database connectors, each as
 * it stands there (data/guide), and the samples in data/connectors.
 */
#include "connector_case.h"

struct guide_case
{
    const char *file;
    enum cc_provider_id provider;
    const char *table;
    const char *layer_name;
    const char *sql_query;
    int64_t interval;
};

#define QUERY "SELECT * FROM remote_table WHERE value = 1"
#define QUOTES "SELECT * FROM remote_table WHERE value = '1'"
#define BIGQUERY_QUERY "SELECT * FROM mybigquerydataset.mytable WHERE value = 1"

static const struct guide_case guide_cases[] = {
    {"mysql_table", CC_MYSQL, "mytable", "mytable", NULL, 0},
    {"mysql_query", CC_MYSQL, NULL, "mytable", QUERY, 0},
    {"mysql_query_quotes", CC_MYSQL, NULL, "mytable", QUOTES, 0},
    {"mysql_sync", CC_MYSQL, NULL, "mytable", QUERY, 2592000},
    {"postgres_table_schema", CC_POSTGRES, "pgtable", "pgtable", NULL, 0},
    {"postgres_table", CC_POSTGRES, "pgtable", "pgtable", NULL, 0},
    {"postgres_query", CC_POSTGRES, "pgtable", "pgtable", QUERY, 0},
    {"postgres_query_quotes", CC_POSTGRES, "pgtable", "pgtable", QUOTES, 0},
    {"postgres_sync", CC_POSTGRES, "pgtable", "pgtable", QUERY, 2592000},
    {"postgres_service_item", CC_POSTGRES, "pgtable", "pgtable", NULL, 0},
    {"sqlserver_table_schema", CC_SQLSERVER, "mstable", "mstable", NULL, 0},
    {"sqlserver_table", CC_SQLSERVER, "mstable", "mstable", NULL, 0},
    {"sqlserver_query", CC_SQLSERVER, "mstable", "mstable", QUERY, 0},
    {"sqlserver_query_quotes", CC_SQLSERVER, "mstable", "mstable", QUOTES, 0},
    {"sqlserver_sync", CC_SQLSERVER, "mstable", "mstable", QUERY, 2592000},
    {"sqlserver_service_item", CC_SQLSERVER, "mstable", "mstable", NULL, 0},
    {"hive_table_schema", CC_HIVE, "hs2table", "hs2table", NULL, 0},
    {"hive_table", CC_HIVE, "hs2table", "hs2table", NULL, 0},
    {"hive_query", CC_HIVE, "hs2table", "hs2table", QUERY, 0},
    {"hive_query_quotes", CC_HIVE, "hs2table", "hs2table", QUOTES, 0},
    {"hive_sync", CC_HIVE, "hs2table", "hs2table", QUERY, 2592000},
    {"hive_service_item", CC_HIVE, "hs2table", "hs2table", NULL, 0},
    {"bigquery_table_project", CC_BIGQUERY, "mytable", "mycartodataset", NULL,
     0},
    {"bigquery_table_trailing_comma", CC_BIGQUERY, "mytable", "mytable", NULL,
     0},
    {"bigquery_query", CC_BIGQUERY, NULL, "mycartotable", BIGQUERY_QUERY, 0},
    {"bigquery_sync", CC_BIGQUERY, NULL, "mycartotable", BIGQUERY_QUERY,
     2592000},
    {"redshift_table_schema", CC_REDSHIFT, "rstable", "rstable", NULL, 0},
    {"redshift_table", CC_REDSHIFT, "rstable", "rstable", NULL, 0},
    {"redshift_query", CC_REDSHIFT, "rstable", "rstable", QUERY, 0},
    {"redshift_query_quotes", CC_REDSHIFT, "rstable", "rstable", QUOTES, 0},
    {"redshift_sync", CC_REDSHIFT, "rstable", "rstable", QUERY, 2592000},
    {"redshift_service_item", CC_REDSHIFT, "rstable", "rstable", NULL, 0},
    {"snowflake_table_schema", CC_SNOWFLAKE, "sftable", "sftable", NULL, 0},
    {"snowflake_table", CC_SNOWFLAKE, "sftable", "sftable", NULL, 0},
    {"snowflake_query", CC_SNOWFLAKE, "sftable", "sftable", QUERY, 0},
    {"snowflake_query_quotes", CC_SNOWFLAKE, "sftable", "sftable", QUOTES, 0},
    {"snowflake_sync", CC_SNOWFLAKE, "sftable", "sftable", QUERY, 2592000},
    {"snowflake_service_item", CC_SNOWFLAKE, "sftable", "sftable", NULL, 0},
};

#define GUIDE_COUNT (sizeof guide_cases / sizeof *guide_cases)

static struct cc_connector *open_file(const char *folder, const char *name,
                                      const struct pair *files)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.json", folder, name);
    char *json = read_source_file(path);
    if (!json)
        fail_msg("%s cannot be read", path);
    struct cc_connector *connector = case_valid((struct connector_case){
        .json = json, .json_name = path, .files = files});
    free(json);
    return connector;
}

static void test_guide(void **state)
{
    (void)state;
    for (size_t i = 0; i < GUIDE_COUNT; i++)
    {
        const struct guide_case *c = &guide_cases[i];
        struct cc_connector *connector =
            open_file("autotest/c/data/guide", c->file, NULL);
        assert_int_equal(connector->provider, c->provider);
        assert_string_equal(connector->layer_name, c->layer_name);
        assert_parameter(connector, CC_P_TABLE, c->table);
        assert_parameter(connector, CC_P_SQL_QUERY, c->sql_query);
        assert_int_equal(cc_connector_integer(connector, CC_P_INTERVAL),
                         c->interval);
        cc_connector_free(connector);
    }
}

struct connection_case
{
    const char *file;
    const char *server;
    const char *database;
    const char *username;
    const char *password;
    const char *schema;
    int64_t port;
    const char *sslmode;
    int64_t row_limit;
};

static const struct connection_case connection_cases[] = {
    {"mysql_table", "myserver.com", "mydatabase", "myusername", "mypassword",
     "mydatabase", 3306, "prefer", 1000000},
    {"postgres_table", "pgserver.com", "pgdatabase", "pgusername", "pgpassword",
     "public", 5432, "require", 1000000},
    {"sqlserver_table", "msserver.com", "msdatabase", "msusername",
     "mspassword", "dbo", 1433, "prefer", 1000000},
    {"hive_table", "hs2server.com", "hs2database", "hs2username", "hs2password",
     "hs2database", 10000, "disable", 1000000},
    {"hive_table_schema", "hs2server.com", "hs2database", "hs2username",
     "hs2password", "default", 10000, "disable", 1000000},
    {"redshift_table", "redshift-cluster.xxxx.region.redshift.amazonaws.com",
     "rsdatabase", "rsusername", "rspassword", "public", 5439, "require",
     5000000},
    {"snowflake_table", "xxx.snowflakecomputing.com", "sfdatabase",
     "sfusername", "sfpassword", "PUBLIC", 443, "verify-full", 5000000},
};

static void test_guide_connections(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof connection_cases / sizeof *connection_cases;
         i++)
    {
        const struct connection_case *c = &connection_cases[i];
        struct cc_connector *connector =
            open_file("autotest/c/data/guide", c->file, NULL);
        assert_parameter(connector, CC_P_SERVER, c->server);
        assert_parameter(connector, CC_P_DATABASE, c->database);
        assert_parameter(connector, CC_P_USERNAME, c->username);
        assert_parameter(connector, CC_P_PASSWORD, c->password);
        assert_parameter(connector, CC_P_SCHEMA, c->schema);
        assert_parameter(connector, CC_P_SSLMODE, c->sslmode);
        assert_int_equal(cc_connector_integer(connector, CC_P_PORT), c->port);
        assert_int_equal(connector->row_limit, c->row_limit);
        cc_connector_free(connector);
    }
}

static void test_guide_bigquery(void **state)
{
    (void)state;
    struct cc_connector *connector =
        open_file("autotest/c/data/guide", "bigquery_table_project", NULL);
    assert_parameter(connector, CC_P_BILLING_PROJECT,
                     "mybigquerybillingproject");
    assert_parameter(connector, CC_P_PROJECT, "mybigqueryproject");
    assert_parameter(connector, CC_P_DATASET, "mybigquerydataset");
    assert_int_equal(connector->row_limit, 5000000);
    cc_connector_free(connector);
}

/* It is accepted with its trailing comma, about which there is a hint. */
static void test_guide_trailing_comma(void **state)
{
    (void)state;
    struct cc_connector *connector = open_file(
        "autotest/c/data/guide", "bigquery_table_trailing_comma", NULL);
    assert_parameter(connector, CC_P_PROJECT, "mybigqueryproject");
    assert_string_equal(
        cc_strbuf_text(&connector->hints),
        "autotest/c/data/guide/bigquery_table_trailing_comma.json: line 6, "
        "column 23: a trailing comma before '}' is ignored\n");
    cc_connector_free(connector);
}

static void test_guide_encoding(void **state)
{
    (void)state;
    struct cc_connector *connector =
        open_file("autotest/c/data/guide", "mysql_table", NULL);
    assert_string_equal(connector->encoding, "LATIN1");
    assert_string_equal(connector->iconv_name, "ISO-8859-1");
    cc_connector_free(connector);
}

static void test_guide_warehouse(void **state)
{
    (void)state;
    struct cc_connector *connector =
        open_file("autotest/c/data/guide", "snowflake_query", NULL);
    assert_parameter(connector, CC_P_WAREHOUSE, "sfwarehouse");
    cc_connector_free(connector);
}

/* One sample for every provider, without any secret in it. */
static void test_samples(void **state)
{
    (void)state;
    static const struct pair files[] = {
        {"/etc/keys/bigquery.json", "{\"type\": \"service_account\"}"},
        {"/etc/keys/snowflake.p8", "-----BEGIN PRIVATE KEY-----"},
        {NULL, NULL}};
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        const char *name = cc_provider_info_get((enum cc_provider_id)i)->name;
        struct cc_connector *connector =
            open_file("data/connectors", name, files);
        assert_int_equal(connector->provider, i);
        assert_null(connector->safe_json);
        assert_null(connector->values[CC_P_PASSWORD]);
        assert_string_equal(cc_strbuf_text(&connector->hints), "");
        cc_connector_free(connector);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guide),
        cmocka_unit_test(test_guide_connections),
        cmocka_unit_test(test_guide_bigquery),
        cmocka_unit_test(test_guide_trailing_comma),
        cmocka_unit_test(test_guide_encoding),
        cmocka_unit_test(test_guide_warehouse),
        cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests_name("guide", tests, NULL, NULL);
}
