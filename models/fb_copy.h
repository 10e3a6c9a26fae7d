/*
 * Copies FlatBuffer tables into a new file, led by the description that the verifier walks by
 * (runtime/flatbuffer.h), with the chance to put something else in the place of a field.
 *
 * What the description does not know is left out. Vectors of scalars get the alignment that the
 * .tflite schema wants: blobs and bytes 16, the others 8 at most. A table that is reached twice is
 * written twice; the verifier has bounded how often that may be.
 */
#ifndef TB_MODELS_FB_COPY_H
#define TB_MODELS_FB_COPY_H

#include <stdbool.h>

#include "models/fb_builder.h"
#include "runtime/flatbuffer.h"

/* What stands in the place of a field. */
typedef struct tb_fbb_instead {
    bool is_scalar;
    uint64_t value; /* of a scalar, as its kind is stored */
    tb_fbb_ref ref; /* of anything else; TB_FBB_NONE leaves the field out */
} tb_fbb_instead;

/*
 * Asked for every described field of every table, also for absent ones; true where *instead is to
 * be used. It may write to `fb`, where no table is open then.
 */
typedef bool (*tb_fbb_replace_fn)(void *context, tb_fbb *fb, tb_fb_table table,
                                  const tb_fb_table_def *def, const tb_fb_field_def *field,
                                  tb_fbb_instead *instead);

/* A verified table and all below it. `replace` may be NULL. Failures are kept in `fb`. */
tb_fbb_ref tb_fbb_copy_table(tb_fbb *fb, tb_fb_table table, const tb_fb_table_def *def,
                             tb_fbb_replace_fn replace, void *context);

#endif
