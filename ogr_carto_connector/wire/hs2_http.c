/* SPDX-License-Identifier: MIT */
/*
 * HiveServer2's HTTP transport: every message is a POST, answered in its body.
 * Who logs in says so with every request; a cookie of the server's may spare
 * it from looking.
 */
#include "curl.h"
#include "hs2_transport.h"
#include "http.h"

#include <ctype.h>
#include <string.h>

#define UNAUTHORIZED 401
/* What is quoted of an answer that is no message. */
#define MAX_QUOTE 500

struct http_transport
{
    struct cc_hs2_transport base;
    const struct cc_connector *connector;
    const struct cc_deadline *deadline;
    struct cc_http *http;
    struct cc_strbuf url;
};

static void close_http(struct cc_hs2_transport *transport)
{
    struct http_transport *own = (struct http_transport *)transport;
    cc_http_free(own->http);
    cc_strbuf_free(&own->url);
    free(own);
}

static int64_t timeout_ms(const struct cc_deadline *deadline)
{
    if (deadline->at_us == 0)
        return 0;
    int64_t left = (deadline->at_us - cc_deadline_now_us()) / 1000;
    return left > 0 ? left : 1;
}

/* libcurl's words for the end of our deadline are replaced. */
static int http_failed(const struct http_transport *own, struct cc_error *error)
{
    bool over =
        error && error->stage == CC_STAGE_TIMEOUT && own->deadline->at_us != 0;
    return over ? cc_deadline_expired(own->deadline, error) : -1;
}

static int post(struct http_transport *own, const uint8_t *message, size_t size,
                struct cc_error *error)
{
    static const char *const headers[] = {"Content-Type: application/x-thrift",
                                          "Accept: application/x-thrift",
                                          "X-XSRF-HEADER: true", NULL};
    const struct cc_http_request request = {
        .url = cc_strbuf_text(&own->url),
        .headers = headers,
        .body = message,
        .body_size = size,
        .username = cc_hs2_username(own->connector),
        .password = cc_hs2_password(own->connector),
        .timeout_ms = timeout_ms(own->deadline),
        .max_size = CC_HS2_MAX_MESSAGE,
        .cancelled = own->deadline->cancelled,
    };
    CC_TRY(cc_deadline_check(own->deadline, error));
    return cc_http_begin(own->http, &request, error) == 0
               ? 0
               : http_failed(own, error);
}

/* The words of a page: its text without tags, in one line. */
static void append_words(struct cc_strbuf *out, const struct cc_buffer *page)
{
    bool in_tag = false;
    bool blank = true;
    for (size_t i = 0; i < page->size && out->length < MAX_QUOTE; i++)
    {
        char c = (char)page->data[i];
        in_tag = c == '<' || (in_tag && c != '>');
        if (in_tag || c == '>')
            c = ' ';
        bool space = (unsigned char)c <= ' ';
        if (!space || !blank)
            (void)cc_strbuf_append_char(out, space ? ' ' : c);
        blank = space;
    }
}

static const char *hint_of(long status)
{
    if (status == UNAUTHORIZED || status == 403)
        return "\nCheck \"username\", \"password\" and \"auth\"; Kerberos is "
               "not supported.";
    return "\nCheck \"server\", \"port\" and \"http_path\".";
}

static int refused(struct http_transport *own, struct cc_error *error)
{
    long status = cc_http_status(own->http);
    struct cc_buffer page = CC_BUFFER_INIT;
    struct cc_strbuf words = CC_STRBUF_INIT;
    while (page.size < 65536 &&
           cc_http_read(own->http, &page, -1, NULL) == CC_HTTP_DATA)
        continue;
    append_words(&words, &page);
    (void)cc_error_set(error, CC_STAGE_LOGIN, NULL,
                       "the server answered with HTTP status %ld: %s", status,
                       cc_strbuf_text(&words));
    (void)cc_error_append(error, "%s", hint_of(status));
    cc_strbuf_free(&words);
    cc_buffer_free(&page);
    cc_http_end(own->http);
    return -1;
}

/* A cookie that the server does not take any more is no answer yet. */
static int http_send(struct cc_hs2_transport *transport,
                     const struct cc_buffer *message, struct cc_error *error)
{
    struct http_transport *own = (struct http_transport *)transport;
    const uint8_t *body = message->data + CC_HS2_FRAME_SIZE;
    size_t size = message->size - CC_HS2_FRAME_SIZE;
    CC_TRY(post(own, body, size, error));
    if (cc_http_status(own->http) == UNAUTHORIZED &&
        cc_http_forget_cookies(own->http))
        CC_TRY(post(own, body, size, error));
    return cc_http_status(own->http) == 200 ? 0 : refused(own, error);
}

static int http_receive(struct cc_hs2_transport *transport,
                        struct cc_buffer *answer, struct cc_error *error)
{
    struct http_transport *own = (struct http_transport *)transport;
    for (;;)
    {
        CC_TRY(cc_deadline_check(own->deadline, error));
        int slice = cc_deadline_slice_ms(own->deadline);
        switch (cc_http_read(own->http, answer, slice, error))
        {
            case CC_HTTP_DATA:
                return 0;
            case CC_HTTP_END:
                return cc_error_set(error, CC_STAGE_FETCH, NULL,
                                    "the server's answer ended early");
            case CC_HTTP_AGAIN:
                break;
            case CC_HTTP_ERROR:
                return http_failed(own, error);
        }
    }
}

static int make_url(struct http_transport *own, struct cc_error *error)
{
    const struct cc_connector *connector = own->connector;
    const char *path = cc_connector_text(connector, CC_P_HTTP_PATH);
    struct cc_strbuf absolute = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&absolute, *path == '/' ? "%s" : "/%s", path);
    int status =
        cc_strbuf_failed(&absolute)
            ? cc_error_memory(error)
            : cc_curl_url(cc_curl_wants_tls(connector) ? "https" : "http",
                          cc_connector_text(connector, CC_P_SERVER),
                          cc_connector_text(connector, CC_P_PORT),
                          cc_strbuf_text(&absolute), &own->url, error);
    cc_strbuf_free(&absolute);
    return status;
}

int cc_hs2_http_open(const struct cc_connector *connector,
                     const struct cc_host *host,
                     const struct cc_deadline *deadline,
                     struct cc_hs2_transport **transport,
                     struct cc_error *error)
{
    struct http_transport *own = calloc(1, sizeof *own);
    if (!own)
        return cc_error_memory(error);
    own->base =
        (struct cc_hs2_transport){true, http_send, http_receive, close_http};
    own->connector = connector;
    own->deadline = deadline;
    if (make_url(own, error) != 0 ||
        cc_http_new(connector, host, &own->http, error) != 0)
    {
        close_http(&own->base);
        return -1;
    }
    *transport = &own->base;
    return 0;
}

int cc_hs2_transport_open(const struct cc_connector *connector,
                          const struct cc_host *host,
                          const struct cc_deadline *deadline,
                          struct cc_hs2_transport **transport,
                          struct cc_error *error)
{
    const char *kind = cc_connector_text(connector, CC_P_TRANSPORT);
    const char *auth = cc_connector_text(connector, CC_P_AUTH);
    if (strcmp(kind, "http") == 0)
        return cc_hs2_http_open(connector, host, deadline, transport, error);
    if (strcmp(auth, "nosasl") == 0)
        return cc_hs2_plain_open(connector, host, deadline, transport, error);
    return cc_hs2_sasl_open(connector, host, deadline, transport, error);
}
