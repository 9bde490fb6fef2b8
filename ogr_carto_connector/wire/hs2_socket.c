/* SPDX-License-Identifier: MIT */
/*
 * The transports on a socket. SASL: a negotiation of messages of one status
 * byte, a length and a payload; then frames of a length and a payload, both
 * ways (Thrift's TSaslTransport; RFC 4616 for PLAIN).
 */
#include "hs2_transport.h"
#include "socket.h"
#include "thrift.h"

#include <stdlib.h>
#include <string.h>

/* How much is asked of the socket at once. */
#define CHUNK_SIZE ((size_t)256 << 10)
/* The longest text of a negotiation. */
#define MAX_WORDS 4096

enum sasl_status
{
    SASL_START = 1,
    SASL_OK = 2,
    SASL_BAD = 3,
    SASL_ERROR = 4,
    SASL_COMPLETE = 5
};

struct stream
{
    struct cc_hs2_transport base;
    struct cc_socket *socket;
    size_t frame_left; /* SASL: bytes of the frame that are still to come */
};

const char *cc_hs2_username(const struct cc_connector *connector)
{
    const char *name = cc_connector_text(connector, CC_P_USERNAME);
    return name && *name ? name : "anonymous";
}

const char *cc_hs2_password(const struct cc_connector *connector)
{
    const char *password = cc_connector_text(connector, CC_P_PASSWORD);
    return password && *password ? password : "x";
}

static void close_stream(struct cc_hs2_transport *transport)
{
    struct stream *stream = (struct stream *)transport;
    cc_socket_close(stream->socket);
    free(stream);
}

/* Appends up to `most` bytes. */
static int receive_some(struct stream *stream, struct cc_buffer *answer,
                        size_t most, size_t *received, struct cc_error *error)
{
    if (most > CC_HS2_MAX_MESSAGE - answer->size)
        return cc_error_set(error, CC_STAGE_LIMIT, NULL,
                            "the server's answer has more than %zu bytes",
                            CC_HS2_MAX_MESSAGE);
    size_t size = most < CHUNK_SIZE ? most : CHUNK_SIZE;
    if (cc_buffer_reserve(answer, size) != 0)
        return cc_error_memory(error);
    CC_TRY(cc_socket_receive(stream->socket, answer->data + answer->size, size,
                             received, error));
    answer->size += *received;
    return 0;
}

/* ---- bare messages ---- */

static int plain_send(struct cc_hs2_transport *transport,
                      const struct cc_buffer *message, struct cc_error *error)
{
    struct stream *stream = (struct stream *)transport;
    return cc_socket_send(stream->socket, message->data + CC_HS2_FRAME_SIZE,
                          message->size - CC_HS2_FRAME_SIZE, error);
}

static int plain_receive(struct cc_hs2_transport *transport,
                         struct cc_buffer *answer, struct cc_error *error)
{
    size_t left = CC_HS2_MAX_MESSAGE - answer->size;
    size_t received = 0;
    return receive_some((struct stream *)transport, answer,
                        left < CHUNK_SIZE && left > 0 ? left : CHUNK_SIZE,
                        &received, error);
}

/* NULL with the error set. */
static struct stream *open_stream(const struct cc_connector *connector,
                                  const struct cc_host *host,
                                  const struct cc_deadline *deadline,
                                  struct cc_error *error)
{
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream)
    {
        (void)cc_error_memory(error);
        return NULL;
    }
    stream->base = (struct cc_hs2_transport){false, plain_send, plain_receive,
                                             close_stream};
    if (cc_socket_open(connector, host, deadline, &stream->socket, error) == 0)
        return stream;
    free(stream);
    return NULL;
}

int cc_hs2_plain_open(const struct cc_connector *connector,
                      const struct cc_host *host,
                      const struct cc_deadline *deadline,
                      struct cc_hs2_transport **transport,
                      struct cc_error *error)
{
    struct stream *stream = open_stream(connector, host, deadline, error);
    if (!stream)
        return -1;
    *transport = &stream->base;
    return 0;
}

/* ---- SASL frames ---- */

static void store32(uint8_t *data, size_t value)
{
    for (unsigned i = 0; i < 4; i++)
        data[i] = (uint8_t)(value >> (24 - 8 * i));
}

static int sasl_send(struct cc_hs2_transport *transport,
                     const struct cc_buffer *message, struct cc_error *error)
{
    struct stream *stream = (struct stream *)transport;
    if (message->size - CC_HS2_FRAME_SIZE > INT32_MAX)
        return cc_error_set(error, CC_STAGE_LIMIT, NULL,
                            "the statement is too long");
    store32(message->data, message->size - CC_HS2_FRAME_SIZE);
    stream->frame_left = 0;
    return cc_socket_send(stream->socket, message->data, message->size, error);
}

