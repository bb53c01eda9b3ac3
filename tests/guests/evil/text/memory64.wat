;; pieces: realloc
;; A memory of addresses of 64 bits, of a million terabytes.
(memory (export "memory") i64 1 0x1000000000000)
(func (export "sluicegate:transform/guest@0.1.0#describe") (result i32) (i32.const 64))
(func (export "sluicegate:transform/guest@0.1.0#init") (param i32 i32 i32 i32) (result i32) (i32.const 128))
(func (export "sluicegate:transform/guest@0.1.0#transform") (param i32) (result i32) (i32.const 192))
