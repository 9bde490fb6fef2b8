/* SPDX-License-Identifier: MIT */
#include "connector_case.h"

#include "connector/names.h"

#include <ctype.h>
#include <json.h>

static const struct cc_parameter_use *use(enum cc_provider_id provider,
                                          enum cc_parameter_id id)
{
    return cc_parameter_use_get(provider, id);
}

static void test_table_is_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        const struct cc_parameter *row = &cc_parameters[i];
        assert_int_equal(row->id, i);
        assert_non_null(row->key);
        assert_non_null(row->description);
        assert_int_not_equal(row->places, 0);
        assert_int_equal(row->choices != NULL, row->type == CC_TYPE_CHOICE);
        assert_true(row->type != CC_TYPE_INTEGER || row->min < row->max);
        assert_int_equal(row->option == NULL, i == CC_P_CONNECTION);
    }
}

/* An open option is the key in capitals, so that one name serves everywhere. */
static void test_option_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        const struct cc_parameter *row = &cc_parameters[i];
        for (const char *c = row->key; *c; c++)
            assert_true(islower(*c) || isdigit(*c) || *c == '_');
        for (const char *c = row->option; c && *c; c++)
            assert_true(isupper(*c) || isdigit(*c) || *c == '_');
        if (row->option)
            assert_int_equal(cc_name_compare(row->key, row->option), 0);
    }
}

static void test_descriptions_are_sentences(void **state)
{
    (void)state;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        const char *text = cc_parameters[i].description;
        assert_true(isupper(text[0]));
        assert_int_equal(text[strlen(text) - 1], '.');
    }
}

static void test_lookup(void **state)
{
    (void)state;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        const struct cc_parameter *row = &cc_parameters[i];
        assert_ptr_equal(cc_parameter_by_key(row->key), row);
        if (row->option)
            assert_ptr_equal(cc_parameter_by_option(row->option), row);
    }
    assert_int_equal(cc_parameter_by_key("SslMode")->id, CC_P_SSLMODE);
    assert_int_equal(cc_parameter_by_option("sslmode")->id, CC_P_SSLMODE);
    assert_null(cc_parameter_by_key("nothing"));
    assert_null(cc_parameter_by_option("CONNECTION"));
}

static void test_secrets(void **state)
{
    (void)state;
    static const enum cc_parameter_id secrets[] = {
        CC_P_PASSWORD,       CC_P_TOKEN,         CC_P_PASSCODE,
        CC_P_OAUTH_TOKEN,    CC_P_PRIVATE_KEY,   CC_P_PRIVATE_KEY_PASSPHRASE,
        CC_P_ACCESS_TOKEN,   CC_P_REFRESH_TOKEN, CC_P_CLIENT_SECRET,
        CC_P_SERVICE_ACCOUNT};
    size_t count = 0;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
        count += cc_parameters[i].secret;
    assert_int_equal(count, sizeof secrets / sizeof *secrets);
    for (size_t i = 0; i < count; i++)
        assert_true(cc_parameters[secrets[i]].secret);
}

static void test_providers(void **state)
{
    (void)state;
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        const struct cc_provider_info *info =
            cc_provider_info_get((enum cc_provider_id)i);
        assert_int_equal(cc_provider_by_name(info->name), i);
        assert_int_equal(info->row_limit, i < CC_BIGQUERY ? 1000000 : 5000000);
    }
    assert_int_equal(cc_provider_by_name("BigQuery"), CC_BIGQUERY);
    assert_int_equal(cc_provider_by_name("oracle"), CC_PROVIDER_COUNT);
}

