#!/usr/bin/env bash
# Builds the guest. scripts/guests sets what stands in capitals here: the tools, WIT, WORK for files in between, OUT.
set -euo pipefail
# The component gets every file of the folder, so it is given one without tests.
mkdir -p "$WORK/source"
cp guest.py mask_name.py "$WORK/source"
"$COMPONENTIZE_PY" -d "$WIT" -w transform componentize --stub-wasi -p "$WORK/source" guest -o "$OUT"
