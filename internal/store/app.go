package store

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
)

const appColumns = `a.id, a.suffix, a.name, a.company_id, a.redirect_uris, a.scopes, a.target, a.distribution, a.version_id,
	a.install_to_future, a.created_at`

func scanApp(r db.Row) (a tenantry.App, err error) {
	var created int64
	var uris, scopes string
	err = r.Scan(&a.ID, &a.Suffix, &a.Name, &a.CompanyID, &uris, &scopes, &a.Target, &a.Distribution, &a.VersionID,
		&a.InstallToFutureLocations, &created)
	if err != nil {
		return a, err
	}
	a.Scopes, a.CreatedAt = splitScopes(scopes), at(created)
	return a, decode(uris, &a.RedirectURIs)
}

// splitScopes reads a column that [tenantry.JoinScopes] wrote.
func splitScopes(text string) (scopes []tenantry.Scope) {
	for s := range strings.FieldsSeq(text) {
		scopes = append(scopes, tenantry.Scope(s))
	}
	return scopes
}

// App reads an app. Errors: NotFound.
func (s *Store) App(ctx context.Context, id tenantry.AppID) (tenantry.App, error) {
	return appOf(ctx, s.db.Lookup(), id)
}

func appOf(ctx context.Context, q db.Q, id tenantry.AppID) (tenantry.App, error) {
	a, err := db.One(ctx, q, scanApp, `SELECT `+appColumns+` FROM apps a WHERE a.id = $1 AND a.deleted_at IS NULL`, id)
	return found(a, err, "App", string(id))
}

// AppByClient finds the app of a client id. Errors: NotFound.
func (s *Store) AppByClient(ctx context.Context, client string) (tenantry.App, error) {
	id, suffix, ok := tenantry.ParseClientID(client)
	if !ok {
		return tenantry.App{}, tenantry.NotFoundError("App", client)
	}
	a, err := s.App(ctx, id)
	if err == nil && a.Suffix != suffix {
		return tenantry.App{}, tenantry.NotFoundError("App", client)
	}
	return a, err
}

// Apps lists apps. Errors: none of the caller's.
func (s *Store) Apps(ctx context.Context, f tenantry.AppFilter) (tenantry.Page[tenantry.App], error) {
	k := keyset{columns: appColumns, from: `apps a`, key: `a.id`, after: f.After, limit: f.Limit}
	k.add(`a.deleted_at IS NULL`)
	if f.CompanyID != "" {
		k.add(`a.company_id = ` + k.arg(f.CompanyID))
	}
	return pageOf(ctx, s, scanApp, k)
}

