;; Takes any configuration.
(func (export "sluicegate:transform/guest@0.1.0#init") (param i32 i32 i32 i32) (result i32)
  (i32.const 128))
