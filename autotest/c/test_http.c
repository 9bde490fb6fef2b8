/* SPDX-License-Identifier: MIT */
/* The HTTP client, against a server in a thread that answers as it is told. */
#include "http_script.h"

#include "wire/http.h"

/* ---- a client ---- */

struct client
{
    struct cc_connector *connector;
    struct cc_http *http;
    struct cc_buffer body;
    struct cc_error error;
};

static void client_open(struct client *client)
{
    memset(client, 0, sizeof *client);
    client->connector = valid_json("{" MYSQL ",\"table\":\"t\"}");
    cc_error_init(&client->error, NULL);
    assert_int_equal(
        cc_http_new(client->connector, NULL, &client->http, &client->error), 0);
}

static void client_close(struct client *client)
{
    cc_http_free(client->http);
    cc_buffer_free(&client->body);
    cc_connector_free(client->connector);
}

static int client_send(struct client *client,
                       const struct cc_http_request *request)
{
    client->body.size = 0;
    return cc_http_send(client->http, request, &client->body, &client->error);
}

static void assert_sent(struct client *client,
                        const struct cc_http_request *request, long status,
                        const char *body)
{
    if (client_send(client, request) != 0)
        fail_msg("%s", client->error.message);
    assert_int_equal(cc_http_status(client->http), status);
    assert_int_equal(client->body.size, strlen(body));
    assert_memory_equal(client->body.data, body, strlen(body));
}

#define HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello"

static void test_get_and_post(void **state)
{
    (void)state;
    static const char *const headers[] = {"X-Mine: yes", NULL};
    struct server server = {
        .answers = {HELLO, "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n"
                           "x-b:  two words \r\n\r\nno"}};
    struct client client;
    server_start(&server);
    client_open(&client);
    struct cc_http_request request = {.url = server.url, .headers = headers};
    assert_sent(&client, &request, 200, "hello");
    request.body = "{\"a\": 1}";
    request.body_size = 8;
    request.username = "user";
    request.password = "pass";
    assert_sent(&client, &request, 404, "no");
    size_t size;
    const char *value = cc_http_header(client.http, "X-B", &size);
    assert_int_equal(size, 9);
    assert_memory_equal(value, "two words", 9);
    assert_null(cc_http_header(client.http, "X-A", &size));
    client_close(&client);
    server_stop(&server);
    assert_int_equal(server.connections, 1);
    assert_memory_equal(server.requests[0], "GET /path HTTP/1.1\r\n", 20);
    assert_non_null(strstr(server.requests[0], "X-Mine: yes\r\n"));
    assert_memory_equal(server.requests[1], "POST /path HTTP/1.1\r\n", 21);
    assert_non_null(strstr(server.requests[1], "\r\n\r\n{\"a\": 1}"));
    assert_non_null(
        strstr(server.requests[1], "Authorization: Basic dXNlcjpwYXNz\r\n"));
}

/* gzip of "hello, hello, hello\n" */
static const char gzipped[] =
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n"
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x48\xcd\xc9\xc9\xd7\x51"
    "\xc8\x40\xa2\xb8\x00\xe7\x42\x6e\x52\x14\x00\x00\x00";

static void test_compressed(void **state)
{
    (void)state;
    struct server server = {.answers = {gzipped},
                            .sizes = {sizeof gzipped - 1}};
    struct client client;
    server_start(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url};
    assert_sent(&client, &request, 200, "hello, hello, hello\n");
    client_close(&client);
    server_stop(&server);
    assert_non_null(strstr(server.requests[0], "Accept-Encoding: "));
}

static void test_too_large(void **state)
{
    (void)state;
    struct server server = {.answers = {HELLO}};
    struct client client;
    server_start(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url, .max_size = 4};
    assert_int_equal(client_send(&client, &request), -1);
    assert_int_equal(client.error.stage, CC_STAGE_LIMIT);
    assert_string_equal(client.error.message,
                        "the server's answer has more than 4 bytes");
    client_close(&client);
    server_stop(&server);
}

