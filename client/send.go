package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// send takes r through every try that the retry policy permits.
func (c *Client) send(ctx context.Context, r request, out any) error {
	if c.baseErr != nil {
		return c.baseErr
	}
	address, err := r.address()
	if err != nil {
		return err
	}
	p, err := encode(r.body)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		body, err := c.exchange(ctx, r, address, p)
		if err == nil {
			return decode(r, body, out)
		}
		refusal, ok := errors.AsType[*Error](err)
		if !ok || p.once != nil {
			return err
		}
		wait, again := c.retry.next(refusal, try)
		if !again {
			return err
		}
		if stop := c.sleep(ctx, wait); stop != nil {
			return fmt.Errorf("%w; stopped waiting to repeat it: %w", err, stop)
		}
	}
}

// exchange sends one request and reads its answer, which is an [*Error] outside 2xx.
func (c *Client) exchange(ctx context.Context, r request, address string, p payload) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base.String()+address, p.reader())
	if err != nil {
		return nil, fmt.Errorf("client: %s %s: %w", r.method, r.label(), err)
	}
	c.setHeader(req.Header, r, p)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, c.answerLimit+1))
	// A refusal whose body cannot be read is still a refusal.
	failed := res.StatusCode < 200 || res.StatusCode > 299
	c.onResponse(Response{
		Method: r.method, Path: r.label(), StatusCode: res.StatusCode,
		TraceID: traceID(res.Header), RateLimit: parseRateLimit(res.Header),
	})
	switch {
	case failed:
		return nil, c.newError(r, res, c.redact(body))
	case err != nil:
		return nil, fmt.Errorf("client: read the answer to %s %s: %w", r.method, r.label(), err)
	case int64(len(body)) > c.answerLimit:
		return nil, fmt.Errorf("%w: %s %s", ErrTooLarge, r.method, r.label())
	}
	return body, nil
}

func (c *Client) setHeader(h http.Header, r request, p payload) {
	h.Set("Accept", "application/json")
	h.Set("User-Agent", c.userAgent)
	h.Set("Version", c.version)
	if r.version != "" {
		h.Set("Version", r.version)
	}
	if p.contentType != "" {
		h.Set("Content-Type", p.contentType)
	}
	c.authorize(h)
}
