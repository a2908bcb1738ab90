package oauth

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	// Unlike encoding/json it neither folds the case of keys nor takes one twice.
	"github.com/go-jose/go-jose/v4/json"

	"github.com/tenantry/tenantry"
)

// Verify tells who holds an access token of this issuer, and when it expires.
//
// The issuer is an id that the database keeps for as long as it lives. Were it the
// public URL, then a server that moves to another name, or answers under two, would
// refuse its own tokens.
//
// Scopes that this server does not know are dropped. Errors: Unauthenticated, with
// code token_expired from the second of exp on, without leeway, and else token_invalid.
func (ks *KeySet) Verify(token, issuer string, now time.Time) (tenantry.Caller, time.Time, error) {
	payload, refused := ks.open(token)
	if refused != nil {
		return tenantry.Caller{}, time.Time{}, refused
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil {
		return tenantry.Caller{}, time.Time{}, errInvalid("the claims are not readable")
	}
	exp, refused := c.check(issuer, now)
	if refused != nil {
		return tenantry.Caller{}, time.Time{}, refused
	}
	return c.caller(), exp, nil
}

// open gives the payload of a token that one of the keys signed.
func (ks *KeySet) open(token string) ([]byte, *tenantry.Error) {
	if len(token) > MaxTokenBytes {
		return nil, errInvalid("the token is too long")
	}
	header, ok := headerOf(token)
	if !ok {
		return nil, errInvalid("the token is not three canonical base64url parts")
	}
	var members map[string]string
	if json.Unmarshal(header, &members) != nil {
		return nil, errInvalid("the header is not an object of strings")
	}
	key, ok := ks.byID[members["kid"]]
	if !ok {
		return nil, errInvalid("the key is unknown")
	}
	// Exactly what Sign writes: any more could bring a key along (jwk, jku, x5u, x5c)
	// or change what the signature covers (crit, b64).
	if !maps.Equal(members, map[string]string{"alg": key.Algorithm(), "kid": key.ID, "typ": tokenType}) {
		return nil, errInvalid("the header has another algorithm or other members")
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{key.algorithm})
	if err != nil {
		return nil, errInvalid("the token is not a signed one")
	}
	payload, err := signed.Verify(key.Public())
	if err != nil {
		return nil, errInvalid("the signature is wrong")
	}
	return payload, nil
}

// headerOf decodes the first of three parts. Each must be the one encoding of its
// bytes, so that there are no two texts of one token.
func headerOf(token string) ([]byte, bool) {
	// The decoder skips line breaks.
	if strings.Count(token, ".") != 2 || strings.ContainsAny(token, "\r\n") {
		return nil, false
	}
	var header []byte
	for part := range strings.SplitSeq(token, ".") {
		decoded, err := base64.RawURLEncoding.Strict().DecodeString(part)
		if err != nil || len(decoded) == 0 {
			return nil, false
		}
		if header == nil {
			header = decoded
		}
	}
	return header, true
}

// check refuses claims that are not those of a live token of this issuer. Expiry
// comes last: a client that is told of it tries to refresh.
func (c claims) check(issuer string, now time.Time) (time.Time, *tenantry.Error) {
	if issuer == "" || c.Issuer != issuer || c.Audience != Audience {
		return time.Time{}, errInvalid("another issuer or audience")
	}
	if c.IssuedAt == nil || c.ExpiresAt == nil {
		return time.Time{}, errInvalid("no iat or no exp")
	}
	life := *c.ExpiresAt - *c.IssuedAt
	if *c.IssuedAt < 0 || *c.ExpiresAt < 0 || life <= 0 || life > int64(AccessTokenTTL/time.Second) {
		return time.Time{}, errInvalid("not a lifetime of ours")
	}
	if *c.IssuedAt > now.Add(MaxClockSkew).Unix() {
		return time.Time{}, errInvalid("issued in the future")
	}
	if c.ID == "" || (c.SourceID == "") != (c.OAuthMeta.Client == "") {
		return time.Time{}, errInvalid("no jti, or one of sourceId and client without the other")
	}
	if err := checkTenant(tenantry.AuthClass(c.AuthClass), tenantry.CompanyID(c.CompanyID), tenantry.LocationID(c.LocationID)); err != nil {
		return time.Time{}, errInvalid(err.Error())
	}
	if c.AuthClassID != c.subject() {
		return time.Time{}, errInvalid("authClassId is not the location or company")
	}
	exp := time.Unix(*c.ExpiresAt, 0).UTC()
	if !now.Before(exp) {
		return time.Time{}, errExpired()
	}
	return exp, nil
}

// subject is whom the token acts for.
func (c claims) subject() string {
	if c.AuthClass == string(tenantry.SubAccount) {
		return c.LocationID
	}
	return c.CompanyID
}

func (c claims) caller() tenantry.Caller {
	caller := tenantry.Caller{
		Class: tenantry.AuthClass(c.AuthClass), CompanyID: tenantry.CompanyID(c.CompanyID),
		LocationID: tenantry.LocationID(c.LocationID), AppID: tenantry.AppID(c.OAuthMeta.Client),
		UserID: tenantry.UserID(c.UserID), TokenID: tenantry.TokenID(c.ID),
	}
	known := tenantry.Scopes()
	for _, text := range c.OAuthMeta.Scopes {
		i := slices.Index(known, tenantry.Scope(text))
		if i >= 0 && !slices.Contains(caller.Scopes, known[i]) {
			// The constant, not the token's copy of it: a remembered caller stays small.
			caller.Scopes = append(caller.Scopes, known[i])
		}
	}
	return caller
}
