;; pieces: memory realloc describe init
;; Takes four billion rows of a column.
(import "sluicegate:transform/columns@0.1.0" "[method]batch.column"
  (func $column (param i32 i32) (result i32)))
(import "sluicegate:transform/kernels@0.1.0" "take" (func $take (param i32 i32 i32 i32)))
(func (export "sluicegate:transform/guest@0.1.0#transform") (param $batch i32) (result i32)
  (call $take
    (call $column (local.get $batch) (i32.const 0))
    (i32.const 0) (i32.const 0xffffffff) (i32.const 256))
  (i32.const 192))
