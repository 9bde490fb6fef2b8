/* SPDX-License-Identifier: MIT */
#include "hs2.h"

#include "hs2_channel.h"

#include <pthread.h>
#include <stdlib.h>

/* TProtocolVersion: V6 is the first with columns, and the last before what
 * nobody needs here. */
#define PROTOCOL_V6 5
/* How long the server may take to cancel, and to tidy up. */
#define CANCEL_SECONDS 1
#define TIDY_SECONDS 1
/* Between polls of a server that answers at once. */
#define FIRST_PAUSE_MS 5
#define LONGEST_PAUSE_MS 500
/* Answers in a row that say that there are more rows, and have none: a server
 * gives up waiting for them after a while, but not for ever. */
#define EMPTY_ANSWERS 100
#define EMPTY_PAUSE_MS 50
/* TGetInfoType */
#define INFO_DBMS_NAME 17
#define INFO_DBMS_VERSION 18

struct cc_hs2
{
    struct cc_hs2_channel channel;
    const struct cc_connector *connector;
    const struct cc_host *host;
    struct cc_hs2_handle session;
    int64_t timeout_us; /* of the statement; 0: none */
    int64_t waited_us;
    const char *timeout_reason;
    int empty_answers;
    atomic_bool cancelled;
    pthread_mutex_t calling; /* held while the channel is used */
    pthread_mutex_t state;   /* guards: */
    struct cc_hs2_handle operation;
    bool stopped; /* the operation was cancelled and closed */
};

/* ---- calls ---- */

/* When the statement's time is over. */
static struct cc_deadline deadline_of(const struct cc_hs2 *hs2)
{
    int64_t left = hs2->timeout_us - hs2->waited_us;
    return (struct cc_deadline){
        .at_us = hs2->timeout_us > 0 ? cc_deadline_now_us() + left : 0,
        .seconds = hs2->timeout_us / 1000000,
        .reason = hs2->timeout_reason,
        .cancelled = &hs2->cancelled,
    };
}

/* From here to the end of `call` the channel is this thread's. */
static struct cc_thrift_writer *begin_call(struct cc_hs2 *hs2,
                                           const char *method)
{
    pthread_mutex_lock(&hs2->calling);
    return cc_hs2_request(&hs2->channel, method);
}

/* One exchange of the statement, its time counted. */
static int call(struct cc_hs2 *hs2, const struct cc_hs2_decoder *decoder,
                struct cc_error *error)
{
    int64_t before = cc_deadline_now_us();
    hs2->channel.deadline = deadline_of(hs2);
    int status = cc_deadline_check(&hs2->channel.deadline, error);
    if (status == 0)
        status = cc_hs2_exchange(&hs2->channel, decoder, error);
    pthread_mutex_unlock(&hs2->calling);
    hs2->waited_us += cc_deadline_now_us() - before;
    return status;
}

/* Sends a request that is answered with a handle. */
static int call_for_handle(struct cc_hs2 *hs2, int16_t handle_id,
                           enum cc_stage stage, struct cc_hs2_handle *handle,
                           struct cc_error *error)
{
    struct cc_hs2_handle_response response = {.handle_id = handle_id};
    const struct cc_hs2_decoder decoder = {cc_hs2_read_handle_response,
                                           &response};
    int status = call(hs2, &decoder, error);
    if (status == 0)
        status = cc_hs2_check(&response.status, stage, error);
    if (status == 0 && response.handle.size == 0)
        status = cc_error_set(error, stage, NULL,
                              "the server gave no handle for what was asked");
    if (status == 0)
        *handle = response.handle;
    /* a session that is gone, idle for too long, is not for another statement */
    if (status != 0 &&
        (response.status.code == CC_HS2_INVALID_HANDLE ||
         strstr(cc_strbuf_text(&response.status.message), "SessionHandle")))
        hs2->channel.broken = true;
    cc_strbuf_free(&response.status.message);
    return status;
}

/* ---- sessions ---- */

