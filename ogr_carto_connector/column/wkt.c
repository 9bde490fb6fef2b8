/* SPDX-License-Identifier: MIT */
/*
 * WKT and EWKT to ISO WKB: OGC 06-103r4 clause 7, the older forms without Z
 * (2.5D by the count of ordinates) and with a suffix (POINTM), SRID=n; in
 * front, curves and surfaces as PostGIS, SQL Server and OGR write them.
 *
 * The output begins as XY. Whatever has Z or M ends the pass, and the text is
 * read again with the wider dimensions: cheap, for it shows in the first
 * position, and mixed values come out in one dimension.
 */
#include "number.h"
#include "wkb.h"
#include "wkt_plain.h"

#include <math.h>

#define MAX_WORD 24
#define UNMARKED (-1) /* no Z, M or ZM: the ordinates tell */
#define POINT_SIZE (CC_WKB_HEADER_SIZE + 16)

struct parser
{
    const char *begin;
    const char *at;
    const char *end;
    unsigned dims;  /* of the output */
    unsigned wider; /* what `dims` should have been */
    bool needs_check;
    bool no_memory;
    struct cc_buffer *out;
    struct cc_geometry_result *result;
};

static bool parse_body(struct parser *parser, uint32_t type, int mark,
                       int depth);

/* ---- characters and words ---- */

static bool fail_due(struct parser *parser, const char *due)
{
    if (parser->at < parser->end)
    {
        char quoted[CC_QUOTE_SIZE];
        cc_geometry_invalid(
            parser->result,
            "WKT goes on with \"%s\" at character %zu, where %s is due",
            cc_geometry_quote(quoted, parser->at,
                              (size_t)(parser->end - parser->at)),
            (size_t)(parser->at - parser->begin) + 1, due);
        return false;
    }
    size_t length = (size_t)(parser->end - parser->begin);
    cc_geometry_invalid(parser->result,
                        "WKT is cut: it ends after %zu characters, where %s "
                        "is due",
                        length, due);
    cc_geometry_hint_width(parser->result, "VARCHAR", length);
    return false;
}

static bool fail_memory(struct parser *parser)
{
    parser->no_memory = true;
    return false;
}

static void skip_space(struct parser *parser)
{
    while (parser->at < parser->end &&
           (*parser->at == ' ' || (*parser->at >= '\t' && *parser->at <= '\r')))
        parser->at++;
}

/* The next character that is no space, 0 at the end. */
static char peek(struct parser *parser)
{
    skip_space(parser);
    return (char)(parser->at < parser->end ? *parser->at : '\0');
}

static bool expect(struct parser *parser, char character, const char *due)
{
    if (peek(parser) != character)
        return fail_due(parser, due);
    parser->at++;
    return true;
}

static bool is_letter(char character)
{
    char lower = (char)(character | 0x20);
    return lower >= 'a' && lower <= 'z';
}

/* The word that comes next, in capitals, "" when there is none or it is too
 * long for any that is known. Returns the position after it. */
static const char *peek_word(struct parser *parser, char word[MAX_WORD])
{
    skip_space(parser);
    const char *at = parser->at;
    size_t length = 0;
    for (; at < parser->end && is_letter(*at); at++)
    {
        if (length < MAX_WORD - 1)
            word[length] = (char)(*at & ~0x20);
        length++;
    }
    word[length < MAX_WORD ? length : 0] = '\0';
    return at;
}

static bool take_word(struct parser *parser, const char *expected)
{
    char word[MAX_WORD];
    if ((peek(parser) & ~0x20) != *expected)
        return false;
    const char *after = peek_word(parser, word);
    if (strcmp(word, expected) != 0)
        return false;
    parser->at = after;
    return true;
}

/* ---- types and dimensions ---- */

/* The dimensions a suffix or word stands for; UNMARKED for any other. */
static int mark_of(const char *word)
{
    if (strcmp(word, "Z") == 0)
        return CC_DIM_Z;
    if (strcmp(word, "M") == 0)
        return CC_DIM_M;
    if (strcmp(word, "ZM") == 0)
        return CC_DIM_Z | CC_DIM_M;
    return UNMARKED;
}

static bool is_type_word(const char *word, const char *name, int *mark)
{
    size_t length = strlen(name);
    if (strncmp(word, name, length) != 0)
        return false;
    int suffix = mark_of(word + length);
    if (word[length] != '\0' && suffix == UNMARKED)
        return false;
    if (suffix != UNMARKED)
        *mark = suffix;
    return true;
}

/* 0 when the word names no type. */
static uint32_t type_of(const char *word, int *mark)
{
    for (uint32_t type = 1; type < CC_WKB_TYPES; type++)
    {
        const struct cc_wkb_class *class = cc_wkb_class(type);
        if (class && is_type_word(word, class->name, mark))
            return type;
    }
    return is_type_word(word, "LINEARRING", mark) ? CC_WKB_LINESTRING : 0;
}

