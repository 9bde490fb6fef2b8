/* SPDX-License-Identifier: MIT */
/*
 * An HTTP/2 server in a thread, without TLS, that answers each call as it is
 * told: by libnghttp2, frame by frame.
 */
#ifndef CC_HTTP2_SCRIPT_H
#define CC_HTTP2_SCRIPT_H

#include "connector_case.h"
#include "loopback.h"

#include <nghttp2/nghttp2.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

/* What each call is answered with. */
struct answer
{
    const char *http_status; /* NULL: 200 */
    const void *body;
    size_t size;
    size_t frame;             /* bytes of a DATA frame; 0: as they come */
    const char *grpc_status;  /* NULL: none, the body's end is the end */
    const char *grpc_message; /* or NULL */
    uint32_t reset;           /* error code of RST_STREAM after the body */
    bool trailers_only;
};

struct http2_server
{
    struct answer answer;
    int listener;
    char endpoint[64];
    pthread_t thread;
    /* of the connection that is served */
    int peer;
    size_t sent;
    /* of the last request */
    char headers[4096]; /* "name: value\n" each */
    uint8_t request[4096];
    size_t request_size;
    int calls;
};

static inline nghttp2_nv pair_of(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value,
                        strlen(name), strlen(value), NGHTTP2_NV_FLAG_NONE};
}

static inline size_t status_pairs(const struct answer *answer,
                                  nghttp2_nv pairs[2])
{
    pairs[0] = pair_of("grpc-status", answer->grpc_status);
    if (!answer->grpc_message)
        return 1;
    pairs[1] = pair_of("grpc-message", answer->grpc_message);
    return 2;
}

/* nghttp2_data_source_read_callback */
static inline ssize_t give_body(nghttp2_session *session, int32_t stream,
                                uint8_t *out, size_t room, uint32_t *flags,
                                nghttp2_data_source *source, void *context)
{
    struct http2_server *server = context;
    const struct answer *answer = &server->answer;
    size_t size = answer->size - server->sent;
    nghttp2_nv pairs[2];
    (void)source;
    if (answer->frame > 0 && size > answer->frame)
        size = answer->frame;
    size = size < room ? size : room;
    if (size > 0)
        memcpy(out, (const uint8_t *)answer->body + server->sent, size);
    server->sent += size;
    if (server->sent < answer->size)
        return (ssize_t)size;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (answer->reset)
    {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream,
                                  answer->reset);
    }
    else if (answer->grpc_status)
    {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        nghttp2_submit_trailer(session, stream, pairs,
                               status_pairs(answer, pairs));
    }
    return (ssize_t)size;
}

static inline void send_script(nghttp2_session *session,
                               struct http2_server *server, int32_t stream)
{
    const struct answer *answer = &server->answer;
    nghttp2_nv head[4] = {
        pair_of(":status", answer->http_status ? answer->http_status : "200"),
        pair_of("content-type",
                answer->http_status ? "text/html" : "application/grpc")};
    const nghttp2_data_provider body = {.read_callback = give_body};
    size_t count = 2;
    server->sent = 0;
    server->calls++;
    if (answer->trailers_only)
        count += status_pairs(answer, head + 2);
    nghttp2_submit_response(session, stream, head, count,
                            answer->trailers_only ? NULL : &body);
}

static inline int note_header(nghttp2_session *session,
                              const nghttp2_frame *frame, const uint8_t *name,
                              size_t name_size, const uint8_t *value,
                              size_t value_size, uint8_t flags, void *context)
{
    struct http2_server *server = context;
    size_t length = strlen(server->headers);
    (void)session;
    (void)frame;
    (void)flags;
    snprintf(server->headers + length, sizeof server->headers - length,
             "%.*s: %.*s\n", (int)name_size, (const char *)name,
             (int)value_size, (const char *)value);
    return 0;
}

static inline int note_data(nghttp2_session *session, uint8_t flags,
                            int32_t stream, const uint8_t *data, size_t size,
                            void *context)
{
    struct http2_server *server = context;
    (void)session;
    (void)flags;
    (void)stream;
    if (size <= sizeof server->request - server->request_size)
    {
        memcpy(server->request + server->request_size, data, size);
        server->request_size += size;
    }
    return 0;
}

static inline int note_frame(nghttp2_session *session,
                             const nghttp2_frame *frame, void *context)
{
    struct http2_server *server = context;
    if (frame->hd.type == NGHTTP2_HEADERS)
        server->request_size = 0;
    if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        send_script(session, server, frame->hd.stream_id);
    return 0;
}

/* Sends what nghttp2 has, a system call a frame. */
static inline int flush_frames(nghttp2_session *session,
                               const struct http2_server *server)
{
    const uint8_t *data;
    ssize_t size;
    while ((size = nghttp2_session_mem_send(session, &data)) > 0)
    {
        if (send(server->peer, data, (size_t)size, MSG_NOSIGNAL) != size)
            return -1;
    }
    return size < 0 ? -1 : 0;
}

static inline void serve_peer(struct http2_server *server)
{
    nghttp2_session_callbacks *callbacks;
    nghttp2_session *session;
    uint8_t block[16384];
    ssize_t size;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, note_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              note_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, note_frame);
    nghttp2_session_server_new(&session, callbacks, server);
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0);
    server->headers[0] = '\0';
    while (flush_frames(session, server) == 0 &&
           (size = recv(server->peer, block, sizeof block, 0)) > 0 &&
           nghttp2_session_mem_recv(session, block, (size_t)size) == size)
    {
    }
    nghttp2_session_del(session);
    nghttp2_session_callbacks_del(callbacks);
}

static inline void *serve_http2(void *argument)
{
    struct http2_server *server = argument;
    while ((server->peer = accept(server->listener, NULL, NULL)) >= 0)
    {
        serve_peer(server);
        close(server->peer);
    }
    return NULL;
}

static inline void http2_start(struct http2_server *server)
{
    int port;
    server->listener = listen_on_loopback(&port);
    snprintf(server->endpoint, sizeof server->endpoint, "http://127.0.0.1:%d",
             port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve_http2, server),
                     0);
}

/* After all clients have left. */
static inline void http2_stop(struct http2_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
}

#endif
