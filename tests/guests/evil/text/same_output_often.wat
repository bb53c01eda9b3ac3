;; pieces: memory realloc describe init
;; Gives one output back a hundred times.
(import "sluicegate:transform/columns@0.1.0" "[constructor]output" (func $output (param i32) (result i32)))
(func (export "sluicegate:transform/guest@0.1.0#transform") (param $batch i32) (result i32)
  (local $output i32)
  (local $at i32)
  (local.set $output (call $output (local.get $batch)))
  (local.set $at (i32.const 4096))
  (loop $again
    (i32.store (local.get $at) (local.get $output))
    (local.set $at (i32.add (local.get $at) (i32.const 4)))
    (br_if $again (i32.lt_u (local.get $at) (i32.const 4496))))
  (i32.store (i32.const 196) (i32.const 4096))
  (i32.store (i32.const 200) (i32.const 100))
  (i32.const 192))
