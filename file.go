package tenantry

import (
	"path"
	"strings"
	"time"
)

// Limits of an upload, in bytes.
const (
	MaxFileSize   = 50 << 20               // of one file (contract, decision 29)
	MaxUploadSize = 20*MaxFileSize + 1<<20 // of a whole request
)

// maxURLExtension is the longest extension that a file's URL repeats, in characters.
const maxURLExtension = 10

// File is an uploaded file of a location. Its id is a random UUID: who knows it may
// read the file, so it is told to nobody but the uploader and the location's own readers.
type File struct {
	ID         FileID
	LocationID LocationID
	OwnerID    string        // the contact or custom field that it was uploaded to
	FieldID    CustomFieldID // whose limits it kept; empty for none
	Name       string        // cleaned
	MIME       string        // by its content
	Size       int64         // bytes
	SHA256     string        // of the content, in lower-case hexadecimal
	CreatedAt  time.Time
}

// Key is where the bytes of the file are kept. Those of a location share a folder.
func (f File) Key() string { return string(f.LocationID) + "/" + string(f.ID) }

// URLName is the last segment of the file's URL: its id, with the extension of its name
// where that is a plain one.
func (f File) URLName() string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(f.Name), "."))
	if ext == "" || len(ext) > maxURLExtension || strings.Trim(ext, "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return string(f.ID)
	}
	return string(f.ID) + "." + ext
}

// CheckFiles refuses n files at once, where the field takes fewer or none.
func (f CustomField) CheckFiles(n int) error {
	switch limit := f.FileLimit(); {
	case f.IsFolder() || f.DataType != FileUploadField:
		return Errorf(Refused, "upload_refused", "Custom field with id %s does not take files", f.ID)
	case n > limit:
		return TooManyFiles(n, limit)
	}
	return nil
}

// TooManyFiles makes the error for n files where limit may come at once.
func TooManyFiles(n, limit int) *Error {
	return Errorf(Refused, "upload_refused", "%d files are more than the %d that may be uploaded", n, limit)
}

// OwnerNotFound makes the error for an upload to an id that the location does not have.
func OwnerNotFound(id string) *Error { return NotFoundError("Contact or custom field", id) }
