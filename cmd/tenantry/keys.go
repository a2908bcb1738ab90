package main

import (
	"context"
	"fmt"
	"time"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/oauth"
)

type keysCmd struct {
	Rotate keysRotateCmd `cmd:"" help:"Sign access tokens with a new key from now on."`
}

type keysRotateCmd struct {
	manageFlags
	Algorithm string `help:"EdDSA (Ed25519), or RS256 for those who verify tokens themselves and know nothing else." enum:"EdDSA,RS256" default:"EdDSA"`
	EndOlder  bool   `help:"Drop the keys of before at once, for one that leaked: every access token ends, and apps refresh theirs."`
}

// Help is printed below the flags.
func (keysRotateCmd) Help() string {
	return `The keys of before go on verifying: a later rotation drops those whose tokens have
expired. No token is refused because of a rotation, unless --end-older asks for it.

Examples:
  tenantry keys rotate --data /var/lib/tenantry
  tenantry keys rotate --end-older --data /var/lib/tenantry`
}

// Run says which key signs.
func (c *keysRotateCmd) Run(ctx context.Context, io console) error {
	var keys *oauth.KeySet
	err := c.use(ctx, func(in *instance) (err error) {
		rotation := oauth.Rotation{RSA: c.Algorithm == "RS256", EndOlder: c.EndOlder}
		keys, err = oauth.RotateKeys(ctx, in.store, tenantry.System(), rotation, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	left := keys.Keys()
	_, err = fmt.Fprintf(io.out, "Key %s (%s) signs from now on; older keys that verify: %d.\n", left[0].ID, left[0].Algorithm(), len(left)-1)
	return err
}
