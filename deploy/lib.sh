# shellcheck shell=bash
# Sourced by the commands of this folder: one way to speak, to fail, and to show progress.
# The sourcing script has set -euo pipefail.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034  # for those who source this
logs=$root/build/log

# One line about the step that begins. On stderr, so that stdout stays the answer of the command.
say() { printf '%s\n' "$*" >&2; }

# Ends the script: what went wrong and what to do about it, in one sentence.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# show_tail LOG [LINES]: the end of a log, indented, with its path for the rest.
show_tail() {
  say "the last lines of $1:"
  tail -n "${2:-25}" "$1" | sed 's/^/  | /' >&2
}

# seconds_since START: START is a value of $SECONDS.
seconds_since() { echo "$((SECONDS - $1)) s"; }

# command_line_of PID: empty when there is no such process.
command_line_of() { tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" || true; }

# is_ours PID MARK: whether the process runs and has MARK in its command line, so that a reused pid is never ended.
is_ours() { [[ $1 =~ ^[0-9]+$ && -r /proc/$1/cmdline && $(command_line_of "$1" 2>/dev/null) == *"$2"* ]]; }

# has_ended PID MARK: gone altogether. A process that ends has no command line for a moment, but still its ports and
# locks; one that nobody reaps stays as a zombie, without them.
has_ended() {
  local state
  state=$(sed -n 's/^State:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || return 0
  [[ -z $state || $state == [ZX]* ]] && return 0
  [[ -n $(command_line_of "$1" 2>/dev/null) ]] && ! is_ours "$1" "$2"
}

# await_end PID MARK [SECONDS]: until it has ended; after the bound (default 20 s) with SIGKILL.
await_end() {
  local pid=$1 mark=$2 bound=${3:-20} begin=$SECONDS
  until has_ended "$pid" "$mark"; do
    if ((SECONDS - begin >= bound)) && is_ours "$pid" "$mark"; then
      say "pid $pid did not end in $bound s: killed"
      kill -KILL "$pid" 2>/dev/null || true
      bound=$((bound + 5))
    elif ((SECONDS - begin >= bound + 10)); then
      fail "pid $pid does not end"
    fi
    sleep 0.05
  done
}

# end_process PID MARK [SECONDS]: SIGTERM, after the bound SIGKILL. Nothing when it is not ours.
end_process() {
  is_ours "$1" "$2" || return 0
  kill -TERM "$1" 2>/dev/null || true
  await_end "$@"
}

# port_is_free PORT: nobody listens on it, on any address.
port_is_free() {
  local hex
  hex=$(printf '%04X' "$1")
  # no pipe: with pipefail, "cat | grep -q" says no when grep is done before cat
  ! grep -qsE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

# in_tens PREFIX LOG: reads lines "[NN%] …" or "NN% …", keeps all of them in LOG, prints one line for each tenth done.
in_tens() {
  local prefix=$1 log=$2 line last=-1 percent
  : >"$log"
  while IFS= read -r line; do
    printf '%s\n' "$line" >>"$log"
    if [[ $line =~ ^\[?\ *([0-9]{1,3})%\]? ]]; then
      percent=$((BASH_REMATCH[1] / 10 * 10))
      if ((percent > last)); then
        last=$percent
        say "$prefix $percent %"
      fi
    fi
  done
}
