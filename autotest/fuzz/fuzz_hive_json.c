/* SPDX-License-Identifier: MIT */
/* Texts of arrays, maps and structs: the first byte says whose they are. What
 * is made of them is JSON. */
#include "wire/hive_json.h"

#include "column/text.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

static void check(const char *text, size_t size)
{
    struct json_tokener *tokener = json_tokener_new_ex(100);
    if (!tokener)
        abort();
    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
    struct json_object *parsed =
        json_tokener_parse_ex(tokener, text, (int)size);
    if (json_tokener_get_error(tokener) != json_tokener_success ||
        json_tokener_get_parse_end(tokener) != size)
        abort();
    json_object_put(parsed);
    json_tokener_free(tokener);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    if (size == 0)
        return 0;
    /* memory of just that size, for reads beyond it to be seen */
    char *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    int status = cc_hive_json(&out, copy + 1, size - 1, (data[0] & 1) != 0);
    if (status < 0 || (status > 0) != (out.size == 0))
        abort();
    if (status == 0 &&
        cc_utf8_valid_prefix((const char *)out.data, out.size) == out.size)
        check((const char *)out.data, out.size);
    cc_buffer_free(&out);
    free(copy);
    return 0;
}
