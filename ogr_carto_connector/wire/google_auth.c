/* SPDX-License-Identifier: MIT */
#include "google_auth_internal.h"

#include "deadline.h"
#include "http.h"
#include "jwt.h"

#include <json.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SCOPE "https://www.googleapis.com/auth/bigquery"
#define GRANT_JWT "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define METADATA_PATH                                                          \
    "/computeMetadata/v1/instance/service-accounts/default/token"
#define TOKEN_SECONDS 3600
/* A token is renewed this long before it ends. */
#define MARGIN_US (INT64_C(300) * 1000000)
#define TIMEOUT_MS 30000
#define METADATA_TIMEOUT_MS 3000
#define MAX_ANSWER ((size_t)1 << 20)

struct cc_google_auth
{
    const struct cc_connector *connector;
    struct cc_google_credentials credentials;
    bool insecure;
    pthread_mutex_t mutex; /* of what follows */
    struct cc_http *http;
    char *token;      /* the last one */
    unsigned number;  /* of it: how many there were */
    int64_t renew_us; /* when to renew it, by the monotonic clock */
};

/* ---- life ---- */

int cc_google_auth_new(const struct cc_connector *connector,
                       const struct cc_host *host, bool only_given,
                       struct cc_google_auth **auth, struct cc_error *error)
{
    struct cc_google_auth *own = calloc(1, sizeof *own);
    if (!own)
        return cc_error_memory(error);
    if (pthread_mutex_init(&own->mutex, NULL) != 0)
    {
        free(own);
        return cc_error_memory(error);
    }
    own->connector = connector;
    own->insecure = cc_connector_boolean(connector, CC_P_INSECURE);
    int status =
        cc_google_find(connector, host, only_given, &own->credentials, error);
    if (status == 0)
        status = cc_http_new(connector, host, &own->http, error);
    if (status == 0)
        *auth = own;
    else
        cc_google_auth_free(own);
    return status;
}

static void forget_token(struct cc_google_auth *auth)
{
    if (auth->token)
        cc_wipe(auth->token, strlen(auth->token));
    free(auth->token);
    auth->token = NULL;
}

void cc_google_auth_free(struct cc_google_auth *auth)
{
    if (!auth)
        return;
    forget_token(auth);
    cc_google_credentials_free(&auth->credentials);
    cc_http_free(auth->http);
    pthread_mutex_destroy(&auth->mutex);
    free(auth);
}

bool cc_google_auth_renews(const struct cc_google_auth *auth)
{
    return auth->credentials.kind > CC_GOOGLE_TOKEN;
}

const char *cc_google_auth_quota_project(const struct cc_google_auth *auth)
{
    return auth->credentials.quota_project;
}

bool cc_google_auth_is_safe(const char *url)
{
    static const char *const loopback[] = {"localhost", "127.0.0.1", "[::1]"};
    if (strncmp(url, "https://", 8) == 0)
        return true;
    if (strncmp(url, "http://", 7) != 0)
        return false;
    const char *host = url + 7;
    for (size_t i = 0; i < sizeof loopback / sizeof *loopback; i++)
    {
        size_t length = strlen(loopback[i]);
        if (strncmp(host, loopback[i], length) == 0 &&
            strchr(":/", host[length])) /* the end of text is one as well */
            return true;
    }
    return false;
}

/* ---- requests ---- */

/* application/x-www-form-urlencoded */
static void append_pair(struct cc_strbuf *out, const char *name,
                        const char *value)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz0123456789-._~";
    (void)cc_strbuf_printf(out, "%s%s=", out->length > 0 ? "&" : "", name);
    for (; *value; value++)
    {
        if (strchr(plain, *value))
            (void)cc_strbuf_append_char(out, *value);
        else
            (void)cc_strbuf_printf(out, "%%%02X", (unsigned char)*value);
    }
}

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    (void)json_object_object_get_ex(object, key, &value);
    return value ? json_object_get_string(value) : NULL;
}

static int refused(const struct cc_google_auth *auth,
                   struct json_object *answer, const char *url,
                   struct cc_error *error)
{
    const char *what = text_of(answer, "error");
    const char *words = text_of(answer, "error_description");
    (void)cc_error_set(error, CC_STAGE_LOGIN, NULL,
                       "%s gives no access token (HTTP %ld): %s%s%s", url,
                       cc_http_status(auth->http), what ? what : "no reason",
                       words ? ": " : "", words ? words : "");
    if (!what || strcmp(what, "invalid_grant") != 0)
        return -1;
    return auth->credentials.kind == CC_GOOGLE_USER
               ? cc_error_append(error, "\nThe refresh token has ended or was "
                                        "revoked: log in again (gcloud auth "
                                        "application-default login).")
               : cc_error_append(error, "\nCheck that the key of the service "
                                        "account still exists, and this "
                                        "machine's clock.");
}

