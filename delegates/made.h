/*
 * What belongs to a delegate beside the delegate: its struct is its maker's, so
 * the rest is kept here under the delegate's address. Safe from any thread.
 */
#ifndef TB_DELEGATES_MADE_H
#define TB_DELEGATES_MADE_H

#include <stdbool.h>

#include "runtime/tflite_abi/common.h"

/* Keeps `record`, which stays the caller's; false without memory. */
bool tb_made_put(const TfLiteDelegate *delegate, void *record);
/* The record, or NULL for a delegate that was not put. */
void *tb_made_find(const TfLiteDelegate *delegate);
/* The same, and forgets it. */
void *tb_made_take(const TfLiteDelegate *delegate);

#endif
