package pgtest

import (
	"net"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Rewrite has the server get other statements than a program says, on connections that are
// made from here on. Programs with a mistake in their statements are made so.
func (p *Proxy) Rewrite(statement func(string) string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rewrite = statement
}

// retell passes on what the client says, message by message.
func retell(client, server net.Conn, rewrite func(string) string) error {
	from := pgproto3.NewBackend(client, client)
	first, err := from.ReceiveStartupMessage()
	if err != nil {
		return err
	}
	for message := first; ; {
		if parse, ok := message.(*pgproto3.Parse); ok {
			parse.Query = rewrite(parse.Query)
		}
		data, err := message.Encode(nil)
		if err != nil {
			return err
		}
		if _, err := server.Write(data); err != nil {
			return err
		}
		if message, err = from.Receive(); err != nil {
			return err
		}
	}
}
