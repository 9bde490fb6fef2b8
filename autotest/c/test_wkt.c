/* SPDX-License-Identifier: MIT */
#include "geometry_case.h"

#define ONE "000000000000F03F"
#define TWO "0000000000000040"
#define THREE "0000000000000840"
#define FOUR "0000000000001040"
#define ZERO "0000000000000000"
#define NAN_HEX "000000000000F87F"

/* ---- the series ---- */

static void check_series(const char *wkt, const char *hex)
{
    assert_decoded(decode_text(wkt), 0, hex);
}

static void test_series(void **state)
{
    (void)state;
    each_geometry(check_series);
}

/* EWKT in lower case, with more space than is needed. */
static void check_spelling(const char *wkt, const char *hex)
{
    char text[8192];
    size_t length = (size_t)snprintf(text, sizeof text, " \t\nsrid = 25830 ; ");
    for (; *wkt; wkt++)
    {
        bool upper = *wkt >= 'A' && *wkt <= 'Z';
        if (*wkt == '(' || *wkt == ',' || *wkt == ')')
            text[length++] = ' ';
        text[length++] = (char)(upper ? *wkt | 0x20 : *wkt);
        if (*wkt == '(' || *wkt == ',')
            text[length++] = '\n';
    }
    text[length++] = ' ';
    assert_decoded(decode_bytes(CC_GEOMETRY_AUTO, text, length), 25830, hex);
}

static void test_spelling(void **state)
{
    (void)state;
    each_geometry(check_spelling);
}

static void check_cut(const char *wkt, const char *hex)
{
    (void)hex;
    assert_never_cut(CC_GEOMETRY_AUTO, (const uint8_t *)wkt, strlen(wkt));
}

static void test_cut_anywhere(void **state)
{
    (void)state;
    each_geometry(check_cut);
}

/* ---- dimensions ---- */

static void test_marks(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"POINTZ(1 2 3)", "POINT Z (1 2 3)"},
        {"POINT(1 2 3)", "POINT Z (1 2 3)"},
        {"POINTM(1 2 3)", "POINT M (1 2 3)"},
        {"POINT(1 2 3 4)", "POINT ZM (1 2 3 4)"},
        {"pointzm (1 2 3 4)", "POINT ZM (1 2 3 4)"},
        {"POINTZ EMPTY", "POINT Z EMPTY"},
        {"MULTIPOINTM(1 2 3,4 5 6)", "MULTIPOINT M ((1 2 3),(4 5 6))"},
        {"LINESTRING(1 2 3,4 5 6)", "LINESTRING Z (1 2 3,4 5 6)"},
        {"POLYGON((0 0 1,1 1 1,1 0 1,0 0 1))",
         "POLYGON Z ((0 0 1,1 1 1,1 0 1,0 0 1))"},
        {"GEOMETRYCOLLECTIONM(POINTM(1 2 3))",
         "GEOMETRYCOLLECTION M (POINT M (1 2 3))"},
        {"TINZ(((0 0 1,0 1 1,1 1 1,0 0 1)))",
         "TIN Z (((0 0 1,0 1 1,1 1 1,0 0 1)))"},
        /* a member without a mark has its parent's */
        {"GEOMETRYCOLLECTION M (POINT (1 2 3),LINESTRING (1 2 3,4 5 6))",
         "GEOMETRYCOLLECTION M (POINT M (1 2 3),LINESTRING M (1 2 3,4 5 6))"},
        {"COMPOUNDCURVE M ((0 0 9,1 1 8),CIRCULARSTRING(1 1 8,2 2 7,3 1 6))",
         "COMPOUNDCURVE M ((0 0 9,1 1 8),CIRCULARSTRING M (1 1 8,2 2 7,3 1 "
         "6))"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_decoded_as(decode_text(same[i][0]), 0, same[i][1]);
}

