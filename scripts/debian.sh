# Sourced by the scripts that take something from Debian 13, whatever the host (deps, musl).
#
# apt fetches it, with a state of its own, from the mirror that the host's apt already uses: /etc/apt and /var/lib/apt
# stay as they are. The script has `pins` (lines of name, version, SHA-256), `file_of` (the file's name in
# <cache>/sources), `index` (deb or deb-src), apt_options, and a folder `work`.
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by lib.sh and by the script
# SPDX-License-Identifier: Apache-2.0

suite=trixie

matches() { [ -f "$1" ] && echo "$2  $1" | sha256sum --check --status; }

# apt-get or apt-cache with sources and state of their own.
apt_() {
    local tool=apt-$1 user=$(id -un)
    shift
    "$tool" -q -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" -o Dir::State::status=/dev/null \
        -o Dir::Cache="$apt/cache" -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$apt/sources.d" \
        -o Dir::Etc::preferencesparts=/dev/null -o APT::Sandbox::User="$user" ${apt_options:-} "$@"
}

# Reads the suite's index, once.
open_index() {
    [ -z "${apt:-}" ] || return 0
    command -v apt-get >/dev/null || no_source "there is no apt on this machine"
    apt=$work/apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/sources.d"
    local mirror security keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mirror=$(mirrors | grep -v security | head -n 1)
    security=$(mirrors | grep security | head -n 1)
    [ -n "$mirror" ] || no_source "this machine's apt has no Debian mirror"
    [ -f "$keyring" ] || no_source "there is no $keyring (package debian-archive-keyring)"
    suite_of "$mirror" "$suite" "$keyring" >"$apt/sources.d/main.sources"
    [ -z "$security" ] || suite_of "$security" "$suite-security" "$keyring" >"$apt/sources.d/security.sources"
    say "reading Debian's index ($suite, $index)"
    apt_ get update >"$cache/log/apt.log" 2>&1 </dev/null || no_source "apt cannot read the mirror (log: $cache/log/apt.log)"
}

suite_of() { printf "Types: $index\\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n" "$@"; }

# The Debian mirrors that this machine's apt uses.
mirrors() { apt-get indextargets --format '$(REPO_URI)' | grep -E '/debian(-security)?/?$' | sort -u; }

no_source() {
    say "$1." >&2
    say "Put these files into $cache/sources and run this again (SHA-256 behind each):" >&2
    local name version sha
    while read -r name version sha; do
        [ -z "$name" ] || echo "  $(file_of "$name" "$version")  $sha" >&2
    done <<<"$pins"
    exit 1
}
