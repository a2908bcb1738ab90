package files

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/minio/minio-go/v7"

	"github.com/tenantry/tenantry"
)

// Limits of the calls to a bucket.
const (
	// tries is how often a request is sent at most; the pauses between are less than a second.
	tries = 3
	// callTimeout is for what has no content worth mentioning.
	callTimeout = 20 * time.Second
	// keepTimeout is for a file, of 50 MiB at most.
	keepTimeout = 2 * time.Minute
	dialTimeout = 5 * time.Second
	// silence is how long the storage may neither send nor take anything.
	silence     = 30 * time.Second
	roleTimeout = 2 * time.Second
	// storageRetryAfter is what a caller is told to wait when the storage is away.
	storageRetryAfter = 10 * time.Second
)

// newTransport is that of the client, but gives up on a storage that has fallen silent.
func newTransport(secure bool) (*http.Transport, error) {
	t, err := minio.DefaultTransport(secure)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: dialTimeout}
	t.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		c, err := dialer.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return impatient{c}, nil
	}
	t.IdleConnTimeout = silence
	return t, nil
}

// impatient is a connection that fails when nothing moves on it.
type impatient struct{ net.Conn }

// Read implements [net.Conn].
func (c impatient) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

// Write implements [net.Conn].
func (c impatient) Write(p []byte) (int, error) {
	// What is sent is no silence: the answer may take its time from the end of it.
	if err := c.SetDeadline(time.Now().Add(silence)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// failed is what a caller is told of an error of the storage: nothing but to come back. What
// it was is for the log. That the request was wrong is no caller's fault either.
func (b *bucket) failed(err error) error {
	if err == nil {
		return nil
	}
	e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "The server cannot reach its files right now. Try again later.")
	e.RetryAfter = storageRetryAfter
	return e.WithCause(fmt.Errorf("bucket %s: %w", b, withoutKey(err)))
}

// withoutKey is err without the name of an object, which the URL of a request and the messages
// of some storage have: who knows it may download the file, so it must not get into the log.
func withoutKey(err error) error {
	if answer := minio.ToErrorResponse(err); answer.Code != "" {
		return fmt.Errorf("%s (status %d)", answer.Code, answer.StatusCode)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", e.Op, e.Err)
	}
	return err
}

// isMissing tells that an object does not exist.
func isMissing(err error) bool { return minio.ToErrorResponse(err).Code == minio.NoSuchKey }

// check does once what the server does with files: a role that lacks a right is found out
// when the server starts, not by the first upload.
func (b *bucket) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*callTimeout)
	defer cancel()
	creds, err := b.creds.GetWithContext(b.client.CredContext())
	if err != nil {
		return fmt.Errorf("the credentials for the bucket cannot be read: %w", err)
	}
	if creds.AccessKeyID == "" {
		return fmt.Errorf("no credentials for the bucket %s: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or use a credentials file or a role", b)
	}
	for info := range b.client.ListObjectsIter(ctx, b.Name, minio.ListObjectsOptions{Prefix: b.Prefix, MaxKeys: 1}) {
		if info.Err != nil {
			return b.explain("list files", info.Err)
		}
		break
	}
	return b.tryOut(ctx)
}

// tryOut writes, reads and removes an object. No key of a file begins with a dot.
func (b *bucket) tryOut(ctx context.Context) error {
	name, content := b.object(".check-"+rand.Text()), []byte("check")
	o := minio.PutObjectOptions{DisableMultipart: true}
	o.SetMatchETagExcept("*")
	if _, err := b.client.PutObject(ctx, b.Name, name, bytes.NewReader(content), int64(len(content)), o); err != nil {
		return b.explain("write a file", err)
	}
	read, err := b.client.GetObject(ctx, b.Name, name, minio.GetObjectOptions{})
	if err == nil {
		var got []byte
		if got, err = io.ReadAll(read); err == nil && !bytes.Equal(got, content) {
			err = errors.New("it gives back something else than was written")
		}
		_ = read.Close() // it was only read
	}
	if err != nil {
		err = b.explain("read a file", err)
	}
	if removing := b.client.RemoveObject(ctx, b.Name, name, minio.RemoveObjectOptions{}); removing != nil {
		err = errors.Join(err, b.explain("remove a file", removing))
	}
	return err
}

// explain says to the operator what is likely to be wrong.
func (b *bucket) explain(doing string, err error) error {
	answer := minio.ToErrorResponse(err)
	switch {
	case answer.Code == minio.NoSuchBucket:
		return fmt.Errorf("the bucket %s does not exist: create it, or correct the address", b)
	case answer.StatusCode == http.StatusForbidden || answer.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("the bucket %s refuses to %s with these credentials: %w (%s)", b, doing, err, answer.Code)
	case answer.StatusCode == 0:
		return fmt.Errorf("the storage of the bucket %s cannot be reached: %w", b, withoutKey(err))
	}
	return fmt.Errorf("the bucket %s does not %s: %w (%s)", b, doing, err, answer.Code)
}
