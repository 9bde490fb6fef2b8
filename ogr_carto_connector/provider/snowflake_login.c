/* SPDX-License-Identifier: MIT */
/* Logging in: password, programmatic access token, key pair, OAuth. */
#include "snowflake.h"

#include "wire/jwt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A login is repeated, with the same token, until connect_timeout; the server
 * takes none that is good for more than an hour. */
#define TOKEN_SECONDS 60
#define MAX_TOKEN_SECONDS 3600

/* Which clients get Arrow: the server's own drivers, each of which has a
 * session parameter to choose by. */
static const struct
{
    const char *id;
    const char *format_parameter;
} drivers[] = {
    {"C API", "C_API_QUERY_RESULT_FORMAT"},
    {"Go", "GO_QUERY_RESULT_FORMAT"},
    {"JDBC", "JDBC_QUERY_RESULT_FORMAT"},
    {"ODBC", "ODBC_QUERY_RESULT_FORMAT"},
    {"PythonConnector", "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT"},
    {".NET", "DOTNET_QUERY_RESULT_FORMAT"},
};

static void set(struct json_object *object, const char *key, const char *value)
{
    json_object_object_add(object, key, json_object_new_string(value));
}

/* ---- the key pair ---- */

/* Upper case of ASCII, up to the first `end`. */
static int append_upper(struct cc_strbuf *out, const char *text, char end)
{
    for (; *text && *text != end; text++)
        (void)cc_strbuf_append_char(
            out, *text >= 'a' && *text <= 'z' ? (char)(*text - 32) : *text);
    return cc_strbuf_failed(out) ? -1 : 0;
}

/* The account alone: without what says where it is. */
static int append_account(const char *account, struct cc_strbuf *out)
{
    return append_upper(out, account, strstr(account, ".global") ? '-' : '.');
}

static int64_t token_seconds(const struct cc_connector *connector)
{
    int64_t seconds =
        TOKEN_SECONDS + cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT);
    return seconds < MAX_TOKEN_SECONDS ? seconds : MAX_TOKEN_SECONDS;
}

static int append_claims(const struct cc_snowflake *session,
                         const struct cc_jwt_key *key, struct cc_strbuf *out,
                         struct cc_error *error)
{
    const char *user =
        cc_connector_text(session->base.connector, CC_P_USERNAME);
    struct cc_strbuf subject = CC_STRBUF_INIT;
    struct cc_strbuf issuer = CC_STRBUF_INIT;
    int64_t now = (int64_t)time(NULL);
    (void)append_account(session->account.data, &subject);
    (void)cc_strbuf_append_char(&subject, '.');
    (void)append_upper(&subject, user, '\0');
    (void)cc_strbuf_printf(&issuer, "%s.SHA256:", cc_strbuf_text(&subject));
    int status = cc_jwt_fingerprint(key, &issuer, error);
    struct json_object *claims = json_object_new_object();
    set(claims, "iss", cc_strbuf_text(&issuer));
    set(claims, "sub", cc_strbuf_text(&subject));
    json_object_object_add(claims, "iat", json_object_new_int64(now));
    json_object_object_add(
        claims, "exp",
        json_object_new_int64(now + token_seconds(session->base.connector)));
    (void)cc_strbuf_append(
        out, json_object_to_json_string_ext(claims, JSON_C_TO_STRING_PLAIN));
    json_object_put(claims);
    if (status == 0 && (cc_strbuf_failed(out) || cc_strbuf_failed(&subject) ||
                        cc_strbuf_failed(&issuer)))
        status = cc_error_memory(error);
    cc_strbuf_free(&subject);
    cc_strbuf_free(&issuer);
    return status;
}

static int make_token(const struct cc_snowflake *session,
                      struct cc_strbuf *token, struct cc_error *error)
{
    const struct cc_connector *connector = session->base.connector;
    struct cc_strbuf claims = CC_STRBUF_INIT;
    struct cc_jwt_key *key;
    if (cc_jwt_key_read(
            cc_connector_text(connector, CC_P_PRIVATE_KEY),
            cc_connector_text(connector, CC_P_PRIVATE_KEY_PASSPHRASE), &key,
            error) != 0)
        return cc_error_append(error,
                               "\nSee \"private_key\", \"private_key_file\" "
                               "and \"private_key_passphrase\".");
    int status = append_claims(session, key, &claims, error);
    if (status == 0)
        status = cc_jwt_sign(key, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
                             claims.data, token, error);
    cc_strbuf_free(&claims);
    cc_jwt_key_free(key);
    return status;
}

