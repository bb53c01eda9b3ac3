// Memory without a libc: an arena, and what the compiler expects of <string.h>.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sluicegate.h"

enum { PAGE = 65536, ALIGNMENT = 8 };

// Where the linker's own data ends.
extern uint8_t __heap_base;

static uint8_t *base = &__heap_base, *next = &__heap_base;

static uint8_t *end(void) { return (uint8_t *)(__builtin_wasm_memory_size(0) * PAGE); }

void *malloc(size_t size) {
  uint8_t *start = (uint8_t *)(((uintptr_t)next + ALIGNMENT - 1) & -(uintptr_t)ALIGNMENT);
  // The linker's last page may be taken whole, so what is left is counted rather than the end of what is wanted.
  size_t left = (size_t)(end() - start);
  if (start > end() || left < size) {
    size_t pages = (size - (start > end() ? 0 : left)) / PAGE + 1;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) abort();
  }
  next = start + size;
  return start;
}

// Only the host calls it, for new memory: see cabi_realloc in the bindings.
void *realloc(void *old, size_t size) {
  if (old) abort();
  return malloc(size);
}

void free(void *pointer) { (void)pointer; }

// The host says what ended the guest: the limit of memory, where that was it.
void abort(void) { __builtin_trap(); }

void sg_memory_keep(void) { base = next; }

void sg_memory_reset(void) { next = base; }

// With bulk memory operations these are an instruction each.
void *memcpy(void *restrict to, const void *restrict from, size_t count) { return __builtin_memcpy(to, from, count); }
void *memmove(void *to, const void *from, size_t count) { return __builtin_memmove(to, from, count); }
void *memset(void *to, int byte, size_t count) { return __builtin_memset(to, byte, count); }

int memcmp(const void *a, const void *b, size_t count) {
  const uint8_t *left = a, *right = b;
  for (; count; count--, left++, right++) {
    if (*left != *right) return *left - *right;
  }
  return 0;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}
