;; pieces: memory realloc describe init transform
;; Tidies up for ever after it has answered.
(func (export "cabi_post_sluicegate:transform/guest@0.1.0#transform") (param i32)
  (loop $again (br $again)))
