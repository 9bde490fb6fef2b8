/* SPDX-License-Identifier: MIT */
/*
 * The chunks of a result: some threads download and inflate them ahead of the
 * reader, who takes them in order. What waits is bounded: the chunk that is
 * next and those right after it.
 */
#include "snowflake.h"

#include "thread.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* How often a chunk's URL is asked for anew. */
#define MAX_REFRESHES 3

enum chunk_state
{
    CHUNK_PENDING = 0,
    CHUNK_RUNNING,
    CHUNK_EXPIRED, /* its URL is no longer good */
    CHUNK_DONE,
    CHUNK_FAILED
};

struct chunk
{
    char *url;
    int64_t rows;
    enum chunk_state state;
    int refreshes;
    struct cc_buffer body;
};

struct cc_snowflake_chunks
{
    struct cc_snowflake *session;
    char *query_id;
    char **headers; /* NULL-terminated */
    struct chunk *chunks;
    size_t count;
    size_t next; /* that the reader takes */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    pthread_t threads[CC_SNOWFLAKE_AHEAD];
    size_t thread_count;
    bool ready; /* mutex and condition are made */
    struct cc_deadline deadline;
    atomic_bool stopped;
    struct cc_error failure; /* of the chunk that failed */
};

/* ---- downloading ---- */

/* Appends ": " and the text of an element of a blob store's XML. The rest of
 * it may repeat the signature of the URL. */
static void append_element(const char *xml, const char *tag,
                           struct cc_error *error)
{
    const char *begin = strstr(xml, tag);
    if (begin)
        (void)cc_error_append(error, ": %.*s",
                              (int)strcspn(begin + strlen(tag), "<\r\n"),
                              begin + strlen(tag));
}

/* What the answer's status means for a chunk. */
static int judge(long status, const struct cc_buffer *body,
                 struct cc_error *error)
{
    if (status == 200)
        return 0;
    (void)cc_error_set(error, CC_STAGE_FETCH, NULL,
                       "a part of the result cannot be downloaded: the blob "
                       "store answers with HTTP status %ld",
                       status);
    char *xml = strndup(body->data ? (const char *)body->data : "", body->size);
    if (xml)
    {
        append_element(xml, "<Code>", error);
        append_element(xml, "<Message>", error);
    }
    free(xml);
    return -1;
}

static int download_once(struct cc_snowflake_chunks *chunks,
                         struct cc_http *http, const char *url,
                         struct cc_buffer *body, long *status,
                         struct cc_error *error)
{
    /* compression is undone here: gzip comes with and without being named,
     * and a cut one has to be noticed */
    const struct cc_http_request request = {
        .url = url,
        .headers = (const char *const *)chunks->headers,
        .plain = true,
        .cancelled = &chunks->stopped};
    *status = 0;
    body->size = 0;
    CC_TRY(cc_http_send(http, &request, body, error));
    *status = cc_http_status(http);
    CC_TRY(judge(*status, body, error));
    return cc_snowflake_inflate(body, error);
}

/* The blob stores' ways to say that a URL's time is over. */
static bool is_expired(long status)
{
    return status == 403 || status == 400 || status == 401;
}

static enum chunk_state download(struct cc_snowflake_chunks *chunks,
                                 struct cc_http *http, const char *url,
                                 struct cc_buffer *body, struct cc_error *error)
{
    int wait = 0;
    for (int tries = 1;; tries++)
    {
        long status;
        if (download_once(chunks, http, url, body, &status, error) == 0)
            return CHUNK_DONE;
        if (is_expired(status))
            return CHUNK_EXPIRED;
        bool may_pass = status == 200 || cc_snowflake_is_transient(status) ||
                        (status == 0 && (error->stage == CC_STAGE_FETCH ||
                                         error->stage == CC_STAGE_CONNECT));
        if (!may_pass || tries == CC_SNOWFLAKE_TRIES)
            return CHUNK_FAILED;
        wait = cc_snowflake_backoff(wait);
        cc_debug(chunks->session->base.host,
                 "Snowflake: downloading again in %d ms: %s", wait,
                 error->message);
        if (cc_deadline_sleep(&chunks->deadline, wait, error) != 0)
            return CHUNK_FAILED;
    }
}

