/* SPDX-License-Identifier: MIT */
#include "host.h"
#include "strbuf.h"

#include <stdlib.h>

void cc_debug(const struct cc_host *host, const char *format, ...)
{
    if (!host || !host->debug)
        return;

    struct cc_strbuf text = CC_STRBUF_INIT;
    va_list args;
    va_start(args, format);
    (void)cc_strbuf_vprintf(&text, format, args);
    va_end(args);

    char *clean = cc_strbuf_failed(&text)
                      ? NULL
                      : cc_redact(host->secrets, cc_strbuf_text(&text));
    if (clean)
        host->debug(host->context, clean);
    free(clean);
    cc_strbuf_free(&text);
}
