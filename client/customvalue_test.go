package client_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/client"
)

const customValue = `{"id":"rWQ709Pb62syqGLceg1x","name":"Custom Field","fieldKey":"{{ custom_values.custom_field }}",
	"value":"Value","locationId":"rWQ709Pb6dasyqGLceg1x"}`

func TestCustomValueOperations(t *testing.T) {
	const one = `{"customValue":` + customValue + `}`
	runOperations(t, []operation{
		{
			name:   "list",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.CustomValues(ctx, "loc_A") },
			method: "GET", target: "/locations/loc_A/customValues",
			answer: `{"customValues":[` + customValue + `]}`, member: "customValues",
		},
		{
			name: "create",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateCustomValue(ctx, "loc_A", "Booking Link", "https://example.test/b?x=1&y=2")
			},
			method: "POST", target: "/locations/loc_A/customValues", body: `{"name":"Booking Link","value":"https://example.test/b?x=1&y=2"}`,
			status: 201, answer: one, member: "customValue",
		},
		{
			name:   "read",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.CustomValue(ctx, "loc_A", "v1") },
			method: "GET", target: "/locations/loc_A/customValues/v1",
			answer: one, member: "customValue",
		},
		{
			name: "update sends an empty value",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateCustomValue(ctx, "loc_A", "v1", "Name", "")
			},
			method: "PUT", target: "/locations/loc_A/customValues/v1", body: `{"name":"Name","value":""}`,
			answer: one, member: "customValue",
		},
		{
			name: "delete",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.DeleteCustomValue(ctx, "loc_A", "v1")
			},
			method: "DELETE", target: "/locations/loc_A/customValues/v1",
			answer: `{"succeded":true}`,
		},
	})
}
