/* SPDX-License-Identifier: MIT */
/*
 * Which source gives which parameter: the JSON's keys, each with its place
 * checked; open options over them; configuration options below them.
 */
#include "build.h"
#include "names.h"

#include <json.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_QUOTED 64

/* Keys are quoted in messages up to a length. */
static int clip(const char *key)
{
    return (int)cc_utf8_cut(key, strlen(key), LONGEST_QUOTED);
}

static const char *place_name(enum cc_parameter_place place)
{
    switch (place)
    {
        case CC_PLACE_CONNECTION:
            return "in \"connection\"";
        case CC_PLACE_BODY:
            return "beside \"connector\"";
        case CC_PLACE_TOP:
            break;
    }
    return "in the connector";
}

/* The member of that name in any case; NULL when there is none. */
static struct json_object *member(struct json_object *object, const char *name)
{
    if (!object)
        return NULL;
    json_object_object_foreach(object, key, value)
    {
        if (cc_name_compare(key, name) == 0)
            return value;
    }
    return NULL;
}

static bool has_member(struct json_object *object, const char *name)
{
    json_object_object_foreach(object, key, value)
    {
        (void)value;
        if (cc_name_compare(key, name) == 0)
            return true;
    }
    return false;
}

static const char *lookup_option(const struct cc_build *build,
                                 const struct cc_parameter *row)
{
    if (!build->input->option || !row->option)
        return NULL;
    return build->input->option(build->input->context, row->option);
}

/* An empty environment variable is one that is not set. */
const char *cc_build_config(const struct cc_build *build,
                            const struct cc_parameter *row)
{
    if (!build->input->config || !row->option)
        return NULL;
    char name[CC_LABEL_SIZE];
    snprintf(name, sizeof name, "CARTOCONN_%s", row->option);
    const char *text = build->input->config(build->input->context, name);
    return text && *text ? text : NULL;
}

/* Finds the connector object and its connection in the JSON. */
static void locate(struct cc_build *build)
{
    struct json_object *top = build->root;
    if (!json_object_is_type(top, json_type_object))
    {
        cc_mistake(&build->mistakes, "the connector must be a JSON object");
        return;
    }
    if (has_member(top, "connector"))
    {
        build->body = true;
        top = member(top, "connector");
        if (!json_object_is_type(top, json_type_object))
        {
            cc_mistake(&build->mistakes,
                       "\"connector\" must be an object (the kind of database "
                       "is its \"provider\")");
            return;
        }
    }
    build->top = top;

    struct json_object *connection = member(top, "connection");
    if (connection && !json_object_is_type(connection, json_type_object))
        cc_mistake(&build->mistakes, "\"connection\" must be an object");
    else
        build->connection = connection;
}

/* Parameters that BigQuery connectors had until 2021. */
static const char *removed(const struct cc_build *build, const char *key)
{
    if (build->provider_known && build->connector->provider != CC_BIGQUERY)
        return NULL;
    if (cc_name_compare(key, "storage_api") == 0)
        return "the Storage API is always used";
    if (cc_name_compare(key, "location") == 0)
        return "the location is found out from the data";
    return NULL;
}

static bool is_used(const struct cc_build *build, enum cc_parameter_id id)
{
    return !build->provider_known ||
           cc_parameter_use_get(build->connector->provider, id);
}

static bool has_synonym(const struct cc_parameter *row, const char *key)
{
    const char *word = row->synonyms ? row->synonyms : "";
    while (*word)
    {
        char name[LONGEST_QUOTED];
        size_t length = strcspn(word, " ");
        memcpy(name, word, length);
        name[length] = '\0';
        if (cc_name_compare(name, key) == 0)
            return true;
        word += length + strspn(word + length, " ");
    }
    return false;
}

static enum cc_parameter_place right_place(const struct cc_parameter *row)
{
    if (row->places & CC_PLACE_CONNECTION)
        return CC_PLACE_CONNECTION;
    return row->places & CC_PLACE_BODY ? CC_PLACE_BODY : CC_PLACE_TOP;
}

static void misplaced_key(struct cc_build *build, enum cc_parameter_place place,
                          const struct cc_parameter *row)
{
    cc_mistake(&build->mistakes, "\"%s\" belongs %s, not %s", row->key,
               place_name(right_place(row)), place_name(place));
}

