/* SPDX-License-Identifier: MIT */
/*
 * An HTTP server in a thread that answers as it is told.
 */
#ifndef CC_HTTP_SCRIPT_H
#define CC_HTTP_SCRIPT_H

#include "connector_case.h"
#include "loopback.h"

#include <pthread.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_ANSWERS 4

/* Answers in the order of the requests; the connection is kept. */
struct server
{
    const char *answers[MAX_ANSWERS];
    size_t sizes[MAX_ANSWERS]; /* 0: the text */
    bool close_after;          /* the first answer */
    int pause_ms;              /* in the middle of an answer */
    int listener;
    char url[64];
    char requests[MAX_ANSWERS][4096];
    int answered;
    int connections;
    pthread_t thread;
};

static inline void pause_ms(int ms)
{
    const struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* Head and body of a request; false at the end of the connection. */
static inline bool receive_request(int peer, char *text, size_t room)
{
    size_t size = 0;
    for (;;)
    {
        ssize_t got = recv(peer, text + size, room - size - 1, 0);
        if (got <= 0)
            return false;
        size += (size_t)got;
        text[size] = '\0';
        const char *body = strstr(text, "\r\n\r\n");
        if (!body)
            continue;
        const char *length = strstr(text, "Content-Length: ");
        size_t expected = length ? strtoul(length + 16, NULL, 10) : 0;
        if (size - (size_t)(body + 4 - text) >= expected)
            return true;
    }
}

static inline void send_answer(const struct server *server, int peer,
                               int number)
{
    const char *answer = server->answers[number];
    size_t size =
        server->sizes[number] ? server->sizes[number] : strlen(answer);
    size_t first = server->pause_ms ? size - 3 : size;
    (void)!send(peer, answer, first, MSG_NOSIGNAL);
    if (first < size)
    {
        pause_ms(server->pause_ms);
        (void)!send(peer, answer + first, size - first, MSG_NOSIGNAL);
    }
}

static inline void *serve(void *argument)
{
    struct server *server = argument;
    while (server->answered < MAX_ANSWERS && server->answers[server->answered])
    {
        int peer = accept(server->listener, NULL, NULL);
        if (peer < 0)
            break;
        server->connections++;
        while (server->answered < MAX_ANSWERS &&
               server->answers[server->answered] &&
               receive_request(peer, server->requests[server->answered],
                               sizeof server->requests[0]))
        {
            send_answer(server, peer, server->answered++);
            if (server->close_after)
                break;
        }
        close(peer);
    }
    return NULL;
}

static inline void server_start(struct server *server)
{
    int port;
    server->listener = listen_on_loopback(&port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d/path", port);
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static inline void server_stop(struct server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    close(server->listener);
    pthread_join(server->thread, NULL);
}

#endif