static int receive_exactly(struct stream *stream, uint8_t *data, size_t size,
                           struct cc_error *error)
{
    while (size > 0)
    {
        size_t received = 0;
        CC_TRY(cc_socket_receive(stream->socket, data, size, &received, error));
        data += received;
        size -= received;
    }
    return 0;
}

static int sasl_receive(struct cc_hs2_transport *transport,
                        struct cc_buffer *answer, struct cc_error *error)
{
    struct stream *stream = (struct stream *)transport;
    while (stream->frame_left == 0)
    {
        uint8_t header[CC_HS2_FRAME_SIZE] = {0};
        CC_TRY(receive_exactly(stream, header, sizeof header, error));
        stream->frame_left = cc_thrift_load32(header);
    }
    size_t received = 0;
    CC_TRY(receive_some(stream, answer, stream->frame_left, &received, error));
    stream->frame_left -= received;
    return 0;
}

static int send_negotiation(struct stream *stream, enum sasl_status status,
                            const void *payload, size_t size,
                            struct cc_error *error)
{
    uint8_t header[5] = {(uint8_t)status};
    store32(header + 1, size);
    struct cc_buffer message = CC_BUFFER_INIT;
    int result = 0;
    if (cc_buffer_append(&message, header, sizeof header) != 0 ||
        cc_buffer_append(&message, payload, size) != 0)
        result = cc_error_memory(error);
    else
        result =
            cc_socket_send(stream->socket, message.data, message.size, error);
    if (message.data)
        cc_wipe(message.data, message.size);
    cc_buffer_free(&message);
    return result;
}

/* "\0user\0password": no one is to be acted for. */
static int send_password(struct stream *stream,
                         const struct cc_connector *connector,
                         struct cc_error *error)
{
    const char *name = cc_hs2_username(connector);
    const char *password = cc_hs2_password(connector);
    struct cc_buffer message = CC_BUFFER_INIT;
    int status = 0;
    if (cc_buffer_append(&message, "", 1) != 0 ||
        cc_buffer_append(&message, name, strlen(name) + 1) != 0 ||
        cc_buffer_append(&message, password, strlen(password)) != 0)
        status = cc_error_memory(error);
    else
        status = send_negotiation(stream, SASL_OK, message.data, message.size,
                                  error);
    if (message.data)
        cc_wipe(message.data, message.size);
    cc_buffer_free(&message);
    return status;
}

static int refused(const char *words, struct cc_error *error)
{
    bool mechanism =
        strstr(words, "PLAIN") != NULL && strstr(words, "echanism") != NULL;
    (void)cc_error_set(error, CC_STAGE_LOGIN, NULL, "%s",
                       *words ? words : "the server refused the login");
    return cc_error_append(
        error, "\n%s",
        mechanism ? "The server wants another authentication than a "
                    "password's, probably Kerberos, which is not supported."
                  : "Check \"username\", \"password\" and \"auth\".");
}

/* The server's next message; `words` gets its payload as text. */
static int receive_negotiation(struct stream *stream, enum sasl_status *status,
                               char words[MAX_WORDS + 1],
                               struct cc_error *error)
{
    uint8_t header[5] = {0};
    CC_TRY(receive_exactly(stream, header, sizeof header, error));
    *status = (enum sasl_status)header[0];
    size_t size = cc_thrift_load32(header + 1);
    if (header[0] < SASL_START || header[0] > SASL_COMPLETE || size > MAX_WORDS)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server's answer is no SASL");
    CC_TRY(receive_exactly(stream, (uint8_t *)words, size, error));
    words[size] = '\0';
    return 0;
}

static int negotiate(struct stream *stream,
                     const struct cc_connector *connector,
                     struct cc_error *error)
{
    static const char mechanism[] = "PLAIN";
    char words[MAX_WORDS + 1] = "";
    enum sasl_status status = SASL_OK;
    CC_TRY(send_negotiation(stream, SASL_START, mechanism, sizeof mechanism - 1,
                            error));
    CC_TRY(send_password(stream, connector, error));
    while (status == SASL_OK)
    {
        CC_TRY(receive_negotiation(stream, &status, words, error));
        if (status == SASL_OK)
            CC_TRY(send_negotiation(stream, SASL_OK, "", 0, error));
    }
    return status == SASL_COMPLETE ? 0 : refused(words, error);
}

int cc_hs2_sasl_open(const struct cc_connector *connector,
                     const struct cc_host *host,
                     const struct cc_deadline *deadline,
                     struct cc_hs2_transport **transport,
                     struct cc_error *error)
{
    struct stream *stream = open_stream(connector, host, deadline, error);
    if (!stream)
        return -1;
    stream->base.send = sasl_send;
    stream->base.receive = sasl_receive;
    if (negotiate(stream, connector, error) != 0)
    {
        close_stream(&stream->base);
        return -1;
    }
    *transport = &stream->base;
    return 0;
}
