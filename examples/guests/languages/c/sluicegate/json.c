// A reader for configurations: as much JSON as they have.
#include <stdlib.h>

#include "sluicegate.h"

static bool wrong(sg_json *json, sg_text why) {
  if (!json->wrong.len) json->wrong = why;
  // Nothing is left to read, so every loop over it ends.
  json->at = json->end;
  return false;
}

static uint8_t peek(sg_json *json) {
  while (json->at < json->end && (*json->at == ' ' || *json->at == '\t' || *json->at == '\r' || *json->at == '\n')) {
    json->at++;
  }
  return json->at < json->end ? *json->at : 0;
}

static bool take(sg_json *json, uint8_t byte) {
  if (peek(json) != byte || !byte) return false;
  json->at++;
  return true;
}

// Four hexadecimal digits, or -1.
static int32_t code_unit(sg_json *json) {
  if (json->end - json->at < 4) return -1;
  int32_t unit = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t digit = *json->at++;
    int32_t value = digit >= '0' && digit <= '9'   ? digit - '0'
                    : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                    : digit >= 'A' && digit <= 'F' ? digit - 'A' + 10
                                                   : -1;
    if (value < 0) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

// The character after "\u", as UTF-8 at `to`; how many bytes, or 0.
static size_t escaped(sg_json *json, uint8_t *to) {
  int32_t point = code_unit(json);
  if (point >= 0xD800 && point < 0xDC00) {
    if (json->end - json->at < 2 || json->at[0] != '\\' || json->at[1] != 'u') return 0;
    json->at += 2;
    int32_t low = code_unit(json);
    if (low < 0xDC00 || low > 0xDFFF) return 0;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  } else if (point < 0 || (point >= 0xDC00 && point <= 0xDFFF)) {
    return 0;
  }
  if (point < 0x80) return to[0] = (uint8_t)point, 1;
  size_t size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (size_t i = size - 1; i > 0; i--, point >>= 6) to[i] = 0x80 | (point & 0x3F);
  static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
  to[0] = lead[size] | (uint8_t)point;
  return size;
}

static bool string(sg_json *json, sg_text *value) {
  if (!take(json, '"')) return wrong(json, SG_TEXT("a text was expected"));
  // An escape is never shorter than what it stands for.
  uint8_t *to = malloc((size_t)(json->end - json->at));
  *value = (sg_text){to, 0};
  while (json->at < json->end) {
    uint8_t byte = *json->at++;
    if (byte == '"') return true;
    if (byte != '\\') {
      value->ptr[value->len++] = byte;
      continue;
    }
    if (json->at == json->end) break;
    uint8_t kind = *json->at++;
    if (kind == 'u') {
      size_t size = escaped(json, value->ptr + value->len);
      if (!size) return wrong(json, SG_TEXT("\\u is followed by no character"));
      value->len += size;
      continue;
    }
    static const char from[] = "\"\\/bfnrt", of[] = "\"\\/\b\f\n\r\t";
    size_t i = 0;
    while (from[i] && from[i] != (char)kind) i++;
    if (!from[i]) return wrong(json, SG_TEXT("an escape that JSON does not have"));
    value->ptr[value->len++] = (uint8_t)of[i];
  }
  return wrong(json, SG_TEXT("a text does not end"));
}

// The next entry of an object or list, which `close` ends.
static bool entry(sg_json *json, uint8_t close) {
  if (take(json, close)) return false;
  if (json->begun && !take(json, ',')) return wrong(json, SG_TEXT("a comma was expected"));
  json->begun = true;
  return json->at < json->end || wrong(json, SG_TEXT("it does not end"));
}

sg_json sg_json_of(sg_text text) {
  sg_json json = {.at = text.ptr, .end = text.ptr + text.len};
  if (!take(&json, '{')) wrong(&json, SG_TEXT("it is no block of keys"));
  return json;
}

bool sg_json_key(sg_json *json, sg_text *key) {
  if (json->wrong.len || !entry(json, '}') || !string(json, key)) return false;
  return take(json, ':') || wrong(json, SG_TEXT("a colon was expected"));
}

bool sg_json_text(sg_json *json, sg_text *value) { return string(json, value); }

bool sg_json_u32(sg_json *json, uint32_t *value) {
  uint64_t number = 0;
  if (peek(json) < '0' || peek(json) > '9') return wrong(json, SG_TEXT("a whole number from 0 was expected"));
  while (json->at < json->end && *json->at >= '0' && *json->at <= '9') {
    number = number * 10 + (*json->at++ - '0');
    if (number > UINT32_MAX) return wrong(json, SG_TEXT("the number is too large"));
  }
  uint8_t after = json->at < json->end ? *json->at : 0;
  if (after == '.' || after == 'e' || after == 'E') return wrong(json, SG_TEXT("a whole number was expected"));
  *value = (uint32_t)number;
  return true;
}

bool sg_json_texts(sg_json *json, transform_list_string_t *value) {
  if (!take(json, '[')) return wrong(json, SG_TEXT("a list was expected"));
  *value = (transform_list_string_t){0};
  size_t room = 0;
  json->begun = false;
  while (entry(json, ']')) {
    if (value->len == room) {
      room = room ? room * 2 : 8;
      sg_text *grown = malloc(room * sizeof *grown);
      for (size_t i = 0; i < value->len; i++) grown[i] = value->ptr[i];
      value->ptr = grown;
    }
    if (!string(json, &value->ptr[value->len])) return false;
    value->len++;
  }
  // The list itself was an entry of what it stands in.
  json->begun = true;
  return !json->wrong.len;
}

bool sg_json_end(sg_json *json) {
  if (!json->wrong.len && peek(json)) wrong(json, SG_TEXT("there is more after its end"));
  return !json->wrong.len;
}
