/* SPDX-License-Identifier: MIT */
/* Against keys, a fingerprint and a token that the openssl program made
 * (data/keys; they serve nowhere else). */
#include "cmocka_all.h"

#include "wire/base64.h"
#include "wire/jwt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *load(const char *name)
{
    static char text[8192];
    char path[512];
    snprintf(path, sizeof path, "%s/autotest/c/data/keys/%s", CC_SOURCE_DIR,
             name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return text;
}

static struct cc_jwt_key *read_key(const char *name, const char *passphrase)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_jwt_key *key = NULL;
    if (cc_jwt_key_read(load(name), passphrase, &key, &error) != 0)
        fail_msg("%s", error.message);
    return key;
}

static void check_fingerprint(const char *name, const char *passphrase)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_strbuf text = CC_STRBUF_INIT;
    struct cc_jwt_key *key = read_key(name, passphrase);
    assert_int_equal(cc_jwt_fingerprint(key, &text, &error), 0);
    (void)cc_strbuf_append_char(&text, '\n');
    assert_string_equal(cc_strbuf_text(&text), load("rsa_fingerprint.txt"));
    cc_strbuf_free(&text);
    cc_jwt_key_free(key);
}

static void test_fingerprint(void **state)
{
    (void)state;
    check_fingerprint("rsa.pem", NULL);
    check_fingerprint("rsa_pkcs1.pem", NULL);
    check_fingerprint("rsa_encrypted.pem", "swordfish");
}

static void test_sign(void **state)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_strbuf token = CC_STRBUF_INIT;
    struct cc_jwt_key *key = read_key("rsa.pem", NULL);
    (void)state;
    assert_int_equal(cc_jwt_sign(key, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}",
                                 "{\"iss\":\"A.B\",\"exp\":60}", &token,
                                 &error),
                     0);
    assert_string_equal(cc_strbuf_text(&token), load("rsa_token.txt"));
    cc_strbuf_free(&token);
    cc_jwt_key_free(key);
}

static void check_refused(const char *pem, const char *passphrase,
                          const char *words)
{
    struct cc_error error = CC_ERROR_INIT;
    struct cc_jwt_key *key = NULL;
    assert_int_equal(cc_jwt_key_read(pem, passphrase, &key, &error), -1);
    assert_null(key);
    assert_int_equal(error.stage, CC_STAGE_LOGIN);
    if (!strstr(error.message, words))
        fail_msg("%s", error.message);
}

static void test_refused_keys(void **state)
{
    (void)state;
    check_refused(load("rsa_encrypted.pem"), NULL, "no passphrase");
    check_refused(load("rsa_encrypted.pem"), "herring", "passphrase");
    check_refused(load("ec.pem"), NULL, "RSA");
    check_refused(load("rsa_short.pem"), NULL, "2048");
    check_refused(load("rsa_public.pem"), NULL, "cannot be read");
    check_refused("no key", NULL, "PEM");
    check_refused("", NULL, "PEM");
}

static void check_base64(const char *text, const char *standard,
                         const char *url)
{
    struct cc_strbuf out = CC_STRBUF_INIT;
    struct cc_buffer back = CC_BUFFER_INIT;
    (void)cc_base64(text, strlen(text), false, &out);
    assert_string_equal(cc_strbuf_text(&out), standard);
    cc_strbuf_free(&out);
    (void)cc_base64(text, strlen(text), true, &out);
    assert_string_equal(cc_strbuf_text(&out), url);
    cc_strbuf_free(&out);
    for (int i = 0; i < 2; i++)
    {
        const char *in = i ? url : standard;
        back.size = 0;
        assert_int_equal(cc_base64_decode(in, strlen(in), &back), 0);
        assert_int_equal(back.size, strlen(text));
        assert_memory_equal(back.data, text, back.size);
    }
    cc_buffer_free(&back);
}

/* RFC 4648 section 10 */
static void test_base64(void **state)
{
    (void)state;
    check_base64("", "", "");
    check_base64("f", "Zg==", "Zg");
    check_base64("fo", "Zm8=", "Zm8");
    check_base64("foo", "Zm9v", "Zm9v");
    check_base64("foob", "Zm9vYg==", "Zm9vYg");
    check_base64("fooba", "Zm9vYmE=", "Zm9vYmE");
    check_base64("\xFB\xEF\xBE\xFF", "++++/w==", "----_w");
}

static void test_base64_damage(void **state)
{
    struct cc_buffer out = CC_BUFFER_INIT;
    (void)state;
    assert_int_equal(cc_base64_decode("Zm\n9v", 5, &out), 0);
    assert_int_equal(out.size, 3);
    assert_int_equal(cc_base64_decode("Z", 1, &out), -1);
    assert_int_equal(cc_base64_decode("Zm9!", 4, &out), -1);
    assert_int_equal(cc_base64_decode("Zg==Zg==", 8, &out), -1);
    cc_buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fingerprint),   cmocka_unit_test(test_sign),
        cmocka_unit_test(test_refused_keys),  cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
