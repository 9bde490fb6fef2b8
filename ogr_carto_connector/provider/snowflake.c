/* SPDX-License-Identifier: MIT */
#include "snowflake.h"

#include "wire/curl.h"

#include <stdlib.h>
#include <string.h>

#define CLOSE_TIMEOUT_MS 5000

static const char domain[] = ".snowflakecomputing.com";
static const char domain_of_china[] = ".snowflakecomputing.cn";

/* ---- where the server is ---- */

/* The host of an account. Host names have no underscores. */
static int append_host(struct cc_strbuf *out, const char *account)
{
    for (const char *at = account; *at; at++)
        (void)cc_strbuf_append_char(out, *at == '_' ? '-' : *at);
    return cc_strbuf_append(out,
                            strstr(account, ".cn-") ? domain_of_china : domain);
}

/* The account of a host: what is before Snowflake's domain, or the first
 * label of another one. */
static int append_account(struct cc_strbuf *out, const char *host)
{
    if (!host)
        return 0;
    const char *end = strstr(host, ".snowflakecomputing.");
    if (!end)
        end = strchr(host, '.');
    return cc_strbuf_append_n(out, host,
                              end ? (size_t)(end - host) : strlen(host));
}

static int find_server(struct cc_snowflake *session, struct cc_error *error)
{
    const struct cc_connector *connector = session->base.connector;
    const char *server = cc_connector_text(connector, CC_P_SERVER);
    const char *account = cc_connector_text(connector, CC_P_ACCOUNT);
    const char *port = cc_connector_text(connector, CC_P_PORT);
    struct cc_strbuf host = CC_STRBUF_INIT;
    (void)(server ? cc_strbuf_append(&host, server)
                  : append_host(&host, account));
    (void)(account ? cc_strbuf_append(&session->account, account)
                   : append_account(&session->account, server));
    int status =
        cc_strbuf_failed(&host) || cc_strbuf_failed(&session->account)
            ? cc_error_memory(error)
            : cc_curl_url(cc_curl_wants_tls(connector) ? "https" : "http",
                          host.data, port, NULL, &session->origin, error);
    cc_strbuf_free(&host);
    while (status == 0 && session->origin.length > 0 &&
           session->origin.data[session->origin.length - 1] == '/')
        session->origin.data[--session->origin.length] = '\0';
    return status;
}

/* ---- connections ---- */

/* A courtesy: the server forgets a session after some hours anyway. */
static void end_session(struct cc_snowflake *session)
{
    struct cc_snowflake_answer answer;
    struct cc_error ignored;
    char id[CC_UUID_TEXT_SIZE];
    cc_error_init(&ignored, NULL);
    cc_snowflake_uuid(id);
    atomic_store(&session->cancelled, false);
    const struct cc_snowflake_request request = {.path = "/session?delete=true",
                                                 .request_id = id,
                                                 .body = "{}",
                                                 .token = session->token,
                                                 .timeout_ms = CLOSE_TIMEOUT_MS,
                                                 .once = true};
    if (cc_snowflake_send(session, &request, &answer, &ignored) == 0)
        cc_snowflake_answer_free(&answer);
}

static void close_connection(struct cc_connection *connection)
{
    struct cc_snowflake *session = (struct cc_snowflake *)connection;
    if (!session)
        return;
    if (session->token && !session->broken)
        end_session(session);
    cc_http_free(session->http);
    cc_strbuf_free(&session->origin);
    cc_strbuf_free(&session->account);
    free(session->token);
    free(session->master_token);
    free(session);
}

static int open_connection(const struct cc_connector *connector,
                           const struct cc_host *host,
                           struct cc_connection **connection,
                           struct cc_error *error)
{
    struct cc_snowflake *session = calloc(1, sizeof *session);
    if (!session)
        return cc_error_memory(error);
    session->base.provider = &cc_provider_snowflake;
    session->base.connector = connector;
    session->base.host = host;
    atomic_init(&session->cancelled, false);
    int status = find_server(session, error);
    if (status == 0)
        status = cc_http_new(connector, host, &session->http, error);
    if (status == 0)
    {
        cc_deadline_start(&session->deadline,
                          cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT),
                          "connect_timeout");
        status = cc_snowflake_login(session, error);
    }
    if (status == 0)
        *connection = &session->base;
    else
        close_connection(&session->base);
    return status;
}

static bool usable(const struct cc_connection *connection)
{
    return !((const struct cc_snowflake *)connection)->broken;
}

const struct cc_provider cc_provider_snowflake = {
    .id = CC_SNOWFLAKE,
    .dialect = &cc_dialect_snowflake,
    .open = open_connection,
    .close = close_connection,
    .usable = usable,
    .list_tables = cc_snowflake_list_tables,
    .describe = cc_snowflake_describe,
    .count = cc_snowflake_count,
    .query = cc_snowflake_query,
    .fetch = cc_snowflake_fetch,
    .cancel = cc_snowflake_cancel,
    .close_cursor = cc_snowflake_close_cursor,
};
