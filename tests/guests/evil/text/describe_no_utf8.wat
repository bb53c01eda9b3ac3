;; pieces: memory realloc init transform
;; Its name is no text.
(data (i32.const 1024) "\ff\fe\c0\80")
(func (export "sluicegate:transform/guest@0.1.0#describe") (result i32)
  (i32.store (i32.const 64) (i32.const 1024))
  (i32.store (i32.const 68) (i32.const 4))
  (i32.const 64))
