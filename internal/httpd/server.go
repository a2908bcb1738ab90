package httpd

import (
	"log/slog"
	"net/http"
	"time"
)

// Limits of a connection between requests; see patience for those in one.
const (
	headerTimeout  = 10 * time.Second
	idleTimeout    = 2 * time.Minute
	maxHeaderBytes = 64 << 10
)

// NewServer makes the HTTP server of a handler made by [New]: what it says about
// connections, malformed ones included, goes to log.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: headerTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// "OPTIONS *" is a path that does not exist, as any other (contract, decision 13).
		DisableGeneralOptionsHandler: true,
	}
}
