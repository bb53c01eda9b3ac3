// Text, failures, text columns.
#include <stdlib.h>

#include "sluicegate.h"

sg_text sg_join(const sg_text *parts) {
  size_t length = 0;
  for (const sg_text *part = parts; part->ptr; part++) length += part->len;
  sg_text joined = {malloc(length), 0};
  for (const sg_text *part = parts; part->ptr; part++) {
    memcpy(joined.ptr + joined.len, part->ptr, part->len);
    joined.len += part->len;
  }
  return joined;
}

bool sg_equal(sg_text a, sg_text b) { return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0; }

uint32_t sg_characters(sg_text text) {
  uint32_t count = 0;
  for (size_t i = 0; i < text.len; i++) count += sg_begins(text.ptr[i]);
  return count;
}

sg_failure sg_stop(sg_text message) {
  return (sg_failure){.kind = SLUICEGATE_TRANSFORM_TYPES_FAILURE_KIND_STOP, .message = message};
}

void sg_property(sg_failure *failure, sg_text name, sg_text value) {
  size_t count = failure->properties.len;
  sluicegate_transform_types_property_t *grown = malloc((count + 1) * sizeof *grown);
  for (size_t i = 0; i < count; i++) grown[i] = failure->properties.ptr[i];
  grown[count] = (sluicegate_transform_types_property_t){name, value};
  failure->properties.ptr = grown;
  failure->properties.len = count + 1;
}

bool sg_texts_read(sg_column_ref column, sg_texts *texts, sg_failure *failure) {
  sg_text found;
  sluicegate_transform_columns_method_column_data_type(column, &found);
  if (!sg_equal(found, SG_TEXT("utf8"))) {
    *failure = sg_stop(
        SG_JOIN(SG_TEXT("the column is "), found, SG_TEXT(", this needs utf8: cast it in a step before")));
    sg_property(failure, SG_TEXT("code"), SG_TEXT("wrong-type"));
    return false;
  }
  uint32_t rows = sluicegate_transform_columns_method_column_len(column);
  sluicegate_transform_columns_cells_t cells;
  sluicegate_transform_columns_method_column_read(column, 0, rows, &cells);
  *texts = (sg_texts){
      .rows = rows,
      .offsets = cells.values.val.variable.offsets.ptr,
      .data = cells.values.val.variable.data.ptr,
      .validity = cells.validity,
  };
  return true;
}

bool sg_texts_column(const sg_texts *from, uint32_t *offsets, uint8_t *data, sg_column *column, sg_failure *failure) {
  // Presence is left out: a column that replaces a field takes that field's, so a missing cell stays missing.
  sluicegate_transform_columns_cells_t cells = {
      .validity = from->validity,
      .values.tag = SLUICEGATE_TRANSFORM_COLUMNS_VALUES_VARIABLE,
  };
  cells.values.val.variable.offsets = (transform_list_u32_t){offsets, from->rows + 1};
  cells.values.val.variable.data = (transform_list_u8_t){data, offsets[from->rows]};
  sg_text utf8 = SG_TEXT("utf8");
  return sluicegate_transform_columns_static_column_of(&utf8, from->rows, &cells, column, failure);
}