/* Reads the type and what it says of the dimensions; a type that says nothing
 * has what is said of its parent. */
static uint32_t take_type(struct parser *parser, int *mark)
{
    char word[MAX_WORD];
    const char *after = peek_word(parser, word);
    uint32_t type = type_of(word, mark);
    if (type == 0)
    {
        if (strcmp(word, "FULLGLOBE") == 0)
            cc_geometry_invalid(parser->result,
                                "a FULLGLOBE, the whole earth, has no WKB");
        else
            fail_due(parser, "a geometry type");
        return 0;
    }
    parser->at = after;
    after = peek_word(parser, word);
    if (mark_of(word) != UNMARKED)
    {
        *mark = mark_of(word);
        parser->at = after;
    }
    return type;
}

/* Fails, to begin again, when the output has not these dimensions. */
static bool has_dims(struct parser *parser, unsigned dims)
{
    parser->wider |= dims;
    return parser->wider == parser->dims;
}

/* ---- positions ---- */

/* NaN and infinities as servers write them; NULL is SQL Server's missing Z. */
static bool take_special(struct parser *parser, double *value)
{
    const char *begin = parser->at;
    bool negative = *begin == '-';
    if (*begin == '-' || *begin == '+')
        parser->at++;
    if (take_word(parser, "NAN") || take_word(parser, "NULL"))
        *value = NAN;
    else if (take_word(parser, "INF") || take_word(parser, "INFINITY"))
        *value = negative ? -INFINITY : INFINITY;
    else
    {
        parser->at = begin;
        return fail_due(parser, "a number");
    }
    return true;
}

static bool take_number(struct parser *parser, double *value)
{
    if (parser->at == parser->end)
        return fail_due(parser, "a number");
    const char *after = cc_number_take(parser->at, parser->end, value);
    if (!after)
        return take_special(parser, value);
    parser->at = after;
    return true;
}

static bool at_separator(const struct parser *parser)
{
    return parser->at == parser->end || *parser->at == ',' ||
           *parser->at == ')';
}

/* Two to four numbers with spaces between them, up to a comma or parenthesis. */
static size_t take_ordinates(struct parser *parser, double ordinates[4])
{
    size_t count = 0;
    bool more = true;
    skip_space(parser);
    while (more)
    {
        if (!take_number(parser, &ordinates[count++]))
            return 0;
        const char *after = parser->at;
        skip_space(parser);
        more = count < 4 && !at_separator(parser);
        if (more && parser->at == after)
        {
            fail_due(parser, "a space, comma or closing parenthesis");
            return 0;
        }
    }
    return count;
}

static bool append_mixed(struct parser *parser, const double *ordinates,
                         unsigned dims)
{
    double fill = isnan(ordinates[0]) ? NAN : 0.0;
    double all[4] = {ordinates[0], ordinates[1], fill, fill};
    size_t next = 2;
    if (dims & CC_DIM_Z)
        all[2] = ordinates[next++];
    if (dims & CC_DIM_M)
        all[3] = ordinates[next];
    if (cc_wkb_append_position(parser->out, all, parser->dims) != 0)
        return fail_memory(parser);
    return true;
}

static bool append_position(struct parser *parser, const double *ordinates,
                            size_t count, unsigned dims)
{
    if (dims != parser->dims)
        return has_dims(parser, parser->dims | dims) &&
               append_mixed(parser, ordinates, dims);
    size_t size = 8 * count;
    if (cc_buffer_reserve(parser->out, size) != 0)
        return fail_memory(parser);
    uint8_t *at = parser->out->data + parser->out->size;
    for (size_t i = 0; i < count; i++, at += 8)
        cc_store_f64le(at, ordinates[i]);
    parser->out->size += size;
    return true;
}

/* What the count of ordinates says where nothing else does. */
static const unsigned dims_by_count[] = {0, 0, 0, CC_DIM_Z,
                                         CC_DIM_Z | CC_DIM_M};

static bool parse_position(struct parser *parser, int mark)
{
    double ordinates[4];
    size_t count = take_ordinates(parser, ordinates);
    if (count == 0)
        return false;
    if (parser->at == parser->end)
        return fail_due(parser, "a comma or closing parenthesis");
    unsigned dims = mark == UNMARKED ? dims_by_count[count] : (unsigned)mark;
    if (count != cc_dims_count(dims))
    {
        cc_geometry_invalid(
            parser->result,
            "WKT has a position of %zu number%s at character %zu, where %zu "
            "are due",
            count, count == 1 ? "" : "s", (size_t)(parser->at - parser->begin),
            cc_dims_count(dims));
        return false;
    }
    return append_position(parser, ordinates, count, dims);
}

