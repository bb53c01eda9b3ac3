;; pieces: memory realloc describe init transform
;; A second memory of a million terabytes.
(memory i64 1 0x1000000000000)
