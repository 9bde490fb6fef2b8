/* SPDX-License-Identifier: MIT */
/*
 * What was lost: counting it, and saying so.
 */
#include "append.h"

#include <inttypes.h>
#include <string.h>

/* ---- counting ---- */

/* Control characters would break the one line of a warning. */
static void copy_reason(char out[CC_REASON_SIZE], const char *text, size_t size)
{
    static const char more[] = "...";
    /* As much as every byte replaced by U+FFFD, so that it need not grow. */
    uint8_t room[3 * CC_REASON_SIZE];
    struct cc_buffer clean = {room, 0, sizeof room};
    size_t looked_at = size < CC_REASON_SIZE ? size : CC_REASON_SIZE;
    out[0] = '\0';
    if (cc_utf8_repair(&clean, text, looked_at) == 0 && clean.size > 0)
    {
        size_t most = CC_REASON_SIZE - sizeof more;
        size_t length = cc_utf8_cut((char *)clean.data, clean.size, most);
        memcpy(out, clean.data, length);
        out[length] = '\0';
        if (length < clean.size || looked_at < size)
            memcpy(out + length, more, sizeof more);
    }
    for (char *at = out; *at; at++)
    {
        if ((unsigned char)*at < ' ')
            *at = ' ';
    }
}

void cc_append_note(struct cc_builder *builder, enum cc_loss_kind kind,
                    const char *reason, size_t size)
{
    struct cc_loss *loss = &builder->losses[kind];
    if (!cc_append_counts(builder))
        return;
    if (loss->count++ > 0)
        return;
    loss->first_row = cc_append_row(builder);
    copy_reason(loss->reason, reason, size);
}

void cc_append_lost(struct cc_builder *builder, enum cc_loss_kind kind,
                    const char *reason, size_t size)
{
    cc_append_note(builder, kind, reason, size);
    cc_builder_null(builder);
}

void cc_builder_note(struct cc_builder *builder, enum cc_loss_kind kind,
                     const char *reason)
{
    cc_append_note(builder, kind, reason, strlen(reason));
}

void cc_builder_lost(struct cc_builder *builder, enum cc_loss_kind kind,
                     const char *reason)
{
    cc_append_lost(builder, kind, reason, strlen(reason));
}

/* ---- saying so ---- */

/* What happened to one value and to several. */
struct wording
{
    const char *one;
    const char *many;
};

static struct wording range_wording(enum cc_type type)
{
    switch (type)
    {
        case CC_OUT_INT16:
            return (struct wording){"does not fit a 16-bit integer and is NULL",
                                    "do not fit a 16-bit integer and are NULL"};
        case CC_OUT_INT32:
            return (struct wording){"does not fit a 32-bit integer and is NULL",
                                    "do not fit a 32-bit integer and are NULL"};
        case CC_OUT_FLOAT32:
        case CC_OUT_FLOAT64:
            return (struct wording){"does not fit a double and is NULL",
                                    "do not fit a double and are NULL"};
        default:
            return (struct wording){"does not fit a 64-bit integer and is NULL",
                                    "do not fit a 64-bit integer and are NULL"};
    }
}

static struct wording datetime_wording(enum cc_type type)
{
    switch (type)
    {
        case CC_OUT_DATE:
            return (struct wording){
                "is not a date of the years 1 to 9999 and is NULL",
                "are not dates of the years 1 to 9999 and are NULL"};
        case CC_OUT_TIME:
            return (struct wording){
                "is not a time from 00:00:00 to before 24:00:00 and is NULL",
                "are not times from 00:00:00 to before 24:00:00 and are NULL"};
        default:
            return (struct wording){
                "is not a timestamp of the years 1 to 9999 and is NULL",
                "are not timestamps of the years 1 to 9999 and are NULL"};
    }
}

static struct wording wording_of(enum cc_loss_kind kind, enum cc_type type)
{
    static const struct wording wordings[CC_LOSS_KINDS] = {
        [CC_LOSS_PRECISION] = {"has more digits than a double holds and is "
                               "rounded",
                               "have more digits than a double holds and are "
                               "rounded"},
        [CC_LOSS_FLOAT_TEXT] = {"came as text with no more digits and may be "
                                "rounded",
                                "came as text with no more digits and may be "
                                "rounded"},
        [CC_LOSS_ZERO_DATE] = {"is a zero or partial date and is NULL",
                               "are zero or partial dates and are NULL"},
        [CC_LOSS_ENCODING] = {"is not valid text; what is invalid in it is "
                              "replaced by U+FFFD",
                              "are not valid text; what is invalid in them is "
                              "replaced by U+FFFD"},
        [CC_LOSS_GEOMETRY] = {"is not geometry and is NULL",
                              "are not geometry and are NULL"},
        [CC_LOSS_REPROJECTION] = {"cannot be reprojected and is NULL",
                                  "cannot be reprojected and are NULL"},
        [CC_LOSS_SUBMICROSECOND] = {"is rounded to microseconds",
                                    "are rounded to microseconds"}};
    if (kind == CC_LOSS_RANGE)
        return range_wording(type);
    if (kind == CC_LOSS_DATETIME)
        return datetime_wording(type);
    return wordings[kind];
}

/* Whether LOSSLESS would make text of the column. */
static bool lossless_keeps(const struct cc_column *column)
{
    switch (column->kind)
    {
        case CC_KIND_UINT64:
        case CC_KIND_DECIMAL:
        case CC_KIND_DATE:
        case CC_KIND_TIME:
        case CC_KIND_TIMESTAMP:
        case CC_KIND_TIMESTAMPTZ:
            return true;
        default:
            return false;
    }
}

/* What would keep the values; "" where nothing would. */
static const char *remedy(const struct cc_builder *builder,
                          enum cc_loss_kind kind)
{
    switch (kind)
    {
        case CC_LOSS_RANGE:
        case CC_LOSS_PRECISION:
        case CC_LOSS_DATETIME:
        case CC_LOSS_ZERO_DATE:
        case CC_LOSS_SUBMICROSECOND:
            return lossless_keeps(builder->column)
                       ? "; -oo LOSSLESS=YES keeps them as text"
                       : "";
        case CC_LOSS_ENCODING:
            return builder->batch->options.iconv_name
                       ? "; -oo ENCODING= must name the encoding they are in"
                       : "; -oo ENCODING= names the encoding they are in";
        case CC_LOSS_GEOMETRY:
            return builder->column->kind == CC_KIND_GEOMETRY
                       ? ""
                       : "; -oo GEOM_POSSIBLE_NAMES=NONE keeps them as they "
                         "are";
        case CC_LOSS_FLOAT_TEXT:
            return "; CAST(... AS DOUBLE) in the statement keeps them";
        case CC_LOSS_REPROJECTION:
        case CC_LOSS_KINDS:
            break;
    }
    return "";
}

int cc_loss_describe(const struct cc_builder *builder, enum cc_loss_kind kind,
                     struct cc_strbuf *out)
{
    const struct cc_loss *loss = &builder->losses[kind];
    if (loss->count == 0)
        return 0;
    struct wording wording = wording_of(kind, builder->type);
    bool one = loss->count == 1;
    return cc_strbuf_printf(
        out, "column \"%s\": %" PRIu64 " %s %s, %s row %" PRId64 " (%s)%s",
        cc_append_name(builder), loss->count, one ? "value" : "values",
        one ? wording.one : wording.many, one ? "in" : "first in",
        loss->first_row, loss->reason, remedy(builder, kind));
}
