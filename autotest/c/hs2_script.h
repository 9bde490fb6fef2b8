/* SPDX-License-Identifier: MIT */
/*
 * A small HiveServer2 in threads of the test: NOSASL, one table of an int and
 * a string, as many rows as it is told.
 */
#ifndef CC_HS2_SCRIPT_H
#define CC_HS2_SCRIPT_H

#include "hs2_case.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SCRIPT_PEERS 8

struct script
{
    int listener;
    int port;
    int32_t rows; /* of a statement that is no LIMIT 0 */
    int32_t page; /* rows of an answer */
    bool by_row;
    int silent_after; /* answers with rows, then none; 0: all */
    atomic_int opened;
    atomic_int closed;
    atomic_int operations;
    atomic_int operations_closed;
    atomic_int cancelled;
    atomic_int fetches;
    atomic_int sent; /* rows of the statement that were handed out */
    atomic_int total;
    pthread_t acceptor;
    pthread_t peers[SCRIPT_PEERS];
    int peer_count;
};

struct script_peer
{
    struct script *script;
    int socket;
    struct cc_buffer in;
};

static inline int script_refill(void *context, struct cc_thrift_reader *reader)
{
    struct script_peer *peer = context;
    uint8_t chunk[4096];
    ssize_t size = recv(peer->socket, chunk, sizeof chunk, 0);
    if (size <= 0 || cc_buffer_append(&peer->in, chunk, (size_t)size) != 0)
        return -1;
    reader->data = peer->in.data;
    reader->size = peer->in.size;
    return 0;
}

