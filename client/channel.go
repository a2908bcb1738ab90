package client

import "context"

// ChannelType is a way to converse with contacts; its letter case matters.
type ChannelType string

// The channel types of the published v3 document.
const (
	ChannelSMS   ChannelType = "SMS"
	ChannelEmail ChannelType = "Email"
)

// ConversationChannels are the channels of a location by type; a type that was not
// asked for may be absent (ConversationChannelSchema of the published v3 document).
type ConversationChannels struct {
	SMS   []ConversationChannel `json:"SMS,omitzero"`
	Email []ConversationChannel `json:"Email,omitzero"`
}

// ConversationChannel is one channel.
type ConversationChannel struct {
	Provider ConversationProvider `json:"conversationProvider"`
}

// ConversationProvider is who carries the messages of a channel.
type ConversationProvider struct {
	ID      string      `json:"_id"`
	Name    string      `json:"name"`
	Type    ChannelType `json:"type"`
	Default bool        `json:"default"`
}

// ConversationChannels lists the location's channels of a type. Scope:
// locations.readonly, with a sub-account token. It asks for version [V3].
func (c *Client) ConversationChannels(ctx context.Context, locationID string, channel ChannelType) (*ConversationChannels, error) {
	r := get("locations", locationID, "conversationChannels", string(channel))
	r.version = V3
	return member[*ConversationChannels](ctx, c, r, "conversationChannel")
}
