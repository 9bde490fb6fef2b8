/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "connector/json_source.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

static void check_refused(const char *text, const char *message)
{
    struct json_object *root = NULL;
    struct cc_strbuf hints = CC_STRBUF_INIT;
    struct cc_error error = CC_ERROR_INIT;
    assert_int_equal(cc_json_parse(text, "x.json", &root, &hints, &error), -1);
    assert_null(root);
    assert_int_equal(error.stage, CC_STAGE_PARAMETER);
    assert_string_equal(error.message, message);
    cc_strbuf_free(&hints);
}

static void check_accepted(const char *text, const char *plain,
                           const char *expected_hints)
{
    struct json_object *root = NULL;
    struct cc_strbuf hints = CC_STRBUF_INIT;
    struct cc_error error = CC_ERROR_INIT;
    if (cc_json_parse(text, "x.json", &root, &hints, &error) != 0)
        fail_msg("%s: %s", text, error.message);
    assert_string_equal(
        json_object_to_json_string_ext(root, JSON_C_TO_STRING_PLAIN), plain);
    assert_string_equal(cc_strbuf_text(&hints), expected_hints);
    json_object_put(root);
    cc_strbuf_free(&hints);
}

#define NOT_JSON "x.json is not valid JSON: "

static void test_accepted(void **state)
{
    (void)state;
    check_accepted(" {\r\n\t\"a\" : [ 1 , -2.5e+3 , true , false , null ] }\n",
                   "{\"a\":[1,-2.5e+3,true,false,null]}", "");
    check_accepted("{}", "{}", "");
    check_accepted("[]", "[]", "");
    check_accepted("\"\\u00e9\\ud83d\\ude00\\n\\\"\"",
                   "\"\xC3\xA9\xF0\x9F\x98\x80\\n\\\"\"", "");
    check_accepted("0", "0", "");
    check_accepted("{\"a\":{\"a\":1},\"A\":2}", "{\"a\":{\"a\":1},\"A\":2}",
                   "");
    check_accepted("\xEF\xBB\xBF{\"a\":1}", "{\"a\":1}", "");
}

static void test_null(void **state)
{
    (void)state;
    struct json_object *root = NULL;
    struct cc_strbuf hints = CC_STRBUF_INIT;
    struct cc_error error = CC_ERROR_INIT;
    assert_int_equal(cc_json_parse("null", "x", &root, &hints, &error), 0);
    assert_null(root);
    cc_strbuf_free(&hints);
}

static void test_trailing_commas(void **state)
{
    (void)state;
    check_accepted("{\"a\": 1,\n}", "{\"a\":1}",
                   "x.json: line 1, column 8: a trailing comma before '}' is "
                   "ignored\n");
    check_accepted("{\"a\": [1, 2 , ], \"b\": 3,}", "{\"a\":[1,2],\"b\":3}",
                   "x.json: line 1, column 13: a trailing comma before ']' is "
                   "ignored\n"
                   "x.json: line 1, column 24: a trailing comma before '}' is "
                   "ignored\n");
    check_refused("{,}", NOT_JSON "line 1, column 2: expected a key in double "
                                  "quotes, or '}', found ','");
    check_refused("[1,,]", NOT_JSON "line 1, column 4: expected a value (text "
                                    "is put in double quotes), found ','");
}

static void test_syntax(void **state)
{
    (void)state;
    check_refused("", NOT_JSON "line 1, column 1: expected '{', found nothing");
    check_refused("  \n ",
                  NOT_JSON "line 2, column 2: expected '{', found nothing");
    check_refused("{'a': 1}", NOT_JSON "line 1, column 2: expected a key in "
                                       "double quotes, or '}', found '''");
    check_refused(
        "{\"a\" 1}",
        NOT_JSON "line 1, column 6: expected ':' after the key, found a digit");
    check_refused("{\n\"a\": 1\n\"b\": 2}",
                  NOT_JSON "line 3, column 1: expected ',' or '}', found '\"'");
    check_refused("[1 2]", NOT_JSON
                  "line 1, column 4: expected ',' or ']', found a digit");
    check_refused("{\"a\": 1", NOT_JSON "line 1, column 8: expected ',' or "
                                        "'}', found the end of the text");
    check_refused("{} {}", NOT_JSON
                  "line 1, column 4: expected the end of the text, found '{'");
    check_refused("{\"a\": 1 // c\n}",
                  NOT_JSON "line 1, column 9: expected ',' or '}', found '/'");
    check_refused("truely", NOT_JSON "line 1, column 5: expected the end of "
                                     "the text, found a letter");
}

