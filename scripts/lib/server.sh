# shellcheck shell=bash
# The extension on a throw-away server, next to which no other cluster or installation is touched.

# make_scratch: makes SCRATCH, a folder that others can read and that goes with the script. A source
# tree need not be readable by the server's user. SERVER_DATA is for the data of servers.
make_scratch() {
    SCRATCH=$(mktemp -d -t onetrip.XXXXXX)
    SERVER_DATA=$SCRATCH
    ! memory_has_room || SERVER_DATA=$(mktemp -d -p /dev/shm onetrip.XXXXXX)
    chmod 755 "$SCRATCH" "$SERVER_DATA"
    trap 'rm -rf "$SCRATCH" "$SERVER_DATA"' EXIT
}

# Whether all servers have room in memory, and what tests lay next to their data may be run there. A tenth of their time
# goes to a disk otherwise, although none waits for it.
memory_has_room() {
    local wanted=$((4 * 1024 * 1024)) room memory
    room=$(df --output=avail /dev/shm 2>/dev/null | tail -n 1) || return
    memory=$(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo)
    ((room >= wanted && memory >= wanted)) && ! findmnt --noheadings --output OPTIONS --target /dev/shm | grep -q noexec
}

# install_stage: builds the extension and installs it into $SCRATCH/stage; with ONETRIP_ON_SYSTEM set,
# where the server looks by itself, and STAGE is empty. That is for machines that are thrown away:
# Debian's PostgreSQL 18 has no extension_destdir.
install_stage() {
    STAGE=$SCRATCH/stage
    [[ -z ${ONETRIP_ON_SYSTEM:-} ]] || STAGE=
    run_logged build.log alone make_onetrip || return
    run_logged install.log make_onetrip install DESTDIR="$STAGE"
}

# A port of our own choice: two pg_virtualenv that look for one at the same time find the same. It is
# below those that connections to elsewhere are given, which could take it before the server does.
free_port() {
    local end=32768 port tries
    read -r end _ 2>/dev/null </proc/sys/net/ipv4/ip_local_port_range || true
    ((end > 12000)) || end=32768
    for ((tries = 100; tries > 0; --tries)); do
        port=$((10000 + RANDOM % (end - 10000)))
        perl -MIO::Socket::INET -e \
            'exit !IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1", LocalPort => shift)' \
            "$port" && break
    done
    say "$port"
}

# Further options of pg_virtualenv for the server: -o NAME=VALUE.
SERVER_OPTIONS=()

# as_server_user FOLDER COMMAND...: initdb refuses to be root.
as_server_user() {
    local folder=$1
    shift
    if ((EUID == 0)); then
        chown -R postgres:postgres "$folder"
        runuser -u postgres -- env HOME="$folder" "$@"
    else
        "$@"
    fi
}

# with_other_server COMMAND...: with_server for a server that is not Debian's: initdb and pg_ctl start it.
with_other_server() {
    local data port status=0 bin settings=()
    data=$(mktemp -d "$SCRATCH/server.XXXXXX")
    bin=$("$PG_CONFIG" --bindir)
    port=$(free_port)
    # The odd ones are "-o".
    for ((i = 1; i < ${#SERVER_OPTIONS[@]}; i += 2)); do
        settings+=("${SERVER_OPTIONS[i]%%=*} = '${SERVER_OPTIONS[i]#*=}'")
    done
    if ! as_server_user "$data" "$bin/initdb" --pgdata="$data/data" --username=postgres --auth=trust --locale=C.UTF-8 \
        --encoding=UTF8 >"$data.log" 2>&1; then
        say "The throw-away server was not made:"
        tail -n 40 "$data.log"
        return 1
    fi
    printf '%s\n' "port = $port" "unix_socket_directories = '$data'" "listen_addresses = '127.0.0.1'" \
        "${settings[@]}" | as_server_user "$data" tee -a "$data/data/postgresql.conf" >/dev/null
    if ! as_server_user "$data" "$bin/pg_ctl" --pgdata="$data/data" --log="$data/log" --wait start >>"$data.log" 2>&1; then
        say "The throw-away server did not start:"
        tail -n 40 "$data.log" "$data/log"
        return 1
    fi
    PGHOST=127.0.0.1 PGPORT=$port PGUSER=postgres PGDATABASE=postgres "$@" || status=$?
    as_server_user "$data" "$bin/pg_ctl" --pgdata="$data/data" --mode=fast --wait stop >>"$data.log" 2>&1 || status=1
    return "$status"
}

# with_server COMMAND...: runs the command with PGHOST, PGPORT and so on of a throw-away server that
# finds the extension that install_stage installed. pg_virtualenv has much to say, which only matters where it fails.
with_server() {
    if [[ -n $OTHER_PG_CONFIG ]]; then
        with_other_server "$@"
        return
    fi
    local log=$SCRATCH/server.$BASHPID.log status=$SCRATCH/status.$BASHPID options=("${SERVER_OPTIONS[@]}")
    [[ -z $STAGE ]] || options+=(-o "extension_destdir=$STAGE")
    rm -f "$status"
    # shellcheck disable=SC2016
    pg_virtualenv -t -v "$POSTGRES" -c "--port=$(free_port) --locale=C.UTF-8 --encoding=UTF8" \
        "${options[@]}" \
        bash -c '"$@" >&3 2>&4 3>&- 4>&-; echo $? >"$0"' "$status" "$@" \
        3>&1 4>&2 >"$log" 2>&1 </dev/null || true
    if [[ ! -s $status ]]; then
        say "The throw-away server did not start:"
        tail -n 40 "$log"
        return 1
    fi
    return "$(<"$status")"
}

# play_demo PART...: what these files of demo/ print, on a throw-away server.
play_demo() {
    # shellcheck disable=SC2016
    with_server bash -c 'for part; do psql -X -q -v ON_ERROR_STOP=1 <"demo/$part.sql" 2>&1 || exit; done' demo "$@"
}
