package tenantry

import (
	"net/netip"
	"net/url"
	"strings"
)

// MaxRedirectURI is the longest redirect URI, in bytes.
const MaxRedirectURI = 2048

// CheckRedirectURI refuses what must not be registered as a redirect URI: a code sent
// there could reach another than the app (RFC 6749, section 3.1.2; RFC 9700, sections
// 2.1 and 4.1). Errors: Invalid.
func CheckRedirectURI(uri string) error {
	if problem := redirectProblem(uri); problem != "" {
		return InvalidInput("redirect URI " + uri + " " + problem)
	}
	return nil
}

// redirectProblem says what is wrong with a redirect URI, "" when nothing is.
func redirectProblem(uri string) string {
	if len(uri) > MaxRedirectURI {
		return "is longer than 2048 bytes"
	}
	// A browser reads a backslash as a slash and drops tabs and line ends, so that what it
	// opens would not be what was checked.
	if strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`\"<>^{|}`+"`", r) }) {
		return "has a character that must be percent-encoded"
	}
	if strings.Contains(uri, "#") {
		return "must not have a fragment"
	}
	u, err := url.Parse(uri)
	if err != nil {
		return "is not a valid URI"
	}
	switch {
	case !strings.HasPrefix(uri, "https://") && !strings.HasPrefix(uri, "http://"):
		return "must be an absolute https URI"
	case u.Hostname() == "" || strings.Contains(u.Host, "*"):
		return "must name a host"
	case u.User != nil || strings.Contains(u.Host, "@"):
		return "must not have a user name or password"
	case strings.HasSuffix(u.Host, ":"):
		return "must not have an empty port"
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return "must use https, unless it is on a loopback host"
	case hasDotSegment(u.EscapedPath()):
		return "must not have . or .. in its path"
	}
	return ""
}

// isLoopback tells whether a host is this machine.
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && addr.IsLoopback())
}

// hasDotSegment tells whether a path has a segment that browsers resolve, plain or escaped.
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(strings.ToLower(path), "/") {
		if s := strings.ReplaceAll(segment, "%2e", "."); s == "." || s == ".." {
			return true
		}
	}
	return false
}
