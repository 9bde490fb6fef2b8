/* SPDX-License-Identifier: MIT */
#include "google_auth_internal.h"

#include <errno.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN_URI "https://oauth2.googleapis.com/token"
#define MAX_FILE_SIZE ((size_t)1 << 20)

static void free_secret(char *text)
{
    if (text)
        cc_wipe(text, strlen(text));
    free(text);
}

void cc_google_credentials_free(struct cc_google_credentials *credentials)
{
    free(credentials->token_uri);
    free(credentials->client_email);
    free_secret(credentials->private_key);
    free(credentials->private_key_id);
    free(credentials->client_id);
    free_secret(credentials->client_secret);
    free_secret(credentials->refresh_token);
    free_secret(credentials->token);
    free(credentials->quota_project);
    *credentials = (struct cc_google_credentials){.kind = CC_GOOGLE_NONE};
}

/* ---- the text of a file ---- */

struct member
{
    const char *key;
    char **value;
    bool required;
    bool secret;
};

static int take_member(struct json_object *object, const char *name,
                       const struct cc_connector *connector,
                       const struct member *member, struct cc_error *error)
{
    struct json_object *value = NULL;
    (void)json_object_object_get_ex(object, member->key, &value);
    const char *text = json_object_is_type(value, json_type_string)
                           ? json_object_get_string(value)
                           : NULL;
    if ((!text || !*text) && !member->required)
        return 0;
    if (!text || !*text)
        return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                            "%s has no \"%s\": download the key again", name,
                            member->key);
    *member->value = strdup(text);
    if (!*member->value ||
        (member->secret && cc_secrets_add(connector->secrets, text) != 0))
        return cc_error_memory(error);
    return 0;
}

static int take_members(struct json_object *object, const char *name,
                        const struct cc_connector *connector,
                        struct cc_google_credentials *c, struct cc_error *error)
{
    const bool key = c->kind == CC_GOOGLE_SERVICE_ACCOUNT;
    const struct member members[] = {
        {"client_email", &c->client_email, key, false},
        {"private_key", &c->private_key, key, true},
        {"private_key_id", &c->private_key_id, false, false},
        {"client_id", &c->client_id, !key, false},
        {"client_secret", &c->client_secret, !key, true},
        {"refresh_token", &c->refresh_token, !key, true},
        {"token_uri", &c->token_uri, false, false},
        {"quota_project_id", &c->quota_project, false, false},
    };
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        CC_TRY(take_member(object, name, connector, &members[i], error));
    if (!c->token_uri)
        c->token_uri = strdup(TOKEN_URI);
    return c->token_uri ? 0 : cc_error_memory(error);
}

static int take_object(struct json_object *object, const char *name,
                       const struct cc_connector *connector,
                       struct cc_google_credentials *credentials,
                       struct cc_error *error)
{
    struct json_object *type = NULL;
    (void)json_object_object_get_ex(object, "type", &type);
    const char *kind = type ? json_object_get_string(type) : NULL;
    if (kind && strcmp(kind, "service_account") == 0)
        credentials->kind = CC_GOOGLE_SERVICE_ACCOUNT;
    else if (kind && strcmp(kind, "authorized_user") == 0)
        credentials->kind = CC_GOOGLE_USER;
    else
        return cc_error_set(
            error, CC_STAGE_LOGIN, NULL,
            "%s holds credentials of the type \"%s\", which this driver does "
            "not read: it reads service_account and authorized_user. Pass a "
            "token of them as \"access_token\" (gcloud auth print-access-token)"
            ".",
            name, kind ? kind : "");
    return take_members(object, name, connector, credentials, error);
}

int cc_google_parse(const char *text, const char *name,
                    const struct cc_connector *connector,
                    struct cc_google_credentials *credentials,
                    struct cc_error *error)
{
    struct json_object *object = json_tokener_parse(text);
    int status;
    if (json_object_is_type(object, json_type_object))
        status = take_object(object, name, connector, credentials, error);
    else
        status =
            cc_error_set(error, CC_STAGE_LOGIN, NULL,
                         "%s is not the JSON of a Google credential", name);
    json_object_put(object);
    return status;
}

/* ---- files ---- */

