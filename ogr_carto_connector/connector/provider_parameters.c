/* SPDX-License-Identifier: MIT */
/*
 * Which provider uses which parameter, what it requires and its defaults.
 */
#include "names.h"
#include "parameter.h"

#define ONE_MILLION INT64_C(1000000)
#define FIVE_MILLION INT64_C(5000000)

static const struct cc_provider_info providers[CC_PROVIDER_COUNT] = {
    [CC_MYSQL] = {"mysql", "MySQL", ONE_MILLION},
    [CC_POSTGRES] = {"postgres", "PostgreSQL", ONE_MILLION},
    [CC_SQLSERVER] = {"sqlserver", "SQL Server", ONE_MILLION},
    [CC_HIVE] = {"hive", "Hive", ONE_MILLION},
    [CC_BIGQUERY] = {"bigquery", "BigQuery", FIVE_MILLION},
    [CC_REDSHIFT] = {"redshift", "Redshift", FIVE_MILLION},
    [CC_SNOWFLAKE] = {"snowflake", "Snowflake", FIVE_MILLION},
};

const struct cc_provider_info *cc_provider_info_get(enum cc_provider_id id)
{
    return &providers[id];
}

enum cc_provider_id cc_provider_by_name(const char *name)
{
    int id = 0;
    while (id < CC_PROVIDER_COUNT &&
           cc_name_compare(providers[id].name, name) != 0)
        id++;
    return (enum cc_provider_id)id;
}

/* Protocols that settle on TLS or not before they begin cannot "prefer" it. */
static const char *const without_prefer[] = {"disable", "require", "verify-ca",
                                             "verify-full", NULL};
/* The scheme of BigQuery's endpoint says whether there is TLS. */
static const char *const always_tls[] = {"require", "verify-ca", "verify-full",
                                         NULL};

/* clang-format off */
#define REQUIRED(id_) {.id = id_, .required = true}
#define OPTIONAL(id_) {.id = id_}
#define DEFAULT(id_, value) {.id = id_, .default_value = value}

#define WHAT(connection_required)                                              \
    REQUIRED(CC_P_PROVIDER),                                                   \
    {.id = CC_P_CONNECTION, .required = connection_required},                  \
    OPTIONAL(CC_P_TABLE), OPTIONAL(CC_P_SQL_QUERY), OPTIONAL(CC_P_IMPORT_AS),  \
    OPTIONAL(CC_P_ENCODING), OPTIONAL(CC_P_INTERVAL)

#define NETWORK                                                                \
    OPTIONAL(CC_P_SSLROOTCERT), OPTIONAL(CC_P_SSLCERT),                        \
    OPTIONAL(CC_P_SSLKEY), DEFAULT(CC_P_CONNECT_TIMEOUT, "30"),                \
    DEFAULT(CC_P_QUERY_TIMEOUT, "0")

#define READING                                                                \
    OPTIONAL(CC_P_MAX_ROWS), DEFAULT(CC_P_LOSSLESS, "NO"),                     \
    DEFAULT(CC_P_GEOM_POSSIBLE_NAMES,                                          \
            "the_geom,geometry,wkb_geometry,geom,geojson,wkt"),                \
    DEFAULT(CC_P_SRS, "EPSG:4326"), OPTIONAL(CC_P_TARGET_SRS),                 \
    DEFAULT(CC_P_INVALID_GEOMETRY, "WARN")

static const struct cc_parameter_use mysql_uses[] = {
    WHAT(true),
    {.id = CC_P_SCHEMA, .default_from = CC_P_DATABASE},
    REQUIRED(CC_P_SERVER),
    DEFAULT(CC_P_PORT, "3306"),
    OPTIONAL(CC_P_DATABASE),
    REQUIRED(CC_P_USERNAME),
    OPTIONAL(CC_P_PASSWORD),
    DEFAULT(CC_P_SSLMODE, "prefer"),
    NETWORK,
    READING,
    DEFAULT(CC_P_TINYINT1_AS_BOOLEAN, "NO"),
};

static const struct cc_parameter_use postgres_uses[] = {
    WHAT(true),
    DEFAULT(CC_P_SCHEMA, "public"),
    REQUIRED(CC_P_SERVER),
    DEFAULT(CC_P_PORT, "5432"),
    REQUIRED(CC_P_DATABASE),
    REQUIRED(CC_P_USERNAME),
    OPTIONAL(CC_P_PASSWORD),
    DEFAULT(CC_P_SSLMODE, "require"),
    NETWORK,
    READING,
};

static const struct cc_parameter_use sqlserver_uses[] = {
    WHAT(true),
    DEFAULT(CC_P_SCHEMA, "dbo"),
    REQUIRED(CC_P_SERVER),
    DEFAULT(CC_P_PORT, "1433"),
    REQUIRED(CC_P_DATABASE),
    REQUIRED(CC_P_USERNAME),
    OPTIONAL(CC_P_PASSWORD),
    DEFAULT(CC_P_SSLMODE, "prefer"),
    NETWORK,
    READING,
};