/* The first chunk that nobody has begun, of those that may wait. */
static struct chunk *find_pending(struct cc_snowflake_chunks *chunks)
{
    size_t end = chunks->next + CC_SNOWFLAKE_AHEAD;
    for (size_t i = chunks->next; i < end && i < chunks->count; i++)
    {
        if (chunks->chunks[i].state == CHUNK_PENDING)
            return &chunks->chunks[i];
    }
    return NULL;
}

static void finish(struct cc_snowflake_chunks *chunks, struct chunk *chunk,
                   enum chunk_state state, struct cc_buffer *body,
                   const struct cc_error *error)
{
    if (state == CHUNK_EXPIRED && chunk->refreshes >= MAX_REFRESHES)
        state = CHUNK_FAILED;
    if (state == CHUNK_FAILED && chunks->failure.stage == CC_STAGE_NONE)
        chunks->failure = *error;
    if (state == CHUNK_DONE)
    {
        chunk->body = *body;
        *body = (struct cc_buffer)CC_BUFFER_INIT;
    }
    chunk->state = state;
    pthread_cond_broadcast(&chunks->changed);
}

static void work(struct cc_snowflake_chunks *chunks, struct cc_http *http)
{
    struct cc_buffer body = CC_BUFFER_INIT;
    struct cc_error error;
    pthread_mutex_lock(&chunks->mutex);
    while (!atomic_load(&chunks->stopped) && chunks->next < chunks->count)
    {
        struct chunk *chunk = find_pending(chunks);
        if (!chunk)
        {
            pthread_cond_wait(&chunks->changed, &chunks->mutex);
            continue;
        }
        chunk->state = CHUNK_RUNNING;
        pthread_mutex_unlock(&chunks->mutex);
        cc_error_init(&error, chunks->session->base.connector->secrets);
        enum chunk_state state =
            download(chunks, http, chunk->url, &body, &error);
        pthread_mutex_lock(&chunks->mutex);
        finish(chunks, chunk, state, &body, &error);
    }
    pthread_mutex_unlock(&chunks->mutex);
    cc_buffer_free(&body);
}

static void *run(void *context)
{
    struct cc_snowflake_chunks *chunks = context;
    struct cc_error error;
    struct cc_http *http;
    cc_error_init(&error, chunks->session->base.connector->secrets);
    if (cc_http_new(chunks->session->base.connector, chunks->session->base.host,
                    &http, &error) == 0)
    {
        work(chunks, http);
        cc_http_free(http);
        return NULL;
    }
    pthread_mutex_lock(&chunks->mutex);
    chunks->failure = error;
    pthread_cond_broadcast(&chunks->changed);
    pthread_mutex_unlock(&chunks->mutex);
    return NULL;
}

/* ---- what the server says of them ---- */

static int set_urls(struct cc_snowflake_chunks *chunks,
                    struct json_object *list, struct cc_error *error)
{
    for (size_t i = 0; i < chunks->count; i++)
    {
        struct chunk *chunk = &chunks->chunks[i];
        struct json_object *item = json_object_array_get_idx(list, i);
        char *url = strdup(cc_snowflake_text(item, "url"));
        if (!url)
            return cc_error_memory(error);
        /* what is running reads its URL */
        if (chunk->state != CHUNK_PENDING && chunk->state != CHUNK_EXPIRED)
        {
            free(url);
            continue;
        }
        chunk->refreshes += chunk->state == CHUNK_EXPIRED;
        free(chunk->url);
        chunk->url = url;
        chunk->rows = cc_snowflake_integer(item, "rowCount", 0);
        chunk->state = CHUNK_PENDING;
    }
    return 0;
}

static int add_header(struct cc_snowflake_chunks *chunks, size_t *count,
                      const char *name, const char *value)
{
    struct cc_strbuf line = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&line, "%s: %s", name, value);
    chunks->headers[*count] = cc_strbuf_take(&line);
    if (!chunks->headers[*count] ||
        cc_secrets_add(chunks->session->base.connector->secrets, value) != 0)
        return -1;
    ++*count;
    return 0;
}

