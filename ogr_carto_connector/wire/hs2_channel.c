/* SPDX-License-Identifier: MIT */
#include "hs2_channel.h"

#include <string.h>

/* ---- exchanges ---- */

/* What reads an answer from the network as it is decoded. */
struct refill
{
    struct cc_hs2_channel *channel;
    struct cc_error *error;
    bool failed;
};

static int refill(void *context, struct cc_thrift_reader *reader)
{
    struct refill *own = context;
    struct cc_hs2_channel *channel = own->channel;
    int status = channel->transport->receive(channel->transport,
                                             &channel->answer, own->error);
    own->failed = status != 0;
    reader->data = channel->answer.data;
    reader->size = channel->answer.size;
    return status;
}

/* Begins a request: its frame, its head, and the struct of its argument. */
struct cc_thrift_writer *cc_hs2_request(struct cc_hs2_channel *channel,
                                        const char *method)
{
    static const uint8_t frame[CC_HS2_FRAME_SIZE] = {0};
    struct cc_thrift_writer *writer = &channel->request;
    writer->out.size = 0;
    writer->failed = false;
    cc_thrift_write_raw(writer, frame, sizeof frame);
    cc_thrift_write_message(writer, CC_THRIFT_CALL, method,
                            ++channel->sequence);
    cc_thrift_write_field(writer, CC_THRIFT_STRUCT, 1);
    return writer;
}

/* TApplicationException */
static int read_exception(struct cc_thrift_reader *reader,
                          struct cc_error *error)
{
    struct cc_thrift_field field;
    struct cc_thrift_span words = {0, 0};
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRING))
            words = cc_thrift_read_binary(reader);
        else
            cc_thrift_skip(reader, field.type);
    }
    if (reader->failure)
        return -1;
    return cc_error_set(error, CC_STAGE_QUERY, NULL,
                        "the server does not know what was asked of it: %.*s",
                        (int)(words.size < 1000 ? words.size : 1000),
                        (const char *)reader->data + words.at);
}

/* The answer, a struct whose field 0 is the result. */
static int read_answer(struct cc_thrift_reader *reader, int32_t sequence,
                       const struct cc_hs2_decoder *decoder,
                       struct cc_error *error)
{
    enum cc_thrift_message type;
    struct cc_thrift_span name;
    int32_t answered;
    bool found = false;
    cc_thrift_read_message(reader, &type, &name, &answered);
    if (!reader->failure && answered != sequence)
        (void)cc_thrift_fail(reader, "it answers another question");
    if (!reader->failure && type == CC_THRIFT_EXCEPTION)
        return read_exception(reader, error);
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        bool result = cc_thrift_is(&field, 0, CC_THRIFT_STRUCT) && !found;
        if (result)
            decoder->read(reader, decoder->context);
        else
            cc_thrift_skip(reader, field.type);
        found = found || result;
    }
    if (!found)
        (void)cc_thrift_fail(reader, "there is no result in it");
    return reader->failure ? -1 : 0;
}

static int receive(struct cc_hs2_channel *channel,
                   const struct cc_hs2_decoder *decoder, struct cc_error *error)
{
    struct refill source = {channel, error, false};
    struct cc_thrift_reader reader = {.refill = refill, .context = &source};
    channel->answer.size = 0;
    int status = read_answer(&reader, channel->sequence, decoder, error);
    if (source.failed)
        return -1;
    channel->pending = false;
    if (!reader.failure && reader.at < reader.size)
        (void)cc_thrift_fail(&reader, "something follows it");
    if (!reader.failure)
        return status;
    channel->broken = true;
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "the server's answer cannot be read: %s",
                        reader.failure);
}

static bool is_interrupted(const struct cc_error *error)
{
    return error->stage == CC_STAGE_CANCELLED ||
           error->stage == CC_STAGE_TIMEOUT;
}

/* Sends what was written and reads the answer. What interrupts it leaves the
 * answer pending, anything else the channel broken. */
int cc_hs2_exchange(struct cc_hs2_channel *channel,
                    const struct cc_hs2_decoder *decoder,
                    struct cc_error *error)
{
    struct cc_thrift_writer *writer = &channel->request;
    cc_thrift_write_stop(writer);
    cc_thrift_write_stop(writer);
    if (writer->failed)
        return cc_error_memory(error);
    if (channel->broken || channel->pending)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the connection is not usable any more");
    struct cc_hs2_transport *transport = channel->transport;
    struct cc_error own = CC_ERROR_INIT;
    if (!error)
        error = &own;
    if (transport->send(transport, &writer->out, error) != 0)
    {
        channel->broken = !transport->independent || !is_interrupted(error);
        return -1;
    }
    channel->pending = true;
    if (receive(channel, decoder, error) == 0)
        return 0;
    channel->broken =
        channel->broken || (channel->pending && !is_interrupted(error));
    return -1;
}