static const struct cc_parameter_use hive_uses[] = {
    WHAT(true),
    {.id = CC_P_SCHEMA, .default_from = CC_P_DATABASE},
    REQUIRED(CC_P_SERVER),
    DEFAULT(CC_P_PORT, "10000"),
    DEFAULT(CC_P_DATABASE, "default"),
    OPTIONAL(CC_P_USERNAME),
    OPTIONAL(CC_P_PASSWORD),
    DEFAULT(CC_P_AUTH, "plain"),
    DEFAULT(CC_P_TRANSPORT, "binary"),
    DEFAULT(CC_P_HTTP_PATH, "cliservice"),
    OPTIONAL(CC_P_CONFIGURATION),
    {.id = CC_P_SSLMODE, .default_value = "disable", .choices = without_prefer},
    NETWORK,
    READING,
};

static const struct cc_parameter_use bigquery_uses[] = {
    WHAT(false),
    REQUIRED(CC_P_BILLING_PROJECT),
    {.id = CC_P_PROJECT, .default_from = CC_P_BILLING_PROJECT},
    {.id = CC_P_DATASET, .default_from = CC_P_SCHEMA},
    {.id = CC_P_SCHEMA, .default_from = CC_P_DATASET},
    OPTIONAL(CC_P_SERVICE_ACCOUNT),
    OPTIONAL(CC_P_ACCESS_TOKEN),
    OPTIONAL(CC_P_REFRESH_TOKEN),
    OPTIONAL(CC_P_CLIENT_ID),
    OPTIONAL(CC_P_CLIENT_SECRET),
    OPTIONAL(CC_P_MAXIMUM_BYTES_BILLED),
    DEFAULT(CC_P_ENDPOINT, "https://bigquery.googleapis.com"),
    DEFAULT(CC_P_STORAGE_ENDPOINT, "https://bigquerystorage.googleapis.com"),
    DEFAULT(CC_P_INSECURE, "NO"),
    {.id = CC_P_SSLMODE, .default_value = "verify-full", .choices = always_tls},
    NETWORK,
    READING,
};

static const struct cc_parameter_use redshift_uses[] = {
    WHAT(true),
    DEFAULT(CC_P_SCHEMA, "public"),
    {.id = CC_P_CLUSTER, .required = true, .default_from = CC_P_SERVER},
    {.id = CC_P_SERVER, .default_from = CC_P_CLUSTER},
    DEFAULT(CC_P_PORT, "5439"),
    REQUIRED(CC_P_DATABASE),
    REQUIRED(CC_P_USERNAME),
    OPTIONAL(CC_P_PASSWORD),
    DEFAULT(CC_P_SSLMODE, "require"),
    NETWORK,
    READING,
};

static const struct cc_parameter_use snowflake_uses[] = {
    WHAT(true),
    DEFAULT(CC_P_SCHEMA, "PUBLIC"),
    {.id = CC_P_SERVER, .required = true, .alternative = CC_P_ACCOUNT},
    OPTIONAL(CC_P_ACCOUNT),
    DEFAULT(CC_P_PORT, "443"),
    REQUIRED(CC_P_DATABASE),
    REQUIRED(CC_P_USERNAME),
    OPTIONAL(CC_P_PASSWORD),
    OPTIONAL(CC_P_PASSCODE),
    OPTIONAL(CC_P_TOKEN),
    OPTIONAL(CC_P_OAUTH_TOKEN),
    OPTIONAL(CC_P_PRIVATE_KEY),
    OPTIONAL(CC_P_PRIVATE_KEY_FILE),
    OPTIONAL(CC_P_PRIVATE_KEY_PASSPHRASE),
    OPTIONAL(CC_P_WAREHOUSE),
    OPTIONAL(CC_P_ROLE),
    DEFAULT(CC_P_CLIENT_APP_ID, "C API/2.2.0"),
    DEFAULT(CC_P_INSECURE, "NO"),
    {.id = CC_P_SSLMODE,
     .default_value = "verify-full",
     .choices = without_prefer},
    NETWORK,
    READING,
};

#define USES(array) {array, sizeof array / sizeof *array}
static const struct
{
    const struct cc_parameter_use *rows;
    size_t count;
} uses[CC_PROVIDER_COUNT] = {
    [CC_MYSQL] = USES(mysql_uses),         [CC_POSTGRES] = USES(postgres_uses),
    [CC_SQLSERVER] = USES(sqlserver_uses), [CC_HIVE] = USES(hive_uses),
    [CC_BIGQUERY] = USES(bigquery_uses),   [CC_REDSHIFT] = USES(redshift_uses),
    [CC_SNOWFLAKE] = USES(snowflake_uses),
};
/* clang-format on */

const struct cc_parameter_use *cc_parameter_uses(enum cc_provider_id provider,
                                                 size_t *count)
{
    *count = uses[provider].count;
    return uses[provider].rows;
}

const struct cc_parameter_use *
cc_parameter_use_get(enum cc_provider_id provider, enum cc_parameter_id id)
{
    for (size_t i = 0; i < uses[provider].count; i++)
    {
        if (uses[provider].rows[i].id == id)
            return &uses[provider].rows[i];
    }
    return NULL;
}

bool cc_parameter_has_twin(enum cc_provider_id provider,
                           enum cc_parameter_id id)
{
    const struct cc_parameter_use *use = cc_parameter_use_get(provider, id);
    if (!use || use->default_from == CC_P_NONE)
        return false;
    return cc_parameter_use_get(provider, use->default_from)->default_from ==
           id;
}
