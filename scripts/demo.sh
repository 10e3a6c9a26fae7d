#!/bin/sh
# The tour that `make demo` gives: models from the zoo, a sweep over threads and delegates, the
# stored results, and a report. Needs nothing but the built program. DEMO_DIR says where things go.
set -eu
program=${1:-build/tflbench}
dir=${DEMO_DIR:-build/demo}

mkdir -p "$dir"
rm -f "$dir"/demo.sqlite "$dir"/demo.sqlite-shm "$dir"/demo.sqlite-wal "$dir"/report.html

echo "demo: models from the zoo, into $dir/models"
"$program" zoo mobilenet_v1 --width 0.25 --resolution 128 -o "$dir/models"
"$program" zoo mobilenet_v2 --width 0.35 --resolution 96 -o "$dir/models"
"$program" zoo resnet8 ds_cnn lstm -o "$dir/models"

# Every delegate that works here, and the portable kernels as the yardstick for right.
delegates=reference,cpu
gpu=$("$program" list delegates | grep '^gpu ')
case $gpu in
"gpu "*" yes "*) delegates=$delegates,gpu ;;
*) echo "demo: without the gpu delegate: $(echo "$gpu" | sed 's/^gpu *no *//')" ;;
esac

echo
echo "demo: threads 1,2 x delegates $delegates"
"$program" run "$dir"/models/*.tflite --threads 1,2 --delegate "$delegates" \
    --min-seconds 0.25 --max-seconds 1.5 --label purpose=demo --delegate-cache "$dir/delegate-cache" \
    --db "$dir/demo.sqlite"

"$program" report --db "$dir/demo.sqlite" -o "$dir/report.html" >/dev/null
echo
echo "Report: $dir/report.html (one file, opens in any browser)"
echo "Data:   $dir/demo.sqlite (SQLite; try: $program show @ --db $dir/demo.sqlite)"
