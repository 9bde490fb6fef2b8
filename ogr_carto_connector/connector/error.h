/* SPDX-License-Identifier: MIT */
/*
 * Errors, and the redaction of secrets from everything that leaves the core.
 *
 * An error is a struct the caller owns and passes last. A function that can
 * fail returns 0 on success and -1 on failure, and on failure has set the
 * error; CC_TRY propagates. Redaction happens here, where text is set, so no
 * later consumer has to remember it.
 */
#ifndef CC_CONNECTOR_ERROR_H
#define CC_CONNECTOR_ERROR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C"
{
#endif

#if defined(__GNUC__)
#define CC_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define CC_CHECKED __attribute__((warn_unused_result))
#else
#define CC_PRINTF(fmt, args)
#define CC_CHECKED
#endif

/* The stage that failed; the first word of the message a user reads. */
enum cc_stage
{
    CC_STAGE_NONE = 0,
    CC_STAGE_PARAMETER,   /* the connector JSON or an open option */
    CC_STAGE_RESOLVE,     /* the host name */
    CC_STAGE_CONNECT,     /* the transport */
    CC_STAGE_TLS,         /* TLS negotiation or certificate verification */
    CC_STAGE_LOGIN,       /* authentication, or the database does not exist */
    CC_STAGE_QUERY,       /* the server refused the statement */
    CC_STAGE_FETCH,       /* the result ended early or cannot be decoded */
    CC_STAGE_TIMEOUT,     /* connect_timeout or query_timeout expired */
    CC_STAGE_CANCELLED,   /* cancelled by this side */
    CC_STAGE_LIMIT,       /* a documented limit (256 columns) */
    CC_STAGE_UNSUPPORTED, /* known, but not available in this build */
    CC_STAGE_INTERNAL     /* out of memory, a broken invariant */
};

#define CC_ERROR_CODE_SIZE 16
#define CC_ERROR_MESSAGE_SIZE 4096

struct cc_secrets;

/*
 * Initialise with cc_error_init (or CC_ERROR_INIT when no secrets are known
 * yet). `secrets` is borrowed and must outlive the error. `code` is the
 * SQLSTATE or the server's native code, "" when there is none.
 */
struct cc_error
{
    enum cc_stage stage;
    char code[CC_ERROR_CODE_SIZE];
    char message[CC_ERROR_MESSAGE_SIZE];
    const struct cc_secrets *secrets;
};

#define CC_ERROR_INIT                                                          \
    {                                                                          \
        CC_STAGE_NONE, "", "", NULL                                            \
    }

void cc_error_init(struct cc_error *error, const struct cc_secrets *secrets);

/*
 * Sets the error and returns -1. The formatted text is cut at a UTF-8 boundary
 * and every secret in it is replaced by "***". `code` may be NULL. A NULL
 * `error` is allowed. Trailing newlines of servers' messages are removed.
 */
int cc_error_set(struct cc_error *error, enum cc_stage stage, const char *code,
                 const char *format, ...) CC_PRINTF(4, 5);
int cc_error_vset(struct cc_error *error, enum cc_stage stage, const char *code,
                  const char *format, va_list args) CC_PRINTF(4, 0);

/* Appends text (redacted) to a message that is set: hints. Returns -1. */
int cc_error_append(struct cc_error *error, const char *format, ...)
    CC_PRINTF(2, 3);

/* Sets "out of memory" (CC_STAGE_INTERNAL) and returns -1. */
int cc_error_memory(struct cc_error *error);

/* "connect", "TLS", ...: never NULL. */
const char *cc_stage_name(enum cc_stage stage);

#define CC_TRY(expression)                                                     \
    do                                                                         \
    {                                                                          \
        if ((expression) != 0)                                                 \
            return -1;                                                         \
    } while (0)

/*
 * The secrets of one connector: the values of every parameter that the
 * parameter table marks secret, and what is derived from them (session
 * tokens). Matching covers the value as it is and in the spellings a server or
 * library may echo it in: percent-encoded, JSON- or backslash-escaped,
 * quote-doubled, with XML entities, hexadecimal, base64 (also inside a longer
 * base64 text, as in HTTP's Basic authentication). A value under 4 bytes is
 * matched only where no letter or digit touches it, so that a one-letter
 * password does not blank every message.
 *
 * The set only grows. Adding and redacting may happen in any threads at once;
 * freeing may not.
 */
struct cc_secrets *cc_secrets_new(void);
void cc_secrets_free(struct cc_secrets *secrets);

/* Copies the value; the copy is wiped when freed. An empty or NULL value is
 * ignored. Returns 0, or -1 when out of memory. */
int cc_secrets_add(struct cc_secrets *secrets, const char *value);

/* A copy of `text` with every secret replaced by "***"; the caller frees it.
 * NULL only when out of memory. `secrets` may be NULL. */
char *cc_redact(const struct cc_secrets *secrets, const char *text);

/* Overwrites memory that held a secret, whatever the optimiser thinks. */
void cc_wipe(void *memory, size_t size);

#ifdef __cplusplus
}
#endif

#endif
