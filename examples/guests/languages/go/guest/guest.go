// Package guest is what the host calls: each function here answers one of the interface's.
package guest

import (
	"fmt"

	"mask-name/bindings/sluicegate_transform_columns"
	"mask-name/bindings/sluicegate_transform_guest"
	"mask-name/bindings/sluicegate_transform_types"
	"mask-name/bindings/wit/runtime"
	"mask-name/bindings/wit/types"
	"mask-name/mask"
)

type (
	failure     = sluicegate_transform_types.Failure
	property    = sluicegate_transform_types.Property
	batch       = sluicegate_transform_columns.Batch
	column      = sluicegate_transform_columns.Column
	outcome     = sluicegate_transform_columns.Outcome
	description = sluicegate_transform_guest.Description
)

var config mask.Config

// Describe says what this guest is.
func Describe() description {
	return description{
		Name:         "mask-name",
		Version:      "0.1.0",
		Summary:      "Masks names, all but their first characters.",
		ConfigSchema: mask.Schema,
	}
}

// Init reads the configuration.
func Init(text string, _ []property) wit.Result[wit.Unit, failure] {
	defer runtime.Unpin()
	var err error
	if config, err = mask.ParseConfig(text); err != nil {
		return wit.Err[wit.Unit](stop("with: " + err.Error()))
	}
	return wit.Ok[wit.Unit, failure](wit.Unit{})
}

// Transform masks a batch.
//
// What came from the host is dropped at its end, by hand: a collector that runs late would leave the host with thousands
// of handles.
func Transform(input *batch) (result wit.Result[outcome, failure]) {
	defer runtime.Unpin()
	defer input.Drop()
	// A panic would end the instance. As a failure it costs the row that caused it, and says why.
	defer func() {
		if why := recover(); why != nil {
			result = wit.Err[outcome](failure{
				Kind:    sluicegate_transform_types.FailureKindReject,
				Message: fmt.Sprint("panic: ", why),
			})
		}
	}()

	output := sluicegate_transform_columns.MakeOutput(input)
	for _, name := range config.Columns {
		found, there := input.Find(name).Get()
		if !there {
			continue
		}
		defer found.Drop()
		if found.DataType() != "utf8" {
			output.Drop()
			return wit.Err[outcome](wrongType(name, found.DataType()))
		}
		masked := maskColumn(found)
		if masked.IsErr() {
			output.Drop()
			return wit.Err[outcome](masked.Err())
		}
		defer masked.Ok().Drop()
		output.Put(name, masked.Ok(), sluicegate_transform_columns.AlignmentInput)
	}
	return wit.Ok[outcome, failure](outcome{Outputs: []*sluicegate_transform_columns.Output{output}})
}

// maskColumn makes the masked column of a text column. Cells that are null stay null, and cells that are missing stay missing:
// the host takes their presence from the field that the column replaces.
func maskColumn(names *column) wit.Result[*column, failure] {
	read := names.ReadBuffers(0, names.Len())
	read.Offsets, read.Data = config.Mask(read.Offsets, read.Data)
	read.Presence = nil
	return sluicegate_transform_columns.ColumnOfBuffers("utf8", names.Len(), read)
}

func stop(message string) failure {
	return failure{Kind: sluicegate_transform_types.FailureKindStop, Message: message}
}

func wrongType(name, found string) failure {
	why := stop(fmt.Sprintf("column %s: the column is %s, this needs utf8: cast it in a step before", name, found))
	why.Properties = []property{{F0: "code", F1: "wrong-type"}, {F0: "column", F1: name}}
	return why
}
