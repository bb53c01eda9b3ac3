;; pieces: memory describe init transform
;; What the host gives is to be put outside the memory.
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
  (i32.const 0x7ffffff0))
