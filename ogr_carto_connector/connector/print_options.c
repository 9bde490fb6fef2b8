/* SPDX-License-Identifier: MIT */
/*
 * cartoconn_options [--markdown | --xml | --json-schema]: prints what is
 * generated from the parameter table: the README's tables, the driver's
 * option list, data/connector.schema.json.
 */
#include "parameter.h"

#include <stdio.h>
#include <string.h>

static int generate(const char *what, struct cc_strbuf *out)
{
    if (strcmp(what, "--markdown") == 0)
        return cc_parameters_markdown(out);
    if (strcmp(what, "--xml") == 0)
        return cc_parameters_xml(out);
    if (strcmp(what, "--json-schema") == 0)
        return cc_parameters_json_schema(out);
    return -1;
}

int main(int argc, char **argv)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    if (argc > 2 || generate(argc == 2 ? argv[1] : "--markdown", &out) != 0)
    {
        fprintf(stderr, "usage: %s [--markdown | --xml | --json-schema]\n",
                argv[0]);
        cc_strbuf_free(&out);
        return 2;
    }
    size_t length = strlen(cc_strbuf_text(&out));
    bool newline = length > 0 && cc_strbuf_text(&out)[length - 1] == '\n';
    printf("%s%s", cc_strbuf_text(&out), newline ? "" : "\n");
    cc_strbuf_free(&out);
    return 0;
}