static void test_mixed_dimensions(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"LINESTRING(1 2 3,4 5)", "LINESTRING Z (1 2 3,4 5 0)"},
        {"LINESTRING(1 2,4 5 6)", "LINESTRING Z (1 2 0,4 5 6)"},
        {"LINESTRING(1 2,3 4,5 6 7,8 9)",
         "LINESTRING Z (1 2 0,3 4 0,5 6 7,8 9 0)"},
        {"GEOMETRYCOLLECTION(POINT(1 2),POINT Z (1 2 3))",
         "GEOMETRYCOLLECTION Z (POINT Z (1 2 0),POINT Z (1 2 3))"},
        {"GEOMETRYCOLLECTION(POINT M (1 2 4),LINESTRING(1 2 3,4 5 6),POINT "
         "EMPTY)",
         "GEOMETRYCOLLECTION ZM (POINT ZM (1 2 0 4),LINESTRING ZM (1 2 3 0,4 "
         "5 6 0),POINT ZM EMPTY)"},
        {"GEOMETRYCOLLECTION(POINT EMPTY,POINT Z EMPTY)",
         "GEOMETRYCOLLECTION Z (POINT Z EMPTY,POINT Z EMPTY)"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_decoded_as(decode_text(same[i][0]), 0, same[i][1]);
}

static void test_wrong_dimensions(void **state)
{
    (void)state;
    assert_invalid(decode_text("POINT Z (1 2)"),
                   "WKT has a position of 2 numbers at character 12, where 3 "
                   "are due");
    assert_invalid(decode_text("POINT M (1 2 3 4)"),
                   "WKT has a position of 4 numbers at character 16, where 3 "
                   "are due");
    assert_invalid(decode_text("LINESTRING ZM (1 2 3 4,1 2 3)"),
                   "WKT has a position of 3 numbers at character 28, where 4 "
                   "are due");
    assert_invalid(decode_text("POINT (1)"),
                   "WKT has a position of 1 number at character 8, where 2 "
                   "are due");
    assert_invalid(decode_text("POINT (1 2 3 4 5)"),
                   "WKT goes on with \"5)\" at character 16, where a closing "
                   "parenthesis is due");
}

/* ---- members ---- */

static void test_members(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"MULTIPOINT(10 40,40 30)", "MULTIPOINT ((10 40),(40 30))"},
        {"MULTIPOINT((10 40),40 30,EMPTY)",
         "MULTIPOINT ((10 40),(40 30),EMPTY)"},
        {"MULTIPOINT(POINT(1 2))", "MULTIPOINT ((1 2))"},
        {"MULTIPOINT(-1 -2)", "MULTIPOINT ((-1 -2))"},
        {"MULTILINESTRING(LINESTRING(1 2,3 4),EMPTY)",
         "MULTILINESTRING ((1 2,3 4),EMPTY)"},
        {"MULTICURVE(LINESTRING(0 0,5 5))", "MULTICURVE ((0 0,5 5))"},
        {"COMPOUNDCURVE(LINESTRING(0 0,1 1))", "COMPOUNDCURVE ((0 0,1 1))"},
        {"MULTISURFACE(POLYGON((0 0,1 1,1 0,0 0)))",
         "MULTISURFACE (((0 0,1 1,1 0,0 0)))"},
        {"TIN(TRIANGLE((0 0,0 1,1 1,0 0)))", "TIN (((0 0,0 1,1 1,0 0)))"},
        {"LINEARRING(0 0,1 1,1 0,0 0)", "LINESTRING (0 0,1 1,1 0,0 0)"},
        {"GEOMETRYCOLLECTION(LINEARRING EMPTY)",
         "GEOMETRYCOLLECTION (LINESTRING EMPTY)"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_decoded_as(decode_text(same[i][0]), 0, same[i][1]);
    assert_decoded(decode_text("POLYGON (EMPTY,(0 0,1 2))"), 0,
                   "010300000002000000 00000000 02000000" ZERO ZERO ONE TWO);
}

