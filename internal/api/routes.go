package api

import (
	"net/http"
	"slices"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/wire"
)

// Scopes of the operations whose published list is empty (contract, decision 9).
// A readonly scope never permits a write.
func scopes(s ...tenantry.Scope) []tenantry.Scope { return s }

// Routes is the whole surface of the API: one row an operation.
func (a *API) Routes() []wire.Route {
	return slices.Concat(a.locationRoutes(), a.locationRoutesV3(), a.tagRoutes(), a.taskRoutes(), a.customFieldRoutes(), a.customValueRoutes(), a.templateRoutes())
}

func (a *API) locationRoutes() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/search", ID: "search-locations", Group: "Search",
			Summary: "Search sub-accounts", Tokens: wire.AnyTokens, Scopes: scopes(tenantry.LocationsRead)}, a.searchLocations),
		wire.Handle(wire.Op{Method: "POST", Path: "/locations", ID: "create-location", Group: "Sub-Account (Formerly Location)",
			Summary: "Create a sub-account", Tokens: wire.AgencyTokens, Scopes: scopes(tenantry.LocationsWrite)}, a.createLocation),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}", ID: "get-location", Group: "Sub-Account (Formerly Location)",
			Summary: "Read a sub-account", Tokens: wire.AnyTokens, Scopes: scopes(tenantry.LocationsRead)}, a.location),
		wire.HandleChecked(wire.Op{Method: "PUT", Path: "/locations/{locationId}", ID: "put-location", Group: "Sub-Account (Formerly Location)",
			Summary: "Update a sub-account", Tokens: wire.AnyTokens, Scopes: scopes(tenantry.LocationsWrite)}, a.checkUpdateLocation, a.updateLocation),
		wire.Handle(wire.Op{Method: "DELETE", Path: "/locations/{locationId}", ID: "delete-location", Group: "Sub-Account (Formerly Location)",
			Summary: "Delete a sub-account and all that is in it", Tokens: wire.AgencyTokens,
			Scopes: scopes(tenantry.LocationsWrite, tenantry.LocationsInternal)}, a.deleteLocation),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/timezones", ID: "get-timezones", Group: "Timezone",
			Summary: "List the time zones", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.LocationsRead), Placeholder: true}, a.timeZones),
	}
}

// locationRoutesV3 are the sub-account operations that v3 added.
func (a *API) locationRoutesV3() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/permissions", ID: "get-location-permissions", Group: "Permissions",
			Summary: "Read a sub-account's permissions", Tokens: wire.AnyTokens, Scopes: scopes(tenantry.LocationsRead),
			Versions: []string{wire.V3}}, a.permissions),
		wire.Handle(wire.Op{Method: "PUT", Path: "/locations/{locationId}/permissions", ID: "update-location-permissions", Group: "Permissions",
			Summary: "Replace a sub-account's permissions", Tokens: wire.AgencyTokens, Scopes: scopes(tenantry.LocationsWrite),
			Versions: []string{wire.V3}}, a.updatePermissions),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/conversationChannels/{type}", ID: "get-conversation-channel",
			Group: "Conversation Channel", Summary: "List the providers of a channel", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.LocationsRead), Versions: []string{wire.V3}}, a.conversationChannels),
	}
}

func (a *API) tagRoutes() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/tags", ID: "get-location-tags", Group: "Tags",
			Summary: "List the tags", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TagsRead)}, a.listTags),
		wire.Handle(wire.Op{Method: "POST", Path: "/locations/{locationId}/tags", ID: "create-tag", Group: "Tags",
			Summary: "Create a tag", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TagsWrite)}, a.createTag),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/tags/{tagId}", ID: "get-tag-by-id", Group: "Tags",
			Summary: "Read a tag", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TagsRead)}, a.tag),
		wire.Handle(wire.Op{Method: "PUT", Path: "/locations/{locationId}/tags/{tagId}", ID: "update-tag", Group: "Tags",
			Summary: "Rename a tag", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TagsWrite)}, a.updateTag),
		wire.Handle(wire.Op{Method: "DELETE", Path: "/locations/{locationId}/tags/{tagId}", ID: "delete-tag", Group: "Tags",
			Summary: "Delete a tag", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TagsWrite)}, a.deleteTag),
	}
}

func (a *API) taskRoutes() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "POST", Path: "/locations/{locationId}/tasks/search", ID: "task-search", Group: "Tasks Search",
			Summary: "Search tasks", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TasksRead)}, a.searchTasks),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/recurring-tasks", ID: "get-recurring-tasks", Group: "Recurring Tasks",
			Summary: "List the recurring tasks", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TasksRead)}, a.listRecurringTasks),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/recurring-tasks/{id}", ID: "get-recurring-task-by-id",
			Group: "Recurring Tasks", Summary: "Read a recurring task", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TasksRead)}, a.recurringTask),
		wire.HandleChecked(wire.Op{Method: "POST", Path: "/locations/{locationId}/recurring-tasks", ID: "create-recurring-task",
			Group: "Recurring Tasks", Summary: "Create a recurring task", Status: http.StatusCreated, Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TasksWrite, tenantry.LocationsWrite)}, a.checkCreateRecurringTask, a.createRecurringTask),
		wire.HandleChecked(wire.Op{Method: "PUT", Path: "/locations/{locationId}/recurring-tasks/{id}", ID: "update-recurring-task",
			Group: "Recurring Tasks", Summary: "Update a recurring task", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TasksWrite, tenantry.LocationsWrite)}, a.checkUpdateRecurringTask, a.updateRecurringTask),
		wire.Handle(wire.Op{Method: "DELETE", Path: "/locations/{locationId}/recurring-tasks/{id}", ID: "delete-recurring-task",
			Group: "Recurring Tasks", Summary: "Delete a recurring task", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TasksWrite, tenantry.LocationsWrite)}, a.deleteRecurringTask),
	}
}

