/* SPDX-License-Identifier: MIT */
/* Google's credentials and tokens, against a server in a thread that answers
 * as it is told. */
#include "http_script.h"

#include "wire/base64.h"
#include "wire/google_auth_internal.h"

#include <json.h>
#include <sys/stat.h>

#define TOKEN(name, seconds)                                                   \
    "HTTP/1.1 200 OK\r\nContent-Length: 54\r\n\r\n"                            \
    "{\"access_token\": \"" name "\", \"expires_in\": " seconds "}"

/* Texts of 54 bytes. */
#define LONG_TOKEN TOKEN("ya29.long_____", "3600")
#define NEXT_TOKEN TOKEN("ya29.next_____", "3600")
#define SHORT_TOKEN TOKEN("ya29.short_____", "300")

/* ---- a world of its own ---- */

struct world
{
    struct server server;
    char folder[64]; /* of gcloud's settings */
    struct cc_connector *connector;
    struct cc_google_auth *auth;
    struct cc_error error;
};

static void set_environment(const struct world *world)
{
    assert_int_equal(setenv("CLOUDSDK_CONFIG", world->folder, 1), 0);
    unsetenv("GOOGLE_APPLICATION_CREDENTIALS");
    assert_int_equal(setenv("GCE_METADATA_HOST", "127.0.0.1:1", 1), 0);
}

/* Where the server is: "127.0.0.1:port". */
static void host_of(const struct world *world, char host[64])
{
    const char *begin = world->server.url + strlen("http://");
    size_t size = strcspn(begin, "/");
    memcpy(host, begin, size);
    host[size] = '\0';
}

static void world_open(struct world *world)
{
    server_start(&world->server);
    snprintf(world->folder, sizeof world->folder, "/tmp/cartoconn_auth_XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    set_environment(world);
}

static void world_close(struct world *world)
{
    cc_google_auth_free(world->auth);
    cc_connector_free(world->connector);
    server_stop(&world->server);
    char file[128];
    snprintf(file, sizeof file, "%s/application_default_credentials.json",
             world->folder);
    (void)unlink(file);
    assert_int_equal(rmdir(world->folder), 0);
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) < 0, 0);
    fclose(file);
}

static void write_gcloud_file(const struct world *world, const char *text)
{
    char name[128];
    snprintf(name, sizeof name, "%s/application_default_credentials.json",
             world->folder);
    write_file(name, text);
}

/* The credentials of a connector whose connection has these members. */
static int find(struct world *world, const char *members, bool only_given)
{
    struct cc_strbuf json = CC_STRBUF_INIT;
    assert_int_equal(
        cc_strbuf_printf(&json, "{" BIGQUERY ",\"connection\":{%s}}", members),
        0);
    world->connector = valid_json(cc_strbuf_text(&json));
    cc_strbuf_free(&json);
    cc_error_init(&world->error, world->connector->secrets);
    return cc_google_auth_new(world->connector, NULL, only_given, &world->auth,
                              &world->error);
}

static void assert_found(struct world *world, const char *members)
{
    if (find(world, members, false) != 0)
        fail_msg("%s", world->error.message);
}

static unsigned assert_token(struct world *world, unsigned refused,
                             const char *expected)
{
    struct cc_strbuf token = CC_STRBUF_INIT;
    unsigned number = 0;
    if (cc_google_auth_token(world->auth, refused, NULL, &token, &number,
                             &world->error) != 0)
        fail_msg("%s", world->error.message);
    assert_string_equal(cc_strbuf_text(&token), expected);
    cc_strbuf_free(&token);
    return number;
}

static void assert_no_token(struct world *world, const char *words)
{
    struct cc_strbuf token = CC_STRBUF_INIT;
    unsigned number;
    assert_int_equal(cc_google_auth_token(world->auth, 0, NULL, &token, &number,
                                          &world->error),
                     -1);
    assert_int_equal(world->error.stage, CC_STAGE_LOGIN);
    if (!strstr(world->error.message, words))
        fail_msg("%s", world->error.message);
    cc_strbuf_free(&token);
}

/* ---- service accounts ---- */

