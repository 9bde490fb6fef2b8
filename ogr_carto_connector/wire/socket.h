/* SPDX-License-Identifier: MIT */
/*
 * A byte stream over TCP, with TLS where the connector's sslmode asks for it;
 * libcurl connects it (see curl.h for TLS and proxies). One thread at a time.
 */
#ifndef CC_WIRE_SOCKET_H
#define CC_WIRE_SOCKET_H

#include "connector/connector.h"
#include "connector/host.h"
#include "deadline.h"

struct cc_socket;

/*
 * Connects to the connector's server and port. `deadline` is borrowed, outlives
 * the socket and may be changed between calls: every call ends when it says so,
 * with CC_STAGE_TIMEOUT or CC_STAGE_CANCELLED. Stages besides: resolve,
 * connect, TLS.
 */
int cc_socket_open(const struct cc_connector *connector,
                   const struct cc_host *host,
                   const struct cc_deadline *deadline,
                   struct cc_socket **socket,
                   struct cc_error *error) CC_CHECKED;

/* Any state. NULL is allowed. */
void cc_socket_close(struct cc_socket *socket);

/* All of it. Fails with CC_STAGE_FETCH when the connection is lost. */
int cc_socket_send(struct cc_socket *socket, const void *data, size_t size,
                   struct cc_error *error) CC_CHECKED;

/* At least one byte, at most `size`; *received tells how many. A stream that
 * has ended is an error (CC_STAGE_FETCH). */
int cc_socket_receive(struct cc_socket *socket, void *data, size_t size,
                      size_t *received, struct cc_error *error) CC_CHECKED;

#endif
