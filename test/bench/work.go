package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync/atomic"

	"github.com/tenantry/tenantry"
)

func headersOf(token string) string {
	return "Authorization: Bearer " + token + "\r\nVersion: 2021-07-28\r\n"
}

const jsonHeader = "Content-Type: application/json\r\n"

// repeated sends one of the requests at a time, in a random order.
func repeated(requests [][]byte) func(int) source {
	return func(worker int) source {
		random := rand.New(rand.NewPCG(1, uint64(worker))) //nolint:gosec // the same requests in each run, not a secret
		return func([]byte) ([]byte, error) { return requests[random.IntN(len(requests))], nil }
	}
}

// numbered makes each request anew from a number that no other one has.
func numbered(counter *atomic.Int64, to func(n int64) []byte) func(int) source {
	return func(int) source {
		return func([]byte) ([]byte, error) { return to(counter.Add(1)), nil }
	}
}

func (f *fixture) each(to func(i int, l tenantry.Location) []byte) [][]byte {
	requests := make([][]byte, len(f.locations))
	for i, l := range f.locations {
		requests[i] = to(i, l)
	}
	return requests
}

// readByID reads sub-accounts with the agency's token.
func (f *fixture) readByID() work {
	return work{name: "read by id", status: 200, source: repeated(f.each(func(_ int, l tenantry.Location) []byte {
		return request("GET", "/locations/"+string(l.ID), headersOf(f.agency), nil)
	}))}
}

// readOwn reads sub-accounts with their own tokens.
func (f *fixture) readOwn() work {
	return work{name: "read by id, own token", status: 200, source: repeated(f.each(func(i int, l tenantry.Location) []byte {
		return request("GET", "/locations/"+string(l.ID), headersOf(f.own[i]), nil)
	}))}
}

// readFresh reads sub-accounts with tokens that the server has never seen.
func (f *fixture) readFresh() work {
	var used atomic.Int64
	return work{name: "read by id, new token", status: 200, source: func(worker int) source {
		return func([]byte) ([]byte, error) {
			n := int(used.Add(1)) - 1
			if n >= len(f.fresh) {
				return nil, errors.New("more tokens are needed: -fresh")
			}
			return request("GET", "/locations/"+string(f.locations[(n+worker)%len(f.locations)].ID), headersOf(f.fresh[n]), nil), nil
		}
	}}
}

// searchPage reads pages of ten out of the first pages sub-accounts.
func (f *fixture) searchPage(name string, from, pages int) work {
	requests := make([][]byte, pages)
	for i := range requests {
		requests[i] = request("GET", fmt.Sprintf("/locations/search?companyId=%s&limit=10&skip=%d", f.company, from+10*i), headersOf(f.agency), nil)
	}
	return work{name: name, status: 200, source: repeated(requests)}
}

// searchBehind reads pages of ten behind the sub-accounts of the last tenth.
func (f *fixture) searchBehind(name string) work {
	var requests [][]byte
	for _, l := range f.locations[len(f.locations)*9/10:] {
		token := base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d:%s", l.CreatedAt.UnixMilli(), l.ID))
		requests = append(requests, request("GET", fmt.Sprintf("/locations/search?companyId=%s&limit=10&pageToken=%s", f.company, token), headersOf(f.agency), nil))
	}
	return work{name: name, status: 200, source: repeated(requests)}
}

// searchEmail looks sub-accounts up by their address.
func (f *fixture) searchEmail() work {
	return work{name: "e-mail search", status: 200, source: repeated(f.each(func(_ int, l tenantry.Location) []byte {
		return request("GET", "/locations/search?email="+url.QueryEscape(l.Email), headersOf(f.agency), nil)
	}))}
}

// searchTasks looks for the tasks of a sub-account.
func (f *fixture) searchTasks() work {
	return work{name: "task search", status: 200, source: repeated(f.each(func(i int, l tenantry.Location) []byte {
		return request("POST", "/locations/"+string(l.ID)+"/tasks/search", headersOf(f.own[i])+jsonHeader, []byte(`{"query":"call","completed":false}`))
	}))}
}

// createTag makes tags of names that no earlier work of the fixture used.
func (f *fixture) createTag() work {
	return work{name: "create tag", status: 200, source: numbered(&f.tags, func(n int64) []byte {
		i := int(n) % len(f.locations)
		return request("POST", "/locations/"+string(f.locations[i].ID)+"/tags", headersOf(f.own[i])+jsonHeader, fmt.Appendf(nil, `{"name":"tag %d"}`, n))
	})}
}

func (f *fixture) createLocation() work {
	var n atomic.Int64
	return work{name: "create sub-account", status: 200, source: numbered(&n, func(n int64) []byte {
		body := fmt.Appendf(nil, `{"companyId":%q,"name":"Bench %d","phone":"+13125550123","address":"4th fleet street","city":"New York","state":"Illinois",`+
			`"country":"US","postalCode":"567654","website":"https://yourwebsite.com","timezone":"US/Central",`+
			`"prospectInfo":{"firstName":"John","lastName":"Doe","email":"john.doe%d@mail.com"}}`, f.company, n, n)
		return request("POST", "/locations/", headersOf(f.agency)+jsonHeader, body)
	})}
}

func (f *fixture) updateLocation() work {
	var n atomic.Int64
	return work{name: "update sub-account", status: 200, source: numbered(&n, func(n int64) []byte {
		body := fmt.Appendf(nil, `{"companyId":%q,"name":"Bench again %d"}`, f.company, n)
		return request("PUT", "/locations/"+string(f.locations[int(n)%len(f.locations)].ID), headersOf(f.agency)+jsonHeader, body)
	})}
}

const formHeader = "Content-Type: application/x-www-form-urlencoded\r\n"

// rotate uses the refresh token that the answer before gave, one family on each connection.
func (f *fixture) rotate() work {
	return work{name: "refresh rotation", status: 200, source: func(worker int) source {
		token := f.refresh[worker]
		return func(before []byte) ([]byte, error) {
			if before != nil {
				var answer struct {
					RefreshToken string `json:"refresh_token"`
				}
				if err := json.Unmarshal(before, &answer); err != nil {
					return nil, err
				}
				token = answer.RefreshToken
			}
			form := url.Values{"grant_type": {"refresh_token"}, "client_id": {f.clientID}, "client_secret": {f.secret}, "refresh_token": {token}}
			return request("POST", "/oauth/token", formHeader, []byte(form.Encode())), nil
		}
	}}
}

// issueToken asks for a token of the agency; nothing is stored.
func (f *fixture) issueToken() work {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {f.clientID}, "client_secret": {f.secret}}
	return work{name: "token issue", status: 200, source: repeated([][]byte{request("POST", "/oauth/token", formHeader, []byte(form.Encode()))})}
}

// The requests to the references.

func constantWork(name string) work {
	return work{name: name, status: 200, source: repeated([][]byte{request("GET", "/", headersOf("none"), nil)})}
}

func readWork() work {
	var requests [][]byte
	for i := range referenceRows {
		requests = append(requests, request("GET", fmt.Sprintf("/?id=%d", i), headersOf("none"), nil))
	}
	return work{name: "constant JSON behind a SQLite read", status: 200, source: repeated(requests)}
}

func insertWork() work {
	return work{name: "batched durable insert", status: 200, source: repeated([][]byte{request("POST", "/", jsonHeader, []byte(`{"name":"tag"}`))})}
}
