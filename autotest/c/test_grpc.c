/* SPDX-License-Identifier: MIT */
/* gRPC calls, against a server in a thread that answers frame by frame. */
#include "http2_script.h"

#include "wire/grpc.h"

/* Messages "", "hello" and "yes", each with its prefix. */
static const uint8_t three[] = "\0\0\0\0\0\0\0\0\0\5hello\0\0\0\0\3yes";
#define THREE_SIZE (sizeof three - 1)
static const char *const texts[] = {"", "hello", "yes"};

struct client
{
    struct http2_server server;
    struct cc_connector *connector;
    struct cc_grpc *grpc;
    struct cc_error error;
};

static void client_open(struct client *client, const struct answer *answer)
{
    memset(client, 0, sizeof *client);
    client->server.answer = *answer;
    http2_start(&client->server);
    client->connector = valid_json("{" BIGQUERY "}");
    cc_error_init(&client->error, NULL);
    assert_int_equal(cc_grpc_new(client->connector, NULL,
                                 client->server.endpoint, &client->grpc,
                                 &client->error),
                     0);
}

static void client_close(struct client *client)
{
    cc_grpc_free(client->grpc);
    http2_stop(&client->server);
    cc_connector_free(client->connector);
}

static int begin(struct client *client)
{
    static const char *const headers[] = {"x-mine: 1", NULL};
    const struct cc_grpc_call call = {.method = "/a.B/C",
                                      .headers = headers,
                                      .request = "abc",
                                      .request_size = 3,
                                      .timeout_ms = 20000};
    return cc_grpc_begin(client->grpc, &call, &client->error);
}

static void assert_messages(struct client *client, size_t count)
{
    const uint8_t *message;
    size_t size;
    for (size_t i = 0; i < count; i++)
    {
        assert_int_equal(
            cc_grpc_read(client->grpc, &message, &size, -1, &client->error),
            CC_GRPC_MESSAGE);
        assert_int_equal(size, strlen(texts[i]));
        assert_memory_equal(message, texts[i], size);
    }
}

static void assert_read(struct client *client, enum cc_grpc_read expected)
{
    const uint8_t *message;
    size_t size;
    enum cc_grpc_read read =
        cc_grpc_read(client->grpc, &message, &size, -1, &client->error);
    if (read != expected)
        fail_msg("%d: %s", (int)read, client->error.message);
}

/* A call that is answered so fails, after so many messages. */
static void check_failure(const struct answer *answer, size_t messages,
                          enum cc_grpc_code code, bool again,
                          enum cc_stage stage, const char *words)
{
    struct client client;
    client_open(&client, answer);
    if (begin(&client) == 0)
    {
        assert_messages(&client, messages);
        assert_read(&client, CC_GRPC_ERROR);
    }
    if (!strstr(client.error.message, words))
        fail_msg("%s", client.error.message);
    assert_int_equal(cc_grpc_code(client.grpc), code);
    assert_int_equal(cc_grpc_may_retry(client.grpc), again);
    assert_int_equal(client.error.stage, stage);
    client_close(&client);
}

/* ---- calls ---- */

static void test_request(void **state)
{
    const struct answer answer = {
        .body = three, .size = THREE_SIZE, .grpc_status = "0"};
    struct client client;
    (void)state;
    client_open(&client, &answer);
    assert_int_equal(begin(&client), 0);
    assert_messages(&client, 3);
    assert_read(&client, CC_GRPC_END);
    assert_int_equal(cc_grpc_code(client.grpc), CC_GRPC_OK);
    const struct http2_server *server = &client.server;
    assert_int_equal(server->request_size, 8);
    assert_memory_equal(server->request, "\0\0\0\0\3abc", 8);
    assert_non_null(strstr(server->headers, ":method: POST\n"));
    assert_non_null(strstr(server->headers, ":path: /a.B/C\n"));
    assert_non_null(strstr(server->headers, "te: trailers\n"));
    assert_non_null(
        strstr(server->headers, "content-type: application/grpc\n"));
    assert_non_null(strstr(server->headers, "grpc-timeout: 20000m\n"));
    assert_non_null(strstr(server->headers, "x-mine: 1\n"));
    assert_null(strstr(server->headers, "accept-encoding"));
    client_close(&client);
}

/* Frames of every size up to the whole. */
static void test_frames(void **state)
{
    (void)state;
    for (size_t frame = 1; frame <= THREE_SIZE; frame++)
    {
        const struct answer answer = {.body = three,
                                      .size = THREE_SIZE,
                                      .frame = frame,
                                      .grpc_status = "0"};
        struct client client;
        client_open(&client, &answer);
        assert_int_equal(begin(&client), 0);
        assert_messages(&client, 3);
        assert_read(&client, CC_GRPC_END);
        client_close(&client);
    }
}