/* What may be a secret is not quoted: {"password": hunter2}. */
static void test_no_secret_in_message(void **state)
{
    (void)state;
    check_refused("{\"password\": hunter2}", NOT_JSON
                  "line 1, column 14: expected a value (text is put in double "
                  "quotes), found a letter");
    check_refused("{\"password\": \"hunter2}", NOT_JSON
                  "line 1, column 23: expected '\"' at the end of the string, "
                  "found the end of the text");
    check_refused("{\"password\": \xC3\xA9}", NOT_JSON
                  "line 1, column 14: expected a value (text is put in double "
                  "quotes), found a character outside ASCII");
}

/* Columns count characters, not bytes. */
static void test_columns(void **state)
{
    (void)state;
    check_refused("{\"\xC3\xA9\xE2\x82\xAC\": x}", NOT_JSON
                  "line 1, column 8: expected a value (text is put in double "
                  "quotes), found a letter");
}

static void test_strings(void **state)
{
    (void)state;
    check_refused("\"a\nb\"", NOT_JSON "line 1, column 3: expected '\"' at the "
                                       "end of the string, found the end of "
                                       "the line");
    check_refused("\"a\tb\"", NOT_JSON "line 1, column 3: expected '\"' at the "
                                       "end of the string, found a control "
                                       "character");
    check_refused("\"C:\\keys\"", NOT_JSON
                  "line 1, column 4: unknown escape (a backslash is written "
                  "\"\\\\\", as in Windows paths)");
    check_refused("\"a\\", NOT_JSON
                  "line 1, column 3: unknown escape (a backslash is written "
                  "\"\\\\\", as in Windows paths)");
    check_refused("\"\\u12\"", NOT_JSON "line 1, column 2: expected four "
                                        "hexadecimal digits after \"\\u\"");
    check_refused("\"\\ud83d\"", NOT_JSON
                  "line 1, column 2: half of a surrogate pair stands alone");
    check_refused("\"\\ude00\\ud83d\"", NOT_JSON
                  "line 1, column 2: half of a surrogate pair stands alone");
    check_refused("\"\\ud83d\\u0041\"", NOT_JSON
                  "line 1, column 2: half of a surrogate pair stands alone");
    check_refused("[\"a\xFF\"]", NOT_JSON "byte 4 is not UTF-8");
}

static void test_numbers(void **state)
{
    (void)state;
    check_refused("[01]",
                  NOT_JSON "line 1, column 2: a number does not begin with 0");
    check_refused("[1.]",
                  NOT_JSON "line 1, column 4: expected a digit, found ']'");
    check_refused("[-]",
                  NOT_JSON "line 1, column 3: expected a digit, found ']'");
    check_refused("[1e]",
                  NOT_JSON "line 1, column 4: expected a digit, found ']'");
    check_refused("[+1]", NOT_JSON "line 1, column 2: expected a value (text "
                                   "is put in double quotes), found '+'");
}

static void test_duplicate_keys(void **state)
{
    (void)state;
    check_refused("{\"a\": 1,\n \"a\": 2}", NOT_JSON
                  "line 2, column 2: \"a\" is given twice in the same object");
    check_refused("{\"a\": 1, \"\\u0061\": 2}", NOT_JSON
                  "line 1, column 10: \"a\" is given twice in the same object");
    check_refused("{\"b\": {\"\": 1, \"\": 2}}", NOT_JSON
                  "line 1, column 15: \"\" is given twice in the same object");
}

static char *nested(size_t depth)
{
    char *text = calloc(2, depth + 1);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    return text;
}

static void test_depth(void **state)
{
    (void)state;
    char *text = nested(CC_JSON_MAX_DEPTH);
    check_accepted(text, text, "");
    free(text);

    text = nested(CC_JSON_MAX_DEPTH + 1);
    check_refused(text, NOT_JSON "line 1, column 17: objects and arrays are "
                                 "nested too deeply");
    free(text);

    text = nested(100000);
    check_refused(text, NOT_JSON "line 1, column 17: objects and arrays are "
                                 "nested too deeply");
    free(text);
}

static void test_size(void **state)
{
    (void)state;
    char *text = malloc(CC_JSON_MAX_SIZE + 2);
    assert_non_null(text);
    memset(text, ' ', CC_JSON_MAX_SIZE + 1);
    text[CC_JSON_MAX_SIZE + 1] = '\0';
    memcpy(text, "[1]", 3);
    check_refused(text, "x.json is longer than 1048576 bytes");
    text[CC_JSON_MAX_SIZE] = '\0';
    check_accepted(text, "[1]", "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_null),
        cmocka_unit_test(test_trailing_commas),
        cmocka_unit_test(test_syntax),
        cmocka_unit_test(test_no_secret_in_message),
        cmocka_unit_test(test_columns),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_duplicate_keys),
        cmocka_unit_test(test_depth),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests_name("json_source", tests, NULL, NULL);
}
