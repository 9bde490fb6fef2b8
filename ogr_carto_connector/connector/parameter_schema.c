/* SPDX-License-Identifier: MIT */
/*
 * The parameter table as a JSON schema (draft 2020-12), for editors and other
 * tools that write connectors. It is the strict form: keys as documented, and
 * nothing left to open options but secrets.
 */
#include "parameter.h"

#include <json.h>

/* Whether memory ran out: objects are built top down, and once a helper has
 * returned NULL, filling that does nothing. */
struct schema
{
    bool failed;
};

static struct json_object *put(struct schema *schema,
                               struct json_object *object, const char *key,
                               struct json_object *value)
{
    if (!object || !value || json_object_object_add(object, key, value) != 0)
    {
        schema->failed = true;
        json_object_put(value);
        return NULL;
    }
    return value;
}

static struct json_object *push(struct schema *schema,
                                struct json_object *array,
                                struct json_object *value)
{
    if (!array || !value || json_object_array_add(array, value) != 0)
    {
        schema->failed = true;
        json_object_put(value);
        return NULL;
    }
    return value;
}

static struct json_object *put_text(struct schema *schema,
                                    struct json_object *object, const char *key,
                                    const char *text)
{
    return put(schema, object, key, json_object_new_string(text));
}

static struct json_object *
put_object(struct schema *schema, struct json_object *object, const char *key)
{
    return put(schema, object, key, json_object_new_object());
}

static struct json_object *
put_array(struct schema *schema, struct json_object *object, const char *key)
{
    return put(schema, object, key, json_object_new_array());
}

static void put_types(struct schema *schema, struct json_object *object,
                      const char *first, const char *second)
{
    struct json_object *types = put_array(schema, object, "type");
    push(schema, types, json_object_new_string(first));
    push(schema, types, json_object_new_string(second));
}

static void put_integer(struct schema *schema, struct json_object *object,
                        const struct cc_parameter *row)
{
    put_types(schema, object, "integer", "string");
    put_text(schema, object, "pattern", "^-?[0-9]+$");
    put(schema, object, "minimum", json_object_new_int64(row->min));
    if (row->max != INT64_MAX)
        put(schema, object, "maximum", json_object_new_int64(row->max));
}

static void put_names(struct schema *schema, struct json_object *array,
                      const char *const *names)
{
    for (; *names; names++)
        push(schema, array, json_object_new_string(*names));
}

static void put_boolean(struct schema *schema, struct json_object *object)
{
    static const char *const words[] = {"YES", "NO", "TRUE", "FALSE", "ON",
                                        "OFF", "1",  "0",    NULL};
    struct json_object *values = put_array(schema, object, "enum");
    push(schema, values, json_object_new_boolean(1));
    push(schema, values, json_object_new_boolean(0));
    push(schema, values, json_object_new_int(1));
    push(schema, values, json_object_new_int(0));
    put_names(schema, values, words);
}

static void put_provider_names(struct schema *schema,
                               struct json_object *object)
{
    struct json_object *values = put_array(schema, object, "enum");
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
        push(schema, values,
             json_object_new_string(
                 cc_provider_info_get((enum cc_provider_id)i)->name));
}

static void put_type(struct schema *schema, struct json_object *object,
                     const struct cc_parameter *row)
{
    switch (row->type)
    {
        case CC_TYPE_INTEGER:
            put_integer(schema, object, row);
            return;
        case CC_TYPE_BOOLEAN:
            put_boolean(schema, object);
            return;
        case CC_TYPE_CHOICE:
            put_names(schema, put_array(schema, object, "enum"), row->choices);
            return;
        case CC_TYPE_OBJECT:
        case CC_TYPE_OBJECT_FILE:
            put_types(schema, object, "object", "string");
            return;
        case CC_TYPE_STRING:
        case CC_TYPE_TEXT:
            break;
    }
    put_text(schema, object, "type", "string");
    if (!row->secret)
        put(schema, object, "minLength", json_object_new_int(1));
    if (row->id == CC_P_PROVIDER)
        put_provider_names(schema, object);
}