static int open_session(struct cc_hs2 *hs2,
                        const struct cc_hs2_setting *settings, size_t count,
                        struct cc_error *error)
{
    struct cc_thrift_writer *writer = begin_call(hs2, "OpenSession");
    cc_thrift_write_field(writer, CC_THRIFT_I32, 1);
    cc_thrift_write_i32(writer, PROTOCOL_V6);
    cc_hs2_write_text(writer, 2, cc_hs2_username(hs2->connector));
    cc_hs2_write_text(writer, 3, cc_hs2_password(hs2->connector));
    cc_thrift_write_field(writer, CC_THRIFT_MAP, 4);
    cc_thrift_write_byte(writer, CC_THRIFT_STRING);
    cc_thrift_write_byte(writer, CC_THRIFT_STRING);
    cc_thrift_write_i32(writer, (int32_t)count);
    for (size_t i = 0; i < count; i++)
    {
        cc_thrift_write_string(writer, settings[i].name);
        cc_thrift_write_string(writer, settings[i].value);
    }
    return call_for_handle(hs2, 3, CC_STAGE_LOGIN, &hs2->session, error);
}

static int make_mutexes(struct cc_hs2 *hs2)
{
    if (pthread_mutex_init(&hs2->calling, NULL) != 0)
        return -1;
    if (pthread_mutex_init(&hs2->state, NULL) == 0)
        return 0;
    pthread_mutex_destroy(&hs2->calling);
    return -1;
}

/* What went wrong while connecting went wrong while connecting. */
static int open_failed(struct cc_error *error)
{
    bool silent = error && error->stage == CC_STAGE_TIMEOUT;
    if (!error || (!silent && error->stage != CC_STAGE_FETCH))
        return -1;
    if (!silent)
        error->stage = CC_STAGE_LOGIN;
    return cc_error_append(error, "\nCheck \"port\", \"auth\", \"transport\" "
                                  "and \"sslmode\" against the server's "
                                  "settings.");
}

static int establish(struct cc_hs2 *hs2, const struct cc_hs2_setting *settings,
                     size_t count, struct cc_error *error)
{
    struct cc_hs2_channel *channel = &hs2->channel;
    int64_t before = cc_deadline_now_us();
    hs2->timeout_us =
        cc_connector_integer(hs2->connector, CC_P_CONNECT_TIMEOUT) * 1000000;
    hs2->timeout_reason = "connect_timeout";
    channel->deadline = deadline_of(hs2);
    CC_TRY(cc_hs2_transport_open(hs2->connector, hs2->host, &channel->deadline,
                                 &channel->transport, error));
    hs2->waited_us = cc_deadline_now_us() - before;
    return open_session(hs2, settings, count, error);
}

int cc_hs2_open(const struct cc_connector *connector,
                const struct cc_host *host,
                const struct cc_hs2_setting *settings, size_t count,
                struct cc_hs2 **hs2, struct cc_error *error)
{
    struct cc_hs2 *opened = calloc(1, sizeof *opened);
    if (!opened || make_mutexes(opened) != 0)
    {
        free(opened);
        return cc_error_memory(error);
    }
    opened->connector = connector;
    opened->host = host;
    atomic_init(&opened->cancelled, false);
    opened->channel.deadline.cancelled = &opened->cancelled;
    if (establish(opened, settings, count, error) == 0)
    {
        *hs2 = opened;
        return 0;
    }
    cc_hs2_close(opened);
    return open_failed(error);
}

void cc_hs2_close(struct cc_hs2 *hs2)
{
    if (!hs2)
        return;
    struct cc_hs2_channel *channel = &hs2->channel;
    if (channel->transport)
        cc_hs2_end(hs2);
    if (hs2->session.size > 0 && !channel->broken)
    {
        cc_deadline_start(&channel->deadline, TIDY_SECONDS, "closing");
        (void)cc_hs2_tell(channel, "CloseSession", &hs2->session);
    }
    cc_hs2_channel_free(channel);
    pthread_mutex_destroy(&hs2->calling);
    pthread_mutex_destroy(&hs2->state);
    free(hs2);
}

bool cc_hs2_usable(const struct cc_hs2 *hs2)
{
    return !hs2->channel.broken && !hs2->channel.pending;
}

/* ---- information ---- */

/* TGetInfoResp: a status, and a union whose text is wanted. */
struct info_response
{
    struct cc_hs2_status status;
    struct cc_strbuf *text;
};

static void read_info(struct cc_thrift_reader *reader, void *context)
{
    struct info_response *response = context;
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRUCT))
            cc_hs2_read_status(reader, &response->status);
        else if (cc_thrift_is(&field, 2, CC_THRIFT_STRUCT))
            cc_hs2_read_text_member(reader, response->text);
        else
            cc_thrift_skip(reader, field.type);
    }
}

