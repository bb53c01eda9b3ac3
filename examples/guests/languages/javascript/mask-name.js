// What the guest does, in plain JavaScript: `node --test` runs it without WebAssembly.

export const schema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "Config",
  description: "Masks names.",
  type: "object",
  properties: {
    columns: {
      description: "Columns to mask. Rows that lack one are left as they are.",
      type: "array",
      items: { type: "string" },
      default: ["name"],
    },
    keep: { description: "Characters that stay.", type: "integer", minimum: 0, maximum: 4294967295, default: 1 },
    with: {
      description: "The character that takes the place of each other one.",
      type: "string",
      minLength: 1,
      maxLength: 1,
      default: "*",
    },
  },
  additionalProperties: false,
};

const isText = (value) => typeof value === "string";

// What a value of each key has to be.
const keys = {
  columns: ["a list of texts", (value) => Array.isArray(value) && value.every(isText)],
  keep: ["a whole number from 0", (value) => Number.isInteger(value) && value >= 0 && value <= 4294967295],
  with: ["one character", (value) => isText(value) && [...value].length === 1],
};

/** Reads the `with:` block of the step. Throws an Error for what is wrong with it. */
export function parseConfig(text) {
  const block = text.trim() === "" ? {} : JSON.parse(text);
  if (typeof block !== "object" || block === null || Array.isArray(block)) {
    throw new Error("with: a block of keys was expected");
  }
  for (const [key, value] of Object.entries(block)) {
    if (!Object.hasOwn(keys, key)) {
      throw new Error(`with: unknown key \`${key}\`, known are ${Object.keys(keys).join(", ")}`);
    }
    const [wanted, valid] = keys[key];
    if (!valid(value)) throw new Error(`with.${key}: ${wanted} was expected`);
  }
  return { columns: ["name"], keep: 1, with: "*", ...block };
}

// A character outside of the Basic Multilingual Plane is two code units of a JavaScript text.
const TWO_UNITS = /[\uD800-\uDFFF]/;

/** `Alexandra` becomes `A********`. */
export function mask({ keep, with: hide }, name) {
  // Most texts have none of those, and counting their units is far cheaper than taking them apart.
  if (!TWO_UNITS.test(name)) {
    return name.length <= keep ? name : name.slice(0, keep) + hide.repeat(name.length - keep);
  }
  const characters = [...name];
  return characters.map((character, place) => (place < keep ? character : hide)).join("");
}
