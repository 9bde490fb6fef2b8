/* SPDX-License-Identifier: MIT */
#include "jwt.h"

#include "base64.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

/* Below it no service accepts a key. */
#define MIN_BITS 2048

struct cc_jwt_key
{
    EVP_PKEY *key;
};

/* What OpenSSL says, and its queue is empty. */
static const char *reason(void)
{
    unsigned long code = ERR_get_error();
    const char *words = code ? ERR_reason_error_string(code) : NULL;
    ERR_clear_error();
    return words ? words : "unknown";
}

/* Never asks at a terminal, as OpenSSL would without it. */
static int give_passphrase(char *out, int size, int writing, void *passphrase)
{
    (void)writing;
    if (!passphrase || size < 0)
        return -1;
    size_t length = strlen(passphrase);
    if (length > (size_t)size)
        return -1;
    /* OpenSSL takes the length, not a terminator. */
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result) */
    memcpy(out, passphrase, length);
    return (int)length;
}

static int refuse(EVP_PKEY *key, const char *pem, const char *passphrase,
                  struct cc_error *error)
{
    if (key)
        return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                            "the private key is not an RSA key of at least %d "
                            "bits",
                            MIN_BITS);
    const char *words = reason();
    if (!passphrase && strstr(pem, "ENCRYPTED"))
        return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                            "the private key is encrypted, and there is no "
                            "passphrase");
    return cc_error_set(error, CC_STAGE_LOGIN, NULL,
                        "the private key cannot be read (OpenSSL: %s)%s", words,
                        passphrase ? ". Check its passphrase."
                                   : ": it has to be a PEM text");
}

int cc_jwt_key_read(const char *pem, const char *passphrase,
                    struct cc_jwt_key **key, struct cc_error *error)
{
    struct cc_jwt_key *made = calloc(1, sizeof *made);
    BIO *bio = BIO_new_mem_buf(pem, -1);
    if (made && bio)
        made->key = PEM_read_bio_PrivateKey(bio, NULL, give_passphrase,
                                            (void *)(uintptr_t)passphrase);
    bool memory = !made || !bio;
    BIO_free(bio);
    if (made && made->key && EVP_PKEY_base_id(made->key) == EVP_PKEY_RSA &&
        EVP_PKEY_bits(made->key) >= MIN_BITS)
    {
        *key = made;
        return 0;
    }
    int status = memory ? cc_error_memory(error)
                        : refuse(made->key, pem, passphrase, error);
    cc_jwt_key_free(made);
    return status;
}

void cc_jwt_key_free(struct cc_jwt_key *key)
{
    if (!key)
        return;
    EVP_PKEY_free(key->key);
    free(key);
}

int cc_jwt_fingerprint(const struct cc_jwt_key *key, struct cc_strbuf *out,
                       struct cc_error *error)
{
    unsigned char *der = NULL;
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    int size = i2d_PUBKEY(key->key, &der);
    bool done = size > 0 && EVP_Digest(der, (size_t)size, digest, &digest_size,
                                       EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    if (!done)
        return cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                            "OpenSSL makes no digest: %s", reason());
    return cc_base64(digest, digest_size, false, out) == 0
               ? 0
               : cc_error_memory(error);
}

static int append_signature(const struct cc_jwt_key *key, const char *text,
                            size_t size, struct cc_strbuf *out)
{
    unsigned char signature[2048]; /* keys of up to 16384 bits */
    size_t length = sizeof signature;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int status = -1;
    if (context && EVP_PKEY_size(key->key) <= (int)sizeof signature &&
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->key) == 1 &&
        EVP_DigestSign(context, signature, &length, (const unsigned char *)text,
                       size) == 1)
        status = cc_base64(signature, length, true, out);
    EVP_MD_CTX_free(context);
    return status;
}

int cc_jwt_sign(const struct cc_jwt_key *key, const char *header,
                const char *claims, struct cc_strbuf *out,
                struct cc_error *error)
{
    struct cc_strbuf token = CC_STRBUF_INIT;
    struct cc_strbuf signature = CC_STRBUF_INIT;
    (void)cc_base64(header, strlen(header), true, &token);
    (void)cc_strbuf_append_char(&token, '.');
    (void)cc_base64(claims, strlen(claims), true, &token);
    bool whole = !cc_strbuf_failed(&token);
    int status = 0;
    if (whole &&
        append_signature(key, token.data, token.length, &signature) != 0)
        status = cc_error_set(error, CC_STAGE_INTERNAL, NULL,
                              "OpenSSL does not sign: %s", reason());
    else if (!whole ||
             cc_strbuf_printf(out, "%s.%s", token.data, signature.data) != 0)
        status = cc_error_memory(error);
    cc_strbuf_free(&token);
    cc_strbuf_free(&signature);
    return status;
}
