package api

import (
	"context"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

type recurringTaskCreateBody struct {
	_ struct{} `schema:"RecurringTaskCreateDTO"`

	Title              string               `json:"title" rule:"required,notEmpty,maxLen=1000" doc:"Title of the tasks" example:"Task Name"`
	Description        string               `json:"description" rule:"maxLen=10000" doc:"Body of the tasks" example:"Task Description"`
	ContactIDs         []tenantry.ContactID `json:"contactIds" rule:"maxItems=100,eachNotEmpty" doc:"Contacts of the location; each occurrence makes a task for each, or one without a contact"`
	Owners             []tenantry.UserID    `json:"owners" rule:"maxItems=100,eachNotEmpty" doc:"Users of the location's agency; the tasks are assigned to the first"`
	RRuleOptions       rruleOptions         `json:"rruleOptions" rule:"required" doc:"Recurrence"`
	IgnoreTaskCreation bool                 `json:"ignoreTaskCreation" doc:"Makes no task at creation. Otherwise the first occurrence makes its tasks at once when its time has come; later ones that have passed are not made up for"`
}

type recurringTaskUpdateBody struct {
	_ struct{} `schema:"RecurringTaskUpdateDTO"`

	Title              *string               `json:"title" rule:"notEmpty,maxLen=1000" doc:"Title of the tasks to come" example:"Task Name"`
	Description        *string               `json:"description" rule:"maxLen=10000" doc:"Body of the tasks to come" example:"Task Description"`
	ContactIDs         *[]tenantry.ContactID `json:"contactIds" rule:"maxItems=100,eachNotEmpty" doc:"Replaces the contacts; kept when absent"`
	Owners             *[]tenantry.UserID    `json:"owners" rule:"maxItems=100,eachNotEmpty" doc:"Replaces the owners; kept when absent"`
	RRuleOptions       *rruleOptions         `json:"rruleOptions" doc:"Replaces the whole recurrence, from now on"`
	IgnoreTaskCreation *bool                 `json:"ignoreTaskCreation" doc:"Without effect: an update makes no task"`
}

type recurringTask struct {
	_ struct{} `schema:"RecurringTaskResponseDTO"`

	ID              tenantry.RecurringTaskID `json:"id" example:"sx6wyHhbFdRXh302Lunr"`
	Title           string                   `json:"title" example:"Task Name"`
	Description     string                   `json:"description" example:"Task Description"`
	LocationID      tenantry.LocationID      `json:"locationId"`
	UpdatedAt       string                   `json:"updatedAt" doc:"ISO 8601 in UTC"`
	CreatedAt       string                   `json:"createdAt" doc:"ISO 8601 in UTC"`
	RRuleOptions    rruleOptions             `json:"rruleOptions" doc:"Recurrence"`
	TotalOccurrence int                      `json:"totalOccurrence" doc:"Occurrences that have made tasks so far"`
	Deleted         bool                     `json:"deleted"`
	AssignedTo      tenantry.UserID          `json:"assignedTo" doc:"The first owner; empty when there is none"`
	ContactID       tenantry.ContactID       `json:"contactId" doc:"The first contact; empty when there is none"`
}

type recurringTaskAnswer struct {
	_ struct{} `schema:"RecurringTaskSingleResponseDTO"`

	RecurringTask recurringTask `json:"recurringTask"`
}

type recurringTasksAnswer struct {
	_ struct{} `schema:"RecurringTaskListResponseDTO"`

	RecurringTasks []recurringTask `json:"recurringTasks"`
}

type recurringTaskDeleted struct {
	_ struct{} `schema:"DeleteRecurringTaskResponseDTO"`

	ID      tenantry.RecurringTaskID `json:"id"`
	Success bool                     `json:"success"`
}

type recurringTasksInput struct {
	LocationID tenantry.LocationID `path:"locationId"`
}

type createRecurringTaskInput struct {
	LocationID tenantry.LocationID     `path:"locationId"`
	Body       recurringTaskCreateBody `body:"json"`
}

type recurringTaskInput struct {
	LocationID tenantry.LocationID      `path:"locationId"`
	ID         tenantry.RecurringTaskID `path:"id" doc:"Recurring task id"`
}

type updateRecurringTaskInput struct {
	LocationID tenantry.LocationID      `path:"locationId"`
	ID         tenantry.RecurringTaskID `path:"id" doc:"Recurring task id"`
	Body       recurringTaskUpdateBody  `body:"json"`
}

func recurringTaskOut(r tenantry.RecurringTask) recurringTask {
	return recurringTask{
		ID: r.ID, Title: r.Title, Description: r.Description, LocationID: r.LocationID, UpdatedAt: tenantry.Stamp(r.UpdatedAt),
		CreatedAt: tenantry.Stamp(r.CreatedAt), RRuleOptions: rruleOptionsOut(r.Rule), TotalOccurrence: r.TotalOccurrence,
		AssignedTo: r.AssignedTo(), ContactID: r.ContactID(),
	}
}

func (a *API) listRecurringTasks(ctx context.Context, _ tenantry.Caller, in *recurringTasksInput) (recurringTasksAnswer, error) {
	list, err := a.store.RecurringTasks(ctx, in.LocationID)
	return recurringTasksAnswer{RecurringTasks: each(list, recurringTaskOut)}, err
}

func (a *API) recurringTask(ctx context.Context, _ tenantry.Caller, in *recurringTaskInput) (recurringTaskAnswer, error) {
	r, err := a.store.RecurringTask(ctx, in.LocationID, in.ID)
	return recurringTaskAnswer{RecurringTask: recurringTaskOut(r)}, err
}

func (a *API) checkCreateRecurringTask(ctx context.Context, _ tenantry.Caller, in *createRecurringTaskInput, v *wire.Violations) error {
	if err := a.checkPeople(ctx, in.LocationID, in.Body.ContactIDs, in.Body.Owners, v); err != nil {
		return err
	}
	return a.checkRecurrence(ctx, in.LocationID, in.Body.RRuleOptions, v)
}

func (a *API) checkUpdateRecurringTask(ctx context.Context, _ tenantry.Caller, in *updateRecurringTaskInput, v *wire.Violations) error {
	err := a.checkPeople(ctx, in.LocationID, deref(in.Body.ContactIDs), deref(in.Body.Owners), v)
	if err != nil || in.Body.RRuleOptions == nil {
		return err
	}
	return a.checkRecurrence(ctx, in.LocationID, *in.Body.RRuleOptions, v)
}

// checkPeople refuses people whom the location does not have.
func (a *API) checkPeople(ctx context.Context, loc tenantry.LocationID, contacts []tenantry.ContactID, owners []tenantry.UserID, v *wire.Violations) error {
	if v.Failed("contactIds") {
		contacts = nil
	}
	if v.Failed("owners") {
		owners = nil
	}
	return v.Merge(a.store.CheckRecurringPeople(ctx, loc, contacts, owners))
}

func (a *API) createRecurringTask(ctx context.Context, c tenantry.Caller, in *createRecurringTaskInput) (recurringTaskAnswer, error) {
	r, err := a.store.CreateRecurringTaskInZone(ctx, in.LocationID, c.Actor(), tenantry.RecurringTask{
		Title: in.Body.Title, Description: in.Body.Description, ContactIDs: in.Body.ContactIDs, Owners: in.Body.Owners,
	}, in.Body.RRuleOptions.inZone, in.Body.IgnoreTaskCreation)
	return recurringTaskAnswer{RecurringTask: recurringTaskOut(r)}, err
}

func (a *API) updateRecurringTask(ctx context.Context, c tenantry.Caller, in *updateRecurringTaskInput) (recurringTaskAnswer, error) {
	patch := tenantry.RecurringTaskPatch{
		Title: in.Body.Title, Description: in.Body.Description, ContactIDs: in.Body.ContactIDs, Owners: in.Body.Owners,
	}
	if in.Body.RRuleOptions != nil {
		patch.RuleInZone = in.Body.RRuleOptions.inZone
	}
	r, err := a.store.UpdateRecurringTask(ctx, in.LocationID, c.Actor(), in.ID, patch)
	return recurringTaskAnswer{RecurringTask: recurringTaskOut(r)}, err
}

func (a *API) deleteRecurringTask(ctx context.Context, c tenantry.Caller, in *recurringTaskInput) (recurringTaskDeleted, error) {
	err := a.store.DeleteRecurringTask(ctx, in.LocationID, c.Actor(), in.ID)
	return recurringTaskDeleted{ID: in.ID, Success: true}, err
}
