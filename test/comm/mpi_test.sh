#!/usr/bin/env bash
# Ranks over Open MPI, as mpirun starts them.
#
#   mpi_test.sh MPI_CONFORMANCE

set -euo pipefail
program=$1
if ! command -v mpirun > /dev/null; then
  echo "no mpirun (Debian: openmpi-bin)"
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Whoever runs tests may be root, and have fewer cores than ranks.
start() {
  local ranks=$1
  shift
  timeout 60 mpirun --allow-run-as-root --oversubscribe -np "$ranks" "$program" "$@" > out 2>&1
}

fail() {
  echo "$*" >&2
  cat out >&2
  exit 1
}

for ranks in 1 2 3 4; do
  start "$ranks" || fail "$ranks ranks: exit status $?, expected 0"
  found=$(grep -c "^rank [0-9]*: $ranks ranks over Open MPI [0-9.]*$" out || true)
  [ "$found" = "$ranks" ] || fail "$ranks ranks: found $found descriptions, expected $ranks"
done

# What goes wrong ends all ranks in seconds.
for mode in differ abandon leave; do
  status=0
  begin=$SECONDS
  start 3 "$mode" || status=$?
  [ "$status" != 0 ] || fail "$mode: exit status 0, expected a failure"
  [ $((SECONDS - begin)) -lt 30 ] || fail "$mode: took $((SECONDS - begin)) s, expected an end in seconds"
  if [ "$mode" = differ ]; then
    grep -q "rank 1 has the job fingerprint 0000000000000001, expected 0000000000000000" out ||
      fail "differ: no word about the fingerprint"
  fi
done
