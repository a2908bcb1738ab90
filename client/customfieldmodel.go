package client

// DataType is the kind of value that a custom field holds.
type DataType string

// The data types that are known. The published document has no list of them.
const (
	FieldText            DataType = "TEXT"
	FieldLargeText       DataType = "LARGE_TEXT"
	FieldNumerical       DataType = "NUMERICAL"
	FieldFloat           DataType = "FLOAT"
	FieldPhone           DataType = "PHONE"
	FieldMonetary        DataType = "MONETORY" // sic
	FieldCheckbox        DataType = "CHECKBOX"
	FieldSingleOptions   DataType = "SINGLE_OPTIONS"
	FieldMultipleOptions DataType = "MULTIPLE_OPTIONS"
	FieldRadio           DataType = "RADIO"
	FieldTime            DataType = "TIME"
	FieldDate            DataType = "DATE"
	FieldTextBoxList     DataType = "TEXTBOX_LIST"
	FieldFileUpload      DataType = "FILE_UPLOAD"
	FieldSignature       DataType = "SIGNATURE"
)

// FieldModel is what a custom field belongs to.
type FieldModel string

// The models; AllModels is for lists and searches only.
const (
	ContactModel     FieldModel = "contact"
	OpportunityModel FieldModel = "opportunity"
	AllModels        FieldModel = "all"
)

// DocumentType tells fields from the folders that group them.
type DocumentType string

// The document types.
const (
	FieldDocument  DocumentType = "field"
	FolderDocument DocumentType = "folder"
)

// CustomField is the definition of a custom field or a folder (CustomFieldSchema of
// the published document). The members from DocumentType on are not published.
type CustomField struct {
	ID                    string     `json:"id"`
	LocationID            string     `json:"locationId"`
	Name                  string     `json:"name"`
	FieldKey              string     `json:"fieldKey"` // such as contact.colour; survives renames
	Model                 FieldModel `json:"model"`
	DataType              DataType   `json:"dataType"`
	Placeholder           string     `json:"placeholder"`
	Position              float64    `json:"position"`
	PicklistOptions       []string   `json:"picklistOptions,omitzero"` // written as options
	PicklistImageOptions  []string   `json:"picklistImageOptions,omitzero"`
	IsAllowedCustomOption bool       `json:"isAllowedCustomOption"`
	IsMultiFileAllowed    bool       `json:"isMultiFileAllowed"` // written as isMultipleFile
	MaxFileLimit          int        `json:"maxFileLimit"`       // written as maxNumberOfFiles

	DocumentType DocumentType `json:"documentType"`
	ParentID     string       `json:"parentId"` // folder
	Description  string       `json:"description"`
	Standard     bool         `json:"standard"`
	DateAdded    Timestamp    `json:"dateAdded"`
	ObjectID     string       `json:"_id,omitzero"` // of a folder: the id again
}

// TextBoxOption is one box of a [FieldTextBoxList] field.
type TextBoxOption struct {
	Label        string `json:"label"`
	PrefillValue string `json:"prefillValue"`
}

// CreateCustomFieldRequest says what a new custom field is (CreateCustomFieldsDTO of
// the published document). Name and, for a field, DataType are required; a zero
// member is not sent. The members from Options on are not published, but accepted.
type CreateCustomFieldRequest struct {
	Name               string          `json:"name"`
	DataType           DataType        `json:"dataType,omitzero"`
	Model              FieldModel      `json:"model,omitzero"` // [ContactModel] if empty
	Placeholder        string          `json:"placeholder,omitzero"`
	Position           float64         `json:"position,omitzero"`
	AcceptedFormat     []string        `json:"acceptedFormat,omitempty"` // extensions of a [FieldFileUpload], such as .pdf
	IsMultipleFile     bool            `json:"isMultipleFile,omitzero"`
	MaxNumberOfFiles   int             `json:"maxNumberOfFiles,omitzero"`
	TextBoxListOptions []TextBoxOption `json:"textBoxListOptions,omitempty"` // of a [FieldTextBoxList]

	Options      []string     `json:"options,omitempty"` // of a choice
	DocumentType DocumentType `json:"documentType,omitzero"`
	ParentID     string       `json:"parentId,omitzero"` // folder
	FieldKey     string       `json:"fieldKey,omitzero"`
	Description  string       `json:"description,omitzero"`
}

// UpdateCustomFieldRequest says what changes (UpdateCustomFieldsDTO of the published
// document). Name is required. A nil member changes nothing; an empty list is sent
// as one. The members from Options on are not published, but accepted.
type UpdateCustomFieldRequest struct {
	Name               string          `json:"name"`
	Model              FieldModel      `json:"model,omitzero"`
	Placeholder        *string         `json:"placeholder,omitzero"`
	Position           *float64        `json:"position,omitzero"`
	AcceptedFormat     []string        `json:"acceptedFormat,omitzero"`
	IsMultipleFile     *bool           `json:"isMultipleFile,omitzero"`
	MaxNumberOfFiles   *int            `json:"maxNumberOfFiles,omitzero"`
	TextBoxListOptions []TextBoxOption `json:"textBoxListOptions,omitzero"`

	Options     []string `json:"options,omitzero"` // replaces all of them, in this order
	ParentID    *string  `json:"parentId,omitzero"`
	Description *string  `json:"description,omitzero"`
}
