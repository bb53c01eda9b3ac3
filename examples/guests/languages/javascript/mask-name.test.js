import assert from "node:assert/strict";
import test from "node:test";
import { mask, parseConfig } from "./mask-name.js";

test("characters are kept, not code units", () => {
  assert.equal(mask(parseConfig("{}"), "Alexandra"), "A********");
  assert.equal(mask(parseConfig(""), "👩‍🚀 Li"), "👩*****");
  assert.equal(mask(parseConfig('{"keep": 5}'), "Li"), "Li");
  assert.equal(mask(parseConfig("{}"), ""), "");
});

test("configurations that are wrong are refused", () => {
  for (const text of ['{"Keep": 1}', '{"keep": null}', '{"keep": "1"}', '{"with": "ab"}', '{"columns": "name"}', "[]"]) {
    assert.throws(() => parseConfig(text), text);
  }
});