/* The JSON of part `number` of a token, its signature last. */
static struct json_object *part_of(const char *jwt, int number)
{
    struct cc_buffer bytes = CC_BUFFER_INIT;
    for (; number > 0; number--)
        jwt = strchr(jwt, '.') + 1;
    size_t size = strcspn(jwt, ".");
    char *text = malloc(size + 4);
    assert_non_null(text);
    for (size_t i = 0; i < size; i++)
        text[i] = jwt[i] == '-' ? '+' : jwt[i] == '_' ? '/' : jwt[i];
    while (size % 4 != 0)
        text[size++] = '=';
    assert_int_equal(cc_base64_decode(text, size, &bytes), 0);
    assert_int_equal(cc_buffer_append(&bytes, "", 1), 0);
    struct json_object *part = json_tokener_parse((char *)bytes.data);
    free(text);
    cc_buffer_free(&bytes);
    assert_non_null(part);
    return part;
}

static void assert_member(struct json_object *object, const char *key,
                          const char *expected)
{
    struct json_object *value = NULL;
    assert_true(json_object_object_get_ex(object, key, &value));
    assert_string_equal(json_object_get_string(value), expected);
}

static int64_t number_of(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;
    assert_true(json_object_object_get_ex(object, key, &value));
    return json_object_get_int64(value);
}

/* The JSON of a service account whose tokens the server gives. */
static char *account_of(const struct world *world)
{
    char *key = read_source_file("autotest/c/data/keys/rsa.pem");
    assert_non_null(key);
    struct json_object *account = json_object_new_object();
    json_object_object_add(account, "type",
                           json_object_new_string("service_account"));
    json_object_object_add(account, "client_email",
                           json_object_new_string("reader@p.example"));
    json_object_object_add(account, "private_key", json_object_new_string(key));
    json_object_object_add(account, "private_key_id",
                           json_object_new_string("kid-1"));
    json_object_object_add(account, "token_uri",
                           json_object_new_string(world->server.url));
    char *text = strdup(json_object_to_json_string(account));
    json_object_put(account);
    free(key);
    assert_non_null(text);
    return text;
}

static void assert_claims(const struct world *world, const char *jwt)
{
    struct json_object *header = part_of(jwt, 0);
    struct json_object *claims = part_of(jwt, 1);
    assert_member(header, "alg", "RS256");
    assert_member(header, "typ", "JWT");
    assert_member(header, "kid", "kid-1");
    assert_member(claims, "iss", "reader@p.example");
    assert_member(claims, "aud", world->server.url);
    assert_member(claims, "scope", "https://www.googleapis.com/auth/bigquery");
    int64_t issued = number_of(claims, "iat");
    int64_t now = time(NULL);
    assert_true(issued >= now - 60 && issued <= now);
    assert_int_equal(number_of(claims, "exp"), issued + 3600);
    json_object_put(header);
    json_object_put(claims);
}

static void test_service_account(void **state)
{
    static const char grant[] =
        "\r\n\r\ngrant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-"
        "bearer&assertion=";
    struct world world = {.server = {.answers = {LONG_TOKEN}}};
    struct cc_strbuf members = CC_STRBUF_INIT;
    (void)state;
    world_open(&world);
    char *account = account_of(&world);
    (void)cc_strbuf_printf(&members, "\"service_account\":%s", account);
    assert_found(&world, cc_strbuf_text(&members));
    assert_token(&world, 0, "ya29.long_____");
    assert_token(&world, 0, "ya29.long_____");
    assert_int_equal(world.server.answered, 1);
    char *body = strstr(world.server.requests[0], grant);
    assert_non_null(body);
    assert_non_null(strstr(world.server.requests[0],
                           "content-type: application/x-www-form-urlencoded"));
    assert_claims(&world, body + sizeof grant - 1);
    cc_strbuf_free(&members);
    free(account);
    world_close(&world);
}

/* Tokens are as secret as keys. */
static void test_redacted(void **state)
{
    struct world world = {.server = {.answers = {LONG_TOKEN}}};
    struct cc_strbuf members = CC_STRBUF_INIT;
    (void)state;
    world_open(&world);
    char *account = account_of(&world);
    (void)cc_strbuf_printf(&members, "\"service_account\":%s", account);
    assert_found(&world, cc_strbuf_text(&members));
    assert_token(&world, 0, "ya29.long_____");
    (void)cc_error_set(&world.error, CC_STAGE_QUERY, NULL, "it echoes %s",
                       "ya29.long_____");
    assert_string_equal(world.error.message, "it echoes ***");
    cc_strbuf_free(&members);
    free(account);
    world_close(&world);
}

