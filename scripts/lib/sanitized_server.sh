# shellcheck shell=bash
# The extension built by clang with its address and undefined behaviour sanitizers and libstdc++'s assertions, in
# Debian's server; the objects of the pure folders are those of the fuzz targets. They see what our code does with its
# own memory, the stack, and blocks that the server took from malloc; memory of palloc is seen as the blocks it lies in, of
# which large chunks are one each.

# preload_sanitizers FOLDER: makes FOLDER/bin, a server whose backends have the sanitizers' runtime, which
# must be there before any other library. Reports go to FOLDER/reports.
preload_sanitizers() {
    local bindir program
    bindir=$("$PG_CONFIG" --bindir)
    mkdir -p "$1/bin" "$1/reports"
    # glibc's bindtextdomain waits for ever where the runtime is preloaded; the server speaks English anyway.
    gcc -shared -fPIC -x c -o "$1/untranslated.so" - <<<'char *bindtextdomain(const char *domain, const char *folder) { (void) domain; return (char *) folder; }'
    for program in "$bindir"/*; do
        ln -sf "$program" "$1/bin/"
    done
    rm "$1/bin/postgres" "$1/bin/pg_ctl"
    cp "$bindir/pg_ctl" "$1/bin/" # it starts the server that lies next to it
    cat >"$1/bin/postgres" <<WRAPPER
#!/bin/sh
export LD_PRELOAD="$(clang-14 -print-file-name="libclang_rt.asan-$(uname -m).so") $1/untranslated.so"
export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0:log_path=$1/reports/report
export UBSAN_OPTIONS=print_stacktrace=1
exec $bindir/postgres "\$@"
WRAPPER
    chmod 755 "$1/bin/postgres"
}

# build_sanitized FOLDER: the extension in FOLDER/stage, built in a copy of the tree.
build_sanitized() {
    local flags='-O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -Wno-cpp'
    mkdir -p "$1/source/output_iso"
    cp -R Makefile src sql expected tests demo scripts onetrip* "$1/source"
    find "$1/source" -name '*.o' -delete
    # The server's own flags have what works with optimisation alone, and says so; its macros have what clang takes for an
    # extension of the language. make expands SERVER_UNITS.
    # shellcheck disable=SC2016
    run_logged build-server-sanitized.log make_onetrip -C "$1/source" install DESTDIR="$1/stage" PCH=1 WERROR= \
        CC=clang-14 CXX=clang++-14 PROFILE="$flags" CXXFLAGS="$flags -fPIC -D_GLIBCXX_ASSERTIONS" \
        OBJS='$(SERVER_UNITS:.cpp=.o) src/postgres/module.o' SHLIB_LINK="$PWD/build/fuzz/pure.a -lstdc++"
}

# run_regress_sanitized FOLDER PROGRAM OPTION...: pg_regress or its sibling, on a server of its own.
run_regress_sanitized() {
    local folder=$1 program
    program=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/$2
    shift 2
    # The library is preloaded: the suites regress and isolation are the tests without that.
    printf "%s = '%s'\n" extension_destdir "$folder/stage" shared_preload_libraries \
        "$folder/stage$("$PG_CONFIG" --pkglibdir)/onetrip" fsync off >"$folder/conf"
    (cd "$folder/source" && as_server_user "$folder" env LC_ALL=C.UTF-8 PATH="$folder/bin:$PATH" \
        "$program" --bindir="$folder/bin" --temp-instance="$folder/instance" \
        --temp-config="$folder/conf" --encoding=UTF8 "$@")
}

# show_reports FOLDER: what the sanitizers said; fails where they said something.
show_reports() {
    ! compgen -G "$1/reports/*" >/dev/null || {
        head -n 60 "$1"/reports/*
        return 1
    }
}

suite_server_sanitized() {
    heading "SQL tests in a server with address and undefined behaviour sanitizers"
    local folder=$SCRATCH/sanitized log=build/server-sanitized.log status=0 passed failed tests specs
    mapfile -t tests < <(basename -s .sql sql/*.sql)
    mapfile -t specs < <(basename -s .spec tests/isolation/specs/*.spec)
    if ! build_sanitized "$folder" || ! preload_sanitizers "$folder"; then
        report 0 1
        return
    fi
    {
        run_regress_sanitized "$folder" regress/pg_regress --inputdir=. "${tests[@]}" || status=1
        run_regress_sanitized "$folder" isolation/pg_isolation_regress --inputdir=tests/isolation --outputdir=output_iso \
            "${specs[@]}" || status=1
    } >"$log" 2>&1 </dev/null
    passed=$(count_matches '^(test .* ok|ok .*) +[0-9]+ ms$' "$log")
    failed=$(count_matches '^(test .* FAILED|not ok)( |$)' "$log")
    ((status == 0)) || show_differences "$log" "$folder"/source/regression.diffs "$folder"/source/output_iso/regression.diffs
    show_reports "$folder" || failed=$((failed + 1))
    report_run "$passed" "$failed" "$status"
}
