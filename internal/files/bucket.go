package files

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// bucket keeps files as objects whose names are the prefix and the key.
type bucket struct {
	Bucket
	client    *minio.Client
	creds     *credentials.Credentials
	transport *http.Transport
	now       func() time.Time
}

// Credentials open a bucket. Without them, the standard sources are asked in this order: the
// environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN), the
// profile of the AWS credentials file, the role of the machine, container or pod.
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
}

// OpenBucket makes a store of the files in a bucket. Uploads arrive in the folder dir on the
// local disk, which it makes when it is missing; other processes may use it too. now tells
// what is old enough to be an orphan. It calls nobody: see [Store.Check].
func OpenBucket(dir string, b Bucket, c Credentials, now func() time.Time) (*Store, error) {
	s, err := openStaging(dir, now)
	if err != nil {
		return nil, err
	}
	kept, err := newBucket(b, c, now)
	if err != nil {
		_ = s.root.Close() // nothing was written
		return nil, err
	}
	return &Store{staging: s, kept: kept}, nil
}

func newBucket(b Bucket, c Credentials, now func() time.Time) (*bucket, error) {
	endpoint, err := url.Parse(b.Endpoint)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", b, err)
	}
	secure := endpoint.Scheme == "https"
	transport, err := newTransport(secure)
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", b, err)
	}
	out := &bucket{Bucket: b, creds: provider(c), transport: transport, now: now}
	out.client, err = minio.New(endpoint.Host, &minio.Options{
		Creds: out.creds, Secure: secure, Transport: transport, BucketLookup: b.lookup, MaxRetries: tries,
		// A known region saves asking for it, and the right to ask.
		Region: cmp.Or(b.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), "us-east-1"),
	})
	if err != nil {
		return nil, fmt.Errorf("bucket %s: %w", b, err)
	}
	return out, nil
}

func provider(c Credentials) *credentials.Credentials {
	if c != (Credentials{}) {
		return credentials.NewStaticV4(c.AccessKeyID, c.SecretAccessKey, "")
	}
	return credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{},
		&credentials.FileAWSCredentials{},
		// Outside of a cloud nobody answers where a machine's role is asked for.
		&credentials.IAM{Client: &http.Client{Timeout: roleTimeout}},
	})
}

func (b *bucket) close() error {
	b.transport.CloseIdleConnections()
	return nil
}

func (b *bucket) object(key string) string { return path.Join(b.Prefix, key) }

// sha256Meta is the metadata of an object that names its content.
const sha256Meta = "sha256"

// keep sends the file from the disk, in one request. Its size is known and it can be read
// again, so that nothing of it is held in memory and a failed request can be repeated.
//
// It tells the storage nothing of its type: should somebody open the bucket to browsers,
// they save what is in it.
func (b *bucket) keep(ctx context.Context, st *Staged, key string) error {
	f, err := st.store.root.Open(st.place)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // it was only read
	ctx, cancel := context.WithTimeout(ctx, keepTimeout)
	defer cancel()
	o := minio.PutObjectOptions{DisableMultipart: true, UserMetadata: map[string]string{sha256Meta: st.SHA256}}
	o.SetMatchETagExcept("*") // only where nothing is
	_, err = b.client.PutObject(ctx, b.Name, b.object(key), f, st.Size, o)
	if minio.ToErrorResponse(err).StatusCode == http.StatusPreconditionFailed {
		return b.isKept(ctx, st, key)
	}
	return b.failed(err)
}

// isKept tells whether what lies at key is the file after all: when the answer to the first
// request got lost, the second finds its place taken.
func (b *bucket) isKept(ctx context.Context, st *Staged, key string) error {
	info, err := b.client.StatObject(ctx, b.Name, b.object(key), minio.StatObjectOptions{})
	if err != nil && !isMissing(err) { // missing: another's, which is not there yet or no longer
		return b.failed(err)
	}
	for name, value := range info.UserMetadata {
		if strings.EqualFold(name, sha256Meta) && value == st.SHA256 {
			return nil
		}
	}
	return fmt.Errorf("file key %q: %w", key, fs.ErrExist)
}

// object is an opened object. Reading it ends with its context.
type object struct {
	*minio.Object
	cancel context.CancelFunc
}