static void test_wrong_members(void **state)
{
    (void)state;
    assert_invalid(decode_text("MULTIPOINT(LINESTRING(1 2,3 4))"),
                   "WKT has a LINESTRING as a member of a MULTIPOINT");
    assert_invalid(decode_text("COMPOUNDCURVE(COMPOUNDCURVE((0 0,1 1)))"),
                   "WKT has a COMPOUNDCURVE as a member of a COMPOUNDCURVE");
    assert_invalid(decode_text("GEOMETRYCOLLECTION((1 2))"),
                   "WKT goes on with \"(1 2))\" at character 20, where a "
                   "geometry type is due");
    assert_invalid(decode_text("COMPOUNDCURVE((0 0,1 1),(2 2,3 3))"),
                   "a part of a COMPOUNDCURVE does not begin where the one "
                   "before it ends");
    assert_invalid(decode_text("CIRCULARSTRING(0 0,1 1)"),
                   "a CIRCULARSTRING has an even number of points, or only "
                   "one");
    assert_invalid(decode_text("TRIANGLE((0 0,1 1,0 0))"),
                   "the ring of a TRIANGLE is not four points, the last the "
                   "same as the first");
}

/* ---- SRIDs ---- */

static void test_srid(void **state)
{
    (void)state;
    const char *point = "0101000000" ONE TWO;
    assert_decoded(decode_text("SRID=4326;POINT(1 2)"), 4326, point);
    assert_decoded(decode_text("  srid=3857; point(1 2)"), 3857, point);
    assert_decoded(decode_text("SRID=0;POINT(1 2)"), 0, point);
    assert_decoded(decode_text("SRID=-1;POINT(1 2)"), 0, point);
    assert_decoded(decode_text("SRID=4326;POINT(1 2 3)"), 4326,
                   "01E9030000" ONE TWO THREE);
    assert_invalid(decode_text("SRID=4326,POINT(1 2)"),
                   "WKT goes on with \",POINT(1 2)\" at character 10, where a "
                   "semicolon is due");
    assert_invalid(decode_text("SRID=99999999999;POINT(1 2)"),
                   "WKT goes on with \"99999999999;POI\" at character 6, where "
                   "an SRID is due");
    assert_invalid(decode_text("SRID=1.5;POINT(1 2)"),
                   "WKT goes on with \"1.5;POINT(1 2)\" at character 6, where "
                   "an SRID is due");
    assert_invalid(decode_text("SRID POINT(1 2)"),
                   "WKT goes on with \"POINT(1 2)\" at character 6, where an "
                   "equals sign is due");
}

/* ---- numbers ---- */

static void test_numbers(void **state)
{
    (void)state;
    assert_decoded(decode_text("POINT(1e0 +2.)"), 0, "0101000000" ONE TWO);
    assert_decoded(decode_text("POINT(0.1 -1.7976931348623157e308)"), 0,
                   "0101000000 9A9999999999B93F FFFFFFFFFFFFEFFF");
    assert_decoded(decode_text("POINT(nan NaN)"), 0,
                   "0101000000" NAN_HEX NAN_HEX);
    assert_decoded(decode_text("POINT(inf -Infinity)"), 0,
                   "0101000000 000000000000F07F 000000000000F0FF");
    /* SQL Server's M without Z */
    assert_decoded(decode_text("POINT (1 2 NULL 4)"), 0,
                   "01B90B0000" ONE TWO NAN_HEX FOUR);
    assert_invalid(decode_text("POINT(1 x)"),
                   "WKT goes on with \"x)\" at character 9, where a number is "
                   "due");
    assert_invalid(decode_text("POINT(1.5-2)"),
                   "WKT goes on with \"-2)\" at character 10, where a space, "
                   "comma or closing parenthesis is due");
    assert_invalid(decode_text("POINT(1 1e999)"),
                   "WKT goes on with \"1e999)\" at character 9, where a number "
                   "is due");
    assert_invalid(decode_text("POINT(1,2)"),
                   "WKT has a position of 1 number at character 7, where 2 "
                   "are due");
}

/* Numbers of every length at the end of an allocation, behind as many others as
 * `text` has. */
static void check_long_number(const char *text, size_t digits)
{
    char line[1024];
    char number[256];
    snprintf(number, sizeof number, "%0*d", (int)digits, 7);
    size_t size = (size_t)snprintf(line, sizeof line, "%s%s 2.5,%s 4)", text,
                                   number, number);
    char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, line, size);
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    assert_int_equal(cc_geometry_from_wkt(copy, size, &out, &result),
                     CC_GEOMETRY_OK);
    assert_true(out.size > 32);
    const double expected[] = {strtod(number, NULL), 2.5, strtod(number, NULL),
                               4};
    assert_memory_equal(out.data + out.size - 32, expected, 32);
    cc_buffer_free(&out);
    free(copy);
}

