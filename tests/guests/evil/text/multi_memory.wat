;; pieces: memory realloc describe init transform
;; Six memories in one module, five of them a little below the limit.
(memory $m0 960) (memory $m1 960) (memory $m2 960) (memory $m3 960) (memory $m4 960)
