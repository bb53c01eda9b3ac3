// What a guest in C stands on, beside the bindings that are generated from transform.wit (transform.h): memory, text,
// failures, the configuration, text columns. No libc, and no WASI.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "transform.h"

// Memory
//
// One arena. `malloc` takes from its end, `free` does nothing, and `sg_memory_reset` takes everything back that was not
// kept: at the start of each batch. So nothing leaks, nothing is freed twice, and an allocation costs an addition.

// What was allocated so far stays: called at the end of `init`.
void sg_memory_keep(void);
// Gives back what was allocated since.
void sg_memory_reset(void);

// Text: UTF-8, not ended by a zero.

typedef transform_string_t sg_text;

// A text from a literal.
#define SG_TEXT(literal) ((sg_text){(uint8_t *)(literal), sizeof(literal) - 1})
// One text of several, the last of which is followed by SG_END.
#define SG_END ((sg_text){0, 0})
#define SG_JOIN(...) sg_join((const sg_text[]){__VA_ARGS__, SG_END})
sg_text sg_join(const sg_text *parts);

bool sg_equal(sg_text a, sg_text b);
// Characters are Unicode scalar values.
uint32_t sg_characters(sg_text text);
// Whether a byte begins a character: those that go on with one are 10xxxxxx.
static inline bool sg_begins(uint8_t byte) { return (byte & 0xC0) != 0x80; }

// Failures

typedef sluicegate_transform_types_failure_t sg_failure;

// The configuration or the table cannot be handled: the pipeline stops, and a person reads the message.
sg_failure sg_stop(sg_text message);
// Adds a property for programs to read: "code", "column".
void sg_property(sg_failure *failure, sg_text name, sg_text value);

// The configuration, which is JSON: read in the order in which it comes, without a tree.
//
//     sg_json json = sg_json_of(text);
//     sg_text key;
//     while (sg_json_key(&json, &key)) { if (sg_equal(key, SG_TEXT("keep"))) sg_json_u32(&json, &keep); ... }
//     if (!sg_json_end(&json)) ...

typedef struct {
  const uint8_t *at, *end;
  // The first thing that was wrong; empty while all is well. Once it is set every call answers false.
  sg_text wrong;
  // Whether a key or an item was read from the object or list that is open: a comma has to follow.
  bool begun;
} sg_json;

sg_json sg_json_of(sg_text text);
// The next key of the one object that the text is; false at its end. Its value has to be read next.
bool sg_json_key(sg_json *json, sg_text *key);
bool sg_json_text(sg_json *json, sg_text *value);
bool sg_json_u32(sg_json *json, uint32_t *value);
bool sg_json_texts(sg_json *json, transform_list_string_t *value);
// Whether all of it was read, and nothing was wrong.
bool sg_json_end(sg_json *json);

// Text columns

typedef sluicegate_transform_columns_own_column_t sg_column;
typedef sluicegate_transform_columns_borrow_column_t sg_column_ref;

// All cells of a text column, one behind the other in `data`: cell n is from offsets[n] to offsets[n + 1].
typedef struct {
  uint32_t rows;
  const uint32_t *offsets;
  const uint8_t *data;
  // A bit a cell, 0 = null. None: no cell is null. A missing cell is null too.
  transform_option_list_u8_t validity;
} sg_texts;

// Reads a text column. False, and a failure that says what it is instead, for another type.
bool sg_texts_read(sg_column_ref column, sg_texts *texts, sg_failure *failure);
// Makes a column of as many cells as `from` has, null where `from` is null.
bool sg_texts_column(const sg_texts *from, uint32_t *offsets, uint8_t *data, sg_column *column, sg_failure *failure);