// Close ends the request under way.
func (o object) Close() error {
	defer o.cancel()
	return o.Object.Close()
}

func (b *bucket) open(ctx context.Context, key string) (io.ReadSeekCloser, time.Time, error) {
	ctx, cancel := context.WithCancel(ctx)
	content, err := b.client.GetObject(ctx, b.Name, b.object(key), minio.GetObjectOptions{})
	if err != nil {
		cancel()
		return nil, time.Time{}, b.failed(err)
	}
	late := time.AfterFunc(callTimeout, cancel) // reading it takes as long as its reader does
	info, err := content.Stat()
	if late.Stop() && err == nil {
		return object{content, cancel}, info.LastModified, nil
	}
	_ = content.Close() // its error is that of Stat
	cancel()
	if isMissing(err) {
		return nil, time.Time{}, b.missing(ctx, err)
	}
	return nil, time.Time{}, b.failed(cmp.Or(err, context.DeadlineExceeded))
}

// missing tells an object that is not there from a bucket that is not: an answer
// without a body does not.
func (b *bucket) missing(ctx context.Context, err error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	if exists, lookup := b.client.BucketExists(ctx, b.Name); lookup != nil || !exists {
		return b.failed(cmp.Or(lookup, err))
	}
	return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
}

// remove goes on when the caller is gone: it is what an upload ends with that failed.
func (b *bucket) remove(ctx context.Context, keys ...string) (removed int, err error) {
	if len(keys) == 0 {
		return 0, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTimeout)
	defer cancel()
	return b.removeObjects(ctx, func(yield func(minio.ObjectInfo) bool) {
		for _, key := range keys {
			if !yield(minio.ObjectInfo{Key: b.object(key)}) {
				return
			}
		}
	})
}

func (b *bucket) removeTree(ctx context.Context, prefix string) error {
	var listing error
	_, err := b.removeObjects(ctx, func(yield func(minio.ObjectInfo) bool) {
		for info := range b.objects(ctx, prefix) {
			if listing = info.Err; listing != nil || !yield(minio.ObjectInfo{Key: info.Key}) {
				return
			}
		}
	})
	return cmp.Or(b.failed(listing), err)
}

// removeObjects removes objects, a thousand in a request. It tells the first error.
func (b *bucket) removeObjects(ctx context.Context, objects iter.Seq[minio.ObjectInfo]) (removed int, err error) {
	results, err := b.client.RemoveObjectsWithIter(ctx, b.Name, objects, minio.RemoveObjectsOptions{})
	if err != nil {
		return 0, b.failed(err)
	}
	for r := range results {
		if r.Err != nil && !isMissing(r.Err) {
			err = cmp.Or(err, r.Err)
			continue
		}
		removed++
	}
	return removed, b.failed(cmp.Or(err, ctx.Err()))
}

// objects lists the objects below a folder, in the order of their names; "" is for all.
func (b *bucket) objects(ctx context.Context, folder string) iter.Seq[minio.ObjectInfo] {
	prefix := b.object(folder)
	if prefix != "" {
		prefix += "/"
	}
	return b.client.ListObjectsIter(ctx, b.Name, minio.ListObjectsOptions{Prefix: prefix, Recursive: true})
}

// settled lists the whole bucket once, which takes one request a thousand files.
func (b *bucket) settled(ctx context.Context, fn func(folder string, names []string) error) error {
	var folder string
	var names []string
	flush := func() error {
		page := names
		names = nil
		if len(page) == 0 {
			return nil
		}
		return fn(folder, page)
	}
	for info := range b.objects(ctx, "") {
		if info.Err != nil {
			return b.failed(info.Err)
		}
		key := strings.TrimPrefix(strings.TrimPrefix(info.Key, b.Prefix), "/")
		dir, name := path.Split(key)
		dir = strings.TrimSuffix(dir, "/")
		if strings.Count(key, "/") != 1 || checkKey(key) != nil || b.now().Sub(info.LastModified) <= settleTime {
			continue
		}
		if dir != folder || len(names) == sweepPage {
			if err := flush(); err != nil {
				return err
			}
			folder = dir
		}
		names = append(names, name)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return flush()
}