/* The headers that the server says, or those of its key. Never the token. */
static int make_headers(struct cc_snowflake_chunks *chunks,
                        struct json_object *data)
{
    struct json_object *given = NULL;
    const char *key = cc_snowflake_text(data, "qrmk");
    size_t count = 0;
    (void)json_object_object_get_ex(data, "chunkHeaders", &given);
    bool any = json_object_is_type(given, json_type_object);
    size_t most = any ? (size_t)json_object_object_length(given) : 0;
    chunks->headers = calloc(most + 4, sizeof *chunks->headers);
    if (!chunks->headers)
        return -1;
    chunks->headers[count] = strdup("Accept-Encoding: gzip");
    if (!chunks->headers[count++])
        return -1;
    if (any)
    {
        json_object_object_foreach(given, name, value)
        {
            const char *text = json_object_get_string(value);
            CC_TRY(add_header(chunks, &count, name, text ? text : ""));
        }
        return 0;
    }
    if (!*key)
        return 0;
    CC_TRY(add_header(chunks, &count,
                      "x-amz-server-side-encryption-customer-algorithm",
                      "AES256"));
    return add_header(chunks, &count,
                      "x-amz-server-side-encryption-customer-key", key);
}

static struct json_object *list_of(struct json_object *data)
{
    struct json_object *list = NULL;
    (void)json_object_object_get_ex(data, "chunks", &list);
    return json_object_is_type(list, json_type_array) ? list : NULL;
}

/* ---- life ---- */

static int start(struct cc_snowflake_chunks *chunks, struct cc_error *error)
{
    if (pthread_mutex_init(&chunks->mutex, NULL) != 0)
        return cc_error_memory(error);
    if (pthread_cond_init(&chunks->changed, NULL) != 0)
    {
        pthread_mutex_destroy(&chunks->mutex);
        return cc_error_memory(error);
    }
    chunks->ready = true;
    while (chunks->thread_count < CC_SNOWFLAKE_AHEAD &&
           chunks->thread_count < chunks->count)
    {
        if (cc_thread_start(&chunks->threads[chunks->thread_count], run,
                            chunks) != 0)
            break;
        chunks->thread_count++;
    }
    return chunks->thread_count > 0 ? 0 : cc_error_memory(error);
}

int cc_snowflake_chunks_new(struct cc_snowflake *session,
                            struct json_object *data,
                            struct cc_snowflake_chunks **chunks,
                            struct cc_error *error)
{
    struct json_object *list = list_of(data);
    size_t count = list ? json_object_array_length(list) : 0;
    *chunks = NULL;
    if (count == 0)
        return 0;
    struct cc_snowflake_chunks *made = calloc(1, sizeof *made);
    if (!made)
        return cc_error_memory(error);
    made->session = session;
    atomic_init(&made->stopped, false);
    made->deadline = session->deadline;
    made->deadline.cancelled = &made->stopped;
    cc_error_init(&made->failure, session->base.connector->secrets);
    made->chunks = calloc(count, sizeof *made->chunks);
    made->query_id = strdup(cc_snowflake_text(data, "queryId"));
    made->count = made->chunks ? count : 0;
    int status = made->chunks && made->query_id && make_headers(made, data) == 0
                     ? set_urls(made, list, error)
                     : cc_error_memory(error);
    if (status == 0)
        status = start(made, error);
    if (status == 0)
        *chunks = made;
    else
        cc_snowflake_chunks_free(made);
    return status;
}

void cc_snowflake_chunks_cancel(struct cc_snowflake_chunks *chunks)
{
    atomic_store(&chunks->stopped, true);
    pthread_mutex_lock(&chunks->mutex);
    pthread_cond_broadcast(&chunks->changed);
    pthread_mutex_unlock(&chunks->mutex);
}