/* Every use is listed once, and with a default that its own rules accept. */
static void test_uses(void **state)
{
    (void)state;
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        size_t count = 0;
        const struct cc_parameter_use *uses =
            cc_parameter_uses((enum cc_provider_id)i, &count);
        for (size_t j = 0; j < count; j++)
        {
            assert_ptr_equal(use((enum cc_provider_id)i, uses[j].id), &uses[j]);
            const char *const *choices = uses[j].choices;
            if (!choices)
                choices = cc_parameters[uses[j].id].choices;
            while (choices && uses[j].default_value && *choices &&
                   strcmp(*choices, uses[j].default_value) != 0)
                choices++;
            assert_true(!choices || *choices || !uses[j].default_value);
        }
    }
}

static void check_required(enum cc_provider_id provider,
                           const enum cc_parameter_id *expected)
{
    size_t count = 0;
    const struct cc_parameter_use *uses = cc_parameter_uses(provider, &count);
    for (size_t i = 0; i < count; i++)
    {
        bool wanted =
            uses[i].id == CC_P_PROVIDER ||
            (uses[i].id == CC_P_CONNECTION && provider != CC_BIGQUERY);
        for (size_t j = 0; expected[j]; j++)
            wanted = wanted || expected[j] == uses[i].id;
        assert_int_equal(uses[i].required, wanted);
    }
    for (size_t j = 0; expected[j]; j++)
        assert_non_null(use(provider, expected[j]));
}

static void test_required(void **state)
{
    (void)state;
    static const enum cc_parameter_id mysql[] = {CC_P_SERVER, CC_P_USERNAME, 0};
    static const enum cc_parameter_id server[] = {CC_P_SERVER, CC_P_DATABASE,
                                                  CC_P_USERNAME, 0};
    static const enum cc_parameter_id hive[] = {CC_P_SERVER, 0};
    static const enum cc_parameter_id bigquery[] = {CC_P_BILLING_PROJECT, 0};
    static const enum cc_parameter_id redshift[] = {CC_P_CLUSTER, CC_P_DATABASE,
                                                    CC_P_USERNAME, 0};
    check_required(CC_MYSQL, mysql);
    check_required(CC_POSTGRES, server);
    check_required(CC_SQLSERVER, server);
    check_required(CC_HIVE, hive);
    check_required(CC_BIGQUERY, bigquery);
    check_required(CC_REDSHIFT, redshift);
    check_required(CC_SNOWFLAKE, server);
}

/* Every network provider takes these, with one vocabulary. */
static void test_network_parameters(void **state)
{
    (void)state;
    static const char *const modes[] = {"prefer",     "require",     "prefer",
                                        "disable",    "verify-full", "require",
                                        "verify-full"};
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        enum cc_provider_id id = (enum cc_provider_id)i;
        assert_string_equal(use(id, CC_P_SSLMODE)->default_value, modes[i]);
        assert_string_equal(use(id, CC_P_CONNECT_TIMEOUT)->default_value, "30");
        assert_string_equal(use(id, CC_P_QUERY_TIMEOUT)->default_value, "0");
        assert_non_null(use(id, CC_P_SSLROOTCERT));
        assert_non_null(use(id, CC_P_SSLCERT));
        assert_non_null(use(id, CC_P_SSLKEY));
    }
}

/* Checks that tags are balanced and attributes quoted; counts options. */
static size_t check_xml(const char *xml)
{
    size_t depth = 0, options = 0;
    while ((xml = strchr(xml, '<')))
    {
        const char *end = strchr(xml, '>');
        assert_non_null(end);
        size_t quotes = 0;
        for (const char *c = xml; c < end; c++)
        {
            quotes += *c == '\'';
            assert_true(c == xml || *c != '<');
        }
        assert_int_equal(quotes % 2, 0);
        options += strncmp(xml, "<Option ", 8) == 0;
        if (xml[1] == '/')
            depth--;
        else
            depth++;
        xml = end;
    }
    assert_int_equal(depth, 0);
    return options;
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in\n%s", part, text);
}

