package api

import (
	"context"

	"github.com/tenantry/tenantry"
)

// permission is one of [tenantry.PermissionNames].
type permission string

// Enum implements [wire.Enumerated].
func (permission) Enum() []string { return tenantry.PermissionNames() }

type permissionsBody struct {
	_ struct{} `schema:"UpdatePermissionsDto"`

	Permissions []permission `json:"permissions" rule:"required,maxItems=100" doc:"Permissions that the sub-account is to have"`
}

type permissionsAnswer struct {
	_ struct{} `schema:"PermissionsResponseDto"`

	Permissions []permission `json:"permissions" doc:"Permissions that the sub-account has"`
}

type updatePermissionsInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Body       permissionsBody     `body:"json"`
}

func permissionsOut(names []string) permissionsAnswer {
	return permissionsAnswer{Permissions: each(names, func(n string) permission { return permission(n) })}
}

func (a *API) permissions(ctx context.Context, _ tenantry.Caller, in *locationInput) (permissionsAnswer, error) {
	names, err := a.store.Permissions(ctx, in.LocationID)
	return permissionsOut(names), err
}

func (a *API) updatePermissions(ctx context.Context, c tenantry.Caller, in *updatePermissionsInput) (permissionsAnswer, error) {
	names, err := a.store.UpdatePermissions(ctx, in.LocationID, c.Actor(),
		each(in.Body.Permissions, func(p permission) string { return string(p) }))
	return permissionsOut(names), err
}

type channelInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Type       string              `path:"type" rule:"enum=SMS|Email" doc:"Channel"`
}

type conversationProvider struct {
	_ struct{} `schema:"ConversationProviderSchema"`

	ID      string `json:"_id" example:"twilio_provider"`
	Name    string `json:"name" example:"Twilio"`
	Type    string `json:"type" rule:"enum=SMS|Email"`
	Default bool   `json:"default"`
}

type conversationEntry struct {
	_ struct{} `schema:"ConversationChannelEntrySchema"`

	ConversationProvider conversationProvider `json:"conversationProvider"`
}

type conversationChannel struct {
	_ struct{} `schema:"ConversationChannelSchema"`

	SMS   []conversationEntry `json:"SMS,omitzero"`
	Email []conversationEntry `json:"Email,omitzero"`
}

type channelAnswer struct {
	_ struct{} `schema:"GetConversationChannelListSuccessfulResponseDto"`

	ConversationChannel conversationChannel `json:"conversationChannel"`
}

// conversationChannels answers with the providers that the location has credentials
// for: Twilio sends its SMS, Mailgun its e-mail.
func (a *API) conversationChannels(ctx context.Context, _ tenantry.Caller, in *channelInput) (channelAnswer, error) {
	l, err := a.store.Location(ctx, in.LocationID)
	if err != nil {
		return channelAnswer{}, err
	}
	list := []conversationEntry{}
	provider := conversationProvider{Type: in.Type, Default: true, ID: "twilio_provider", Name: "Twilio"}
	configured := l.HasTwilio
	if in.Type == "Email" {
		provider.ID, provider.Name, configured = "mailgun_provider", "Mailgun", l.HasMailgun
	}
	if configured {
		list = append(list, conversationEntry{ConversationProvider: provider})
	}
	if in.Type == "Email" {
		return channelAnswer{ConversationChannel: conversationChannel{Email: list}}, nil
	}
	return channelAnswer{ConversationChannel: conversationChannel{SMS: list}}, nil
}