void cc_snowflake_chunks_free(struct cc_snowflake_chunks *chunks)
{
    if (!chunks)
        return;
    if (chunks->ready)
    {
        cc_snowflake_chunks_cancel(chunks);
        for (size_t i = 0; i < chunks->thread_count; i++)
            pthread_join(chunks->threads[i], NULL);
        pthread_cond_destroy(&chunks->changed);
        pthread_mutex_destroy(&chunks->mutex);
    }
    for (size_t i = 0; i < chunks->count; i++)
    {
        free(chunks->chunks[i].url);
        cc_buffer_free(&chunks->chunks[i].body);
    }
    for (size_t i = 0; chunks->headers && chunks->headers[i]; i++)
        free(chunks->headers[i]);
    free(chunks->headers);
    free(chunks->chunks);
    free(chunks->query_id);
    free(chunks);
}

/* ---- taking ---- */

static bool has_expired(const struct cc_snowflake_chunks *chunks)
{
    for (size_t i = chunks->next; i < chunks->count; i++)
    {
        if (chunks->chunks[i].state == CHUNK_EXPIRED)
            return true;
    }
    return false;
}

/* Asks the server for new URLs of the same chunks. */
static int refresh(struct cc_snowflake_chunks *chunks, struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    struct cc_snowflake_answer answer = {0};
    (void)cc_strbuf_append(&path, "/queries/");
    (void)cc_snowflake_escape(&path, chunks->query_id);
    (void)cc_strbuf_append(&path, "/result");
    int status = cc_strbuf_failed(&path)
                     ? cc_error_memory(error)
                     : cc_snowflake_call(chunks->session, path.data, NULL, NULL,
                                         &answer, error);
    cc_strbuf_free(&path);
    if (status != 0)
        return -1;
    struct json_object *list = list_of(answer.data);
    if (!list || json_object_array_length(list) != chunks->count)
        status = cc_error_set(error, CC_STAGE_FETCH, NULL,
                              "the result's URLs have expired, and the server "
                              "does not give new ones: %s",
                              cc_snowflake_text(answer.root, "message"));
    else
    {
        pthread_mutex_lock(&chunks->mutex);
        status = set_urls(chunks, list, error);
        pthread_cond_broadcast(&chunks->changed);
        pthread_mutex_unlock(&chunks->mutex);
    }
    cc_snowflake_answer_free(&answer);
    return status;
}

static void wait_for_change(struct cc_snowflake_chunks *chunks, int ms)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += (long)ms * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&chunks->changed, &chunks->mutex, &until);
}

/* Waits until the next chunk is there, one has expired, or time is up. */
static int wait_for_next(struct cc_snowflake_chunks *chunks, int patience_ms,
                         struct cc_error *error)
{
    const struct chunk *chunk = &chunks->chunks[chunks->next];
    while (chunk->state != CHUNK_DONE && !has_expired(chunks))
    {
        if (chunks->failure.stage != CC_STAGE_NONE)
            return cc_error_set(error, chunks->failure.stage,
                                chunks->failure.code, "%s",
                                chunks->failure.message);
        CC_TRY(cc_deadline_check(&chunks->session->deadline, error));
        if (patience_ms == 0)
            return 2;
        int slice = patience_ms < 0 || patience_ms > 50 ? 50 : patience_ms;
        wait_for_change(chunks, slice);
        patience_ms -= patience_ms < 0 ? 0 : slice;
    }
    return 0;
}

int cc_snowflake_chunks_next(struct cc_snowflake_chunks *chunks,
                             int patience_ms, struct cc_buffer *body,
                             int64_t *rows, struct cc_error *error)
{
    if (chunks->next == chunks->count)
        return 1;
    for (;;)
    {
        struct chunk *chunk = &chunks->chunks[chunks->next];
        pthread_mutex_lock(&chunks->mutex);
        int status = wait_for_next(chunks, patience_ms, error);
        bool done = status == 0 && chunk->state == CHUNK_DONE;
        if (done)
        {
            cc_buffer_free(body);
            *body = chunk->body;
            *rows = chunk->rows;
            chunk->body = (struct cc_buffer)CC_BUFFER_INIT;
            chunks->next++;
            pthread_cond_broadcast(&chunks->changed);
        }
        pthread_mutex_unlock(&chunks->mutex);
        if (done || status != 0)
            return status;
        CC_TRY(refresh(chunks, error));
    }
}
