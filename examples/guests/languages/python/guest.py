"""What the host calls. The class is named after the interface that the guest exports."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.guest import Description
from wit_world.imports.columns import Alignment, Batch, Column, Outcome, Output
from wit_world.imports.types import Failure, FailureKind

from mask_name import SCHEMA, Config


class Guest(exports.Guest):
    config = Config()

    def describe(self) -> Description:
        return Description(
            name="mask-name",
            version="0.1.0",
            summary="Masks names, all but their first characters.",
            config_schema=json.dumps(SCHEMA),
            properties=[],
        )

    def init(self, config: str, about: list[tuple[str, str]]) -> None:
        try:
            # On the class: the object is made anew for each call.
            Guest.config = Config.parse(config)
        except ValueError as wrong:
            raise Err(stop(str(wrong))) from wrong

    def transform(self, input: Batch) -> Outcome:
        try:
            return self.masked(input)
        except Err:
            raise
        except Exception as error:
            # It would end the instance without a word. As a failure it costs the row that caused it, and says why.
            raise Err(Failure(FailureKind.REJECT, f"{type(error).__name__}: {error}", [])) from error

    # `with` drops what came from the host at once. A collector that runs late would leave the host with handles.
    def masked(self, input: Batch) -> Outcome:
        with input:
            output = Output(input)
            for name in Guest.config.columns:
                column = input.find(name)
                if column is None:
                    continue
                with column, masked_column(name, column) as replacement:
                    output.put(name, replacement, Alignment.INPUT)
            return Outcome(outputs=[output], rejects=[])


def masked_column(name: str, column: Column) -> Column:
    """The masked column. Missing cells are None here, and stay missing: the host takes their presence from the field that
    the column replaces."""
    if column.data_type() != "utf8":
        raise Err(wrong_type(name, column.data_type()))
    mask = Guest.config.mask
    # As text: a list of numbers would be a Python object for each of them.
    cells = column.read_text(0, column.len())
    return Column.of_text([None if cell is None else mask(cell) for cell in cells])


def stop(message: str, *properties: tuple[str, str]) -> Failure:
    return Failure(FailureKind.STOP, message, list(properties))


def wrong_type(name: str, found: str) -> Failure:
    return stop(
        f"column {name}: the column is {found}, this needs utf8: cast it in a step before",
        ("code", "wrong-type"),
        ("column", name),
    )