/* Passes over an answer that is pending. */
void cc_hs2_drain(struct cc_hs2_channel *channel)
{
    struct refill source = {channel, NULL, false};
    struct cc_thrift_reader reader = {.data = channel->answer.data,
                                      .size = channel->answer.size,
                                      .refill = refill,
                                      .context = &source};
    enum cc_thrift_message type;
    struct cc_thrift_span name;
    int32_t sequence;
    if (channel->transport->independent)
    {
        channel->pending = false;
        return;
    }
    cc_thrift_read_message(&reader, &type, &name, &sequence);
    cc_thrift_skip(&reader, CC_THRIFT_STRUCT);
    channel->pending = false;
    channel->broken = reader.failure != NULL || reader.at < reader.size;
}

void cc_hs2_channel_free(struct cc_hs2_channel *channel)
{
    if (channel->transport)
        channel->transport->close(channel->transport);
    if (channel->request.out.data)
        cc_wipe(channel->request.out.data, channel->request.out.capacity);
    cc_buffer_free(&channel->request.out);
    cc_buffer_free(&channel->answer);
}

/* ---- errors ---- */

/* "org.apache.hive.service.cli.HiveSQLException: " in front of the words. */
static const char *without_class(const char *words)
{
    size_t length = strcspn(words, " :\n");
    bool is_class = words[length] == ':' && words[length + 1] == ' ' &&
                    memchr(words, '.', length) != NULL;
    return is_class ? words + length + 2 : words;
}

/* Where Java's stack begins, or the plan that Spark prints. */
static size_t words_length(const char *words)
{
    const char *stack = strstr(words, "\n\tat ");
    size_t length = stack ? (size_t)(stack - words) : strlen(words);
    const char *plan = strstr(words, ";\n");
    const char *branch = plan ? strstr(plan, "\n+- ") : NULL;
    if (branch && (size_t)(branch - words) < length)
        length = (size_t)(plan - words);
    return length;
}

int cc_hs2_error(const struct cc_hs2_status *status, enum cc_stage stage,
                 struct cc_error *error)
{
    const char *words = without_class(cc_strbuf_text(&status->message));
    if (!*words)
        words = status->code == CC_HS2_INVALID_HANDLE
                    ? "the session or the operation is not there any more; "
                      "was it idle for too long?"
                    : "the server reports an error without a word";
    return cc_error_set(error, stage, status->sqlstate, "%.*s",
                        (int)words_length(words), words);
}

int cc_hs2_check(const struct cc_hs2_status *status, enum cc_stage stage,
                 struct cc_error *error)
{
    if (status->code == CC_HS2_SUCCESS ||
        status->code == CC_HS2_SUCCESS_WITH_INFO ||
        status->code == CC_HS2_STILL_EXECUTING)
        return 0;
    return cc_hs2_error(status, stage, error);
}

/* ---- handles ---- */

void cc_hs2_read_handle_response(struct cc_thrift_reader *reader, void *context)
{
    struct cc_hs2_handle_response *response = context;
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRUCT))
            cc_hs2_read_status(reader, &response->status);
        else if (cc_thrift_is(&field, response->handle_id, CC_THRIFT_STRUCT))
            cc_hs2_read_handle(reader, &response->handle);
        else
            cc_thrift_skip(reader, field.type);
    }
}

void cc_hs2_write_handle(struct cc_thrift_writer *writer, int16_t id,
                         const struct cc_hs2_handle *handle)
{
    cc_thrift_write_field(writer, CC_THRIFT_STRUCT, id);
    cc_thrift_write_raw(writer, handle->bytes, handle->size);
}

void cc_hs2_write_text(struct cc_thrift_writer *writer, int16_t id,
                       const char *text)
{
    cc_thrift_write_field(writer, CC_THRIFT_STRING, id);
    cc_thrift_write_string(writer, text);
}

/* Sends a request on a handle whose answer is a status. */
int cc_hs2_tell(struct cc_hs2_channel *channel, const char *method,
                const struct cc_hs2_handle *handle)
{
    struct cc_hs2_handle_response response = {.handle_id = -1};
    const struct cc_hs2_decoder decoder = {cc_hs2_read_handle_response,
                                           &response};
    struct cc_thrift_writer *writer = cc_hs2_request(channel, method);
    cc_hs2_write_handle(writer, 1, handle);
    int status = cc_hs2_exchange(channel, &decoder, NULL);
    if (status == 0)
        status = cc_hs2_check(&response.status, CC_STAGE_QUERY, NULL);
    cc_strbuf_free(&response.status.message);
    return status;
}
