;; pieces: memory realloc init transform
;; Its name lies outside its memory.
(func (export "sluicegate:transform/guest@0.1.0#describe") (result i32)
  (i32.store (i32.const 64) (i32.const 0x7ffffff0))
  (i32.store (i32.const 68) (i32.const 4096))
  (i32.const 64))
