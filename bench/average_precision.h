/*
 * Mean average precision of detections as COCO defines it (cocodataset.org/#detection-eval): per
 * category and IoU threshold (.50 to .95 in steps of .05) detections are matched greedily by falling
 * score, at most 100 a picture and category; precision is interpolated at 101 recalls and averaged.
 *
 * A detection that matches a crowd (overlap over its own area), or a box of another size class, or
 * nothing while itself of another size class, counts neither way. Equal scores keep the order of
 * pictures, and within one that of the model's output.
 */
#ifndef TB_BENCH_AVERAGE_PRECISION_H
#define TB_BENCH_AVERAGE_PRECISION_H

#include <stddef.h>
#include <stdint.h>

#include "bench/dataset.h"
#include "runtime/base/status.h"

typedef struct tb_detection {
    int64_t category;
    double score;
    double x, y, width, height; /* as tb_truth_box */
} tb_detection;

typedef struct tb_detected_picture {
    const tb_detection *detections;
    int detection_count;
    const tb_truth_box *truth;
    int truth_count;
} tb_detected_picture;

/* Intersection over union; over the detection's own area where the truth is a crowd. */
double tb_box_overlap(const tb_detection *detection, const tb_truth_box *truth);

typedef struct tb_average_precision {
    double map;                  /* over all thresholds and categories; NaN: no truth at all */
    double map_50, map_75;       /* at one threshold */
    double small, medium, large; /* truth up to 32 x 32, 96 x 96, larger; NaN: none of the size */
} tb_average_precision;

/* `index` picks pictures, with repetition, for resampling; NULL: each once. */
tb_status tb_average_precision_compute(const tb_detected_picture *pictures, const size_t *index,
                                       size_t count, tb_error *err, tb_average_precision *out);

#endif
