# shellcheck shell=bash
# What scripts/demo, scripts/test and scripts/lint share: where things are, and how they speak.

cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit

POSTGRES=${ONETRIP_POSTGRES:-15} # Debian 12's, unless scripts/test-versions asks for another
# Of a server that is not Debian's, if scripts/test-versions asks for one; POSTGRES is then its version.
OTHER_PG_CONFIG=${ONETRIP_PG_CONFIG:-}

# The caller's PGHOST, PGPORT and so on belong to another server than ours.
unset "${!PG@}"
PG_CONFIG=${OTHER_PG_CONFIG:-/usr/lib/postgresql/$POSTGRES/bin/pg_config}

# Where we are root, the throw-away server is another user and must read what we write. A TMPDIR of
# root's own would be closed to it.
umask 022
((EUID != 0)) || export TMPDIR=/tmp

say() {
    printf '%s\n' "$*"
}

# A heading over what follows.
heading() {
    printf '\n== %s ==\n' "$*"
}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# run_logged LOG COMMAND...: keeps what the command prints in build/LOG. The end of that is shown
# where the command fails.
run_logged() {
    local log=build/$1
    shift
    mkdir -p build
    if ! "$@" >"$log" 2>&1 </dev/null; then
        say "This failed: $*"
        say "The last lines of $log:"
        tail -n 40 "$log"
        return 1
    fi
}

# make, against the server that the scripts use and on all processors.
make_onetrip() {
    make --jobs="$(nproc)" PG_CONFIG="$PG_CONFIG" "$@"
}

# alone COMMAND...: while no other script that says so builds in this tree.
alone() {
    mkdir -p build
    (flock 9 && "$@") 9>build/lock
}

# Where no file was compiled by itself yet, as after git clone, a folder at a time is sooner: see the Makefile.
compile_by_folders() {
    [[ -n ${PCH+set}${UNITY+set} ]] || compgen -G 'src/base/*.o' >/dev/null || export PCH=1 UNITY=1
}

# shellcheck source=scripts/lib/packages.sh
. scripts/lib/packages.sh
# shellcheck source=scripts/lib/server.sh
. scripts/lib/server.sh
