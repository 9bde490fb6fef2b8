/* SPDX-License-Identifier: MIT */
/*
 * What the files of the builder share; nobody else includes it.
 */
#ifndef CC_COLUMN_APPEND_H
#define CC_COLUMN_APPEND_H

#include "builder.h"

/* ---- memory of a batch ---- */

static inline bool cc_is_variable(enum cc_type type)
{
    return type == CC_OUT_STRING || type == CC_OUT_BINARY ||
           type == CC_OUT_GEOMETRY;
}

static inline size_t cc_bitmap_size(size_t rows)
{
    return (rows + 7) / 8;
}

static inline void cc_set_bit(uint8_t *bits, size_t at, bool value)
{
    uint8_t mask = (uint8_t)(1U << (at & 7));
    bits[at >> 3] =
        (uint8_t)(value ? bits[at >> 3] | mask : bits[at >> 3] & ~mask);
}

static inline bool cc_get_bit(const uint8_t *bits, size_t at)
{
    return bits[at >> 3] >> (at & 7) & 1;
}

/* The bytes of `rows` values, or of their offsets. */
size_t cc_fixed_size(enum cc_type type, size_t rows);

/* Moves the complete rows into *out. 0, or -1 when out of memory: the columns
 * may then have lost their memory. */
int cc_array_export(struct cc_batch_builder *builder, struct ArrowArray *out);

/* ---- values ---- */

/* The row of the read, counting from 1, that the next value belongs to. */
static inline int64_t cc_append_row(const struct cc_builder *builder)
{
    return builder->batch->row_base + (int64_t)builder->length + 1;
}

/* Whether that row is delivered, so that its losses matter. */
static inline bool cc_append_counts(const struct cc_builder *builder)
{
    int64_t counted = builder->batch->options.counted_rows;
    return counted <= 0 || cc_append_row(builder) <= counted;
}

/* Ends the value that begins at `start` of builder->data: what was appended to
 * it since. An error, and the value is removed, where offsets would not fit. */
int cc_append_end(struct cc_builder *builder, size_t start,
                  struct cc_error *error);

/* One value of a variable-width column, as it is. */
static inline int cc_append_variable(struct cc_builder *builder,
                                     const void *data, size_t size,
                                     struct cc_error *error)
{
    size_t start = builder->data.size;
    if (cc_buffer_append(&builder->data, data, size) != 0)
        return cc_error_memory(error);
    if (start + size > INT32_MAX)
        return cc_append_end(builder, start, error);
    builder->offsets[++builder->length] = (int32_t)(start + size);
    builder->batch->bytes += size;
    return 0;
}

/* cc_builder_lost and cc_builder_note, the reason given with its length; any
 * bytes. */
void cc_append_lost(struct cc_builder *builder, enum cc_loss_kind kind,
                    const char *reason, size_t size);
void cc_append_note(struct cc_builder *builder, enum cc_loss_kind kind,
                    const char *reason, size_t size);

/* The name for messages: the remote one, or the output's where that is "". */
const char *cc_append_name(const struct cc_builder *builder);

/* "a <what> came for column x, which is a <type>" (CC_STAGE_INTERNAL). */
int cc_append_mismatch(const struct cc_builder *builder, const char *what,
                       struct cc_error *error);

/* "column x, row n: <text> cannot be read as <type>" (CC_STAGE_FETCH). */
int cc_append_unreadable(const struct cc_builder *builder, const char *text,
                         size_t size, struct cc_error *error);

/* Text for a boolean column, and for one of a date or time. */
int cc_append_boolean_text(struct cc_builder *builder, const char *text,
                           size_t size, struct cc_error *error);
void cc_append_datetime_text(struct cc_builder *builder, const char *text,
                             size_t size);

#endif
