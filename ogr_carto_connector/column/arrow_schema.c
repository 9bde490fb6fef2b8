/* SPDX-License-Identifier: MIT */
/*
 * struct ArrowSchema of a schema. Every node owns its strings, so that a
 * consumer may move children out of the parent (Arrow C Data Interface,
 * "Moving an array": released children have release == NULL).
 */
#include "schema.h"

#include <stdlib.h>
#include <string.h>

struct node
{
    char *name;
    char *metadata;
    struct ArrowSchema *storage; /* of the children */
};

static void release_schema(struct ArrowSchema *schema)
{
    struct node *node = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
    {
        struct ArrowSchema *child = schema->children[i];
        if (child->release)
            child->release(child);
    }
    free(schema->children);
    free(node->storage);
    free(node->name);
    free(node->metadata);
    free(node);
    schema->release = NULL;
}

static int init_schema(struct ArrowSchema *schema, const char *format,
                       const char *name, int64_t flags)
{
    struct node *node = calloc(1, sizeof *node);
    char *copy = strdup(name);
    if (!node || !copy)
    {
        free(node);
        free(copy);
        return -1;
    }
    node->name = copy;
    /* init_children has set every child. */
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference) */
    *schema = (struct ArrowSchema){.format = format,
                                   .name = copy,
                                   .flags = flags,
                                   .release = release_schema,
                                   .private_data = node};
    return 0;
}

static int init_children(struct ArrowSchema *schema, size_t count)
{
    struct node *node = schema->private_data;
    node->storage = calloc(count + 1, sizeof *node->storage);
    schema->children = calloc(count + 1, sizeof(struct ArrowSchema *));
    if (!node->storage || !schema->children)
        return -1;
    for (size_t i = 0; i < count; i++)
        schema->children[i] = &node->storage[i];
    schema->n_children = (int64_t)count;
    return 0;
}

static char *put_string(char *at, const char *text)
{
    int32_t length = (int32_t)strlen(text);
    memcpy(at, &length, sizeof length);
    memcpy(at + sizeof length, text, (size_t)length);
    return at + sizeof length + length;
}

/* One key and value: int32 number of pairs, then int32 length and bytes of
 * each (Arrow C Data Interface, "ArrowSchema.metadata"). */
static int set_metadata(struct ArrowSchema *schema, const char *key,
                        const char *value)
{
    struct node *node = schema->private_data;
    int32_t pairs = 1;
    node->metadata = malloc(3 * sizeof pairs + strlen(key) + strlen(value));
    if (!node->metadata)
        return -1;
    memcpy(node->metadata, &pairs, sizeof pairs);
    put_string(put_string(node->metadata + sizeof pairs, key), value);
    schema->metadata = node->metadata;
    return 0;
}

/* Whether a value may be NULL because its output type does not hold it. */
static bool may_lose_values(const struct cc_column *column)
{
    switch (column->type)
    {
        case CC_OUT_DATE:
        case CC_OUT_TIME:
        case CC_OUT_TIMESTAMP:
        case CC_OUT_TIMESTAMPTZ:
        case CC_OUT_GEOMETRY:
            return true;
        default:
            return column->kind == CC_KIND_UINT64 ||
                   column->kind == CC_KIND_DECIMAL;
    }
}

static int fill_child(struct ArrowSchema *child, const struct cc_column *column,
                      const char *geometry_extension)
{
    bool nullable = !column->not_null || may_lose_values(column);
    CC_TRY(init_schema(child, cc_type_format(column->type), column->output_name,
                       nullable ? ARROW_FLAG_NULLABLE : 0));
    if (column->type != CC_OUT_GEOMETRY || !geometry_extension)
        return 0;
    return set_metadata(child, "ARROW:extension:name", geometry_extension);
}

static int fill_children(const struct cc_schema *schema, const bool *wanted,
                         const char *fid_name, const char *geometry_extension,
                         struct ArrowSchema *out)
{
    size_t count = fid_name ? 1 : 0;
    for (size_t i = 0; i < schema->count; i++)
        count += cc_schema_wants(schema, wanted, i);
    CC_TRY(init_children(out, count));

    size_t at = 0;
    if (fid_name)
        CC_TRY(init_schema(out->children[at++], "l", fid_name, 0));
    for (size_t i = 0; i < schema->count; i++)
    {
        if (cc_schema_wants(schema, wanted, i))
            CC_TRY(fill_child(out->children[at++], &schema->columns[i],
                              geometry_extension));
    }
    return 0;
}

int cc_schema_to_arrow(const struct cc_schema *schema, const bool *wanted,
                       const char *fid_name, const char *geometry_extension,
                       struct ArrowSchema *out, struct cc_error *error)
{
    if (init_schema(out, "+s", "", 0) != 0)
        return cc_error_memory(error);
    if (fill_children(schema, wanted, fid_name, geometry_extension, out) != 0)
    {
        out->release(out);
        return cc_error_memory(error);
    }
    return 0;
}
