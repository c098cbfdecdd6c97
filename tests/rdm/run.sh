#!/usr/bin/env bash
# A real InvenioRDM on this package: installs it into .rdm/ of the project's folder, once, and
# runs tests/rdm. With `13` or `14` first, that release. More arguments go to pytest.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/environment.sh

release=14
case "${1:-}" in 13 | 14) release=$1; shift ;; esac

lacking=()
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || lacking+=(postgresql)
command -v redis-server >/dev/null || lacking+=(redis-server)
[ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || command -v rabbitmq-server >/dev/null || lacking+=(rabbitmq-server)
command -v java >/dev/null || lacking+=(default-jre-headless)
ldconfig -p 2>/dev/null | grep -q libcairo.so.2 || lacking+=(libcairo2)
if [ ${#lacking[@]} -gt 0 ] && install_in_ci InvenioRDM "${lacking[@]}"; then lacking=(); fi
if [ ${#lacking[@]} -gt 0 ]; then
  echo "InvenioRDM is not tested here, not installed: ${lacking[*]} (Debian: apt install ${lacking[*]})"
  exit 0
fi

folder=.rdm/$release
stamp="$folder/.installed-$(cat setup.py "tests/rdm/requirements-$release.txt" | cksum | cut -d ' ' -f 1)"
if [ ! -e "$stamp" ]; then
  python=$(find_python) || fail "needs Python 3.10 or newer with its venv module"
  [ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
  echo "installing InvenioRDM $release into $folder (some 700 MB) ..." >&2
  "$folder/bin/python" -m pip install --quiet --disable-pip-version-check uv
  "$folder/bin/python" -m uv pip install --quiet --python "$folder/bin/python" \
    --requirement "tests/rdm/requirements-$release.txt" --editable '.[embedded,opensearch]' pytest pytest-timeout \
    || { echo "InvenioRDM is not tested here: its packages could not be installed"; exit 0; }
  touch "$stamp"
fi
exec "$folder/bin/python" -m pytest --confcutdir=tests/rdm --durations=5 tests/rdm "$@"
