/* SPDX-License-Identifier: MIT */
#include "build.h"
#include "json_source.h"

#include <json.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT "***"
#define JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

/* Replaces the secrets among the object's members, in any depth. */
static int replace_secrets(struct json_object *object)
{
    json_object_object_foreach(object, key, value)
    {
        const struct cc_parameter *row = cc_parameter_by_key(key);
        if (row && row->secret)
        {
            struct json_object *safe = json_object_new_string(REPLACEMENT);
            if (!safe || json_object_object_add(object, key, safe) != 0)
                return -1;
        }
        else if (json_object_is_type(value, json_type_object))
            CC_TRY(replace_secrets(value));
    }
    return 0;
}

/* From here on the JSON is good for nothing else, so it is changed in place. */
static int make_safe_json(struct cc_build *build)
{
    if (!build->inline_secret)
        return 0;
    CC_TRY(replace_secrets(build->root));
    const char *text = json_object_to_json_string_ext(build->root, JSON_FLAGS);
    build->connector->safe_json = text ? strdup(text) : NULL;
    return build->connector->safe_json ? 0 : -1;
}

static void add_hints(struct cc_build *build)
{
    if (build->inline_secret && !build->input->json_name)
        (void)cc_strbuf_append(
            &build->connector->hints,
            "a secret is in the inline JSON, where programs that print the "
            "dataset name show it: put the JSON in a file, or the secret in "
            "an open option or the environment (CARTOCONN_PASSWORD)\n");
}

static int parse(struct cc_build *build, struct cc_error *error)
{
    const struct cc_connector_input *input = build->input;
    if (!input->json)
        return 0;
    const char *name = input->json_name ? input->json_name : "the connector";
    return cc_json_parse(input->json, name, &build->root,
                         &build->connector->hints, error);
}

/* The steps that only fail for want of memory. */
static int assemble(struct cc_build *build)
{
    CC_TRY(cc_build_sources(build));
    CC_TRY(cc_build_values(build));
    CC_TRY(cc_build_rules(build));
    CC_TRY(make_safe_json(build));
    add_hints(build);
    return cc_strbuf_failed(&build->connector->hints) ? -1 : 0;
}

/* The secrets of the connector are only lent to the error: they may go before
 * it does. */
static int report(const struct cc_build *build, struct cc_error *error)
{
    if (!error)
        return cc_mistakes_report(&build->mistakes, NULL);
    error->secrets = build->connector->secrets;
    int result = cc_mistakes_report(&build->mistakes, error);
    error->secrets = NULL;
    return result;
}

static int run(struct cc_build *build, struct cc_error *error)
{
    CC_TRY(parse(build, error));
    if (assemble(build) != 0)
        return cc_error_memory(error);
    return report(build, error);
}

int cc_connector_new(const struct cc_connector_input *input,
                     struct cc_connector **connector, struct cc_error *error)
{
    *connector = NULL;
    if (error)
        error->secrets = NULL;
    struct cc_build build = {.input = input};
    build.connector = calloc(1, sizeof *build.connector);
    if (!build.connector)
        return cc_error_memory(error);
    build.connector->secrets = cc_secrets_new();

    int result =
        build.connector->secrets ? run(&build, error) : cc_error_memory(error);
    json_object_put(build.root);
    cc_strbuf_free(&build.mistakes.text);
    if (result == 0)
        *connector = build.connector;
    else
        cc_connector_free(build.connector);
    return result;
}

void cc_connector_free(struct cc_connector *connector)
{
    if (!connector)
        return;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        char *value = connector->values[i];
        if (value && cc_parameters[i].secret)
            cc_wipe(value, strlen(value));
        free(value);
    }
    free(connector->layer_name);
    free(connector->safe_json);
    cc_secrets_free(connector->secrets);
    cc_strbuf_free(&connector->hints);
    free(connector);
}

static const char *own_text(const struct cc_connector *connector,
                            enum cc_parameter_id id)
{
    if (connector->values[id])
        return connector->values[id];
    const struct cc_parameter_use *use =
        cc_parameter_use_get(connector->provider, id);
    return use ? use->default_value : NULL;
}

const char *cc_connector_text(const struct cc_connector *connector,
                              enum cc_parameter_id id)
{
    const char *text = own_text(connector, id);
    const struct cc_parameter_use *use =
        cc_parameter_use_get(connector->provider, id);
    if (text || !use || use->default_from == CC_P_NONE)
        return text;
    return own_text(connector, use->default_from);
}

int64_t cc_connector_integer(const struct cc_connector *connector,
                             enum cc_parameter_id id)
{
    const char *text = cc_connector_text(connector, id);
    return text ? strtoll(text, NULL, 10) : 0;
}

bool cc_connector_boolean(const struct cc_connector *connector,
                          enum cc_parameter_id id)
{
    const char *text = cc_connector_text(connector, id);
    return text && strcmp(text, "YES") == 0;
}

/* The inline JSON of a dataset name, "CARTOCONN:{...}" or "{...}"; NULL when
 * there is none. */
static const char *inline_json(const char *given)
{
    const char *rest = given + strspn(given, " \t\r\n");
    if (*rest != '{')
        rest += strcspn(rest, ":");
    if (*rest == ':')
        rest += 1 + strspn(rest + 1, " \t\r\n");
    return *rest == '{' ? rest : NULL;
}

char *cc_connector_description(const struct cc_connector *connector,
                               const char *given)
{
    const char *json = inline_json(given);
    if (!json || !connector->safe_json)
        return cc_redact(connector->secrets, given);

    struct cc_strbuf name = CC_STRBUF_INIT;
    (void)cc_strbuf_append_n(&name, given, (size_t)(json - given));
    (void)cc_strbuf_append(&name, connector->safe_json);
    char *clean = NULL;
    if (!cc_strbuf_failed(&name))
        clean = cc_redact(connector->secrets, cc_strbuf_text(&name));
    cc_strbuf_free(&name);
    return clean;
}
