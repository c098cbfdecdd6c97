#!/usr/bin/env bash
# The main job with one command: real engines, an imported access log, generated
# traffic, and a web page at the printed address. Ctrl-C stops everything; the
# data stays in .stats/ for the next start. Arguments go to `stats demo`.
set -euo pipefail
cd "$(dirname "$0")"
. tools/environment.sh
environment embedded
exec stats demo "$@"