/* ... and cut at every byte. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t size = 0; size < THREE_SIZE; size++)
    {
        const bool whole = size == 0 || size == 5 || size == 15;
        const struct answer answer = {
            .body = three, .size = size, .grpc_status = "0"};
        struct client client;
        client_open(&client, &answer);
        assert_int_equal(begin(&client), 0);
        assert_messages(&client, size < 5 ? 0 : size < 15 ? 1 : 2);
        assert_read(&client, whole ? CC_GRPC_END : CC_GRPC_ERROR);
        if (!whole)
            assert_string_equal(client.error.message,
                                "the server ended its answer without a "
                                "status, within a message");
        assert_int_equal(cc_grpc_may_retry(client.grpc), !whole);
        client_close(&client);
    }
}

static void test_call_after_call(void **state)
{
    const struct answer answer = {
        .body = three, .size = THREE_SIZE, .grpc_status = "0"};
    struct client client;
    (void)state;
    client_open(&client, &answer);
    for (size_t i = 1; i <= 3; i++)
    {
        assert_int_equal(begin(&client), 0);
        assert_messages(&client, i);
        if (i < 3)
            cc_grpc_end(client.grpc);
        else
            assert_read(&client, CC_GRPC_END);
    }
    client_close(&client);
}

/* ---- failures ---- */

static void test_status(void **state)
{
    struct answer answer = {.body = three, .size = 5, .grpc_status = "5"};
    (void)state;
    answer.grpc_message = "no such str%C3%A9am, 100%25 %zz %";
    check_failure(&answer, 1, CC_GRPC_NOT_FOUND, false, CC_STAGE_QUERY,
                  "no such str\xC3\xA9"
                  "am, 100% %zz % (NOT_FOUND)");
    answer.grpc_status = "14";
    check_failure(&answer, 1, CC_GRPC_UNAVAILABLE, true, CC_STAGE_FETCH,
                  "(UNAVAILABLE)");
    answer.grpc_status = "8";
    check_failure(&answer, 1, CC_GRPC_RESOURCE_EXHAUSTED, true, CC_STAGE_FETCH,
                  "(RESOURCE_EXHAUSTED)");
    answer.grpc_status = "16";
    answer.grpc_message = NULL;
    check_failure(&answer, 1, CC_GRPC_UNAUTHENTICATED, false, CC_STAGE_LOGIN,
                  "the server gives no reason (UNAUTHENTICATED)");
    answer.grpc_status = "77";
    check_failure(&answer, 1, CC_GRPC_UNKNOWN, false, CC_STAGE_FETCH,
                  "(UNKNOWN)");
}

/* INTERNAL is worth another try where the stream broke. */
static void test_internal(void **state)
{
    struct answer answer = {.body = three, .size = 5, .grpc_status = "13"};
    (void)state;
    answer.grpc_message = "a bug";
    check_failure(&answer, 1, CC_GRPC_INTERNAL, false, CC_STAGE_FETCH,
                  "a bug (INTERNAL)");
    answer.grpc_message = "Received RST_STREAM with error code 2";
    check_failure(&answer, 1, CC_GRPC_INTERNAL, true, CC_STAGE_FETCH,
                  "RST_STREAM");
}

static void test_trailers_only(void **state)
{
    const struct answer answer = {
        .grpc_status = "7", .grpc_message = "not you", .trailers_only = true};
    (void)state;
    check_failure(&answer, 0, CC_GRPC_PERMISSION_DENIED, false, CC_STAGE_QUERY,
                  "not you (PERMISSION_DENIED)");
}

static void test_dropped_header(void **state)
{
    const struct answer answer = {.grpc_status = "2",
                                  .grpc_message = "Missing :te header",
                                  .trailers_only = true};
    (void)state;
    check_failure(&answer, 0, CC_GRPC_UNKNOWN, false, CC_STAGE_FETCH,
                  "curl issue 17122");
}

static void test_no_status(void **state)
{
    const struct answer answer = {.body = three, .size = 15};
    (void)state;
    check_failure(&answer, 2, CC_GRPC_UNAVAILABLE, true, CC_STAGE_FETCH,
                  "ended its answer without a status");
}

static void test_reset(void **state)
{
    const struct answer answer = {
        .body = three, .size = 2, .reset = NGHTTP2_INTERNAL_ERROR};
    (void)state;
    check_failure(&answer, 0, CC_GRPC_UNAVAILABLE, true, CC_STAGE_FETCH, "");
}

