/* SPDX-License-Identifier: MIT */
/*
 * What tests of connectors share: options, configuration and files from small
 * tables instead of a host program.
 */
#ifndef CC_CONNECTOR_CASE_H
#define CC_CONNECTOR_CASE_H

#include "cmocka_all.h"

#include "connector/connector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pair
{
    const char *name;
    const char *value;
};

/* Tables end with a NULL name; a NULL table is empty. */
struct connector_case
{
    const char *json;
    const char *json_name;
    const struct pair *options;
    const struct pair *config;
    const struct pair *files;
};

static inline const char *case_find(const struct pair *pairs, const char *name)
{
    for (; pairs && pairs->name; pairs++)
    {
        if (strcmp(pairs->name, name) == 0)
            return pairs->value;
    }
    return NULL;
}

static inline const char *case_option(void *context, const char *name)
{
    const struct connector_case *c = context;
    return case_find(c->options, name);
}

static inline const char *case_config(void *context, const char *name)
{
    const struct connector_case *c = context;
    return case_find(c->config, name);
}

static inline char *case_read_file(void *context, const char *name)
{
    const struct connector_case *c = context;
    const char *text = case_find(c->files, name);
    return text ? strdup(text) : NULL;
}

static inline int case_open(struct connector_case *c,
                            struct cc_connector **connector,
                            struct cc_error *error)
{
    struct cc_connector_input input = {c->json,     c->json_name,   case_option,
                                       case_config, case_read_file, c};
    cc_error_init(error, NULL);
    return cc_connector_new(&input, connector, error);
}

/* The connector, which has to be valid. */
static inline struct cc_connector *case_valid(struct connector_case c)
{
    struct cc_connector *connector = NULL;
    struct cc_error error;
    if (case_open(&c, &connector, &error) != 0)
        fail_msg("%s\n%s", c.json ? c.json : "(no JSON)", error.message);
    assert_non_null(connector);
    return connector;
}

/* The whole message of a connector that has to be invalid. */
static inline void case_invalid(struct connector_case c, const char *message)
{
    struct cc_connector *connector = NULL;
    struct cc_error error;
    assert_int_equal(case_open(&c, &connector, &error), -1);
    assert_null(connector);
    assert_null(error.secrets);
    assert_int_equal(error.stage, CC_STAGE_PARAMETER);
    assert_string_equal(error.message, message);
}

/* A file of the source tree; the caller frees it. */
static inline char *read_source_file(const char *path)
{
    char name[1024];
    snprintf(name, sizeof name, "%s/%s", CC_SOURCE_DIR, path);
    FILE *file = fopen(name, "rb");
    if (!file)
        return NULL;
    struct cc_strbuf text = CC_STRBUF_INIT;
    char block[4096];
    size_t count;
    while ((count = fread(block, 1, sizeof block, file)) > 0)
        (void)cc_strbuf_append_n(&text, block, count);
    fclose(file);
    return cc_strbuf_take(&text);
}

/* Connectors that are valid and complete. */
#define MYSQL                                                                  \
    "\"provider\":\"mysql\",\"connection\":{\"server\":\"h\","                 \
    "\"username\":\"u\",\"password\":\"hunter22\"}"
#define POSTGRES                                                               \
    "\"provider\":\"postgres\",\"connection\":{\"server\":\"h\","              \
    "\"database\":\"d\",\"username\":\"u\"}"
#define BIGQUERY "\"provider\":\"bigquery\",\"billing_project\":\"b\""

static inline struct cc_connector *valid_json(const char *json)
{
    return case_valid((struct connector_case){.json = json, .json_name = "x"});
}

static inline void invalid_json(const char *json, const char *message)
{
    case_invalid((struct connector_case){.json = json, .json_name = "x"},
                 message);
}

static inline void assert_parameter(const struct cc_connector *connector,
                                    enum cc_parameter_id id,
                                    const char *expected)
{
    const char *text = cc_connector_text(connector, id);
    if (!expected)
        assert_null(text);
    else
        assert_string_equal(text, expected);
}

/* Opens, checks one parameter's text and frees. */
static inline void check_text(const char *json, enum cc_parameter_id id,
                              const char *expected)
{
    struct cc_connector *connector = valid_json(json);
    assert_parameter(connector, id, expected);
    cc_connector_free(connector);
}

#endif
