#!/bin/sh
# Runs dbt ($KAA_DBT) in the folder $KAA_DBT_FOLDER, and so that it ends when the nightly that started it is killed: a dbt that went on by itself would write
# into the files of the next nightly. Where setpriv cannot do that, dbt runs as it is.
cd "$KAA_DBT_FOLDER" || exit 1
if setpriv --pdeathsig KILL true 2>/dev/null; then
    exec setpriv --pdeathsig KILL "$KAA_DBT" "$@"
fi
exec "$KAA_DBT" "$@"
