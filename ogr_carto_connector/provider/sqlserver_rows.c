/* SPDX-License-Identifier: MIT */
/*
 * Rows in memory: a byte that tells whether characters were lost, then for
 * every value its size (int32, -1 for NULL) and its bytes.
 */
#include "sqlserver_internal.h"

#include <string.h>

#define NULL_SIZE (-1)

struct cc_tds_wire cc_tds_wire_of(DBPROCESS *dbproc, int number)
{
    int type = dbcoltype(dbproc, number);
    return (struct cc_tds_wire){number, type, cc_tds_fixed_size(type)};
}

static int add_value(struct cc_buffer *out, DBPROCESS *dbproc,
                     const struct cc_tds_wire *column)
{
    const BYTE *data = dbdata(dbproc, column->number);
    int32_t size = NULL_SIZE;
    if (data)
        size = column->size > 0 ? (int32_t)column->size
                                : dbdatlen(dbproc, column->number);
    size_t bytes = size > 0 ? (size_t)size : 0;
    if (cc_buffer_reserve(out, sizeof size + bytes) != 0)
        return -1;
    memcpy(out->data + out->size, &size, sizeof size);
    if (bytes > 0)
        memcpy(out->data + out->size + sizeof size, data, bytes);
    out->size += sizeof size + bytes;
    return 0;
}

int cc_tds_rows_add(struct cc_tds_rows *rows, struct cc_tds *tds,
                    const struct cc_tds_wire *columns, size_t count)
{
    uint8_t lost = tds->messages.characters_lost;
    tds->messages.characters_lost = false;
    CC_TRY(cc_buffer_append(&rows->data, &lost, sizeof lost));
    for (size_t i = 0; i < count; i++)
        CC_TRY(add_value(&rows->data, tds->dbproc, &columns[i]));
    rows->count++;
    return 0;
}

/* Text that FreeTDS could not convert has question marks in place of what was
 * there. */
static void note_lost_characters(struct cc_builder *builder, const void *data,
                                 size_t size)
{
    if (builder->type == CC_OUT_STRING && size > 0 && memchr(data, '?', size))
        cc_builder_note(builder, CC_LOSS_ENCODING,
                        "characters that are none in the column's collation");
}

int cc_tds_rows_decode(struct cc_tds_rows *rows,
                       const struct cc_tds_wire *columns,
                       struct cc_batch_builder *builder, struct cc_error *error)
{
    const uint8_t *at = rows->data.data + rows->taken;
    bool lost = *at++ != 0;
    for (size_t i = 0; i < builder->count; i++)
    {
        int32_t size;
        memcpy(&size, at, sizeof size);
        at += sizeof size;
        size_t bytes = size > 0 ? (size_t)size : 0;
        if (lost)
            note_lost_characters(&builder->columns[i], at, bytes);
        CC_TRY(cc_tds_append(&builder->columns[i], columns[i].type,
                             size == NULL_SIZE ? NULL : at, bytes, error));
        at += bytes;
    }
    cc_batch_end_row(builder);
    rows->taken = (size_t)(at - rows->data.data);
    rows->count--;
    return 0;
}
