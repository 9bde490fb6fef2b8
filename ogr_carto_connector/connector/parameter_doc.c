/* SPDX-License-Identifier: MIT */
/*
 * The parameter table as documentation: GDAL's option list and Markdown.
 */
#include "parameter.h"

#include <inttypes.h>
#include <string.h>

static const char *provider_name(int provider)
{
    return cc_provider_info_get((enum cc_provider_id)provider)->name;
}

static const struct cc_parameter_use *use_of(int provider,
                                             const struct cc_parameter *row)
{
    return cc_parameter_use_get((enum cc_provider_id)provider, row->id);
}

static void append_item(struct cc_strbuf *list, const char *item)
{
    if (list->length)
        (void)cc_strbuf_append(list, ", ");
    (void)cc_strbuf_append(list, item);
}

/* The providers that use the parameter, or only those that require it; "all"
 * when every provider does. */
static void list_providers(struct cc_strbuf *out,
                           const struct cc_parameter *row, bool required)
{
    int count = 0;
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        const struct cc_parameter_use *use = use_of(i, row);
        if (!use || (required && !use->required))
            continue;
        append_item(out, provider_name(i));
        count++;
    }
    if (count != CC_PROVIDER_COUNT)
        return;
    cc_strbuf_clear(out);
    (void)cc_strbuf_append(out, "all");
}

/* The default as text: its value, or another parameter's name. NULL: none. */
static const char *default_text(int provider, const struct cc_parameter *row)
{
    const struct cc_parameter_use *use = use_of(provider, row);
    if (!use || use->default_value)
        return use ? use->default_value : NULL;
    if (use->default_from == CC_P_NONE ||
        cc_parameter_has_twin((enum cc_provider_id)provider, row->id))
        return NULL;
    return cc_parameters[use->default_from].key;
}

/* The default that every provider using the parameter shares; NULL: none. */
static const char *shared_default(const struct cc_parameter *row)
{
    const char *shared = NULL;
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        const struct cc_parameter_use *use = use_of(i, row);
        if (!use)
            continue;
        if (!use->default_value ||
            (shared && strcmp(shared, use->default_value) != 0))
            return NULL;
        shared = use->default_value;
    }
    return shared;
}

static bool same_default(int a, int b, const struct cc_parameter *row)
{
    const char *text_a = default_text(a, row);
    const char *text_b = default_text(b, row);
    return text_a && text_b && strcmp(text_a, text_b) == 0;
}

static bool is_first_with_default(int provider, const struct cc_parameter *row)
{
    for (int i = 0; i < provider; i++)
    {
        if (same_default(i, provider, row))
            return false;
    }
    return true;
}

/* "public (postgres, redshift), dbo (sqlserver)" */
static void list_defaults(struct cc_strbuf *out, const struct cc_parameter *row)
{
    for (int i = 0; i < CC_PROVIDER_COUNT; i++)
    {
        const char *text = default_text(i, row);
        if (!text || !is_first_with_default(i, row))
            continue;
        append_item(out, use_of(i, row)->default_value ? "" : "the ");
        (void)cc_strbuf_printf(out, "%s (", text);
        for (int j = i; j < CC_PROVIDER_COUNT; j++)
        {
            if (same_default(i, j, row))
                (void)cc_strbuf_printf(out, "%s%s", j > i ? ", " : "",
                                       provider_name(j));
        }
        (void)cc_strbuf_append_char(out, ')');
    }
}

static void append_xml(struct cc_strbuf *out, const char *text)
{
    for (; *text; text++)
    {
        switch (*text)
        {
            case '&':
                (void)cc_strbuf_append(out, "&amp;");
                break;
            case '<':
                (void)cc_strbuf_append(out, "&lt;");
                break;
            case '>':
                (void)cc_strbuf_append(out, "&gt;");
                break;
            case '\'':
                (void)cc_strbuf_append(out, "&apos;");
                break;
            case '"':
                (void)cc_strbuf_append(out, "&quot;");
                break;
            default:
                (void)cc_strbuf_append_char(out, *text);
                break;
        }
    }
}

