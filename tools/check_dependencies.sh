#!/usr/bin/env bash
# Looks up known advisories of all that the tested set holds (requirements-lock.txt, the front end's
# package-lock.json), and lists licences. For a machine that reaches the advisory databases; run it
# weekly and before a release. Exit code 1 when something is found.
set -uo pipefail
cd "$(dirname "$0")/.."
. tools/environment.sh
environment tests
front_end

python -m venv .venv/audit && .venv/audit/bin/python -m pip install --quiet --disable-pip-version-check 'pip-audit>=2.7' 'pip-licenses>=5' \
  || fail "pip-audit and pip-licenses could not be installed"

found=0
echo "== advisories of Python packages"
.venv/audit/bin/pip-audit --requirement requirements-lock.txt --no-deps --disable-pip --strict || found=1
echo "== advisories of the front end"
npm --prefix widgets audit --audit-level=low || found=1
echo "== licences"
.venv/audit/bin/pip-licenses --python=.venv/bin/python --from=mixed --order=license --partial-match \
  --fail-on='Affero;AGPL;SSPL;Server Side Public;Commercial;Proprietary' || found=1
exit "$found"
