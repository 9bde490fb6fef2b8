/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "wire/json_rows.h"

#include <stdlib.h>
#include <string.h>

/* The rows of `text`, each cell in < >, rows ended by a semicolon; what went
 * wrong in its place. */
static const char *rows_of(const char *text, size_t count, bool enclosed)
{
    static char out[4096];
    struct cc_error error = CC_ERROR_INIT;
    struct cc_json_cell cells[8];
    char *copy = strdup(text);
    struct cc_json_rows rows = {
        .data = copy, .size = strlen(text), .enclosed = enclosed};
    enum cc_json_read read;
    size_t at = 0;
    while ((read = cc_json_next(&rows, cells, count, &error)) == CC_JSON_ROW)
    {
        for (size_t i = 0; i < count; i++)
        {
            const char *cell = cells[i].text ? cells[i].text : "NULL";
            size_t size = cells[i].text ? cells[i].size : 4;
            out[at++] = '<';
            memcpy(out + at, cell, size);
            at += size;
            out[at++] = '>';
        }
        out[at++] = ';';
    }
    out[at] = '\0';
    if (read == CC_JSON_ERROR)
    {
        assert_int_equal(error.stage, CC_STAGE_FETCH);
        strcpy(out + at, strchr(error.message, ':') + 2);
    }
    free(copy);
    return out;
}

static void test_rows(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of("[[\"1\",\"a\",null],[\"2\",\"\",\"x\"]]", 3, true),
        "<1><a><NULL>;<2><><x>;");
    assert_string_equal(
        rows_of(" [ [ \"1\" , null ] ,\n [ \"2\" , \"b\" ] ] ", 2, true),
        "<1><NULL>;<2><b>;");
    assert_string_equal(rows_of("[]", 2, true), "");
}

/* A chunk has no outer brackets. */
static void test_chunks(void **state)
{
    (void)state;
    assert_string_equal(rows_of("[\"1\",null],\n[\"2\",\"b\"]\n", 2, false),
                        "<1><NULL>;<2><b>;");
    assert_string_equal(rows_of("", 2, false), "");
    assert_string_equal(rows_of("\n", 2, false), "");
}

static void test_escapes(void **state)
{
    (void)state;
    assert_string_equal(rows_of("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", 1, false),
                        "<\"\\/\b\f\n\r\t>;");
    assert_string_equal(rows_of("[\"a\\u0041\\u00e9\\u20AC\"]", 1, false),
                        "<aA\xC3\xA9\xE2\x82\xAC>;");
    assert_string_equal(rows_of("[\"\\uD83D\\uDE00!\"]", 1, false),
                        "<\xF0\x9F\x98\x80!>;");
    /* half of a pair is no character */
    assert_string_equal(rows_of("[\"\\uD83D\",\"\\uDE00x\"]", 2, false),
                        "<\xEF\xBF\xBD><\xEF\xBF\xBDx>;");
    assert_string_equal(rows_of("[\"\\uD83D\\u0041\"]", 1, false),
                        "<\xEF\xBF\xBD"
                        "A>;");
}

static void test_other_values(void **state)
{
    (void)state;
    assert_string_equal(
        rows_of("[12.5,true,{\"a\":[1,\"]\"]},[[],\"\\\"\"]]", 4, false),
        "<12.5><true><{\"a\":[1,\"]\"]}><[[],\"\\\"\"]>;");
}

static void test_damage(void **state)
{
    (void)state;
    assert_non_null(strstr(rows_of("[\"1\"]", 2, false), "short of values"));
    assert_non_null(strstr(rows_of("[\"1\",\"2\"]", 1, false), "too many"));
    assert_non_null(
        strstr(rows_of("[[\"1\"]", 1, true), "<1>;the rows end too early"));
    assert_non_null(strstr(rows_of("[[\"1\"]]x", 1, true), "end too early"));
    assert_non_null(strstr(rows_of("[\"1\"]\n[\"2\"]", 1, false), "no comma"));
    assert_non_null(strstr(rows_of("[\"1\"],", 1, false), "row"));
    assert_non_null(strstr(rows_of("[\"1", 1, false), "damaged"));
    assert_non_null(strstr(rows_of("[\"1\\", 1, false), "damaged"));
    assert_non_null(strstr(rows_of("[\"\\x\"]", 1, false), "damaged"));
    assert_non_null(strstr(rows_of("[\"\\u12\"]", 1, false), "damaged"));
    assert_non_null(strstr(rows_of("[[", 1, false), "damaged"));
    assert_non_null(strstr(rows_of("x", 1, true), "missing"));
    assert_non_null(strstr(rows_of("[,]", 1, false), "damaged"));
}

/* Nesting has a limit, and a NUL is no value. */
static void test_hostile(void **state)
{
    char deep[3000];
    struct cc_json_span span;
    (void)state;
    memset(deep, '[', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    assert_non_null(strstr(rows_of(deep, 1, false), "damaged"));
    assert_false(
        cc_json_find("{\"data\":{\"a\":[\0]}}", 19, "data", "b", &span));
}

static void check_found(const char *text, const char *expected)
{
    struct cc_json_span span;
    assert_true(cc_json_find(text, strlen(text), "data", "rowset", &span));
    assert_int_equal(span.size, strlen(expected));
    assert_memory_equal(text + span.at, expected, span.size);
}

static void test_find(void **state)
{
    (void)state;
    check_found("{\"data\":{\"rowset\":[[\"1\"]],\"x\":1}}", "[[\"1\"]]");
    check_found(
        "{\"success\":true, \"code\":null,\n\"data\" : {\"a\":{\"rowset\""
        ":1}, \"rowset\" : [ ] } }",
        "[ ]");
    check_found("{\"data\":{\"a\":\"\\\"rowset\\\":[\",\"rowset\":null}}",
                "null");
    check_found("{\"data\":{\"a\":1}}", "");
    check_found("{\"data\":null}", "");
    check_found("{}", "");
}

static void test_find_in_damage(void **state)
{
    static const char *const texts[] = {"{\"data\":{\"rowset\":[", "{\"data\"",
                                        "{\"data\":{\"a\" 1}}", "", "{"};
    struct cc_json_span span;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(
            cc_json_find(texts[i], strlen(texts[i]), "data", "rowset", &span));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),    cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_escapes), cmocka_unit_test(test_other_values),
        cmocka_unit_test(test_damage),  cmocka_unit_test(test_hostile),
        cmocka_unit_test(test_find),    cmocka_unit_test(test_find_in_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
