package main

import (
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/tenantry/tenantry/internal/ratelimit"
)

// Without flags the quotas are the published ones.
func TestLimitFlags(t *testing.T) {
	defaults, tokens := ratelimit.Defaults(), ratelimit.TokenDefaults()
	raised, raisedTokens := defaults, tokens
	raised.Burst, raised.Daily, raisedTokens.Burst = 7, 0, 9
	for _, test := range []struct {
		args       []string
		api, token ratelimit.Limits
	}{
		{nil, defaults, tokens},
		{[]string{"--burst-limit=7", "--daily-limit=0", "--token-limit=9"}, raised, raisedTokens},
	} {
		var f limitFlags
		parser, err := kong.New(&f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parser.Parse(test.args); err != nil {
			t.Fatal(err)
		}
		api, token := f.quotas()
		if diff := cmp.Diff([]ratelimit.Limits{test.api, test.token}, []ratelimit.Limits{api, token}); diff != "" {
			t.Errorf("%v: %s", test.args, diff)
		}
	}
}

// A wrong --limits-store is a mistake of use, and its password is told to nobody.
func TestLimitsStoreFlag(t *testing.T) {
	if table, err := (limitFlags{}).table(); table != nil || err != nil {
		t.Errorf("none: %v %v", table, err)
	}
	for _, url := range []string{"redis.internal:6379", "http://redis.internal", "redis://:hunter2@host/words"} {
		_, err := limitFlags{LimitsStore: url}.table()
		if err == nil || !strings.Contains(err.Error(), "--limits-store: ") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", url, err)
		}
	}
}
