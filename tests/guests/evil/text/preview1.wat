;; pieces: memory realloc describe init transform
;; Reads a file in the old way.
(import "wasi_snapshot_preview1" "fd_read\1b[31m" (func (param i32 i32 i32 i32) (result i32)))