/* ---- the request ---- */

static void set_password(const struct cc_connector *connector,
                         struct json_object *data)
{
    const char *password = cc_connector_text(connector, CC_P_PASSWORD);
    const char *passcode = cc_connector_text(connector, CC_P_PASSCODE);
    set(data, "PASSWORD", password ? password : "");
    if (!passcode)
        return;
    set(data, "EXT_AUTHN_DUO_METHOD", "passcode");
    set(data, "PASSCODE", passcode);
}

static int set_authentication(const struct cc_snowflake *session,
                              struct json_object *data, struct cc_error *error)
{
    const struct cc_connector *connector = session->base.connector;
    const char *access = cc_connector_text(connector, CC_P_TOKEN);
    const char *oauth = cc_connector_text(connector, CC_P_OAUTH_TOKEN);
    set(data, "LOGIN_NAME", cc_connector_text(connector, CC_P_USERNAME));
    if (cc_connector_text(connector, CC_P_PRIVATE_KEY))
    {
        struct cc_strbuf token = CC_STRBUF_INIT;
        int status = make_token(session, &token, error);
        set(data, "AUTHENTICATOR", "SNOWFLAKE_JWT");
        set(data, "TOKEN", cc_strbuf_text(&token));
        if (status == 0 &&
            cc_secrets_add(connector->secrets, cc_strbuf_text(&token)) != 0)
            status = cc_error_memory(error);
        cc_strbuf_free(&token);
        return status;
    }
    if (!access && !oauth)
        set_password(connector, data);
    else
    {
        set(data, "AUTHENTICATOR",
            access ? "PROGRAMMATIC_ACCESS_TOKEN" : "OAUTH");
        set(data, "TOKEN", access ? access : oauth);
    }
    return 0;
}

/* Timestamps in UTC, geometries in binary; chunks small enough that four at
 * once are no burden. */
static struct json_object *session_parameters(const char *application)
{
    struct json_object *parameters = json_object_new_object();
    set(parameters, "TIMEZONE", "UTC");
    set(parameters, "GEOGRAPHY_OUTPUT_FORMAT", "WKB");
    set(parameters, "GEOMETRY_OUTPUT_FORMAT", "EWKB");
    set(parameters, "BINARY_OUTPUT_FORMAT", "HEX");
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++)
    {
        if (strcmp(drivers[i].id, application) == 0)
            set(parameters, drivers[i].format_parameter, "ARROW");
    }
    set(parameters, "QUERY_TAG", "ogr_carto_connector");
    json_object_object_add(parameters, "CLIENT_RESULT_CHUNK_SIZE",
                           json_object_new_int(48));
    return parameters;
}

/* "ID/version"; the version may be left out. */
static int set_application(const struct cc_connector *connector,
                           struct json_object *data)
{
    const char *text = cc_connector_text(connector, CC_P_CLIENT_APP_ID);
    const char *slash = strchr(text, '/');
    char *id = strndup(text, slash ? (size_t)(slash - text) : strlen(text));
    if (!id)
        return -1;
    set(data, "CLIENT_APP_ID", id);
    set(data, "CLIENT_APP_VERSION", slash ? slash + 1 : "1.0");
    json_object_object_add(data, "SESSION_PARAMETERS", session_parameters(id));
    free(id);
    return 0;
}

static struct json_object *login_body(const struct cc_snowflake *session,
                                      struct cc_error *error)
{
    struct json_object *body = json_object_new_object();
    struct json_object *data = json_object_new_object();
    struct json_object *environment = json_object_new_object();
    struct cc_strbuf account = CC_STRBUF_INIT;
    (void)append_account(session->account.data, &account);
    json_object_object_add(body, "data", data);
    set(data, "ACCOUNT_NAME", cc_strbuf_text(&account));
    cc_strbuf_free(&account);
    json_object_object_add(data, "CLIENT_ENVIRONMENT", environment);
    set(environment, "APPLICATION", "ogr_carto_connector");
    set(environment, "OS", "Linux");
    if (set_application(session->base.connector, data) != 0)
        (void)cc_error_memory(error);
    else if (set_authentication(session, data, error) == 0)
        return body;
    json_object_put(body);
    return NULL;
}

