# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the servers in Java share. Sourced by their files.

# log4j_properties DIR LOGGER: the statements that arrive, which LOGGER tells,
# and warnings, into DIR/server.log.
log4j_properties()
{
    cat <<EOT
rootLogger.level = warn
rootLogger.appenderRef.file.ref = file
appender.file.type = File
appender.file.name = file
appender.file.fileName = $1/server.log
appender.file.layout.type = PatternLayout
appender.file.layout.pattern = %d %p %c{1}: %m%n%ex
logger.statements.name = $2
logger.statements.level = info
EOT
}
