;; What stands in for WASI preview 1 in a core module that imports it: Go's runtime cannot be built without.
;;
;; Nothing of the machine is behind it. Time is a counter, random bytes are the same in every instance, there are no
;; arguments, no environment and no files; what is written to the standard streams goes to the guest's log. So a batch
;; gives the same outcome wherever it runs, and a guest that wants more gets an error that its language knows.
;;
;; No function here but fd_write calls the host. Go's collector asks for the time while the host has memory allocated in
;; the guest (cabi_realloc), when a component may not call out: the adapter that wasmtime has for commands traps there.
;;
;; wit-component keeps the functions that a module imports and drops the others. It allows no data segments.
(module
  (import "sluicegate:transform/log@0.1.0" "write" (func $log (param $level i32) (param $text i32) (param $len i32)))
  (import "env" "memory" (memory 0))

  ;; Nanoseconds, for every clock.
  (global $now (mut i64) (i64.const 0))
  ;; The state of the generator of random bytes.
  (global $random (mut i64) (i64.const 0x9e3779b97f4a7c15))

  ;; Errors, as WASI numbers them: badf 8, nosys 52.

  ;; The arguments and the environment: none.
  (func $none (param $count i32) (param $bytes i32) (result i32)
    (i32.store (local.get $count) (i32.const 0))
    (i32.store (local.get $bytes) (i32.const 0))
    (i32.const 0))
  (func $nothing_to_get (param i32 i32) (result i32) (i32.const 0))
  (export "args_sizes_get" (func $none))
  (export "args_get" (func $nothing_to_get))
  (export "environ_sizes_get" (func $none))
  (export "environ_get" (func $nothing_to_get))

  ;; Each look at a clock is a microsecond after the one before.
  (func (export "clock_time_get") (param $clock i32) (param $precision i64) (param $time i32) (result i32)
    (global.set $now (i64.add (global.get $now) (i64.const 1000)))
    (i64.store (local.get $time) (global.get $now))
    (i32.const 0))
  (func (export "clock_res_get") (param $clock i32) (param $resolution i32) (result i32)
    (i64.store (local.get $resolution) (i64.const 1000))
    (i32.const 0))

  ;; Waiting for a clock ends at once, and the time has passed. Waiting for anything else is refused.
  ;; A subscription has 48 bytes: user data 0, kind 8 (0 is a clock), time-out 24, flags 40 (1 is a point in time).
  ;; An event has 32: user data 0, error 8, kind 10.
  (func (export "poll_oneoff")
    (param $subscriptions i32) (param $events i32) (param $count i32) (param $happened i32) (result i32)
    (local $until i64)
    (loop $next
      (if (i32.eqz (local.get $count)) (then (return (i32.const 52))))
      (if (i32.eqz (i32.load8_u offset=8 (local.get $subscriptions)))
        (then
          (local.set $until (i64.load offset=24 (local.get $subscriptions)))
          (if (i32.eqz (i32.and (i32.load16_u offset=40 (local.get $subscriptions)) (i32.const 1)))
            (then (local.set $until (i64.add (local.get $until) (global.get $now)))))
          (if (i64.gt_u (local.get $until) (global.get $now))
            (then (global.set $now (local.get $until))))
          (i64.store (local.get $events) (i64.load (local.get $subscriptions)))
          (i64.store offset=8 (local.get $events) (i64.const 0))
          (i64.store offset=16 (local.get $events) (i64.const 0))
          (i64.store offset=24 (local.get $events) (i64.const 0))
          (i32.store (local.get $happened) (i32.const 1))
          (return (i32.const 0))))
      (local.set $subscriptions (i32.add (local.get $subscriptions) (i32.const 48)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))
    (unreachable))
  (func (export "sched_yield") (result i32) (i32.const 0))

  ;; Bytes of a linear congruential generator (Knuth's MMIX), the highest of each number: for hash seeds, never for keys.
  (func (export "random_get") (param $at i32) (param $count i32) (result i32)
    (loop $next
      (if (i32.eqz (local.get $count)) (then (return (i32.const 0))))
      (global.set $random
        (i64.add
          (i64.mul (global.get $random) (i64.const 6364136223846793005))
          (i64.const 1442695040888963407)))
      (i32.store8 (local.get $at) (i32.wrap_i64 (i64.shr_u (global.get $random) (i64.const 56))))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next))
    (unreachable))

  ;; Standard output is logged as info (1), standard error as a warning (2). A buffer is a line: its line feeds at the end
  ;; are left out, and what is nothing else is no line.
  (func (export "fd_write")
    (param $stream i32) (param $buffers i32) (param $count i32) (param $written i32) (result i32)
    (local $text i32) (local $len i32) (local $all i32)
    (if (i32.gt_u (i32.sub (local.get $stream) (i32.const 1)) (i32.const 1)) (then (return (i32.const 8))))
    (loop $next
      (if (local.get $count)
        (then
          (local.set $text (i32.load (local.get $buffers)))
          (local.set $len (i32.load offset=4 (local.get $buffers)))
          (local.set $all (i32.add (local.get $all) (local.get $len)))
          (block $trimmed
            (loop $trim
              (br_if $trimmed (i32.eqz (local.get $len)))
              (br_if $trimmed
                (i32.ne
                  (i32.load8_u (i32.sub (i32.add (local.get $text) (local.get $len)) (i32.const 1)))
                  (i32.const 10)))
              (local.set $len (i32.sub (local.get $len) (i32.const 1)))
              (br $trim)))
          (if (local.get $len) (then (call $log (local.get $stream) (local.get $text) (local.get $len))))
          (local.set $buffers (i32.add (local.get $buffers) (i32.const 8)))
          (local.set $count (i32.sub (local.get $count) (i32.const 1)))
          (br $next))))
    (i32.store (local.get $written) (local.get $all))
    (i32.const 0))

  ;; Standard input is empty; there is no other stream to read.
  (func (export "fd_read")
    (param $stream i32) (param $buffers i32) (param $count i32) (param $read i32) (result i32)
    (if (local.get $stream) (then (return (i32.const 8))))
    (i32.store (local.get $read) (i32.const 0))
    (i32.const 0))

  ;; The three standard streams are character devices (2) that may be written (right 64).
  (func (export "fd_fdstat_get") (param $stream i32) (param $stat i32) (result i32)
    (if (i32.gt_u (local.get $stream) (i32.const 2)) (then (return (i32.const 8))))
    (i64.store (local.get $stat) (i64.const 2))
    (i64.store offset=8 (local.get $stat) (i64.const 64))
    (i64.store offset=16 (local.get $stat) (i64.const 0))
    (i32.const 0))
  (func (export "fd_close") (param $stream i32) (result i32)
    (select (i32.const 8) (i32.const 0) (i32.gt_u (local.get $stream) (i32.const 2))))
  (func (export "fd_fdstat_set_flags") (param $stream i32) (param $flags i32) (result i32)
    (select (i32.const 8) (i32.const 0) (i32.gt_u (local.get $stream) (i32.const 2))))

  ;; An exit ends the instance.
  (func $exit (export "proc_exit") (param $code i32) (unreachable))

  ;; The stock runtime of Go's bindings stops the clock of wasmtime's adapter with this. Ours may run on.
  (func (export "adapter_monotonic_clock_set_paused") (param i32))

  ;; There is no such file.
  (func $badf_2 (param i32 i32) (result i32) (i32.const 8))
  (func $badf_3 (param i32 i32 i32) (result i32) (i32.const 8))
  (export "fd_prestat_get" (func $badf_2))
  (export "fd_prestat_dir_name" (func $badf_3))

  ;; What is not there at all, by signature: i is 32 bits wide, l 64.
  (func $i (param i32) (result i32) (i32.const 52))
  (func $ii (param i32 i32) (result i32) (i32.const 52))
  (func $iii (param i32 i32 i32) (result i32) (i32.const 52))
  (func $i5 (param i32 i32 i32 i32 i32) (result i32) (i32.const 52))
  (func $i6 (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 52))
  (func $i7 (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 52))
  (func $il (param i32 i64) (result i32) (i32.const 52))
  (func $ill (param i32 i64 i64) (result i32) (i32.const 52))
  (func $illi (param i32 i64 i64 i32) (result i32) (i32.const 52))
  (func $ilii (param i32 i64 i32 i32) (result i32) (i32.const 52))
  (func $iiili (param i32 i32 i32 i64 i32) (result i32) (i32.const 52))
  (func $i4lli (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 52))
  (func $i5llii (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 52))
  (export "fd_advise" (func $illi))
  (export "fd_allocate" (func $ill))
  (export "fd_datasync" (func $i))
  (export "fd_fdstat_set_rights" (func $ill))
  (export "fd_filestat_get" (func $ii))
  (export "fd_filestat_set_size" (func $il))
  (export "fd_filestat_set_times" (func $illi))
  (export "fd_pread" (func $iiili))
  (export "fd_pwrite" (func $iiili))
  (export "fd_readdir" (func $iiili))
  (export "fd_renumber" (func $ii))
  (export "fd_seek" (func $ilii))
  (export "fd_sync" (func $i))
  (export "fd_tell" (func $ii))
  (export "path_create_directory" (func $iii))
  (export "path_filestat_get" (func $i5))
  (export "path_filestat_set_times" (func $i4lli))
  (export "path_link" (func $i7))
  (export "path_open" (func $i5llii))
  (export "path_readlink" (func $i6))
  (export "path_remove_directory" (func $iii))
  (export "path_rename" (func $i6))
  (export "path_symlink" (func $i5))
  (export "path_unlink_file" (func $iii))
  (export "proc_raise" (func $i))
  (export "sock_accept" (func $iii))
  (export "sock_recv" (func $i6))
  (export "sock_send" (func $i5))
  (export "sock_shutdown" (func $ii)))
