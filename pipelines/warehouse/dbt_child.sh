#!/bin/sh
# Runs dbt ($KAA_DBT) so that it ends when the nightly that started it is killed: a dbt that went on by itself would write
# into the files of the next nightly. Where setpriv cannot do that, dbt runs as it is.
if setpriv --pdeathsig KILL true 2>/dev/null; then
    exec setpriv --pdeathsig KILL "$KAA_DBT" "$@"
fi
exec "$KAA_DBT" "$@"
