/* SPDX-License-Identifier: MIT */
/*
 * What the parameters must satisfy together, and what follows from them: the
 * layer's name, the encoding, the row limit.
 */
#include "build.h"
#include "encoding.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool is_given(const struct cc_build *build, enum cc_parameter_id id)
{
    return id != CC_P_NONE && build->given[id].origin != CC_FROM_NOWHERE;
}

static const char *value(const struct cc_build *build, enum cc_parameter_id id)
{
    return build->connector->values[id];
}

static void label_given(const struct cc_build *build, enum cc_parameter_id id,
                        char out[CC_LABEL_SIZE])
{
    cc_label(&cc_parameters[id], &build->given[id], out);
}

static bool is_missing(const struct cc_build *build,
                       const struct cc_parameter_use *use)
{
    return use->required && use->id != CC_P_PROVIDER &&
           use->id != CC_P_CONNECTION && !is_given(build, use->id) &&
           !is_given(build, use->default_from) &&
           !is_given(build, use->alternative);
}

static bool is_member(enum cc_parameter_id id)
{
    return cc_parameters[id].places == CC_PLACE_CONNECTION;
}

/* There is JSON, but no "connection" in it: one mistake for all it lacks. */
static void check_no_connection(struct cc_build *build)
{
    struct cc_strbuf names = CC_STRBUF_INIT;
    size_t count = 0;
    const struct cc_parameter_use *uses =
        cc_parameter_uses(build->connector->provider, &count);
    for (size_t i = 0; i < count; i++)
    {
        if (is_missing(build, &uses[i]) && is_member(uses[i].id))
            (void)cc_strbuf_printf(&names, "%s\"%s\"", names.length ? ", " : "",
                                   cc_parameters[uses[i].id].key);
    }
    if (names.length)
        cc_mistake(&build->mistakes, "\"connection\" is missing: it gives %s",
                   cc_strbuf_text(&names));
    cc_strbuf_free(&names);
}

static void check_required(struct cc_build *build)
{
    bool members = !build->top || build->connection;
    if (!members && !is_given(build, CC_P_CONNECTION))
        check_no_connection(build);

    size_t count = 0;
    const struct cc_parameter_use *uses =
        cc_parameter_uses(build->connector->provider, &count);
    for (size_t i = 0; i < count; i++)
    {
        if (!is_missing(build, &uses[i]) || (is_member(uses[i].id) && !members))
            continue;
        char label[CC_LABEL_SIZE];
        cc_missing_label(build, &cc_parameters[uses[i].id], label);
        if (uses[i].alternative == CC_P_NONE)
            cc_mistake(&build->mistakes, "%s is missing", label);
        else
            cc_mistake(&build->mistakes, "%s is missing (or \"%s\")", label,
                       cc_parameters[uses[i].alternative].key);
    }
}

/* Two spellings of one parameter (cluster and server) have to agree. */
static void check_spellings(struct cc_build *build)
{
    size_t count = 0;
    enum cc_provider_id provider = build->connector->provider;
    const struct cc_parameter_use *uses = cc_parameter_uses(provider, &count);
    for (size_t i = 0; i < count; i++)
    {
        enum cc_parameter_id id = uses[i].id, other = uses[i].default_from;
        if (other < id || !cc_parameter_has_twin(provider, id))
            continue;
        if (value(build, id) && value(build, other) &&
            strcmp(value(build, id), value(build, other)) != 0)
            cc_mistake(&build->mistakes,
                       "\"%s\" and \"%s\" are two names of one parameter, but "
                       "differ: leave one out",
                       cc_parameters[id].key, cc_parameters[other].key);
    }
}

static void check_source(struct cc_build *build)
{
    bool table = is_given(build, CC_P_TABLE);
    bool query = is_given(build, CC_P_SQL_QUERY);
    bool name = is_given(build, CC_P_IMPORT_AS);
    char label[CC_LABEL_SIZE];
    if (query && !name && !table)
    {
        label_given(build, CC_P_SQL_QUERY, label);
        cc_mistake(&build->mistakes,
                   "%s needs \"import_as\" to name its result", label);
    }
    if (name && !table && !query)
    {
        label_given(build, CC_P_IMPORT_AS, label);
        cc_mistake(&build->mistakes,
                   "%s names nothing: \"table\" or \"sql_query\" is missing",
                   label);
    }
    if (build->connector->provider == CC_BIGQUERY && table && !query &&
        !is_given(build, CC_P_DATASET) && !is_given(build, CC_P_SCHEMA))
    {
        cc_missing_label(build, &cc_parameters[CC_P_DATASET], label);
        cc_mistake(&build->mistakes,
                   "%s is missing: BigQuery needs it beside \"table\"", label);
    }
}

static void check_encoding(struct cc_build *build)
{
    const char *name = value(build, CC_P_ENCODING);
    if (!name)
        return;
    char label[CC_LABEL_SIZE];
    label_given(build, CC_P_ENCODING, label);
    int clip = (int)cc_utf8_cut(name, strlen(name), 64);

    const struct cc_encoding *encoding = cc_encoding_find(name);
    if (!encoding)
    {
        const char *meant = cc_encoding_suggest(name);
        cc_mistake(&build->mistakes,
                   "%s is \"%.*s\", which is no PostgreSQL character set%s%s%s",
                   label, clip, name, meant ? ": did you mean \"" : "",
                   meant ? meant : "", meant ? "\"?" : "");
        return;
    }
    if (!encoding->iconv)
        cc_mistake(&build->mistakes,
                   "%s is \"%.*s\", which cannot be converted", label, clip,
                   name);
    build->connector->encoding = encoding->name;
    if (encoding->iconv && strcmp(encoding->iconv, "UTF-8") != 0)
        build->connector->iconv_name = encoding->iconv;
}

