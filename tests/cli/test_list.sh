#!/bin/sh
# `tflbench list` on the real binary.
. "$(dirname "$0")/lib.sh"

run "$TFLBENCH" list delegates ops engines models
ok "all four lists" is "$code" 0
ok "the yardstick is among the delegates" says "$out" reference
ok "our engine" says "$out" native
ok "operators stand beside TFLite's versions" says "$out" "in TFLite"
ok "none of TFLite's operators is missing" says "$out" " 0 missing; "
ok "what is different has its reason" says "$out" "; 0 differences without a reason"
ok "zoo models" says "$out" mobilenet_v1
run "$TFLBENCH" list ops --json
ok "JSON names its schema" says "$out" '"schema":"tflbench.list","version":1'
run "$TFLBENCH" list delegates --verbose
ok "what the gpu delegate takes, by type" says "$out" "  CUMSUM "
run "$TFLBENCH" list operators
ok "an unknown list is a mistake of the caller" is "$code" 2
run "$TFLBENCH" list
ok "so is none" is "$code" 2

finish
