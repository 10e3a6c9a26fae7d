#!/bin/sh
# Format, layers, static analysis, shell syntax; `make lint` and CI. Prints what is wrong, all of it.
set -u
cd "$(dirname "$0")/.."
bad=0

files=$(git ls-files '*.c' '*.h')
# shellcheck disable=SC2086 # a list of words
if ! clang-format --dry-run --Werror $files; then
    echo "lint: run make format" >&2
    bad=1
fi

scripts/check_layers.sh || bad=1

# Files that are part of the program as bytes: two of them are as telling as all, and as quick.
stand_ins=build/lint/gen
rm -rf "$stand_ins"
for file in $(cd build/gen && find . -name '*.inc'); do
    mkdir -p "$stand_ins/$(dirname "$file")"
    echo "'0', '0'" >"$stand_ins/$file"
done
cp build/gen/*.h "$stand_ins" 2>/dev/null

# shellcheck disable=SC2046
if ! cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr -j 2 \
    --enable=warning,performance,portability --suppressions-list=scripts/cppcheck.txt \
    -I. -I"$stand_ins" -D__x86_64__ -D__GNUC__=12 $(git ls-files 'runtime/*.c' 'profiler/*.c' 'delegates/*.c' 'models/*.c' \
        'reports/*.c' 'bench/*.c'); then
    echo "lint: cppcheck found faults" >&2
    bad=1
fi

for script in $(git ls-files '*.sh' .ci/run); do
    case $(head -n 1 "$script") in
    *bash) shell=bash ;;
    *) shell=sh ;;
    esac
    $shell -n "$script" || bad=1
done

if git ls-files -z '*.[ch]' '*.sh' '*.def' '*.js' '*.mjs' '*.css' '*.md' Makefile | xargs -0 grep -nE '[[:space:]]+$'; then
    echo "lint: white space at the end of a line" >&2
    bad=1
fi

[ $bad = 0 ] && echo "lint: ok"
exit $bad
