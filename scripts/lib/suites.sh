# shellcheck shell=bash
# scripts/test sets `chosen`; each suite counts in a process of its own, and show_suite adds up.
# shellcheck disable=SC2154,SC2030,SC2031
# The suites of scripts/test. Each prints a heading and its result, shows what failed, and adds to
# PASSED and FAILED; none stops the run.

# shellcheck source=scripts/lib/fuzzing.sh
. scripts/lib/fuzzing.sh
# shellcheck source=scripts/lib/sanitized_server.sh
. scripts/lib/sanitized_server.sh
# shellcheck source=scripts/lib/fault_build.sh
. scripts/lib/fault_build.sh

PASSED=0
FAILED=0

# shellcheck disable=SC2154  # scripts/test has chosen
is_chosen() {
    [[ " ${chosen[*]} " == *" $1 "* ]]
}

# Builds what the chosen suites have in common, so that no two builds meet in one folder: the unit
# tests find the pure folders built then, and their own build goes on next to the other suites. A
# suite whose build failed says so by itself.
build_for_suites() {
    if is_chosen build || is_chosen demo || is_chosen regress || is_chosen isolation || is_chosen docs ||
        is_chosen tap || is_chosen faults; then
        install_stage && STAGE_IS_READY=yes
    fi
    if is_chosen sanitized || is_chosen server_sanitized; then
        run_logged fuzz-build.log make_onetrip fuzz || true
    fi
}

# run_in_background SUITE...: those of them that are chosen, one after the other. What they count goes
# through a file, which one that stops in the middle does not write; it stops no other.
# shellcheck disable=SC2030
run_in_background() {
    for suite in "$@"; do
        if is_chosen "$suite"; then
            set +e
            (
                set -e
                PASSED=0 FAILED=0 SECONDS=0
                "suite_$suite"
                say "in $SECONDS s, next to the other suites"
                printf '%d %d\n' "$PASSED" "$FAILED" >"$SCRATCH/$suite.count"
            ) >"$SCRATCH/$suite.out" 2>&1
        fi
    done &
}

# show_suite SUITE: what it printed, and what it counted. One that stopped in the middle has failed.
# shellcheck disable=SC2031
show_suite() {
    local passed=0 failed=1
    cat "$SCRATCH/$1.out"
    if [[ -s $SCRATCH/$1.count ]]; then
        read -r passed failed <"$SCRATCH/$1.count"
    else
        say "The suite $1 has no result: a command of its own failed."
    fi
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
}

# report PASSED FAILED
report() {
    PASSED=$((PASSED + $1))
    FAILED=$((FAILED + $2))
    say "$1 passed, $2 failed"
}

# count_matches PATTERN FILE
count_matches() {
    grep -cE "$1" "$2" || true
}

# report_run PASSED FAILED STATUS: a suite that ended badly without failing a test, or that ran none,
# has failed one.
report_run() {
    local failed=$2
    if ((failed == 0 && ($3 != 0 || $1 == 0))); then
        failed=1
    fi
    report "$1" "$failed"
}