static void append_query(struct cc_strbuf *path, const char *key,
                         const char *value, char *separator)
{
    if (!value)
        return;
    (void)cc_strbuf_printf(path, "%c%s=", *separator, key);
    (void)cc_snowflake_escape(path, value);
    *separator = '&';
}

static int make_path(const struct cc_connector *connector,
                     struct cc_strbuf *path)
{
    char separator = '?';
    (void)cc_strbuf_append(path, "/session/v1/login-request");
    append_query(path, "databaseName",
                 cc_connector_text(connector, CC_P_DATABASE), &separator);
    append_query(path, "schemaName", cc_connector_text(connector, CC_P_SCHEMA),
                 &separator);
    append_query(path, "warehouse",
                 cc_connector_text(connector, CC_P_WAREHOUSE), &separator);
    append_query(path, "roleName", cc_connector_text(connector, CC_P_ROLE),
                 &separator);
    return cc_strbuf_failed(path) ? -1 : 0;
}

/* ---- the answer ---- */

/* What to do about a refusal. */
static const char *advice(const struct cc_connector *connector,
                          const char *code)
{
    bool key = cc_connector_text(connector, CC_P_PRIVATE_KEY) != NULL;
    bool token = cc_connector_text(connector, CC_P_TOKEN) != NULL;
    if (strcmp(code, "390303") == 0 || strcmp(code, "390318") == 0)
        return "\nGet a new \"oauth_token\".";
    if (key)
        return "\nCheck that the public key is the user's (ALTER USER ... SET "
               "RSA_PUBLIC_KEY), that \"account\" and \"username\" are right, "
               "and this machine's clock.";
    if (token)
        return "\nCheck that the token has not expired, and that a network "
               "policy lets this user in from here.";
    return "\nCheck \"account\", \"username\" and \"password\". Most users are "
           "no "
           "longer let in by a password alone: give a \"passcode\" with it, or "
           "instead a programmatic access token (\"token\"), a key pair "
           "(\"private_key_file\") or an \"oauth_token\".";
}

static int take_login(struct cc_snowflake *session,
                      const struct cc_snowflake_answer *answer,
                      struct cc_error *error)
{
    const char *token = cc_snowflake_text(answer->data, "token");
    const char *next = cc_snowflake_text(answer->data, "nextAction");
    if (!*token)
    {
        if (*next)
            (void)cc_error_set(error, CC_STAGE_LOGIN, NULL,
                               "the server asks for a further step (%s)", next);
        else
            (void)cc_snowflake_refused(answer, CC_STAGE_LOGIN, error);
        return cc_error_append(error, "%s",
                               advice(session->base.connector, answer->code));
    }
    const char *version = cc_snowflake_text(answer->data, "serverVersion");
    snprintf(session->base.server_version, sizeof session->base.server_version,
             "Snowflake%s%s", *version ? " " : "", version);
    return cc_snowflake_keep_tokens(
        session, token, cc_snowflake_text(answer->data, "masterToken"), error);
}

int cc_snowflake_login(struct cc_snowflake *session, struct cc_error *error)
{
    struct cc_strbuf path = CC_STRBUF_INIT;
    struct cc_snowflake_answer answer;
    char id[CC_UUID_TEXT_SIZE];
    struct json_object *body = login_body(session, error);
    if (!body)
        return -1;
    free(session->token);
    session->token = NULL;
    free(session->master_token);
    session->master_token = NULL;
    cc_snowflake_uuid(id);
    int status = make_path(session->base.connector, &path);
    if (status != 0)
        (void)cc_error_memory(error);
    const struct cc_snowflake_request request = {
        .path = cc_strbuf_text(&path),
        .request_id = id,
        .body = json_object_to_json_string_ext(body, JSON_C_TO_STRING_PLAIN)};
    if (status == 0)
        status = cc_snowflake_send(session, &request, &answer, error);
    if (status == 0)
    {
        status = take_login(session, &answer, error);
        cc_snowflake_answer_free(&answer);
    }
    json_object_put(body);
    cc_strbuf_free(&path);
    return status;
}
