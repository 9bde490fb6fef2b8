/* SPDX-License-Identifier: MIT */
#include "http.h"

#include "curl.h"

#include "column/text.h"

#include <string.h>

#define DEFAULT_MAX_SIZE ((size_t)1 << 30)
#define MAX_HEADERS_SIZE ((size_t)1 << 20)
/* How often a wait looks whether it was cancelled, should no wake-up come. */
#define SLICE_MS 100

struct cc_http
{
    struct cc_curl_options options;
    CURLM *multi;
    CURL *curl;
    CURLSH *cookies;
    struct curl_slist *headers; /* of the request */
    atomic_bool cancelled;
    const atomic_bool *request_cancelled;
    bool running; /* the exchange has begun and cc_http_end was not called */
    bool done;    /* libcurl has finished with it: */
    CURLcode result;
    struct cc_strbuf head; /* the answer's header lines, each ended by \n */
    struct cc_buffer body; /* what was received and not yet read */
    size_t received;
    size_t max_size;
    bool too_large;
    char words[CURL_ERROR_SIZE];
};

/* ---- life ---- */

/* Cookies of one exchange for the next. */
static int make_jar(struct cc_http *http)
{
    http->cookies = curl_share_init();
    return http->cookies &&
                   curl_share_setopt(http->cookies, CURLSHOPT_SHARE,
                                     CURL_LOCK_DATA_COOKIE) == CURLSHE_OK
               ? 0
               : -1;
}

int cc_http_new(const struct cc_connector *connector,
                const struct cc_host *host, struct cc_http **http,
                struct cc_error *error)
{
    struct cc_http *client = calloc(1, sizeof *client);
    if (!client)
        return cc_error_memory(error);
    atomic_init(&client->cancelled, false);
    client->options.connector = connector;
    client->options.host = host;
    client->options.cancelled = &client->cancelled;
    client->curl = cc_curl_new(error);
    client->multi = client->curl ? curl_multi_init() : NULL;
    if (client->multi && make_jar(client) == 0)
    {
        *http = client;
        return 0;
    }
    bool memory = client->curl != NULL;
    cc_http_free(client);
    return memory ? cc_error_memory(error) : -1;
}

void cc_http_free(struct cc_http *http)
{
    if (!http)
        return;
    cc_http_end(http);
    curl_easy_cleanup(http->curl);
    curl_multi_cleanup(http->multi);
    (void)curl_share_cleanup(http->cookies);
    cc_strbuf_free(&http->head);
    cc_buffer_free(&http->body);
    free(http);
}

void cc_http_cancel(struct cc_http *http)
{
    atomic_store(&http->cancelled, true);
    (void)curl_multi_wakeup(http->multi);
}

void cc_http_resume(struct cc_http *http)
{
    atomic_store(&http->cancelled, false);
}

/* ---- what libcurl calls ---- */

static size_t take_body(char *data, size_t one, size_t count, void *context)
{
    struct cc_http *http = context;
    size_t size = one * count;
    http->too_large = size > http->max_size - http->received;
    if (http->too_large || cc_buffer_append(&http->body, data, size) != 0)
        return 0;
    http->received += size;
    return size;
}

/* A status line begins another head: after 100 Continue, or a proxy's. */
static size_t take_header(char *data, size_t one, size_t count, void *context)
{
    struct cc_http *http = context;
    size_t size = one * count;
    if (size > 5 && memcmp(data, "HTTP/", 5) == 0)
        cc_strbuf_clear(&http->head);
    if (size > MAX_HEADERS_SIZE - http->head.length ||
        cc_strbuf_append_n(&http->head, data, size) != 0)
        return 0;
    return size;
}

/* ---- beginning ---- */

static int set_headers(struct cc_http *http,
                       const struct cc_http_request *request)
{
    /* no waiting for 100 Continue */
    http->headers = curl_slist_append(NULL, "Expect:");
    for (size_t i = 0; http->headers && request->headers && request->headers[i];
         i++)
    {
        struct curl_slist *more =
            curl_slist_append(http->headers, request->headers[i]);
        if (!more)
            return -1;
        http->headers = more;
    }
    return http->headers ? 0 : -1;
}

static CURLcode set_body(CURL *curl, const struct cc_http_request *request)
{
    if (!request->body)
        return CURLE_OK;
    CURLcode code = curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                                     (curl_off_t)request->body_size);
    return code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body)
               : code;
}

