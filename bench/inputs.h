/*
 * Filling a session's inputs: from files, or at random from a seed.
 *
 * Random values depend on the seed, the input's position and its type alone, so that every engine,
 * delegate and machine sees the same: floats uniform in [-1, 1); int8, uint8, int16 and uint16
 * their whole range; wider integers and booleans 0 or 1, since they are mostly indices, lengths and
 * masks and anything else may be out of range; strings one word.
 */
#ifndef TB_BENCH_INPUTS_H
#define TB_BENCH_INPUTS_H

#include "bench/engine.h"
#include "bench/job.h"

/* Before allocate: "NAME_OR_INDEX:1,224,224,3" resizes that input. */
tb_status tb_inputs_resize(const tb_engine *engine, tb_session *session, tb_text_list shapes,
                           tb_error *err);

/* After allocate. A type of which no values can be made, or a file of the wrong size, is an error
   that names the input. */
tb_status tb_inputs_fill(const tb_engine *engine, tb_session *session, tb_text_list files,
                         uint64_t seed, tb_error *err);

/* The same, but quantised 8- and 16-bit inputs get the values that a float input would get, by their
   scale: random ones, or those of a file of float32. So a float model and its quantised twin see the
   same. */
tb_status tb_inputs_fill_real(const tb_engine *engine, tb_session *session, tb_text_list files,
                              uint64_t seed, tb_error *err);

#endif
