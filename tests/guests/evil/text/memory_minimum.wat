;; pieces: realloc describe init transform
;; Half a gigabyte to begin with.
(memory (export "memory") 8000)