static void test_clock_or_key(void **state)
{
    struct world world = {
        .server = {.answers = {"HTTP/1.1 400 Bad Request\r\n"
                               "Content-Length: 63\r\n\r\n"
                               "{\"error\": \"invalid_grant\", "
                               "\"error_description\": \"Invalid JWT.\"}"}}};
    struct cc_strbuf members = CC_STRBUF_INIT;
    (void)state;
    world_open(&world);
    char *account = account_of(&world);
    (void)cc_strbuf_printf(&members, "\"service_account\":%s", account);
    assert_found(&world, cc_strbuf_text(&members));
    assert_no_token(&world, "(HTTP 400): invalid_grant: Invalid JWT.");
    assert_non_null(strstr(world.error.message, "this machine's clock"));
    cc_strbuf_free(&members);
    free(account);
    world_close(&world);
}

/* ---- users ---- */

static void write_user(const struct world *world, const char *name)
{
    char text[512];
    snprintf(text, sizeof text,
             "{\"type\": \"authorized_user\", \"client_id\": \"i.d\", "
             "\"client_secret\": \"s&cret\", \"refresh_token\": \"1//r%s\", "
             "\"quota_project_id\": \"q\", \"token_uri\": \"%s\"}",
             name ? "+env" : "", world->server.url);
    if (name)
        write_file(name, text);
    else
        write_gcloud_file(world, text);
}

static void test_gcloud_user(void **state)
{
    struct world world = {.server = {.answers = {LONG_TOKEN}}};
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    assert_found(&world, "");
    assert_string_equal(cc_google_auth_quota_project(world.auth), "q");
    assert_token(&world, 0, "ya29.long_____");
    assert_non_null(strstr(world.server.requests[0],
                           "\r\n\r\ngrant_type=refresh_token&client_id=i.d&"
                           "client_secret=s%26cret&refresh_token=1%2F%2Fr"));
    world_close(&world);
}

/* The variable goes before gcloud's file. */
static void test_named_file(void **state)
{
    struct world world = {.server = {.answers = {LONG_TOKEN}}};
    char name[128];
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    snprintf(name, sizeof name, "%s.json", world.folder);
    write_user(&world, name);
    setenv("GOOGLE_APPLICATION_CREDENTIALS", name, 1);
    assert_found(&world, "");
    assert_token(&world, 0, "ya29.long_____");
    assert_non_null(strstr(world.server.requests[0], "1%2F%2Fr%2Benv"));
    (void)unlink(name);
    world_close(&world);
}

static void test_named_file_is_missing(void **state)
{
    struct world world = {.server = {.answers = {NULL}}};
    (void)state;
    world_open(&world);
    setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json", 1);
    assert_int_equal(find(&world, "", false), -1);
    assert_string_equal(world.error.message,
                        "GOOGLE_APPLICATION_CREDENTIALS names "
                        "/nowhere/key.json, which does not exist");
    world_close(&world);
}

static void test_kinds_that_are_not_read(void **state)
{
    static const char *const kinds[] = {"external_account",
                                        "impersonated_service_account",
                                        "gdch_service_account"};
    (void)state;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
    {
        struct world world = {.server = {.answers = {NULL}}};
        char text[128];
        world_open(&world);
        snprintf(text, sizeof text, "{\"type\": \"%s\"}", kinds[i]);
        write_gcloud_file(&world, text);
        assert_int_equal(find(&world, "", false), -1);
        assert_int_equal(world.error.stage, CC_STAGE_LOGIN);
        assert_non_null(strstr(world.error.message, kinds[i]));
        assert_non_null(strstr(world.error.message, world.folder));
        world_close(&world);
    }
}

static void test_revoked_user(void **state)
{
    struct world world = {
        .server = {.answers = {"HTTP/1.1 400 Bad Request\r\n"
                               "Content-Length: 26\r\n\r\n"
                               "{\"error\": \"invalid_grant\"}"}}};
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    assert_found(&world, "");
    assert_no_token(&world, "gcloud auth application-default login");
    world_close(&world);
}

/* ---- the metadata server ---- */