static void test_xml(void **state)
{
    (void)state;
    struct cc_strbuf xml = CC_STRBUF_INIT;
    assert_int_equal(cc_parameters_xml(&xml), 0);
    const char *text = cc_strbuf_text(&xml);
    /* CONNECTOR is one more, the connection object is none. */
    assert_int_equal(check_xml(text), CC_PARAMETER_COUNT);
    assert_contains(text, "<OpenOptionList><Option name='CONNECTOR' "
                          "type='string' scope='vector'");
    assert_contains(text, "<Option name='PORT' type='int' scope='vector' "
                          "min='1' max='65535'");
    assert_contains(text, "3306 (mysql), 5432 (postgres)");
    assert_contains(text, "<Option name='CONNECT_TIMEOUT' type='int' "
                          "scope='vector' min='1' max='86400' default='30'");
    assert_contains(text, "<Option name='LOSSLESS' type='boolean' "
                          "scope='vector' default='NO'");
    assert_contains(text, "<Option name='SSLMODE' type='string-select'");
    assert_contains(text, "<Value>verify-ca</Value>");
    assert_contains(text, "<Value>snowflake</Value></Option>");
    assert_contains(text, "server&apos;s own SQL");
    assert_contains(text, "For hive.");
    cc_strbuf_free(&xml);
}

static void test_markdown(void **state)
{
    (void)state;
    struct cc_strbuf markdown = CC_STRBUF_INIT;
    assert_int_equal(cc_parameters_markdown(&markdown), 0);
    const char *text = cc_strbuf_text(&markdown);
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        char cell[64];
        snprintf(cell, sizeof cell, "\n| `%s` | ", cc_parameters[i].key);
        assert_contains(text, cell);
    }
    assert_contains(text, "| `billing_project` | `BILLING_PROJECT` | bigquery "
                          "| bigquery |  | The Google Cloud project");
    assert_contains(text, "the database (mysql, hive), public (postgres, "
                          "redshift), dbo (sqlserver), PUBLIC (snowflake)");
    assert_contains(text, "At least 900 seconds. |\n");
    cc_strbuf_free(&markdown);
}

/* The README's tables are the generated ones (cartoconn_options --markdown). */
static void test_readme(void **state)
{
    (void)state;
    static const char begin[] = "<!-- options: begin -->\n";
    static const char end[] = "<!-- options: end -->";
    char *readme = read_source_file("README.md");
    if (!readme)
        skip();
    char *from = strstr(readme, begin);
    assert_non_null(from);
    from += strlen(begin);
    char *to = strstr(from, end);
    assert_non_null(to);
    *to = '\0';

    struct cc_strbuf markdown = CC_STRBUF_INIT;
    assert_int_equal(cc_parameters_markdown(&markdown), 0);
    assert_string_equal(from, cc_strbuf_text(&markdown));
    cc_strbuf_free(&markdown);
    free(readme);
}

/* data/connector.schema.json is the generated one (--json-schema). */
static void test_json_schema(void **state)
{
    (void)state;
    struct cc_strbuf text = CC_STRBUF_INIT;
    assert_int_equal(cc_parameters_json_schema(&text), 0);
    struct json_object *generated = json_tokener_parse(cc_strbuf_text(&text));
    char *file = read_source_file("data/connector.schema.json");
    assert_non_null(file);
    struct json_object *committed = json_tokener_parse(file);
    assert_non_null(generated);
    assert_true(json_object_equal(generated, committed));
    json_object_put(generated);
    json_object_put(committed);
    cc_strbuf_free(&text);
    free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_complete),
        cmocka_unit_test(test_option_names),
        cmocka_unit_test(test_descriptions_are_sentences),
        cmocka_unit_test(test_lookup),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_providers),
        cmocka_unit_test(test_uses),
        cmocka_unit_test(test_required),
        cmocka_unit_test(test_network_parameters),
        cmocka_unit_test(test_xml),
        cmocka_unit_test(test_markdown),
        cmocka_unit_test(test_readme),
        cmocka_unit_test(test_json_schema),
    };
    return cmocka_run_group_tests_name("parameter", tests, NULL, NULL);
}
