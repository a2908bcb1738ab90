package api_test

import (
	"testing"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/testkit"
)

func TestTags(t *testing.T) {
	testkit.EachDB(t, func(t *testing.T, d *db.DB) {
		e := testkit.NewEnv(t, d)
		a := e.Send(t, testkit.Scenario{
			Method: "POST", Path: "/locations/{locA}/tags", Token: "locA", Body: `{"name":" VIP "}`,
			Status: 200, Want: `{"tag":{"id":"*","name":"vip","locationId":"{locA}"}}`,
			Events: []tenantry.EventType{tenantry.TagCreated},
		})
		id := a.Text("tag", "id")
		e.Run(t,
			testkit.Scenario{
				Name: "list", Method: "GET", Path: "/locations/{locA}/tags", Token: "locA",
				Status: 200, Want: `{"tags":[{"name":"vip"}]}`,
			},
			testkit.Scenario{
				Name: "rename", Method: "PUT", Path: "/locations/{locA}/tags/" + id, Token: "locA", Body: `{"name":"gold"}`,
				Status: 200, Want: `{"tag":{"id":"` + id + `","name":"gold"}}`, Events: []tenantry.EventType{tenantry.TagUpdated},
			},
			testkit.Scenario{
				Name: "rename to the same name", Method: "PUT", Path: "/locations/{locA}/tags/" + id, Token: "locA",
				Body: `{"name":"Gold"}`, Status: 200,
			},
			testkit.Scenario{
				Name: "another location's tag", Method: "GET", Path: "/locations/{locB}/tags/" + id, Token: "locB",
				Status: 400, Want: `{"statusCode":400,"message":"Tag with id ` + id + ` not found","error":"Bad Request","code":"not_found"}`,
			},
			testkit.Scenario{
				Name: "delete", Method: "DELETE", Path: "/locations/{locA}/tags/" + id, Token: "locA",
				Status: 200, Want: `{"succeded":true,"succeeded":true}`, Events: []tenantry.EventType{tenantry.TagDeleted},
			},
			testkit.Scenario{
				Name: "delete again", Method: "DELETE", Path: "/locations/{locA}/tags/" + id, Token: "locA", Status: 400,
			},
		)
	})
}
