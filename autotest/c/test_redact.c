/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "connector/error.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* p@ss/w"o'r\d: a character for every kind of escaping */
#define SECRET "p@ss/w\"o'r\\d"

static void check(const char *secret, const char *text, const char *expected)
{
    struct cc_secrets *secrets = cc_secrets_new();
    assert_non_null(secrets);
    assert_int_equal(cc_secrets_add(secrets, secret), 0);
    char *clean = cc_redact(secrets, text);
    assert_string_equal(clean, expected);
    free(clean);
    cc_secrets_free(secrets);
}

static void test_spellings(void **state)
{
    (void)state;
    static const char *const spellings[] = {
        SECRET,
        "p%40ss%2Fw%22o%27r%5Cd", /* percent-encoded */
        "p%40ss%2fw%22o%27r%5cd", /* in lower case */
        "p@ss/w%22o'r%5Cd",       /* only what must be */
        "%70%40%73%73%2F%77%22%6F%27%72%5C%64",
        "p@ss/w\\\"o'r\\\\d",   /* JSON */
        "p@ss\\/w\\\"o'r\\\\d", /* JSON as json-c and PHP write it */
        "p@ss\\u002fw\\u0022o\\u0027r\\u005Cd",
        "p@ss/w\\\"o\\'r\\\\d",   /* MySQL */
        "p@ss/w&quot;o&#39;r\\d", /* XML */
        "p@ss/w&#x22;o&apos;r\\d",
        "704073732f77226f27725c64", /* hexadecimal */
        "704073732F77226F27725C64",
    };
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
    {
        char text[128];
        snprintf(text, sizeof text, "user x, password %s.", spellings[i]);
        check(SECRET, text, "user x, password ***.");
    }
}

static void test_doubled_quotes(void **state)
{
    (void)state;
    check("o'clock", "VALUES ('o''clock')", "VALUES ('***')");
    check("a\"b\"cd", "FROM \"a\"\"b\"\"cd\"", "FROM \"***\"");
    check("x`y`zz", "`x``y``zz`", "`***`");
    check("x]yzz", "[x]]yzz]", "[***]");
}

static void test_base64(void **state)
{
    (void)state;
    check(SECRET, "Basic cEBzcy93Im8nclxk", "Basic ***");
    check(SECRET, "Basic dTpwQHNzL3cibydyXGQ=", "Basic ***");
    check(SECRET, "Basic dXM6cEBzcy93Im8nclxk", "Basic ***");
    check(SECRET, "Basic dXNyOnBAc3MvdyJvJ3JcZA== (refused)",
          "Basic *** (refused)");
    check(SECRET, "?auth=dTpwQHNzL3cibydyXGQ%3D&x", "?auth=***&x");
}

/* 0xFB 0xFF...: base64 with + and /, and its URL-safe alphabet. */
static void test_base64_url(void **state)
{
    (void)state;
    check("\xFB\xFF\xFE\xFB\xFF\xFE", "a +//++//+ b", "a *** b");
    check("\xFB\xFF\xFE\xFB\xFF\xFE", "a -__--__- b", "a *** b");
}

static void test_unicode(void **state)
{
    (void)state;
    check("caf\xC3\xA9-\xF0\x9F\x98\x80", "[caf\\u00e9-\\ud83d\\ude00]",
          "[***]");
    check("caf\xC3\xA9-\xF0\x9F\x98\x80", "[caf%C3%A9-%F0%9F%98%80]", "[***]");
    check("\xE2\x82\xAC\xE2\x82\xAC", "\\u20AC\\u20ac", "***");
    check("abcd\n1", "x abcd\\n1 y", "x *** y");
}

static void test_space_as_plus(void **state)
{
    (void)state;
    check("open sesame", "pw=open+sesame&x=1", "pw=***&x=1");
    check("open sesame", "pw=open%20sesame", "pw=***");
}

/* Under four bytes only whole words go, and only raw or escaped, not hex. */
static void test_short(void **state)
{
    (void)state;
    check("a", "a table, (a) at A a", "*** table, (***) at A ***");
    check("a", "61 rows", "61 rows");
    check("x'y", "ax'y x'y", "ax'y ***");
    check("abc", "abcd abc", "abcd ***");
    check("abcd", "xabcdx", "x***x");
}

static void test_near_misses(void **state)
{
    (void)state;
    check("hunter22", "hunter2 hunter 22 HUNTER22",
          "hunter2 hunter 22 HUNTER22");
    check("hunter22", "hunter2", "hunter2");
    check("hunter22", "%", "%");
    check("hunter22", "hunter2\\", "hunter2\\");
    check("hunter22", "hunter2\\u", "hunter2\\u");
    check("hunter22", "hunter2%3", "hunter2%3");
    check("hunter22", "\\ud83d\\u0041", "\\ud83d\\u0041");
    check("hunter22", "hunter2&#3", "hunter2&#3");
}

static void test_overlapping(void **state)
{
    (void)state;
    struct cc_secrets *secrets = cc_secrets_new();
    assert_int_equal(cc_secrets_add(secrets, "pass"), 0);
    assert_int_equal(cc_secrets_add(secrets, "password"), 0);
    assert_int_equal(cc_secrets_add(secrets, ""), 0);
    assert_int_equal(cc_secrets_add(secrets, NULL), 0);
    char *clean = cc_redact(secrets, "passwordpass pass");
    assert_string_equal(clean, "****** ***");
    free(clean);
    cc_secrets_free(secrets);
}

static void test_no_secrets(void **state)
{
    (void)state;
    char *clean = cc_redact(NULL, "text");
    assert_string_equal(clean, "text");
    free(clean);
    cc_secrets_free(NULL);
}

static void test_wipe(void **state)
{
    (void)state;
    char text[] = "secret";
    cc_wipe(text, sizeof text);
    for (size_t i = 0; i < sizeof text; i++)
        assert_int_equal(text[i], 0);
}

static void *add_tokens(void *context)
{
    for (int i = 0; i < 200; i++)
    {
        char token[32];
        snprintf(token, sizeof token, "token-%d-end", i);
        if (cc_secrets_add(context, token) != 0)
            return context;
    }
    return NULL;
}

/* Session tokens arrive while other threads redact. */
static void test_concurrent_adding(void **state)
{
    (void)state;
    struct cc_secrets *secrets = cc_secrets_new();
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_tokens, secrets),
                         0);
    for (int i = 0; i < 50; i++)
        free(cc_redact(secrets, "token-7-end and token-8-end"));
    for (size_t i = 0; i < 2; i++)
    {
        void *result = secrets;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
    char *clean = cc_redact(secrets, "token-0-end, token-199-end");
    assert_string_equal(clean, "***, ***");
    free(clean);
    cc_secrets_free(secrets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spellings),
        cmocka_unit_test(test_doubled_quotes),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_url),
        cmocka_unit_test(test_unicode),
        cmocka_unit_test(test_space_as_plus),
        cmocka_unit_test(test_short),
        cmocka_unit_test(test_near_misses),
        cmocka_unit_test(test_overlapping),
        cmocka_unit_test(test_no_secrets),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_concurrent_adding),
    };
    return cmocka_run_group_tests_name("redact", tests, NULL, NULL);
}
