package client_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/client"
)

const tagAnswer = `{"tag":{"name":"minim aliquip","locationId":"ve9EPM428h8vShlRW1KT","id":"flGwEuzsfJOia1i1ikRN"}}`

func TestTagOperations(t *testing.T) {
	runOperations(t, []operation{
		{
			name:   "list",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Tags(ctx, "loc_A") },
			method: "GET", target: "/locations/loc_A/tags",
			answer: `{"tags":[{"name":"a","locationId":"loc_A","id":"t1"},{"name":"b","locationId":"loc_A","id":"t2"}]}`, member: "tags",
		},
		{
			name:   "create, answered 201 as the hosted service has been seen to",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.CreateTag(ctx, "loc_A", "Tag") },
			method: "POST", target: "/locations/loc_A/tags", body: `{"name":"Tag"}`,
			status: 201, answer: tagAnswer, member: "tag",
		},
		{
			name:   "read",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.Tag(ctx, "loc_A", "t1") },
			method: "GET", target: "/locations/loc_A/tags/t1",
			answer: tagAnswer, member: "tag",
		},
		{
			name: "update",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateTag(ctx, "loc_A", "t1", "é & <b>")
			},
			method: "PUT", target: "/locations/loc_A/tags/t1", body: `{"name":"é & <b>"}`,
			answer: tagAnswer, member: "tag",
		},
		{
			name:   "delete",
			call:   func(ctx context.Context, c *client.Client) (any, error) { return c.DeleteTag(ctx, "loc_A", "t1") },
			method: "DELETE", target: "/locations/loc_A/tags/t1",
			answer: `{"succeded":true,"succeeded":true}`,
		},
	})
}

func TestDeletionIsDoneByEitherFlag(t *testing.T) {
	for answer, want := range map[string]bool{
		`{"succeded":true}`: true, `{"succeeded":true}`: true, `{"succeded":false}`: false, `{}`: false,
	} {
		d, err := answering(200, nil, answer).DeleteTag(t.Context(), "loc_A", "t1")
		if err != nil {
			t.Fatal(err)
		}
		if d.Done() != want {
			t.Errorf("Done of %s is %v, want %v", answer, d.Done(), want)
		}
	}
}
