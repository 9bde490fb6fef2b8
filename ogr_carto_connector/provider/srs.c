/* SPDX-License-Identifier: MIT */
#include "srs.h"

#include "connector/strbuf.h"

#include <string.h>

static bool proj_knows(const char *authority)
{
    static const char *const known[] = {"EPSG", "ESRI", "OGC", "IGNF",
                                        "IAU_2015"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    {
        if (strcmp(authority, known[i]) == 0)
            return true;
    }
    return false;
}

int cc_srs_definition(const char *authority, const char *code, const char *wkt,
                      char **definition, struct cc_error *error)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    *definition = NULL;
    if (authority && code && proj_knows(authority))
        (void)cc_strbuf_printf(&text, "%s:%s", authority, code);
    else if (wkt && *wkt)
        (void)cc_strbuf_append(&text, wkt);
    else
        return 0;
    *definition = cc_strbuf_take(&text);
    return *definition ? 0 : cc_error_memory(error);
}
