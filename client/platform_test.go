package client_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/client"
)

// TestPlatformOperations has what belongs to no resource of a location.
func TestPlatformOperations(t *testing.T) {
	runOperations(t, []operation{
		{
			name:   "time zones",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.TimeZones(ctx, "loc_A") },
			method: "GET", target: "/locations/loc_A/timezones",
			answer: `{"timeZones":["America/New_York","UTC"]}`, member: "timeZones",
		},
		{
			name:   "permissions",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Permissions(ctx, "loc_A") },
			method: "GET", target: "/locations/loc_A/permissions", version: client.V3,
			answer: `{"permissions":["crm","workflow"]}`, member: "permissions",
		},
		{
			name: "update permissions",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdatePermissions(ctx, "loc_A", []string{"crm", "workflow"})
			},
			method: "PUT", target: "/locations/loc_A/permissions", version: client.V3, body: `{"permissions":["crm","workflow"]}`,
			answer: `{"permissions":["crm","workflow"]}`, member: "permissions",
		},
		{
			name: "take every permission away",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdatePermissions(ctx, "loc_A", nil)
			},
			method: "PUT", target: "/locations/loc_A/permissions", version: client.V3, body: `{"permissions":[]}`,
			answer: `{"permissions":[]}`, member: "permissions",
		},
		{
			name: "conversation channels",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.ConversationChannels(ctx, "loc_A", client.ChannelSMS)
			},
			method: "GET", target: "/locations/loc_A/conversationChannels/SMS", version: client.V3,
			answer: `{"conversationChannel":{"SMS":[{"conversationProvider":{"_id":"twilio_provider","name":"Twilio","type":"SMS","default":true}}],
				"Email":[{"conversationProvider":{"_id":"m","name":"Mailgun","type":"Email","default":false}}]}}`,
			member: "conversationChannel",
		},
		{
			name:   "health",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return nil, c.Health(ctx) },
			method: "GET", target: "/health",
			answer: `null`,
		},
	})
}

func TestTimeZonesAreTrimmed(t *testing.T) {
	zones, err := answering(200, nil, `{"timeZones":[" UTC "]}`).TimeZones(t.Context(), "loc_A")
	if err != nil || len(zones) != 1 || zones[0] != "UTC" {
		t.Errorf("got %q, %v", zones, err)
	}
}

func TestHealthTakesAnyBody(t *testing.T) {
	if err := answering(200, nil, "OK").Health(t.Context()); err != nil {
		t.Error(err)
	}
	if e := failure(t, answering(503, nil, "starting").Health(t.Context())); e.StatusCode != 503 {
		t.Errorf("status %d, want 503", e.StatusCode)
	}
}
