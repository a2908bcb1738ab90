package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

const customValuesPath = "/locations/{locA}/customValues"

// createCustomValue makes a custom value of location A and gives its id.
func createCustomValue(t *testing.T, e *testkit.Env, name, value string) string {
	t.Helper()
	a := e.Send(t, testkit.Scenario{Method: "POST", Path: customValuesPath, Token: "locA", Body: jsonOf(t, map[string]string{"name": name, "value": value}),
		Status: 201, Events: events(tenantry.CustomValueCreated)})
	return a.Text("customValue", "id")
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestCustomValues(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "GET", Path: customValuesPath, Token: "locA", Status: 200, Want: `{"customValues":[]}`})
		id := createCustomValue(t, e, " Head Office ", "")
		e.Clock.Advance(time.Second)
		second := createCustomValue(t, e, "Alpha", "a")
		path := customValuesPath + "/" + id
		e.Run(t,
			testkit.Scenario{Name: "read", Method: "GET", Path: path, Token: "locA", Status: 200,
				Want: `{"customValue":{"id":"` + id + `","name":"Head Office","fieldKey":"{{ custom_values.head_office }}","value":"","locationId":"{locA}"}}`},
			testkit.Scenario{Name: "list, oldest first", Method: "GET", Path: customValuesPath, Token: "locA", Status: 200,
				Want: `{"customValues":[{"id":"` + id + `"},{"id":"` + second + `"}]}`},
			testkit.Scenario{Name: "list of another location", Method: "GET", Path: "/locations/{locB}/customValues", Token: "locB", Status: 200,
				Want: `{"customValues":[]}`},
			testkit.Scenario{Name: "rename keeps the key", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"HQ","value":"1 Main St"}`, Status: 200,
				Want:   `{"customValue":{"id":"` + id + `","name":"HQ","fieldKey":"{{ custom_values.head_office }}","value":"1 Main St"}}`,
				Events: events(tenantry.CustomValueUpdated)},
			testkit.Scenario{Name: "the same again", Method: "PUT", Path: path, Token: "locA", Body: `{"name":" HQ ","value":"1 Main St"}`, Status: 200,
				Want: `{"customValue":{"name":"HQ","value":"1 Main St"}}`},
			testkit.Scenario{Name: "only the value differs", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"HQ","value":" 1 Main St "}`, Status: 200,
				Want: `{"customValue":{"value":" 1 Main St "}}`, Events: events(tenantry.CustomValueUpdated)},
			testkit.Scenario{Name: "delete", Method: "DELETE", Path: path, Token: "locA", Status: 200, Want: `{"succeded":true,"succeeded":true}`,
				Events: events(tenantry.CustomValueDeleted)},
			testkit.Scenario{Name: "a deleted value frees its key", Method: "POST", Path: customValuesPath, Token: "locA", Status: 201,
				Body: `{"name":"Head Office","value":"new"}`, Want: `{"customValue":{"fieldKey":"{{ custom_values.head_office }}"}}`,
				Events: events(tenantry.CustomValueCreated)},
		)
		notFound := func(id string) string {
			return `{"statusCode":400,"message":"Custom value with id ` + id + ` not found","error":"Bad Request","code":"not_found"}`
		}
		for name, id := range map[string]string{"deleted": id, "unknown": "nothing"} {
			for _, s := range []testkit.Scenario{{Method: "GET"}, {Method: "DELETE"}, {Method: "PUT", Body: `{"name":"n","value":"v"}`}} {
				s.Path, s.Token, s.Status, s.Want = customValuesPath+"/"+id, "locA", 400, notFound(id)
				s.Name = s.Method + " " + name
				e.Run(t, s)
			}
		}
		for _, s := range []testkit.Scenario{{Method: "GET"}, {Method: "DELETE"}, {Method: "PUT", Body: `{"name":"n","value":"v"}`}} {
			s.Path, s.Token, s.Status, s.Want = "/locations/{locB}/customValues/"+second, "locB", 400, notFound(second)
			s.Name = s.Method + " another location's"
			e.Run(t, s)
		}
	})
}

