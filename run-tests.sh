#!/usr/bin/env bash
# Every check of the project, on a fresh machine too: formatting, types, the
# front end, and all tests on real engines. `--engines all` runs what depends on the
# search engine on each that is supported; `--faults SECONDS [--seed N]` the fault suite
# alone. With other arguments, only pytest runs, and gets them.
set -euo pipefail
cd "$(dirname "$0")"
. tools/environment.sh
environment tests

command -v chromium >/dev/null || install_in_ci "the browser tests" chromium || true
[ -e /usr/lib/rabbitmq/bin/rabbitmq-server ] || install_in_ci "the tests on RabbitMQ" rabbitmq-server || true

if [ "${1:-}" = --rdm ]; then
  shift
  exec tests/rdm/run.sh "$@"
fi

if [ "${1:-}" = --faults ]; then
  exec python -m tests.faults.suite "$@"
fi

SEARCH_ENGINES="OPENSEARCH=2.19.1 OPENSEARCH=3.3.0 ELASTICSEARCH=9.5.3 ELASTICSEARCH=8.19.21"

# What depends on the search engine, on the one that VARIABLE=VERSION names.
on_search_engine() {
  echo "== counting, retention, erasure, audit and faults on $1"
  env "STATS_EMBEDDED_$1" python -m pytest -q tests/golden tests/faults tests/engine/test_properties.py \
    tests/engine/test_shared_cluster.py tests/engine/test_search_security.py tests/engine/test_legacy.py \
    tests/engine/days/test_retention.py tests/engine/test_retention_properties.py \
    tests/engine/days/test_erase.py tests/engine/days/test_reflag.py tests/engine/days/test_audit.py -k "not sliced"
}

if [ "${1:-} ${2:-}" = "--engines all" ]; then
  for engine in $SEARCH_ENGINES; do on_search_engine "$engine"; done
  exit
fi

if [ $# -gt 0 ]; then
  exec python -m pytest "$@"
fi

front_end
echo "== ESLint and Prettier"
npm --prefix widgets run --silent lint
echo "== the shipped elements are the build of their sources"
npm --prefix widgets run --silent check
echo "== the elements' unit tests"
npm --prefix widgets test --silent
echo "== ruff"
ruff check stats tests tools examples
ruff format --check --quiet stats tests tools examples
echo "== mypy"
mypy
echo "== the golden suite on OpenSearch 2"
STATS_EMBEDDED_OPENSEARCH=2.19.1 python -m pytest -q tests/golden -k whole
echo "== queues, processing and the golden suite on RabbitMQ"
python -m tests.rabbitmq python -m pytest -q tests/contract/test_queues.py tests/contract/test_process.py tests/golden -k "not sliced"
echo "== pytest"
python -m pytest --durations=15
if [ "${CI:-}" = true ]; then
  if [ $SECONDS -lt 2700 ]; then
    echo "== a real InvenioRDM"
    tests/rdm/run.sh -q
  else
    echo "InvenioRDM is not tested in this run: the rest took $((SECONDS / 60)) minutes, and an hour is all (./run-tests.sh --rdm)"
  fi
fi
