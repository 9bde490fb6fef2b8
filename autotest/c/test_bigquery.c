/* SPDX-License-Identifier: MIT */
/* BigQuery's messages, decimals and SQL, and Google's credentials. */
#include "connector_case.h"

#include "provider/bigquery.h"
#include "wire/google_auth_internal.h"

/* ---- messages ---- */

/* ReadRowsRequest{read_stream: "s", offset: 7}, by the book. */
static void test_pack_rows(void **state)
{
    static const uint8_t expected[] = {0x0A, 1, 's', 0x10, 7};
    struct cc_buffer out = CC_BUFFER_INIT;
    (void)state;
    assert_int_equal(cc_bigquery_pack_rows("s", 7, &out, NULL), 0);
    assert_int_equal(out.size, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    cc_buffer_free(&out);
}

static void test_pack_session(void **state)
{
    static const char *const fields[] = {"a", "b"};
    static const uint8_t expected[] = {
        0x0A, 1,  'p',                       /* parent */
        0x12, 24,                            /* read_session */
        0x18, 2,                             /* data_format: ARROW */
        0x32, 1,  't',                       /* table */
        0x42, 17,                            /* read_options */
        0x0A, 1,  'a',  0x0A, 1,   'b',      /* selected_fields */
        0x12, 5,  'x',  '>',  '1', '0', '0', /* row_restriction */
        0x1A, 2,  0x10, 1,                   /* LZ4 */
        0x18, 3,                             /* max_stream_count */
    };
    const struct cc_bigquery_session_request request = {
        "p", "t", fields, 2, "x>100", 3, CC_BIGQUERY_LZ4};
    struct cc_buffer out = CC_BUFFER_INIT;
    (void)state;
    assert_int_equal(cc_bigquery_pack_session(&request, &out, NULL), 0);
    assert_int_equal(out.size, sizeof expected);
    assert_memory_equal(out.data, expected, sizeof expected);
    cc_buffer_free(&out);
}

/* Unknown fields are skipped, a batch is taken as it is. */
static void test_unpack_rows(void **state)
{
    static const uint8_t message[] = {0x22, 4,  0x0A, 2,    'h',  'i',  0x2A, 2,
                                      0x08, 50, 0x30, 0x90, 0x4E, 0x48, 9};
    struct cc_bigquery_rows rows;
    (void)state;
    assert_int_equal(
        cc_bigquery_unpack_rows(message, sizeof message, &rows, NULL), 0);
    assert_int_equal(rows.batch.size, 2);
    assert_memory_equal(rows.batch.data, "hi", 2);
    assert_int_equal(rows.row_count, 10000);
    assert_int_equal(rows.throttle_percent, 50);
    cc_bigquery_rows_free(&rows);
}

static void test_unpack_session(void **state)
{
    static const uint8_t message[] = {0x0A, 1,    'n',  0x52, 3,    0x0A,
                                      1,    'x',  0x52, 3,    0x0A, 1,
                                      'y',  0x2A, 3,    0x0A, 1,    'S'};
    struct cc_bigquery_session session;
    (void)state;
    assert_int_equal(
        cc_bigquery_unpack_session(message, sizeof message, &session, NULL), 0);
    assert_int_equal(session.stream_count, 2);
    assert_string_equal(session.streams[1], "y");
    assert_int_equal(session.schema.size, 1);
    cc_bigquery_session_free(&session);
}

static void test_unpack_garbage(void **state)
{
    static const uint8_t message[] = {0x22, 200, 1, 2, 3};
    struct cc_bigquery_rows rows;
    struct cc_bigquery_session session;
    struct cc_error error = CC_ERROR_INIT;
    (void)state;
    assert_int_equal(
        cc_bigquery_unpack_rows(message, sizeof message, &rows, &error), -1);
    assert_int_equal(error.stage, CC_STAGE_FETCH);
    assert_int_equal(
        cc_bigquery_unpack_session(message, sizeof message, &session, &error),
        -1);
}

/* ---- decimals ---- */

static void check_decimal(const uint64_t words[4], size_t count, int scale,
                          const char *expected)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    assert_int_equal(
        cc_bigquery_decimal((const uint8_t *)words, count, scale, &text), 0);
    assert_string_equal(cc_strbuf_text(&text), expected);
    cc_strbuf_free(&text);
}

