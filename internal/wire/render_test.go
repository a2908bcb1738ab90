package wire

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestTheTraceIDIsAddedInPlace: an answer may be large, a copy of it is not needed.
func TestTheTraceIDIsAddedInPlace(t *testing.T) {
	const id = "7b1de0a6-6f5f-4a3c-9c38-1f4c8a2b9d10"
	for _, v := range []any{struct{}{}, map[string]string{"a": strings.Repeat("x", 1<<20)}} {
		var b roomy
		if err := json.NewEncoder(&b).Encode(v); err != nil {
			t.Fatal(err)
		}
		body := spliceTraceID(b[:len(b)-1], id)
		if &body[0] != &b[0] {
			t.Errorf("an answer of %d bytes was copied", len(b))
		}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		WriteJSON(w, r.WithContext(WithExchange(r.Context(), &Exchange{TraceID: id})), 200, v)
		if w.Body.String() != string(body) || !strings.HasSuffix(w.Body.String(), `"traceId":"`+id+`"}`) || !json.Valid(body) {
			t.Errorf("the answer is %.80s … of %d bytes", w.Body, w.Body.Len())
		}
	}
}