static inline void script_rows(struct script *script,
                               struct cc_thrift_writer *w)
{
    int32_t left = atomic_load(&script->total) - atomic_load(&script->sent);
    int32_t count = left < script->page ? left : script->page;
    int32_t first = atomic_fetch_add(&script->sent, count);
    put_success(w);
    if (script->by_row)
    {
        begin_row_set(w, 2, count);
        for (int32_t i = first; i < first + count; i++)
        {
            cc_thrift_write_field(w, CC_THRIFT_LIST, 1);
            cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
            cc_thrift_write_i32(w, 2);
            cc_thrift_write_field(w, CC_THRIFT_STRUCT, CC_HS2_VALUE_I32);
            put_i32(w, 1, i);
            cc_thrift_write_stop(w);
            cc_thrift_write_stop(w);
            cc_thrift_write_field(w, CC_THRIFT_STRUCT, CC_HS2_VALUE_STRING);
            if (i % 3 != 0)
                put_text(w, 1, "text");
            cc_thrift_write_stop(w);
            cc_thrift_write_stop(w);
            cc_thrift_write_stop(w);
        }
    }
    else
    {
        char nulls[8192] = "";
        begin_row_set(w, 3, 2);
        begin_column(w, CC_HS2_VALUE_I32, CC_THRIFT_I32, count);
        for (int32_t i = first; i < first + count; i++)
            cc_thrift_write_i32(w, i);
        end_column(w, "", 0);
        begin_column(w, CC_HS2_VALUE_STRING, CC_THRIFT_STRING, count);
        for (int32_t i = 0; i < count; i++)
        {
            if ((first + i) % 3 == 0)
                nulls[i / 8] = (char)(nulls[i / 8] | 1 << i % 8);
            cc_thrift_write_string(w, (first + i) % 3 == 0 ? "" : "text");
        }
        end_column(w, nulls, (size_t)(count + 7) / 8);
    }
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

static inline void script_fields(struct cc_thrift_writer *w)
{
    put_success(w);
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 2);
    cc_thrift_write_field(w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(w, 2);
    put_column_desc(w, "n", CC_HS2_INT, 0, 0);
    put_column_desc(w, "t", CC_HS2_STRING, 0, 0);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

/* The response to a method; false: there is none, ever. */
static inline bool script_answer(struct script *script, const char *method,
                                 bool limited, struct cc_thrift_writer *w)
{
    bool rows = strcmp(method, "FetchResults") == 0;
    if (rows)
    {
        int fetches = atomic_fetch_add(&script->fetches, 1) + 1;
        if (script->silent_after > 0 && fetches > script->silent_after)
            return false;
        script_rows(script, w);
        return true;
    }
    if (strcmp(method, "GetResultSetMetadata") == 0)
    {
        script_fields(w);
        return true;
    }
    put_success(w);
    if (strcmp(method, "OpenSession") == 0)
    {
        atomic_fetch_add(&script->opened, 1);
        put_i32(w, 2, 5);
        put_handle(w, 3, "a session's guid");
    }
    else if (strcmp(method, "ExecuteStatement") == 0)
    {
        atomic_fetch_add(&script->operations, 1);
        atomic_store(&script->sent, 0);
        atomic_store(&script->total, limited ? 0 : script->rows);
        put_handle(w, 2, "an operation's");
    }
    else if (strcmp(method, "GetOperationStatus") == 0)
        put_i32(w, 2, CC_HS2_FINISHED);
    else if (strcmp(method, "CloseSession") == 0)
        atomic_fetch_add(&script->closed, 1);
    else if (strcmp(method, "CloseOperation") == 0)
        atomic_fetch_add(&script->operations_closed, 1);
    else if (strcmp(method, "CancelOperation") == 0)
        atomic_fetch_add(&script->cancelled, 1);
    cc_thrift_write_stop(w);
    return true;
}

static inline bool script_send(int socket, const struct cc_buffer *out)
{
    for (size_t at = 0; at < out->size;)
    {
        ssize_t sent =
            send(socket, out->data + at, out->size - at, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        at += (size_t)sent;
    }
    return true;
}

static inline bool script_exchange(struct script_peer *peer)
{
    struct cc_thrift_reader reader = {.refill = script_refill, .context = peer};
    enum cc_thrift_message type;
    struct cc_thrift_span name;
    int32_t sequence;
    char method[64];
    peer->in.size = 0;
    cc_thrift_read_message(&reader, &type, &name, &sequence);
    cc_thrift_skip(&reader, CC_THRIFT_STRUCT);
    if (reader.failure || name.size >= sizeof method)
        return false;
    memcpy(method, reader.data + name.at, name.size);
    method[name.size] = '\0';
    static const char limit[] = " LIMIT 0";
    bool limited = false;
    for (size_t i = 0; i + 8 <= reader.size; i++)
        limited = limited || memcmp(reader.data + i, limit, 8) == 0;
    struct cc_thrift_writer w = {.failed = false};
    cc_thrift_write_message(&w, CC_THRIFT_REPLY, method, sequence);
    cc_thrift_write_field(&w, CC_THRIFT_STRUCT, 0);
    bool answered = script_answer(peer->script, method, limited, &w);
    cc_thrift_write_stop(&w);
    bool sent = !answered || script_send(peer->socket, &w.out);
    cc_buffer_free(&w.out);
    return sent;
}

static inline void *script_serve(void *argument)
{
    struct script_peer *peer = argument;
    while (script_exchange(peer))
        continue;
    close(peer->socket);
    cc_buffer_free(&peer->in);
    free(peer);
    return NULL;
}

static inline void *script_accept(void *argument)
{
    struct script *script = argument;
    int socket;
    while (script->peer_count < SCRIPT_PEERS &&
           (socket = accept(script->listener, NULL, NULL)) >= 0)
    {
        struct script_peer *peer = calloc(1, sizeof *peer);
        if (!peer)
            break;
        peer->script = script;
        peer->socket = socket;
        pthread_create(&script->peers[script->peer_count++], NULL, script_serve,
                       peer);
    }
    return NULL;
}

static inline void script_start(struct script *script)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    script->page = script->page ? script->page : 1000;
    script->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(script->listener, (struct sockaddr *)&address, size),
                     0);
    assert_int_equal(listen(script->listener, 8), 0);
    assert_int_equal(
        getsockname(script->listener, (struct sockaddr *)&address, &size), 0);
    script->port = ntohs(address.sin_port);
    assert_int_equal(
        pthread_create(&script->acceptor, NULL, script_accept, script), 0);
}

/* The connections have to be closed: their ends are waited for. */
static inline void script_stop(struct script *script)
{
    shutdown(script->listener, SHUT_RDWR);
    close(script->listener);
    pthread_join(script->acceptor, NULL);
    for (int i = 0; i < script->peer_count; i++)
        pthread_join(script->peers[i], NULL);
}

#endif