static void test_decimal(void **state)
{
    static const uint64_t zero[4] = {0, 0, 0, 0};
    static const uint64_t half[4] = {500000000, 0, 0, 0};
    static const uint64_t minus_one[4] = {UINT64_MAX, UINT64_MAX, UINT64_MAX,
                                          UINT64_MAX};
    static const uint64_t least[4] = {0, UINT64_C(1) << 63, 0, 0};
    static const uint64_t least256[4] = {0, 0, 0, UINT64_C(1) << 63};
    (void)state;
    check_decimal(zero, 2, 9, "0");
    check_decimal(half, 2, 9, "0.5");
    check_decimal(half, 2, 0, "500000000");
    check_decimal(minus_one, 2, 9, "-0.000000001");
    check_decimal(minus_one, 4, 38,
                  "-0.00000000000000000000000000000000000001");
    check_decimal(least, 2, 0, "-170141183460469231731687303715884105728");
    check_decimal(least256, 4, 38,
                  "-578960446186580977117854925043439539266."
                  "34992332820282019728792003956564819968");
}

/* The 128-bit value of words through an Arrow array, as a double and as text. */
static void check_arrow_decimal(const struct cc_ipc_field *field,
                                const uint64_t words[2], double expected,
                                const char *text, uint64_t notes)
{
    for (int lossless = 0; lossless < 2; lossless++)
    {
        const void *buffers[] = {NULL, words};
        const struct ArrowArray array = {
            .length = 1, .n_buffers = 2, .buffers = buffers};
        struct cc_batch_builder *batch;
        struct cc_schema schema;
        struct ArrowArray out;
        cc_schema_init(&schema);
        struct cc_column *column = cc_schema_add(&schema, "d", "NUMERIC");
        assert_non_null(column);
        column->kind = CC_KIND_DECIMAL;
        column->type = lossless ? CC_OUT_STRING : CC_OUT_FLOAT64;
        assert_int_equal(
            cc_batch_builder_new(&schema, NULL, NULL, NULL, &batch, NULL), 0);
        assert_int_equal(cc_bigquery_append_arrow(&batch->columns[0], field,
                                                  &array, 0, 1, NULL),
                         0);
        cc_batch_end_row(batch);
        assert_int_equal(batch->columns[0].losses[CC_LOSS_PRECISION].count,
                         lossless ? 0 : notes);
        assert_int_equal(cc_batch_finish(batch, &out, NULL), 0);
        const struct ArrowArray *value = out.children[0];
        if (lossless)
            assert_memory_equal(value->buffers[2], text, strlen(text));
        else
            assert_true(*(const double *)value->buffers[1] == expected);
        out.release(&out);
        cc_batch_builder_free(batch);
        cc_schema_free(&schema);
    }
}

static void test_arrow_decimal(void **state)
{
    static const struct cc_ipc_field numeric = {
        .type = CC_IPC_DECIMAL, .bit_width = 128, .scale = 9};
    static const uint64_t quarter[2] = {250000000, 0};
    static const uint64_t minus[2] = {(uint64_t)-12340000000, UINT64_MAX};
    static const uint64_t most64[2] = {INT64_MAX, 0};
    static const uint64_t beyond64[2] = {UINT64_C(1) << 63, 0};
    (void)state;
    check_arrow_decimal(&numeric, quarter, 0.25, "0.25", 0);
    check_arrow_decimal(&numeric, minus, -12.34, "-12.34", 0);
    check_arrow_decimal(&numeric, most64, 9223372036.854775807,
                        "9223372036.854775807", 1);
    check_arrow_decimal(&numeric, beyond64, 9223372036.854775808,
                        "9223372036.854775808", 1);
}