static void test_long_numbers(void **state)
{
    (void)state;
    for (size_t digits = 1; digits < 200; digits++)
    {
        check_long_number("LINESTRING(", digits);
        check_long_number("LINESTRING(1 2,3.25 4.5,-5 6,7.125 8,9 10,11 12,13 "
                          "14,15 16,17 18,19 20,21.5 22.75,23 24,25 26.125, 27 "
                          "28,29 30,31 32,33.0625 34,",
                          digits);
    }
}

/* ---- positions as servers write them ---- */

/* xorshift64: the same numbers every time. */
static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252U;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static unsigned random_below(unsigned limit)
{
    return (unsigned)(next_random() % limit);
}

/* Digits of a number, some with a run of zeros or nines. */
static size_t put_digits(char *to, size_t count)
{
    static const char *const runs[] = {"0000000000000000000",
                                       "9999999999999999999"};
    size_t run = random_below(8);
    for (size_t i = 0; i < count; i++)
        to[i] = (char)('0' + random_below(10));
    if (run < 2 && count > 2)
        memcpy(to + 1, runs[run], random_below((unsigned)count - 1));
    return count;
}

/* A number that is plain, or now and then one that is not. */
static size_t put_number(char *to)
{
    static const char *const others[] = {
        "0",   "-7",   "12",    "+1.5", "5.",     ".5",
        "1e3", "-0.0", "-1E-5", "0.0",  "00.250", "12345678901234567890.125"};
    size_t length = 0;
    if (random_below(40) == 0)
        return (size_t)sprintf(to, "%s", others[random_below(12)]);
    if (random_below(2) == 0)
        to[length++] = '-';
    unsigned most = random_below(4) == 0 ? 16 : 4;
    length += put_digits(to + length, 1 + random_below(most));
    to[length++] = '.';
    return length + put_digits(to + length, 1 + random_below(15));
}

#define MAX_POSITIONS 90
#define MAX_LINE (MAX_POSITIONS * 4 * 40 + 64)

/* A line of `positions`, or a point, with numbers whose values go to `values`. */
static size_t put_line(char *text, size_t positions, size_t count,
                       double *values)
{
    static const char *const marks[] = {"", "", "", "Z", "ZM"};
    const char *separator = random_below(2) == 0 ? "," : ", ";
    size_t length =
        (size_t)sprintf(text, "%s%s%s(", positions > 1 ? "LINESTRING" : "POINT",
                        random_below(2) == 0 ? "" : " ", marks[count]);
    for (size_t i = 0; i < positions * count; i++)
    {
        const char *between = i % count == 0 ? separator : " ";
        length += (size_t)sprintf(text + length, "%s", i > 0 ? between : "");
        char *number = text + length;
        length += put_number(number);
        text[length] = '\0';
        *values++ = strtod(number, NULL);
    }
    text[length++] = ')';
    return length;
}

static void test_plain_numbers(void **state)
{
    (void)state;
    static char text[MAX_LINE];
    static double values[MAX_POSITIONS * 4];
    for (int i = 0; i < 20000; i++)
    {
        bool point = i % 2 == 0;
        size_t positions = point ? 1 : 2 + random_below(MAX_POSITIONS - 1);
        size_t count = 2 + random_below(point && i % 8 != 0 ? 1 : 3);
        size_t length = put_line(text, positions, count, values);
        struct decoded decoded = decode_bytes(CC_GEOMETRY_AUTO, text, length);
        size_t size = positions * count * sizeof *values;
        assert_int_equal(decoded.status, CC_GEOMETRY_OK);
        assert_int_equal(decoded.wkb.size, size + (point ? 5 : 9));
        if (memcmp(decoded.wkb.data + decoded.wkb.size - size, values, size) !=
            0)
            fail_msg("not the numbers of %.*s", (int)length, text);
        cc_buffer_free(&decoded.wkb);
    }
}

