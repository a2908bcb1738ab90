package client

import "context"

// Health asks GET /health and returns nil if the server answers 2xx, whatever the
// body. It needs no token.
func (c *Client) Health(ctx context.Context) error {
	return c.send(ctx, get("health"), nil)
}
