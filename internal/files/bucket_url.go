package files

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/s3utils"
)

// bucketScheme begins the address of a bucket.
const bucketScheme = "s3://"

// amazonEndpoint is where a bucket is that names no endpoint.
const amazonEndpoint = "https://s3.amazonaws.com"

// errCredentialsInURL says where credentials go. It repeats nothing of the address.
var errCredentialsInURL = errors.New("the address of a bucket must not hold credentials, which end up in process lists and logs: " +
	"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or use a credentials file or a role")

// Bucket says where a bucket is.
type Bucket struct {
	Name     string
	Prefix   string // of all keys, without slashes around it; empty for none
	Endpoint string // such as "https://s3.example.com"
	Region   string // empty: AWS_REGION or AWS_DEFAULT_REGION of the environment, else us-east-1
	lookup   minio.BucketLookupType
}

// IsBucket tells the address of a bucket from the path of a folder.
func IsBucket(text string) bool { return strings.HasPrefix(text, bucketScheme) }

// ParseBucket reads an address such as
// "s3://bucket/prefix?endpoint=https://s3.example.com&region=eu-1&path-style=true". Its
// errors never repeat the address: someone may have put a password there.
func ParseBucket(text string) (Bucket, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil && strings.Contains(text, "@"), err == nil && u.User != nil:
		return Bucket{}, errCredentialsInURL
	case err != nil || u.Scheme+"://" != bucketScheme || u.Fragment != "" || u.Port() != "":
		return Bucket{}, errors.New("the address of a bucket looks like s3://bucket/prefix?endpoint=https://s3.example.com&region=eu-1")
	case s3utils.CheckValidBucketNameStrict(u.Host) != nil:
		return Bucket{}, fmt.Errorf("%q cannot be the name of a bucket", u.Host)
	}
	b := Bucket{Name: u.Host, Prefix: strings.Trim(u.Path, "/"), Endpoint: amazonEndpoint}
	if b.Prefix != "" && checkKey(b.Prefix) != nil {
		return Bucket{}, errors.New("the prefix in a bucket is one to four names of letters, digits, '-', '_' and '.', with slashes between them")
	}
	return b, b.parseOptions(u.RawQuery)
}

func (b *Bucket) parseOptions(query string) error {
	options, err := url.ParseQuery(query)
	if err != nil {
		return errors.New("what follows the ? in the address of a bucket is not name=value&name=value")
	}
	for name, values := range options {
		if len(values) > 1 {
			return fmt.Errorf("the address of a bucket has %.20q twice", name)
		}
		switch value := values[0]; name {
		case "endpoint":
			err = b.setEndpoint(value)
		case "region":
			b.Region = value
		case "path-style":
			err = b.setLookup(value)
		default:
			err = fmt.Errorf("the address of a bucket has endpoint, region and path-style, not %.20q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *Bucket) setEndpoint(text string) error {
	u, err := url.Parse(text)
	if strings.Contains(text, "@") {
		return errCredentialsInURL
	}
	if err != nil || !slices.Contains([]string{"http", "https"}, u.Scheme) || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("the endpoint of a bucket is a URL such as https://s3.example.com or http://10.0.0.5:9000, without a path")
	}
	b.Endpoint = u.Scheme + "://" + u.Host
	return nil
}

// setLookup says whether the bucket is in the path of its URLs or in the host. The client
// knows for the large providers, and takes the path otherwise.
func (b *Bucket) setLookup(text string) error {
	switch text {
	case "true":
		b.lookup = minio.BucketLookupPath
	case "false":
		b.lookup = minio.BucketLookupDNS
	default:
		return fmt.Errorf("path-style of a bucket is true or false, not %.20q", text)
	}
	return nil
}

// String tells an operator where the files are.
func (b Bucket) String() string {
	text := bucketScheme + b.Name
	if b.Prefix != "" {
		text += "/" + b.Prefix
	}
	return text + " at " + b.Endpoint
}