/* No server of BigQuery's sends such, and none is read out of bounds. */
static void test_arrow_decimal_of_another_kind(void **state)
{
    static const struct cc_ipc_field fields[] = {
        {.type = CC_IPC_DECIMAL, .bit_width = 32, .scale = 2},
        {.type = CC_IPC_DECIMAL, .bit_width = 128, .scale = -1},
        {.type = CC_IPC_DECIMAL, .bit_width = 256, .scale = 76}};
    static const uint64_t words[4] = {1, 0, 0, 0};
    const void *buffers[] = {NULL, words};
    const struct ArrowArray array = {
        .length = 1, .n_buffers = 2, .buffers = buffers};
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    {
        struct cc_strbuf out = CC_STRBUF_INIT;
        assert_int_equal(
            cc_bigquery_arrow_text(&fields[i], &array, 0, true, 0, &out), 1);
        cc_strbuf_free(&out);
    }
}

/* ---- SQL ---- */

static void test_string_literal(void **state)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    (void)state;
    assert_int_equal(
        cc_dialect_bigquery.string_literal(&out, "it's \\ a\n\"b\""), 0);
    assert_string_equal(cc_strbuf_text(&out), "'it\\'s \\\\ a\\n\"b\"'");
    cc_strbuf_free(&out);
}

static bool wraps(const char *query)
{
    return cc_dialect_bigquery.can_wrap(query, strlen(query));
}

static void test_order_is_kept(void **state)
{
    (void)state;
    assert_true(wraps("SELECT a FROM t"));
    assert_false(wraps("SELECT a FROM t ORDER BY a"));
    assert_false(wraps("SELECT a FROM t order by a LIMIT 5"));
    assert_true(wraps("SELECT ROW_NUMBER() OVER (ORDER BY a) FROM t"));
    assert_true(wraps("SELECT 'ORDER BY', `order` FROM t -- ORDER"));
}

/* A query with such a column is sent as it is: GEOGRAPHY then comes as WKT. */
static void test_made_up_names(void **state)
{
    static const char *const names[] = {"f0_", "f_", "f12_x"};
    const struct cc_source source = {.query = "SELECT 1, g FROM t"};
    (void)state;
    for (size_t i = 0; i < 3; i++)
    {
        struct cc_schema schema;
        struct cc_select_result result;
        struct cc_strbuf sql = CC_STRBUF_INIT;
        const struct cc_select select = {.source = &source, .schema = &schema};
        cc_schema_init(&schema);
        assert_non_null(cc_schema_add(&schema, names[i], "INTEGER"));
        struct cc_column *geography = cc_schema_add(&schema, "g", "GEOGRAPHY");
        assert_non_null(geography);
        geography->native_id = CC_BQ_GEOGRAPHY;
        assert_int_equal(
            cc_select_sql(&cc_dialect_bigquery, &select, &sql, &result), 0);
        assert_int_equal(result.verbatim, i == 0);
        assert_int_equal(strstr(sql.data, "ST_ASBINARY(`g`)") != NULL, i > 0);
        cc_strbuf_free(&sql);
        cc_schema_free(&schema);
    }
}

static void test_like(void **state)
{
    const struct cc_column column = {.kind = CC_KIND_TEXT,
                                     .native_id = CC_BQ_STRING};
    const struct cc_column interval = {.kind = CC_KIND_TEXT,
                                       .native_id = CC_BQ_INTERVAL};
    struct cc_strbuf out = CC_STRBUF_INIT;
    (void)state;
    assert_int_equal(
        cc_dialect_bigquery.like(&out, &column, "`a`", "x!%_\\%", '!', false),
        0);
    assert_string_equal(cc_strbuf_text(&out), "`a` LIKE 'x\\\\%_\\\\\\\\%'");
    assert_int_equal(
        cc_dialect_bigquery.like(&out, &interval, "`a`", "x", 0, false), 1);
    cc_strbuf_free(&out);
}