static int get_info(struct cc_hs2 *hs2, int32_t what, struct cc_strbuf *out,
                    struct cc_error *error)
{
    struct info_response response = {.text = out};
    const struct cc_hs2_decoder decoder = {read_info, &response};
    struct cc_thrift_writer *writer = begin_call(hs2, "GetInfo");
    cc_hs2_write_handle(writer, 1, &hs2->session);
    cc_thrift_write_field(writer, CC_THRIFT_I32, 2);
    cc_thrift_write_i32(writer, what);
    int status = call(hs2, &decoder, error);
    if (status == 0)
        status = cc_hs2_check(&response.status, CC_STAGE_QUERY, error);
    cc_strbuf_free(&response.status.message);
    return status;
}

int cc_hs2_server_version(struct cc_hs2 *hs2, struct cc_strbuf *out,
                          struct cc_error *error)
{
    CC_TRY(get_info(hs2, INFO_DBMS_NAME, out, error));
    (void)cc_strbuf_append_char(out, ' ');
    return get_info(hs2, INFO_DBMS_VERSION, out, error);
}

/* ---- statements ---- */

void cc_hs2_begin(struct cc_hs2 *hs2, int64_t seconds)
{
    cc_hs2_end(hs2);
    hs2->timeout_us = seconds * 1000000;
    hs2->timeout_reason = "query_timeout";
    hs2->waited_us = 0;
    hs2->empty_answers = 0;
}

static int start(struct cc_hs2 *hs2, struct cc_error *error)
{
    struct cc_hs2_handle operation = {.size = 0};
    CC_TRY(call_for_handle(hs2, 2, CC_STAGE_QUERY, &operation, error));
    pthread_mutex_lock(&hs2->state);
    hs2->operation = operation;
    hs2->stopped = false;
    pthread_mutex_unlock(&hs2->state);
    return 0;
}

int cc_hs2_execute(struct cc_hs2 *hs2, const char *sql, struct cc_error *error)
{
    struct cc_thrift_writer *writer = begin_call(hs2, "ExecuteStatement");
    cc_hs2_write_handle(writer, 1, &hs2->session);
    cc_hs2_write_text(writer, 2, sql);
    cc_thrift_write_field(writer, CC_THRIFT_BOOL, 4);
    cc_thrift_write_byte(writer, 1);
    if (hs2->timeout_us > 0)
    {
        cc_thrift_write_field(writer, CC_THRIFT_I64, 5);
        cc_thrift_write_i64(writer, hs2->timeout_us / 1000000);
    }
    return start(hs2, error);
}

int cc_hs2_tables(struct cc_hs2 *hs2, const char *schema,
                  struct cc_error *error)
{
    struct cc_thrift_writer *writer = begin_call(hs2, "GetTables");
    cc_hs2_write_handle(writer, 1, &hs2->session);
    cc_hs2_write_text(writer, 3, schema);
    cc_hs2_write_text(writer, 4, "%");
    return start(hs2, error);
}

int cc_hs2_schemas(struct cc_hs2 *hs2, const char *schema,
                   struct cc_error *error)
{
    struct cc_thrift_writer *writer = begin_call(hs2, "GetSchemas");
    cc_hs2_write_handle(writer, 1, &hs2->session);
    cc_hs2_write_text(writer, 3, schema);
    return start(hs2, error);
}

/* ---- waiting ---- */

struct progress_response
{
    struct cc_hs2_status status;
    struct cc_hs2_progress progress;
};

static void read_progress(struct cc_thrift_reader *reader, void *context)
{
    struct progress_response *response = context;
    cc_hs2_read_progress(reader, &response->status, &response->progress);
}

static void say_progress(const struct cc_hs2 *hs2,
                         const struct cc_hs2_progress *progress)
{
    if (progress->percentage >= 0)
        cc_debug(hs2->host, "Hive: %.0f %% done %s", progress->percentage * 100,
                 cc_strbuf_text(&progress->summary));
}

/* 1: still running, 0: finished. */
static int judge(const struct cc_hs2 *hs2, struct progress_response *response,
                 struct cc_error *error)
{
    CC_TRY(cc_hs2_check(&response->status, CC_STAGE_QUERY, error));
    struct cc_hs2_status *failed = &response->progress.failed;
    switch (response->progress.state)
    {
        case CC_HS2_FINISHED:
            return 0;
        case CC_HS2_INITIALIZED:
        case CC_HS2_RUNNING:
        case CC_HS2_PENDING:
            say_progress(hs2, &response->progress);
            return 1;
        case CC_HS2_FAILED:
            return cc_hs2_error(failed, CC_STAGE_QUERY, error);
        case CC_HS2_TIMEDOUT:
            return cc_error_set(error, CC_STAGE_TIMEOUT, failed->sqlstate,
                                "the server ended the statement: its time was "
                                "over. %s",
                                cc_strbuf_text(&failed->message));
        default:
            return cc_error_set(error, CC_STAGE_QUERY, failed->sqlstate,
                                "the statement was ended on the server (state "
                                "%d) %s",
                                (int)response->progress.state,
                                cc_strbuf_text(&failed->message));
    }
}

