package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
)

// conn is one keep-alive connection of a client that does as little as HTTP/1.1 allows:
// net/http's takes as much of a processor as the servers that are measured.
type conn struct {
	net.Conn

	in   *bufio.Reader
	body []byte // of the last answer
}

func dial(addr string) (*conn, error) {
	c, err := net.Dial("tcp", addr) //nolint:noctx // on this machine it succeeds or fails at once
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

// do sends a whole request and reads the answer; the body is good until the next call.
func (c *conn) do(request []byte) (status int, body []byte, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, nil, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, fmt.Errorf("not an answer: %q", line)
	}
	length, err := c.contentLength()
	if err != nil {
		return status, nil, err
	}
	c.body = c.body[:0]
	if length == inChunks {
		err = c.readChunks()
	} else {
		err = c.read(length)
	}
	return status, c.body, err
}

// inChunks is the length of a body that comes in pieces.
const inChunks = -1

// contentLength reads the header lines to their end.
func (c *conn) contentLength() (length int, err error) {
	length = inChunks - 1
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if value, ok := header(line, "content-length:"); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
		if value, ok := header(line, "transfer-encoding:"); ok && string(value) == "chunked" {
			length = inChunks
		}
	}
	if length < inChunks {
		return 0, errors.New("an answer without Content-Length")
	}
	return length, nil
}

// header gives the value of a header line, if it is the one of the name.
func header(line []byte, name string) (value []byte, ok bool) {
	if len(line) <= len(name) || !bytes.EqualFold(line[:len(name)], []byte(name)) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name):]), true
}

// read adds so many bytes to the body.
func (c *conn) read(length int) error {
	had := len(c.body)
	c.body = slices.Grow(c.body, length)[:had+length]
	_, err := io.ReadFull(c.in, c.body[had:])
	return err
}

// readChunks reads the pieces of a body to the empty one at the end.
func (c *conn) readChunks() error {
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return err
		}
		length, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 16, 31)
		if err != nil {
			return err
		}
		if err := c.read(int(length)); err != nil {
			return err
		}
		if _, err := c.in.Discard(len("\r\n")); err != nil || length == 0 {
			return err
		}
	}
}

// request writes a request down. Extra header lines end in a line break each.
func request(method, target, headers string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: bench\r\n%s", method, target, headers)
	if body != nil {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}
