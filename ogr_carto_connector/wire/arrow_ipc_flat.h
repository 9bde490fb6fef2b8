/* SPDX-License-Identifier: MIT */
/*
 * FlatBuffers, as far as Arrow's metadata needs them
 * (https://flatbuffers.dev/internals/): tables, vectors, strings, unions.
 * Every position is checked; what leads outside is absent, and `bad` is set.
 */
#ifndef CC_WIRE_ARROW_IPC_FLAT_H
#define CC_WIRE_ARROW_IPC_FLAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cc_flat
{
    const uint8_t *data;
    size_t size;
    bool bad; /* sticky */
};

/* size 0: absent, every field has its default */
struct cc_flat_table
{
    struct cc_flat *flat;
    size_t at;
    size_t vtable;
    size_t size; /* of the vtable */
};

struct cc_flat_vector
{
    size_t at; /* of the first element */
    size_t count;
};

uint64_t cc_flat_load(const uint8_t *data, size_t width);

struct cc_flat_table cc_flat_root(struct cc_flat *flat);

/* The integer of `width` bytes, sign-extended. */
int64_t cc_flat_integer(const struct cc_flat_table *table, int slot,
                        size_t width, int64_t otherwise);
struct cc_flat_table cc_flat_table(const struct cc_flat_table *table, int slot);
struct cc_flat_vector cc_flat_vector(const struct cc_flat_table *table,
                                     int slot, size_t width);

/* The i-th table of a vector of tables (width 4). */
struct cc_flat_table cc_flat_element(struct cc_flat *flat,
                                     const struct cc_flat_vector *vector,
                                     size_t i);

/* A copy of a string, to be freed; `otherwise` is copied where there is none
 * (NULL: NULL). *failed is set when out of memory. */
char *cc_flat_string(const struct cc_flat_table *table, int slot,
                     const char *otherwise, bool *failed);

#endif
