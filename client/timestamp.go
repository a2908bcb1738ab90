package client

import "time"

// Timestamp is a time as the wire writes it: RFC 3339 in UTC with milliseconds. It
// is a text because the API also answers with empty ones.
type Timestamp string

// TimestampOf writes t for the wire.
func TimestampOf(t time.Time) Timestamp {
	return Timestamp(t.UTC().Format("2006-01-02T15:04:05.000Z"))
}

// Time reads the timestamp, in UTC. An empty or unset one is the zero time; a text
// in another form is an error of [time.Parse].
func (s Timestamp) Time() (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, string(s))
	if err != nil {
		return time.Time{}, err
	}
	return t.UTC(), nil
}