/* Numbers exactly between two doubles become the even one. */
static void test_middles(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "9007199254740993.0", "9007199254740995.0", "-9007199254740997.0",
        "4503599627370497.5", "4503599627370498.5", "-6755399441055745.5",
        "9007199254740993.",  "12345678901234567.", "99999999999999990.",
        "2251799813685249.25"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    {
        char text[80];
        double value = strtod(numbers[i], NULL);
        snprintf(text, sizeof text,
                 "LINESTRING(10.123456789 0.25,%s %s,1.5 2.5)", numbers[i],
                 numbers[i]);
        struct decoded decoded = decode_text(text);
        assert_int_equal(decoded.status, CC_GEOMETRY_OK);
        assert_memory_equal(decoded.wkb.data + 25, &value, sizeof value);
        assert_memory_equal(decoded.wkb.data + 33, &value, sizeof value);
        cc_buffer_free(&decoded.wkb);
    }
}

/* As much output for as little text as there can be. */
static void test_short_numbers(void **state)
{
    (void)state;
    static const char *const begins[] = {"LINESTRING(", "LINESTRING Z(",
                                         "LINESTRING ZM("};
    static char text[4 * 4000 * 2 + 32];
    static double values[4000 * 4];
    for (size_t count = 2; count <= 4; count++)
    {
        size_t length = (size_t)sprintf(text, "%s", begins[count - 2]);
        for (size_t i = 0; i < 4000 * count; i++)
        {
            values[i] = (double)(i * 7 % 10);
            text[length++] = (char)('0' + i * 7 % 10);
            text[length++] = i % count + 1 < count ? ' ' : ',';
        }
        text[length - 1] = ')';
        struct decoded decoded = decode_bytes(CC_GEOMETRY_AUTO, text, length);
        assert_int_equal(decoded.status, CC_GEOMETRY_OK);
        assert_int_equal(decoded.wkb.size, 9 + 4000 * count * 8);
        assert_memory_equal(decoded.wkb.data + 9, values, 4000 * count * 8);
        cc_buffer_free(&decoded.wkb);
    }
}

static bool is_part_of_number(char character)
{
    return character != '\0' && strchr("0123456789.+-eE", character) != NULL;
}

/* The values of all that may be a number. */
static size_t list_numbers(const char *next, double *values)
{
    size_t count = 0;
    while (*next != '\0')
    {
        char *end = (char *)next + 1;
        if (is_part_of_number(*next))
        {
            values[count++] = strtod(next, &end);
            assert_false(is_part_of_number(*end));
        }
        next = end;
    }
    return count;
}

/* A wrong character anywhere is an error, or makes another number. */
static void test_wrong_characters(void **state)
{
    (void)state;
    static const char wrong[] = "0123456789.-+e, )(x/:\xFF\x80";
    static char text[MAX_LINE];
    static double values[MAX_POSITIONS * 4];
    size_t accepted = 0;
    for (int i = 0; i < 60000; i++)
    {
        size_t positions = 1 + random_below(6);
        size_t count = 2 + random_below(3);
        size_t length = put_line(text, positions, count, values);
        size_t at = (size_t)(strchr(text, '(') - text);
        at += random_below((unsigned)(length - at));
        text[at] = wrong[random_below(sizeof wrong - 1)];
        text[length] = '\0';
        struct decoded decoded = decode_bytes(CC_GEOMETRY_AUTO, text, length);
        if (decoded.status != CC_GEOMETRY_OK)
            continue;
        /* Positions of fewer numbers than others are filled up. */
        size_t header = text[0] == 'L' ? 9 : 5;
        size_t size = 8 * list_numbers(strchr(text, '('), values);
        if (decoded.wkb.size == header + size)
        {
            assert_memory_equal(decoded.wkb.data + header, values, size);
            accepted++;
        }
        cc_buffer_free(&decoded.wkb);
    }
    assert_in_range(accepted, 6000, 54000);
}

/* ---- what is no WKT ---- */