static int take_token(struct cc_google_auth *auth, struct json_object *answer,
                      const char *url, struct cc_error *error)
{
    const char *token = text_of(answer, "access_token");
    struct json_object *seconds = NULL;
    if (cc_http_status(auth->http) != 200 || !token || !*token)
        return refused(auth, answer, url, error);
    (void)json_object_object_get_ex(answer, "expires_in", &seconds);
    int64_t lifetime = seconds ? json_object_get_int64(seconds) : 0;
    if (lifetime <= 0 || lifetime > 86400)
        lifetime = TOKEN_SECONDS;
    forget_token(auth);
    auth->token = strdup(token);
    if (!auth->token || cc_secrets_add(auth->connector->secrets, token) != 0)
        return cc_error_memory(error);
    auth->number++;
    auth->renew_us = cc_deadline_now_us() + lifetime * 1000000 - MARGIN_US;
    return 0;
}

static int ask(struct cc_google_auth *auth, const char *url,
               const struct cc_strbuf *form, const atomic_bool *cancelled,
               struct cc_error *error)
{
    static const char *const form_headers[] = {
        "content-type: application/x-www-form-urlencoded", NULL};
    static const char *const metadata_headers[] = {"metadata-flavor: Google",
                                                   NULL};
    const struct cc_http_request request = {
        .url = url,
        .headers = form ? form_headers : metadata_headers,
        .body = form ? form->data : NULL,
        .body_size = form ? form->length : 0,
        .connect_timeout_ms = form ? 0 : METADATA_TIMEOUT_MS,
        .timeout_ms = TIMEOUT_MS,
        .max_size = MAX_ANSWER,
        .cancelled = cancelled,
    };
    struct cc_buffer body = CC_BUFFER_INIT;
    CC_TRY(cc_http_send(auth->http, &request, &body, error));
    int status = cc_buffer_append(&body, "", 1);
    struct json_object *answer =
        status == 0 ? json_tokener_parse((const char *)body.data) : NULL;
    status = status == 0 ? take_token(auth, answer, url, error)
                         : cc_error_memory(error);
    json_object_put(answer);
    if (body.data)
        cc_wipe(body.data, body.size);
    cc_buffer_free(&body);
    return status;
}

static int ask_with_form(struct cc_google_auth *auth, struct cc_strbuf *form,
                         const atomic_bool *cancelled, struct cc_error *error)
{
    const char *url = auth->credentials.token_uri;
    int status;
    if (cc_strbuf_failed(form))
        status = cc_error_memory(error);
    else if (!auth->insecure && !cc_google_auth_is_safe(url))
        status = cc_error_set(error, CC_STAGE_LOGIN, NULL,
                              "the \"token_uri\" of the credentials, %s, is "
                              "not https",
                              url);
    else
        status = ask(auth, url, form, cancelled, error);
    if (form->data)
        cc_wipe(form->data, form->length);
    cc_strbuf_free(form);
    return status;
}

/* ---- the kinds ---- */

static int ask_as_user(struct cc_google_auth *auth,
                       const atomic_bool *cancelled, struct cc_error *error)
{
    const struct cc_google_credentials *c = &auth->credentials;
    struct cc_strbuf form = CC_STRBUF_INIT;
    append_pair(&form, "grant_type", "refresh_token");
    append_pair(&form, "client_id", c->client_id);
    append_pair(&form, "client_secret", c->client_secret);
    append_pair(&form, "refresh_token", c->refresh_token);
    return ask_with_form(auth, &form, cancelled, error);
}

/* RFC 7523 section 3, and RFC 7519 section 4.1 */
static struct json_object *claims_of(const struct cc_google_credentials *c)
{
    struct json_object *claims = json_object_new_object();
    int64_t now = (int64_t)time(NULL);
    (void)json_object_object_add(claims, "iss",
                                 json_object_new_string(c->client_email));
    (void)json_object_object_add(claims, "scope",
                                 json_object_new_string(SCOPE));
    (void)json_object_object_add(claims, "aud",
                                 json_object_new_string(c->token_uri));
    (void)json_object_object_add(claims, "iat", json_object_new_int64(now));
    (void)json_object_object_add(claims, "exp",
                                 json_object_new_int64(now + TOKEN_SECONDS));
    return claims;
}