static void append_attribute(struct cc_strbuf *out, const char *name,
                             const char *value)
{
    (void)cc_strbuf_printf(out, " %s='", name);
    append_xml(out, value);
    (void)cc_strbuf_append_char(out, '\'');
}

static const char *xml_type(const struct cc_parameter *row)
{
    switch (row->type)
    {
        case CC_TYPE_INTEGER:
            return "int";
        case CC_TYPE_BOOLEAN:
            return "boolean";
        case CC_TYPE_CHOICE:
            return "string-select";
        case CC_TYPE_STRING:
        case CC_TYPE_TEXT:
        case CC_TYPE_OBJECT:
        case CC_TYPE_OBJECT_FILE:
            break;
    }
    return row->id == CC_P_PROVIDER ? "string-select" : "string";
}

/* The description, for whom it is, and defaults that differ. */
static void append_xml_description(struct cc_strbuf *out,
                                   const struct cc_parameter *row)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    struct cc_strbuf providers = CC_STRBUF_INIT;
    struct cc_strbuf defaults = CC_STRBUF_INIT;
    list_providers(&providers, row, false);
    (void)cc_strbuf_append(&text, row->description);
    if (strcmp(cc_strbuf_text(&providers), "all") != 0)
        (void)cc_strbuf_printf(&text, " For %s.", cc_strbuf_text(&providers));
    if (!shared_default(row))
        list_defaults(&defaults, row);
    if (defaults.length)
        (void)cc_strbuf_printf(&text, " Default: %s.",
                               cc_strbuf_text(&defaults));
    append_attribute(out, "description", cc_strbuf_text(&text));
    cc_strbuf_free(&text);
    cc_strbuf_free(&providers);
    cc_strbuf_free(&defaults);
}

static void append_xml_range(struct cc_strbuf *out,
                             const struct cc_parameter *row)
{
    if (row->type != CC_TYPE_INTEGER)
        return;
    (void)cc_strbuf_printf(out, " min='%" PRId64 "'", row->min);
    if (row->max != INT64_MAX)
        (void)cc_strbuf_printf(out, " max='%" PRId64 "'", row->max);
}

static void append_xml_value(struct cc_strbuf *out, const char *value)
{
    (void)cc_strbuf_append(out, "<Value>");
    append_xml(out, value);
    (void)cc_strbuf_append(out, "</Value>");
}

static void append_xml_option(struct cc_strbuf *out,
                              const struct cc_parameter *row)
{
    (void)cc_strbuf_append(out, "<Option");
    append_attribute(out, "name", row->option);
    append_attribute(out, "type", xml_type(row));
    append_attribute(out, "scope", "vector");
    append_xml_range(out, row);
    if (shared_default(row))
        append_attribute(out, "default", shared_default(row));
    append_xml_description(out, row);
    (void)cc_strbuf_append_char(out, '>');
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        append_xml_value(out, row->choices[i]);
    for (int i = 0; row->id == CC_P_PROVIDER && i < CC_PROVIDER_COUNT; i++)
        append_xml_value(out, provider_name(i));
    (void)cc_strbuf_append(out, "</Option>");
}

int cc_parameters_xml(struct cc_strbuf *out)
{
    (void)cc_strbuf_append(out, "<OpenOptionList><Option name='CONNECTOR' "
                                "type='string' scope='vector' description='"
                                "The connector: JSON, or the name of a file "
                                "with it.'></Option>");
    for (size_t i = 0; i < CC_PARAMETER_COUNT; i++)
    {
        if (cc_parameters[i].option)
            append_xml_option(out, &cc_parameters[i]);
    }
    return cc_strbuf_append(out, "</OpenOptionList>");
}

