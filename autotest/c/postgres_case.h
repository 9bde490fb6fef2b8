/* SPDX-License-Identifier: MIT */
/*
 * Tests against a real PostgreSQL with PostGIS, named by the environment
 * variable CARTOCONN_TEST_POSTGRES ("host=... port=... dbname=... user=...
 * password=..."; sslrootcert=... where the server has TLS). The user has to be
 * allowed to create schemas, roles and databases. What is made is dropped.
 */
#ifndef CC_POSTGRES_CASE_H
#define CC_POSTGRES_CASE_H

#include "provider_case.h"

#include <libpq-fe.h>

#define VARIABLE "CARTOCONN_TEST_POSTGRES"
#define SCHEMA "cartoconn test"

static struct target target;
static PGconn *admin;

static inline void run(const char *sql)
{
    PGresult *result = PQexec(admin, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQerrorMessage(admin));
    PQclear(result);
}

/* The one value of a query; the caller frees it. */
static inline char *ask(const char *sql)
{
    PGresult *result = PQexec(admin, sql);
    if (PQresultStatus(result) != PGRES_TUPLES_OK || PQntuples(result) != 1)
        fail_msg("%s: %s", sql, PQerrorMessage(admin));
    char *value = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return value;
}

static void ignore_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

/* A group's set-up; without a server the group is empty. */
static inline bool postgres_begin(void)
{
    if (!target_from_environment(&target, VARIABLE, "postgres"))
    {
        print_message("skipped: " VARIABLE " names no server\n");
        return false;
    }
    admin = PQconnectdb(getenv(VARIABLE));
    if (PQstatus(admin) != CONNECTION_OK)
    {
        print_error("%s", PQerrorMessage(admin));
        exit(1);
    }
    PQsetNoticeProcessor(admin, ignore_notice, NULL);
    target_set(&target, "SCHEMA", SCHEMA);
    return true;
}

static inline int postgres_set_up(void **state)
{
    (void)state;
    run("DROP SCHEMA IF EXISTS \"" SCHEMA "\" CASCADE");
    run("CREATE SCHEMA \"" SCHEMA "\"");
    run("CREATE EXTENSION IF NOT EXISTS postgis");
    run("CREATE EXTENSION IF NOT EXISTS hstore");
    run("SET search_path TO \"" SCHEMA "\", public");
    return 0;
}

static inline int postgres_tear_down(void **state)
{
    (void)state;
    run("DROP SCHEMA \"" SCHEMA "\" CASCADE");
    PQfinish(admin);
    return 0;
}

/* ---- sessions ---- */

static inline struct session postgres_session(void)
{
    struct session session;
    session_open(&session, target);
    return session;
}

#endif
