package main

import "github.com/tenantry/tenantry/internal/ratelimit"

// limitFlags change the published quotas, 0 lifts one.
type limitFlags struct {
	BurstLimit uint `help:"Requests in 10 seconds of an app for one sub-account or agency; 0: no such limit." default:"100" placeholder:"N"`
	DailyLimit uint `help:"Requests in 24 hours of an app for one sub-account or agency; 0: no such limit." default:"200000" placeholder:"N"`
	TokenLimit uint `help:"Token requests in a minute of an app for one install; 0: no such limit." default:"5" placeholder:"N"`
}

// quotas gives the quota of the API and that of the token endpoint.
func (f limitFlags) quotas() (api, token ratelimit.Limits) {
	api, token = ratelimit.Defaults(), ratelimit.TokenDefaults()
	api.Burst, api.Daily, token.Burst = int(f.BurstLimit), int(f.DailyLimit), int(f.TokenLimit)
	return api, token
}