func (a *API) customFieldRoutes() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/customFields", ID: "get-custom-fields", Group: "Custom Field",
			Summary: "List the custom fields", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomFieldsRead)}, a.customFields),
		wire.HandleChecked(wire.Op{Method: "POST", Path: "/locations/{locationId}/customFields", ID: "create-custom-field", Group: "Custom Field",
			Summary: "Create a custom field or folder", Status: 201, Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomFieldsWrite)}, a.checkCreateCustomField, a.createCustomField),
		wire.Handle(wire.Op{Method: "POST", Path: "/locations/{locationId}/customFields/upload", ID: "upload-file-customFields", Group: "Custom Field",
			Summary: "Upload files to a contact or custom field", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.CustomFieldsWrite), MaxBody: tenantry.MaxUploadSize}, a.uploadFiles),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/customFields/search", ID: "search-custom-fields", Group: "Custom Field",
			Summary: "Search custom fields or folders", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomFieldsRead)}, a.searchCustomFields),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/customFields/{id}", ID: "get-custom-field", Group: "Custom Field",
			Summary: "Read a custom field", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomFieldsRead)}, a.customField),
		wire.HandleChecked(wire.Op{Method: "PUT", Path: "/locations/{locationId}/customFields/{id}", ID: "update-custom-field", Group: "Custom Field",
			Summary: "Update a custom field", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomFieldsWrite)}, a.checkUpdateCustomField, a.updateCustomField),
		wire.Handle(wire.Op{Method: "DELETE", Path: "/locations/{locationId}/customFields/{id}", ID: "delete-custom-field", Group: "Custom Field",
			Summary: "Delete a custom field", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomFieldsWrite)}, a.deleteCustomField),
	}
}

func (a *API) customValueRoutes() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/customValues", ID: "get-custom-values", Group: "Custom Value",
			Summary: "List the custom values", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomValuesRead)}, a.listCustomValues),
		wire.Handle(wire.Op{Method: "POST", Path: "/locations/{locationId}/customValues", ID: "create-custom-value", Group: "Custom Value",
			Summary: "Create a custom value", Status: 201, Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomValuesWrite)}, a.createCustomValue),
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/customValues/{id}", ID: "get-custom-value", Group: "Custom Value",
			Summary: "Read a custom value", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomValuesRead)}, a.customValue),
		wire.Handle(wire.Op{Method: "PUT", Path: "/locations/{locationId}/customValues/{id}", ID: "update-custom-value", Group: "Custom Value",
			Summary: "Replace a custom value's name and value", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomValuesWrite)}, a.updateCustomValue),
		wire.Handle(wire.Op{Method: "DELETE", Path: "/locations/{locationId}/customValues/{id}", ID: "delete-custom-value", Group: "Custom Value",
			Summary: "Delete a custom value", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.CustomValuesWrite)}, a.deleteCustomValue),
	}
}

// templateRoutes: create and update are additions (contract, decision 33).
func (a *API) templateRoutes() []wire.Route {
	return []wire.Route{
		wire.Handle(wire.Op{Method: "GET", Path: "/locations/{locationId}/templates", ID: "GET-all-or-email-sms-templates", Group: "Template",
			Summary: "List the templates", Tokens: wire.SubAccountTokens, Scopes: scopes(tenantry.TemplatesRead)}, a.templates),
		wire.Handle(wire.Op{Method: "POST", Path: "/locations/{locationId}/templates", ID: "create-template", Group: "Template",
			Summary: "Create a template", Status: 201, Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TemplatesWrite, tenantry.LocationsWrite)}, a.createTemplate),
		wire.HandleChecked(wire.Op{Method: "PUT", Path: "/locations/{locationId}/templates/{id}", ID: "update-template", Group: "Template",
			Summary: "Update a template", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TemplatesWrite, tenantry.LocationsWrite)}, a.checkUpdateTemplate, a.updateTemplate),
		wire.Handle(wire.Op{Method: "DELETE", Path: "/locations/{locationId}/templates/{id}", ID: "DELETE-an-email-sms-template", Group: "Template",
			Summary: "Delete a template", Tokens: wire.SubAccountTokens,
			Scopes: scopes(tenantry.TemplatesWrite, tenantry.LocationsWrite)}, a.deleteTemplate),
	}
}