// CreateApp adds an app with its first client secret, of which it gets the SHA-256. Its
// id, suffix and version are made here. Errors: Invalid, NotFound when the company is unknown.
func (s *Store) CreateApp(ctx context.Context, by tenantry.Actor, a tenantry.App, secretHash string) (tenantry.App, error) {
	if err := a.Check(); err != nil {
		return a, err
	}
	err := s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		a, t.company = tenantry.NewApp(a, t.now), a.CompanyID
		uris, err := encode(a.RedirectURIs)
		if err != nil {
			return err
		}
		_, err = t.writeApp(ctx, `INSERT INTO apps (id, suffix, name, company_id, redirect_uris, scopes, target, distribution, version_id,
			install_to_future, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
			a.ID, a.Suffix, a.Name, a.CompanyID, uris, tenantry.JoinScopes(a.Scopes), a.Target, a.Distribution, a.VersionID,
			boolean(a.InstallToFutureLocations), t.now.UnixMilli())
		if errors.Is(err, db.ErrForeignKey) {
			return tenantry.NotFoundError("Company", string(a.CompanyID))
		}
		if err != nil {
			return err
		}
		if _, err := t.addSecret(ctx, a.ID, secretHash); err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.AppCreated, by: by, resource: string(a.ID), after: a, payload: appPayload(a)})
	})
	return a, err
}

func (t *tx) addSecret(ctx context.Context, app tenantry.AppID, hash string) (tenantry.AppSecret, error) {
	secret := tenantry.AppSecret{ID: tenantry.SecretID(t.newID()), CreatedAt: t.now}
	_, err := t.writeApp(ctx, `INSERT INTO app_secrets (app_id, id, hash, created_at) VALUES ($1, $2, $3, $4)`, app, secret.ID, hash, t.now.UnixMilli())
	return secret, err
}

// appStatement changes the row of an app, its first argument, or what is below it.
type appStatement string

// writeApp runs one, and tells how many rows it changed. No other way changes an app: a test
// looks for that.
func (t *tx) writeApp(ctx context.Context, query appStatement, app tenantry.AppID, args ...any) (int64, error) {
	t.store.apps.change(t, app)
	return t.Exec(ctx, string(query), append([]any{app}, args...)...)
}

// appKeys are an app and the SHA-256 of its secrets, in hex. An app that is unknown has none.
type appKeys struct {
	app    tenantry.App
	hashes []string
}

func (s *Store) appKeys(ctx context.Context, id tenantry.AppID) (*appKeys, error) {
	kept, epoch := s.apps.find(id)
	if kept != nil {
		return kept, nil
	}
	keys := new(appKeys)
	_, err := db.All(ctx, s.db.Lookup(), func(r db.Row) (_ struct{}, err error) {
		var hash string
		keys.app, err = scanApp(with(r, &hash))
		keys.hashes = append(keys.hashes, hash)
		return struct{}{}, err
	}, `SELECT `+appColumns+`, s.hash FROM apps a JOIN app_secrets s ON s.app_id = a.id
		WHERE a.id = $1 AND a.deleted_at IS NULL ORDER BY s.id LIMIT $2`, id, tenantry.MaxAppSecrets)
	if err == nil && len(keys.hashes) > 0 {
		s.apps.keep(id, keys, epoch)
	}
	return keys, err
}

// AuthenticateApp finds the app of a client id whose secret has this SHA-256 (hex). Both
// secrets are compared in full, whatever they are. Errors: Unauthenticated, the same for an
// unknown client and a wrong secret.
func (s *Store) AuthenticateApp(ctx context.Context, client, secretHash string) (tenantry.App, error) {
	id, suffix, ok := tenantry.ParseClientID(client)
	if !ok {
		return tenantry.App{}, tenantry.InvalidClient()
	}
	keys, err := s.appKeys(ctx, id)
	if err != nil {
		return tenantry.App{}, err
	}
	same := 0
	for _, hash := range keys.hashes {
		same |= subtle.ConstantTimeCompare([]byte(hash), []byte(secretHash))
	}
	if same == 0 || keys.app.Suffix != suffix {
		return tenantry.App{}, tenantry.InvalidClient()
	}
	return keys.app, nil
}

// AppSecrets lists what can be shown of the secrets of an app, oldest first; there are at
// most [tenantry.MaxAppSecrets].
func (s *Store) AppSecrets(ctx context.Context, app tenantry.AppID) ([]tenantry.AppSecret, error) {
	return db.All(ctx, s.db.Read(), func(r db.Row) (v tenantry.AppSecret, err error) {
		var created int64
		err = r.Scan(&v.ID, &created)
		v.CreatedAt = at(created)
		return v, err
	}, `SELECT id, created_at FROM app_secrets WHERE app_id = $1 ORDER BY id`, app)
}

// RotateAppSecret adds a client secret, of which it gets the SHA-256. The one before it
// stays good, older ones do not: rotating twice ends one that leaked. Errors: NotFound.
func (s *Store) RotateAppSecret(ctx context.Context, by tenantry.Actor, app tenantry.AppID, secretHash string) (secret tenantry.AppSecret, err error) {
	err = s.across(ctx, agencyWide, func(ctx context.Context, t *tx) error {
		a, err := db.One(ctx, t, scanApp, `SELECT `+appColumns+` FROM apps a WHERE a.id = $1 AND a.deleted_at IS NULL`+t.ForUpdate(), app)
		if err != nil {
			_, err = found(a, err, "App", string(app))
			return err
		}
		t.company = a.CompanyID
		if secret, err = t.addSecret(ctx, app, secretHash); err != nil {
			return err
		}
		_, err = t.writeApp(ctx, `DELETE FROM app_secrets WHERE app_id = $1 AND id NOT IN
			(SELECT id FROM app_secrets WHERE app_id = $1 ORDER BY id DESC LIMIT $2)`, app, tenantry.MaxAppSecrets)
		if err != nil {
			return err
		}
		return t.record(ctx, change{event: tenantry.AppSecretRotated, by: by, resource: string(app), after: secret, payload: appPayload(a)})
	})
	return secret, err
}

func appPayload(a tenantry.App) any {
	return struct {
		CompanyID tenantry.CompanyID `json:"companyId"`
		ID        tenantry.AppID     `json:"id"`
		Name      string             `json:"name"`
		VersionID tenantry.VersionID `json:"versionId"`
	}{a.CompanyID, a.ID, a.Name, a.VersionID}
}
