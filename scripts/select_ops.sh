#!/bin/sh
# select_ops.sh OPS OUT: from a list that `tflbench ops` wrote, the rows of ops.def, op_params.def and
# schema_options.def that a runtime for those models needs, and the macros that leave out data types. OUT goes in front
# of the include path. Runs in the repository's root.
set -eu
ops=$1 out=$2
mkdir -p "$out/runtime"

# put FILE: standard input, unless the file has it already (its time stamp counts).
put() {
    cat >"$1.new"
    if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi
}

# rows MACRO DEF: the file without the rows `MACRO(Name, ...)` of operators that are not listed.
# Names compare without case and underscores: CONV_2D is Conv2d. Custom operators are listed as
# custom:NAME and are rows TB_CUSTOM_OP("NAME", ...).
rows() {
    awk -v macro="$1" -v custom=TB_CUSTOM_OP '
        function plain(name) { name = tolower(name); gsub(/_/, "", name); return name }
        FNR == NR {
            if ($1 == "op" && $2 ~ /^custom:/) wanted[substr($2, 8)] = 1
            else if ($1 == "op") wanted[plain($2)] = 1
            next
        }
        index($0, custom "(\"") == 1 {
            split($0, part, "\"")
            if (part[2] in wanted) print
            next
        }
        index($0, macro "(") == 1 {
            name = substr($0, length(macro) + 2)
            sub(/,.*/, "", name)
            if (plain(name) in wanted) print
            next
        }
        { print }' "$ops" "$2"
}

rows TB_OP runtime/ops.def | put "$out/runtime/ops.def"
rows TB_OP_PARAMS runtime/op_params.def | put "$out/runtime/op_params.def"

# Options of the other operators are not looked into: TB_SKIPPED_MEMBER. Those that name a subgraph
# are, since models are checked for calls before their operators are looked up.
awk '
    FNR == 1 { file++ }
    file == 1 && /^TB_OP_PARAMS\(/ {
        table = $2
        sub(/\).*/, "", table)
        wanted[table] = 1
    }
    file == 2 && /^TB_(SCALAR|LIST)\([a-z0-9_]+, [a-z_]*subgraph/ {
        table = $1
        sub(/^TB_[A-Z]+\(/, "", table)
        sub(/,.*/, "", table)
        wanted[table] = 1
    }
    file == 3 && /^TB_MEMBER\(builtin_options/ {
        table = $3
        sub(/,.*/, "", table)
        if (!(table in wanted)) sub(/^TB_MEMBER/, "TB_SKIPPED_MEMBER")
    }
    file == 3' \
    "$out/runtime/op_params.def" runtime/schema_options.def runtime/schema_options.def |
    put "$out/runtime/schema_options.def"

# Every type of typed.h is kept or left out.
awk '
    FNR == NR { if ($1 == "type") wanted[tolower($2)] = 1; next }
    /^#define TB_TYPED_[A-Z]/ {
        name = $2
        sub(/^TB_TYPED_/, "", name)
        sub(/\(.*/, "", name)
        kept = tolower(name) in wanted
        printf "#define TB_TYPED_%s(...) %s\n", name, kept ? "(__VA_ARGS__)" : "NULL"
        if (kept) bits = bits " | (1u << kTfLite" name ")"
    }
    END { printf "#define TB_SELECTED_TYPE_BITS (0u%s)\n", bits }' \
    "$ops" runtime/typed.h | put "$out/selected_types.h"
