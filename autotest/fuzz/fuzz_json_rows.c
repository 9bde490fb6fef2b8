/* SPDX-License-Identifier: MIT */
/* Rows of JSON: the first byte says how many columns, and in which form. */
#include "wire/json_rows.h"

#include <stdlib.h>
#include <string.h>

/* Kept so that the reads are not optimised away. */
static volatile unsigned sink;

static void read_rows(char *data, size_t size, size_t count, bool enclosed)
{
    struct cc_json_rows rows = {
        .data = data, .size = size, .enclosed = enclosed};
    struct cc_json_cell cells[8];
    struct cc_error error;
    cc_error_init(&error, NULL);
    while (cc_json_next(&rows, cells, count, &error) == CC_JSON_ROW)
    {
        for (size_t i = 0; i < count; i++)
        {
            for (size_t c = 0; cells[i].text && c < cells[i].size; c++)
                sink = sink + (unsigned char)cells[i].text[c];
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cc_json_span span;
    if (size == 0)
        return 0;
    /* memory of just that size, for reads beyond it to be seen */
    char *copy = malloc(size);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    if (cc_json_find(copy, size, "data", "rowset", &span) && span.size > 0 &&
        (span.at >= size || span.size > size - span.at))
        abort();
    read_rows(copy + 1, size - 1, (size_t)(data[0] & 7) + 1,
              (data[0] & 8) != 0);
    free(copy);
    return 0;
}
