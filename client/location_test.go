package client_test

import (
	"context"
	"testing"

	"github.com/tenantry/tenantry/client"
)

const (
	settings = `{"allowDuplicateContact":false,"allowDuplicateOpportunity":true,"allowFacebookNameMerge":true,"disableContactTimezone":true`
	social   = `{"facebookUrl":"https://www.facebook.com/","googlePlus":"https://www.googleplus.com/",
		"linkedIn":"https://www.linkedIn.com/","foursquare":"https://www.foursquare.com/","twitter":"https://www.twitter.com/",
		"yelp":"https://www.yelp.com/","instagram":"https://www.instagram.com/","youtube":"https://www.youtube.com/",
		"pinterest":"https://www.pinterest.com/","blogRss":"https://www.blogRss.com/","googlePlacesId":"ChIJJGPdVbQTrjsRGUkefteUeFk"}`
	// row has what a search, a create and an update publish.
	row = `"id":"ve9EPM428h8vShlRW1KT","name":"Mark Shoes","phone":"+1410039940","email":"john.doe@mail.com",
		"address":"4th fleet street","city":"New York","state":"Illinois","country":"US","postalCode":"567654",
		"website":"https://yourwebsite.com","timezone":"US/Central","settings":` + settings + `},"social":` + social
	created = `{` + row + `,"companyId":"UAXssdawIWAWD","domain":"test.msgsndr.com","dateAdded":"2026-07-21T09:00:00.000Z",
		"snapshotId":"","logoUrl":"","currency":"USD"}`
	whole = `{"id":"ve9EPM428h8vShlRW1KT","companyId":"5DP4iH6HLkQsiKESj6rh","name":"dentist","domain":"test.msgsndr.com",
		"address":"ganthi nagar","city":"motihari","state":"Loca","logoUrl":"https://dummyimage.com/o/photo.jpeg",
		"country":"IN","postalCode":"567654","website":"https://gohighlevel.com/","timezone":"America/Chicago",
		"firstName":"Dr. Rane","lastName":"deo","email":"rane@due.com","phone":"+919039160788",
		"business":{"name":"dentist","address":"MIG 14, Delhi","city":"delhi","state":"delhi","country":"IN",
			"postalCode":"567654","website":"https://gohighlevel.com/","timezone":"America/Chicago",
			"logoUrl":"https://dummyimage.com/o/photo.jpeg","email":"rane@due.com"},
		"social":` + social + `,"settings":` + settings + `,"contactUniqueIdentifiers":["email","phone"],
			"crmSettings":{"deSyncOwners":true,"syncFollowers":{"contact":true,"opportunity":true}},
			"saasSettings":{"saasMode":"activated","twilioRebilling":{"markup":10,"enabled":false}}},
		"reseller":{"plan":1},"brandId":"b1","automaticMobileAppInvite":true,"currency":"USD","isAgencySubAccount":{},
		"defaultEmailService":"mailgun","permissions":{"campaignsEnabled":true},"snapshotId":"s1",
		"dateAdded":"2022-01-27T12:31:19.679Z"}`
)

