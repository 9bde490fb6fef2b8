/* SPDX-License-Identifier: MIT */
#include "bigquery_messages.h"

#include "bigquery_messages.pb-c.h"

#define FORMAT_ARROW 2

/* protobuf-c has strings without const. */
static char *text(const char *value)
{
    return (char *)(uintptr_t)value;
}

static int append_packed(const ProtobufCMessage *message, struct cc_buffer *out,
                         struct cc_error *error)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    if (cc_buffer_reserve(out, size) != 0)
        return cc_error_memory(error);
    out->size += protobuf_c_message_pack(message, out->data + out->size);
    return 0;
}

int cc_bigquery_pack_session(const struct cc_bigquery_session_request *request,
                             struct cc_buffer *out, struct cc_error *error)
{
    Cc__Bq__ArrowSerializationOptions arrow =
        CC__BQ__ARROW_SERIALIZATION_OPTIONS__INIT;
    Cc__Bq__TableReadOptions options = CC__BQ__TABLE_READ_OPTIONS__INIT;
    Cc__Bq__ReadSession session = CC__BQ__READ_SESSION__INIT;
    Cc__Bq__CreateReadSessionRequest message =
        CC__BQ__CREATE_READ_SESSION_REQUEST__INIT;
    arrow.buffer_compression = (int32_t)request->compression;
    options.selected_fields = (char **)(uintptr_t)request->fields;
    options.n_selected_fields = request->field_count;
    if (request->restriction)
        options.row_restriction = text(request->restriction);
    options.arrow_serialization_options = &arrow;
    session.data_format = FORMAT_ARROW;
    session.table = text(request->table);
    session.read_options = &options;
    message.parent = text(request->parent);
    message.read_session = &session;
    message.max_stream_count = request->max_streams;
    return append_packed(&message.base, out, error);
}

int cc_bigquery_pack_rows(const char *stream, int64_t offset,
                          struct cc_buffer *out, struct cc_error *error)
{
    Cc__Bq__ReadRowsRequest message = CC__BQ__READ_ROWS_REQUEST__INIT;
    message.read_stream = text(stream);
    message.offset = offset;
    return append_packed(&message.base, out, error);
}

/* Takes the bytes over from a message, which the C library allocated. */
static void take_bytes(ProtobufCBinaryData *bytes, struct cc_buffer *out)
{
    out->data = bytes->data;
    out->size = bytes->len;
    out->capacity = bytes->len;
    bytes->data = NULL;
    bytes->len = 0;
}

static int no_message(const char *what, struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_FETCH, NULL,
                        "the server's answer is no %s of the Storage Read API",
                        what);
}

static int take_session(Cc__Bq__ReadSession *message,
                        struct cc_bigquery_session *session)
{
    if (message->arrow_schema)
        take_bytes(&message->arrow_schema->serialized_schema, &session->schema);
    session->bytes_scanned = message->estimated_total_bytes_scanned;
    session->streams = calloc(message->n_streams + 1, sizeof *session->streams);
    if (!session->streams)
        return -1;
    for (size_t i = 0; i < message->n_streams; i++)
    {
        session->streams[i] = strdup(message->streams[i]->name);
        if (!session->streams[i])
            return -1;
        session->stream_count++;
    }
    return 0;
}

int cc_bigquery_unpack_session(const uint8_t *data, size_t size,
                               struct cc_bigquery_session *session,
                               struct cc_error *error)
{
    *session = (struct cc_bigquery_session){.streams = NULL};
    Cc__Bq__ReadSession *message =
        cc__bq__read_session__unpack(NULL, size, data);
    if (!message)
        return no_message("ReadSession", error);
    int status = take_session(message, session);
    cc__bq__read_session__free_unpacked(message, NULL);
    if (status == 0)
        return 0;
    cc_bigquery_session_free(session);
    return cc_error_memory(error);
}

int cc_bigquery_unpack_rows(const uint8_t *data, size_t size,
                            struct cc_bigquery_rows *rows,
                            struct cc_error *error)
{
    *rows = (struct cc_bigquery_rows){.row_count = 0};
    Cc__Bq__ReadRowsResponse *message =
        cc__bq__read_rows_response__unpack(NULL, size, data);
    if (!message)
        return no_message("ReadRowsResponse", error);
    if (message->arrow_schema)
        take_bytes(&message->arrow_schema->serialized_schema, &rows->schema);
    if (message->arrow_record_batch)
        take_bytes(&message->arrow_record_batch->serialized_record_batch,
                   &rows->batch);
    rows->row_count = message->row_count;
    if (message->throttle_state)
        rows->throttle_percent = message->throttle_state->throttle_percent;
    cc__bq__read_rows_response__free_unpacked(message, NULL);
    return 0;
}

void cc_bigquery_session_free(struct cc_bigquery_session *session)
{
    for (size_t i = 0; i < session->stream_count; i++)
        free(session->streams[i]);
    free(session->streams);
    cc_buffer_free(&session->schema);
    *session = (struct cc_bigquery_session){.streams = NULL};
}

void cc_bigquery_rows_free(struct cc_bigquery_rows *rows)
{
    cc_buffer_free(&rows->schema);
    cc_buffer_free(&rows->batch);
}
