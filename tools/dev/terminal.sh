# SPDX-License-Identifier: Apache-2.0
# Sourced, not run: how the developer scripts speak. Plain lines without a terminal, no colour then.
# All of it goes to stderr, so that a command's own output stays clean.

if [ -t 2 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    terminal_bold=$'\e[1m' terminal_red=$'\e[31m' terminal_off=$'\e[0m'
else
    terminal_bold='' terminal_red='' terminal_off=''
fi

terminal_errors='(error:|FAILED:|CMake Error|^E: )'

say() { printf '%s\n' "$*" >&2; }
heading() { printf '%s==> %s%s\n' "$terminal_bold" "$*" "$terminal_off" >&2; }
warn() { printf '%snote:%s %s\n' "$terminal_bold" "$terminal_off" "$*" >&2; }
# fail MESSAGE [STATUS]: one clear line, then exit (2 unless told).
fail() {
    printf '%serror:%s %s\n' "$terminal_red" "$terminal_off" "$1" >&2
    exit "${2:-2}"
}

# Last "[12/345]", "12%" or plain line that a running command has written to its log.
progress_of() {
    local last
    last="$(tail -c 400 "$1" 2>/dev/null | tr '\r' '\n' | grep -v '^[[:space:]]*$' | tail -n 1)" || true
    printf '%.70s' "$last"
}

# with_progress LABEL COMMAND...: runs the command with its output in a log under .dev/log/, says
# what it does and, once it has taken 2 s, how far it is. A failure shows the end of the log.
with_progress() {
    local label="$1" log started now shown=0 status=0 every=15 pid
    shift
    mkdir -p .dev/log
    log="$(printf '%s' "$label" | tr -cs 'A-Za-z0-9' '-')"
    log=".dev/log/${log:0:100}.log" # a file's name has at most 255 bytes
    [ -t 2 ] && every=1
    heading "$label"
    started=$SECONDS
    "$@" >"$log" 2>&1 </dev/null &
    pid=$!
    trap 'kill "$pid" 2>/dev/null || true; exit 130' INT TERM
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.2
        now=$((SECONDS - started))
        if [ "$now" -ge 2 ] && [ "$now" -ge $((shown + every)) ]; then
            shown=$now
            if [ -t 2 ]; then
                printf '\r\e[K    %3d s  %s' "$now" "$(progress_of "$log")" >&2
            else
                say "    ${now} s  $(progress_of "$log")"
            fi
        fi
    done
    wait "$pid" || status=$?
    trap - INT TERM
    [ -t 2 ] && [ "$shown" -gt 0 ] && printf '\r\e[K' >&2
    if [ "$status" -ne 0 ]; then
        if grep -qE "$terminal_errors" "$log"; then
            { grep -E -A 6 "$terminal_errors" "$log" || true; } | sed -n 1,60p >&2
        else
            tail -n 30 "$log" >&2
        fi
        say "    failed after $((SECONDS - started)) s; the whole log: $log"
    elif [ $((SECONDS - started)) -ge 2 ]; then
        say "    done in $((SECONDS - started)) s"
    fi
    return "$status"
}
