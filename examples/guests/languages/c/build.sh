#!/usr/bin/env bash
# Builds the guest. scripts/guests sets what stands in capitals here: the tools, WORK for files in between, OUT.
set -euo pipefail
"$BINDINGS" c "$WORK"
flags=(
  --target=wasm32-unknown-unknown -std=c17 -O3 -flto -mbulk-memory
  # No libc: ours in libc/ is what the bindings need, and the compiler may not make calls of it out of its own loops.
  -ffreestanding -nostdlib -fno-builtin -I libc -I . -I "$WORK"
  -Wall -Wextra -Werror
  # A library: it has exports and no main.
  -Wl,--no-entry -Wl,--gc-sections -Wl,--strip-all
)
"$CLANG" "${flags[@]}" -o "$OUT" mask_name.c sluicegate/*.c "$WORK"/transform.c "$WORK"/transform_component_type.o
