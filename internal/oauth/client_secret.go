package oauth

import (
	"crypto/rand"
	"fmt"
)

// NewClientSecret makes a client secret: a UUID of version 4 (contract, section 2.1) with
// 122 bits of crypto/rand. It is shown once; what is kept is [HashToken] of it.
func NewClientSecret() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	return uuid(random)
}

// uuid writes random bytes as a UUID of version 4.
func uuid(id [16]byte) string {
	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // the variant of RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
