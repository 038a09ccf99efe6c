# shellcheck shell=bash
# The fuzz targets: tests/fuzz/TARGET.cpp, inputs to begin with in tests/fuzz/corpus/TARGET.

fuzz_targets() {
    basename -s .cpp tests/fuzz/*.cpp
}

# The words that a target's inputs are made of, if there are such.
dictionary_of() {
    case $1 in
        layout | stored_layout | decode | encode) say tests/fuzz/layout.dict ;;
        flatten) say tests/fuzz/submission.dict ;;
        dialects) say tests/fuzz/dialects.dict ;;
    esac
}

# fuzz_target TARGET SECONDS. What is slow by the clock is a finding only if it is a timeout: next to other work of the
# machine an input of some milliseconds can take seconds.
fuzz_target() {
    local dictionary options=()
    dictionary=$(dictionary_of "$1")
    [[ -z $dictionary ]] || options=("-dict=$dictionary")
    mkdir -p "build/fuzz/corpus/$1" build/fuzz/findings
    rm -f "build/fuzz/findings/$1-"*
    "build/fuzz/$1" "-max_total_time=$2" -timeout=60 -report_slow_units=60 -rss_limit_mb=2048 -print_final_stats=1 \
        "-artifact_prefix=build/fuzz/findings/$1-" "${options[@]}" \
        "build/fuzz/corpus/$1" "tests/fuzz/corpus/$1"
}

# replay_target TARGET: its corpus without fuzzing. What broke once stays fixed.
replay_target() {
    "build/fuzz/$1" -runs=0 -timeout=60 "-artifact_prefix=build/fuzz/findings/$1-" \
        "tests/fuzz/corpus/$1"
}

# last_of LOG EXPRESSION: what the sed expression makes of the last line that it matches.
last_of() {
    sed -nE "$2" "$1" | tail -n 1
}

# report_target TARGET: a line for fuzz_target's log; fails where something was found.
report_target() {
    local log=build/fuzz/$1.log executions seconds edges finding result="nothing found"
    executions=$(last_of "$log" 's/^stat::number_of_executed_units: +//p')
    seconds=$(last_of "$log" 's/^Done [0-9]+ runs in ([0-9]+) second.*/\1/p')
    edges=$(last_of "$log" 's/^#.* cov: ([0-9]+) .*/\1/p')
    finding=$(compgen -G "build/fuzz/findings/$1-*" | head -n 1 || true)
    if [[ -n $finding ]]; then
        result="FOUND: build/fuzz/$1 $finding"
    elif [[ -z $seconds ]]; then
        result="FAILED: $log"
    fi
    printf '%-14s %12s %8s %6s  %s\n' "$1" "${executions:--}" "${seconds:--}" "${edges:--}" "$result"
    [[ $result == "nothing found" ]] || {
        grep -E '^BROKEN|ERROR:|runtime error:' "$log" | head -n 5
        return 1
    }
}