static struct json_object *header_of(const struct cc_google_credentials *c)
{
    struct json_object *header = json_object_new_object();
    (void)json_object_object_add(header, "alg",
                                 json_object_new_string("RS256"));
    (void)json_object_object_add(header, "typ", json_object_new_string("JWT"));
    if (c->private_key_id)
        (void)json_object_object_add(header, "kid",
                                     json_object_new_string(c->private_key_id));
    return header;
}

static int sign(const struct cc_google_credentials *c, struct cc_strbuf *jwt,
                struct cc_error *error)
{
    struct cc_jwt_key *key = NULL;
    CC_TRY(cc_jwt_key_read(c->private_key, NULL, &key, error));
    struct json_object *header = header_of(c);
    struct json_object *claims = claims_of(c);
    int status =
        header && claims
            ? cc_jwt_sign(key, json_object_to_json_string(header),
                          json_object_to_json_string(claims), jwt, error)
            : cc_error_memory(error);
    json_object_put(header);
    json_object_put(claims);
    cc_jwt_key_free(key);
    return status;
}

static int ask_as_service(struct cc_google_auth *auth,
                          const atomic_bool *cancelled, struct cc_error *error)
{
    struct cc_strbuf jwt = CC_STRBUF_INIT;
    struct cc_strbuf form = CC_STRBUF_INIT;
    int status = sign(&auth->credentials, &jwt, error);
    if (status == 0)
    {
        append_pair(&form, "grant_type", GRANT_JWT);
        append_pair(&form, "assertion", cc_strbuf_text(&jwt));
        status = ask_with_form(auth, &form, cancelled, error);
    }
    if (jwt.data)
        cc_wipe(jwt.data, jwt.length);
    cc_strbuf_free(&jwt);
    return status;
}

/* What the metadata server, which is asked last, says or fails of is a detail:
 * its first line. */
static int no_credentials(struct cc_error *error)
{
    char words[256];
    snprintf(words, sizeof words, "%.*s", (int)strcspn(error->message, "\n"),
             error->message);
    return cc_error_set(
        error, CC_STAGE_LOGIN, NULL,
        "there are no Google credentials: give \"service_account\" or "
        "\"access_token\", set GOOGLE_APPLICATION_CREDENTIALS, or run gcloud "
        "auth application-default login (nor is there a metadata server: %s)",
        words);
}

static int ask_metadata(struct cc_google_auth *auth,
                        const atomic_bool *cancelled, struct cc_error *error)
{
    const char *host = getenv("GCE_METADATA_HOST");
    struct cc_strbuf url = CC_STRBUF_INIT;
    if (cc_strbuf_printf(&url, "http://%s" METADATA_PATH,
                         host && *host ? host : "metadata.google.internal") !=
        0)
        return cc_error_memory(error);
    int status = ask(auth, cc_strbuf_text(&url), NULL, cancelled, error);
    cc_strbuf_free(&url);
    if (status == 0 || !error || error->stage == CC_STAGE_CANCELLED)
        return status;
    return no_credentials(error);
}

static int renew(struct cc_google_auth *auth, const atomic_bool *cancelled,
                 struct cc_error *error)
{
    switch (auth->credentials.kind)
    {
        case CC_GOOGLE_SERVICE_ACCOUNT:
            return ask_as_service(auth, cancelled, error);
        case CC_GOOGLE_USER:
            return ask_as_user(auth, cancelled, error);
        case CC_GOOGLE_METADATA:
            return ask_metadata(auth, cancelled, error);
        default:
            return 0;
    }
}

/* The mutex is held. */
static int give_token(struct cc_google_auth *auth, unsigned refused,
                      const atomic_bool *cancelled, struct cc_strbuf *token,
                      struct cc_error *error)
{
    bool renews = cc_google_auth_renews(auth);
    if (renews && (!auth->token || refused == auth->number ||
                   cc_deadline_now_us() >= auth->renew_us))
        CC_TRY(renew(auth, cancelled, error));
    const char *text = renews ? auth->token : auth->credentials.token;
    return text && cc_strbuf_append(token, text) != 0 ? cc_error_memory(error)
                                                      : 0;
}

int cc_google_auth_token(struct cc_google_auth *auth, unsigned refused,
                         const atomic_bool *cancelled, struct cc_strbuf *token,
                         unsigned *number, struct cc_error *error)
{
    pthread_mutex_lock(&auth->mutex);
    int status = give_token(auth, refused, cancelled, token, error);
    *number = auth->number;
    pthread_mutex_unlock(&auth->mutex);
    return status;
}
