#!/usr/bin/env bash
# An import that fills the disk fails, says so, and leaves what was there.
# Mounts a small file system, which needs root; exit status 77 (skipped) without.
#
#   dlfs_full_disk.sh DLFS

set -euo pipefail
dlfs=$1
work=$(mktemp -d)
mkdir "$work/disk"
cleanUp() {
  umount "$work/disk" 2> /dev/null || true
  rm -rf "$work"
}
trap cleanUp EXIT

if ! mount -t tmpfs -o size=6m fanfold-test "$work/disk" 2> "$work/err"; then
  echo "skipped: mounting a small file system is not allowed: $(cat "$work/err")"
  exit 77
fi
store=dlfs://$work/disk/store

idx() {
  python3 - "$@" << 'PYTHON'
import os, struct, sys
prefix, count = sys.argv[1], int(sys.argv[2])
with open(prefix + "-images-idx3-ubyte", "wb") as file:
    file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, count, 32, 32) + os.urandom(count * 1024))
with open(prefix + "-labels-idx1-ubyte", "wb") as file:
    file.write(struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes(count))
PYTHON
}

fail() {
  echo "$*" >&2
  cat "$work/out" "$work/err" >&2
  exit 1
}

mkdir "$work/small" "$work/large"
idx "$work/small/train" 500
idx "$work/large/train" 20000
"$dlfs" import --format=idx --quiet "$work/small" "$store/set"
"$dlfs" ls "$store/set" --format=json > "$work/before"

for chunk in 64KiB 4MiB 64MiB; do
  status=0
  "$dlfs" import --format=idx --replace --chunk-size=$chunk "$work/large" "$store/set" \
    > "$work/out" 2> "$work/err" || status=$?
  [ $status = 1 ] || fail "exit status $status on a full disk, expected 1"
  grep -qi "no space left on device" "$work/err" || fail "a full disk is not named"
  "$dlfs" verify "$store/set" > "$work/out" 2> "$work/err" || fail "the data set is damaged"
  "$dlfs" ls "$store/set" --format=json | cmp - "$work/before" || fail "the data set has changed"
done

# With space again the same store goes on.
"$dlfs" import --format=idx --replace "$work/small" "$store/set" > "$work/out" 2> "$work/err" ||
  fail "no import after a full disk"
"$dlfs" verify "$store" > "$work/out" 2> "$work/err" || fail "damaged after a full disk"
grep -q "belong to no data set" "$work/out" && fail "debris after a full disk"
echo "all good"
