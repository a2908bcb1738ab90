package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"

	"github.com/tenantry/tenantry"
)

// namePeer is the program that others would use instead. Its writes are not flushed one by one.
const namePeer = "PocketBase"

// peer is a running PocketBase with a collection that has the fields of a sub-account.
type peer struct {
	process *process
	token   string   // of a user, who may do everything with the collection
	ids     []string // of its records
}

// comparePeer lets the server and PocketBase take turns with the same work.
func comparePeer(ctx context.Context, o options, out, progress io.Writer) (err error) {
	s, err := newSite(sqlite)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	_, _ = fmt.Fprintf(progress, "filling both with %d sub-accounts\n", compareLocations)
	at, err := s.place(ctx, "data")
	if err != nil {
		return err
	}
	f, err := makeFixture(ctx, o.binary, at, compareLocations, 0)
	if err != nil {
		return err
	}
	server, _, err := startServer(ctx, o.binary, at)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	p, err := startPeer(ctx, o.peer, s, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.process.stop()) }()
	var rows []row
	for _, pair := range []struct {
		ours, theirs work
		target       float64
	}{
		{f.readByID(), p.read(), 6},
		{f.searchPage("list page of ten", 0, compareLocations/10), p.list(), 6},
		{f.createLocation(), p.create(f.locations[0]), 5},
		{f.updateLocation(), p.update(), 5},
	} {
		if !o.only.MatchString(pair.ours.name) {
			continue
		}
		_, _ = fmt.Fprintln(progress, pair.ours.name)
		c := comparison{pair.ours, []reference{{name: namePeer, target: pair.target}}}
		more, err := c.against(ctx, o, []string{server.addr}, pair.theirs, p.process.addr)
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	return publish(ctx, o, out, table(rows))
}

// The collection, and the only account of the user that the requests come from.
const (
	peerEmail      = "bench@bench.example"
	peerCollection = `{"name":"locations","type":"base","listRule":"@request.auth.id != ''","viewRule":"@request.auth.id != ''",` +
		`"createRule":"@request.auth.id != ''","updateRule":"@request.auth.id != ''",` +
		`"indexes":["CREATE INDEX locations_in_order ON locations (created)"],"fields":[%s` +
		`{"name":"settings","type":"json"},{"name":"social","type":"json"},` +
		`{"name":"created","type":"autodate","onCreate":true},{"name":"updated","type":"autodate","onCreate":true,"onUpdate":true}]}`
)

// startPeer serves a new PocketBase with a copy of the fixture's sub-accounts.
func startPeer(ctx context.Context, binary string, s *site, f *fixture) (p *peer, err error) {
	folder, password := s.folder+"/peer", rand.Text()
	admin := exec.CommandContext(ctx, binary, "superuser", "upsert", peerEmail, password, "--dir", folder) //nolint:gosec // built by make
	if said, err := admin.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, said)
	}
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	p = &peer{process: &process{addr: addr, cmd: exec.CommandContext(ctx, binary, "serve", "--http", addr, "--dir", folder)}} //nolint:gosec // built by make
	logs, err := os.Create(folder + ".log")
	if err != nil {
		return nil, err
	}
	p.process.cmd.Stdout, p.process.cmd.Stderr = logs, logs
	if err := errors.Join(p.process.cmd.Start(), logs.Close()); err != nil {
		return nil, err
	}
	if err := errors.Join(awaitAnswer(ctx, addr, "/api/health"), ctx.Err()); err != nil {
		return nil, errors.Join(err, p.process.stop())
	}
	if err := p.fill(f, password); err != nil {
		return nil, errors.Join(err, p.process.stop())
	}
	return p, nil
}

// fill makes the collection, the user and the records.
func (p *peer) fill(f *fixture, password string) error {
	c, err := dial(p.process.addr)
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	do := func(token, path string, body []byte) (answer struct{ ID, Token string }, err error) {
		status, said, err := c.do(request("POST", path, headersOf(token)+jsonHeader, body))
		if err == nil && status != 200 {
			err = fmt.Errorf("%s %s answered %d: %.300s", namePeer, path, status, said)
		}
		return answer, errors.Join(err, json.Unmarshal(said, &answer))
	}
	login := fmt.Appendf(nil, `{"identity":%q,"password":%q}`, peerEmail, password)
	admin, err := do("none", "/api/collections/_superusers/auth-with-password", login)
	if err != nil {
		return err
	}
	var fields strings.Builder
	for _, name := range []string{"companyId", "name", "phone", "email", "firstName", "lastName", "address", "city", "state", "country", "postalCode", "website", "timezone"} {
		fmt.Fprintf(&fields, `{"name":%q,"type":"text"},`, name)
	}
	if _, err := do(admin.Token, "/api/collections", fmt.Appendf(nil, peerCollection, fields.String())); err != nil {
		return err
	}
	user := fmt.Appendf(nil, `{"email":%q,"password":%q,"passwordConfirm":%q}`, peerEmail, password, password)
	if _, err := do(admin.Token, "/api/collections/users/records", user); err != nil {
		return err
	}
	signedIn, err := do("none", "/api/collections/users/auth-with-password", login)
	if err != nil {
		return err
	}
	p.token = signedIn.Token
	for _, l := range f.locations {
		made, err := do(p.token, peerRecords, peerRecord(l))
		if err != nil {
			return err
		}
		p.ids = append(p.ids, made.ID)
	}
	return nil
}

const peerRecords = "/api/collections/locations/records"

// peerRecord is the body that makes a copy of a sub-account.
func peerRecord(l tenantry.Location) []byte {
	body, err := json.Marshal(map[string]any{
		"companyId": l.CompanyID, "name": l.Name, "phone": l.Phone, "email": l.Email, "firstName": l.FirstName, "lastName": l.LastName,
		"address": l.Address, "city": l.City, "state": l.State, "country": l.Country, "postalCode": l.PostalCode,
		"website": l.Website, "timezone": l.Timezone, "settings": l.Settings, "social": l.Social,
	})
	if err != nil {
		panic(err) // texts and flags are JSON
	}
	return body
}

func (p *peer) read() work {
	var requests [][]byte
	for _, id := range p.ids {
		requests = append(requests, request("GET", peerRecords+"/"+id, headersOf(p.token), nil))
	}
	return work{name: namePeer, status: 200, source: repeated(requests)}
}

func (p *peer) list() work {
	var requests [][]byte
	for page := range len(p.ids) / 10 {
		requests = append(requests, request("GET", fmt.Sprintf("%s?perPage=10&sort=created&page=%d", peerRecords, page+1), headersOf(p.token), nil))
	}
	return work{name: namePeer, status: 200, source: repeated(requests)}
}

func (p *peer) create(l tenantry.Location) work {
	return work{name: namePeer, status: 200, source: repeated([][]byte{request("POST", peerRecords, headersOf(p.token)+jsonHeader, peerRecord(l))})}
}

func (p *peer) update() work {
	var n atomic.Int64
	return work{name: namePeer, status: 200, source: numbered(&n, func(n int64) []byte {
		return request("PATCH", peerRecords+"/"+p.ids[int(n)%len(p.ids)], headersOf(p.token)+jsonHeader, fmt.Appendf(nil, `{"name":"Bench again %d"}`, n))
	})}
}
