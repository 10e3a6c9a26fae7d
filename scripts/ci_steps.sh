#!/bin/sh
# The commands of a CI file that `tflbench init --ci` wrote, as one shell script: what a runner would
# do in the container that the file names, but for checking out and keeping artefacts. For trying the
# file where there is no runner:
#
#     scripts/ci_steps.sh .github/workflows/tflbench.yml | GITHUB_BASE_REF=main sh -e
#     scripts/ci_steps.sh .gitlab-ci.yml | CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main sh -e
#
# It knows the part of YAML that these files use: `run:` (a line, or `|` and a block) with the `env:`
# before it; `variables:` and `script:` with a command an item.
set -eu
case $(basename "$1") in
.gitlab-ci.yml) kind=gitlab ;;
*) kind=github ;;
esac
awk -v kind="$kind" '
    function depth(line) { match(line, /^ */); return RLENGTH }
    function text(line) { sub(/^ *(- )?/, "", line); return line }
    # KEY: value, with the expressions of the system as variables of the shell.
    function assign(line,    name, value) {
        name = line; sub(/:.*/, "", name)
        value = line; sub(/^[^:]*: */, "", value)
        gsub(/\$\{\{ *github\.base_ref *\}\}/, "${GITHUB_BASE_REF}", value)
        gsub(/"/, "", value)
        return "export " name "=\"" value "\""
    }
    /^ *#/ || /^ *$/ { next }
    block && depth($0) > at { print block == "env" ? assign(text($0)) : kind == "gitlab" ? text($0) : substr($0, at + 3); next }
    { block = "" }
    kind == "github" && /^ *env: *$/ { block = "env"; at = depth($0); next }
    kind == "github" && /^ *(- )?run: *\| *$/ { block = "run"; at = depth($0); next }
    kind == "github" && /^ *(- )?run: / { sub(/^ *(- )?run: */, ""); print; next }
    kind == "gitlab" && /^ *variables: *$/ { block = "env"; at = depth($0); next }
    kind == "gitlab" && /^ *script: *$/ { block = "run"; at = depth($0); next }
' "$1"
