/* SPDX-License-Identifier: MIT */
/*
 * Tests against real servers, MariaDB and Oracle's MySQL, named by the
 * environment variables CARTOCONN_TEST_MYSQL and CARTOCONN_TEST_MYSQL9
 * ("host=... port=... dbname=... user=... password=..."). The user has to be
 * allowed to create databases and accounts. What is made is dropped.
 */
#ifndef CC_MYSQL_CASE_H
#define CC_MYSQL_CASE_H

#include "provider/mysql_internal.h"

#include "provider_case.h"

#undef MYSQL /* connector_case.h's connector; here the library's type */

#define SCHEMA "cartoconn test"

static struct target target;
static MYSQL *admin;
static bool mariadb;

static inline void run(const char *sql)
{
    if (mysql_query(admin, sql) != 0)
        fail_msg("%s: %s", sql, mysql_error(admin));
    mysql_free_result(mysql_store_result(admin));
}

/* ---- sessions ---- */

static inline struct session mysql_session(void)
{
    struct session session;
    session_open(&session, target);
    return session;
}

static inline struct session session_with(const char *option, const char *value)
{
    struct target to = target;
    struct session session;
    target_set(&to, option, value);
    session_open(&session, to);
    return session;
}

/* ---- one server after the other ---- */

static inline int mysql_set_up(void **state)
{
    (void)state;
    run("DROP DATABASE IF EXISTS `" SCHEMA "`");
    run("CREATE DATABASE `" SCHEMA "`");
    run("USE `" SCHEMA "`");
    return 0;
}

static inline int mysql_tear_down(void **state)
{
    (void)state;
    run("DROP DATABASE `" SCHEMA "`");
    return 0;
}

/* The number of failures; 77 where no such server is named. */
static inline int mysql_run_on(const char *variable,
                               int (*run_group)(const char *name))
{
    if (!target_from_environment(&target, variable, "mysql"))
    {
        print_message("skipped: %s names no server\n", variable);
        return 77;
    }
    const unsigned protocol = MYSQL_PROTOCOL_TCP;
    admin = mysql_init(NULL);
    (void)mysql_options(admin, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    (void)mysql_options(admin, MYSQL_OPT_PROTOCOL, &protocol);
    if (!mysql_real_connect(
            admin, case_find(target.pairs, "SERVER"),
            case_find(target.pairs, "USERNAME"),
            case_find(target.pairs, "PASSWORD"), NULL,
            (unsigned)strtoul(case_find(target.pairs, "PORT"), NULL, 10), NULL,
            0))
    {
        print_error("%s\n", mysql_error(admin));
        return 1;
    }
    mariadb = strstr(mysql_get_server_info(admin), "MariaDB") != NULL;
    int failed = run_group(variable);
    mysql_close(admin);
    return failed;
}

/* The exit status. */
static inline int mysql_main(int (*run_group)(const char *name))
{
    int first = mysql_run_on("CARTOCONN_TEST_MYSQL", run_group);
    int second = mysql_run_on("CARTOCONN_TEST_MYSQL9", run_group);
    if (first == 77 && second == 77)
        return 77;
    return (first == 77 ? 0 : first) + (second == 77 ? 0 : second);
}

#endif