/* 1 when there is no such file. */
static int read_whole(const char *path, struct cc_strbuf *text,
                      struct cc_error *error)
{
    char block[4096];
    size_t count;
    FILE *file = fopen(path, "rb");
    if (!file && errno == ENOENT)
        return 1;
    if (!file)
        return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                            "the credentials in %s cannot be read: %s", path,
                            strerror(errno));
    while ((count = fread(block, 1, sizeof block, file)) > 0 &&
           text->length < MAX_FILE_SIZE)
        (void)cc_strbuf_append_n(text, block, count);
    bool failed = ferror(file) != 0;
    (void)fclose(file);
    cc_wipe(block, sizeof block);
    if (failed)
        return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                            "the credentials in %s cannot be read", path);
    return cc_strbuf_failed(text) ? cc_error_memory(error) : 0;
}

static int parse_file(const char *path, const struct cc_connector *connector,
                      struct cc_google_credentials *credentials,
                      struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    int status = read_whole(path, &text, error);
    if (status == 0)
        status = cc_google_parse(cc_strbuf_text(&text), path, connector,
                                 credentials, error);
    if (text.data)
        cc_wipe(text.data, text.length);
    cc_strbuf_free(&text);
    return status;
}

/* ---- Application Default Credentials ---- */

static int gcloud_file(struct cc_strbuf *path)
{
    const char *folder = getenv("CLOUDSDK_CONFIG");
    const char *home = getenv("HOME");
    if (folder && *folder)
        return cc_strbuf_printf(path, "%s/application_default_credentials.json",
                                folder);
    return cc_strbuf_printf(
        path, "%s/.config/gcloud/application_default_credentials.json",
        home ? home : "");
}

static int find_default(const struct cc_connector *connector,
                        const struct cc_host *host,
                        struct cc_google_credentials *credentials,
                        struct cc_error *error)
{
    const char *named = getenv("GOOGLE_APPLICATION_CREDENTIALS");
    struct cc_strbuf path = CC_STRBUF_INIT;
    int status =
        named && *named ? cc_strbuf_append(&path, named) : gcloud_file(&path);
    if (status != 0)
        return cc_error_memory(error);
    status = parse_file(cc_strbuf_text(&path), connector, credentials, error);
    if (status == 1 && named && *named)
        status = cc_error_set(error, CC_STAGE_LOGIN, NULL,
                              "GOOGLE_APPLICATION_CREDENTIALS names %s, which "
                              "does not exist",
                              named);
    else if (status == 1)
    {
        cc_debug(host, "no %s: the metadata server is asked",
                 cc_strbuf_text(&path));
        credentials->kind = CC_GOOGLE_METADATA;
        status = 0;
    }
    cc_strbuf_free(&path);
    return status;
}

/* ---- what the connector has ---- */

static int copy(char **to, const char *from, struct cc_error *error)
{
    *to = from ? strdup(from) : NULL;
    return *to || !from ? 0 : cc_error_memory(error);
}

static int take_user(const struct cc_connector *connector,
                     struct cc_google_credentials *c, struct cc_error *error)
{
    const char *id = cc_connector_text(connector, CC_P_CLIENT_ID);
    const char *secret = cc_connector_text(connector, CC_P_CLIENT_SECRET);
    if (!id || !secret)
        return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                            "\"refresh_token\" needs \"client_id\" and "
                            "\"client_secret\" beside it");
    c->kind = CC_GOOGLE_USER;
    CC_TRY(copy(&c->client_id, id, error));
    CC_TRY(copy(&c->client_secret, secret, error));
    CC_TRY(copy(&c->refresh_token,
                cc_connector_text(connector, CC_P_REFRESH_TOKEN), error));
    return copy(&c->token_uri, TOKEN_URI, error);
}

int cc_google_find(const struct cc_connector *connector,
                   const struct cc_host *host, bool only_given,
                   struct cc_google_credentials *credentials,
                   struct cc_error *error)
{
    const char *key = cc_connector_text(connector, CC_P_SERVICE_ACCOUNT);
    const char *token = cc_connector_text(connector, CC_P_ACCESS_TOKEN);
    if (key)
        return cc_google_parse(key, "\"service_account\"", connector,
                               credentials, error);
    if (cc_connector_text(connector, CC_P_REFRESH_TOKEN))
        return take_user(connector, credentials, error);
    if (token)
    {
        credentials->kind = CC_GOOGLE_TOKEN;
        return copy(&credentials->token, token, error);
    }
    return only_given ? 0 : find_default(connector, host, credentials, error);
}
