/* SPDX-License-Identifier: MIT */
/*
 * How Thrift messages reach a HiveServer2: bare on a socket (NOSASL), in SASL
 * frames (Thrift's TSaslTransport, mechanism PLAIN), or as HTTP posts. One
 * thread at a time.
 */
#ifndef CC_WIRE_HS2_TRANSPORT_H
#define CC_WIRE_HS2_TRANSPORT_H

#include "column/buffer.h"
#include "connector/connector.h"
#include "connector/host.h"
#include "deadline.h"

/* Room that the sender leaves in front of a message for its frame. */
#define CC_HS2_FRAME_SIZE 4

/* The longest answer that is taken. */
#define CC_HS2_MAX_MESSAGE ((size_t)1 << 30)

struct cc_hs2_transport
{
    /* An answer that is not wanted any more need not be read. */
    bool independent;
    /* Sends what follows the first CC_HS2_FRAME_SIZE bytes, which are the
     * transport's to fill. What is left of the last answer is dropped. */
    int (*send)(struct cc_hs2_transport *transport,
                const struct cc_buffer *message, struct cc_error *error);
    /* Appends at least one byte of the answer. */
    int (*receive)(struct cc_hs2_transport *transport, struct cc_buffer *answer,
                   struct cc_error *error);
    void (*close)(struct cc_hs2_transport *transport);
};

/*
 * Opens the transport that the connector's auth and transport parameters ask
 * for, and logs in, which over HTTP is only checked with the first message.
 * `deadline` is borrowed and may be changed between calls. Stages: resolve,
 * connect, TLS, login, timeout, cancelled.
 */
int cc_hs2_transport_open(const struct cc_connector *connector,
                          const struct cc_host *host,
                          const struct cc_deadline *deadline,
                          struct cc_hs2_transport **transport,
                          struct cc_error *error) CC_CHECKED;

/* The single ones. */
int cc_hs2_plain_open(const struct cc_connector *connector,
                      const struct cc_host *host,
                      const struct cc_deadline *deadline,
                      struct cc_hs2_transport **transport,
                      struct cc_error *error) CC_CHECKED;
int cc_hs2_sasl_open(const struct cc_connector *connector,
                     const struct cc_host *host,
                     const struct cc_deadline *deadline,
                     struct cc_hs2_transport **transport,
                     struct cc_error *error) CC_CHECKED;
int cc_hs2_http_open(const struct cc_connector *connector,
                     const struct cc_host *host,
                     const struct cc_deadline *deadline,
                     struct cc_hs2_transport **transport,
                     struct cc_error *error) CC_CHECKED;

/* Who logs in: HiveServer2 takes no empty name or password, also where it
 * looks at neither. */
const char *cc_hs2_username(const struct cc_connector *connector);
const char *cc_hs2_password(const struct cc_connector *connector);

#endif
