;; pieces: memory realloc describe init
;; Guesses the handle of a column that it was never given.
(import "sluicegate:transform/columns@0.1.0" "[method]column.len" (func $len (param i32) (result i32)))
(func (export "sluicegate:transform/guest@0.1.0#transform") (param i32) (result i32)
  (drop (call $len (i32.const 77)))
  (i32.const 192))
