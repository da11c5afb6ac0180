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
  cat out err | tr -d '\0' > both # Not into grep, which leaves early.
  [ -z "$text" ] || grep -qF -- "$text" both || fail "no '$text' in the output of: $*"
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
expect 0 "dlfs 0." "$dlfs" --version
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

# What is passed over is told, also to those who want to hear little.
mkdir -p folder/{cat,dog}
python3 - << 'PYTHON'
import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)) + \
      chunk(b"IDAT", zlib.compress(b"\0\1\2" * 2)) + chunk(b"IEND", b"")
for name in ("cat/1.png", "dog/1.png"):
    open("folder/" + name, "wb").write(png)
PYTHON
echo notes > folder/cat/notes.txt
expect 1 "not a JPEG or PNG image (cat/notes.txt); --strict takes this for an error" \
  "$dlfs" import --format=folder --strict folder "$store/pets"
expect 0 "dlfs: passed over: 1 not a JPEG or PNG image (cat/notes.txt)" \
  "$dlfs" import --format=folder --quiet folder "$store/pets"
[ ! -s out ] || fail "--quiet prints more than that"
rm folder/cat/notes.txt
expect 0 "2 classes: cat, dog" "$dlfs" import --format=folder --strict --replace folder "$store/pets"
[ ! -s err ] || fail "something is passed over"

# A picture that lies.
python3 - << 'PYTHON'
import os, struct, zlib
png = open("folder/cat/1.png", "rb").read()
exif = b"eXIf" + b"MM\0*\0\0\0\x08" + struct.pack(">HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
exif = struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", zlib.crc32(exif))
os.makedirs("lying/cat")
open("lying/cat/1.png", "wb").write(png[:33] + exif + png[33:])
PYTHON
expect 0 "dlfs: not upright by their EXIF data, and stored so: 1; --auto-orient turns them" \
  "$dlfs" import --format=folder --quiet lying "$store/lying"
"$dlfs" cat "$store/lying" cat/1.png | cmp - lying/cat/1.png || fail "the file is not as it was"
expect 0 "turned upright: 1, of them JPEG stored as PNG: 0" \
  "$dlfs" import --format=folder --auto-orient --replace lying "$store/lying"
[ ! -s err ] || fail "it still lies"

# Names of classes. A mark of an editor is none of them.
printf '\xef\xbb\xbfdog\r\ncat\r\n' > classes
expect 0 "2 classes: dog, cat" \
  "$dlfs" import --format=folder --replace --classes=classes folder "$store/pets"
printf 'dog\ncat\ndog\n' > classes
expect 1 "found class 'dog' twice" \
  "$dlfs" import --format=folder --replace --classes=classes folder "$store/pets"
mkdir folder/$'caf\xe9'
cp folder/cat/1.png folder/$'caf\xe9'
expect 1 'class '"'"'caf\xe9'"'"': expected a name in UTF-8' \
  "$dlfs" import --format=folder --replace folder "$store/pets"
rm -r folder/$'caf\xe9'

# Nobody writes to these pipes: nothing waits for them.
mkfifo pipe
mkdir pipes
mkfifo pipes/train-images-idx3-ubyte pipes/train-labels-idx1-ubyte
for arguments in "tar pipe" "idx pipes" "idx pipes/train-images-idx3-ubyte" \
  "folder folder --classes=pipe" "tar /dev/zero"; do
  # shellcheck disable=SC2086
  expect 1 "is not a regular file" timeout 20 "$dlfs" import --format=$arguments "$store/piped"
done
expect 0 "" "$dlfs" import --format=folder --quiet folder "$store/piped"
chunk=$(find store/chunks -name '*-train-000000.chunk' | sort | tail -n 1)
mv "$chunk" chunk
mkfifo "$chunk"
expect 1 "is not a regular file" timeout 20 "$dlfs" verify "$store/piped"
rm "$chunk"
mv chunk "$chunk"
mv store/metadata/CURRENT current
mkfifo store/metadata/CURRENT
expect 1 "CURRENT is not a regular file" timeout 20 "$dlfs" ls "$store/piped"
mv current store/metadata/CURRENT
expect 0 "all good" "$dlfs" verify "$store"

# Killed half-way: an import is stopped in the middle.
chunks() { find store/chunks -type f | sort; }
state() { chunks | xargs sha256sum; "$dlfs" ls "$store/set" --format=json; }
state > before
mkdir many
idx many/train 200000
"$dlfs" import --format=idx --replace --chunk-size=4KiB many "$store/set" 2> /dev/null &
import=$!
disown $import # So that the shell does not report that it was killed.
for _ in $(seq 2000); do
  [ "$(chunks | wc -l)" -gt 20 ] && break
  sleep 0.005
done
kill -STOP $import || fail "the import was over before it was stopped"
[ "$(chunks | wc -l)" -gt 20 ] || fail "the import has not written chunks yet"
expect 1 "is being written by another process" \
  "$dlfs" import --format=idx --replace idx "$store/set"
expect 0 "all good" "$dlfs" verify "$store/set" # Readers see what was there before.
kill -KILL $import
while kill -0 $import 2> /dev/null; do sleep 0.01; done
expect 0 "all good" "$dlfs" verify "$store/set"
"$dlfs" ls "$store/set" --format=json | cmp - <(sed -n '/^\[/,$p' before) ||
  fail "a killed import has changed the data set"
# The next import clears the debris away.
expect 0 "" "$dlfs" import --format=idx --quiet idx "$store/other"
grep -o '[^ ]*\.chunk' before > known
newest=$(chunks | tail -n 1 | sed 's/.*\///; s/-.*//') # That of the other data set.
chunks | grep -v "$newest-" | cmp - known ||
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
chunk=$(find store/chunks -name '*-test-000000.chunk' | sort | tail -n 1)
printf '\x01' | dd of="$chunk" bs=1 seek=$(($(stat -c %s "$chunk") - 1)) conv=notrunc status=none
name=$(basename "$chunk" .chunk)
expect 1 "chunk $name: checksum mismatch in '000499', bytes $(($(stat -c %s "$chunk") - 256)) to" \
  "$dlfs" verify "$store/set"
expect 1 "checksum mismatch in '000499'" "$dlfs" cat "$store/set" 000499 --split=test
expect 0 "" "$dlfs" cat "$store/set" 000000 --split=test
truncate -s 100 "$chunk"
expect 1 "truncated: found 100 bytes" "$dlfs" verify "$store/set"
expect 1 "truncated: found 100 bytes" "$dlfs" ls "$store/set" --split=test
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
