// What the generated bindings use of <stdlib.h>. The memory is that of sluicegate/memory.c.
#pragma once
#include <stddef.h>

void *malloc(size_t size);
void *realloc(void *old, size_t size);
void free(void *pointer);
_Noreturn void abort(void);
