package httpd

import "net/http"

// The cross-origin answer (contract, decision 39): any origin may call with a
// token, none with credentials of the browser.
const (
	corsMethods = "GET, POST, PUT, DELETE"
	corsHeaders = "Authorization, Version, Content-Type, Idempotency-Key"
	corsExposed = "X-RateLimit-Limit-Daily, X-RateLimit-Daily-Remaining, X-RateLimit-Daily-Reset, " +
		"X-RateLimit-Interval-Milliseconds, X-RateLimit-Max, X-RateLimit-Remaining, Retry-After, X-Trace-Id"
)

func cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("Access-Control-Expose-Headers", corsExposed)
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", corsMethods)
			h.Set("Access-Control-Allow-Headers", corsHeaders)
			h.Set("Access-Control-Max-Age", "7200")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}