/* Whether positions have the dimensions of the output when they have as many
 * numbers. */
static bool count_tells(const struct parser *parser, int mark)
{
    if (mark != UNMARKED)
        return (unsigned)mark == parser->dims;
    return dims_by_count[cc_dims_count(parser->dims)] == parser->dims;
}

/* As many positions of `count` numbers in a row as are written in the usual
 * way; *more is false behind the last. What is not is left to parse_position,
 * which knows every way and reports what is wrong. */
static bool take_plain_positions(struct parser *parser, size_t count,
                                 uint32_t *taken, bool *more)
{
    struct cc_buffer *out = parser->out;
    size_t found;
    do
    {
        size_t left = (size_t)(parser->end - parser->at);
        if (left > CC_WKT_PLAIN_CHUNK)
            left = CC_WKT_PLAIN_CHUNK;
        if (cc_buffer_reserve(out, CC_WKT_PLAIN_SIZE(left)) != 0)
            return fail_memory(parser);
        found = cc_wkt_plain_positions(parser->begin, parser->end, &parser->at,
                                       count, out->data + out->size);
        out->size += found * 8 * count;
        *taken += (uint32_t)found;
    } while (found > 0 && parser->at[-1] == ',');
    *more = found == 0;
    return true;
}

/* ---- lists ---- */

/* After an element: true with *more, or true at the end of the list. */
static bool next_element(struct parser *parser, bool *more)
{
    char character = peek(parser);
    if (character != ',' && character != ')')
        return fail_due(parser, "a comma or closing parenthesis");
    parser->at++;
    *more = character == ',';
    return true;
}

typedef bool (*element_parser)(struct parser *parser, uint32_t type, int mark,
                               int depth);