static int poll_state(struct cc_hs2 *hs2, struct cc_error *error)
{
    struct progress_response response = {.progress = {.state = 0}};
    const struct cc_hs2_decoder decoder = {read_progress, &response};
    struct cc_thrift_writer *writer = begin_call(hs2, "GetOperationStatus");
    cc_hs2_write_handle(writer, 1, &hs2->operation);
    cc_thrift_write_field(writer, CC_THRIFT_BOOL, 2);
    cc_thrift_write_byte(writer, 1);
    int status = call(hs2, &decoder, error);
    if (status == 0)
        status = judge(hs2, &response, error);
    cc_strbuf_free(&response.status.message);
    cc_hs2_progress_free(&response.progress);
    return status;
}

static int rest(struct cc_hs2 *hs2, int milliseconds, struct cc_error *error)
{
    const struct cc_deadline deadline = deadline_of(hs2);
    hs2->waited_us += (int64_t)milliseconds * 1000;
    return cc_deadline_sleep(&deadline, milliseconds, error);
}

int cc_hs2_wait(struct cc_hs2 *hs2, struct cc_error *error)
{
    int status;
    int pause = FIRST_PAUSE_MS;
    while ((status = poll_state(hs2, error)) > 0)
    {
        CC_TRY(rest(hs2, pause, error));
        pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2 : LONGEST_PAUSE_MS;
    }
    return status;
}

/* ---- results ---- */

struct fields_response
{
    struct cc_hs2_status status;
    struct cc_hs2_fields *fields;
};

static void read_metadata(struct cc_thrift_reader *reader, void *context)
{
    struct fields_response *response = context;
    struct cc_thrift_field field;
    while (cc_thrift_next(reader, &field))
    {
        if (cc_thrift_is(&field, 1, CC_THRIFT_STRUCT))
            cc_hs2_read_status(reader, &response->status);
        else if (cc_thrift_is(&field, 2, CC_THRIFT_STRUCT))
            cc_hs2_read_fields(reader, response->fields);
        else
            cc_thrift_skip(reader, field.type);
    }
}

int cc_hs2_describe(struct cc_hs2 *hs2, struct cc_hs2_fields *fields,
                    struct cc_error *error)
{
    *fields = (struct cc_hs2_fields){NULL, 0};
    struct fields_response response = {.fields = fields};
    const struct cc_hs2_decoder decoder = {read_metadata, &response};
    struct cc_thrift_writer *writer = begin_call(hs2, "GetResultSetMetadata");
    cc_hs2_write_handle(writer, 1, &hs2->operation);
    int status = call(hs2, &decoder, error);
    if (status == 0)
        status = cc_hs2_check(&response.status, CC_STAGE_QUERY, error);
    if (status != 0)
        cc_hs2_fields_free(fields);
    cc_strbuf_free(&response.status.message);
    return status;
}

struct rows_response
{
    struct cc_hs2_status status;
    struct cc_hs2_rows *rows;
};

static void read_rows(struct cc_thrift_reader *reader, void *context)
{
    struct rows_response *response = context;
    cc_hs2_read_rows(reader, &response->status, response->rows);
}

/* Before more rows are asked for, which the last answer had not. */
static int check_emptiness(struct cc_hs2 *hs2, const struct cc_hs2_rows *rows,
                           struct cc_error *error)
{
    if (rows->count > 0 || !rows->more)
    {
        hs2->empty_answers = 0;
        return 0;
    }
    if (++hs2->empty_answers > EMPTY_ANSWERS)
        return cc_error_set(error, CC_STAGE_FETCH, NULL,
                            "the server says that there are more rows, and "
                            "sends none");
    return rest(hs2, EMPTY_PAUSE_MS, error);
}