/* {"type": "object", "properties": …}: returns the properties. */
static struct json_object *put_keys(struct schema *schema,
                                    struct json_object *object,
                                    enum cc_parameter_place place)
{
    put_text(schema, object, "type", "object");
    put(schema, object, "additionalProperties", json_object_new_boolean(0));
    struct json_object *properties = put_object(schema, object, "properties");
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        const struct cc_parameter *row = &cc_parameters[i];
        if (!(row->places & place) || row->id == CC_P_CONNECTION)
            continue;
        struct json_object *value = put_object(schema, properties, row->key);
        put_text(schema, value, "description", row->description);
        put_type(schema, value, row);
    }
    return properties;
}

/* Which keys a provider has at a place, and which it requires there. */
static void put_rules(struct schema *schema, struct json_object *object,
                      enum cc_provider_id provider,
                      enum cc_parameter_place place)
{
    struct json_object *names =
        put_array(schema, put_object(schema, object, "propertyNames"), "enum");
    struct json_object *required = put_array(schema, object, "required");
    size_t count = 0;
    const struct cc_parameter_use *uses = cc_parameter_uses(provider, &count);
    for (size_t i = 0; i < count; i++)
    {
        const struct cc_parameter *row = &cc_parameters[uses[i].id];
        if (!(row->places & place))
            continue;
        push(schema, names, json_object_new_string(row->key));
        if (uses[i].required && row->places == (unsigned)place &&
            uses[i].alternative == CC_P_NONE &&
            uses[i].default_from == CC_P_NONE)
            push(schema, required, json_object_new_string(row->key));
    }
}

/* if the provider is this one, then its rules. */
static void put_provider(struct schema *schema, struct json_object *array,
                         enum cc_provider_id provider)
{
    struct json_object *rule = push(schema, array, json_object_new_object());
    struct json_object *is = put_object(schema, rule, "if");
    struct json_object *key =
        put_object(schema, put_object(schema, is, "properties"), "provider");
    put_text(schema, key, "const", cc_provider_info_get(provider)->name);

    struct json_object *then = put_object(schema, rule, "then");
    put_rules(schema, then, provider, CC_PLACE_TOP);
    struct json_object *connection = put_object(
        schema, put_object(schema, then, "properties"), "connection");
    put_rules(schema, connection, provider, CC_PLACE_CONNECTION);
}

static void put_definitions(struct schema *schema, struct json_object *root)
{
    struct json_object *definitions = put_object(schema, root, "$defs");

    struct json_object *connector =
        put_object(schema, definitions, "connector");
    struct json_object *properties = put_keys(schema, connector, CC_PLACE_TOP);
    put_keys(schema, put_object(schema, properties, "connection"),
             CC_PLACE_CONNECTION);
    struct json_object *all = put_array(schema, connector, "allOf");
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
        put_provider(schema, all, (enum cc_provider_id)i);

    struct json_object *body = put_object(schema, definitions, "body");
    properties = put_keys(schema, body, CC_PLACE_BODY);
    put_text(schema, put_object(schema, properties, "connector"), "$ref",
             "#/$defs/connector");
    push(schema, put_array(schema, body, "required"),
         json_object_new_string("connector"));
}

int cc_parameters_json_schema(struct cc_strbuf *out)
{
    struct schema schema = {false};
    struct json_object *root = json_object_new_object();
    put_text(&schema, root, "$schema",
             "https://json-schema.org/draft/2020-12/schema");
    put_text(&schema, root, "title", "Connector");
    put_text(&schema, root, "description",
             "A connector, alone or as the body of an Import API request.");
    struct json_object *forms = put_array(&schema, root, "anyOf");
    put_text(&schema, push(&schema, forms, json_object_new_object()), "$ref",
             "#/$defs/connector");
    put_text(&schema, push(&schema, forms, json_object_new_object()), "$ref",
             "#/$defs/body");
    put_definitions(&schema, root);

    const char *text = json_object_to_json_string_ext(
        root, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    int result = text && !schema.failed ? cc_strbuf_append(out, text) : -1;
    json_object_put(root);
    return result;
}
