#!/usr/bin/env bash
# dlfs as a user has it: what it prints, its exit status, and that nothing is
# lost when it is killed.
#
#   dlfs.sh DLFS

set -euo pipefail
dlfs=$1
work=$(mktemp -d)
trap 'chmod -R u+w "$work"; rm -rf "$work"' EXIT
cd "$work"
store=dlfs://$work/store

fail() {
  echo "line ${BASH_LINENO[1]}: $*" >&2
  cat out err >&2
  exit 1
}

# expect STATUS TEXT COMMAND...: runs the command; TEXT, if any, must be in its output.
expect() {
  local status=$1 text=$2 found=0
  shift 2
  "$@" > out 2> err || found=$?
  [ "$found" = "$status" ] || fail "exit status $found, expected $status: $*"
  [ -z "$text" ] || cat out err | tr -d '\0' | grep -qF -- "$text" || fail "no '$text' in the output of: $*"
}

# idx PREFIX COUNT: COUNT images of 16x16 bytes that are their number, label number % 10.
idx() {
  python3 - "$@" << 'PYTHON'
import struct, sys
prefix, count = sys.argv[1], int(sys.argv[2])
with open(prefix + "-images-idx3-ubyte", "wb") as file:
    file.write(struct.pack(">BBBBIII", 0, 0, 8, 3, count, 16, 16))
    for i in range(count):
        file.write(bytes([i % 256]) * 256)
with open(prefix + "-labels-idx1-ubyte", "wb") as file:
    file.write(struct.pack(">BBBBI", 0, 0, 8, 1, count) + bytes(i % 10 for i in range(count)))
PYTHON
}

mkdir idx
idx idx/train 3000
idx idx/t10k 500

# Usage.
expect 2 "subcommand" "$dlfs"
expect 2 "" "$dlfs" nonsense
expect 2 "SOURCE is required" "$dlfs" import --format=idx
expect 2 "--format" "$dlfs" import --format=zip idx "$store/set"
for command in "" import ls stat cat verify; do
  expect 0 "dlfs" "$dlfs" $command --help
done

# Import, and what can be read afterwards.
expect 1 "no such file or directory" "$dlfs" import --format=idx nothing "$store/set"
[ ! -e store ] || fail "a bad source has made a store"
expect 0 "train: 3,000 samples in 6 chunks" \
  "$dlfs" import --format=idx --chunk-size=128KiB idx "$store/set"
expect 1 "--replace replaces it" "$dlfs" import --format=idx idx "$store/set"
expect 0 "set" "$dlfs" ls "$store"
expect 0 "16x16x1       002999" "$dlfs" ls "$store/set" --split=train
expect 0 "3,000 samples in 6 chunks" "$dlfs" stat "$store/set"
expect 0 "label 7 (7)" "$dlfs" stat "$store/set" 000017
expect 0 "all good" "$dlfs" verify "$store"
"$dlfs" cat "$store/set" 000065 --split=test | cmp - <(head -c 256 /dev/zero | tr '\0' 'A') ||
  fail "cat gives other bytes"
"$dlfs" ls "$store/set" --format=json | python3 -c '
import json, sys
samples = json.load(sys.stdin)
assert len(samples) == 3500
assert samples[0] == {"split": "test", "name": "000000", "label": 0, "class": "0", "bytes": 256,
                      "encoding": "raw", "shape": [16, 16, 1]}, samples[0]'
"$dlfs" stat "$store/set" --format=json | python3 -c '
import json, sys
data = json.load(sys.stdin)
assert data["classes"] == 10 and data["splits"]["train"]["samples"] == 3000, data'
"$dlfs" verify "$store/set" --format=json | python3 -c '
import json, sys
report = json.load(sys.stdin)
assert report["samples"] == 3500 and report["problems"] == [], report'

# Mistakes.
expect 1 "no data set 'sett' in $work/store; it has set" "$dlfs" stat "$store/sett"
expect 1 "no such directory" "$dlfs" ls "dlfs://$work/nothing/set"
expect 1 "found host 'localhost'" "$dlfs" ls dlfs://localhost/set
expect 1 "no sample '17'" "$dlfs" cat "$store/set" 17
"$dlfs" ls "$store/set" > /dev/full 2> err && fail "a full output is no error"
grep -q "no space left" err || fail "a full output is not named"

# Killed half-way: a tar that never ends keeps the import in the middle.
chunks() { find store/chunks -type f | sort; }
state() { chunks | xargs sha256sum; "$dlfs" ls "$store/set" --format=json; }
state > before
mkfifo endless.tar
python3 - << 'PYTHON' > partial.tar
import io, sys, tarfile, zlib, struct
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 32, 32, 8, 0, 0, 0, 0)) + \
      chunk(b"IDAT", zlib.compress(bytes(range(33)) * 32)) + chunk(b"IEND", b"")