func TestCustomValueValidation(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := createCustomValue(t, e, "Kept", "kept")
		long := strings.Repeat("é", tenantry.MaxFieldName)
		longest := strings.Repeat("🚀", tenantry.MaxCustomValue)
		for _, row := range []struct{ name, body, want string }{
			{"missing", `{}`, `["name must be a string","name should not be empty","value must be a string"]`},
			{"no body", ``, `["name must be a string","name should not be empty","value must be a string"]`},
			{"wrong types", `{"name":1,"value":{}}`, `["name must be a string","value must be a string"]`},
			{"null", `{"name":null,"value":null}`, `["name must be a string","value must be a string"]`},
			{"blank name", `{"name":" \t ","value":"v"}`, `["name should not be empty"]`},
			{"unknown members", `{"name":"n","value":"v","fieldKey":"x","id":"y"}`, `["property fieldKey should not exist","property id should not exist"]`},
			{"another case", `{"name":"n","Value":"v"}`, `["property Value should not exist","value must be a string"]`},
			{"twice", `{"name":"n","value":"v","name":"m"}`, `["property name should not be repeated"]`},
			{"NUL", `{"name":"n","value":"a\u0000b"}`, `["value must not contain the NUL character"]`},
			{"name too long", jsonOf(t, map[string]string{"name": long + "e", "value": "v"}), `["name must be shorter than or equal to 255 characters"]`},
			{"value too long", jsonOf(t, map[string]string{"name": "n", "value": longest + "v"}), `["value must be shorter than or equal to 10000 characters"]`},
		} {
			for method, path := range map[string]string{"POST": customValuesPath, "PUT": customValuesPath + "/" + id} {
				e.Run(t, testkit.Scenario{Name: row.name + " " + method, Method: method, Path: path, Token: "locA", Body: row.body, Status: 422,
					Want: `{"message":` + row.want + `,"code":"validation_failed"}`})
			}
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: customValuesPath, Token: "locA", Status: 200,
			Want: `{"customValues":[{"name":"Kept","value":"kept"}]}`})
		// The longest that fit, in the bulkiest spelling of JSON.
		bulky := `{"name":"` + strings.Repeat(`e\u0301`, tenantry.MaxFieldName) + `","value":"` + strings.Repeat(`\ud83d\ude80`, tenantry.MaxCustomValue) + `"}`
		a := e.Send(t, testkit.Scenario{Method: "POST", Path: customValuesPath, Token: "locA", Body: bulky, Status: 201, Events: events(tenantry.CustomValueCreated)})
		if a.Text("customValue", "name") != long || a.Text("customValue", "value") != longest {
			t.Error("the longest name and value come back changed")
		}
	})
}

func TestU41FieldKeyIsTheWholeMergeTag(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		e.Send(t, testkit.Scenario{Method: "POST", Path: customValuesPath, Token: "locA", Status: 201,
			Body: `{"name":"Booking Link","value":"https://example.test/b"}`, Events: events(tenantry.CustomValueCreated),
			Want: `{"customValue":{"id":"*","name":"Booking Link","fieldKey":"{{ custom_values.booking_link }}","value":"https://example.test/b","locationId":"{locA}"}}`})
		stored, err := e.Store.Events(t.Context(), e.LocA)
		if err != nil {
			t.Fatal(err)
		}
		last := stored[len(stored)-1].Payload
		if !strings.Contains(last, `"name":"Booking Link","fieldKey":"{{ custom_values.booking_link }}","value":"https://example.test/b"`) {
			t.Errorf("event %s", last)
		}
	})
}

// TestCustomValuesWithoutAKey: a name without a letter or digit gets a key from the id, and
// several made in one moment do not get in each other's way.
func TestCustomValuesWithoutAKey(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		keys := map[string]bool{}
		for i, name := range []string{"🚀", "👋🏽", "…"} {
			a := e.Send(t, testkit.Scenario{Method: "POST", Path: customValuesPath, Token: "locA", Status: 201,
				Body: jsonOf(t, map[string]string{"name": name, "value": name}), Events: events(tenantry.CustomValueCreated)})
			id, key := a.Text("customValue", "id"), a.Text("customValue", "fieldKey")
			if want := "{{ custom_values.field_" + id[:6] + " }}"; i == 0 && key != want {
				t.Errorf("key %s, want %s", key, want)
			}
			if !strings.HasPrefix(key, "{{ custom_values.field_"+id[:6]) || keys[key] {
				t.Errorf("%s: key %s of id %s", name, key, id)
			}
			keys[key] = true
		}
	})
}

