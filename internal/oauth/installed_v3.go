package oauth

import (
	"context"
	"encoding/base64"
	"slices"
	"strings"

	"github.com/tenantry/tenantry"
)

// installedInputV3 is the query of the list since v3.
type installedInputV3 struct {
	PageSize    int                 `query:"pageSize" default:"20" rule:"min=1,max=100" doc:"Rows to answer at most"`
	PageToken   string              `query:"pageToken" doc:"Of the answer before"`
	Query       string              `query:"query" doc:"Part of the name"`
	IsInstalled *bool               `query:"isInstalled" doc:"Only where the app is installed, or only where it is not"`
	Restricted  *bool               `query:"restrictToUserLocations" doc:"Only locations that the user who consented has access to"`
	CompanyID   tenantry.CompanyID  `query:"companyId" rule:"required,notEmpty"`
	AppID       tenantry.AppID      `query:"appId" rule:"required,notEmpty" doc:"The token's own app"`
	VersionID   tenantry.VersionID  `query:"versionId" doc:"Of the installed app"`
	OnTrial     *bool               `query:"onTrial"`
	PlanID      string              `query:"planId"`
	LocationID  tenantry.LocationID `query:"locationId"`
}

type installedAnswerV3 struct {
	_                        struct{}            `schema:"GetInstalledLocationsV3SuccessfulResponseDto"`
	Items                    []installedLocation `json:"items"`
	Pagination               pagination          `json:"pagination"`
	Metadata                 listMetadata        `json:"metadata"`
	InstallToFutureLocations bool                `json:"installToFutureLocations"`
}

type pagination struct {
	_                     struct{} `schema:"V3PaginationMetaDto"`
	TotalRecords          int      `json:"totalRecords" doc:"All that match, whatever the page"`
	HasNextPage           bool     `json:"hasNextPage"`
	HasPrevPage           bool     `json:"hasPrevPage"`
	NextPageToken         string   `json:"nextPageToken,omitempty"`
	PrevPageToken         string   `json:"prevPageToken,omitempty"`
	CurrentPageSize       int      `json:"currentPageSize" doc:"Rows of this page"`
	EstimatedTotalRecords int      `json:"estimatedTotalRecords" doc:"The same as totalRecords"`
}

type listMetadata struct {
	_             struct{}       `schema:"V3InstalledLocationsListMetadataDto"`
	FilterApplied map[string]any `json:"filterApplied"`
	SortApplied   map[string]any `json:"sortApplied"`
}

// filter asks for one row more than the page has, which tells whether there is another page.
func (in *installedInputV3) filter() (tenantry.InstalledFilter, error) {
	f := tenantry.InstalledFilter{
		CompanyID: in.CompanyID, AppID: in.AppID, Installed: in.IsInstalled, Query: in.Query, VersionID: in.VersionID,
		LocationID: in.LocationID, Limit: in.PageSize + 1,
	}
	var err error
	f.After, f.Before, err = parsePageToken(in.PageToken)
	return f, err
}

func (in *installedInputV3) applied() map[string]any {
	applied := map[string]any{"companyId": in.CompanyID, "appId": in.AppID}
	for name, text := range map[string]string{
		"query": in.Query, "versionId": string(in.VersionID), "planId": in.PlanID, "locationId": string(in.LocationID),
	} {
		if text != "" {
			applied[name] = text
		}
	}
	for name, flag := range map[string]*bool{"isInstalled": in.IsInstalled, "restrictToUserLocations": in.Restricted, "onTrial": in.OnTrial} {
		if flag != nil {
			applied[name] = *flag
		}
	}
	return applied
}

func (e *Endpoints) installedLocationsV3(ctx context.Context, c tenantry.Caller, in *installedInputV3) (installedAnswerV3, error) {
	f, err := in.filter()
	if err != nil {
		return installedAnswerV3{}, err
	}
	if in.Restricted != nil && *in.Restricted {
		if f.AssignedTo, err = e.restrictedTo(ctx, c.UserID); err != nil {
			return installedAnswerV3{}, err
		}
	}
	page, future, err := e.installed(ctx, c, f, asksForPlans(in.PlanID, in.OnTrial))
	if err != nil {
		return installedAnswerV3{}, err
	}
	items, p := cut(page, f)
	return installedAnswerV3{
		Items: rows(items), Pagination: p, InstallToFutureLocations: future,
		Metadata: listMetadata{FilterApplied: in.applied(), SortApplied: map[string]any{"_id": "asc"}},
	}, nil
}

// restrictedTo is the user whose assignments restrict the list, none when the user has
// access to every location.
func (e *Endpoints) restrictedTo(ctx context.Context, id tenantry.UserID) (tenantry.UserID, error) {
	if id == "" {
		return "", nil
	}
	u, err := e.store.User(ctx, id)
	if tenantry.KindOf(err) == tenantry.NotFound {
		return id, nil // who is gone has no assignments
	}
	if err != nil || u.MayInstallOnCompany() {
		return "", err
	}
	return id, nil
}

// cut takes the row too many away and tells what lies on both sides of the page.
func cut(page tenantry.Page[tenantry.InstalledLocation], f tenantry.InstalledFilter) ([]tenantry.InstalledLocation, pagination) {
	items, size := page.Items, f.Limit-1
	isMore := len(items) > size
	p := pagination{TotalRecords: page.Total, EstimatedTotalRecords: page.Total, HasNextPage: isMore, HasPrevPage: f.After != ""}
	if f.Before != "" {
		items = items[max(0, len(items)-size):]
		p.HasNextPage, p.HasPrevPage = true, isMore
	} else {
		items = items[:min(len(items), size)]
	}
	p.CurrentPageSize = len(items)
	if len(items) == 0 {
		// Its rows are gone since. On the one side is nothing: the other is the whole list, of
		// which these two places are the ends, since ids are letters and digits.
		p.HasNextPage, p.HasPrevPage = f.Before != "", f.After != ""
		p.NextPageToken, p.PrevPageToken = pageToken(p.HasNextPage, "after", "!"), pageToken(p.HasPrevPage, "before", "~")
		return items, p
	}
	p.NextPageToken = pageToken(p.HasNextPage, "after", items[len(items)-1].ID)
	p.PrevPageToken = pageToken(p.HasPrevPage, "before", items[0].ID)
	return items, p
}

// A page token is a side and the id of a location, in base64url. It grants nothing: the
// list is the caller's own, wherever it goes on.
func pageToken(isThere bool, side string, at tenantry.LocationID) string {
	if !isThere {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(side + ":" + string(at)))
}

func parsePageToken(token string) (after, before tenantry.LocationID, err error) {
	if token == "" {
		return "", "", nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(token)
	side, at, ok := strings.Cut(string(text), ":")
	isOdd := func(r rune) bool { return r < '!' || r > '~' }
	if err != nil || !ok || at == "" || strings.ContainsFunc(at, isOdd) || !slices.Contains([]string{"after", "before"}, side) {
		return "", "", tenantry.Errorf(tenantry.Refused, "invalid_page_token", "pageToken is not a token of this list")
	}
	if side == "before" {
		return "", tenantry.LocationID(at), nil
	}
	return tenantry.LocationID(at), "", nil
}
