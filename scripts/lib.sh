# Sourced by the scripts beside it: where things are, and how to speak.
# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/agent-os-sandbox

# The platform as npm and Node name it, e.g. linux-x64.
case "$(uname -s)" in
    Linux) os=linux ;;
    Darwin) os=darwin ;;
    *) os=$(uname -s) ;;
esac
case "$(uname -m)" in
    x86_64 | amd64) arch=x64 ;;
    aarch64 | arm64) arch=arm64 ;;
    *) arch=$(uname -m) ;;
esac
platform=$os-$arch

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Takes a lock that only one set-up of this user holds at a time; it is released when the script ends.
lock() {
    mkdir -p "$cache"
    command -v flock >/dev/null || return 0
    exec 9>"$cache/$1.lock"
    flock -n 9 && return 0
    say "waiting for another set-up to finish"
    flock 9
}

# Runs a command with its output in a log, which is shown only when the command fails.
quietly() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null && return 0
    tail -n 40 "$log" >&2
    die "failed: $* (all of its output: $log)"
}
