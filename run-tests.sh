#!/usr/bin/env bash
# Every check of the project, on a fresh machine too: formatting, types, the
# front end, and all tests on real engines. With arguments, only pytest runs, and
# gets them; with --faults SECONDS [--seed N], only the fault suite runs.
set -euo pipefail
cd "$(dirname "$0")"
. tools/environment.sh
environment tests

if [ "${CI:-}" = true ] && ! command -v chromium >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "== installing Chromium for the browser tests"
  { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 || echo "Chromium could not be installed: the browser tests will skip"
fi

if [ "${CI:-}" = true ] && [ ! -e /usr/lib/rabbitmq/bin/rabbitmq-server ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "== installing RabbitMQ for the tests on it"
  # Its own node must not start with the package: the tests start theirs.
  printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d && chmod +x /usr/sbin/policy-rc.d
  { apt-get update -qq && apt-get install -y -qq rabbitmq-server; } >/dev/null 2>&1 || echo "RabbitMQ could not be installed: the tests on it will skip"
  rm -f /usr/sbin/policy-rc.d
fi

if [ "${1:-}" = --rdm ]; then
  shift
  exec tests/rdm/run.sh "$@"
fi

if [ "${1:-}" = --faults ]; then
  exec python -m tests.faults.suite "$@"
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
echo "== queues, processing and a part of the golden suite on RabbitMQ"
python -m tests.rabbitmq python -m pytest -q tests/contract/test_queues.py tests/contract/test_process.py
python -m tests.rabbitmq python -m pytest -q tests/golden -k "whole and (double-click or late or same-id or machines)"
echo "== pytest"
python -m pytest --durations=15
