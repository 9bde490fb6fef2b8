/* SPDX-License-Identifier: MIT */
/*
 * One value at a time: from JSON, or from the text of an option, to the text
 * that is kept. No message quotes the value of a secret.
 */
#include "build.h"
#include "json_source.h"
#include "names.h"

#include <errno.h>
#include <inttypes.h>
#include <json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONGEST_QUOTED 64
#define LONGEST_PATH 1024

/* One value while it is read. */
struct reader
{
    struct cc_build *build;
    const struct cc_parameter *row;
    const char *const *choices;
    char label[CC_LABEL_SIZE];
    char **out;
};

static int keep(const struct reader *reader, const char *text)
{
    *reader->out = strdup(text);
    return *reader->out ? 0 : -1;
}

static int mistaken(const struct reader *reader, const char *problem)
{
    cc_mistake(&reader->build->mistakes, "%s %s", reader->label, problem);
    return 0;
}

/* "port" is "abc": it must be ... */
static int mistaken_value(const struct reader *reader, const char *text,
                          const char *must)
{
    if (reader->row->secret)
        cc_mistake(&reader->build->mistakes, "%s must be %s", reader->label,
                   must);
    else
        cc_mistake(&reader->build->mistakes, "%s is \"%.*s\": it must be %s",
                   reader->label,
                   (int)cc_utf8_cut(text, strlen(text), LONGEST_QUOTED), text,
                   must);
    return 0;
}

static const char *type_phrase(enum cc_parameter_type type)
{
    switch (type)
    {
        case CC_TYPE_INTEGER:
            return "a whole number";
        case CC_TYPE_BOOLEAN:
            return "a boolean";
        case CC_TYPE_OBJECT:
            return "an object";
        case CC_TYPE_OBJECT_FILE:
            return "an object or the name of a file";
        case CC_TYPE_STRING:
        case CC_TYPE_TEXT:
        case CC_TYPE_CHOICE:
            break;
    }
    return "a string";
}

static const char *json_phrase(struct json_object *json)
{
    switch (json_object_get_type(json))
    {
        case json_type_boolean:
            return "a boolean";
        case json_type_int:
        case json_type_double:
            return "a number";
        case json_type_object:
            return "an object";
        case json_type_array:
            return "an array";
        case json_type_string:
            return "a string";
        case json_type_null:
            break;
    }
    return "null";
}

static int wrong_type(const struct reader *reader, struct json_object *json)
{
    cc_mistake(&reader->build->mistakes, "%s must be %s, not %s", reader->label,
               type_phrase(reader->row->type), json_phrase(json));
    return 0;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
    {
        if ((unsigned char)*text < ' ' || *text == 0x7F)
            return true;
    }
    return false;
}

/* An empty secret is one that is not needed: a user without password. */
static int read_string(const struct reader *reader, const char *text)
{
    if (!*text && !reader->row->secret)
        return mistaken(reader, "is empty");
    if (reader->row->type == CC_TYPE_STRING && has_control(text))
        return mistaken(reader, "contains a control character");
    return keep(reader, text);
}

static void describe_range(const struct cc_parameter *row, char out[128])
{
    const char *unit = row->unit ? row->unit : "";
    const char *space = row->unit ? " " : "";
    if (row->max == INT64_MAX)
        snprintf(out, 128, "a whole number of at least %" PRId64 "%s%s",
                 row->min, space, unit);
    else
        snprintf(out, 128, "a whole number from %" PRId64 " to %" PRId64 "%s%s",
                 row->min, row->max, space, unit);
}

static int read_integer(const struct reader *reader, const char *text)
{
    char must[128];
    char kept[24];
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    bool digits = *text && strspn(text, "-0123456789") == strlen(text);
    if (!digits || *end || errno || value < reader->row->min ||
        value > reader->row->max)
    {
        describe_range(reader->row, must);
        return mistaken_value(reader, text, must);
    }
    snprintf(kept, sizeof kept, "%lld", value);
    return keep(reader, kept);
}

static int read_boolean(const struct reader *reader, const char *text)
{
    static const char *const words[] = {"YES", "NO",  "TRUE", "FALSE",
                                        "ON",  "OFF", "1",    "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    {
        if (cc_name_compare(words[i], text) == 0)
            return keep(reader, i % 2 ? "NO" : "YES");
    }
    return mistaken_value(reader, text, "YES or NO");
}

