/*
 * The module magic: a macro of C that C++ compiles only with warnings. And what the server calls
 * when it loads the library.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

/* From 18 on pg_get_loaded_modules() shows the name and the version. The makefile takes it from the control file. */
#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "onetrip", .version = ONETRIP_VERSION);
#else
PG_MODULE_MAGIC;
#endif

PGDLLEXPORT void _PG_init(void);

/* round_trip_hooks.cpp */
extern void onetrip_watch_round_trips(void);

void
_PG_init(void)
{
	/* Shared memory and hooks for all sessions are to be had at the server's start alone. */
	if (process_shared_preload_libraries_in_progress)
		onetrip_watch_round_trips();
}