static void test_no_wkt(void **state)
{
    (void)state;
    assert_invalid(decode_text("hello"),
                   "WKT goes on with \"hello\" at character 1, where a "
                   "geometry type is due");
    assert_invalid(decode_text("POINTX(1 2)"),
                   "WKT goes on with \"POINTX(1 2)\" at character 1, where a "
                   "geometry type is due");
    assert_invalid(decode_text("CURVE(1 2,3 4)"),
                   "WKT goes on with \"CURVE(1 2,3 4)\" at character 1, where "
                   "a geometry type is due");
    assert_invalid(decode_text("FULLGLOBE"),
                   "a FULLGLOBE, the whole earth, has no WKB");
    assert_invalid(decode_text("POINT(1 2) POINT(3 4)"),
                   "WKT goes on with \"POINT(3 4)\" at character 12, where the "
                   "end is due");
    assert_invalid(decode_text("LINESTRING()"),
                   "WKT goes on with \")\" at character 12, where a number is "
                   "due");
    assert_invalid(decode_text("LINESTRING(1 2,)"),
                   "WKT goes on with \")\" at character 16, where a number is "
                   "due");
    assert_invalid(decode_text("POINT\xC3\xA9(1 2)"),
                   "WKT goes on with \"?\?(1 2)\" at character 6, where an "
                   "opening parenthesis is due");
    assert_invalid(decode_bytes(CC_GEOMETRY_AUTO, "POINT(1 2)\0x", 12),
                   "WKT goes on with \"?x\" at character 11, where the end is "
                   "due");
}

/* A polygon cut by VARCHAR(1000) says so. */
static void test_cut_tells_the_width(void **state)
{
    (void)state;
    char text[2048] = "POLYGON ((";
    size_t length = strlen(text);
    while (length < 1900)
        length += (size_t)sprintf(text + length, "10.5 20.25,");
    assert_invalid(decode_bytes(CC_GEOMETRY_AUTO, text, 1000),
                   "WKT is cut: it ends after 1000 characters, where a number "
                   "is due; the column may be too narrow, e.g. VARCHAR(1000)");
    assert_invalid(decode_bytes(CC_GEOMETRY_AUTO, text, 1001),
                   "WKT is cut: it ends after 1001 characters, where a comma "
                   "or closing parenthesis is due");
}

static struct decoded decode_nested(size_t levels)
{
    char *text = malloc(levels * 32);
    assert_non_null(text);
    size_t length = 0;
    for (size_t i = 1; i < levels; i++)
        length += (size_t)sprintf(text + length, "GEOMETRYCOLLECTION(");
    length += (size_t)sprintf(text + length, "POINT(1 2)");
    for (size_t i = 1; i < levels; i++)
        text[length++] = ')';
    struct decoded decoded = decode_bytes(CC_GEOMETRY_AUTO, text, length);
    free(text);
    return decoded;
}

static void test_depth(void **state)
{
    (void)state;
    struct decoded decoded = decode_nested(CC_GEOMETRY_MAX_DEPTH);
    assert_int_equal(decoded.status, CC_GEOMETRY_OK);
    cc_buffer_free(&decoded.wkb);
    assert_invalid(decode_nested(CC_GEOMETRY_MAX_DEPTH + 1),
                   "WKT is nested more than 32 levels deep");
    assert_invalid(decode_nested(1000000),
                   "WKT is nested more than 32 levels deep");
}

static void test_empty_text(void **state)
{
    (void)state;
    struct cc_buffer out = CC_BUFFER_INIT;
    struct cc_geometry_result result;
    assert_int_equal(cc_geometry_from_wkt("", 0, &out, &result),
                     CC_GEOMETRY_EMPTY_VALUE);
    assert_int_equal(cc_geometry_from_wkt(" \n ", 3, &out, &result),
                     CC_GEOMETRY_EMPTY_VALUE);
    assert_int_equal(out.size, 0);
    cc_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_spelling),
        cmocka_unit_test(test_cut_anywhere),
        cmocka_unit_test(test_marks),
        cmocka_unit_test(test_mixed_dimensions),
        cmocka_unit_test(test_wrong_dimensions),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_wrong_members),
        cmocka_unit_test(test_srid),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_long_numbers),
        cmocka_unit_test(test_plain_numbers),
        cmocka_unit_test(test_middles),
        cmocka_unit_test(test_short_numbers),
        cmocka_unit_test(test_wrong_characters),
        cmocka_unit_test(test_no_wkt),
        cmocka_unit_test(test_cut_tells_the_width),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_empty_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
