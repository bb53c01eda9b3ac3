// Package wit holds the types that generated bindings speak in where WIT has one and Go has none.
package wit

// Which case a Result is.
const (
	ResultOk  uint8 = 0
	ResultErr uint8 = 1
)

// Which case an Option is.
const (
	OptionNone uint8 = 0
	OptionSome uint8 = 1
)

// Unit is the value of a result that has none.
type Unit struct{}

// Tuple2 is a pair.
type Tuple2[A, B any] struct {
	F0 A
	F1 B
}

// Option is a value or none.
type Option[T any] struct {
	value T
	some  bool
}

// Some is a value.
func Some[T any](value T) Option[T] { return Option[T]{value: value, some: true} }

// None is no value.
func None[T any]() Option[T] { return Option[T]{} }

// Tag is OptionNone or OptionSome.
func (o Option[T]) Tag() uint8 {
	if o.some {
		return OptionSome
	}
	return OptionNone
}

// Get is the value, and whether there is one.
func (o Option[T]) Get() (T, bool) { return o.value, o.some }

// Some is the value. It panics where there is none.
func (o Option[T]) Some() T {
	if !o.some {
		panic("wit: the option is none")
	}
	return o.value
}

// Result is a value or a failure.
type Result[T, E any] struct {
	value   T
	failure E
	failed  bool
}

// Ok is a value.
func Ok[T, E any](value T) Result[T, E] { return Result[T, E]{value: value} }

// Err is a failure.
func Err[T, E any](failure E) Result[T, E] { return Result[T, E]{failure: failure, failed: true} }

// Tag is ResultOk or ResultErr.
func (r Result[T, E]) Tag() uint8 {
	if r.failed {
		return ResultErr
	}
	return ResultOk
}

// IsErr says whether it is a failure.
func (r Result[T, E]) IsErr() bool { return r.failed }

// Ok is the value. It panics where it is a failure.
func (r Result[T, E]) Ok() T {
	if r.failed {
		panic("wit: the result is a failure")
	}
	return r.value
}

// Err is the failure. It panics where it is none.
func (r Result[T, E]) Err() E {
	if !r.failed {
		panic("wit: the result is no failure")
	}
	return r.failure
}
