/* SPDX-License-Identifier: MIT */
/*
 * A connector: the validated form of a connector JSON with open options and
 * configuration options merged in (open option over JSON over CARTOCONN_*
 * configuration over default).
 *
 * Immutable once built, so any thread may read it.
 */
#ifndef CC_CONNECTOR_CONNECTOR_H
#define CC_CONNECTOR_CONNECTOR_H

#include "error.h"
#include "parameter.h"

#ifdef __cplusplus
extern "C"
{
#endif

/*
 * Where the values come from. `json` is NULL when there is no JSON at all.
 * `option` and `config` look a name up ("PASSWORD"; "CARTOCONN_PASSWORD") and
 * return NULL when it is not set; either may be NULL. `read_file` returns the
 * whole file, NUL-terminated, to be freed with free(), or NULL; it serves
 * parameters that name a file (service_account, private_key_file).
 */
struct cc_connector_input
{
    const char *json;
    const char *json_name; /* the file's name for messages, or NULL: inline */
    const char *(*option)(void *context, const char *name);
    const char *(*config)(void *context, const char *name);
    char *(*read_file)(void *context, const char *name);
    void *context;
};

struct cc_connector
{
    enum cc_provider_id provider;
    const struct cc_provider_info *info;
    char *values[CC_PARAMETER_COUNT]; /* validated text; NULL: not given */
    int64_t row_limit;      /* rows a read delivers at the most: the provider's
                          limit, MAX_ROWS and CARTOCONN_MAX_ROWS applied */
    char *layer_name;       /* import_as, else table; NULL: the whole schema */
    const char *iconv_name; /* of `encoding`; NULL: none given, or UTF-8 */
    const char *encoding; /* canonical PostgreSQL name of `encoding`, or NULL */
    struct cc_secrets *secrets;
    char *safe_json; /* the JSON with secrets replaced; NULL: no JSON, or none
                            in it */
    struct cc_strbuf hints; /* debug-level remarks, one a line: a trailing
                               comma, an inline password */
};

/*
 * Parses, merges and validates. All mistakes are reported in one error of
 * CC_STAGE_PARAMETER, one a line, each naming its parameter. On success
 * *connector is the caller's, to be freed with cc_connector_free. `secrets` of
 * the error is left NULL; the connector's own are to be used from then on.
 */
int cc_connector_new(const struct cc_connector_input *input,
                     struct cc_connector **connector,
                     struct cc_error *error) CC_CHECKED;
void cc_connector_free(struct cc_connector *connector);

/* A parameter's value, its default applied; NULL when there is neither. */
const char *cc_connector_text(const struct cc_connector *connector,
                              enum cc_parameter_id id);
/* 0 when there is no value. Values are validated, so this cannot fail. */
int64_t cc_connector_integer(const struct cc_connector *connector,
                             enum cc_parameter_id id);
/* false when there is no value. */
bool cc_connector_boolean(const struct cc_connector *connector,
                          enum cc_parameter_id id);

/* The dataset's name without secrets: the given text when it holds none, else
 * the connector JSON with secrets replaced. The caller frees it. */
char *cc_connector_description(const struct cc_connector *connector,
                               const char *given);

#ifdef __cplusplus
}
#endif

#endif
