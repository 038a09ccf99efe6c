/* malloc_in_use(): the bytes that the backend has from malloc, those of the server's memory contexts among them. What it has
 * given back goes back to the system, so that the process's private memory says what is in use, too. */
#include "postgres.h"

#include "fmgr.h"

#include <malloc.h>

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(malloc_in_use);

Datum
malloc_in_use(PG_FUNCTION_ARGS)
{
	struct mallinfo2 info;

	malloc_trim(0);
	info = mallinfo2();
	PG_RETURN_INT64(info.uordblks + info.hblkhd);
}
