/*
 * The module magic: a macro of C that C++ compiles only with warnings.
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;
