# shellcheck shell=bash
# Installs the Debian packages that a script needs, and only those that are missing.

# shellcheck disable=SC2034  # used by the scripts
BUILD_PACKAGES=(g++ make)
# shellcheck disable=SC2034
SERVER_PACKAGES=()
if [[ -z $OTHER_PG_CONFIG ]]; then
    BUILD_PACKAGES+=("postgresql-server-dev-$POSTGRES")
    SERVER_PACKAGES+=("postgresql-$POSTGRES" postgresql-common)
fi

is_installed() {
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

as_root() {
    if ((EUID == 0)); then
        "$@"
    else
        sudo "$@"
    fi
}

apt_get() {
    # NEEDRESTART_MODE=l: where needrestart is installed, it restarts nothing by itself. LC_ALL: what
    # it says is read below.
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l LC_ALL=C.UTF-8 \
        apt-get -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# apt-get waits for another's installation, but for no other's update.
update_lists() {
    local tries output status
    for ((tries = 60; tries > 0; --tries)); do
        status=0
        output=$(apt_get update 2>&1) || status=$?
        say "$output"
        [[ $status != 0 && $output == *"Could not get lock"* ]] || break
        sleep 5
    done
    return "$status"
}

# install_packages PACKAGE...
install_packages() {
    local missing=() package
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    ((${#missing[@]} > 0)) || return 0
    command -v apt-get >/dev/null || fail "this needs apt-get, or by other means: ${missing[*]}"
    ((EUID == 0)) || command -v sudo >/dev/null ||
        fail "neither root nor sudo here; let root run: apt-get install ${missing[*]}"
    say "These Debian packages are missing and will now be installed, with what they depend on:"
    printf '    %s\n' "${missing[@]}"
    run_logged packages.log update_lists || fail "no list of packages"
    without_new_cluster run_logged packages.log \
        apt_get install --yes --no-install-recommends "${missing[@]}" ||
        fail "the packages could not be installed"
}

# Debian's server package makes a cluster and starts it when it is installed first. Nobody asked for
# one; "pg_createcluster 15 main" makes it at any time later.
without_new_cluster() {
    if [[ -n $OTHER_PG_CONFIG ]] || is_installed "postgresql-$POSTGRES"; then
        "$@"
        return
    fi
    local setting=/etc/postgresql-common/createcluster.d/onetrip-no-cluster.conf status=0
    as_root mkdir -p "${setting%/*}"
    as_root tee "$setting" >/dev/null <<<'create_main_cluster = false'
    # Also where apt-get is interrupted: the setting must not outlive us.
    trap 'as_root rm -f '"$setting" EXIT
    "$@" || status=$?
    as_root rm -f "$setting"
    trap - EXIT
    return "$status"
}
