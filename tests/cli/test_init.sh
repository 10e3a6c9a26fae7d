#!/bin/sh
# What init writes runs as it stands: a green gate, and a red one that names the op. Databases that
# become one; baselines; processors; inputs by name.
# shellcheck source=tests/cli/lib.sh
. "$(dirname "$0")/lib.sh"
need sqlite3
need git
models
mkdir "$dir/work"
cd "$dir/work" || exit 1

run "$TFLBENCH" init --ci github
ok "init succeeds" is "$code" 0
for file in tflbench.json ci/tflbench-gate.sh .github/workflows/tflbench.yml; do
    ok "init writes $file" test -s "$file"
done
run "$TFLBENCH" init
ok "init replaces nothing" is "$code" 6
run "$TFLBENCH" init --ci gitlab --force
ok "init --force" is "$code" 0
ok "init writes .gitlab-ci.yml" test -s .gitlab-ci.yml
ok "the script is sound" sh -n ci/tflbench-gate.sh
run "$TFLBENCH" init --ci jenkins
ok "an unknown system is usage" is "$code" 2

# A project whose build makes a program; one commit plants a slow convolution.
cat >build.sh <<END
mkdir -p build
printf '#!/bin/sh\nexec "$TFLBENCH" "\$@"\n' >build/tflbench
chmod +x build/tflbench
END
echo build >.gitignore
mkdir models
cp "$model" models/net.tflite
git init -q .
git config user.email a@b
git config user.name a
git add -A
git commit -qm base
git commit -qm "head, the same" --allow-empty
export BASE=HEAD~1 BUILD="sh build.sh" OPTIONS="-d reference --min-seconds 0.02 --warmup-seconds 0.01"
run env GITHUB_STEP_SUMMARY="$dir/green.md" GITHUB_ACTIONS=true ci/tflbench-gate.sh
ok "the gate script is green" is "$code" 0
ok "and says so in the summary" says "$dir/green.md" passed
# Only its workers: this program is also the driver, whose environment both sides inherit.
sed -i 's/exec/[ "$1" = worker ] \&\& export TFLBENCH_TEST_SLOW=1:200000; exec/' build.sh
git commit -qam "slower"
run env GITHUB_STEP_SUMMARY="$dir/red.md" GITHUB_ACTIONS=true ci/tflbench-gate.sh
ok "a planted regression is red" is "$code" 1
ok "the summary names the op" grep -q 'of it in .* .#1' "$dir/red.md"
ok "an annotation names it" says "$out" "::error title=tflbench gate: worse::"
ok "JUnit has it" says tflbench-gate.xml "<failure"
ok "nothing is left behind" is "$(git worktree list | wc -l)" 1

# ---- databases
quick="--max-seconds 0.3 --min-seconds 0.05 --warmup-seconds 0.01 --min-runs 5 -q"
for job in one two; do
    # shellcheck disable=SC2086 # words
    "$TFLBENCH" run "$model" $quick --db "$dir/$job.sqlite" --label job=$job >/dev/null
done
run "$TFLBENCH" merge --db "$db" "$dir/one.sqlite" "$dir/two.sqlite"
ok "merge succeeds" is "$code" 0
ok "merge brings both runs" is "$(sql 'SELECT count(*) FROM run')" 2
ok "and every sample" is "$(sql 'SELECT count(*) FROM sample')" \
    "$(($(sqlite3 "$dir/one.sqlite" 'SELECT count(*) FROM sample') + $(sqlite3 "$dir/two.sqlite" 'SELECT count(*) FROM sample')))"
ok "one device, one model" is "$(sql 'SELECT (SELECT count(*) FROM device) + (SELECT count(*) FROM model)')" 2
ok "the file is sound" is "$(sql 'PRAGMA integrity_check')$(sql 'PRAGMA foreign_key_check')" ok
run "$TFLBENCH" merge --db "$db" "$dir/one.sqlite"
ok "what is there already stays out" is "$(sql 'SELECT count(*) FROM run')" 2
run "$TFLBENCH" compare label:job=one label:job=two --db "$db"
ok "merged runs are compared" is "$code" 0
run "$TFLBENCH" merge --db "$db" "$dir/none.sqlite"
ok "a file that is not there" is "$code" 6

run "$TFLBENCH" baseline main @1 --db "$db"
ok "baseline names a run" is "$code" 0
run "$TFLBENCH" baseline main --db "$db"
run "$TFLBENCH" baseline --db "$db"
ok "baseline moves" says "$out" "@2"
ok "and leaves the other" says_not "$out" "@1"
run "$TFLBENCH" compare @1 label:baseline=main --db "$db"
ok "a baseline is compared by its label" is "$code" 0
run "$TFLBENCH" baseline main --remove --db "$db"
ok "baseline --remove" is "$code" 0
run "$TFLBENCH" baseline main --remove --db "$db"
ok "removing what is not there" is "$code" 6
run "$TFLBENCH" history --db "$db"
ok "history has the series" says "$out" "2 runs"

# ---- processors and inputs
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $quick --cores 0 --db "$db"
ok "--cores" is "$code" 0
ok "--cores is stored" is "$(sql "SELECT cpu_affinity FROM environment ORDER BY id DESC LIMIT 1")" 0
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $quick --cpus 0x1 --db "$db"
ok "--cpus" is "$code" 0
for bad in "cores x" "cores 3-1" "cpus zz" "cpus 0"; do
    # shellcheck disable=SC2086
    run "$TFLBENCH" run "$model" --$bad --db "$db"
    ok "--$bad is usage" is "$code" 2
done
head -c 480 /dev/zero >zeros # the input of $model: float32 [1,12,10,1]
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $quick --input spectrogram=zeros --db "$db"
ok "--input by name" is "$code" 0
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $quick --input nothing=zeros --db "$db"
ok "an input of no such name fails" is "$code" 5
ok "an input of no such name is said" says "$err" "names of inputs"
# shellcheck disable=SC2086
run "$TFLBENCH" run "$model" $quick --input-shape spectrogram=1,12,10,1 --db "$db"
ok "--input-shape NAME=SHAPE" is "$code" 0
finish