func TestU43UpdateReplacesAll(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		path := customValuesPath + "/" + createCustomValue(t, e, "Logo", "1")
		e.Run(t,
			testkit.Scenario{Name: "only the value", Method: "PUT", Path: path, Token: "locA", Body: `{"value":"only"}`, Status: 422,
				Want: `{"message":["name must be a string","name should not be empty"]}`},
			testkit.Scenario{Name: "only the name", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"only"}`, Status: 422,
				Want: `{"message":["value must be a string"]}`},
			testkit.Scenario{Name: "the key", Method: "PUT", Path: path, Token: "locA", Body: `{"name":"n","value":"v","fieldKey":"x"}`, Status: 422,
				Want: `{"message":["property fieldKey should not exist"]}`},
			testkit.Scenario{Name: "unchanged", Method: "GET", Path: path, Token: "locA", Status: 200,
				Want: `{"customValue":{"name":"Logo","fieldKey":"{{ custom_values.logo }}","value":"1"}}`},
		)
	})
}

func TestU44DuplicateNames(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := createCustomValue(t, e, "Logo", "1")
		other := customValuesPath + "/" + createCustomValue(t, e, "Café", "2")
		taken := `{"statusCode":400,"message":"Custom value with name Logo already exists","error":"Bad Request","code":"duplicate","meta":{"existingId":"` + id + `"}}`
		e.Run(t,
			testkit.Scenario{Name: "create again", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":"Logo","value":"1"}`, Status: 400, Want: taken},
			testkit.Scenario{Name: "with spaces", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":" Logo","value":"1"}`, Status: 400, Want: taken},
			testkit.Scenario{Name: "decomposed", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":"Cafe\u0301","value":"1"}`, Status: 400,
				Want: `{"message":"Custom value with name Café already exists"}`},
			testkit.Scenario{Name: "another name, the same key", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":"LOGO!","value":"1"}`, Status: 400,
				Want: `{"message":"Custom value with key {{ custom_values.logo }} already exists: it is the one with name Logo","code":"duplicate","meta":{"existingId":"` + id + `"}}`},
			testkit.Scenario{Name: "rename to it", Method: "PUT", Path: other, Token: "locA", Body: `{"name":"Logo","value":"2"}`, Status: 400, Want: taken},
			testkit.Scenario{Name: "create in another case", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":"LOGO","value":"1"}`, Status: 400,
				Want: `{"message":"Custom value with name LOGO already exists","code":"duplicate","meta":{"existingId":"` + id + `"}}`},
			testkit.Scenario{Name: "rename to it in another case", Method: "PUT", Path: other, Token: "locA", Body: `{"name":"logo","value":"2"}`, Status: 400,
				Want: `{"message":"Custom value with name logo already exists","code":"duplicate","meta":{"existingId":"` + id + `"}}`},
			testkit.Scenario{Name: "another case of its own name", Method: "PUT", Path: other, Token: "locA", Body: `{"name":"CAFÉ","value":"2"}`, Status: 200,
				Want: `{"customValue":{"name":"CAFÉ"}}`, Events: events(tenantry.CustomValueUpdated)},
			testkit.Scenario{Name: "its old name in yet another case", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":"café","value":"1"}`, Status: 400,
				Want: `{"message":"Custom value with name café already exists"}`},
			testkit.Scenario{Name: "rename to another name whose key it has", Method: "PUT", Path: other, Token: "locA", Body: `{"name":"Logo!","value":"2"}`, Status: 200,
				Want: `{"customValue":{"name":"Logo!","fieldKey":"{{ custom_values.café }}"}}`, Events: events(tenantry.CustomValueUpdated)},
			testkit.Scenario{Name: "a renamed value keeps its key from others", Method: "POST", Path: customValuesPath, Token: "locA", Body: `{"name":"Café","value":"3"}`, Status: 400,
				Want: `{"message":"Custom value with key {{ custom_values.café }} already exists: it is the one with name Logo!"}`},
			testkit.Scenario{Name: "in another location", Method: "POST", Path: "/locations/{locB}/customValues", Token: "locB", Body: `{"name":"Logo","value":"1"}`, Status: 201,
				Want: `{"customValue":{"name":"Logo","fieldKey":"{{ custom_values.logo }}","locationId":"{locB}"}}`},
			testkit.Scenario{Name: "nothing stored", Method: "GET", Path: customValuesPath, Token: "locA", Status: 200,
				Want: `{"customValues":[{"name":"Logo","value":"1"},{"name":"Logo!","value":"2"}]}`},
		)
	})
}

func TestX01CustomValuesKeepTheirCharacters(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		for name, value := range map[string]string{
			"Saludo": "¡Hola! 👋🏽 «ñ»", "Decomposed": "cafe\u0301", "Separators": "a\u2028b\u2029c", "Markup": `<b>"&'\</b>`,
			"Lines": "one\r\ntwo\ttabs", "名前 🚀": "\u202eright to left", "Merge": "{{ custom_values.saludo }} %s $1 ;--",
		} {
			id := createCustomValue(t, e, name, value)
			a := e.Send(t, testkit.Scenario{Method: "GET", Path: customValuesPath + "/" + id, Token: "locA", Status: 200})
			if diff := cmp.Diff([]string{name, value}, []string{a.Text("customValue", "name"), a.Text("customValue", "value")}); diff != "" {
				t.Errorf("(-sent +read)\n%s", diff)
			}
		}
	})
}

// TestConcurrentCustomValues: fifty equal creates make one row (requirement 38).
func TestConcurrentCustomValues(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		const n = 50
		answers := make([]testkit.Answer, n)
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				answers[i] = e.Do(t, testkit.Scenario{Method: "POST", Path: customValuesPath, Token: "locA", Body: fmt.Sprintf(`{"name":"Same","value":"%d"}`, i)})
			})
		}
		wg.Wait()
		statuses := map[int]int{}
		for _, a := range answers {
			statuses[a.Status]++
			if a.Status == 400 && (a.Text("code") != "duplicate" || a.Text("message") != "Custom value with name Same already exists") {
				t.Errorf("refused with %s", a.Raw)
			}
		}
		if diff := cmp.Diff(map[int]int{201: 1, 400: n - 1}, statuses); diff != "" {
			t.Errorf("statuses (-want +got)\n%s", diff)
		}
		e.Send(t, testkit.Scenario{Method: "GET", Path: customValuesPath, Token: "locA", Status: 200, Want: `{"customValues":[{"name":"Same"}]}`})
	})
}
