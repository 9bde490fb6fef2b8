/* SPDX-License-Identifier: MIT */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

void cc_schema_init(struct cc_schema *schema)
{
    *schema = (struct cc_schema){.geometry = SIZE_MAX, .key = SIZE_MAX};
}

static void free_column(struct cc_column *column)
{
    free(column->name);
    free(column->native_type);
    free(column->comment);
    free(column->default_value);
}

void cc_schema_free(struct cc_schema *schema)
{
    for (size_t i = 0; i < schema->count; i++)
        free_column(&schema->columns[i]);
    free(schema->columns);
    free(schema->custom_srs);
    cc_strbuf_free(&schema->warnings);
    cc_strbuf_free(&schema->skipped);
    cc_strbuf_free(&schema->metadata);
    cc_schema_init(schema);
}

/* Room for one more column: capacities are the powers of two. */
static int grow(struct cc_schema *schema)
{
    size_t count = schema->count;
    if (count != 0 && (count & (count - 1)) != 0)
        return 0;
    size_t capacity = count == 0 ? 1 : count * 2;
    if (capacity > SIZE_MAX / sizeof *schema->columns)
        return -1;
    struct cc_column *columns =
        realloc(schema->columns, capacity * sizeof *columns);
    if (!columns)
        return -1;
    schema->columns = columns;
    return 0;
}

struct cc_column *cc_schema_add(struct cc_schema *schema, const char *name,
                                const char *native_type)
{
    if (grow(schema) != 0)
        return NULL;
    struct cc_column *column = &schema->columns[schema->count];
    *column = (struct cc_column){.kind = CC_KIND_UNSUPPORTED,
                                 .srid = CC_SRID_UNKNOWN};
    column->name = strdup(name ? name : "");
    column->native_type = strdup(native_type ? native_type : "");
    if (!column->name || !column->native_type)
    {
        free_column(column);
        return NULL;
    }
    schema->count++;
    return column;
}

bool cc_column_wants_text(const struct cc_column *column)
{
    if (column->skipped || column->type != CC_OUT_STRING)
        return false;
    switch (column->kind)
    {
        case CC_KIND_TEXT:
        case CC_KIND_JSON:
        case CC_KIND_UUID:
            return false;
        default:
            return true;
    }
}

const char *cc_type_format(enum cc_type type)
{
    switch (type)
    {
        case CC_OUT_BOOLEAN:
            return "b";
        case CC_OUT_INT16:
            return "s";
        case CC_OUT_INT32:
            return "i";
        case CC_OUT_INT64:
            return "l";
        case CC_OUT_FLOAT32:
            return "f";
        case CC_OUT_FLOAT64:
            return "g";
        case CC_OUT_STRING:
            return "u";
        case CC_OUT_BINARY:
        case CC_OUT_GEOMETRY:
            return "z";
        case CC_OUT_DATE:
            return "tdD";
        case CC_OUT_TIME:
            return "ttu";
        case CC_OUT_TIMESTAMP:
            return "tsu:";
        case CC_OUT_TIMESTAMPTZ:
            return "tsu:UTC";
    }
    return "n";
}
