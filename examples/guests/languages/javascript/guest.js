// What the host calls: the object is named after the interface that the guest exports.

import { Column, Output } from "sluicegate:transform/columns@0.1.0";
import { mask, parseConfig, schema } from "./mask-name.js";

let config;

export const guest = {
  describe() {
    return {
      name: "mask-name",
      version: "0.1.0",
      summary: "Masks names, all but their first characters.",
      configSchema: JSON.stringify(schema),
      properties: [],
    };
  },

  init(text) {
    try {
      config = parseConfig(text);
    } catch (wrong) {
      throw stop(wrong.message);
    }
  },

  transform(input) {
    try {
      return masked(input);
    } catch (error) {
      // A failure of ours, or of the host. Anything else would end the instance without a word: as a failure it costs the
      // row that caused it, and says why.
      const failure = error.payload ?? error;
      throw failure.kind ? failure : { kind: "reject", message: String(error), properties: [] };
    }
  },
};

function masked(input) {
  const output = new Output(input);
  for (const name of config.columns) {
    const column = input.find(name);
    // An option is null or undefined where there is none.
    if (column == null) continue;
    const replacement = maskedColumn(name, column);
    output.put(name, replacement, "input");
    // At once: a collector that runs late would leave the host with handles.
    replacement[Symbol.dispose]();
    column[Symbol.dispose]();
  }
  input[Symbol.dispose]();
  return { outputs: [output], rejects: [] };
}

// Cells that are missing come as null, and stay missing: the host takes their presence from the field that the column
// replaces.
function maskedColumn(name, column) {
  const type = column.dataType();
  if (type !== "utf8") {
    throw stop(`column ${name}: the column is ${type}, this needs utf8: cast it in a step before`, [
      ["code", "wrong-type"],
      ["column", name],
    ]);
  }
  const cells = column.readText(0, column.len());
  return Column.ofText(cells.map((cell) => (cell == null ? undefined : mask(config, cell))));
}

function stop(message, properties = []) {
  return { kind: "stop", message, properties };
}
