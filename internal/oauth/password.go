package oauth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/tenantry/tenantry"
)

// The limits of a password.
const (
	// MinPassword is the shortest password, in characters (NIST SP 800-63B, section 5.1.1.2).
	MinPassword = 8
	// MaxPassword is the longest password, in bytes; what is longer is refused, never cut.
	MaxPassword = 1024
)

// The cost of a password's hash: 19 MiB and two passes, the least that OWASP's password
// storage cheat sheet recommends for argon2id. It stands in each hash, so it can be raised.
const (
	argonMemory  = 19 << 10 // KiB
	argonPasses  = 2
	argonThreads = 1
	argonKey     = 32 // bytes
	argonSalt    = 16 // bytes
)

// nobodysHash costs what a user's hash costs and is that of no password that anybody
// knows: the answer for an unknown user takes as long as that for a wrong password.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// HashPassword gives what is kept of a password: its argon2id hash with a salt of its own
// in the PHC string format, as the store keeps it. Errors:
// Invalid for a password that is too short or too long.
func HashPassword(password string) (string, error) {
	if utf8.RuneCountInString(password) < MinPassword || len(password) > MaxPassword {
		return "", tenantry.InvalidInput(fmt.Sprintf("password must be %d characters to %d bytes long", MinPassword, MaxPassword))
	}
	var salt [argonSalt]byte
	_, _ = rand.Read(salt[:]) // crypto/rand.Read never fails
	key := argon2.IDKey([]byte(password), salt[:], argonPasses, argonMemory, argonThreads, argonKey)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonPasses, argonThreads,
		base64.RawStdEncoding.EncodeToString(salt[:]), base64.RawStdEncoding.EncodeToString(key)), nil
}

// matchesHash tells whether the password is that of a hash made by [HashPassword]. No
// password is that of an empty or garbled hash, and finding out takes as long.
func matchesHash(password, hash string) bool {
	h, ok := parseHash(hash)
	if !ok || len(password) > MaxPassword {
		h, _ = parseHash(nobodysHash)
		password, ok = "", false
	}
	key := argon2.IDKey([]byte(password), h.salt, h.passes, h.memory, h.threads, argonKey)
	return subtle.ConstantTimeCompare(key, h.key) == 1 && ok
}

type passwordHash struct {
	memory, passes uint32
	threads        uint8
	salt, key      []byte
}

func parseHash(text string) (h passwordHash, ok bool) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return h, false
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.passes, &h.threads); err != nil {
		return h, false
	}
	var err error
	if h.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return h, false
	}
	h.key, err = base64.RawStdEncoding.DecodeString(parts[5])
	return h, err == nil && len(h.key) == argonKey && h.passes > 0 && h.threads > 0
}

// passwordWait is how long a sign-in waits for its turn before it is told to come back.
const passwordWait = 10 * time.Second

// passwords checks passwords, so many at a time: each takes 19 MiB and a whole core, and a
// crowd at the door must not starve the rest of the server.
type passwords struct{ turns chan struct{} }

func newPasswords() *passwords {
	return &passwords{turns: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// match tells whether the password is that of the hash. Errors: Unavailable when the queue is
// too long.
func (p *passwords) match(ctx context.Context, password, hash string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, passwordWait)
	defer cancel()
	select {
	case p.turns <- struct{}{}:
		defer func() { <-p.turns }()
		return matchesHash(password, hash), nil
	case <-ctx.Done():
		e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "Too many people sign in at the moment")
		e.RetryAfter = passwordWait
		return false, e.WithCause(ctx.Err())
	}
}

// IsPassword tells whether the password is that of a hash made by [HashPassword]. Whom it
// serves is no crowd: sign-ins wait for their turn instead.
func IsPassword(password, hash string) bool { return matchesHash(password, hash) }
