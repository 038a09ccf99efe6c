# shellcheck shell=bash
# Debians of our own, each in a folder of ONETRIP_ROOTS, or else of /var/tmp/onetrip-roots. They stay
# for the next run, and can be deleted at any time. Needs root or sudo.

ROOTS=${ONETRIP_ROOTS:-/var/tmp/onetrip-roots}

# make_root SUITE [NAME]: a minimal Debian in $ROOTS/NAME, or $ROOTS/SUITE, unless it is there. debootstrap takes its
# own folder away when it is through.
make_root() {
    local root=$ROOTS/${2:-$1}
    if [[ ! -e $root/etc/debian_version || -e $root/debootstrap ]]; then
        say "Making a Debian $1 in $root ..."
        as_root rm -rf "$root"
        as_root mkdir -p "$ROOTS"
        # An older debootstrap may not know the suite's name; all of them are made as sid is.
        run_logged "debootstrap-$1.log" as_root debootstrap --variant=minbase "$1" "$root" \
            http://deb.debian.org/debian /usr/share/debootstrap/scripts/sid || return
    fi
    # The mirror may be a snapshot, whose date has passed.
    as_root tee "$root/etc/apt/apt.conf.d/99onetrip" >/dev/null <<<'Acquire::Check-Valid-Until "false";'
}

# take_from_experimental ROOT PACKAGE: what is built from this source package comes from Debian's experimental.
take_from_experimental() {
    as_root tee "$1/etc/apt/sources.list.d/experimental.list" >/dev/null \
        <<<'deb http://deb.debian.org/debian experimental main'
    as_root tee "$1/etc/apt/preferences.d/onetrip" >/dev/null <<PREFERENCES
Package: src:$2
Pin: release a=experimental
Pin-Priority: 500
PREFERENCES
}

# copy_source ROOT: the files as they are now, without what was built here.
copy_source() {
    as_root rm -rf "$1/srv/onetrip"
    as_root mkdir -p "$1/srv/onetrip"
    git ls-files -z --cached --others --exclude-standard |
        tar --create --null --files-from=- |
        as_root tar --extract --no-same-owner --directory="$1/srv/onetrip"
}

# in_root ROOT COMMAND...: with /proc and /dev, which are gone with the command and all that it started.
in_root() {
    local root=$1
    shift
    # shellcheck disable=SC2016
    as_root unshare --mount --pid --fork --kill-child sh -c '
        root=$1
        shift
        mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" && exec chroot "$root" "$@"
    ' sh "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
}
