#!/usr/bin/env bash
# Builds the guest. scripts/guests sets what stands in capitals here: the tools, WIT, OUT.
set -euo pipefail
"$COMPONENTIZE_QJS" --wit "$WIT" --world transform --js guest.js --module-root . --sync --stub-wasi --output "$OUT"