/* The parameter that was probably meant: a synonym, the nearest that belongs
 * at this place, or the nearest that belongs elsewhere. */
static const struct cc_parameter *suggest(const struct cc_build *build,
                                          enum cc_parameter_place place,
                                          const char *key)
{
    const char *here[CC_PARAMETER_COUNT];
    const char *anywhere[CC_PARAMETER_COUNT];
    size_t here_count = 0, anywhere_count = 0;
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        const struct cc_parameter *row = &cc_parameters[i];
        if (!is_used(build, row->id))
            continue;
        if (has_synonym(row, key))
            return row;
        anywhere[anywhere_count++] = row->key;
        if (row->places & place)
            here[here_count++] = row->key;
    }
    const char *nearest = cc_names_nearest(key, here, here_count);
    if (!nearest)
        nearest = cc_names_nearest(key, anywhere, anywhere_count);
    return nearest ? cc_parameter_by_key(nearest) : NULL;
}

static void unknown_key(struct cc_build *build, enum cc_parameter_place place,
                        const char *key)
{
    const char *reason = removed(build, key);
    if (reason)
    {
        cc_mistake(&build->mistakes,
                   "\"%.*s\" %s was removed from the BigQuery connector: %s; "
                   "leave it out",
                   clip(key), key, place_name(place), reason);
        return;
    }

    const struct cc_parameter *meant = suggest(build, place, key);
    if (!meant)
        cc_mistake(&build->mistakes, "unknown parameter \"%.*s\" %s", clip(key),
                   key, place_name(place));
    else if (meant->places & place)
        cc_mistake(&build->mistakes,
                   "unknown parameter \"%.*s\" %s: did you mean \"%s\"?",
                   clip(key), key, place_name(place), meant->key);
    else
        cc_mistake(&build->mistakes,
                   "unknown parameter \"%.*s\" %s: did you mean \"%s\" %s?",
                   clip(key), key, place_name(place), meant->key,
                   place_name(right_place(meant)));
}

static void foreign_parameter(struct cc_build *build, const char *label,
                              enum cc_parameter_id id)
{
    struct cc_strbuf owners = CC_STRBUF_INIT;
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        if (cc_parameter_use_get((enum cc_provider_id)i, id))
            (void)cc_strbuf_printf(
                &owners, "%s%s", owners.length ? ", " : "",
                cc_provider_info_get((enum cc_provider_id)i)->name);
    }
    cc_mistake(&build->mistakes,
               "%s is no parameter of the provider %s (but of %s)", label,
               build->connector->info->name, cc_strbuf_text(&owners));
    cc_strbuf_free(&owners);
}

/* The name of a file with secrets is none itself. */
static bool is_file_name(const struct cc_parameter *row,
                         struct json_object *value)
{
    if (row->type != CC_TYPE_OBJECT_FILE ||
        !json_object_is_type(value, json_type_string))
        return false;
    const char *text = json_object_get_string(value);
    return text[strspn(text, " \t\r\n")] != '{';
}

static int read_key(struct cc_build *build, enum cc_parameter_place place,
                    const char *key, struct json_object *value)
{
    const struct cc_parameter *row = cc_parameter_by_key(key);
    if (!row)
    {
        unknown_key(build, place, key);
        return 0;
    }
    if (row->secret && !is_file_name(row, value))
    {
        build->inline_secret = true;
        CC_TRY(cc_build_add_secret(build, value));
    }
    char label[CC_LABEL_SIZE];
    struct cc_given *given = &build->given[row->id];
    struct cc_given now = {CC_FROM_JSON, place, value, NULL};
    cc_label(row, &now, label);
    if (!is_used(build, row->id))
        foreign_parameter(build, label, row->id);
    else if (!(row->places & place))
        misplaced_key(build, place, row);
    else if (given->origin != CC_FROM_NOWHERE)
        cc_mistake(&build->mistakes, "%s is given twice", label);
    else if (value)
        *given = now;
    return 0;
}

