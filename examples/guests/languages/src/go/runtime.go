// Package runtime is what generated bindings stand on: handles of the host's resources, and memory that the host writes
// into.
package runtime

import (
	"runtime"
	"unsafe"
)

// Handle is a number that names a resource of the host. Zero is none: given away, or dropped.
type Handle struct{ number int32 }

// MakeHandle holds a number.
func MakeHandle(number int32) *Handle { return &Handle{number} }

// Use is the number of a handle that is still held.
func (h *Handle) Use() int32 {
	if h.number == 0 {
		panic("the resource was dropped, or given away")
	}
	return h.number
}

// Take gives the handle away.
func (h *Handle) Take() int32 {
	number := h.Use()
	h.number = 0
	return number
}

// TakeOrNil gives the handle away; zero where it is gone already.
func (h *Handle) TakeOrNil() int32 {
	number := h.number
	h.number = 0
	return number
}

// Set holds a number again.
func (h *Handle) Set(number int32) { h.number = number }

// Allocate makes memory that stays until the pinner lets go of it.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	pointer := allocate(size, align)
	if pointer != nil {
		pinner.Pin(pointer)
	}
	return pointer
}

// written is what the host wrote in this call. Go's collector moves nothing, so a reference is enough to keep it.
var written []unsafe.Pointer

// Unpin lets the collector have what the host wrote, as far as nothing refers to it. Each export defers it: without,
// every batch would stay in memory.
func Unpin() {
	clear(written)
	written = written[:0]
}

// The host calls this for memory to write a list or a text into. Meanwhile the guest may call nothing of the host: the
// adapter of the host's clock keeps to that, and so must everything here.
//
//go:wasmexport cabi_realloc
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	if old != nil || oldSize != 0 {
		panic("the host does not resize")
	}
	pointer := allocate(size, align)
	if pointer != nil {
		written = append(written, pointer)
	}
	return pointer
}

// allocate makes memory without pointers in it: the collector does not look inside.
func allocate(size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	if align > 8 {
		panic("an alignment over 8")
	}
	if align == 1 {
		return unsafe.Pointer(unsafe.SliceData(make([]uint8, size)))
	}
	return unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
}
