/* SPDX-License-Identifier: MIT */
#include "arrow_ipc_flat.h"

#include <stdlib.h>
#include <string.h>

uint64_t cc_flat_load(const uint8_t *data, size_t width)
{
    uint64_t value = 0;
    for (size_t i = width; i-- > 0;)
        value = value << 8 | data[i];
    return value;
}

static bool has(struct cc_flat *flat, size_t at, size_t size)
{
    if (at <= flat->size && size <= flat->size - at)
        return true;
    flat->bad = true;
    return false;
}

/* What the relative offset at `at` points to; 0: nothing. */
static size_t follow(struct cc_flat *flat, size_t at)
{
    if (!has(flat, at, 4))
        return 0;
    size_t target = at + (size_t)cc_flat_load(flat->data + at, 4);
    return has(flat, target, 4) ? target : 0;
}

static struct cc_flat_table table_at(struct cc_flat *flat, size_t at)
{
    struct cc_flat_table table = {flat, at, 0, 0};
    if (at == 0)
        return table;
    int32_t back = (int32_t)(uint32_t)cc_flat_load(flat->data + at, 4);
    int64_t vtable = (int64_t)at - back;
    if (vtable < 0 || !has(flat, (size_t)vtable, 4))
    {
        flat->bad = true;
        return table;
    }
    size_t size = (size_t)cc_flat_load(flat->data + vtable, 2);
    if (size < 4 || !has(flat, (size_t)vtable, size))
    {
        flat->bad = true;
        return table;
    }
    table.vtable = (size_t)vtable;
    table.size = size;
    return table;
}

struct cc_flat_table cc_flat_root(struct cc_flat *flat)
{
    return table_at(flat, follow(flat, 0));
}

/* Where the field is; 0: it is absent. */
static size_t field_at(const struct cc_flat_table *table, int slot,
                       size_t width)
{
    size_t entry = 4 + (size_t)slot * 2;
    if (entry + 2 > table->size)
        return 0;
    size_t offset =
        (size_t)cc_flat_load(table->flat->data + table->vtable + entry, 2);
    if (offset == 0 || !has(table->flat, table->at + offset, width))
        return 0;
    return table->at + offset;
}

int64_t cc_flat_integer(const struct cc_flat_table *table, int slot,
                        size_t width, int64_t otherwise)
{
    size_t at = field_at(table, slot, width);
    if (at == 0)
        return otherwise;
    uint64_t value = cc_flat_load(table->flat->data + at, width);
    unsigned unused = 64 - 8 * (unsigned)width;
    return (int64_t)(value << unused) >> unused;
}

struct cc_flat_table cc_flat_table(const struct cc_flat_table *table, int slot)
{
    size_t at = field_at(table, slot, 4);
    return table_at(table->flat, at == 0 ? 0 : follow(table->flat, at));
}

struct cc_flat_vector cc_flat_vector(const struct cc_flat_table *table,
                                     int slot, size_t width)
{
    struct cc_flat_vector vector = {0, 0};
    size_t at = field_at(table, slot, 4);
    if (at != 0)
        at = follow(table->flat, at);
    if (at == 0)
        return vector;
    size_t count = (size_t)cc_flat_load(table->flat->data + at, 4);
    if (count > (table->flat->size - at - 4) / width)
    {
        table->flat->bad = true;
        return vector;
    }
    vector.at = at + 4;
    vector.count = count;
    return vector;
}

struct cc_flat_table cc_flat_element(struct cc_flat *flat,
                                     const struct cc_flat_vector *vector,
                                     size_t i)
{
    return table_at(flat, follow(flat, vector->at + i * 4));
}

char *cc_flat_string(const struct cc_flat_table *table, int slot,
                     const char *otherwise, bool *failed)
{
    struct cc_flat_vector text = cc_flat_vector(table, slot, 1);
    char *copy = NULL;
    if (text.at != 0)
        copy = strndup((const char *)table->flat->data + text.at, text.count);
    else if (otherwise)
        copy = strdup(otherwise);
    else
        return NULL;
    if (!copy)
        *failed = true;
    return copy;
}
