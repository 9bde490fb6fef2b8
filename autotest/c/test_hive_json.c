/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "wire/hive_json.h"

#include <json.h>
#include <string.h>

static void assert_json(const char *text, bool unescaped, const char *expected)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    assert_int_equal(cc_buffer_append(&out, "before", 6), 0);
    int status = cc_hive_json(&out, text, strlen(text), unescaped);
    assert_int_equal(status, expected ? 0 : 1);
    assert_int_equal(cc_buffer_append(&out, "", 1), 0);
    assert_string_equal((const char *)out.data + 6, expected ? expected : "");
    if (expected)
    {
        struct json_object *parsed = json_tokener_parse(expected);
        assert_non_null(parsed);
        json_object_put(parsed);
    }
    cc_buffer_free(&out);
}

/* The same from either. */
static void assert_both(const char *text, const char *expected)
{
    assert_json(text, false, expected);
    assert_json(text, true, expected);
}

static void test_json_stays(void **state)
{
    static const char *const valid[] = {
        "[]",
        "{}",
        "[[],{}]",
        "[1,null,3]",
        "{\"k\":1.5}",
        "{\"x\":1,\"y\":\"s\",\"z\":{\"a\":[true,false]}}",
        "[-0.5,1.0E30,2e-3,0]",
        "[\"null\",\"1\",\"\"]",
        "[\"\xC3\xA9\"]"};
    (void)state;
    for (size_t i = 0; i < sizeof valid / sizeof *valid; i++)
        assert_both(valid[i], valid[i]);
}

static void test_keys(void **state)
{
    (void)state;
    assert_both("{1:2,3:null}", "{\"1\":2,\"3\":null}");
    assert_both("{true:1}", "{\"true\":1}");
    assert_both("{0:{-1.5:[1]}}", "{\"0\":{\"-1.5\":[1]}}");
    assert_both("{2020-01-01:\"x\"}", "{\"2020-01-01\":\"x\"}");
    assert_both("{2020-01-01 01:02:03.5:1,2020-01-01 01:02:03:2}",
                "{\"2020-01-01 01:02:03.5\":1,\"2020-01-01 01:02:03\":2}");
}

static void test_bare_words(void **state)
{
    (void)state;
    assert_both("[NaN,Infinity,-Infinity]",
                "[\"NaN\",\"Infinity\",\"-Infinity\"]");
    assert_both("[2020-01-01,2020-01-01 01:02:03.5]",
                "[\"2020-01-01\",\"2020-01-01 01:02:03.5\"]");
    assert_both("[1 00:00:00.000000000]", "[\"1 00:00:00.000000000\"]");
    assert_both("{\"i\":1-2}", "{\"i\":\"1-2\"}");
    assert_both("[01,1.,.5,1e,-]", "[\"01\",\"1.\",\".5\",\"1e\",\"-\"]");
    assert_both("[a\"b\\c\x01]", "[\"a\\\"b\\\\c\\u0001\"]");
}

/* Hive escapes what is in a string. */
static void test_escaped(void **state)
{
    (void)state;
    assert_json("{\"k\\\"\":[\"a\\\\b\",\"tab\\t\",\"\\u0001\"]}", false,
                "{\"k\\\"\":[\"a\\\\b\",\"tab\\t\",\"\\u0001\"]}");
    assert_json("[\"x\\\\\",\"y\"]", false, "[\"x\\\\\",\"y\"]");
    assert_json("[\"a\tb\"]", false, "[\"a\\u0009b\"]");
    assert_json("[\"\\/\\b\\f\\r\\u00e9\"]", false,
                "[\"\\/\\b\\f\\r\\u00e9\"]");
    assert_json("[\"\\q\\u00g0\\u12\"]", false, "[\"\\\\q\\\\u00g0\\\\u12\"]");
    assert_json("[\"a\"b\"]", false, NULL);
}

/* Spark does not. */
static void test_unescaped(void **state)
{
    (void)state;
    assert_json("{\"k\"\":[\"a\\b\",\"tab\t\",null,\"x,y]\"]}", true,
                "{\"k\\\"\":[\"a\\\\b\",\"tab\\u0009\",null,\"x,y]\"]}");
    assert_json("[\"say \"x\" twice\",\"\"\"]", true,
                "[\"say \\\"x\\\" twice\",\"\\\"\"]");
    assert_json("[\"\\\"]", true, "[\"\\\\\"]");
    assert_json("{\"a:b\":\"c:d\"}", true, "{\"a:b\":\"c:d\"}");
}

static void test_other_forms(void **state)
{
    static const char *const other[] = {
        "",    "1",     "text", "\"x\"",  "[",     "{",     "[1",
        "{1",  "{1}",   "{1:2", "[1]x",   "{1:2]", "[\"a]", "{\"a}",
        "[1,", "{1:2,", "]",    "{\"a\"", "{\"a:"};
    (void)state;
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        assert_both(other[i], NULL);
}

static void test_depth(void **state)
{
    char text[200];
    (void)state;
    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    struct cc_buffer out = CC_BUFFER_INIT;
    assert_int_equal(cc_hive_json(&out, text, 128, false), 0);
    assert_int_equal(out.size, 128);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    assert_int_equal(cc_hive_json(&out, text, 130, false), 1);
    assert_int_equal(out.size, 128);
    cc_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_stays), cmocka_unit_test(test_keys),
        cmocka_unit_test(test_bare_words), cmocka_unit_test(test_escaped),
        cmocka_unit_test(test_unescaped),  cmocka_unit_test(test_other_forms),
        cmocka_unit_test(test_depth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
