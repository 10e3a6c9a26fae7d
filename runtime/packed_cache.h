/*
 * Packed weights, shared among the interpreters of one model. Delegates name a block by a key (the
 * tensor's bytes and everything the packing depends on); whoever packs first gives the block to
 * everybody. All functions may be called from any thread.
 */
#ifndef TB_RUNTIME_PACKED_CACHE_H
#define TB_RUNTIME_PACKED_CACHE_H

#include <stddef.h>

#include "runtime/model.h"

typedef struct tb_packed_cache tb_packed_cache;

/* The model's cache, with one more user; NULL without memory. The last user's release destroys all
   blocks; the model outlives every user. */
tb_packed_cache *tb_packed_cache_acquire(tb_model *model);
void tb_packed_cache_release(tb_packed_cache *cache);

/* NULL where nobody published under this key. */
const void *tb_packed_cache_find(tb_packed_cache *cache, const void *key, size_t key_size);

/* Takes the block; returns the one to use, which is an earlier publisher's if there was one (then
   this one is destroyed). NULL without memory: then the block is destroyed too. */
const void *tb_packed_cache_publish_take(tb_packed_cache *cache, const void *key, size_t key_size,
                                         void *block, void (*destroy)(void *block));

#endif
