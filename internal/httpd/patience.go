package httpd

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// patience is how long a peer may keep a connection without using it. A whole request's
// time has no limit: an upload may be long.
type patience struct {
	stall time.Duration // without a byte going either way
	rate  int           // bytes a second that a body must come at, once stall is used up
}

func defaultPatience() patience { return patience{stall: 30 * time.Second, rate: 4 << 10} }

// writeChunk is how many bytes a peer must take within twice the stall.
const writeChunk = 32 << 10

// around gives up on peers that neither send what they announced nor take what is sent
// to them: reading or writing fails then, and the connection ends with the answer. The
// deadlines are those of sockets, which know no clock but the system's.
func (p patience) around(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn := http.NewResponseController(w)
		_ = conn.SetWriteDeadline(time.Time{}) // that of the connection's last answer; without a connection there is none
		if r.Body != nil && r.Body != http.NoBody {
			body := &patientBody{ReadCloser: r.Body, conn: conn, patience: p}
			body.wait() // also for what nobody reads: the server skips it before it answers
			r.Body = body
		}
		next.ServeHTTP(&patientWriter{ResponseWriter: w, conn: conn, stall: p.stall}, r)
	})
}

// patientBody is a request body with a deadline. Only the time spent waiting for the
// peer counts.
type patientBody struct {
	io.ReadCloser

	conn     *http.ResponseController
	patience patience
	waited   time.Duration
	read     int
}

// wait sets the deadline of the next read.
func (b *patientBody) wait() {
	earned := time.Duration(b.read) * time.Second / time.Duration(b.patience.rate)
	left := min(b.patience.stall, b.patience.stall+earned-b.waited)
	_ = b.conn.SetReadDeadline(time.Now().Add(left)) // without a connection there is nothing to wait for
}

// Read reads the body.
func (b *patientBody) Read(data []byte) (int, error) {
	b.wait()
	start := time.Now()
	n, err := b.ReadCloser.Read(data)
	b.waited += time.Since(start)
	b.read += n
	if errors.Is(err, io.EOF) {
		// From here on the server reads to learn whether the peer has gone; that may take as long as the answer does.
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// patientWriter is an answer with a deadline for each of its chunks.
type patientWriter struct {
	http.ResponseWriter

	conn  *http.ResponseController
	stall time.Duration
}

// Write writes the answer.
func (w *patientWriter) Write(data []byte) (written int, err error) {
	for {
		chunk := data[written:min(len(data), written+writeChunk)]
		// Twice: before it sends anything, the server may wait for the rest of the request's body.
		_ = w.conn.SetWriteDeadline(time.Now().Add(2 * w.stall)) // without a connection nobody stalls
		n, err := w.ResponseWriter.Write(chunk)
		written += n
		if err != nil || written == len(data) {
			return written, err
		}
	}
}

// Unwrap lets [http.ResponseController] through.
func (w *patientWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
