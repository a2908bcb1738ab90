package store_test

import (
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestANewAgencyIsRecorded(t *testing.T) {
	forEach(t, func(t *testing.T, e *testkit.Env) {
		id := ok[tenantry.CompanyID](t)(e.Store.CreateCompany(t.Context(), "Agency C", "c@agency.test"))
		events := ok[[]tenantry.Event](t)(e.Store.Events(t.Context(), ""))
		audit := ok[[]tenantry.AuditRecord](t)(e.Store.Audit(t.Context(), ""))
		event, record := events[len(events)-1], audit[len(audit)-1]
		want := `{"type":"CompanyCreate","companyId":"` + string(id) + `","name":"Agency C","email":"c@agency.test","timestamp":`
		if event.Type != tenantry.CompanyCreated || event.CompanyID != id || !strings.HasPrefix(event.Payload, want) {
			t.Errorf("the event is %+v", event)
		}
		if record.Action != tenantry.CompanyCreated || record.Resource != string(id) || record.By != tenantry.System() ||
			record.Before != "null" || !strings.Contains(record.After, "Agency C") {
			t.Errorf("the audit record is %+v", record)
		}
	})
}
