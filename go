#!/bin/sh
# The one door to Steelyard: prepares the environment it needs, once, and runs the command given.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
venv=$root/.venv

usage() {
    cat <<'END'
usage: ./go COMMAND [ARGUMENTS]

  demo [--once] [--pack NAME]     see it work on generated data
  steelyard ...                   the command line: ./go steelyard --help
  test [--require-all] [...]      every test this machine can run, then what was left out and why
  check                           format, lint, types, import contracts, catalogues, pins
  fix                             put format and lint in order where a machine can
  catalogues                      bring new sentences into the translations
  reference                       write docs/reference again from the code
  requirements [--upgrade]        compile requirements/*.txt from pyproject.toml
  bench [NAME]                    the measured comparisons; without a name, which there are
END
}

fail() {
    printf '%s\n' "./go: $1" >&2
    exit 1
}

# The first Python on the machine that is new enough; $PYTHON overrides.
find_python() {
    for python in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            return 0
        fi
    done
    have=$(python3 --version 2>/dev/null || echo 'no python3')
    fail "Python 3.11 or newer is needed, this machine has ${have}. Install one, or name it: PYTHON=/path/to/python3.12 ./go ..."
}

make_venv() {
    find_python
    if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        fail "this Python has no venv with pip. On Debian and Ubuntu: apt install python${version}-venv"
    fi
    printf '%s\n' "Preparing $venv (once) ..." >&2
    "$python" -m venv --clear "$venv" || fail "could not make $venv"
}

# Where pip is pointed at a mirror, uv goes there too; it does not read pip's settings itself.
follow_pip() {
    eval "$("$venv/bin/python" -m pip config list 2>/dev/null | "$venv/bin/python" -c '
import ast, os, shlex, sys
names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "find-links": "UV_FIND_LINKS", "cert": "SSL_CERT_FILE"}
found = {}
for line in sys.stdin:
    key, _, value = line.strip().partition("=")
    name = names.get(key.rpartition(".")[2])
    if name and not os.environ.get(name):
        found[name] = ("," if name == "UV_FIND_LINKS" else " ").join(ast.literal_eval(value).split())
if "UV_INDEX" in found:
    found["UV_INDEX_STRATEGY"] = "unsafe-best-match"  # what pip does; every file is checked by its hash
for name, value in found.items():
    print(f"export {name}={shlex.quote(value)}")
')"
}

sum_of() {
    (cd "$root" && cat "$@" | cksum)
}

stamp_is() {
    [ -f "$venv/$1" ] && IFS= read -r stamped <"$venv/$1" && [ "$stamped" = "$2" ]
}

stamp() {
    printf '%s\n' "$2" >"$venv/$1.$$" && mv -f "$venv/$1.$$" "$venv/$1"
}

is_ready() {
    [ -x "$venv/bin/python" ] && stamp_is stamp-project "$project" &&
        { stamp_is stamp-run "$run" || stamp_is stamp-dev "$dev"; } &&
        { [ "$1" = run ] || stamp_is stamp-dev "$dev"; }
}

# need run | need dev: the environment holds the pinned requirements and this project, or we stop here.
need() {
    project="$root $(sum_of pyproject.toml)"
    run="$(sum_of requirements/door.txt requirements/run.txt)"
    dev="$(sum_of requirements/door.txt requirements/dev.txt)"
    if ! is_ready "$1"; then
        prepare "$1"
    fi
    PATH=$venv/bin:$PATH
    VIRTUAL_ENV=$venv
    export PATH VIRTUAL_ENV
    unset PYTHONHOME
}

# One at a time: the lock is the kernel's, on this very file, and goes with the process that holds it.
prepare() {
    find_python
    exec 9<"$root/go"
    "$python" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)'
    if ! is_ready "$1"; then
        install "$1"
    fi
    exec 9<&-
}

sync() {
    "$venv/bin/uv" pip sync --quiet --python "$venv/bin/python" --require-hashes "$@" \
        "$root/requirements/door.txt" "$root/requirements/$level.txt"
}

install() {
    # An environment of another place, or whose Python has gone, cannot be mended.
    if ! "$venv/bin/python" -c '' 2>/dev/null ||
        { [ -f "$venv/stamp-project" ] && ! grep -qF "$root " "$venv/stamp-project"; }; then
        make_venv
    fi
    level=$1
    # What a developer has here is brought up to date with the rest, not taken away.
    if [ -x "$venv/bin/pytest" ]; then level=dev; fi
    rm -f "$venv/stamp-project" "$venv/stamp-run" "$venv/stamp-dev"
    follow_pip
    door=$(sum_of requirements/door.txt)
    if ! stamp_is stamp-door "$door"; then
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes \
            -r "$root/requirements/door.txt" || fail 'could not install uv; is there a way to the package index?'
        stamp stamp-door "$door"
    fi
    # From the cache where it holds everything: quicker, and right without a network.
    sync --offline 2>/dev/null || sync || fail 'could not install the requirements'
    "$venv/bin/uv" pip install --quiet --python "$venv/bin/python" --no-deps --no-build-isolation -e "$root" ||
        fail 'could not install steelyard itself'
    if [ "$level" = dev ]; then stamp stamp-dev "$dev"; else stamp stamp-run "$run"; fi
    stamp stamp-project "$project"
}

# Runs one check, says how it went, and remembers a failure.
step() {
    title=$1
    shift
    if output=$("$@" 2>&1); then
        printf 'ok      %s\n' "$title"
    else
        printf 'FAILED  %s: %s\n%s\n' "$title" "$*" "$output"
        failed=1
    fi
}

check() {
    failed=0
    step format ruff format --check .
    step lint ruff check .
    step types mypy
    step 'import contracts' lint-imports
    step catalogues python -m tools.catalogues --check
    step pins python -m tools.requirements --check
    exit "$failed"
}

bench() {
    if [ $# -gt 0 ]; then
        name=$1
        shift
        exec python -m "bench.$name" "$@"
    fi
    for file in bench/[!_]*.py; do
        [ -f "$file" ] || fail 'there are no comparisons here yet'
        basename "$file" .py
    done
}

command=${1:-help}
[ $# -eq 0 ] || shift
case $command in
    demo)
        need run
        exec "$venv/bin/steelyard" demo "$@"
        ;;
    steelyard)
        need run
        exec "$venv/bin/steelyard" "$@"
        ;;
    test)
        need dev
        cd "$root"
        exec python -m pytest -n auto --dist loadfile -q "$@"
        ;;
    check)
        need dev
        cd "$root"
        check
        ;;
    fix)
        need dev
        cd "$root"
        ruff check --fix . || true
        exec ruff format .
        ;;
    catalogues | reference | requirements)
        need dev
        cd "$root"
        exec python -m "tools.$command" "$@"
        ;;
    bench)
        need dev
        cd "$root"
        bench "$@"
        ;;
    help | -h | --help)
        usage
        ;;
    *)
        usage >&2
        exit 2
        ;;
esac
