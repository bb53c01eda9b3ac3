;; pieces: memory realloc describe transform
;; Takes a megabyte at a time when it starts, and gives up when there is none.
(func (export "sluicegate:transform/guest@0.1.0#init") (param i32 i32 i32 i32) (result i32)
  (loop $again (br_if $again (i32.ge_s (memory.grow (i32.const 16)) (i32.const 0))))
  (unreachable))