/* A body that is shorter than was said is no whole one. */
static void test_ends_early(void **state)
{
    (void)state;
    struct server server = {
        .answers = {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"},
        .close_after = true};
    struct client client;
    server_start(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url};
    assert_int_equal(client_send(&client, &request), -1);
    assert_int_equal(client.error.stage, CC_STAGE_FETCH);
    client_close(&client);
    server_stop(&server);
}

static void test_times_out(void **state)
{
    (void)state;
    struct server server = {.answers = {HELLO}, .pause_ms = 2000};
    struct client client;
    server_start(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url,
                                            .timeout_ms = 200};
    assert_int_equal(client_send(&client, &request), -1);
    assert_int_equal(client.error.stage, CC_STAGE_TIMEOUT);
    client_close(&client);
    server_stop(&server);
}

static void test_reads_in_pieces(void **state)
{
    (void)state;
    struct server server = {.answers = {HELLO}, .pause_ms = 300};
    struct client client;
    server_start(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url};
    assert_int_equal(cc_http_begin(client.http, &request, &client.error), 0);
    assert_int_equal(cc_http_status(client.http), 200);
    assert_int_equal(cc_http_read(client.http, &client.body, -1, &client.error),
                     CC_HTTP_DATA);
    assert_int_equal(client.body.size, 2);
    assert_int_equal(cc_http_read(client.http, &client.body, 20, &client.error),
                     CC_HTTP_AGAIN);
    assert_int_equal(cc_http_read(client.http, &client.body, -1, &client.error),
                     CC_HTTP_DATA);
    assert_int_equal(client.body.size, 5);
    assert_memory_equal(client.body.data, "hello", 5);
    assert_int_equal(cc_http_read(client.http, &client.body, -1, &client.error),
                     CC_HTTP_END);
    cc_http_end(client.http);
    assert_int_equal(cc_http_read(client.http, &client.body, -1, &client.error),
                     CC_HTTP_ERROR);
    client_close(&client);
    server_stop(&server);
}

static void *cancel_soon(void *argument)
{
    pause_ms(100);
    cc_http_cancel(argument);
    return NULL;
}

static void test_cancel(void **state)
{
    (void)state;
    struct server server = {.answers = {HELLO, HELLO}, .pause_ms = 1500};
    struct client client;
    server_start(&server);
    client_open(&client);
    pthread_t thread;
    const struct cc_http_request request = {.url = server.url};
    pthread_create(&thread, NULL, cancel_soon, client.http);
    time_t before = time(NULL);
    assert_int_equal(client_send(&client, &request), -1);
    assert_true(time(NULL) - before <= 1);
    pthread_join(thread, NULL);
    assert_int_equal(client.error.stage, CC_STAGE_CANCELLED);
    /* until it is taken back */
    assert_int_equal(client_send(&client, &request), -1);
    cc_http_resume(client.http);
    assert_sent(&client, &request, 200, "hello");
    client_close(&client);
    server_stop(&server);
}

static void test_cookies(void **state)
{
    (void)state;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                                 "Set-Cookie: k=v\r\n\r\nok";
    struct server server = {.answers = {answer, answer, answer}};
    struct client client;
    server_start(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url};
    assert_false(cc_http_forget_cookies(client.http));
    assert_sent(&client, &request, 200, "ok");
    assert_sent(&client, &request, 200, "ok");
    assert_true(cc_http_forget_cookies(client.http));
    assert_sent(&client, &request, 200, "ok");
    client_close(&client);
    server_stop(&server);
    assert_null(strstr(server.requests[0], "Cookie:"));
    assert_non_null(strstr(server.requests[1], "Cookie: k=v\r\n"));
    assert_null(strstr(server.requests[2], "Cookie:"));
}

static void test_nobody_listens(void **state)
{
    (void)state;
    struct server server = {.answers = {HELLO}};
    struct client client;
    server_start(&server);
    server_stop(&server);
    client_open(&client);
    const struct cc_http_request request = {.url = server.url};
    assert_int_equal(client_send(&client, &request), -1);
    assert_int_equal(client.error.stage, CC_STAGE_CONNECT);
    assert_non_null(strstr(client.error.message, "Check \"server\""));
    assert_int_equal(cc_http_status(client.http), 0);
    client_close(&client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_and_post),
        cmocka_unit_test(test_compressed),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_ends_early),
        cmocka_unit_test(test_times_out),
        cmocka_unit_test(test_reads_in_pieces),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cookies),
        cmocka_unit_test(test_nobody_listens),
    };
    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
