/*
 * Labelled data: what there is to feed a model with, and what should come out.
 *
 * A data set is a folder. Its items are, whichever is found first:
 *
 *   packed     one file NAME_<N>x<d0>x...x<type>.bin, type u8, i8, i16 or f32 (e.g.
 *              images_200x32x32x3_u8.bin): N items of shape d0 x ..., little-endian, row-major
 *   listed     the files that a list names (below)
 *   classes    subfolders with pictures or sounds: one a class, in the order of their names
 *   flat       pictures and sounds whose name starts with a class's name (needs class names)
 *
 * Labels come from labels_<N>_u8.bin (packed), or a list: y_labels.csv or labels.csv, a line an item:
 * "file,label", or "file,classes,label[,window bytes,stride bytes]" as MLPerf Tiny has it; for
 * regression "file,value,value,...". Class names stand in classes.txt or labels.txt, a line each.
 * Detection takes its items and boxes from a COCO file (annotations.json or instances*.json);
 * segmentation has pairs NAME.ext and NAME_mask.png|bmp.
 *
 * Listing reads no item: a file that is missing or broken is that item's error, when it is read.
 */
#ifndef TB_BENCH_DATASET_H
#define TB_BENCH_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "bench/engine.h"
#include "runtime/base/arena.h"
#include "runtime/base/os.h"

/* What the truth of an item is. */
typedef enum tb_truth_kind {
    TB_TRUTH_CLASS,  /* `label` */
    TB_TRUTH_VALUES, /* `values` */
    TB_TRUTH_BOXES,  /* `boxes` */
    TB_TRUTH_MASK    /* a picture: tb_dataset_mask */
} tb_truth_kind;

/* A box in pixels of the picture, as COCO has it. */
typedef struct tb_truth_box {
    int64_t category;
    double x, y, width, height; /* x, y: the upper left corner */
    double area;
    int crowd; /* 1: a group of objects */
} tb_truth_box;

typedef struct tb_dataset_entry {
    const char *name; /* of the file in the folder, or "NAME #k" of a packed one */
    const char *file; /* path; NULL: packed */
    const char *mask; /* path; or NULL */
    int64_t label;
    size_t window_bytes, stride_bytes; /* 0: not said */
    const double *values;
    int value_count;
    const tb_truth_box *boxes;
    int box_count;
    double width, height; /* of the picture by the annotations; 0: not said */
} tb_dataset_entry;

typedef struct tb_dataset {
    tb_arena arena;
    const char *folder;
    tb_dataset_entry *entries;
    int count;
    const char **classes; /* names; or NULL */
    int class_count;
    tb_mapping packed;
    TfLiteType packed_type;
    int packed_rank; /* of one item */
    int packed_dims[TB_MAX_RANK];
    size_t packed_bytes; /* of one item */
} tb_dataset;

typedef struct tb_dataset_options {
    tb_truth_kind truth;
    const char *labels;         /* --labels FILE: instead of the names above; NULL: by name */
    const char *const *classes; /* --classes; may be empty */
    int class_count;
    /* Names that the model brings: of folders where nothing else names classes, and every folder has
       one of these names. */
    const char *const *model_classes;
    int model_class_count;
} tb_dataset_options;

tb_status tb_dataset_open(const char *folder, const tb_dataset_options *options, tb_error *err,
                          tb_dataset *out);
void tb_dataset_close(tb_dataset *dataset); /* also after a failed open, or zero-initialised */

/* An item as stored: a picture's pixels [h, w, c] (u8), a sound [n] (f32), raw values. */
typedef struct tb_dataset_item {
    TfLiteType type;
    int rank;
    int dims[TB_MAX_RANK];
    const void *data;
    size_t bytes;
    bool is_picture; /* [h, w, 1|3] of u8 */
    int rate_hz;     /* of a sound; else 0 */
    void *owned;     /* what tb_dataset_item_free gives back */
} tb_dataset_item;

/* A raw file (.bin) is read as `raw_type`. */
tb_status tb_dataset_read(const tb_dataset *dataset, int k, TfLiteType raw_type, tb_error *err,
                          tb_dataset_item *out);
void tb_dataset_item_free(tb_dataset_item *item);

/* The mask of an item as class numbers, [h, w] of u8; free() *out. */
tb_status tb_dataset_mask(const tb_dataset *dataset, int k, tb_error *err, int *width, int *height,
                          uint8_t **out);

#endif