# run_catch2 LOG VARIABLE=VALUE...: builds and runs the unit tests.
run_catch2() {
    local log=build/$1 status=0 passed failed
    shift
    if ! run_logged "${log#build/}" make_onetrip "$@" "$UNIT_BINARY"; then
        report 0 1
        return
    fi
    "$UNIT_BINARY" >"$log" 2>&1 </dev/null || status=$?
    passed=$(sed -nE 's/^All tests passed \(.* in ([0-9]+) test cases?\)$/\1/p
                      s/^test cases:.*\| +([0-9]+) passed.*/\1/p' "$log" | tail -n 1)
    failed=$(sed -nE 's/^test cases:.*\| +([0-9]+) failed( .*)?$/\1/p' "$log" | tail -n 1)
    ((status == 0)) || tail -n 200 "$log"
    report_run "${passed:-0}" "${failed:-0}" "$status"
}

# holds TITLE COMMAND...: counts one test of suite_build, and says which has failed.
holds() {
    local title=$1
    shift
    if "$@" >>build/build-suite.log 2>&1 </dev/null; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        say "This does not hold: $title"
    fi
}

# Without a server make stops at once, and names the package that is missing.
stops_without_server() {
    local output
    ! output=$(make PG_CONFIG=/usr/lib/postgresql/99/bin/pg_config "$@" 2>&1) && [[ $output == *postgresql-server-dev-99* ]]
}

is_built() {
    make --question PG_CONFIG="$PG_CONFIG" "$@"
}

is_out_of_date() {
    ! is_built "$@"
}

# says_no_debugger VARIABLE=VALUE...: whether a folder is then compiled without what a debugger wants.
says_no_debugger() {
    [[ $(make --dry-run --always-make PG_CONFIG="$PG_CONFIG" UNITY=1 "$@" build/unity/base.o) == *' -g0 '* ]]
}

says_lines() {
    ! says_no_debugger "$@"
}

# arrows_in FOLDER: what scripts/lint says of the includes below FOLDER/src.
arrows_in() {
    (cd "$1" && python3 "$OLDPWD/scripts/lib/arrows.py" "$("$PG_CONFIG" --includedir-server)")
}

# A pure folder that includes a header of the server, and one that includes another that it does not know.
broken_arrows_are_found() {
    local found
    cp -R src "$1"
    printf '#include "postgres.h"\n' >>"$1/src/roundtrip/detector.hpp"
    printf '#include "submission/form.hpp"\n' >>"$1/src/section/value.hpp"
    ! found=$(arrows_in "$1") && (($(wc -l <<<"$found") == 2))
}

suite_build() {
    heading "The makefile, and the arrows between the folders"
    local passed=0 failed=0
    stage_is_ready || return 0
    : >build/build-suite.log
    mkdir "$SCRATCH/arrows"
    holds "without a server nothing is built" stops_without_server
    holds "nor is the unit test" stops_without_server unit
    holds "without a server \"make clean dist\" works" make --dry-run PG_CONFIG=/nowhere/pg_config clean dist
    holds "what is built is not built again" is_built
    holds "with other flags it is built again" is_out_of_date CXXFLAGS='-O0 -fPIC'
    holds "a question changes nothing" is_built
    holds "a folder at a time is built without what a debugger wants" says_no_debugger
    holds "unless flags say so" says_lines CXXFLAGS='-O0 -g1 -fPIC'
    holds "the arrows hold" arrows_in .
    holds "an arrow that is broken is found" broken_arrows_are_found "$SCRATCH/arrows"
    report_run "$passed" "$failed" 0
}

suite_unit() {
    heading "Unit tests"
    UNIT_BINARY=build/unit/unit run_catch2 unit.log
}

suite_sanitized() {
    heading "Unit tests and fuzz corpora by clang, with its address and undefined behaviour sanitizers"
    # The objects of the pure folders are those of the fuzz targets. Each random case takes ten times as long here.
    # shellcheck disable=SC2016  # make expands it
    ONETRIP_CASES=${ONETRIP_CASES:-3000} UNIT_BINARY=build/unit-sanitized/unit run_catch2 unit-sanitized.log \
        UNIT_BUILD=build/unit-sanitized UNIT_CXX=clang++-14 \
        UNIT_PURE_OBJECTS='build/fuzz/pure.a' \
        UNIT_FLAGS='-O0 -g1 -fsanitize=address,undefined -fno-sanitize-recover=all'
    replay_corpora
}

# Each target of tests/fuzz over its corpus, without fuzzing: what broke once stays fixed.
replay_corpora() {
    local target log passed=0 failed=0
    if ! run_logged fuzz-build.log make_onetrip fuzz; then
        report 0 1
        return
    fi
    mkdir -p build/fuzz/findings
    while read -r target; do
        log=build/fuzz/$target-replay.log
        if replay_target "$target" >"$log" 2>&1 </dev/null; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            say "build/fuzz/$target fails on its corpus:"
            grep -m 60 -vE '^(INFO:|#[0-9])' "$log" || true
        fi
    done < <(fuzz_targets)
    report_run "$passed" "$failed" 0
}

suite_reference() {
    heading "Test vectors, by the reference implementation in Python"
    local log=build/reference.log status=0
    local seed=${ONETRIP_SEED:-1} cases=${ONETRIP_CASES:-100} passed failed
    {
        python3 tests/reference/check_reference.py && python3 tests/reference/check_text_tables.py &&
            python3 tests/reference/check_tables.py
    } >"$log" 2>&1 </dev/null || status=$?
    say "$cases random tables with the seed $seed"
    python3 tests/reference/random_tables.py "$seed" "$cases" >build/random-tables.jsonl 2>>"$log" </dev/null || status=$?
    ((status == 0)) || tail -n 50 "$log"
    read -r passed failed < <(awk '/^[0-9]+ passed, [0-9]+ failed$/ { p += $1; f += $3 } END { print p + 0, f + 0 }' "$log")
    report_run "$((passed + $(wc -l <build/random-tables.jsonl)))" "$failed" "$status"
}

STAGE_IS_READY=
# Without the extension a suite that needs it has failed.
stage_is_ready() {
    if [[ -z $STAGE_IS_READY ]]; then
        report 0 1
        return 1
    fi
}

# show_differences LOG DIFFS...: which tests failed, and how; each kind of tests has a file of differences if one of it failed.
show_differences() {
    local log=$1 diffs
    shift
    grep -E '^(test .* FAILED|not ok)' "$log" || tail -n 40 "$log"
    for diffs in "$@"; do
        [[ ! -s $diffs ]] || head -n 400 "$diffs"
    done
}

# run_pg_regress LOG DIFFS VARIABLE=VALUE...: make installcheck on a throw-away server.
run_pg_regress() {
    local log=build/$1 diffs=$2 status=0
    shift 2
    stage_is_ready || return 0
    rm -f "$diffs"
    with_server make PG_CONFIG="$PG_CONFIG" installcheck "$@" >"$log" 2>&1 || status=$?
    local passed failed
    # From PostgreSQL 16 on the results are TAP.
    passed=$(count_matches '^(test .* ok|ok .*) +[0-9]+ ms$' "$log")
    failed=$(count_matches '^(test .* FAILED|not ok)( |$)' "$log")
    if ((status != 0)); then
        show_differences "$log" "$diffs"
    fi
    report_run "$passed" "$failed" "$status"
}

suite_regress() {
    heading "SQL tests (pg_regress)"
    run_pg_regress regress.log regression.diffs ISOLATION=
}

suite_isolation() {
    heading "Tests of concurrent sessions (pg_isolation_regress)"
    if ! compgen -G 'tests/isolation/specs/*.spec' >/dev/null; then
        say "none yet"
        return
    fi
    run_pg_regress isolation.log output_iso/regression.diffs REGRESS=
}

# picture_is_right NAME: the picture is what draw_NAME draws today.
picture_is_right() {
    local picture=docs/images/$1.svg
    "draw_$1" | cmp - "$picture" || { say "$picture is not what scripts/draw draws" && return 1; }
}

# list_of_errors CURES: whether docs/errors.md is what the sources say with these causes and cures.
list_of_errors() {
    scripts/lib/errors.py "$("$PG_CONFIG" --includedir-server)" --check "$1"
}

errors_are_listed() {
    list_of_errors scripts/lib/error_cures.txt
}

# cures_are_refused WORDS: the cures of standard input, with these words.
cures_are_refused() {
    local found
    cat >"$SCRATCH/error_cures.txt"
    ! found=$(list_of_errors "$SCRATCH/error_cures.txt" 2>&1) && [[ $found == *"$1"* ]]
}

missing_cures_are_found() {
    sed '/^unknown label/,/^    /d' scripts/lib/error_cures.txt | cures_are_refused 'no cure: unknown label'
}

idle_cures_are_found() {
    { cat scripts/lib/error_cures.txt && printf 'no such error\n    Nothing.\n'; } |
        cures_are_refused 'cure that no message needs: no such error'
}

# The manual as static HTML, as scripts/site and the Debian packages make it.
site_is_sound() {
    if ! command -v mkdocs >/dev/null; then
        say "no mkdocs: the site is not tried"
        return
    fi
    scripts/lib/make_site.sh >build/site.log 2>&1 || ! tail -n 50 build/site.log
}

# A page with a link to no file, to no place in a file, and with a picture from elsewhere.
faults_of_a_site_are_found() {
    local site=$SCRATCH/bad-site found
    mkdir "$site"
    printf '<a href="none.html"></a><a href="#none"></a><img src="https://example.org/picture.png">\n' >"$site/index.html"
    ! found=$(scripts/lib/check_site.py "$site") && (($(wc -l <<<"$found") == 3))
}

suite_docs() {
    heading "Examples, pictures, errors and the site of the manual"
    stage_is_ready || return 0
    local log=build/docs.log status=0 passed failed picture
    # The page on round trips needs the watch.
    # shellcheck disable=SC2034  # with_server takes it
    local SERVER_OPTIONS=(-o "shared_preload_libraries=$STAGE$("$PG_CONFIG" --pkglibdir)/onetrip")
    with_server tests/docs/check_pages.py >"$log" 2>&1 || status=$?
    ((status == 0)) || head -n 200 "$log"
    read -r passed failed < <(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed$/\1 \2/p' "$log") || true
    for picture in "${PICTURES[@]}"; do
        if picture_is_right "$picture"; then
            passed=$((${passed:-0} + 1))
        else
            failed=$((${failed:-0} + 1))
        fi
    done
    local title
    while read -r title; do
        if "$title"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            say "This does not hold: $title"
        fi
    done < <(printf '%s\n' errors_are_listed missing_cures_are_found idle_cures_are_found \
        site_is_sound faults_of_a_site_are_found)
    report_run "$passed" "$failed" "$status"
}

# What the demo could leave behind: clusters, files of the tree, scratch folders.
traces() {
    pg_lsclusters --no-header
    git status --porcelain
    compgen -G "${TMPDIR:-/tmp}/onetrip.*" || true
    compgen -G "/dev/shm/onetrip.*" || true
}

# The README's first command, to the end of what it shows.
suite_demo() {
    heading "The demo"
    local log=build/demo.log before status=0 title passed=0 failed=0
    before=$(traces)
    scripts/demo >"$log" 2>&1 </dev/null || status=$?
    while read -r title; do
        if grep -qF "$title" "$log"; then
            passed=$((passed + 1))
        else
            failed=$((failed + 1))
            say "The demo does not show: $title"
        fi
    done < <(sed -nE "s/^.echo '(==.*==)'$/\1/p" demo/demo.sql demo/submissions.sql demo/epg.sql)
    if [[ $(traces) == "$before" ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        say "The demo leaves something behind:"
        diff <(printf '%s\n' "$before") <(traces) || true
    fi
    ((failed == 0 && status == 0)) || tail -n 40 "$log"
    report_run "$passed" "$failed" "$status"
}

# Of the TAP tests those that take longest, be it that they wait: begun first, none of them is alone in the end.
LONG_TESTS='/(002_object_storage|010_walls|020_random_arguments|030_cancels|031_kills|070_pg_cron|'
LONG_TESTS+='063_epg|022_load_once|001_layout_receive|030_round_trips|038_heavy_advice)\.pl$'
long_first() {
    printf '%s\n' "$@" | grep -E "$LONG_TESTS" || true
    printf '%s\n' "$@" | grep -vE "$LONG_TESTS" || true
}

# make_initdb FOLDER: FOLDER/initdb, which copies a folder of data that is made here once, where it is called as the TAP
# tests' servers call it.
make_initdb() {
    local bindir asked='-A trust -N --encoding=UTF8 --locale=C'
    bindir=$("$PG_CONFIG" --bindir)
    mkdir "$1"
    # shellcheck disable=SC2086  # words
    as_server_user "$1" "$bindir/initdb" -D "$1/data" $asked
    cat >"$1/initdb" <<SCRIPT
#!/bin/sh
[ "\$*" = "-D \$2 $asked" ] || exec $bindir/initdb "\$@"
exec cp -R $1/data "\$2"
SCRIPT
    chmod 755 "$1/initdb"
}

# run_tap SUITE FOLDER JOBS: the TAP tests of a folder, or those that ONETRIP_TESTS names, so many files side by side.
run_tap() {
    local log=build/$1.log copy=$SCRATCH/$1 data=$SERVER_DATA/$1-data status=0 pgxs files
    stage_is_ready || return 0
    # shellcheck disable=SC2086  # a pattern
    mapfile -t files < <(long_first "$2"/${ONETRIP_TESTS:-*}.pl)
    pgxs=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
    # A copy: the source tree may be closed to the server's user.
    mkdir "$copy" "$data"
    as_server_user "$data" true
    ln -s "$data" "$copy/tmp_check"
    cp -R tests demo docs examples onetrip--*.sql "$copy"
    make_initdb "$copy/bin" >"$log" 2>&1
    (cd "$copy" && as_server_user "$copy" env ONETRIP_STAGE="$STAGE" TESTDIR="$copy" \
        TESTDATADIR="$copy/tmp_check" TESTLOGDIR="$copy/tmp_check/log" \
        PATH="$copy/bin:$("$PG_CONFIG" --bindir):$PATH" PG_REGRESS="$pgxs/regress/pg_regress" \
        prove --jobs="$3" --timer --merge -I "$pgxs/perl" -I tests/t -I "$2" "${files[@]}") \
        >"$log" 2>&1 </dev/null || status=$?
    local passed failed
    passed=$(sed -nE 's/^Files=[0-9]+, Tests=([0-9]+),.*/\1/p' "$log")
    failed=$(sed -nE 's/^ *Failed ([0-9]+)\/[0-9]+ subtests.*/\1/p' "$log" |
        awk '{ sum += $1 } END { print sum + 0 }')
    if ((status != 0)); then
        tail -n 100 "$log"
        # What was got and expected is in each file's own log.
        grep -hE -A 20 '^\[[^]]*\]\([^)]*\) not ok' "$copy"/tmp_check/log/regress_log_* | cut -c 1-1000 | head -n 200 || true
    fi
    report_run "$((${passed:-0} - ${failed:-0}))" "${failed:-0}" "$status"
}

suite_tap() {
    heading "Tests of whole servers (TAP)"
    run_tap tap tests/t $((2 * $(nproc)))
}

suite_faults() {
    heading "Faults, limits and random input on whole servers (TAP)"
    if ! build_with_faults "$SCRATCH/with_faults"; then
        report 0 1
        return
    fi
    export ONETRIP_FAULT_STAGE=$SCRATCH/with_faults/stage
    # Half of them wait at any time.
    run_tap faults tests/faults $((2 * $(nproc)))
}
