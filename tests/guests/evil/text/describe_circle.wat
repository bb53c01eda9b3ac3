;; pieces: memory realloc transform
;; A schema that refers to itself, shown when the configuration is refused.
(data (i32.const 1024) "{\22$ref\22:\22#\22}no")
(func (export "sluicegate:transform/guest@0.1.0#describe") (result i32)
  (i32.store (i32.const 88) (i32.const 1024))
  (i32.store (i32.const 92) (i32.const 12))
  (i32.const 64))
(func (export "sluicegate:transform/guest@0.1.0#init") (param i32 i32 i32 i32) (result i32)
  (i32.store8 (i32.const 128) (i32.const 1))
  (i32.store (i32.const 136) (i32.const 1036))
  (i32.store (i32.const 140) (i32.const 2))
  (i32.const 128))
