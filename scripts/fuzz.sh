#!/bin/bash
# Runs fuzz targets one after the other:  fuzz.sh SECONDS TARGET…
#
# A target starts from its regression corpus, tests/fuzz/corpus/NAME, and from seeds that are made
# here: the miniatures of the zoo and every operator's conformance cases, or these cases' texts, or
# a suite of some of them. What it learns stays in build/fuzz/NAME/corpus, what it breaks on goes to
# build/fuzz/NAME/found. FUZZ_FLAGS are more of libFuzzer's.
set -eu
seconds=$1
shift
work=build/fuzz
cases=tests/conformance/open.tar.zst

unpack() { # FOLDER NAME: the cases' files of that name
    zstd -qdc "$cases" | tar -C "$1" --wildcards -xf - "*/$2"
}

make_seeds() { # NAME FOLDER
    case $1 in
    model | flatbuffer)
        unpack "$2" model.tflite
        cp tests/data/zoo/*.tflite "$2"
        ;;
    case_json)
        unpack "$2" case.json
        ;;
    archive)
        local some
        some=$(mktemp -d)
        zstd -qdc "$cases" | tar -C "$some" --wildcards -xf - '*/ABS/*'
        tar -C "$some" -cf "$2/plain.tar" .
        zstd -q "$2/plain.tar" -o "$2/packed.tar.zst"
        rm -r "$some"
        ;;
    esac
}

bad=0
for target in "$@"; do
    file=${target##*/}
    name=${file#fuzz_}
    corpus=$work/$name/corpus found=$work/$name/found seeds=$work/$name/seeds
    if [ ! -e "$seeds" ]; then
        rm -rf "$seeds.new" && mkdir -p "$seeds.new"
        make_seeds "$name" "$seeds.new"
        mv "$seeds.new" "$seeds"
    fi
    mkdir -p "$corpus" "$found"
    echo "-- $name, $seconds s"
    # shellcheck disable=SC2086
    "$target" -max_total_time="$seconds" -timeout=30 -max_len=65536 -print_final_stats=1 \
        -verbosity=0 -artifact_prefix="$found/" ${FUZZ_FLAGS:-} "$corpus" "$seeds" \
        "tests/fuzz/corpus/$name" || bad=1
done
exit $bad