static int read_object(struct cc_build *build, enum cc_parameter_place place,
                       struct json_object *object)
{
    if (!object)
        return 0;
    json_object_object_foreach(object, key, value)
    {
        if (place == CC_PLACE_BODY && cc_name_compare(key, "connector") == 0)
            continue;
        CC_TRY(read_key(build, place, key, value));
    }
    return 0;
}

static int read_json(struct cc_build *build)
{
    CC_TRY(read_object(build, CC_PLACE_TOP, build->top));
    CC_TRY(read_object(build, CC_PLACE_CONNECTION, build->connection));
    if (!build->body)
        return 0;
    return read_object(build, CC_PLACE_BODY, build->root);
}

/* MAX_ROWS in the configuration is the operator's limit: see rules.c. */
static void read_config(struct cc_build *build, const struct cc_parameter *row)
{
    struct cc_given *given = &build->given[row->id];
    if (given->origin != CC_FROM_NOWHERE || row->id == CC_P_MAX_ROWS ||
        !is_used(build, row->id))
        return;
    const char *text = cc_build_config(build, row);
    if (text)
        *given = (struct cc_given){CC_FROM_CONFIG, CC_PLACE_TOP, NULL, text};
}

static void read_option(struct cc_build *build, const struct cc_parameter *row)
{
    const char *text = lookup_option(build, row);
    if (!text)
        return;
    struct cc_given given = {CC_FROM_OPTION, CC_PLACE_TOP, NULL, text};
    if (is_used(build, row->id))
    {
        build->given[row->id] = given;
        return;
    }
    char label[CC_LABEL_SIZE];
    cc_label(row, &given, label);
    foreign_parameter(build, label, row->id);
}

static void list_providers(struct cc_strbuf *out)
{
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
        (void)cc_strbuf_printf(
            out, "%s%s", i ? ", " : "",
            cc_provider_info_get((enum cc_provider_id)i)->name);
}

static void unknown_provider(struct cc_build *build, const char *name)
{
    const char *names[CC_PROVIDER_COUNT];
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
        names[i] = cc_provider_info_get((enum cc_provider_id)i)->name;
    const char *nearest = cc_names_nearest(name, names, CC_PROVIDER_COUNT);

    struct cc_strbuf list = CC_STRBUF_INIT;
    list_providers(&list);
    cc_mistake(&build->mistakes,
               "unknown \"provider\" \"%.*s\"%s%s%s: it must be one of %s",
               clip(name), name, nearest ? " (did you mean \"" : "",
               nearest ? nearest : "", nearest ? "\"?)" : "",
               cc_strbuf_text(&list));
    cc_strbuf_free(&list);
}

/* The provider decides what the other keys mean, so it is found first. */
static void find_provider(struct cc_build *build)
{
    const struct cc_parameter *row = &cc_parameters[CC_P_PROVIDER];
    struct json_object *json = member(build->top, row->key);
    const char *name = lookup_option(build, row);
    if (!name && json && !json_object_is_type(json, json_type_string))
    {
        cc_mistake(&build->mistakes, "\"provider\" must be a string");
        return;
    }
    if (!name)
        name =
            json ? json_object_get_string(json) : cc_build_config(build, row);
    if (!name)
    {
        struct cc_strbuf list = CC_STRBUF_INIT;
        list_providers(&list);
        cc_mistake(&build->mistakes, "%s: it must be one of %s",
                   build->input->json
                       ? "\"provider\" is missing"
                       : "neither a connector is given (a file or JSON, also "
                         "as open option CONNECTOR) nor open option PROVIDER",
                   cc_strbuf_text(&list));
        cc_strbuf_free(&list);
        return;
    }

    enum cc_provider_id provider = cc_provider_by_name(name);
    if (provider == CC_PROVIDER_COUNT)
    {
        unknown_provider(build, name);
        return;
    }
    build->connector->provider = provider;
    build->connector->info = cc_provider_info_get(provider);
    build->provider_known = true;
}

int cc_build_sources(struct cc_build *build)
{
    if (build->input->json)
        locate(build);
    if (build->top || !build->input->json)
        find_provider(build);
    CC_TRY(read_json(build));
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        read_option(build, &cc_parameters[i]);
        read_config(build, &cc_parameters[i]);
    }
    return 0;
}
