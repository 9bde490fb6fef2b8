/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <stdio.h>

/* What is kept leaves room for the first and the last line of the message. */
#define ROOM (CC_ERROR_MESSAGE_SIZE - 200)

void cc_mistake(struct cc_mistakes *mistakes, const char *format, ...)
{
    size_t before = mistakes->text.length;
    va_list args;
    va_start(args, format);
    (void)cc_strbuf_append(&mistakes->text, before ? "\n" : "");
    (void)cc_strbuf_vprintf(&mistakes->text, format, args);
    va_end(args);

    mistakes->count++;
    if (mistakes->text.length > ROOM)
    {
        mistakes->text.length = before;
        mistakes->text.data[before] = '\0';
        mistakes->omitted++;
    }
}

int cc_mistakes_report(const struct cc_mistakes *mistakes,
                       struct cc_error *error)
{
    if (cc_strbuf_failed(&mistakes->text))
        return cc_error_memory(error);
    if (mistakes->count == 0)
        return 0;
    const char *text = cc_strbuf_text(&mistakes->text);
    if (mistakes->count == 1)
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL, "%s", text);

    (void)cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                       "%zu mistakes in the connector:\n%s", mistakes->count,
                       text);
    if (mistakes->omitted)
        return cc_error_append(error, "\nand %zu more", mistakes->omitted);
    return -1;
}

void cc_label(const struct cc_parameter *row, const struct cc_given *given,
              char out[CC_LABEL_SIZE])
{
    if (given->origin == CC_FROM_OPTION)
        snprintf(out, CC_LABEL_SIZE, "open option %s", row->option);
    else if (given->origin == CC_FROM_CONFIG)
        snprintf(out, CC_LABEL_SIZE, "configuration option CARTOCONN_%s",
                 row->option);
    else if (given->place == CC_PLACE_CONNECTION)
        snprintf(out, CC_LABEL_SIZE, "\"%s\" in \"connection\"", row->key);
    else
        snprintf(out, CC_LABEL_SIZE, "\"%s\"", row->key);
}

void cc_missing_label(const struct cc_build *build,
                      const struct cc_parameter *row, char out[CC_LABEL_SIZE])
{
    struct cc_given given = {CC_FROM_OPTION, CC_PLACE_TOP, NULL, NULL};
    if (build->top)
        given.origin = CC_FROM_JSON;
    if (row->places == CC_PLACE_CONNECTION)
        given.place = CC_PLACE_CONNECTION;
    cc_label(row, &given, out);
}