static void check_credentials(struct cc_build *build)
{
    static const enum cc_parameter_id client[] = {CC_P_CLIENT_ID,
                                                  CC_P_CLIENT_SECRET};
    char label[CC_LABEL_SIZE];
    for (size_t i = 0; i < 2; i++)
    {
        if (!is_given(build, CC_P_REFRESH_TOKEN) || is_given(build, client[i]))
            continue;
        cc_missing_label(build, &cc_parameters[client[i]], label);
        cc_mistake(&build->mistakes,
                   "%s is missing: \"refresh_token\" needs it", label);
    }
    if (is_given(build, CC_P_PRIVATE_KEY) &&
        is_given(build, CC_P_PRIVATE_KEY_FILE))
        cc_mistake(&build->mistakes,
                   "\"private_key\" and \"private_key_file\" exclude each "
                   "other");
}

/* A host that is this machine: localhost, 127.0.0.0/8, ::1. */
static bool is_loopback(const char *host, size_t length)
{
    static const char *const names[] = {"localhost", "::1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    {
        if (strlen(names[i]) == length && strncmp(host, names[i], length) == 0)
            return true;
    }
    return strncmp(host, "127.", 4) == 0 &&
           strspn(host, "0123456789.") >= length;
}

static bool is_insecure(const struct cc_build *build)
{
    return cc_connector_boolean(build->connector, CC_P_INSECURE);
}

static void check_endpoint(struct cc_build *build, enum cc_parameter_id id)
{
    const char *url = value(build, id);
    if (!url || strncmp(url, "https://", 8) == 0)
        return;
    char label[CC_LABEL_SIZE];
    label_given(build, id, label);
    if (strncmp(url, "http://", 7) != 0)
    {
        cc_mistake(&build->mistakes,
                   "%s must begin with \"https://\" (or \"http://\")", label);
        return;
    }
    const char *host = url + 7;
    size_t length =
        *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/?#");
    if (!is_loopback(host, length) && !is_insecure(build))
        cc_mistake(&build->mistakes,
                   "%s is plain HTTP to another host: use \"https://\", or "
                   "set \"insecure\" to true",
                   label);
}

static void check_transport(struct cc_build *build)
{
    check_endpoint(build, CC_P_ENDPOINT);
    check_endpoint(build, CC_P_STORAGE_ENDPOINT);

    const char *mode = value(build, CC_P_SSLMODE);
    const char *server = value(build, CC_P_SERVER);
    if (build->connector->provider != CC_SNOWFLAKE || !mode ||
        strcmp(mode, "disable") != 0 || is_insecure(build) ||
        (server && is_loopback(server, strlen(server))))
        return;
    char label[CC_LABEL_SIZE];
    label_given(build, CC_P_SSLMODE, label);
    cc_mistake(&build->mistakes,
               "%s is \"disable\", plain HTTP to another host: set "
               "\"insecure\" to true to allow it",
               label);
}

/* CARTOCONN_MAX_ROWS is the operator's: it replaces the provider's limit. */
static int operator_limit(struct cc_build *build, int64_t *limit)
{
    const struct cc_parameter *row = &cc_parameters[CC_P_MAX_ROWS];
    const char *text = cc_build_config(build, row);
    if (!text)
        return 0;
    struct cc_given users = build->given[row->id];
    char *number = NULL;
    build->given[row->id] =
        (struct cc_given){CC_FROM_CONFIG, CC_PLACE_TOP, NULL, text};
    int result = cc_value_read(build, row, NULL, &number);
    build->given[row->id] = users;
    if (number)
        *limit = strtoll(number, NULL, 10);
    free(number);
    return result;
}

static int set_row_limit(struct cc_build *build)
{
    struct cc_connector *connector = build->connector;
    connector->row_limit = connector->info->row_limit;
    CC_TRY(operator_limit(build, &connector->row_limit));

    if (!value(build, CC_P_MAX_ROWS))
        return 0;
    int64_t wanted = cc_connector_integer(connector, CC_P_MAX_ROWS);
    if (wanted <= connector->row_limit)
        connector->row_limit = wanted;
    else
        (void)cc_strbuf_printf(&connector->hints,
                               "MAX_ROWS only lowers the limit: it stays at "
                               "%" PRId64 " rows\n",
                               connector->row_limit);
    return 0;
}

static int set_layer_name(struct cc_build *build)
{
    const char *name = value(build, CC_P_IMPORT_AS);
    if (!name)
        name = value(build, CC_P_TABLE);
    if (!name)
        return 0;
    build->connector->layer_name = strdup(name);
    return build->connector->layer_name ? 0 : -1;
}

int cc_build_rules(struct cc_build *build)
{
    check_encoding(build);
    if (!build->provider_known)
        return 0;
    check_required(build);
    check_spellings(build);
    check_source(build);
    check_credentials(build);
    check_transport(build);
    CC_TRY(set_row_limit(build));
    return set_layer_name(build);
}
