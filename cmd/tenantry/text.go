package main

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/files"
)

// baseURL is a flag: the URL of a server, without a slash at its end.
type baseURL string

// UnmarshalText accepts an absolute http or https URL without a query.
func (u *baseURL) UnmarshalText(text []byte) error {
	parsed, err := url.Parse(string(text))
	if err != nil || (parsed.Scheme != "http" && parsed.Scheme != "https") || parsed.Hostname() == "" ||
		parsed.User != nil || strings.ContainsAny(string(text), "?#") {
		return errors.New("must be a URL such as https://api.example.com, without a query")
	}
	*u = baseURL(strings.TrimRight(string(text), "/"))
	return nil
}

// maxName bounds a name, in characters.
const maxName = 255

// name is a flag: the name of something that is to be made, without spaces around it.
type name string

// UnmarshalText accepts 1 to 255 characters.
func (n *name) UnmarshalText(text []byte) error {
	*n = name(strings.TrimSpace(string(text)))
	if length := utf8.RuneCountInString(string(*n)); length < 1 || length > maxName {
		return errors.New("must have 1 to " + strconv.Itoa(maxName) + " characters")
	}
	return nil
}

// scopeList is a flag: scopes, separated by commas.
type scopeList []tenantry.Scope

// UnmarshalText accepts at least one scope; it names every unknown one.
func (l *scopeList) UnmarshalText(text []byte) error {
	var texts, unknown []string
	for s := range strings.SplitSeq(string(text), ",") {
		s = strings.TrimSpace(s)
		if _, err := tenantry.ParseScopes([]string{s}); err != nil {
			unknown = append(unknown, "unknown scope "+strconv.Quote(s))
		}
		texts = append(texts, s)
	}
	if strings.TrimSpace(string(text)) == "" {
		return errors.New("names no scope; leave it out for all scopes")
	}
	if len(unknown) > 0 {
		return errors.New(strings.Join(unknown, ", "))
	}
	scopes, err := tenantry.ParseScopes(texts)
	*l = scopes
	return err
}

// filesPlace is a flag: where uploaded files are kept, the path of a folder or the address of a bucket.
type filesPlace struct {
	folder string // an absolute path
	bucket *files.Bucket
}

// UnmarshalText accepts an address that begins with s3://; anything else is a path.
func (p *filesPlace) UnmarshalText(text []byte) error {
	if !files.IsBucket(string(text)) {
		*p = filesPlace{folder: kong.ExpandPath(string(text))}
		return nil
	}
	b, err := files.ParseBucket(string(text))
	*p = filesPlace{bucket: &b}
	return err
}
