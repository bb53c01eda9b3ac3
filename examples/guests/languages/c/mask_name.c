// A guest in C: masks names, so that `Alexandra` becomes `A********`.
//
// It reads the text of a column and makes a new column of it; every other column stays in the host.
#include <stdlib.h>

#include "sluicegate/sluicegate.h"

// The `with:` block of the step.
static struct {
  // Columns to mask. Rows that lack one are left as they are.
  transform_list_string_t columns;
  // Characters that stay.
  uint32_t keep;
  // The character that takes the place of each other one.
  sg_text with;
} config;

static const char SCHEMA[] =
    "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\","
    " \"title\": \"Config\", \"description\": \"Masks names.\", \"type\": \"object\","
    " \"properties\": {"
    "  \"columns\": {\"description\": \"Columns to mask. Rows that lack one are left as they are.\","
    "   \"type\": \"array\", \"items\": {\"type\": \"string\"}, \"default\": [\"name\"]},"
    "  \"keep\": {\"description\": \"Characters that stay.\","
    "   \"type\": \"integer\", \"minimum\": 0, \"maximum\": 4294967295, \"default\": 1},"
    "  \"with\": {\"description\": \"The character that takes the place of each other one.\","
    "   \"type\": \"string\", \"minLength\": 1, \"maxLength\": 1, \"default\": \"*\"}},"
    " \"additionalProperties\": false}";

void exports_sluicegate_transform_guest_describe(exports_sluicegate_transform_guest_description_t *description) {
  *description = (exports_sluicegate_transform_guest_description_t){
      .name = SG_TEXT("mask-name"),
      .version = SG_TEXT("0.1.0"),
      .summary = SG_TEXT("Masks names, all but their first characters."),
      .config_schema = SG_TEXT(SCHEMA),
  };
}

bool exports_sluicegate_transform_guest_init(transform_string_t *text,
                                             exports_sluicegate_transform_guest_list_property_t *about,
                                             sg_failure *failure) {
  (void)about;
  sg_text *name = malloc(sizeof *name);
  *name = SG_TEXT("name");
  config.columns = (transform_list_string_t){name, 1};
  config.keep = 1;
  config.with = SG_TEXT("*");

  sg_json json = sg_json_of(text->len ? *text : SG_TEXT("{}"));
  sg_text key = SG_TEXT("");
  while (sg_json_key(&json, &key)) {
    if (sg_equal(key, SG_TEXT("columns"))) {
      sg_json_texts(&json, &config.columns);
    } else if (sg_equal(key, SG_TEXT("keep"))) {
      sg_json_u32(&json, &config.keep);
    } else if (sg_equal(key, SG_TEXT("with"))) {
      if (sg_json_text(&json, &config.with) && sg_characters(config.with) != 1) {
        *failure = sg_stop(SG_TEXT("with.with: one character was expected"));
        return false;
      }
    } else {
      *failure = sg_stop(
          SG_JOIN(SG_TEXT("with: unknown key `"), key, SG_TEXT("`, known are columns, keep and with")));
      return false;
    }
  }
  if (!sg_json_end(&json)) {
    *failure = sg_stop(SG_JOIN(SG_TEXT("with"), key.len ? SG_TEXT(".") : key, key, SG_TEXT(": "), json.wrong));
    return false;
  }
  sg_memory_keep();
  return true;
}

// Writes the masked cell at `to`; gives where it ends.
static uint8_t *mask(const uint8_t *cell, const uint8_t *end, uint8_t *to) {
  // What stays: up to where one character too many begins.
  uint32_t begun = 0;
  for (; cell < end; cell++) {
    if (sg_begins(*cell) && begun++ == config.keep) break;
    *to++ = *cell;
  }
  if (config.with.len == 1) {
    // Written for each byte, and written over unless the byte begins a character: without a branch that is guessed wrong.
    for (uint8_t with = *config.with.ptr; cell < end; cell++) {
      *to = with;
      to += sg_begins(*cell);
    }
    return to;
  }
  for (; cell < end; cell++) {
    if (!sg_begins(*cell)) continue;
    for (size_t i = 0; i < config.with.len; i++) *to++ = config.with.ptr[i];
  }
  return to;
}

static bool masked(sg_column_ref column, sg_column *made, sg_failure *failure) {
  sg_texts names;
  if (!sg_texts_read(column, &names, failure)) return false;
  size_t length = names.offsets[names.rows], room = length;
  if (config.with.len > 1) room = sg_characters((sg_text){(uint8_t *)names.data, length}) * config.with.len;
  if (room < length) room = length;
  // A byte more: the mask is written before it is known whether it stays.
  uint8_t *data = malloc(room + 1), *to = data;
  uint32_t *offsets = malloc((names.rows + 1) * sizeof *offsets);
  offsets[0] = 0;
  for (uint32_t row = 0; row < names.rows; row++) {
    to = mask(names.data + names.offsets[row], names.data + names.offsets[row + 1], to);
    offsets[row + 1] = (uint32_t)(to - data);
  }
  return sg_texts_column(&names, offsets, data, made, failure);
}

bool exports_sluicegate_transform_guest_transform(exports_sluicegate_transform_guest_own_batch_t batch,
                                                  exports_sluicegate_transform_guest_outcome_t *outcome,
                                                  sg_failure *failure) {
  sg_memory_reset();
  sluicegate_transform_columns_borrow_batch_t input = sluicegate_transform_columns_borrow_batch(batch);
  sluicegate_transform_columns_own_output_t *output = malloc(sizeof *output);
  *output = sluicegate_transform_columns_constructor_output(input);
  bool well = true;
  for (size_t i = 0; well && i < config.columns.len; i++) {
    sg_text *name = &config.columns.ptr[i];
    sg_column column, made;
    if (!sluicegate_transform_columns_method_batch_find(input, name, &column)) continue;
    well = masked(sluicegate_transform_columns_borrow_column(column), &made, failure);
    if (well) {
      sluicegate_transform_columns_method_output_put(sluicegate_transform_columns_borrow_output(*output), name,
                                                     sluicegate_transform_columns_borrow_column(made),
                                                     SLUICEGATE_TRANSFORM_COLUMNS_ALIGNMENT_INPUT);
      sluicegate_transform_columns_column_drop_own(made);
    } else {
      failure->message = SG_JOIN(SG_TEXT("column "), *name, SG_TEXT(": "), failure->message);
      sg_property(failure, SG_TEXT("column"), *name);
    }
    sluicegate_transform_columns_column_drop_own(column);
  }
  sluicegate_transform_columns_batch_drop_own(batch);
  if (well) {
    *outcome = (exports_sluicegate_transform_guest_outcome_t){.outputs = {output, 1}};
  } else {
    sluicegate_transform_columns_output_drop_own(*output);
  }
  return well;
}
