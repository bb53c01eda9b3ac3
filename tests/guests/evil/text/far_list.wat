;; pieces: memory realloc describe init
;; A list of outputs that is longer than any memory.
(func (export "sluicegate:transform/guest@0.1.0#transform") (param i32) (result i32)
  (i32.store (i32.const 196) (i32.const 4096))
  (i32.store (i32.const 200) (i32.const 0xffffffff))
  (i32.const 192))
