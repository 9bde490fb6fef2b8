/* SPDX-License-Identifier: MIT */
/*
 * FreeTDS's configuration. db-lib has no call for a port, TLS, timeouts or the
 * read-only intent: they are keys of a configuration file, so every connection
 * has one of its own while it logs in.
 */
#include "sqlserver_internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TEXTSIZE 2147483647
/* The largest packet that TLS carries in one record. */
#define PACKET_SIZE 16383
/* FreeTDS reads lines of 255 characters. */
#define MAX_LINE 250

/* ---- the text ---- */

/* FreeTDS folds blanks and ends a value at '#' and ';'. */
static bool is_plain_value(const char *value)
{
    for (const char *c = value; *c; c++)
    {
        bool blank = isspace((unsigned char)*c) != 0;
        if (iscntrl((unsigned char)*c) || *c == '#' || *c == ';' ||
            (blank && (c == value || c[1] == '\0' || c[1] == ' ')))
            return false;
    }
    return *value != '\0' && strlen(value) <= MAX_LINE - 32;
}

static int add_value(struct cc_strbuf *out, const char *key, const char *value,
                     const char *parameter, struct cc_error *error)
{
    if (!is_plain_value(value))
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "%s: FreeTDS cannot be given \"%s\" (too long, or "
                            "with '#', ';', control characters or blanks in a "
                            "row)",
                            parameter, value);
    return cc_strbuf_printf(out, "\t%s = %s\n", key, value) == 0
               ? 0
               : cc_error_memory(error);
}

/* "host" or "host\instance"; a port that is given names the instance. */
static int add_server(const struct cc_connector *connector,
                      struct cc_strbuf *out, struct cc_error *error)
{
    const char *server = cc_connector_text(connector, CC_P_SERVER);
    const char *instance = strchr(server, '\\');
    const char *port = cc_connector_text(connector, CC_P_PORT);
    char *host = instance ? strndup(server, (size_t)(instance - server))
                          : strdup(server);
    if (!host)
        return cc_error_memory(error);
    int status = add_value(out, "host", host, "server", error);
    free(host);
    CC_TRY(status);
    if (instance && !connector->values[CC_P_PORT])
        return add_value(out, "instance", instance + 1, "server", error);
    return add_value(out, "port", port ? port : "1433", "port", error);
}

static bool verifies(const char *mode, const char *root)
{
    return strncmp(mode, "verify-", 7) == 0 ||
           (root && strcmp(mode, "require") == 0);
}

/* Without a CA file FreeTDS verifies nothing; as with libpq, one that is given
 * is used by "require" as well. */
static int add_tls(const struct cc_connector *connector, struct cc_strbuf *out,
                   struct cc_error *error)
{
    const char *mode = cc_connector_text(connector, CC_P_SSLMODE);
    const char *root = cc_connector_text(connector, CC_P_SSLROOTCERT);
    if (cc_connector_text(connector, CC_P_SSLCERT) ||
        cc_connector_text(connector, CC_P_SSLKEY))
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "sslcert, sslkey: SQL Server takes no client "
                            "certificates");
    const char *encryption = strcmp(mode, "disable") == 0  ? "off"
                             : strcmp(mode, "prefer") == 0 ? "request"
                                                           : "require";
    CC_TRY(add_value(out, "encryption", encryption, "sslmode", error));
    if (!verifies(mode, root))
        return 0;
    CC_TRY(add_value(out, "ca file", root ? root : "system", "sslrootcert",
                     error));
    return add_value(out, "check certificate hostname",
                     strcmp(mode, "verify-full") == 0 ? "yes" : "no", "sslmode",
                     error);
}

int cc_tds_configuration(const struct cc_connector *connector,
                         const char *section, struct cc_strbuf *out,
                         struct cc_error *error)
{
    (void)cc_strbuf_printf(
        out,
        "[%s]\n"
        "\ttds version = 7.4\n"
        "\tclient charset = UTF-8\n"
        "\tread-only intent = yes\n"
        "\ttext size = %d\n"
        "\tinitial block size = %d\n"
        "\tconnect timeout = %lld\n",
        section, TEXTSIZE, PACKET_SIZE,
        (long long)cc_connector_integer(connector, CC_P_CONNECT_TIMEOUT));
    CC_TRY(add_server(connector, out, error));
    CC_TRY(add_tls(connector, out, error));
    return cc_strbuf_failed(out) ? cc_error_memory(error) : 0;
}

/* ---- the file ---- */

static bool write_all(int file, const char *text, size_t size)
{
    while (size > 0)
    {
        ssize_t written = write(file, text, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        text += written;
        size -= (size_t)written;
    }
    return true;
}

int cc_tds_write_configuration(const struct cc_strbuf *text, char **name,
                               struct cc_error *error)
{
    const char *folder = getenv("TMPDIR");
    struct cc_strbuf path = CC_STRBUF_INIT;
    (void)cc_strbuf_printf(&path, "%s/cartoconn-XXXXXX",
                           folder && *folder ? folder : "/tmp");
    *name = cc_strbuf_take(&path);
    if (!*name)
        return cc_error_memory(error);
    int file = mkstemp(*name);
    bool written = file >= 0 && write_all(file, text->data, text->length);
    int reason = errno;
    if (file >= 0)
        (void)close(file);
    if (written)
        return 0;
    (void)cc_error_set(error, CC_STAGE_CONNECT, NULL,
                       "FreeTDS's configuration cannot be written to %s: %s",
                       *name, strerror(reason));
    if (file >= 0)
        (void)unlink(*name);
    free(*name);
    return -1;
}