int cc_hs2_fetch(struct cc_hs2 *hs2, int64_t max_rows, struct cc_hs2_rows *rows,
                 const uint8_t **data, size_t *size, struct cc_error *error)
{
    struct rows_response response = {.rows = rows};
    const struct cc_hs2_decoder decoder = {read_rows, &response};
    struct cc_thrift_writer *writer = begin_call(hs2, "FetchResults");
    cc_hs2_write_handle(writer, 1, &hs2->operation);
    cc_thrift_write_field(writer, CC_THRIFT_I32, 2);
    cc_thrift_write_i32(writer, 0);
    cc_thrift_write_field(writer, CC_THRIFT_I64, 3);
    cc_thrift_write_i64(writer, max_rows);
    int status = call(hs2, &decoder, error);
    if (status == 0)
        status = cc_hs2_check(&response.status, CC_STAGE_FETCH, error);
    if (status == 0)
        status = check_emptiness(hs2, rows, error);
    cc_strbuf_free(&response.status.message);
    *data = hs2->channel.answer.data;
    *size = hs2->channel.answer.size;
    return status;
}

/* ---- ending ---- */

/* A server that has begun to hand out rows may take the statement for finished,
 * and still work for it: closing the operation ends that too. */
static void stop_operation(struct cc_hs2 *hs2, struct cc_hs2_channel *channel,
                           const struct cc_hs2_handle *operation)
{
    int cancelled = cc_hs2_tell(channel, "CancelOperation", operation);
    int closed = cc_hs2_tell(channel, "CloseOperation", operation);
    if (cancelled != 0 && closed != 0)
        cc_debug(hs2->host, "Hive: the statement could not be cancelled");
}

/* On a connection of its own: this one waits for an answer. */
static void cancel_elsewhere(struct cc_hs2 *hs2,
                             const struct cc_hs2_handle *operation)
{
    struct cc_hs2_channel channel = {.transport = NULL};
    cc_deadline_start(&channel.deadline, CANCEL_SECONDS, "cancelling");
    struct cc_error error = CC_ERROR_INIT;
    if (cc_hs2_transport_open(hs2->connector, hs2->host, &channel.deadline,
                              &channel.transport, &error) == 0)
        stop_operation(hs2, &channel, operation);
    else
        cc_debug(hs2->host, "Hive: the statement could not be cancelled: %s",
                 error.message);
    cc_hs2_channel_free(&channel);
}

/* The buffers are not the statement's: its reader may be at its last answer. */
static void cancel_here(struct cc_hs2 *hs2,
                        const struct cc_hs2_handle *operation)
{
    struct cc_hs2_channel channel = {.transport = hs2->channel.transport,
                                     .sequence = hs2->channel.sequence};
    hs2->channel.deadline.cancelled = NULL;
    cc_deadline_start(&hs2->channel.deadline, CANCEL_SECONDS, "cancelling");
    stop_operation(hs2, &channel, operation);
    hs2->channel.deadline.cancelled = &hs2->cancelled;
    hs2->channel.sequence = channel.sequence;
    hs2->channel.broken = channel.pending || channel.broken;
    channel.transport = NULL;
    cc_hs2_channel_free(&channel);
}

void cc_hs2_cancel(struct cc_hs2 *hs2)
{
    atomic_store(&hs2->cancelled, true);
    pthread_mutex_lock(&hs2->state);
    struct cc_hs2_handle operation = hs2->operation;
    bool stopped = hs2->stopped;
    hs2->stopped = true;
    pthread_mutex_unlock(&hs2->state);
    if (operation.size == 0 || stopped)
        return;
    bool free_channel = pthread_mutex_trylock(&hs2->calling) == 0;
    if (free_channel && !hs2->channel.pending && !hs2->channel.broken)
        cancel_here(hs2, &operation);
    else
        cancel_elsewhere(hs2, &operation);
    if (free_channel)
        pthread_mutex_unlock(&hs2->calling);
}

void cc_hs2_end(struct cc_hs2 *hs2)
{
    struct cc_hs2_channel *channel = &hs2->channel;
    atomic_store(&hs2->cancelled, false);
    pthread_mutex_lock(&hs2->calling);
    channel->deadline.cancelled = &hs2->cancelled;
    cc_deadline_start(&channel->deadline, TIDY_SECONDS, "ending a statement");
    if (channel->pending)
        cc_hs2_drain(channel);
    if (hs2->operation.size > 0 && !hs2->stopped && !channel->broken)
        (void)cc_hs2_tell(channel, "CloseOperation", &hs2->operation);
    pthread_mutex_unlock(&hs2->calling);
    pthread_mutex_lock(&hs2->state);
    hs2->operation.size = 0;
    pthread_mutex_unlock(&hs2->state);
}
