package tenantry

import "time"

// EventType names a state change: the type member of a webhook body and the
// action of an audit record.
type EventType string

// The events. LocationCreate, LocationUpdate, the Task events, INSTALL and UNINSTALL
// are the published webhooks; the others are additions of this server.
const (
	LocationCreated      EventType = "LocationCreate"
	LocationUpdated      EventType = "LocationUpdate"
	LocationDeleted      EventType = "LocationDelete"
	PermissionsUpdated   EventType = "LocationPermissionsUpdate"
	TagCreated           EventType = "TagCreate"
	TagUpdated           EventType = "TagUpdate"
	TagDeleted           EventType = "TagDelete"
	CustomFieldCreated   EventType = "CustomFieldCreate"
	CustomFieldUpdated   EventType = "CustomFieldUpdate"
	CustomFieldDeleted   EventType = "CustomFieldDelete"
	FilesUploaded        EventType = "FilesUpload"
	CustomValueCreated   EventType = "CustomValueCreate"
	CustomValueUpdated   EventType = "CustomValueUpdate"
	CustomValueDeleted   EventType = "CustomValueDelete"
	TemplateCreated      EventType = "TemplateCreate"
	TemplateUpdated      EventType = "TemplateUpdate"
	TemplateDeleted      EventType = "TemplateDelete"
	RecurringTaskCreated EventType = "RecurringTaskCreate"
	RecurringTaskUpdated EventType = "RecurringTaskUpdate"
	RecurringTaskDeleted EventType = "RecurringTaskDelete"
	TaskCreated          EventType = "TaskCreate"
	ContactCreated       EventType = "ContactCreate"
	CompanyCreated       EventType = "CompanyCreate"
	UserCreated          EventType = "UserCreate"
	UserPasswordUpdated  EventType = "UserPasswordUpdate"
	TokenCreated         EventType = "TokenCreate"
	TokenRotated         EventType = "TokenRotate"
	TokenDeleted         EventType = "TokenDelete"
	LocationPaused       EventType = "LocationPause"
	LocationResumed      EventType = "LocationResume"
	AppInstalled         EventType = "INSTALL"
	AppUninstalled       EventType = "UNINSTALL"
	AppCreated           EventType = "AppCreate"
	AppSecretRotated     EventType = "AppSecretRotate"
	AppDeleted           EventType = "AppDelete"
	GrantCreated         EventType = "GrantCreate"
	GrantRevoked         EventType = "GrantRevoke"
	AccessTokenRevoked   EventType = "AccessTokenRevoke"
	SigningKeysRotated   EventType = "SigningKeysRotate"
)

// Event is one state change in the outbox.
type Event struct {
	ID         EventID
	LocationID LocationID
	CompanyID  CompanyID
	Type       EventType
	Payload    string // the webhook body, byte for byte
	CreatedAt  time.Time
}

// AuditRecord says who changed what. Before and After are JSON, null where there was nothing.
type AuditRecord struct {
	ID         EventID // that of the change's event
	LocationID LocationID
	CompanyID  CompanyID
	By         Actor
	Action     EventType
	Resource   string // id of what changed
	Before     string
	After      string
	CreatedAt  time.Time
}