func TestLocationOperations(t *testing.T) {
	runOperations(t, []operation{
		{
			name: "search with nothing",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.SearchLocations(ctx, client.LocationSearch{})
			},
			method: "GET", target: "/locations/search",
			answer: `{"locations":[{` + row + `}]}`,
		},
		{
			name: "search with everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.SearchLocations(ctx, client.LocationSearch{
					CompanyID: "5DP4iH6HLkQsiKESj6rh", Email: "john+x@mail.com", Order: client.Descending, Skip: 20, Limit: 10,
				})
			},
			method: "GET", target: "/locations/search?companyId=5DP4iH6HLkQsiKESj6rh&email=john%2Bx%40mail.com&limit=10&order=desc&skip=20",
			answer: `{"locations":[],"total":0}`,
		},
		{
			name: "create with the least",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateLocation(ctx, client.CreateLocationRequest{Name: "Bare", CompanyID: "comp_1"})
			},
			method: "POST", target: "/locations/", body: `{"name":"Bare","companyId":"comp_1"}`,
			answer: created,
		},
		{
			name: "create with everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.CreateLocation(ctx, client.CreateLocationRequest{
					Name: "Mark & Shoes", CompanyID: "UAXssdawIWAWD", Phone: "+1410039940", Address: "4th fleet street", City: "New York",
					State: "Illinois", Country: "US", PostalCode: "567654", Website: "https://yourwebsite.com", Timezone: "US/Central",
					Prospect:   &client.Prospect{FirstName: "John", LastName: "Doe", Email: "john.doe@mail.com"},
					Settings:   allSettings(),
					Social:     allSocial(),
					Twilio:     &client.Twilio{SID: "AC_1", AuthToken: "77_1"},
					Mailgun:    &client.Mailgun{APIKey: "key-1", Domain: "replies.yourdomain.com"},
					SnapshotID: "snap_1",
				})
			},
			method: "POST", target: "/locations/",
			body: `{"name":"Mark & Shoes","companyId":"UAXssdawIWAWD","phone":"+1410039940","address":"4th fleet street","city":"New York",` +
				`"state":"Illinois","country":"US","postalCode":"567654","website":"https://yourwebsite.com","timezone":"US/Central",` +
				`"prospectInfo":{"firstName":"John","lastName":"Doe","email":"john.doe@mail.com"},` +
				sentSettings + `,` + sentSocial + `,` +
				`"twilio":{"sid":"AC_1","authToken":"77_1"},"mailgun":{"apiKey":"key-1","domain":"replies.yourdomain.com"},"snapshotId":"snap_1"}`,
			answer: created,
		},
		{
			name: "read",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.Location(ctx, "ve9EPM428h8vShlRW1KT")
			},
			method: "GET", target: "/locations/ve9EPM428h8vShlRW1KT",
			answer: `{"location":` + whole + `,"traceId":"0b7e2f4c"}`, member: "location",
		},
		{
			name: "update nothing",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateLocation(ctx, "loc_A", client.UpdateLocationRequest{CompanyID: "comp_1"})
			},
			method: "PUT", target: "/locations/loc_A", body: `{"companyId":"comp_1"}`,
			answer: created,
		},
		{
			name: "update everything",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.UpdateLocation(ctx, "loc_A", client.UpdateLocationRequest{
					CompanyID: "comp_1", Name: new("N"), Phone: new(""), Address: new("A"), City: new("C"), State: new("S"),
					Country: new("US"), PostalCode: new("P"), Website: new("W"), Timezone: new("UTC"),
					Prospect: &client.Prospect{FirstName: "F", LastName: "L", Email: "e@x.test"},
					Settings: allSettings(), Social: allSocial(),
					Twilio: &client.Twilio{SID: "AC_1", AuthToken: "77_1"}, Mailgun: &client.Mailgun{APIKey: "key-1", Domain: "d.test"},
					Snapshot: &client.Snapshot{ID: "snap_1", Override: true},
				})
			},
			method: "PUT", target: "/locations/loc_A",
			body: `{"companyId":"comp_1","name":"N","phone":"","address":"A","city":"C","state":"S","country":"US","postalCode":"P",` +
				`"website":"W","timezone":"UTC","prospectInfo":{"firstName":"F","lastName":"L","email":"e@x.test"},` +
				sentSettings + `,` + sentSocial + `,` +
				`"twilio":{"sid":"AC_1","authToken":"77_1"},"mailgun":{"apiKey":"key-1","domain":"d.test"},"snapshot":{"id":"snap_1","override":true}}`,
			answer: created,
		},
		{
			name: "delete",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.DeleteLocation(ctx, "ve9EPM428h8vShlRW1KT", false)
			},
			method: "DELETE", target: "/locations/ve9EPM428h8vShlRW1KT?deleteTwilioAccount=false",
			answer: `{"success":true,"message":"Deleted location with id: ve9EPM428h8vShlRW1KT"}`,
		},
		{
			name: "delete with Twilio",
			call: func(ctx context.Context, c *client.Client) (any, error) {
				return c.DeleteLocation(ctx, "loc_A", true)
			},
			method: "DELETE", target: "/locations/loc_A?deleteTwilioAccount=true",
			answer: `{"success":true,"message":"Deleted location with id: loc_A"}`,
		},
	})
}

const (
	sentSettings = `"settings":{"allowDuplicateContact":true,"allowDuplicateOpportunity":false,"allowFacebookNameMerge":true,"disableContactTimezone":false}`
	sentSocial   = `"social":{"facebookUrl":"1","googlePlus":"2","linkedIn":"3","foursquare":"4","twitter":"5","yelp":"6","instagram":"7",` +
		`"youtube":"8","pinterest":"9","blogRss":"10","googlePlacesId":""}`
)

func allSettings() *client.SettingsPatch {
	return &client.SettingsPatch{
		AllowDuplicateContact: new(true), AllowDuplicateOpportunity: new(false),
		AllowFacebookNameMerge: new(true), DisableContactTimezone: new(false),
	}
}

func allSocial() *client.SocialPatch {
	return &client.SocialPatch{
		FacebookURL: new("1"), GooglePlus: new("2"), LinkedIn: new("3"), Foursquare: new("4"), Twitter: new("5"), Yelp: new("6"),
		Instagram: new("7"), YouTube: new("8"), Pinterest: new("9"), BlogRSS: new("10"), GooglePlacesID: new(""),
	}
}

func TestSearchTotalIsAbsentOrGiven(t *testing.T) {
	for body, want := range map[string]int{`{"locations":[]}`: -1, `{"locations":[],"total":23}`: 23} {
		page, err := answering(200, nil, body).SearchLocations(t.Context(), client.LocationSearch{})
		if err != nil {
			t.Fatal(err)
		}
		got := -1
		if page.Total != nil {
			got = *page.Total
		}
		if got != want {
			t.Errorf("total of %s is %d, want %d", body, got, want)
		}
	}
}
