/* SPDX-License-Identifier: MIT */
#include "provider.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more table: capacities are the powers of two. */
static int grow(struct cc_table_list *list)
{
    size_t count = list->count;
    if (count != 0 && (count & (count - 1)) != 0)
        return 0;
    size_t capacity = count == 0 ? 1 : count * 2;
    if (capacity > SIZE_MAX / sizeof *list->tables)
        return -1;
    struct cc_table_name *tables =
        realloc(list->tables, capacity * sizeof *tables);
    if (!tables)
        return -1;
    list->tables = tables;
    return 0;
}

int cc_table_list_add(struct cc_table_list *list, const char *schema,
                      const char *name)
{
    if (grow(list) != 0)
        return -1;
    struct cc_table_name added = {strdup(schema ? schema : ""), strdup(name)};
    if (!added.schema || !added.name)
    {
        free(added.schema);
        free(added.name);
        return -1;
    }
    list->tables[list->count++] = added;
    return 0;
}

void cc_table_list_free(struct cc_table_list *list)
{
    for (size_t i = 0; i < list->count; i++)
    {
        free(list->tables[i].schema);
        free(list->tables[i].name);
    }
    free(list->tables);
    cc_strbuf_free(&list->metadata);
    *list = (struct cc_table_list){.tables = NULL};
}
