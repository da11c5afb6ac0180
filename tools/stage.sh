# What tools/quickstart and tools/test share: where they run, one run at a time,
# and stages that say how long they took. Sourced, not run.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

# ccache and the lint cache live under the home directory; daemons and CI may have none.
export HOME="${HOME:-$root/build/home}"

# onlyOne NAME: waits until no other run of NAME works in this checkout. The lock
# is held by file descriptor 9 and goes with the process, however it ends.
onlyOne() {
  mkdir -p build
  exec 9> "build/$1.lock"
  flock -n 9 && return
  echo "another tools/$1 runs in this checkout; waiting for it"
  flock 9
}

# stage TITLE COMMAND...: runs the command under a headline, then says the time.
# Returns the command's exit status.
stage() {
  local title=$1 begin=$SECONDS status=0
  shift
  printf '\n== %s\n' "$title"
  "$@" < /dev/null || status=$?
  if [ $status -eq 0 ]; then
    printf '== %s: done in %d s\n' "$title" $((SECONDS - begin))
  else
    printf '== %s: failed with exit status %d after %d s\n' "$title" $status $((SECONDS - begin))
  fi
  return $status
}

# buildPreset PRESET [TARGET...]: configures on the first run and builds (default: all).
# A terminal gets ninja's one line of progress; a log gets a line every tenth of
# the way and whatever the compiler says.
buildPreset() {
  local preset=$1
  shift
  # build.ninja exists once a configuration succeeded; from then on ninja itself
  # runs CMake again when a CMakeLists.txt changes. A checkout that was moved
  # begins anew: its cache names the old place.
  if [ ! -f "build/$preset/build.ninja" ] ||
    ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "build/$preset/CMakeCache.txt"; then
    mkdir -p "build/$preset"
    cmake --fresh --preset "$preset" > "build/$preset/configure.log" 2>&1 || {
      cat "build/$preset/configure.log"
      return 1
    }
  fi
  local build=(cmake --build --preset "$preset" ${1:+--target "$@"})
  if [ -t 1 ]; then
    "${build[@]}"
  else
    NINJA_STATUS='[%f/%t] ' "${build[@]}" | awk '
      /^\[[0-9]+\/[0-9]+\] / {
        split(substr($1, 2), part, "/")
        tenth = int(10 * part[1] / (part[2] + 0))
        if (tenth == last) next
        last = tenth
      }
      { print; fflush() }'
  fi
}
