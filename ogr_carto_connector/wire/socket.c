/* SPDX-License-Identifier: MIT */
#include "socket.h"

#include "curl.h"

#include <poll.h>
#include <stdlib.h>

struct cc_socket
{
    struct cc_curl_options options;
    const struct cc_deadline *deadline;
    CURL *curl;
    curl_socket_t descriptor;
    char words[CURL_ERROR_SIZE];
};

/* What is left of the deadline bounds the connecting. */
static int64_t connect_timeout_ms(const struct cc_deadline *deadline)
{
    if (deadline->at_us == 0)
        return 0;
    int64_t left = (deadline->at_us - cc_deadline_now_us()) / 1000;
    return left > 0 ? left : 1;
}

static int make_url(const struct cc_connector *connector, struct cc_strbuf *url,
                    struct cc_error *error)
{
    bool tls = cc_curl_wants_tls(connector);
    return cc_curl_url(
        tls ? "https" : "http", cc_connector_text(connector, CC_P_SERVER),
        cc_connector_text(connector, CC_P_PORT), NULL, url, error);
}

static int connect_curl(struct cc_socket *socket, const char *url,
                        struct cc_error *error)
{
    CURL *curl = socket->curl;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, url);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    /* what follows TLS is no HTTP, and no proxy is to read it as such */
    (void)curl_easy_setopt(curl, CURLOPT_SSL_ENABLE_ALPN, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPPROXYTUNNEL, 1L);
    if (code == CURLE_OK)
        code = curl_easy_perform(curl);
    if (code == CURLE_OK)
        code =
            curl_easy_getinfo(curl, CURLINFO_ACTIVESOCKET, &socket->descriptor);
    if (code == CURLE_OK)
        return 0;
    return cc_curl_error(curl, code, socket->words, &socket->options,
                         CC_STAGE_CONNECT, error);
}

static int establish(struct cc_socket *socket, struct cc_error *error)
{
    struct cc_strbuf url = CC_STRBUF_INIT;
    socket->curl = cc_curl_new(error);
    if (!socket->curl)
        return -1;
    int status =
        cc_curl_setup(socket->curl, &socket->options, socket->words, error);
    if (status == 0)
        status = make_url(socket->options.connector, &url, error);
    if (status == 0)
        status = connect_curl(socket, cc_strbuf_text(&url), error);
    cc_strbuf_free(&url);
    return status;
}

int cc_socket_open(const struct cc_connector *connector,
                   const struct cc_host *host,
                   const struct cc_deadline *deadline,
                   struct cc_socket **socket, struct cc_error *error)
{
    struct cc_socket *opened = calloc(1, sizeof *opened);
    if (!opened)
        return cc_error_memory(error);
    opened->deadline = deadline;
    opened->options.connector = connector;
    opened->options.host = host;
    opened->options.cancelled = deadline->cancelled;
    opened->options.connect_timeout_ms = connect_timeout_ms(deadline);
    if (establish(opened, error) == 0)
    {
        *socket = opened;
        return 0;
    }
    cc_socket_close(opened);
    return -1;
}

void cc_socket_close(struct cc_socket *socket)
{
    if (!socket)
        return;
    curl_easy_cleanup(socket->curl);
    free(socket);
}

/* Waits until the descriptor is ready, or in error, which the next call into
 * libcurl finds. */
static int wait_for(const struct cc_socket *socket, short events,
                    struct cc_error *error)
{
    for (;;)
    {
        CC_TRY(cc_deadline_check(socket->deadline, error));
        struct pollfd polled = {socket->descriptor, events, 0};
        if (poll(&polled, 1, cc_deadline_slice_ms(socket->deadline)) > 0)
            return 0;
    }
}

static int lost(struct cc_socket *socket, CURLcode code, struct cc_error *error)
{
    const char *words =
        socket->words[0] ? socket->words : curl_easy_strerror(code);
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "the connection to the server was lost: %s", words);
}

int cc_socket_send(struct cc_socket *socket, const void *data, size_t size,
                   struct cc_error *error)
{
    const char *bytes = data;
    CC_TRY(cc_deadline_check(socket->deadline, error));
    while (size > 0)
    {
        size_t sent = 0;
        socket->words[0] = '\0';
        CURLcode code = curl_easy_send(socket->curl, bytes, size, &sent);
        if (code == CURLE_AGAIN)
            CC_TRY(wait_for(socket, POLLOUT, error));
        else if (code != CURLE_OK)
            return lost(socket, code, error);
        bytes += sent;
        size -= sent;
    }
    return 0;
}

int cc_socket_receive(struct cc_socket *socket, void *data, size_t size,
                      size_t *received, struct cc_error *error)
{
    for (;;)
    {
        *received = 0;
        socket->words[0] = '\0';
        CURLcode code = curl_easy_recv(socket->curl, data, size, received);
        if (code == CURLE_OK && *received > 0)
            return 0;
        if (code == CURLE_OK)
            return cc_error_set(error, CC_STAGE_FETCH, NULL,
                                "the server closed the connection");
        if (code != CURLE_AGAIN)
            return lost(socket, code, error);
        CC_TRY(wait_for(socket, POLLIN, error));
    }
}
