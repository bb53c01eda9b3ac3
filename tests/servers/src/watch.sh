# Starts a server that cannot outlive its owner.
#
#   sh -c "$(cat watch.sh)" watch OWNER_PID OWNER_START DATA_DIR COMMAND [ARGUMENT...]
#
# This shell becomes the server (exec keeps the pid), so there is no moment in which the server runs unwatched. A
# subshell stays behind. It looks at the owner five times a second and, when the owner is gone, kills the server and
# removes its data. A pid alone can be reused: a process is its pid and its start time (field 22 of its stat file).
owner=$1 owner_start=$2 data=$3
shift 3

# Sets start to the start time of process $1. Fails when it is gone or a zombie.
start_of() {
  start=
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- ${line##*) }
  case $1 in Z | X) return 1 ;; esac
  shift 19
  start=$1
}

server=$$
start_of "$server" || exit 1
server_start=$start
(
  while start_of "$server" && [ "$start" = "$server_start" ]; do
    if ! start_of "$owner" || [ "$start" != "$owner_start" ]; then
      kill -KILL "$server"
      while start_of "$server" && [ "$start" = "$server_start" ]; do sleep 0.05; done
      rm -rf -- "$data"
      exit
    fi
    sleep 0.2
  done
) </dev/null >/dev/null 2>&1 &
exec "$@"