static int read_choice(const struct reader *reader, const char *text)
{
    struct cc_strbuf must = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&must, "one of");
    for (size_t i = 0; reader->choices[i]; i++)
    {
        if (cc_name_compare(reader->choices[i], text) == 0)
        {
            cc_strbuf_free(&must);
            return keep(reader, reader->choices[i]);
        }
        (void)cc_strbuf_printf(&must, "%s %s", i ? "," : "",
                               reader->choices[i]);
    }
    if (reader->build->provider_known)
        (void)cc_strbuf_printf(&must, " (provider %s)",
                               reader->build->connector->info->name);
    if (reader->row->not_chosen)
        (void)cc_strbuf_printf(&must, "; %s", reader->row->not_chosen);
    (void)mistaken_value(reader, text, cc_strbuf_text(&must));
    cc_strbuf_free(&must);
    return 0;
}

/* An object whose members are scalars, kept as JSON text. */
static int read_object(const struct reader *reader, struct json_object *json)
{
    json_object_object_foreach(json, key, value)
    {
        if (!json_object_is_type(value, json_type_object) &&
            !json_object_is_type(value, json_type_array) &&
            !json_object_is_type(value, json_type_null))
            continue;
        cc_mistake(&reader->build->mistakes,
                   "%s: \"%.*s\" must be a string, a number or a boolean",
                   reader->label,
                   (int)cc_utf8_cut(key, strlen(key), LONGEST_QUOTED), key);
        return 0;
    }
    const char *text = json_object_to_json_string_ext(
        json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    return text ? keep(reader, text) : -1;
}

/* JSON text, from an option or a file, that has to be an object. */
static int read_object_text(const struct reader *reader, const char *text,
                            const char *name)
{
    struct cc_error error = CC_ERROR_INIT;
    struct json_object *json = NULL;
    if (cc_json_parse(text, name, &json, &reader->build->connector->hints,
                      &error) != 0)
    {
        if (error.stage == CC_STAGE_INTERNAL)
            return -1;
        cc_mistake(&reader->build->mistakes, "%s", error.message);
        return 0;
    }

    int result = 0;
    if (!json_object_is_type(json, json_type_object))
        result = mistaken_value(reader, text, "a JSON object");
    else if (!reader->row->secret ||
             (result = cc_build_add_secret(reader->build, json)) == 0)
        result = read_object(reader, json);
    json_object_put(json);
    return result;
}

static char *read_file(const struct cc_build *build, const char *name)
{
    if (!build->input->read_file)
        return NULL;
    return build->input->read_file(build->input->context, name);
}

static void wipe_text(char *text)
{
    if (text)
        cc_wipe(text, strlen(text));
    free(text);
}

static int read_object_file(const struct reader *reader, const char *text)
{
    if (text[strspn(text, " \t\r\n")] == '{')
        return read_object_text(reader, text, reader->label);
    if (!*text)
        return mistaken(reader, "is empty");

    int clip = (int)cc_utf8_cut(text, strlen(text), LONGEST_PATH);
    char *content = read_file(reader->build, text);
    if (!content)
    {
        cc_mistake(&reader->build->mistakes,
                   "%s: the file \"%.*s\" cannot be read", reader->label, clip,
                   text);
        return 0;
    }
    char name[LONGEST_PATH + 1];
    snprintf(name, sizeof name, "%.*s", clip, text);
    int result = read_object_text(reader, content, name);
    wipe_text(content);
    return result;
}

static int read_text(const struct reader *reader, const char *text)
{
    switch (reader->row->type)
    {
        case CC_TYPE_STRING:
        case CC_TYPE_TEXT:
            return read_string(reader, text);
        case CC_TYPE_INTEGER:
            return read_integer(reader, text);
        case CC_TYPE_BOOLEAN:
            return read_boolean(reader, text);
        case CC_TYPE_CHOICE:
            return read_choice(reader, text);
        case CC_TYPE_OBJECT:
            return read_object_text(reader, text, reader->label);
        case CC_TYPE_OBJECT_FILE:
            return read_object_file(reader, text);
    }
    return 0;
}

static int read_json(const struct reader *reader, struct json_object *json)
{
    enum cc_parameter_type type = reader->row->type;
    switch (json_object_get_type(json))
    {
        case json_type_string:
            if (strlen(json_object_get_string(json)) !=
                (size_t)json_object_get_string_len(json))
                return mistaken(reader, "contains a NUL character");
            return read_text(reader, json_object_get_string(json));
        case json_type_int:
            if (type == CC_TYPE_INTEGER || type == CC_TYPE_BOOLEAN)
                return read_text(reader, json_object_to_json_string(json));
            break;
        case json_type_double:
            if (type == CC_TYPE_INTEGER)
                return read_text(reader, json_object_to_json_string(json));
            break;
        case json_type_boolean:
            if (type == CC_TYPE_BOOLEAN)
                return keep(reader,
                            json_object_get_boolean(json) ? "YES" : "NO");
            break;
        case json_type_object:
            if (type == CC_TYPE_OBJECT || type == CC_TYPE_OBJECT_FILE)
                return read_object(reader, json);
            break;
        case json_type_array:
        case json_type_null:
            break;
    }
    return wrong_type(reader, json);
}

int cc_value_read(struct cc_build *build, const struct cc_parameter *row,
                  const char *const *choices, char **out)
{
    const struct cc_given *given = &build->given[row->id];
    struct reader reader = {build, row, choices ? choices : row->choices, "",
                            out};
    *out = NULL;
    cc_label(row, given, reader.label);
    if (given->origin == CC_FROM_JSON)
        return read_json(&reader, given->json);
    return read_text(&reader, given->text ? given->text : "");
}

/* The file's content is the private key from here on. */
static int read_private_key(struct cc_build *build)
{
    char **values = build->connector->values;
    const char *name = values[CC_P_PRIVATE_KEY_FILE];
    if (!name || values[CC_P_PRIVATE_KEY])
        return 0;
    char *content = read_file(build, name);
    if (!content)
    {
        char label[CC_LABEL_SIZE];
        cc_label(&cc_parameters[CC_P_PRIVATE_KEY_FILE],
                 &build->given[CC_P_PRIVATE_KEY_FILE], label);
        cc_mistake(&build->mistakes, "%s: the file \"%.*s\" cannot be read",
                   label, (int)cc_utf8_cut(name, strlen(name), LONGEST_PATH),
                   name);
        return 0;
    }
    values[CC_P_PRIVATE_KEY] = content;
    return cc_secrets_add(build->connector->secrets, content);
}

static int read_value(struct cc_build *build, const struct cc_parameter *row)
{
    const struct cc_given *given = &build->given[row->id];
    struct cc_connector *connector = build->connector;
    const char *const *choices = NULL;
    if (given->origin == CC_FROM_NOWHERE || row->id == CC_P_CONNECTION)
        return 0;
    if (build->provider_known)
        choices = cc_parameter_use_get(connector->provider, row->id)->choices;
    if (row->secret && given->text && row->type != CC_TYPE_OBJECT_FILE)
        CC_TRY(cc_secrets_add(connector->secrets, given->text));
    CC_TRY(cc_value_read(build, row, choices, &connector->values[row->id]));
    if (row->secret && row->type == CC_TYPE_OBJECT_FILE)
        return cc_secrets_add(connector->secrets, connector->values[row->id]);
    return 0;
}

int cc_build_values(struct cc_build *build)
{
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        if (i != CC_P_PROVIDER)
            CC_TRY(read_value(build, &cc_parameters[i]));
    }
    if (build->provider_known)
    {
        const char *name = build->connector->info->name;
        build->connector->values[CC_P_PROVIDER] = strdup(name);
        if (!build->connector->values[CC_P_PROVIDER])
            return -1;
    }
    return read_private_key(build);
}

/* Members of a service account's key that anybody may read. */
static bool is_public(const char *key)
{
    static const char *const keys[] = {
        "type",      "project_id",      "auth_uri",
        "token_uri", "universe_domain", "auth_provider_x509_cert_url"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
    {
        if (strcmp(key, keys[i]) == 0)
            return true;
    }
    return false;
}

int cc_build_add_secret(struct cc_build *build, struct json_object *json)
{
    struct cc_secrets *secrets = build->connector->secrets;
    switch (json_object_get_type(json))
    {
        case json_type_object:
        {
            json_object_object_foreach(json, key, value)
            {
                if (!is_public(key))
                    CC_TRY(cc_build_add_secret(build, value));
            }
            return 0;
        }
        case json_type_array:
            for (size_t i = 0; i < json_object_array_length(json); i++)
                CC_TRY(cc_build_add_secret(build,
                                           json_object_array_get_idx(json, i)));
            return 0;
        case json_type_string:
        case json_type_int:
        case json_type_double:
            return cc_secrets_add(secrets, json_object_get_string(json));
        case json_type_boolean:
        case json_type_null:
            break;
    }
    return 0;
}
