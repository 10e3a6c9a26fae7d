/* What the builtin operators are called, in the schema and in everything we print. */
#ifndef TB_RUNTIME_BUILTIN_NAMES_H
#define TB_RUNTIME_BUILTIN_NAMES_H

/* "CONV_2D" for kTfLiteBuiltinConv2d; "UNKNOWN" for what is no TfLiteBuiltinOperator. Static. */
const char *tb_builtin_name(int code);

#endif
