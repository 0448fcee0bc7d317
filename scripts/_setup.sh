# Sourced by the other scripts. Goes to the project's folder; makes what is missing, and nothing twice.
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" PIP_DISABLE_PIP_VERSION_CHECK=1

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3 python3.13 python3.12 python3.11 python; do
        if [ -n "$candidate" ] && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed; set PYTHON to its path" >&2
    return 1
}

# make_venv LABEL PIP-ARGUMENT...: .venv with these packages. The stamp is written last, so a set-up that was
# broken off is done again, and so is one of another folder or another pyproject.toml.
make_venv() {
    local stamp=".venv/.setup-$1" wanted
    shift
    wanted="$PWD $* $(cksum <pyproject.toml)"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] && .venv/bin/python -c 'import duohttp' 2>/dev/null; then return; fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        local python
        python="$(find_python)"
        echo "making .venv with $("$python" --version)"
        rm -rf .venv
        "$python" -m venv .venv || { echo "no venv module: install python3-venv" >&2 && return 1; }
    fi
    echo "installing $*"
    .venv/bin/python -m pip install -qq "$@"
    echo "$wanted" >"$stamp"
}

# system_packages NAME...: the servers that tests talk to, from the system's packages where that is possible. A name is
# the command, and after a colon the package where that is called otherwise.
system_packages() {
    local name missing=() root=()
    for name in "$@"; do command -v "${name%%:*}" >/dev/null || missing+=("${name##*:}"); done
    if [ ${#missing[@]} = 0 ]; then return; fi
    if [ "$(id -u)" != 0 ]; then root=(sudo -n); fi
    if ! command -v apt-get >/dev/null || ! "${root[@]}" true 2>/dev/null || ! {
        "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
            "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends "${missing[@]}"
    } >/dev/null; then
        echo "WARNING: cannot install ${missing[*]}; the tests that need them are skipped" >&2
    fi
}