with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as tar:
    for i in range(4000):
        for name, data in ((f"{i}.png", png), (f"{i}.cls", b"1")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
PYTHON
"$dlfs" import --format=tar --replace --chunk-size=4KiB endless.tar "$store/set" 2> /dev/null &
import=$!
disown $import # So that the shell does not report that it was killed.
exec 3> endless.tar
head -c 2000000 partial.tar >&3
for _ in $(seq 200); do
  [ "$(chunks | wc -l)" -gt 20 ] && break
  sleep 0.05
done
[ "$(chunks | wc -l)" -gt 20 ] || fail "the import has not written chunks yet"
expect 1 "is being written by another process" \
  "$dlfs" import --format=idx --replace idx "$store/set"
expect 0 "all good" "$dlfs" verify "$store/set" # Readers see what was there before.
kill -KILL $import
while kill -0 $import 2> /dev/null; do sleep 0.01; done
exec 3>&-
expect 0 "all good" "$dlfs" verify "$store/set"
"$dlfs" ls "$store/set" --format=json | cmp - <(sed -n '/^\[/,$p' before) ||
  fail "a killed import has changed the data set"
# The next import clears the debris away.
expect 0 "" "$dlfs" import --format=idx --quiet idx "$store/other"
grep -o '[^ ]*\.chunk' before > known
chunks | grep -v 0000000000000003- | cmp - known || # That of the other data set.
  fail "debris of a killed import is left"
expect 0 "all good" "$dlfs" verify "$store"

# Killed at any moment: the data set is the old one or the new one, and whole.
idx idx/train 2000
began=$(date +%s%N)
expect 0 "" "$dlfs" import --format=idx --chunk-size=16KiB idx "$store/timed"
duration=$((($(date +%s%N) - began) / 1000000))
samples() {
  "$dlfs" stat "$store/set" --format=json |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["splits"]["train"]["samples"])'
}
killed=0
for percent in $(seq 4 10 124); do
  # The outer shell would report that the inner one's child was killed.
  (
    "$dlfs" import --format=idx --replace --chunk-size=16KiB idx "$store/set" &
    sleep "$(printf '%d.%03d' $((duration * percent / 100000)) $((duration * percent / 100 % 1000)))"
    kill -KILL $! && wait $!
  ) > out 2>&1 || killed=$((killed + 1))
  expect 0 "all good" "$dlfs" verify "$store/set"
  found=$(samples)
  [ "$found" = 3000 ] || [ "$found" = 2000 ] || fail "neither the old data set nor the new one"
done
[ $killed -gt 3 ] || fail "only $killed imports were killed, they take $duration ms"
expect 0 "" "$dlfs" import --format=idx --replace --quiet idx "$store/set"
expect 0 "all good" "$dlfs" verify "$store"
! grep -q "belong to no data set" out || fail "debris of killed imports is left"

# Damage.
expect 0 "" "$dlfs" import --format=idx --replace --quiet idx "$store/set"
chunk=$(find store/chunks -name '*-train-000000.chunk' | sort | tail -n 1)
printf '\x01' | dd of="$chunk" bs=1 seek=$(($(stat -c %s "$chunk") - 1)) conv=notrunc status=none
name=$(basename "$chunk" .chunk)
expect 1 "chunk $name: checksum mismatch in '001999', bytes $(($(stat -c %s "$chunk") - 256)) to" \
  "$dlfs" verify "$store/set"
expect 1 "checksum mismatch in '001999'" "$dlfs" cat "$store/set" 001999
expect 0 "" "$dlfs" cat "$store/set" 000000
truncate -s 100 "$chunk"
expect 1 "truncated: found 100 bytes" "$dlfs" verify "$store/set"
expect 1 "truncated: found 100 bytes" "$dlfs" ls "$store/set" --split=train
expect 0 "" "$dlfs" import --format=idx --replace --quiet idx "$store/set"

# Lost metadata.
"$dlfs" ls "$store/set" > before
rm -r store/metadata
expect 1 "dlfs verify --rebuild" "$dlfs" ls "$store/set"
expect 1 "dlfs verify --rebuild" "$dlfs" import --format=idx --replace idx "$store/set"
expect 0 "all good" "$dlfs" verify --rebuild "$store"
"$dlfs" ls "$store/set" | cmp - before || fail "the rebuilt data set is another"
expect 0 "all good" "$dlfs" verify "$store"

# Many readers at once.
pids=()
for _ in 1 2 3 4 5 6; do
  "$dlfs" verify --quiet "$store" 2>> err &
  pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "a reader among readers failed"; done

# No permission.
if [ "$(id -u)" = 0 ]; then
  echo "skipped: no permission (root always has it)"
else
  chmod a-w store store/chunks store/metadata
  expect 0 "all good" "$dlfs" verify "$store"
  expect 1 "ermission denied" "$dlfs" import --format=idx --replace idx "$store/set"
  chmod u+w store store/chunks store/metadata
fi
echo "all good"
