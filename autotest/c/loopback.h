/* SPDX-License-Identifier: MIT */
/*
 * A socket for the servers of the tests. Included after cmocka.
 */
#ifndef CC_TEST_LOOPBACK_H
#define CC_TEST_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* Listens at a free port of the loopback address, which is *port. */
static inline int listen_on_loopback(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(listener, 4), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &size),
                     0);
    *port = ntohs(address.sin_port);
    return listener;
}

#endif
