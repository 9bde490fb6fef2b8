/* SPDX-License-Identifier: MIT */
/*
 * Access tokens for Google's services. Where they come from, the first that
 * there is:
 *
 * - the connector: service_account, access_token, refresh_token (with client_id
 *   and client_secret);
 * - Application Default Credentials: the file that
 *   GOOGLE_APPLICATION_CREDENTIALS names, gcloud's
 *   application_default_credentials.json ($CLOUDSDK_CONFIG, ~/.config/gcloud),
 *   the metadata server of Google Cloud (GCE_METADATA_HOST).
 *
 * Files hold a service account's key (RFC 7523 grant) or an authorized user
 * (RFC 6749 section 6). Other kinds are refused by their name.
 *
 * Any thread; of several that want a token one asks for it and the others wait.
 * Tokens and keys become secrets of the connector.
 */
#ifndef CC_WIRE_GOOGLE_AUTH_H
#define CC_WIRE_GOOGLE_AUTH_H

#include "connector/connector.h"
#include "connector/host.h"
#include "connector/strbuf.h"

#include <stdatomic.h>

struct cc_google_auth;

/*
 * Finds the credentials; asks nobody but for the metadata server, when nothing
 * else is there. With `only_given`, those of the connector or none: for a
 * server that must not see one's own. The connector and host are borrowed and
 * outlive it. CC_STAGE_LOGIN when there are none, or they cannot be used.
 */
int cc_google_auth_new(const struct cc_connector *connector,
                       const struct cc_host *host, bool only_given,
                       struct cc_google_auth **auth,
                       struct cc_error *error) CC_CHECKED;
void cc_google_auth_free(struct cc_google_auth *auth);

/* Appends a token that is good for five minutes at least, if its service gives
 * such; nothing where there are no credentials. *number tells it from others:
 * one that was refused, given as `refused` (0: none was), is not given out
 * again if another can be had. */
int cc_google_auth_token(struct cc_google_auth *auth, unsigned refused,
                         const atomic_bool *cancelled, struct cc_strbuf *token,
                         unsigned *number, struct cc_error *error) CC_CHECKED;

/* Whether another token than the last can be had. */
bool cc_google_auth_renews(const struct cc_google_auth *auth);

/* The quota_project_id of a file, or NULL. */
const char *cc_google_auth_quota_project(const struct cc_google_auth *auth);

/* Whether a URL is https, or http to a loopback address: where a secret may be
 * sent to. */
bool cc_google_auth_is_safe(const char *url);

#endif