static CURLcode set_login(CURL *curl, const struct cc_http_request *request)
{
    if (!request->username)
        return CURLE_OK;
    (void)curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    CURLcode code = curl_easy_setopt(curl, CURLOPT_USERNAME, request->username);
    return code == CURLE_OK
               ? curl_easy_setopt(curl, CURLOPT_PASSWORD,
                                  request->password ? request->password : "")
               : code;
}

static CURLcode set_request(struct cc_http *http,
                            const struct cc_http_request *request)
{
    CURL *curl = http->curl;
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, http);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, http);
    (void)curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, http->headers);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
    (void)curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L * 1024L);
    CURLcode code = curl_easy_setopt(curl, CURLOPT_URL, request->url);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_SHARE, http->cookies);
    if (code == CURLE_OK)
        code = curl_easy_setopt(curl, CURLOPT_COOKIEFILE, "");
    if (code == CURLE_OK && !request->plain)
        code = curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    if (code == CURLE_OK && request->http2)
        code = curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
                                (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    if (code == CURLE_OK)
        code = set_body(curl, request);
    if (code == CURLE_OK)
        code = set_login(curl, request);
    if (code == CURLE_OK && request->method)
        code = curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
    return code;
}

static int prepare(struct cc_http *http, const struct cc_http_request *request,
                   struct cc_error *error)
{
    cc_http_end(http);
    cc_strbuf_clear(&http->head);
    http->options.connect_timeout_ms = request->connect_timeout_ms;
    http->request_cancelled = request->cancelled;
    http->max_size = request->max_size ? request->max_size : DEFAULT_MAX_SIZE;
    http->received = 0;
    http->too_large = false;
    http->done = false;
    http->result = CURLE_OK;
    /* connections are the multi handle's, so that nothing is lost with it */
    curl_easy_cleanup(http->curl);
    http->curl = cc_curl_new(error);
    if (!http->curl)
        return -1;
    CC_TRY(cc_curl_setup(http->curl, &http->options, http->words, error));
    if (set_headers(http, request) != 0)
        return cc_error_memory(error);
    CURLcode code = set_request(http, request);
    if (code != CURLE_OK)
        return cc_curl_error(http->curl, code, "", &http->options,
                             CC_STAGE_FETCH, error);
    if (curl_multi_add_handle(http->multi, http->curl) != CURLM_OK)
        return cc_error_memory(error);
    http->running = true;
    return 0;
}

/* ---- driving ---- */

static void collect_result(struct cc_http *http)
{
    int left;
    const CURLMsg *message = curl_multi_info_read(http->multi, &left);
    if (!message || message->msg != CURLMSG_DONE)
        return;
    http->done = true;
    http->result = message->data.result;
}

static int failed(struct cc_http *http, CURLcode code, struct cc_error *error)
{
    if (http->too_large)
        return cc_error_set(error, CC_STAGE_LIMIT, NULL,
                            "the server's answer has more than %zu bytes",
                            http->max_size);
    return cc_curl_error(http->curl, code, http->words, &http->options,
                         CC_STAGE_FETCH, error);
}

static bool is_cancelled(const struct cc_http *http)
{
    return atomic_load(&http->cancelled) ||
           (http->request_cancelled && atomic_load(http->request_cancelled));
}

/* Lets libcurl work once, having waited for the network up to `wait_ms`. */
static int drive(struct cc_http *http, int wait_ms, struct cc_error *error)
{
    int running;
    if (is_cancelled(http))
        return cc_curl_cancelled(error);
    if (wait_ms > 0 &&
        curl_multi_poll(http->multi, NULL, 0, wait_ms, NULL) != CURLM_OK)
        return failed(http, CURLE_OUT_OF_MEMORY, error);
    if (is_cancelled(http))
        return cc_curl_cancelled(error);
    if (curl_multi_perform(http->multi, &running) != CURLM_OK)
        return failed(http, CURLE_OUT_OF_MEMORY, error);
    collect_result(http);
    if (http->done && http->result != CURLE_OK)
        return failed(http, http->result, error);
    return 0;
}

/* An empty line ends the head; an interim answer is followed by another. */
static bool has_head(const struct cc_http *http)
{
    size_t length = http->head.length;
    return http->done || http->body.size > 0 ||
           (length >= 4 &&
            memcmp(http->head.data + length - 4, "\r\n\r\n", 4) == 0 &&
            cc_http_status(http) >= 200);
}

