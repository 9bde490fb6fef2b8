/* SPDX-License-Identifier: MIT */
/*
 * The one parameter table. Every parameter a connector may carry is one row;
 * JSON parsing, open options, CARTOCONN_* names, defaults, validation, the
 * driver's option list, the documentation and redaction all read it.
 */
#ifndef CC_CONNECTOR_PARAMETER_H
#define CC_CONNECTOR_PARAMETER_H

#include "strbuf.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

enum cc_provider_id
{
    CC_MYSQL = 0,
    CC_POSTGRES,
    CC_SQLSERVER,
    CC_HIVE,
    CC_BIGQUERY,
    CC_REDSHIFT,
    CC_SNOWFLAKE,
    CC_PROVIDER_COUNT
};

/* Identity and limits of a provider, whether or not it is built in. */
struct cc_provider_info
{
    const char *name;  /* as in the JSON: "postgres" */
    const char *label; /* for messages: "PostgreSQL" */
    int64_t row_limit;
};

/* Never NULL for a valid id. */
const struct cc_provider_info *cc_provider_info_get(enum cc_provider_id id);

/* Index into cc_parameters; the order of the table. */
enum cc_parameter_id
{
    /* top level */
    CC_P_PROVIDER = 0,
    CC_P_CONNECTION, /* the object itself: presence only */
    CC_P_TABLE,
    CC_P_SQL_QUERY,
    CC_P_SCHEMA,
    CC_P_IMPORT_AS,
    CC_P_ENCODING,
    CC_P_BILLING_PROJECT, /* top level or connection */
    CC_P_PROJECT,
    CC_P_DATASET,
    CC_P_INTERVAL, /* beside "connector" in an Import API body */
    /* connection */
    CC_P_SERVER,
    CC_P_PORT,
    CC_P_DATABASE,
    CC_P_USERNAME,
    CC_P_PASSWORD,
    CC_P_CLUSTER, /* redshift; the same as server */
    CC_P_ACCOUNT,
    CC_P_WAREHOUSE,
    CC_P_ROLE,
    CC_P_TOKEN,
    CC_P_PASSCODE,
    CC_P_OAUTH_TOKEN,
    CC_P_PRIVATE_KEY,
    CC_P_PRIVATE_KEY_FILE, /* read into CC_P_PRIVATE_KEY */
    CC_P_PRIVATE_KEY_PASSPHRASE,
    CC_P_CLIENT_APP_ID,   /* "ID/version" */
    CC_P_SERVICE_ACCOUNT, /* object or file name; kept as JSON text */
    CC_P_ACCESS_TOKEN,
    CC_P_REFRESH_TOKEN,
    CC_P_CLIENT_ID,
    CC_P_CLIENT_SECRET,
    CC_P_SSLMODE,
    CC_P_SSLROOTCERT,
    CC_P_SSLCERT,
    CC_P_SSLKEY,
    CC_P_CONNECT_TIMEOUT, /* seconds */
    CC_P_QUERY_TIMEOUT,   /* seconds */
    CC_P_INSECURE,
    CC_P_AUTH,          /* hive: plain, nosasl */
    CC_P_TRANSPORT,     /* hive: binary, http */
    CC_P_HTTP_PATH,     /* hive */
    CC_P_CONFIGURATION, /* hive: object of strings, kept as JSON text */
    CC_P_MAXIMUM_BYTES_BILLED,
    CC_P_ENDPOINT,         /* bigquery REST */
    CC_P_STORAGE_ENDPOINT, /* bigquery Storage Read API */
    /* how to read: open options; accepted at the top level of the JSON too */
    CC_P_MAX_ROWS,
    CC_P_LOSSLESS,
    CC_P_GEOM_POSSIBLE_NAMES,
    CC_P_SRS,
    CC_P_TARGET_SRS,
    CC_P_INVALID_GEOMETRY, /* WARN, ERROR */
    CC_P_TINYINT1_AS_BOOLEAN,
    CC_PARAMETER_COUNT
};

enum cc_parameter_type
{
    CC_TYPE_STRING,     /* one line: no control characters */
    CC_TYPE_TEXT,       /* any text */
    CC_TYPE_INTEGER,    /* min..max */
    CC_TYPE_BOOLEAN,    /* YES/NO, TRUE/FALSE, ON/OFF, 1/0; kept as YES or NO */
    CC_TYPE_CHOICE,     /* one of `choices`; kept as spelt there */
    CC_TYPE_OBJECT,     /* a JSON object of scalars, also as JSON text */
    CC_TYPE_OBJECT_FILE /* a JSON object, or the name of a file with one */
};

enum cc_parameter_place
{
    CC_PLACE_TOP = 1,        /* a key of the connector object */
    CC_PLACE_CONNECTION = 2, /* a key of "connection" */
    CC_PLACE_BODY = 4        /* a key beside "connector" (Import API body) */
};

struct cc_parameter
{
    enum cc_parameter_id id;
    const char *key;      /* JSON key, lower case */
    const char *option;   /* open option; CARTOCONN_<option> in the
                             environment; NULL: neither (connection) */
    const char *synonyms; /* what people write instead, blank separated, for
                             "did you mean"; or NULL */
    unsigned places;      /* of enum cc_parameter_place */
    enum cc_parameter_type type;
    int64_t min, max;           /* CC_TYPE_INTEGER; INT64_MAX: no limit */
    const char *unit;           /* "seconds", or NULL */
    const char *const *choices; /* CC_TYPE_CHOICE, NULL-terminated */
    const char *not_chosen;     /* why there are no others, or NULL */
    bool secret;
    const char *description; /* one sentence, plain text */
};

extern const struct cc_parameter cc_parameters[CC_PARAMETER_COUNT];

/* In a parameter use: no other parameter. (CC_P_PROVIDER is never one.) */
#define CC_P_NONE CC_P_PROVIDER

/* How one provider uses one parameter. */
struct cc_parameter_use
{
    enum cc_parameter_id id;
    bool required;
    const char *default_value;         /* NULL: none */
    enum cc_parameter_id default_from; /* else the value of this one */
    enum cc_parameter_id alternative;  /* may be given instead of it */
    const char *const *choices;        /* instead of the row's; or NULL */
};

/* The provider's uses, *count of them, in the order of documentation. */
const struct cc_parameter_use *cc_parameter_uses(enum cc_provider_id provider,
                                                 size_t *count);

/* How the provider uses the parameter; NULL when it does not. */
const struct cc_parameter_use *
cc_parameter_use_get(enum cc_provider_id provider, enum cc_parameter_id id);

/* Whether the provider has another name for the parameter (cluster and
 * server): each is the other's default. */
bool cc_parameter_has_twin(enum cc_provider_id provider,
                           enum cc_parameter_id id);

/* The provider of that name, in any case; CC_PROVIDER_COUNT when unknown. */
enum cc_provider_id cc_provider_by_name(const char *name);

/* The row for a JSON key / an open option, case-insensitively; NULL when there
 * is none. */
const struct cc_parameter *cc_parameter_by_key(const char *key);
const struct cc_parameter *cc_parameter_by_option(const char *option);

/* GDAL's DMD_OPENOPTIONLIST, as XML, appended to `out`. */
int cc_parameters_xml(struct cc_strbuf *out);

/* The README's option tables, as Markdown, appended to `out`. */
int cc_parameters_markdown(struct cc_strbuf *out);

/* The connector's JSON schema (draft 2020-12), appended to `out`. */
int cc_parameters_json_schema(struct cc_strbuf *out);

#ifdef __cplusplus
}
#endif

#endif
