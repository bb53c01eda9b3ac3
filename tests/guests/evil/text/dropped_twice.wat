;; pieces: memory realloc describe init
;; Drops a column twice.
(import "sluicegate:transform/columns@0.1.0" "[method]batch.column"
  (func $column (param i32 i32) (result i32)))
(import "sluicegate:transform/columns@0.1.0" "[resource-drop]column" (func $drop (param i32)))
(func (export "sluicegate:transform/guest@0.1.0#transform") (param $batch i32) (result i32)
  (local $column i32)
  (local.set $column (call $column (local.get $batch) (i32.const 0)))
  (call $drop (local.get $column))
  (call $drop (local.get $column))
  (i32.const 192))
