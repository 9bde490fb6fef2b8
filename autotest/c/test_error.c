/* SPDX-License-Identifier: MIT */
#include "cmocka_all.h"

#include "connector/error.h"
#include "connector/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cc_secrets *secrets_with(const char *value)
{
    struct cc_secrets *secrets = cc_secrets_new();
    assert_non_null(secrets);
    assert_int_equal(cc_secrets_add(secrets, value), 0);
    return secrets;
}

static void test_set(void **state)
{
    (void)state;
    struct cc_error error;
    cc_error_init(&error, NULL);
    assert_int_equal(error.stage, CC_STAGE_NONE);
    assert_int_equal(
        cc_error_set(&error, CC_STAGE_LOGIN, "28P01", "no entry for %s", "eve"),
        -1);
    assert_int_equal(error.stage, CC_STAGE_LOGIN);
    assert_string_equal(error.code, "28P01");
    assert_string_equal(error.message, "no entry for eve");

    (void)cc_error_set(&error, CC_STAGE_FETCH, NULL, "%s", "other");
    assert_string_equal(error.code, "");
    assert_string_equal(error.message, "other");
}

static void test_message_is_utf8(void **state)
{
    (void)state;
    static const struct
    {
        const char *given;
        const char *kept;
    } cases[] = {{"caf\xC3\xA9 \xE6\x97\xA5 \xF0\x9F\x98\x80",
                  "caf\xC3\xA9 \xE6\x97\xA5 \xF0\x9F\x98\x80"},
                 {"caf\xE9.", "caf?."},
                 {"\xFF\xFE\x80", "???"},
                 {"cut \xE6\x97", "cut ??"},
                 {"\xC0\xAF", "??"},
                 {"\xED\xA0\x80", "???"},
                 {"\xF4\x90\x80\x80", "????"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
        struct cc_error error = CC_ERROR_INIT;
        (void)cc_error_set(&error, CC_STAGE_LOGIN, NULL, "%s", cases[i].given);
        assert_string_equal(error.message, cases[i].kept);
    }
}

static void test_null_error(void **state)
{
    (void)state;
    assert_int_equal(cc_error_set(NULL, CC_STAGE_QUERY, "1", "%s", "x"), -1);
    assert_int_equal(cc_error_append(NULL, "%s", "x"), -1);
    assert_int_equal(cc_error_memory(NULL), -1);
}

static void test_trailing_newlines(void **state)
{
    (void)state;
    struct cc_error error = CC_ERROR_INIT;
    (void)cc_error_set(&error, CC_STAGE_QUERY, NULL, "%s", "a\nb\r\n\n");
    assert_string_equal(error.message, "a\nb");
    (void)cc_error_set(&error, CC_STAGE_QUERY, NULL, "%s", "\n");
    assert_string_equal(error.message, "");
}

static void test_append(void **state)
{
    (void)state;
    struct cc_error error = CC_ERROR_INIT;
    (void)cc_error_set(&error, CC_STAGE_CONNECT, "111", "refused");
    assert_int_equal(cc_error_append(&error, " (port %d)", 5432), -1);
    assert_string_equal(error.message, "refused (port 5432)");
    assert_int_equal(error.stage, CC_STAGE_CONNECT);
    assert_string_equal(error.code, "111");
}

static void test_cut_at_character(void **state)
{
    (void)state;
    struct cc_error error = CC_ERROR_INIT;
    char text[CC_ERROR_MESSAGE_SIZE + 10];
    memset(text, 'x', sizeof text);
    memcpy(text + CC_ERROR_MESSAGE_SIZE - 2, "\xE2\x82\xAC", 3);
    text[sizeof text - 1] = '\0';
    (void)cc_error_set(&error, CC_STAGE_QUERY, NULL, "%s", text);
    assert_int_equal(strlen(error.message), CC_ERROR_MESSAGE_SIZE - 2);
    assert_int_equal(error.message[CC_ERROR_MESSAGE_SIZE - 3], 'x');
}

static void test_long_code(void **state)
{
    (void)state;
    struct cc_error error = CC_ERROR_INIT;
    (void)cc_error_set(&error, CC_STAGE_QUERY, "0123456789abcdefgh", "x");
    assert_string_equal(error.code, "0123456789abcde");
}

static void test_memory(void **state)
{
    (void)state;
    struct cc_error error = CC_ERROR_INIT;
    (void)cc_error_set(&error, CC_STAGE_QUERY, "42601", "x");
    assert_int_equal(cc_error_memory(&error), -1);
    assert_int_equal(error.stage, CC_STAGE_INTERNAL);
    assert_string_equal(error.code, "");
    assert_string_equal(error.message, "out of memory");
}

static void test_error_is_redacted(void **state)
{
    (void)state;
    struct cc_secrets *secrets = secrets_with("s3cr\"et");
    struct cc_error error;
    cc_error_init(&error, secrets);
    (void)cc_error_set(&error, CC_STAGE_LOGIN, NULL, "password %s refused",
                       "s3cr\"et");
    assert_string_equal(error.message, "password *** refused");
    (void)cc_error_append(&error, ": %s", "s3cr\\\"et");
    assert_string_equal(error.message, "password *** refused: ***");
    cc_secrets_free(secrets);
}

/* A secret that would be cut in two by the size of the message goes whole. */
static void test_redacted_before_cut(void **state)
{
    (void)state;
    struct cc_secrets *secrets = secrets_with("opensesame");
    struct cc_error error;
    char text[CC_ERROR_MESSAGE_SIZE + 10];
    cc_error_init(&error, secrets);
    memset(text, '.', sizeof text);
    memcpy(text + CC_ERROR_MESSAGE_SIZE - 6, "opensesame", 11);
    (void)cc_error_set(&error, CC_STAGE_QUERY, NULL, "%s", text);
    assert_null(strstr(error.message, "opens"));
    assert_non_null(strstr(error.message, "..***"));
    cc_secrets_free(secrets);
}

static int first_step(struct cc_error *error)
{
    return cc_error_set(error, CC_STAGE_RESOLVE, NULL, "no such host");
}

static int two_steps(struct cc_error *error)
{
    CC_TRY(first_step(error));
    return cc_error_set(error, CC_STAGE_CONNECT, NULL, "never reached");
}

static void test_try(void **state)
{
    (void)state;
    struct cc_error error = CC_ERROR_INIT;
    assert_int_equal(two_steps(&error), -1);
    assert_int_equal(error.stage, CC_STAGE_RESOLVE);
}

static void test_stage_names(void **state)
{
    (void)state;
    assert_string_equal(cc_stage_name(CC_STAGE_CONNECT), "connect");
    assert_string_equal(cc_stage_name(CC_STAGE_TLS), "TLS");
    for (int i = CC_STAGE_NONE; i <= CC_STAGE_INTERNAL; i++)
    {
        const char *name = cc_stage_name((enum cc_stage)i);
        assert_non_null(name);
        for (int j = CC_STAGE_NONE; j < i; j++)
            assert_string_not_equal(name, cc_stage_name((enum cc_stage)j));
    }
    assert_non_null(cc_stage_name((enum cc_stage)99));
}

static void keep_message(void *context, const char *message)
{
    snprintf(context, 64, "%s", message);
}

static void test_debug(void **state)
{
    (void)state;
    struct cc_secrets *secrets = secrets_with("token-123");
    char seen[64] = "";
    struct cc_host host = {keep_message, seen, secrets};
    cc_debug(&host, "Authorization: %s", "token-123");
    assert_string_equal(seen, "Authorization: ***");
    host.debug = NULL;
    cc_debug(&host, "nobody listens");
    cc_debug(NULL, "nor here");
    assert_string_equal(seen, "Authorization: ***");
    cc_secrets_free(secrets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_message_is_utf8),
        cmocka_unit_test(test_null_error),
        cmocka_unit_test(test_trailing_newlines),
        cmocka_unit_test(test_append),
        cmocka_unit_test(test_cut_at_character),
        cmocka_unit_test(test_long_code),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_error_is_redacted),
        cmocka_unit_test(test_redacted_before_cut),
        cmocka_unit_test(test_try),
        cmocka_unit_test(test_stage_names),
        cmocka_unit_test(test_debug),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
