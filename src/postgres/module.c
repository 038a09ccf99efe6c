/*
 * The module magic: a macro of C that C++ compiles only with warnings. And what the server calls
 * when it loads the library.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"

PG_MODULE_MAGIC;

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