/* "(" element {"," element} ")", with the count in front in the output. */
static bool parse_list(struct parser *parser, element_parser parse_element,
                       uint32_t type, int mark, int depth)
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!expect(parser, '(', "an opening parenthesis"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return fail_memory(parser);
    while (more)
    {
        if (!parse_element(parser, type, mark, depth) ||
            !next_element(parser, &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

/* The positions of a line, and their count in front in the output. */
static bool parse_positions(struct parser *parser, int mark)
{
    size_t slot;
    uint32_t count = 0;
    bool more = true;
    if (!expect(parser, '(', "an opening parenthesis"))
        return false;
    if (cc_wkb_append_count(parser->out, &slot) != 0)
        return fail_memory(parser);
    size_t numbers =
        count_tells(parser, mark) ? cc_dims_count(parser->dims) : 0;
    while (more)
    {
        if (numbers > 0 &&
            !take_plain_positions(parser, numbers, &count, &more))
            return false;
        if (!more)
            break;
        if (!parse_position(parser, mark) || !next_element(parser, &more))
            return false;
        count++;
    }
    cc_wkb_set_count(parser->out, slot, count);
    return true;
}

static bool parse_ring(struct parser *parser, uint32_t type, int mark,
                       int depth)
{
    if (take_word(parser, "EMPTY"))
    {
        size_t slot;
        return cc_wkb_append_count(parser->out, &slot) == 0 ||
               fail_memory(parser);
    }
    (void)type;
    (void)depth;
    return parse_positions(parser, mark);
}

static bool append_header(struct parser *parser, uint32_t type)
{
    parser->needs_check |= cc_wkb_needs_check(type);
    return cc_wkb_append_header(parser->out, type, parser->dims) == 0 ||
           fail_memory(parser);
}

static bool parse_named(struct parser *parser,
                        const struct cc_wkb_class *parent, int mark, int depth)
{
    uint32_t type = take_type(parser, &mark);
    if (type == 0)
        return false;
    if (parent && !cc_wkb_member_allowed(parent, type))
    {
        cc_geometry_invalid(parser->result, "WKT has a %s as a member of a %s",
                            cc_wkb_type_name(type), parent->name);
        return false;
    }
    return parse_body(parser, type, mark, depth);
}

/* A member of a geometry of `type`: named, or of the type members have that
 * are not. The points of a MULTIPOINT may do without parentheses. */
static bool parse_member(struct parser *parser, uint32_t type, int mark,
                         int depth)
{
    const struct cc_wkb_class *class = cc_wkb_class(type);
    char word[MAX_WORD];
    peek_word(parser, word);
    bool unnamed = peek(parser) == '(' || strcmp(word, "EMPTY") == 0;
    if (class->member != 0 && unnamed)
        return parse_body(parser, class->member, mark, depth + 1);
    int ignored;
    if (type == CC_WKB_MULTIPOINT && type_of(word, &ignored) == 0)
        return append_header(parser, CC_WKB_POINT) &&
               parse_position(parser, mark);
    return parse_named(parser, class, mark, depth + 1);
}

static bool parse_content(struct parser *parser, uint32_t type, int mark,
                          int depth)
{
    enum cc_wkb_content content = cc_wkb_class(type)->content;
    if (content == CC_WKB_POSITIONS)
        return parse_positions(parser, mark);
    if (content == CC_WKB_RINGS)
        return parse_list(parser, parse_ring, type, mark, depth);
    if (content == CC_WKB_MEMBERS)
        return parse_list(parser, parse_member, type, mark, depth);
    return expect(parser, '(', "an opening parenthesis") &&
           parse_position(parser, mark) &&
           expect(parser, ')', "a closing parenthesis");
}

/* What follows a type: EMPTY or its content. */
static bool parse_body(struct parser *parser, uint32_t type, int mark,
                       int depth)
{
    if (depth > CC_GEOMETRY_MAX_DEPTH)
    {
        cc_geometry_invalid(parser->result,
                            "WKT is nested more than %d levels deep",
                            CC_GEOMETRY_MAX_DEPTH);
        return false;
    }
    if (mark != UNMARKED && !has_dims(parser, parser->dims | (unsigned)mark))
        return false;
    if (!take_word(parser, "EMPTY"))
        return append_header(parser, type) &&
               parse_content(parser, type, mark, depth);
    parser->needs_check |= cc_wkb_needs_check(type);
    return cc_wkb_append_empty(parser->out, type, parser->dims) == 0 ||
           fail_memory(parser);
}

/* ---- the value ---- */

/* "SRID=" integer ";": numbers that are not positive are no SRID. */
static bool parse_srid(struct parser *parser)
{
    double srid = 0;
    if (!take_word(parser, "SRID"))
        return true;
    if (!expect(parser, '=', "an equals sign"))
        return false;
    skip_space(parser);
    const char *begin = parser->at;
    if (!take_number(parser, &srid))
        return false;
    if (!(srid >= INT32_MIN && srid <= INT32_MAX) || srid != floor(srid))
    {
        parser->at = begin;
        return fail_due(parser, "an SRID");
    }
    parser->result->srid = srid > 0 ? (int32_t)srid : 0;
    return expect(parser, ';', "a semicolon");
}

static bool parse_value(struct parser *parser)
{
    parser->at = parser->begin;
    parser->dims = parser->wider;
    if (!parse_srid(parser) || !parse_named(parser, NULL, UNMARKED, 1))
        return false;
    return peek(parser) == '\0' && parser->at == parser->end
               ? true
               : fail_due(parser, "the end");
}

static enum cc_geometry_status finish(struct parser *parser, size_t before)
{
    struct cc_geometry_result *result = parser->result;
    if (parser->needs_check)
    {
        enum cc_geometry_status status =
            cc_wkb_check(parser->out->data + before, result);
        if (status != CC_GEOMETRY_OK)
            return status;
    }
    result->wkb_type = cc_load_u32le(parser->out->data + before + 1);
    return CC_GEOMETRY_OK;
}

static enum cc_geometry_status parse_text(struct parser *parser)
{
    struct cc_buffer *out = parser->out;
    size_t before = out->size;
    bool parsed;
    do
    {
        out->size = before;
        parsed = parse_value(parser);
    } while (!parsed && parser->wider != parser->dims);

    enum cc_geometry_status status = CC_GEOMETRY_INVALID;
    if (parsed)
        status = finish(parser, before);
    else if (parser->no_memory)
        status = CC_GEOMETRY_NO_MEMORY;
    if (status != CC_GEOMETRY_OK)
        out->size = before;
    return status;
}

enum cc_geometry_status cc_geometry_from_wkt(const char *text, size_t size,
                                             struct cc_buffer *out,
                                             struct cc_geometry_result *result)
{
    result->srid = 0;
    result->wkb_type = 0;
    result->reason[0] = '\0';
    if (cc_buffer_reserve(out, POINT_SIZE) != 0)
        return CC_GEOMETRY_NO_MEMORY;
    uint8_t *wkb = out->data + out->size;
    if (cc_wkt_plain_point(text, text + size, wkb + CC_WKB_HEADER_SIZE))
    {
        cc_wkb_store_header(wkb, CC_WKB_POINT, 0);
        out->size += POINT_SIZE;
        result->wkb_type = CC_WKB_POINT;
        return CC_GEOMETRY_OK;
    }
    struct parser parser = {.begin = text,
                            .at = text,
                            .end = text + size,
                            .out = out,
                            .result = result};
    return peek(&parser) == '\0' ? CC_GEOMETRY_EMPTY_VALUE
                                 : parse_text(&parser);
}
