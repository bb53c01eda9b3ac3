// Package mask is what the guest does, in plain Go: `go test ./mask` runs it without WebAssembly.
package mask

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"
)

// Mask gives offsets and text of the masked cells. Both are as Arrow lays text out: all cells one behind the other, and
// before them n + 1 offsets of four bytes, little-endian.
func (c *Config) Mask(offsets, text []byte) ([]byte, []byte) {
	masked := make([]byte, 0, len(text))
	places := make([]byte, len(offsets))
	start := 0
	for at := 4; at+4 <= len(offsets); at += 4 {
		end := int(binary.LittleEndian.Uint32(offsets[at:]))
		masked = c.appendMasked(masked, text[start:end])
		binary.LittleEndian.PutUint32(places[at:], uint32(len(masked)))
		start = end
	}
	return places, masked
}

// appendMasked appends a masked cell. Characters are Unicode scalar values, which Go calls runes.
func (c *Config) appendMasked(masked, cell []byte) []byte {
	kept := 0
	for n := uint32(0); n < c.Keep && kept < len(cell); n++ {
		_, size := utf8.DecodeRune(cell[kept:])
		kept += size
	}
	masked = append(masked, cell[:kept]...)
	hidden := utf8.RuneCount(cell[kept:])
	if len(c.With) == 1 {
		// The usual case: as many bytes as characters.
		at := len(masked)
		masked = append(masked, cell[kept:kept+hidden]...)
		for i := range masked[at:] {
			masked[at+i] = c.With[0]
		}
		return masked
	}
	return append(masked, bytes.Repeat([]byte(c.With), hidden)...)
}