/* A cell's text: no character of it ends the cell. */
static void append_cell(struct cc_strbuf *out, const char *text)
{
    for (; *text; text++)
    {
        if (*text == '|')
            (void)cc_strbuf_append_char(out, '\\');
        (void)cc_strbuf_append_char(out, *text);
    }
    (void)cc_strbuf_append(out, " | ");
}

static void append_markdown_default(struct cc_strbuf *out,
                                    const struct cc_parameter *row)
{
    struct cc_strbuf defaults = CC_STRBUF_INIT;
    if (shared_default(row))
        (void)cc_strbuf_append(&defaults, shared_default(row));
    else
        list_defaults(&defaults, row);
    append_cell(out, cc_strbuf_text(&defaults));
    cc_strbuf_free(&defaults);
}

static void append_range(struct cc_strbuf *out, const struct cc_parameter *row)
{
    if (row->type != CC_TYPE_INTEGER)
        return;
    const char *unit = row->unit ? row->unit : "";
    const char *space = row->unit ? " " : "";
    if (row->max == INT64_MAX)
        (void)cc_strbuf_printf(out, " At least %" PRId64 "%s%s.", row->min,
                               space, unit);
    else
        (void)cc_strbuf_printf(out, " From %" PRId64 " to %" PRId64 "%s%s.",
                               row->min, row->max, space, unit);
}

static void append_markdown_description(struct cc_strbuf *out,
                                        const struct cc_parameter *row)
{
    struct cc_strbuf text = CC_STRBUF_INIT;
    (void)cc_strbuf_append(&text, row->description);
    for (size_t i = 0; row->choices && row->choices[i]; i++)
        (void)cc_strbuf_printf(&text, "%s`%s`", i ? ", " : " One of ",
                               row->choices[i]);
    if (row->choices)
        (void)cc_strbuf_append_char(&text, '.');
    append_range(&text, row);
    append_cell(out, cc_strbuf_text(&text));
    cc_strbuf_free(&text);
}

static void append_markdown_row(struct cc_strbuf *out,
                                const struct cc_parameter *row)
{
    struct cc_strbuf users = CC_STRBUF_INIT;
    struct cc_strbuf required = CC_STRBUF_INIT;
    list_providers(&users, row, false);
    list_providers(&required, row, true);
    (void)cc_strbuf_printf(out, "| `%s` | ", row->key);
    if (row->option)
        (void)cc_strbuf_printf(out, "`%s`", row->option);
    (void)cc_strbuf_append(out, " | ");
    append_cell(out, cc_strbuf_text(&users));
    append_cell(out, cc_strbuf_text(&required));
    append_markdown_default(out, row);
    append_markdown_description(out, row);
    out->length--;
    (void)cc_strbuf_append(out, "\n");
    cc_strbuf_free(&users);
    cc_strbuf_free(&required);
}

/* The rows from `first` up to, not including, `end`. */
static void append_markdown_table(struct cc_strbuf *out, const char *title,
                                  enum cc_parameter_id first,
                                  enum cc_parameter_id end)
{
    (void)cc_strbuf_printf(out,
                           "%s:\n\n"
                           "| JSON key | Open option | Providers | Required "
                           "| Default | Description |\n"
                           "|---|---|---|---|---|---|\n",
                           title);
    for (size_t i = first; i < end; i++)
        append_markdown_row(out, &cc_parameters[i]);
}

int cc_parameters_markdown(struct cc_strbuf *out)
{
    append_markdown_table(out, "What to read (keys of the connector)",
                          CC_P_PROVIDER, CC_P_SERVER);
    (void)cc_strbuf_append_char(out, '\n');
    append_markdown_table(out, "How to connect (keys of `connection`)",
                          CC_P_SERVER, CC_P_MAX_ROWS);
    (void)cc_strbuf_append_char(out, '\n');
    append_markdown_table(out, "How to read (keys of the connector)",
                          CC_P_MAX_ROWS, CC_PARAMETER_COUNT);
    return cc_strbuf_failed(out) ? -1 : 0;
}
