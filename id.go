package tenantry

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"io"
	"strings"
	"sync"
	"time"
)

// Ids are 20 characters of base62: 8 of millisecond time, 12 random (71 bits),
// so they sort by creation. Input ids are opaque: any text is compared, none is parsed.
type (
	// LocationID identifies a sub-account.
	LocationID string
	// CompanyID identifies an agency.
	CompanyID string
	// TagID identifies a tag of a location.
	TagID string
	// CustomFieldID identifies a custom field or a folder of custom fields.
	CustomFieldID string
	// CustomValueID identifies a custom value.
	CustomValueID string
	// TemplateID identifies an e-mail, SMS or WhatsApp template.
	TemplateID string
	// TaskID identifies a task.
	TaskID string
	// RecurringTaskID identifies a recurring task.
	RecurringTaskID string
	// ContactID identifies a contact.
	ContactID string
	// UserID identifies a user of an agency or its sub-accounts.
	UserID string
	// AppID identifies an OAuth app: 24 lower-case hex digits, as its VersionID.
	AppID string
	// VersionID identifies a version of an app.
	VersionID string
	// SecretID identifies a client secret; it is not the secret.
	SecretID string
	// GrantID identifies what a user granted an app: a family of refresh tokens.
	GrantID string
	// TokenID identifies an issued token; it is not the token.
	TokenID string
	// FileID identifies an uploaded file.
	FileID string
	// EventID identifies an event, and is the webhookId of its deliveries.
	EventID string
)

// newHexID makes an id as apps and their versions have one: 8 hex digits of the time in
// seconds, 16 random (64 bits), so these sort by creation too.
func newHexID(now time.Time) string {
	id := binary.BigEndian.AppendUint32(nil, uint32(now.Unix())) //nolint:gosec // good until 2106
	var random [8]byte
	_, _ = rand.Read(random[:]) // crypto/rand.Read never fails
	return hex.EncodeToString(append(id, random[:]...))
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// IDSource makes ids. Those of one source sort in the order in which they were
// made, within a millisecond and across a clock set back too: events rely on it.
// It is safe for concurrent use; the zero value is ready.
type IDSource struct {
	mu   sync.Mutex
	last string
}

// Next makes an id for something created at now.
func (s *IDSource) Next(now time.Time) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := newID(now, rand.Reader)
	if id[:8] <= s.last[:min(8, len(s.last))] {
		id = after(s.last, rand.Reader)
	}
	s.last = id
	return id
}

// after makes a later id of the same millisecond: a random step keeps the next
// one from being guessed, and is small enough not to run out of a millisecond.
func after(id string, random io.Reader) string {
	digits, step := []byte(id), newID(time.UnixMilli(0), random)[16:]
	carry := 1
	for i := len(digits) - 1; i >= 0; i-- {
		sum := strings.IndexByte(base62, digits[i]) + carry
		if at := i - (len(digits) - len(step)); at >= 0 {
			sum += strings.IndexByte(base62, step[at])
		}
		digits[i], carry = base62[sum%62], sum/62
	}
	return string(digits)
}

func newID(now time.Time, random io.Reader) string {
	var id [20]byte
	ms := now.UnixMilli()
	for i := 7; i >= 0; i-- {
		id[i] = base62[ms%62]
		ms /= 62
	}
	var buf [32]byte
	for at := 8; at < len(id); {
		// crypto/rand.Reader never fails; a reader that does leaves the process without safe ids.
		if _, err := io.ReadFull(random, buf[:]); err != nil {
			panic("tenantry: no randomness: " + err.Error())
		}
		for _, b := range buf {
			// 248 is the largest multiple of 62 in a byte: the rest would favour the first digits.
			if b < 248 && at < len(id) {
				id[at] = base62[b%62]
				at++
			}
		}
	}
	return string(id[:])
}