int cc_http_begin(struct cc_http *http, const struct cc_http_request *request,
                  struct cc_error *error)
{
    int status = prepare(http, request, error);
    if (status == 0)
        status = drive(http, 0, error);
    while (status == 0 && !has_head(http))
        status = drive(http, SLICE_MS, error);
    if (status != 0)
        cc_http_end(http);
    return status;
}

/* Hands over what was received. */
static int hand_over(struct cc_http *http, struct cc_buffer *body,
                     struct cc_error *error)
{
    if (body->size == 0 && body->capacity < http->body.size)
    {
        struct cc_buffer received = http->body;
        http->body = *body;
        *body = received;
        return 0;
    }
    if (cc_buffer_append(body, http->body.data, http->body.size) != 0)
        return cc_error_memory(error);
    http->body.size = 0;
    return 0;
}

enum cc_http_read cc_http_read(struct cc_http *http, struct cc_buffer *body,
                               int patience_ms, struct cc_error *error)
{
    if (!http->running)
    {
        (void)cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                           "there is no HTTP exchange to read from");
        return CC_HTTP_ERROR;
    }
    while (http->body.size == 0 && !http->done)
    {
        int wait =
            patience_ms < 0 || patience_ms > SLICE_MS ? SLICE_MS : patience_ms;
        if (drive(http, wait, error) != 0)
            return CC_HTTP_ERROR;
        if (patience_ms >= 0 && http->body.size == 0 && !http->done)
        {
            if (patience_ms <= wait)
                return CC_HTTP_AGAIN;
            patience_ms -= wait;
        }
    }
    if (http->body.size == 0)
        return CC_HTTP_END;
    return hand_over(http, body, error) == 0 ? CC_HTTP_DATA : CC_HTTP_ERROR;
}

void cc_http_end(struct cc_http *http)
{
    if (http->running)
        (void)curl_multi_remove_handle(http->multi, http->curl);
    http->running = false;
    curl_slist_free_all(http->headers);
    http->headers = NULL;
    http->body.size = 0;
}

int cc_http_send(struct cc_http *http, const struct cc_http_request *request,
                 struct cc_buffer *body, struct cc_error *error)
{
    CC_TRY(cc_http_begin(http, request, error));
    enum cc_http_read read;
    do
        read = cc_http_read(http, body, -1, error);
    while (read == CC_HTTP_DATA);
    cc_http_end(http);
    return read == CC_HTTP_END ? 0 : -1;
}

/* ---- the answer's head ---- */

long cc_http_status(const struct cc_http *http)
{
    const char *head = cc_strbuf_text(&http->head);
    const char *blank = strchr(head, ' ');
    return blank ? strtol(blank, NULL, 10) : 0;
}

bool cc_http_is_http2(const struct cc_http *http)
{
    static const char version[] = "HTTP/2";
    return strncmp(cc_strbuf_text(&http->head), version, sizeof version - 1) ==
           0;
}

/* The value of the line, without blanks around it. */
static const char *value_of(const char *line, size_t length, size_t *size)
{
    while (length > 0 && strchr(" \t", *line))
    {
        line++;
        length--;
    }
    while (length > 0 && strchr(" \t\r", line[length - 1]))
        length--;
    *size = length;
    return line;
}

const char *cc_http_header(const struct cc_http *http, const char *name,
                           size_t *size)
{
    size_t length = strlen(name);
    const char *found = NULL;
    *size = 0;
    for (const char *line = cc_strbuf_text(&http->head); *line;)
    {
        size_t line_length = strcspn(line, "\n");
        if (line_length > length && line[length] == ':' &&
            cc_ascii_equal(line, name, length))
            found = value_of(line + length + 1, line_length - length - 1, size);
        line += line_length + (line[line_length] == '\n');
    }
    return found;
}

bool cc_http_forget_cookies(struct cc_http *http)
{
    struct curl_slist *cookies = NULL;
    if (!http->curl)
        return false;
    (void)curl_easy_getinfo(http->curl, CURLINFO_COOKIELIST, &cookies);
    bool any = cookies != NULL;
    curl_slist_free_all(cookies);
    (void)curl_easy_setopt(http->curl, CURLOPT_COOKIELIST, "ALL");
    return any;
}
