#!/usr/bin/env bash
# Builds the guest. scripts/guests sets what stands in capitals here: the tools, WORK for files in between, OUT.
set -euo pipefail
"$BINDINGS" go bindings --package mask-name/bindings
GOOS=wasip1 GOARCH=wasm "$GO" build -buildmode=c-shared -trimpath -ldflags="-s -w" -o "$WORK/module.wasm" .
# The type of the component that it is to be. The host has the adapter for what Go imports of WASI.
"$BINDINGS" embed "$WORK/module.wasm" "$OUT"
