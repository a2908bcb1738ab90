package files

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/minio/minio-go/v7"
)

func TestParseBucket(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Bucket{
		"s3://uploads": {Name: "uploads", Endpoint: amazonEndpoint},
		"s3://uploads/a/b/?endpoint=https://s3.example.com&region=eu-1&path-style=true": {Name: "uploads", Prefix: "a/b", Endpoint: "https://s3.example.com", Region: "eu-1", lookup: minio.BucketLookupPath},
		"s3://up.loads-2/?endpoint=http%3A%2F%2F10.0.0.5%3A9000%2F&path-style=false":    {Name: "up.loads-2", Endpoint: "http://10.0.0.5:9000", lookup: minio.BucketLookupDNS},
	} {
		got, err := ParseBucket(text)
		if diff := cmp.Diff(want, got, cmpopts.EquateComparable(Bucket{})); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", text, err, diff)
		}
	}
}

func TestParseBucketRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"s3://key:sEcret@uploads":                               "set AWS_ACCESS_KEY_ID",
		"s3://sEcret@uploads":                                   "set AWS_ACCESS_KEY_ID",
		"s3://key:sEc%ret@uploads":                              "set AWS_ACCESS_KEY_ID",
		"s3://uploads?endpoint=https://key:sEcret@s3.example":   "set AWS_ACCESS_KEY_ID",
		"s3://uploads?endpoint=https://key:sEc%25ret@s3.exampl": "set AWS_ACCESS_KEY_ID",
		"s3://uploads?secret-key=sEcret":                        "has endpoint, region and path-style",
		"s3://uploads?endpoint=https://s3.example/sEcret":       "without a path",
		"s3://uploads?endpoint=ftp://s3.example":                "without a path",
		"s3://uploads?endpoint=s3.example":                      "without a path",
		"s3://uploads?endpoint=":                                "without a path",
		"s3://uploads?path-style=yes":                           "true or false",
		"s3://uploads?region=a&region=b":                        "twice",
		"s3://uploads?a;b":                                      "name=value",
		"s3://uploads#sEcret":                                   "looks like",
		"s3://uploads:80":                                       "looks like",
		"s3://%zz":                                              "looks like",
		"/var/lib/files":                                        "looks like",
		"s3://":                                                 "cannot be the name",
		"s3://UP":                                               "cannot be the name",
		"s3://uploads/../other":                                 "one to four names",
		"s3://uploads/a//b":                                     "one to four names",
		"s3://uploads/.staging":                                 "one to four names",
	} {
		_, err := ParseBucket(text)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sEc") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}
