package api

import (
	"context"

	"github.com/tenantry/tenantry"
)

type tag struct {
	_ struct{} `schema:"LocationTagsSchema"`

	ID         tenantry.TagID      `json:"id" doc:"Tag id"`
	Name       string              `json:"name" doc:"Name, in lower case" example:"vip"`
	LocationID tenantry.LocationID `json:"locationId" doc:"Location id"`
}

type tagAnswer struct {
	_ struct{} `schema:"LocationTagSuccessfulResponseDto"`

	Tag tag `json:"tag"`
}

type tagsAnswer struct {
	_ struct{} `schema:"LocationTagsSuccessfulResponseDto"`

	Tags []tag `json:"tags"`
}

type tagBody struct {
	_ struct{} `schema:"tagBody"`

	Name tagName `json:"name" rule:"required,notEmpty" doc:"Name: 1 to 255 characters, kept in NFC, trimmed and lower case" example:"vip"`
}

type tagsInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
}

type createTagInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	Body       tagBody             `body:"json"`
}

type tagInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	TagID      tenantry.TagID      `path:"tagId"`
}

type updateTagInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
	TagID      tenantry.TagID      `path:"tagId"`
	Body       tagBody             `body:"json"`
}

func tagOut(t tenantry.Tag) tag { return tag{ID: t.ID, Name: t.Name, LocationID: t.LocationID} }

func (a *API) listTags(ctx context.Context, _ tenantry.Caller, in *tagsInput) (tagsAnswer, error) {
	tags, err := a.store.Tags(ctx, in.LocationID)
	return tagsAnswer{Tags: each(tags, tagOut)}, err
}

func (a *API) createTag(ctx context.Context, c tenantry.Caller, in *createTagInput) (tagAnswer, error) {
	t, err := a.store.CreateTag(ctx, in.LocationID, c.Actor(), in.Body.Name.stored())
	return tagAnswer{Tag: tagOut(t)}, err
}

func (a *API) tag(ctx context.Context, _ tenantry.Caller, in *tagInput) (tagAnswer, error) {
	t, err := a.store.Tag(ctx, in.LocationID, in.TagID)
	return tagAnswer{Tag: tagOut(t)}, err
}

func (a *API) updateTag(ctx context.Context, c tenantry.Caller, in *updateTagInput) (tagAnswer, error) {
	t, err := a.store.UpdateTag(ctx, in.LocationID, c.Actor(), in.TagID, in.Body.Name.stored())
	return tagAnswer{Tag: tagOut(t)}, err
}

func (a *API) deleteTag(ctx context.Context, c tenantry.Caller, in *tagInput) (deleted, error) {
	return isDeleted(), a.store.DeleteTag(ctx, in.LocationID, c.Actor(), in.TagID)
}

// each translates a list; the result is never nil, so it is never null on the wire.
func each[From, To any](list []From, to func(From) To) []To {
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = to(v)
	}
	return out
}
