;; pieces: realloc init transform
;; A configuration schema of 60 MB.
(memory (export "memory") 1000)
(func (export "sluicegate:transform/guest@0.1.0#describe") (result i32)
  (i32.store (i32.const 88) (i32.const 4096))
  (i32.store (i32.const 92) (i32.const 60000000))
  (i32.const 64))
