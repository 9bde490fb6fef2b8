/* SPDX-License-Identifier: MIT */
/* Between the files of google_auth. */
#ifndef CC_WIRE_GOOGLE_AUTH_INTERNAL_H
#define CC_WIRE_GOOGLE_AUTH_INTERNAL_H

#include "google_auth.h"

enum cc_google_kind
{
    CC_GOOGLE_NONE = 0,
    CC_GOOGLE_TOKEN,
    CC_GOOGLE_SERVICE_ACCOUNT,
    CC_GOOGLE_USER,
    CC_GOOGLE_METADATA
};

/* Strings are owned; NULL where the kind has none. */
struct cc_google_credentials
{
    enum cc_google_kind kind;
    char *token_uri;
    char *client_email; /* service account */
    char *private_key;
    char *private_key_id;
    char *client_id; /* user */
    char *client_secret;
    char *refresh_token;
    char *token; /* given as it is */
    char *quota_project;
};

/* See cc_google_auth_new. *credentials is zero; to be freed, also on
 * failure. */
int cc_google_find(const struct cc_connector *connector,
                   const struct cc_host *host, bool only_given,
                   struct cc_google_credentials *credentials,
                   struct cc_error *error) CC_CHECKED;
void cc_google_credentials_free(struct cc_google_credentials *credentials);

/* Credentials of a file's text. `name` is for messages. */
int cc_google_parse(const char *text, const char *name,
                    const struct cc_connector *connector,
                    struct cc_google_credentials *credentials,
                    struct cc_error *error) CC_CHECKED;

#endif