static void test_metadata(void **state)
{
    struct world world = {.server = {.answers = {LONG_TOKEN}}};
    char host[64];
    (void)state;
    world_open(&world);
    host_of(&world, host);
    setenv("GCE_METADATA_HOST", host, 1);
    assert_found(&world, "");
    assert_token(&world, 0, "ya29.long_____");
    assert_non_null(strstr(world.server.requests[0],
                           "GET /computeMetadata/v1/instance/service-accounts/"
                           "default/token HTTP/1.1\r\n"));
    assert_non_null(
        strstr(world.server.requests[0], "metadata-flavor: Google\r\n"));
    world_close(&world);
}

static void test_nothing_anywhere(void **state)
{
    struct world world = {.server = {.answers = {NULL}}};
    (void)state;
    world_open(&world);
    assert_found(&world, "");
    assert_no_token(&world, "there are no Google credentials: give ");
    assert_non_null(strstr(world.error.message,
                           "(nor is there a metadata server: Failed to "
                           "connect to 127.0.0.1 port 1"));
    assert_null(strstr(world.error.message, "Check"));
    assert_non_null(
        strstr(world.error.message, "GOOGLE_APPLICATION_CREDENTIALS"));
    world_close(&world);
}

/* ---- tokens ---- */

static void test_tokens_end(void **state)
{
    struct world world = {.server = {.answers = {SHORT_TOKEN, LONG_TOKEN}}};
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    assert_found(&world, "");
    unsigned first = assert_token(&world, 0, "ya29.short_____");
    /* five minutes are too few */
    unsigned second = assert_token(&world, 0, "ya29.long_____");
    assert_int_not_equal(first, second);
    assert_int_equal(assert_token(&world, 0, "ya29.long_____"), second);
    world_close(&world);
}

/* Several threads whose token is refused renew it once. */
static void test_refused(void **state)
{
    struct world world = {.server = {.answers = {LONG_TOKEN, NEXT_TOKEN}}};
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    assert_found(&world, "");
    assert_true(cc_google_auth_renews(world.auth));
    unsigned first = assert_token(&world, 0, "ya29.long_____");
    unsigned second = assert_token(&world, first, "ya29.next_____");
    assert_int_equal(assert_token(&world, first, "ya29.next_____"), second);
    assert_int_equal(world.server.answered, 2);
    world_close(&world);
}

static void test_given(void **state)
{
    struct world world = {.server = {.answers = {NULL}}};
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    assert_found(&world, "\"access_token\":\"ya29.mine\"");
    assert_false(cc_google_auth_renews(world.auth));
    unsigned number = assert_token(&world, 0, "ya29.mine");
    assert_int_equal(assert_token(&world, number, "ya29.mine"), number);
    world_close(&world);
}

/* An emulator does not see one's own credentials. */
static void test_only_given(void **state)
{
    struct world world = {.server = {.answers = {NULL}}};
    (void)state;
    world_open(&world);
    write_user(&world, NULL);
    assert_int_equal(find(&world, "", true), 0);
    assert_false(cc_google_auth_renews(world.auth));
    assert_token(&world, 0, "");
    world_close(&world);
}

/* A key must not tell where its signature goes in the clear. */
static void test_unsafe_token_uri(void **state)
{
    struct world world = {.server = {.answers = {NULL}}};
    (void)state;
    world_open(&world);
    write_gcloud_file(&world, "{\"type\": \"authorized_user\", "
                              "\"client_id\": \"i\", \"client_secret\": \"s\", "
                              "\"refresh_token\": \"r\", "
                              "\"token_uri\": \"http://192.0.2.1/token\"}");
    assert_found(&world, "");
    assert_no_token(&world, "http://192.0.2.1/token, is not https");
    world_close(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service_account),
        cmocka_unit_test(test_redacted),
        cmocka_unit_test(test_clock_or_key),
        cmocka_unit_test(test_gcloud_user),
        cmocka_unit_test(test_named_file),
        cmocka_unit_test(test_named_file_is_missing),
        cmocka_unit_test(test_kinds_that_are_not_read),
        cmocka_unit_test(test_revoked_user),
        cmocka_unit_test(test_metadata),
        cmocka_unit_test(test_nothing_anywhere),
        cmocka_unit_test(test_tokens_end),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_given),
        cmocka_unit_test(test_only_given),
        cmocka_unit_test(test_unsafe_token_uri),
    };
    return cmocka_run_group_tests_name("google_auth", tests, NULL, NULL);
}
