;; Two pages: what a guest that behaves needs.
(memory (export "memory") 2)
