/* SPDX-License-Identifier: MIT */
/*
 * One connection to a HiveServer2 and the exchange of messages on it, in turn.
 * Private to hs2.c. One thread at a time.
 */
#ifndef CC_WIRE_HS2_CHANNEL_H
#define CC_WIRE_HS2_CHANNEL_H

#include "hs2_message.h"
#include "hs2_transport.h"

/* `transport` is borrowed with `deadline`, which outlives it; zero the rest. */
struct cc_hs2_channel
{
    struct cc_hs2_transport *transport;
    struct cc_deadline deadline;
    struct cc_thrift_writer request;
    struct cc_buffer answer; /* the last one, whole */
    int32_t sequence;
    bool pending; /* an answer is still to come */
    bool broken;
};

/* Closes the transport and frees the buffers. */
void cc_hs2_channel_free(struct cc_hs2_channel *channel);

/* Begins a request, to the fields of the one struct that it takes. */
struct cc_thrift_writer *cc_hs2_request(struct cc_hs2_channel *channel,
                                        const char *method);
void cc_hs2_write_handle(struct cc_thrift_writer *writer, int16_t id,
                         const struct cc_hs2_handle *handle);
void cc_hs2_write_text(struct cc_thrift_writer *writer, int16_t id,
                       const char *text);

/* What an answer is decoded by, and into. */
struct cc_hs2_decoder
{
    void (*read)(struct cc_thrift_reader *reader, void *context);
    void *context;
};

/*
 * Ends the request, sends it and reads the answer, as it arrives. What
 * interrupts it (CC_STAGE_CANCELLED, TIMEOUT) leaves the answer pending; when
 * the connection is lost, or what comes cannot be read (CC_STAGE_FETCH), the
 * channel is broken. What the server calls an exception is CC_STAGE_QUERY.
 */
int cc_hs2_exchange(struct cc_hs2_channel *channel,
                    const struct cc_hs2_decoder *decoder,
                    struct cc_error *error) CC_CHECKED;

/* Passes over an answer that is pending. */
void cc_hs2_drain(struct cc_hs2_channel *channel);

/* Sets the error in the server's words, without Java's stack; returns -1. */
int cc_hs2_error(const struct cc_hs2_status *status, enum cc_stage stage,
                 struct cc_error *error);

/* Fails so unless the status is one of success. */
int cc_hs2_check(const struct cc_hs2_status *status, enum cc_stage stage,
                 struct cc_error *error) CC_CHECKED;

/* Any response of a status and at most one handle, the field `handle_id`. Free
 * the status's message. */
struct cc_hs2_handle_response
{
    struct cc_hs2_status status;
    struct cc_hs2_handle handle;
    int16_t handle_id;
};

void cc_hs2_read_handle_response(struct cc_thrift_reader *reader,
                                 void *context);

/* A request on a handle whose answer is a status. 0, or -1 when it did not
 * come to pass. */
int cc_hs2_tell(struct cc_hs2_channel *channel, const char *method,
                const struct cc_hs2_handle *handle);

#endif
