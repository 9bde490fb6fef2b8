/* SPDX-License-Identifier: MIT */
#include "error.h"
#include "strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cc_error_init(struct cc_error *error, const struct cc_secrets *secrets)
{
    *error = (struct cc_error)CC_ERROR_INIT;
    error->secrets = secrets;
}

static void set_code(struct cc_error *error, const char *code)
{
    snprintf(error->code, sizeof error->code, "%s", code ? code : "");
}

/* The bytes of the character at `c`, 0 where there is none (RFC 3629). */
static size_t character_length(const unsigned char *c)
{
    if (*c < 0x80)
        return 1;
    if (*c < 0xC2 || *c > 0xF4 || (*c == 0xE0 && c[1] < 0xA0) ||
        (*c == 0xED && c[1] > 0x9F) || (*c == 0xF0 && c[1] < 0x90) ||
        (*c == 0xF4 && c[1] > 0x8F))
        return 0;
    size_t length = *c < 0xE0 ? 2 : *c < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < length; i++)
    {
        if ((c[i] & 0xC0U) != 0x80U)
            return 0;
    }
    return length;
}

/* Servers speak before they know the client's encoding, and readers of
 * messages rely on UTF-8: what is none becomes question marks. */
static void make_utf8(char *text)
{
    while (*text)
    {
        size_t length = character_length((const unsigned char *)text);
        if (length == 0)
            *text = '?';
        text += length ? length : 1;
    }
}

/* Redacts `text` and stores what fits of it, without trailing newlines. */
static int store(struct cc_error *error, const struct cc_strbuf *text)
{
    char *clean = cc_strbuf_failed(text)
                      ? NULL
                      : cc_redact(error->secrets, cc_strbuf_text(text));
    if (!clean)
        return cc_error_memory(error);

    make_utf8(clean);
    size_t length = strlen(clean);
    while (length > 0 && strchr("\r\n", clean[length - 1]))
        length--;
    length = cc_utf8_cut(clean, length, sizeof error->message - 1);
    memcpy(error->message, clean, length);
    error->message[length] = '\0';
    free(clean);
    return -1;
}

int cc_error_set(struct cc_error *error, enum cc_stage stage, const char *code,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int result = cc_error_vset(error, stage, code, format, args);
    va_end(args);
    return result;
}

int cc_error_vset(struct cc_error *error, enum cc_stage stage, const char *code,
                  const char *format, va_list args)
{
    if (!error)
        return -1;
    error->stage = stage;
    set_code(error, code);

    struct cc_strbuf text = CC_STRBUF_INIT;
    (void)cc_strbuf_vprintf(&text, format, args);
    (void)store(error, &text);
    cc_strbuf_free(&text);
    return -1;
}

int cc_error_append(struct cc_error *error, const char *format, ...)
{
    if (!error)
        return -1;

    struct cc_strbuf text = CC_STRBUF_INIT;
    va_list args;
    va_start(args, format);
    (void)cc_strbuf_append(&text, error->message);
    (void)cc_strbuf_vprintf(&text, format, args);
    va_end(args);
    (void)store(error, &text);
    cc_strbuf_free(&text);
    return -1;
}

int cc_error_memory(struct cc_error *error)
{
    if (!error)
        return -1;
    error->stage = CC_STAGE_INTERNAL;
    set_code(error, NULL);
    snprintf(error->message, sizeof error->message, "out of memory");
    return -1;
}

const char *cc_stage_name(enum cc_stage stage)
{
    switch (stage)
    {
        case CC_STAGE_NONE:
            return "none";
        case CC_STAGE_PARAMETER:
            return "parameter";
        case CC_STAGE_RESOLVE:
            return "resolve";
        case CC_STAGE_CONNECT:
            return "connect";
        case CC_STAGE_TLS:
            return "TLS";
        case CC_STAGE_LOGIN:
            return "login";
        case CC_STAGE_QUERY:
            return "query";
        case CC_STAGE_FETCH:
            return "fetch";
        case CC_STAGE_TIMEOUT:
            return "timeout";
        case CC_STAGE_CANCELLED:
            return "cancelled";
        case CC_STAGE_LIMIT:
            return "limit";
        case CC_STAGE_UNSUPPORTED:
            return "unsupported";
        case CC_STAGE_INTERNAL:
            return "internal";
    }
    return "unknown";
}
