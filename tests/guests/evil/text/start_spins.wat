;; pieces: memory realloc describe init transform
;; A start function that never ends.
(func $spin (loop $again (br $again)))
(start $spin)
