/* SPDX-License-Identifier: MIT */
/* Answers of HiveServer2, made with the writer of the codec. */
#ifndef CC_HS2_CASE_H
#define CC_HS2_CASE_H

#include "cmocka_all.h"

#include "wire/hs2_message.h"

#include <string.h>

static inline void put_i32(struct cc_thrift_writer *w, int16_t id,
                           int32_t value)
{
    cc_thrift_write_field(w, CC_THRIFT_I32, id);
    cc_thrift_write_i32(w, value);
}

static inline void put_text(struct cc_thrift_writer *w, int16_t id,
                            const char *text)
{
    cc_thrift_write_field(w, CC_THRIFT_STRING, id);
    cc_thrift_write_string(w, text);
}

/* A TStatus as field 1; words NULL: a success. */
static inline void put_status(struct cc_thrift_writer *w, int32_t code,
                              const char *sqlstate, const char *words)
{
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 1);
    put_i32(w, 1, code);
    if (sqlstate)
        put_text(w, 3, sqlstate);
    if (words)
        put_text(w, 5, words);
    cc_thrift_write_stop(w);
}

static inline void put_success(struct cc_thrift_writer *w)
{
    put_status(w, CC_HS2_SUCCESS, NULL, NULL);
}

/* A TSessionHandle or TOperationHandle. */
static inline void put_handle(struct cc_thrift_writer *w, int16_t id,
                              const char *guid)
{
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, id);
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 1);
    put_text(w, 1, guid);
    put_text(w, 2, "secret of it");
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

/* A TColumnDesc, an element of a list. */
static inline void put_column_desc(struct cc_thrift_writer *w, const char *name,
                                   int32_t type, int32_t precision,
                                   int32_t scale)
{
    put_text(w, 1, name);
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 2);
    cc_thrift_write_field(w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(w, 1);
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 1);
    put_i32(w, 1, type);
    if (precision > 0)
    {
        static const char *const names[] = {"precision", "scale"};
        const int32_t values[] = {precision, scale};
        cc_thrift_write_field(w, CC_THRIFT_STRUCT, 2);
        cc_thrift_write_field(w, CC_THRIFT_MAP, 1);
        cc_thrift_write_byte(w, CC_THRIFT_STRING);
        cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
        cc_thrift_write_i32(w, 2);
        for (int i = 0; i < 2; i++)
        {
            cc_thrift_write_string(w, names[i]);
            put_i32(w, 1, values[i]);
            cc_thrift_write_stop(w);
        }
        cc_thrift_write_stop(w);
    }
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
    put_i32(w, 3, 1);
    cc_thrift_write_stop(w);
}

/* The head of a TColumn and of its values, elements of type `element`; the
 * values follow, then end_column. */
static inline void begin_column(struct cc_thrift_writer *w,
                                enum cc_hs2_value_kind kind,
                                enum cc_thrift_type element, int32_t count)
{
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, (int16_t)kind);
    cc_thrift_write_field(w, CC_THRIFT_LIST, 1);
    cc_thrift_write_byte(w, (uint8_t)element);
    cc_thrift_write_i32(w, count);
}

static inline void end_column(struct cc_thrift_writer *w, const char *nulls,
                              size_t size)
{
    cc_thrift_write_field(w, CC_THRIFT_STRING, 2);
    cc_thrift_write_binary(w, nulls, size);
    cc_thrift_write_stop(w);
    cc_thrift_write_stop(w);
}

/* Up to the list of a TRowSet's columns (3) or rows (2), field 3 of a
 * TFetchResultsResp. */
static inline void begin_row_set(struct cc_thrift_writer *w, int16_t list,
                                 int32_t count)
{
    cc_thrift_write_field(w, CC_THRIFT_STRUCT, 3);
    cc_thrift_write_field(w, CC_THRIFT_I64, 1);
    cc_thrift_write_i64(w, 0);
    if (list == 3)
    {
        cc_thrift_write_field(w, CC_THRIFT_LIST, 2);
        cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
        cc_thrift_write_i32(w, 0);
    }
    cc_thrift_write_field(w, CC_THRIFT_LIST, list);
    cc_thrift_write_byte(w, CC_THRIFT_STRUCT);
    cc_thrift_write_i32(w, count);
}

static inline struct cc_thrift_reader
reader_of_writer(const struct cc_thrift_writer *w)
{
    assert_false(w->failed);
    return (struct cc_thrift_reader){.data = w->out.data, .size = w->out.size};
}

#endif
