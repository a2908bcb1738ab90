package main

import (
	"strings"
	"testing"

	"github.com/tenantry/tenantry"
)

// TestUninstallFromTheCommandLine: from one sub-account, then from the agency with what is left.
func TestUninstallFromTheCommandLine(t *testing.T) {
	dir, company, loc := agency(t)
	app := decoded[appView](t, "app", "create", "--company", string(company), "--name", "Mine", "--redirect-uri", "https://a.example/cb", "--data", dir)
	look(t, dir, func(in *instance) error {
		u, err := in.store.CreateUser(t.Context(), tenantry.System(), tenantry.User{
			CompanyID: company, FirstName: "Ada", Type: tenantry.AgencyUser, Role: tenantry.AdminRole,
		})
		if err != nil {
			return err
		}
		err = in.store.CreateCode(t.Context(), "hash", tenantry.Consent{
			AppID: app.AppID, RedirectURI: app.RedirectURIs[0], UserID: u.ID, CompanyID: company, Class: tenantry.Agency,
			Scopes: app.Scopes, Bulk: true, ApproveAll: true, InstallToFuture: true,
		})
		if err == nil {
			_, err = in.store.ExchangeCode(t.Context(), "hash", tenantry.CodeExchange{AppID: app.AppID})
		}
		return err
	})
	installed := func() (onLocation, onCompany bool) {
		look(t, dir, func(in *instance) error {
			_, err := in.store.Install(t.Context(), loc, app.AppID)
			_, err2 := in.store.CompanyInstall(t.Context(), company, app.AppID)
			onLocation, onCompany = err == nil, err2 == nil
			return nil
		})
		return onLocation, onCompany
	}
	if loc, company := installed(); !loc || !company {
		t.Fatalf("installed on the sub-account: %t, on the agency: %t", loc, company)
	}
	client := string(app.ClientID)
	if out := must(t, "app", "uninstall", client, "--location", string(loc), "--data", dir); !strings.Contains(out, string(loc)) {
		t.Error(out)
	}
	if loc, company := installed(); loc || !company {
		t.Errorf("installed on the sub-account: %t, on the agency: %t", loc, company)
	}
	must(t, "app", "uninstall", client, "--company", string(company), "--data", dir)
	if loc, company := installed(); loc || company {
		t.Errorf("installed on the sub-account: %t, on the agency: %t", loc, company)
	}
	for _, args := range [][]string{{"--location", string(loc)}, {"--company", string(company)}, {"--company", "nobody"}} {
		if said := refused(t, exitFailed, append([]string{"app", "uninstall", client, "--data", dir}, args...)...); !strings.Contains(said, "not found") {
			t.Errorf("%v: %s", args, said)
		}
	}
	for _, args := range [][]string{nil, {"--location", "a", "--company", "b"}} {
		refused(t, exitUsage, append([]string{"app", "uninstall", client, "--data", dir}, args...)...)
	}
}
