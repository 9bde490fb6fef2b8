/* SPDX-License-Identifier: MIT */
#include "json_source.h"

#include <json.h>
#include <string.h>

static int parse_failed(struct json_tokener *tokener, const char *name,
                        struct cc_error *error)
{
    enum json_tokener_error reason = json_tokener_get_error(tokener);
    if (reason == json_tokener_error_parse_utf8_string)
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "%s is not valid JSON: byte %zu is not UTF-8", name,
                            json_tokener_get_parse_end(tokener) + 1);
    return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                        "%s is not valid JSON: %s at byte %zu", name,
                        json_tokener_error_desc(reason),
                        json_tokener_get_parse_end(tokener) + 1);
}

int cc_json_parse(const char *text, const char *name, struct json_object **root,
                  struct cc_strbuf *hints, struct cc_error *error)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    *root = NULL;
    if (strncmp(text, byte_order_mark, 3) == 0)
        text += 3;

    size_t size = strnlen(text, CC_JSON_MAX_SIZE + 1);
    if (size > CC_JSON_MAX_SIZE)
        return cc_error_set(error, CC_STAGE_PARAMETER, NULL,
                            "%s is longer than %zu bytes", name,
                            CC_JSON_MAX_SIZE);
    CC_TRY(cc_json_check(text, name, hints, error));

    struct json_tokener *tokener = json_tokener_new_ex(CC_JSON_MAX_DEPTH + 1);
    if (!tokener)
        return cc_error_memory(error);
    json_tokener_set_flags(tokener, JSON_TOKENER_VALIDATE_UTF8);
    *root = json_tokener_parse_ex(tokener, text, (int)size + 1);
    int result = 0;
    if (json_tokener_get_error(tokener) != json_tokener_success)
        result = parse_failed(tokener, name, error);
    json_tokener_free(tokener);
    return result;
}