/* ---- credentials ---- */

static struct cc_connector *some_connector(void)
{
    static const struct pair options[] = {{"PROVIDER", "bigquery"},
                                          {"BILLING_PROJECT", "p"},
                                          {"DATASET", "d"},
                                          {NULL, NULL}};
    struct connector_case c = {.options = options};
    const struct cc_connector_input input = {.option = case_option,
                                             .context = &c};
    struct cc_connector *connector = NULL;
    struct cc_error error = CC_ERROR_INIT;
    if (cc_connector_new(&input, &connector, &error) != 0)
        fail_msg("%s", error.message);
    return connector;
}

static void test_credentials(void **state)
{
    static const char text[] =
        "{\"type\": \"authorized_user\", \"client_id\": \"i\", "
        "\"client_secret\": \"secret-1\", \"refresh_token\": \"refresh-1\", "
        "\"quota_project_id\": \"q\"}";
    struct cc_connector *connector = some_connector();
    struct cc_google_credentials found = {.kind = CC_GOOGLE_NONE};
    struct cc_error error;
    (void)state;
    cc_error_init(&error, connector->secrets);
    assert_int_equal(cc_google_parse(text, "f", connector, &found, &error), 0);
    assert_int_equal(found.kind, CC_GOOGLE_USER);
    assert_string_equal(found.refresh_token, "refresh-1");
    assert_string_equal(found.quota_project, "q");
    assert_string_equal(found.token_uri, "https://oauth2.googleapis.com/token");
    (void)cc_error_set(&error, CC_STAGE_LOGIN, NULL, "refresh-1 secret-1");
    assert_string_equal(error.message, "*** ***");
    cc_google_credentials_free(&found);
    cc_connector_free(connector);
}

static void test_credentials_refused(void **state)
{
    static const struct pair cases[] = {
        {"[1]", "f is not the JSON of a Google credential"},
        {"{\"type\": \"external_account\"}", "\"external_account\""},
        {"{\"type\": \"service_account\"}", "f has no \"client_email\""},
        {NULL, NULL}};
    struct cc_connector *connector = some_connector();
    (void)state;
    for (const struct pair *c = cases; c->name; c++)
    {
        struct cc_google_credentials found = {.kind = CC_GOOGLE_NONE};
        struct cc_error error = CC_ERROR_INIT;
        assert_int_equal(
            cc_google_parse(c->name, "f", connector, &found, &error), -1);
        assert_int_equal(error.stage, CC_STAGE_LOGIN);
        assert_non_null(strstr(error.message, c->value));
        cc_google_credentials_free(&found);
    }
    cc_connector_free(connector);
}

static void test_safe_urls(void **state)
{
    (void)state;
    assert_true(cc_google_auth_is_safe("https://a"));
    assert_true(cc_google_auth_is_safe("http://localhost:9050/x"));
    assert_true(cc_google_auth_is_safe("http://[::1]"));
    assert_false(cc_google_auth_is_safe("http://localhost.example.com"));
    assert_false(cc_google_auth_is_safe("http://127.0.0.1.example.com"));
    assert_false(cc_google_auth_is_safe("http://127.0.0.1@example.com"));
    assert_false(cc_google_auth_is_safe("ftp://localhost"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack_rows),
        cmocka_unit_test(test_pack_session),
        cmocka_unit_test(test_unpack_rows),
        cmocka_unit_test(test_unpack_session),
        cmocka_unit_test(test_unpack_garbage),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_arrow_decimal),
        cmocka_unit_test(test_arrow_decimal_of_another_kind),
        cmocka_unit_test(test_string_literal),
        cmocka_unit_test(test_order_is_kept),
        cmocka_unit_test(test_made_up_names),
        cmocka_unit_test(test_like),
        cmocka_unit_test(test_credentials),
        cmocka_unit_test(test_credentials_refused),
        cmocka_unit_test(test_safe_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
