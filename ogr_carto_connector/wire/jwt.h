/* SPDX-License-Identifier: MIT */
/*
 * JSON Web Tokens signed by RS256 (RFC 7515, RFC 7518 section 3.3) with
 * OpenSSL. Thread-safe but for the key, which one thread uses at a time.
 *
 * Errors: CC_STAGE_LOGIN for a key that cannot be used, CC_STAGE_INTERNAL.
 */
#ifndef CC_WIRE_JWT_H
#define CC_WIRE_JWT_H

#include "connector/strbuf.h"

#include <stdint.h>

struct cc_jwt_key;

/* An RSA private key in PEM (PKCS#8, encrypted or not, or PKCS#1).
 * `passphrase` may be NULL. */
int cc_jwt_key_read(const char *pem, const char *passphrase,
                    struct cc_jwt_key **key, struct cc_error *error) CC_CHECKED;
void cc_jwt_key_free(struct cc_jwt_key *key);

/* Appends the Base64 text of the SHA-256 of the public key in DER
 * (SubjectPublicKeyInfo, RFC 5280 section 4.1). */
int cc_jwt_fingerprint(const struct cc_jwt_key *key, struct cc_strbuf *out,
                       struct cc_error *error) CC_CHECKED;

/* Appends the token of a header and claims, both JSON. */
int cc_jwt_sign(const struct cc_jwt_key *key, const char *header,
                const char *claims, struct cc_strbuf *out,
                struct cc_error *error) CC_CHECKED;

#endif
