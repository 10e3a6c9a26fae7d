#!/bin/sh
# What goes wrong: each is one clear line, the right exit code, and the rest still runs.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
models

short="-d reference --max-seconds 0.4 --min-seconds 0.05 --warmup-seconds 0.01 --min-runs 5 --no-profile --db $db"

# measure MODEL...: runs the good model beside the bad ones.
measure() {
    rm -f "$db" "$db-wal" "$db-shm"
    # shellcheck disable=SC2086 # words
    run "$TFLBENCH" run "$model" $short "$@"
}

# suffers STATUS TEXT: one process ended so, for that reason; the good model was measured.
suffers() {
    ok "$what: exit code 5" is "$code" 5
    ok "$what: status $1" is "$(sql "SELECT count(*) FROM process WHERE status = '$1'")" 1
    ok "$what: the reason says '$2'" sh -c "sqlite3 '$db' \"SELECT reason FROM process WHERE status != 'ok'\" | grep -qF -- '$2'"
    ok "$what: the reason is told" says "$err" "$2"
    ok "$what: the rest was measured" is "$(sql "SELECT count(*) FROM process WHERE status = 'ok'")" 1
}

what="a missing model"
measure "$dir/absent.tflite"
suffers failed "absent.tflite: No such file"

what="an empty model"
: >"$dir/empty.tflite"
measure "$dir/empty.tflite"
suffers failed "empty.tflite"

what="a truncated model"
head -c 700 "$model" >"$dir/cut.tflite"
measure "$dir/cut.tflite"
suffers failed "cut.tflite"

what="a file that is no model"
head -c 4000 /dev/zero >"$dir/zeros.tflite"
measure "$dir/zeros.tflite"
suffers failed "zeros.tflite"

what="a folder"
mkdir "$dir/folder.tflite"
measure "$dir/folder.tflite"
suffers failed "is a directory"

what="an impossible shape"
measure "$model2" --input-shape 0:1,-3
ok "$what: exit code 5" is "$code" 5
ok "$what: both configurations say why" is "$(sql "SELECT count(*) FROM process WHERE reason LIKE '%shape%'")" 2

what="inputs of the wrong size"
printf 'abc' >"$dir/input.bin"
measure --input "$dir/input.bin"
ok "$what: exit code 5" is "$code" 5
ok "$what: the reason has both sizes" says "$err" "3 bytes"

what="a memory limit"
measure --memory-limit 16
ok "$what: exit code 5" is "$code" 5
ok "$what: status out_of_memory" is "$(sql "SELECT status FROM process")" out_of_memory

# Faults in one of two thread counts.
faulty() {
    rm -f "$db" "$db-wal" "$db-shm"
    # shellcheck disable=SC2086
    TFLBENCH_TEST_FAULT=$1 run "$TFLBENCH" run "$model" $short -t 1,2 --timeout 1
}

what="a crash"
faulty crash:3:threads=2
suffers crashed "signal 11"
ok "$what: the signal is stored" is "$(sql "SELECT signal FROM process WHERE status = 'crashed'")" 11
ok "$what: the phase is stored" is "$(sql "SELECT failed_phase FROM process WHERE status = 'crashed'")" steady

what="a kill"
faulty kill:3:threads=2
suffers crashed "signal 9"

what="a hang"
faulty hang:3:threads=2
suffers timed_out "no sign of life for 1 s"

what="an endless computation"
faulty spin:3:threads=2
suffers timed_out "no sign of life for 1 s"

what="a silent end"
faulty exit:3:threads=2
suffers crashed "without a word"

what="no memory"
faulty oom:3:threads=2
suffers out_of_memory "out of memory"

what="a database in a folder that is not there"
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --db "$dir/no/such/x.sqlite"
ok "$what: exit code 6" is "$code" 6
ok "$what: one line" one_line "$err"

what="a file that is no database"
echo "this is text, and long enough to be looked at as a database file" >"$dir/text.sqlite"
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --db "$dir/text.sqlite"
ok "$what: exit code 6" is "$code" 6
ok "$what: it is left alone" says "$dir/text.sqlite" "this is text"

what="a database of a newer version"
measure
cp "$db" "$dir/new.sqlite"
sqlite3 "$dir/new.sqlite" 'PRAGMA user_version = 9999'
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $short --db "$dir/new.sqlite"
ok "$what: exit code 6" is "$code" 6
ok "$what: one line names the version" says "$err" 9999
run "$TFLBENCH" ls --db "$dir/new.sqlite"
ok "$what: ls refuses too" is "$code" 6

# A read-only mount stops root as well; without the right to mount, a file without permission does.
what="a read-only database"
mkdir "$dir/ro"
if [ "$(id -u)" = 0 ]; then
    mount -t tmpfs tmpfs "$dir/ro" 2>/dev/null && cp "$db" "$dir/ro/x.sqlite" &&
        mount -o remount,ro "$dir/ro"
else
    cp "$db" "$dir/ro/x.sqlite"
    chmod a-w "$dir/ro/x.sqlite" "$dir/ro"
fi
if [ -e "$dir/ro/x.sqlite" ]; then
    # shellcheck disable=SC2086
    run "$TFLBENCH" run "$model" $short --db "$dir/ro/x.sqlite"
    ok "$what: exit code 6" is "$code" 6
    ok "$what: one line" one_line "$err"
    run "$TFLBENCH" ls --db "$dir/ro/x.sqlite"
    ok "$what: ls reads it" is "$code" 0
    umount "$dir/ro" 2>/dev/null
else
    echo "# root without the right to mount: a read-only database is not tried"
fi

what="a full disk"
if mkdir "$dir/small" && mount -t tmpfs -o size=256k tmpfs "$dir/small" 2>/dev/null; then
    # shellcheck disable=SC2086
    run "$TFLBENCH" run "$model" "$model2" $short -t 1,2,3,4 --processes 20 --min-runs 2000 --db "$dir/small/x.sqlite"
    umount "$dir/small"
    ok "$what: exit code 6" is "$code" 6
    ok "$what: it is told" says "$err" "full"
else
    echo "# no tmpfs can be mounted here: a full disk is not tried"
fi

run "$TFLBENCH" show --db "$dir/absent.sqlite"
ok "show without a database: exit code 6" is "$code" 6
ok "show without a database makes none" test ! -e "$dir/absent.sqlite"

finish
