package crash_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/client"
)

// enough is how many of a kind a client keeps in a location, guests how many locations.
const (
	enough = 25
	guests = 3
)

// thing is what a client knows of a resource that it made.
type thing struct {
	kind   *kind
	place  *place
	id     string // empty while its creation is in doubt
	text   string // as acknowledged; empty once it is deleted
	events []tenantry.EventType
	files  map[string]upload // by name, of a contact or custom field

	doubt   *change // sent and not answered
	pending []upload
}

// change is an event that a request makes, and the text that the thing has then.
type change struct {
	event tenantry.EventType
	text  string
}

// upload is a file that a thing has.
type upload struct {
	name, sha256 string
	path         string // of its URL; empty when the answer was lost
}

// settle makes the change that was in doubt a fact.
func (t *thing) settle() {
	t.events, t.text = append(t.events, t.doubt.event), t.doubt.text
	for _, u := range t.pending {
		t.files[u.name] = u
	}
	t.doubt, t.pending = nil, nil
	if t.text == "" {
		t.files = nil
	}
}

// forget drops the change that was in doubt.
func (t *thing) forget() { t.doubt, t.pending = nil, nil }

// place is a location with what is in it.
type place struct {
	location *thing
	token    string // of the location; empty until one was got
	api      *client.Client
	things   []*thing
}

func (p *place) id() string   { return p.location.id }
func (p *place) isLive() bool { return p.location.text != "" }

// isOpen tells whether something can be done in it.
func (p *place) isOpen() bool {
	return p.isLive() && (p.location.doubt == nil || p.location.doubt.event != tenantry.LocationDeleted)
}

// isSettled tells whether nothing in it is in doubt.
func (p *place) isSettled() bool {
	return p.location.doubt == nil && !slices.ContainsFunc(p.things, func(t *thing) bool { return t.doubt != nil })
}

// live lists the things of a kind that are there, without those that a change is in doubt of.
func (p *place) live(k *kind) (list []*thing) {
	for _, t := range p.things {
		if t.kind == k && t.text != "" && t.doubt == nil {
			list = append(list, t)
		}
	}
	return list
}

// worker is one client. It does one thing after the other, so at most one is in doubt.
type worker struct {
	*installation
	n            int
	rnd          *rand.Rand
	agency       *client.Client
	places       []*place // the first is its home
	session      session
	texts        int
	acknowledged int
	hasFiles     bool // whether it uploads some
}

func newWorker(in *installation, n int, h home, rnd *rand.Rand) *worker {
	w := &worker{installation: in, n: n, rnd: rnd, hasFiles: true}
	p := &place{token: h.token, location: &thing{kind: locationKind, id: h.location, text: "home", events: []tenantry.EventType{tenantry.LocationCreated}}}
	p.location.place = p
	p.things = []*thing{{
		kind: contactKind, place: p, id: h.contact, text: "home",
		events: []tenantry.EventType{tenantry.ContactCreated}, files: map[string]upload{},
	}}
	w.places = []*place{p}
	return w
}

// connect points the client at the server that runs now.
func (w *worker) connect() {
	w.agency = client.New(w.url, w.token)
	for _, p := range w.places {
		p.api = client.New(w.url, p.token)
	}
}

// work changes one thing after the other until an answer does not come, because the server
// was killed. An answer that is a refusal is an error: nobody else is at what a worker changes.
func (w *worker) work(ctx context.Context) error {
	for {
		err := w.step(ctx)
		switch {
		case err == nil:
			w.acknowledged++
		case isUnanswered(err) && w.server.killed.Load():
			return nil
		default:
			return err
		}
	}
}

func isUnanswered(err error) bool {
	if _, refused := errors.AsType[*client.Error](err); refused {
		return false
	}
	_, sending := errors.AsType[*url.Error](err)
	_, reading := errors.AsType[*net.OpError](err)
	return sending || reading || errors.Is(err, io.ErrUnexpectedEOF)
}

// step makes one change.
func (w *worker) step(ctx context.Context) error {
	var open []*place
	for _, p := range w.places {
		if p.isOpen() {
			open = append(open, p)
		}
	}
	p := open[w.rnd.IntN(len(open))]
	isHome := p == w.places[0]
	switch dice := w.rnd.IntN(100); {
	case p.token == "":
		return w.enter(ctx, p)
	case dice < 4 && len(open) <= guests:
		return w.createLocation(ctx)
	case dice < 6 && !isHome && p.isSettled():
		return w.deleteLocation(ctx, p)
	case dice < 10 && p.location.doubt == nil:
		return w.updateLocation(ctx, p)
	case dice < 22 && w.hasFiles:
		return w.upload(ctx, p)
	case dice < 34 && isHome:
		return w.useSession(ctx)
	default:
		return w.changeContent(ctx, p, contents[w.rnd.IntN(len(contents))])
	}
}

