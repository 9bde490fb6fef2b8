/* SPDX-License-Identifier: MIT */
#include "names.h"
#include "strbuf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cc_names
{
    char (*used)[CC_NAME_MAX + 1];
    size_t count;
    size_t capacity;
};

static char fold(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

int cc_name_compare(const char *a, const char *b)
{
    while (*a && fold(*a) == fold(*b))
    {
        a++;
        b++;
    }
    return (unsigned char)fold(*a) - (unsigned char)fold(*b);
}

struct cc_names *cc_names_new(void)
{
    return calloc(1, sizeof(struct cc_names));
}

void cc_names_free(struct cc_names *names)
{
    if (!names)
        return;
    free(names->used);
    free(names);
}

static int reserve(struct cc_names *names)
{
    if (names->count < names->capacity)
        return 0;
    if (names->capacity > SIZE_MAX / sizeof *names->used / 2)
        return -1;
    size_t capacity = names->capacity ? names->capacity * 2 : 32;
    void *used = realloc(names->used, capacity * sizeof *names->used);
    if (!used)
        return -1;
    names->used = used;
    names->capacity = capacity;
    return 0;
}

static bool is_used(const struct cc_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
    {
        if (cc_name_compare(names->used[i], name) == 0)
            return true;
    }
    return false;
}

/* Writes as much of `name` as leaves room for `suffix`, and the suffix. */
static void compose(char out[CC_NAME_MAX + 1], const char *name,
                    const char *suffix)
{
    size_t room = CC_NAME_MAX - strlen(suffix);
    size_t length = cc_utf8_cut(name, strlen(name), room);
    snprintf(out, CC_NAME_MAX + 1, "%.*s%s", (int)length, name, suffix);
}

int cc_names_add(struct cc_names *names, const char *name, size_t position,
                 char out[CC_NAME_MAX + 1], bool *cut)
{
    char made_up[32];
    if (!name || !*name)
    {
        snprintf(made_up, sizeof made_up, "column_%zu", position);
        name = made_up;
    }
    if (cut)
        *cut = strlen(name) > CC_NAME_MAX;

    CC_TRY(reserve(names));
    compose(out, name, "");
    for (size_t i = 1; is_used(names, out); i++)
    {
        char suffix[32];
        snprintf(suffix, sizeof suffix, "_%zu", i);
        compose(out, name, suffix);
    }
    memcpy(names->used[names->count++], out, CC_NAME_MAX + 1);
    return 0;
}

/* Longer names are no parameter or encoding misspelt. */
#define LONGEST_COMPARED 64

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Optimal string alignment distance: insertions, deletions, substitutions and
 * swaps of neighbours. Both names are at most LONGEST_COMPARED bytes.
 */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][LONGEST_COMPARED + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    size_t width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        above[j] = j;
    for (size_t i = 1; a[i - 1]; i++)
    {
        row[0] = i;
        for (size_t j = 1; j <= width; j++)
        {
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            row[j] = smaller(above[j - 1] + !same,
                             smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[width];
}

const char *cc_names_nearest(const char *name, const char *const *candidates,
                             size_t count)
{
    size_t length = strlen(name);
    if (length > LONGEST_COMPARED)
        return NULL;

    const char *nearest = NULL;
    size_t limit = length / 3 < 1 ? 1 : smaller(length / 3, 3);
    for (size_t i = 0; i < count; i++)
    {
        if (strlen(candidates[i]) > LONGEST_COMPARED)
            continue;
        size_t far = distance(name, candidates[i]);
        if (far > limit || (nearest && far == limit))
            continue;
        nearest = candidates[i];
        limit = far;
    }
    return nearest;
}
