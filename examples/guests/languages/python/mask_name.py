"""What the guest does, in plain Python: `python3 -m unittest` runs it without WebAssembly."""

import json
from dataclasses import dataclass, field

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Config",
    "description": "Masks names.",
    "type": "object",
    "properties": {
        "columns": {
            "description": "Columns to mask. Rows that lack one are left as they are.",
            "type": "array",
            "items": {"type": "string"},
            "default": ["name"],
        },
        "keep": {
            "description": "Characters that stay.",
            "type": "integer",
            "minimum": 0,
            "maximum": 2**32 - 1,
            "default": 1,
        },
        "with": {
            "description": "The character that takes the place of each other one.",
            "type": "string",
            "minLength": 1,
            "maxLength": 1,
            "default": "*",
        },
    },
    "additionalProperties": False,
}


@dataclass
class Config:
    """The `with:` block of the step."""

    columns: list[str] = field(default_factory=lambda: ["name"])
    keep: int = 1
    # The block calls it `with`, which is a word of Python's own.
    hide: str = "*"

    @classmethod
    def parse(cls, text: str) -> "Config":
        """Reads the block. Raises ValueError for what is wrong with it."""
        block = json.loads(text or "{}")
        if not isinstance(block, dict):
            raise ValueError("with: a block of keys was expected")
        config = cls()
        for key, value in block.items():
            if key == "columns":
                # Python has bool for a kind of int, and 1.0 equal to 1: types are compared, not values.
                check(type(value) is list and all(type(name) is str for name in value), key, "a list of texts")
                config.columns = value
            elif key == "keep":
                check(type(value) is int and 0 <= value < 2**32, key, "a whole number from 0")
                config.keep = value
            elif key == "with":
                check(type(value) is str and len(value) == 1, key, "one character")
                config.hide = value
            else:
                raise ValueError(f"with: unknown key `{key}`, known are columns, keep and with")
        return config

    def mask(self, name: str) -> str:
        """`Alexandra` becomes `A********`. Python's characters are Unicode code points, as they should be."""
        kept = name[: self.keep]
        return kept + self.hide * (len(name) - len(kept))


def check(valid: bool, key: str, wanted: str) -> None:
    if not valid:
        raise ValueError(f"with.{key}: {wanted} was expected")