// text makes one that nobody else has, in lower case as tags are.
func (w *worker) text() string {
	w.texts++
	return fmt.Sprintf("w%d-%d", w.n, w.texts)
}

func (w *worker) changeContent(ctx context.Context, p *place, k *kind) error {
	live := p.live(k)
	dice := w.rnd.IntN(100)
	if len(live) == 0 || (dice < 45 && len(live) < enough) {
		t := &thing{kind: k, place: p, doubt: &change{k.created, w.text()}, files: map[string]upload{}}
		p.things = append(p.things, t)
		id, err := k.create(ctx, p, t.doubt.text)
		if err == nil {
			t.id = id
			t.settle()
		}
		return err
	}
	t := live[w.rnd.IntN(len(live))]
	if dice < 75 {
		text := w.text()
		return t.change(k.updated, text, func() error { return k.update(ctx, p, t.id, text) })
	}
	return t.change(k.deleted, "", func() error { return k.remove(ctx, p, t.id) })
}

// change sends a change, which is in doubt until it is answered.
func (t *thing) change(event tenantry.EventType, text string, send func() error) error {
	t.doubt = &change{event, text}
	err := send()
	if err == nil {
		t.settle()
	}
	return err
}

func (w *worker) createLocation(ctx context.Context) error {
	p := &place{location: &thing{kind: locationKind, doubt: &change{tenantry.LocationCreated, w.text()}}}
	p.location.place = p
	w.places = append(w.places, p)
	made, err := w.agency.CreateLocation(ctx, client.CreateLocationRequest{
		Name: p.location.doubt.text, City: p.location.doubt.text, CompanyID: w.company,
	})
	if err == nil {
		p.location.id = made.ID
		p.location.settle()
	}
	return err
}

func (w *worker) updateLocation(ctx context.Context, p *place) error {
	text := w.text()
	return p.location.change(tenantry.LocationUpdated, text, func() error {
		_, err := w.agency.UpdateLocation(ctx, p.id(), client.UpdateLocationRequest{CompanyID: w.company, Name: &text, City: &text})
		return err
	})
}

func (w *worker) deleteLocation(ctx context.Context, p *place) error {
	return p.location.change(tenantry.LocationDeleted, "", func() error {
		_, err := w.agency.DeleteLocation(ctx, p.id(), false)
		return err
	})
}

// enter gets a token of the location for the agency's.
func (w *worker) enter(ctx context.Context, p *place) error {
	got, err := w.exchange(ctx, p)
	if err == nil {
		p.token = got.Access
		p.api = client.New(w.url, p.token)
	}
	return err
}

// upload sends some files to a custom field, or to the contact at home.
func (w *worker) upload(ctx context.Context, p *place) error {
	owners := append(p.live(fieldKind), p.live(contactKind)...)
	if len(owners) == 0 {
		return w.changeContent(ctx, p, fieldKind)
	}
	t := owners[w.rnd.IntN(len(owners))]
	var files []client.Upload
	for range 1 + w.rnd.IntN(3) {
		name := w.text() + ".txt"
		content := bytes.Repeat([]byte(name+"\n"), 1+w.rnd.IntN(2000))
		sum := sha256.Sum256(content)
		t.pending = append(t.pending, upload{name: name, sha256: hex.EncodeToString(sum[:])})
		files = append(files, client.Upload{Name: name, Content: bytes.NewReader(content), Field: "file"})
	}
	return t.change(tenantry.FilesUploaded, t.text, func() error {
		got, err := p.api.UploadFiles(ctx, p.id(), t.id, len(files), files...)
		if err != nil {
			return err
		}
		for i := range t.pending {
			t.pending[i].path = strings.TrimPrefix(got.URLs[t.pending[i].name], w.url)
		}
		return nil
	})
}

// clean drops the creations that the kill has undone.
func (w *worker) clean() {
	w.places = slices.DeleteFunc(w.places, func(p *place) bool { return p.id() == "" })
	for _, p := range w.places {
		p.things = slices.DeleteFunc(p.things, func(t *thing) bool { return t.id == "" })
	}
}