static void test_http_status(void **state)
{
    static const struct
    {
        const char *status;
        enum cc_grpc_code code;
        bool again;
        enum cc_stage stage;
    } cases[] = {
        {"401", CC_GRPC_UNAUTHENTICATED, false, CC_STAGE_LOGIN},
        {"403", CC_GRPC_PERMISSION_DENIED, false, CC_STAGE_QUERY},
        {"404", CC_GRPC_UNIMPLEMENTED, false, CC_STAGE_FETCH},
        {"429", CC_GRPC_UNAVAILABLE, true, CC_STAGE_FETCH},
        {"503", CC_GRPC_UNAVAILABLE, true, CC_STAGE_FETCH},
        {"500", CC_GRPC_UNKNOWN, false, CC_STAGE_FETCH},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        const struct answer answer = {
            .http_status = cases[i].status, .body = "<html>", .size = 6};
        char words[64];
        snprintf(words, sizeof words, "answers HTTP %s without a gRPC status",
                 cases[i].status);
        check_failure(&answer, 0, cases[i].code, cases[i].again, cases[i].stage,
                      words);
    }
}

/* ---- limits ---- */

static void test_compressed(void **state)
{
    static const uint8_t body[] = "\1\0\0\0\2hi";
    const struct answer answer = {.body = body, .size = 7, .grpc_status = "0"};
    (void)state;
    check_failure(&answer, 0, CC_GRPC_OK, false, CC_STAGE_FETCH,
                  "the server compressed a message");
}

static void test_too_large(void **state)
{
    static const uint8_t body[] = "\0\x10\0\0\1hi";
    static const uint8_t most[] = "\0\x10\0\0\0hi";
    struct answer answer = {.body = body, .size = 7, .grpc_status = "0"};
    (void)state;
    check_failure(&answer, 0, CC_GRPC_OK, false, CC_STAGE_FETCH,
                  "more than 256 MiB");
    answer.body = most;
    check_failure(&answer, 0, CC_GRPC_UNAVAILABLE, true, CC_STAGE_FETCH,
                  "within a message");
}

/* ---- one answer ---- */

static int unary(struct client *client, const uint8_t **message, size_t *size)
{
    const struct cc_grpc_call call = {
        .method = "/a.B/C", .request = "abc", .request_size = 3};
    return cc_grpc_unary(client->grpc, &call, message, size, &client->error);
}

static void test_unary(void **state)
{
    static const struct
    {
        size_t from, size;
        const char *words; /* NULL: it succeeds */
    } cases[] = {
        {5, 10, NULL},
        {0, 0, "the server's answer is empty"},
        {5, THREE_SIZE - 5, "the server gives more than one answer"},
        {5, 8, "within a message"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        const struct answer answer = {.body = three + cases[i].from,
                                      .size = cases[i].size,
                                      .grpc_status = "0"};
        struct client client;
        const uint8_t *message;
        size_t size;
        client_open(&client, &answer);
        int status = unary(&client, &message, &size);
        if (cases[i].words)
        {
            assert_int_equal(status, -1);
            assert_non_null(strstr(client.error.message, cases[i].words));
        }
        else
        {
            assert_int_equal(status, 0);
            assert_int_equal(size, 5);
            assert_memory_equal(message, "hello", 5);
        }
        client_close(&client);
    }
}

/* A message does not make up for a failure. */
static void test_unary_fails_after_its_answer(void **state)
{
    const struct answer answer = {
        .body = three + 5, .size = 10, .grpc_status = "8"};
    struct client client;
    const uint8_t *message;
    size_t size;
    (void)state;
    client_open(&client, &answer);
    assert_int_equal(unary(&client, &message, &size), -1);
    assert_int_equal(cc_grpc_code(client.grpc), CC_GRPC_RESOURCE_EXHAUSTED);
    client_close(&client);
}

static void test_cancelled(void **state)
{
    const struct answer answer = {.grpc_status = "0"};
    atomic_bool cancelled = true;
    struct client client;
    (void)state;
    client_open(&client, &answer);
    const struct cc_grpc_call call = {
        .method = "/a.B/C", .request = "", .cancelled = &cancelled};
    assert_int_equal(cc_grpc_begin(client.grpc, &call, &client.error), -1);
    assert_int_equal(client.error.stage, CC_STAGE_CANCELLED);
    assert_false(cc_grpc_may_retry(client.grpc));
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_call_after_call),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_internal),
        cmocka_unit_test(test_trailers_only),
        cmocka_unit_test(test_dropped_header),
        cmocka_unit_test(test_no_status),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_http_status),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_unary),
        cmocka_unit_test(test_unary_fails_after_its_answer),
        cmocka_unit_test(test_cancelled),
    };
    return cmocka_run_group_tests_name("grpc", tests, NULL, NULL);
}
