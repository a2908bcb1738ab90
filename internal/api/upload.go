package api

import (
	"context"
	"errors"
	"mime"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tenantry/tenantry"
	"github.com/tenantry/tenantry/internal/files"
	"github.com/tenantry/tenantry/internal/wire"
)

const (
	// maxUploads is how many uploads are read at a time; one more is told to come back.
	maxUploads = 16
	// uploadRetryAfter is how long such a one should wait.
	uploadRetryAfter = 5 * time.Second
)

// uploadOwner is the id in the form of an upload.
type uploadOwner string

// Check implements [wire.Checker].
func (o uploadOwner) Check() string {
	if o == "" {
		return "should not be empty"
	}
	return ""
}

// fileCount is a positive number as a form sends it.
type fileCount string

// Check implements [wire.Checker].
func (n fileCount) Check() string {
	if n.int() < 1 {
		return "must not be less than 1"
	}
	return ""
}

func (n fileCount) int() int {
	i, _ := strconv.Atoi(string(n)) // its rule lets nothing but digits through
	return i
}

type uploadBody struct {
	_ struct{} `schema:"FileUploadBody"`

	ID       uploadOwner `json:"id" rule:"required" doc:"Contact or custom field that the files are for" example:"aWdODOBVOlH1RUFKWQke"`
	MaxFiles fileCount   `json:"maxFiles" rule:"required,digits" doc:"Most files that may be in the form; a custom field's own limit holds too" example:"15"`
}

type uploadInput struct {
	LocationID tenantry.LocationID   `path:"locationId"`
	Form       wire.Form[uploadBody] `body:"form"`
}

type uploadAnswer struct {
	_ struct{} `schema:"FileUploadResponseDto"`

	UploadedFiles map[string]string `json:"uploadedFiles" doc:"URL of each file, by originalname"`
	Meta          []uploadedFile    `json:"meta" doc:"The files, in the order of the form"`
}

type uploadedFile struct {
	_ struct{} `schema:"UploadedFileMeta"`

	FieldName    string `json:"fieldname" doc:"Name of the form part"`
	OriginalName string `json:"originalname" doc:"File name without folders; the second of one name has a number, as in a (2).pdf" example:"FileName.csv"`
	Encoding     string `json:"encoding" example:"7bit"`
	MIMEType     string `json:"mimetype" doc:"By the content" example:"text/csv"`
	Size         int64  `json:"size" doc:"Bytes" example:"2061"`
	URL          string `json:"url" doc:"Where the file is; needs no token"`
}

// uploadFiles keeps all files of a form or none. What the form says is checked once
// it was read, because its texts may come after its files.
func (a *API) uploadFiles(ctx context.Context, c tenantry.Caller, in *uploadInput) (_ uploadAnswer, err error) {
	select {
	case a.uploads <- struct{}{}:
		defer func() { <-a.uploads }()
	default:
		return uploadAnswer{}, tooManyUploads()
	}
	u := &upload{files: a.files}
	defer func() { err = errors.Join(err, u.discard()) }()
	form, err := u.read(&in.Form)
	if err != nil {
		return uploadAnswer{}, err
	}
	owner, err := a.assign(ctx, in.LocationID, u.parts, form)
	if err != nil {
		return uploadAnswer{}, err
	}
	rows := fileRows(in.LocationID, u.parts)
	if err := a.keep(ctx, c.Actor(), owner, u.parts, rows); err != nil {
		return uploadAnswer{}, err
	}
	return a.uploadOut(u.parts, rows), nil
}

func tooManyUploads() error {
	e := tenantry.Errorf(tenantry.Unavailable, "unavailable", "The server is busy with other uploads. Try again later.")
	e.RetryAfter = uploadRetryAfter
	return e
}

// upload collects the files of one form in the staging area.
type upload struct {
	files    *files.Store
	parts    []filePart
	problems []string // of file names
}

// filePart is one file of a form.
type filePart struct {
	field  string               // name of the part
	name   string               // of the file; no two of a form are equal
	limits tenantry.CustomField // whose limits the file must keep; without an id: none
	staged *files.Staged
}

// read reads the form to its end. All that is wrong with its texts and file names is
// told in one error.
func (u *upload) read(form *wire.Form[uploadBody]) (*uploadBody, error) {
	body, err := form.Read(u.stage)
	if err != nil && tenantry.KindOf(err) != tenantry.Invalid {
		return nil, err
	}
	var messages []string
	if invalid, ok := errors.AsType[*tenantry.Error](err); ok {
		messages = invalid.Messages
	}
	messages = append(messages, u.problems...)
	if len(u.parts) == 0 && len(u.problems) == 0 {
		messages = append(messages, "the form should contain at least one file")
	}
	if len(messages) > 0 {
		return nil, tenantry.InvalidInput(messages...)
	}
	return body, nil
}

func (u *upload) stage(p wire.FilePart) error {
	staged, err := u.files.Stage(p.Name, p, tenantry.MaxFileSize)
	if invalid, ok := errors.AsType[*tenantry.Error](err); ok && invalid.Kind == tenantry.Invalid {
		u.problems = append(u.problems, invalid.Messages...)
		return nil
	}
	if err != nil {
		return err
	}
	u.parts = append(u.parts, filePart{field: p.Field, name: u.unused(staged.Name), staged: staged})
	return nil
}

// unused numbers a name that another file of the form has.
func (u *upload) unused(name string) string {
	used := map[string]bool{}
	for _, p := range u.parts {
		used[p.name] = true
	}
	out := name
	for n := 2; used[out]; n++ {
		out = files.Numbered(name, n)
	}
	return out
}

// discard removes what was not kept.
func (u *upload) discard() error {
	var errs []error
	for _, p := range u.parts {
		errs = append(errs, p.staged.Discard())
	}
	return errors.Join(errs...)
}

// assign finds whose the files are and whose limits they must keep, and checks them.
func (a *API) assign(ctx context.Context, loc tenantry.LocationID, parts []filePart, form *uploadBody) (owner string, err error) {
	owner, field, err := a.fileOwner(ctx, loc, string(form.ID))
	if err != nil {
		return "", err
	}
	if limit := form.MaxFiles.int(); len(parts) > limit {
		return "", tenantry.TooManyFiles(len(parts), limit)
	}
	fields := map[string]tenantry.CustomField{} // by id; files of one field are counted together
	counts := map[string]int{}
	for i := range parts {
		id, _, _ := strings.Cut(parts[i].field, "_")
		if _, known := fields[id]; !known {
			if fields[id], err = a.partField(ctx, loc, id, field); err != nil {
				return "", err
			}
		}
		parts[i].limits = fields[id]
		counts[string(fields[id].ID)]++
	}
	for _, p := range parts {
		if err := p.check(counts[string(p.limits.ID)]); err != nil {
			return "", err
		}
	}
	return owner, nil
}

// fileOwner finds the contact or custom field with the id. A field is given with it.
func (a *API) fileOwner(ctx context.Context, loc tenantry.LocationID, id string) (string, tenantry.CustomField, error) {
	contact, err := a.store.Contact(ctx, loc, tenantry.ContactID(id))
	if err == nil || tenantry.KindOf(err) != tenantry.NotFound {
		return string(contact.ID), tenantry.CustomField{}, err
	}
	field, err := a.store.CustomField(ctx, loc, tenantry.CustomFieldID(id))
	if tenantry.KindOf(err) == tenantry.NotFound {
		err = tenantry.OwnerNotFound(id)
	}
	return string(field.ID), field, err
}

// partField finds the custom field that a part is named after: <id> or <id>_<anything>.
// A part may have any name, so one that names no field takes the given one.
func (a *API) partField(ctx context.Context, loc tenantry.LocationID, id string, other tenantry.CustomField) (tenantry.CustomField, error) {
	if strings.Contains(id, ".") {
		return other, nil // a file name, which must not be taken for the key of a field
	}
	field, err := a.store.CustomField(ctx, loc, tenantry.CustomFieldID(id))
	if tenantry.KindOf(err) == tenantry.NotFound {
		return other, nil
	}
	return field, err
}

// check refuses a file that its field does not take among n, or that is not what
// its name says.
func (p filePart) check(n int) error {
	if p.limits.ID != "" {
		if err := p.limits.CheckFiles(n); err != nil {
			return err
		}
		if !files.Accepts(p.limits.AcceptedFormat, p.name) {
			return tenantry.Errorf(tenantry.Refused, "upload_refused", "The file %q is not one of the accepted formats: %s",
				p.name, strings.Join(p.limits.AcceptedFormat, ", "))
		}
	}
	return files.CheckContent(p.name, p.staged.MIME)
}

func fileRows(loc tenantry.LocationID, parts []filePart) []tenantry.File {
	return each(parts, func(p filePart) tenantry.File {
		return tenantry.File{
			ID: tenantry.FileID(uuid.NewString()), LocationID: loc, FieldID: p.limits.ID, Name: p.name,
			MIME: p.staged.MIME, Size: p.staged.Size, SHA256: p.staged.SHA256,
		}
	})
}

// keep gives the files their final places, then adds their rows: a crash in between
// leaves files without a row, never a row without its file.
func (a *API) keep(ctx context.Context, by tenantry.Actor, owner string, parts []filePart, rows []tenantry.File) (err error) {
	kept := 0
	defer func() {
		if err == nil {
			return
		}
		for _, f := range rows[:kept] {
			err = errors.Join(err, a.files.Remove(ctx, f.Key()))
		}
	}()
	for i, p := range parts {
		if err := p.staged.Keep(ctx, rows[i].Key()); err != nil {
			return err
		}
		kept++
	}
	return a.store.AddFiles(ctx, rows[0].LocationID, by, owner, rows)
}

func (a *API) uploadOut(parts []filePart, rows []tenantry.File) uploadAnswer {
	out := uploadAnswer{UploadedFiles: map[string]string{}}
	for i, f := range rows {
		media, _, err := mime.ParseMediaType(f.MIME)
		if err != nil {
			media = f.MIME
		}
		link := a.fileURL(f)
		out.UploadedFiles[f.Name] = link
		out.Meta = append(out.Meta, uploadedFile{
			FieldName: parts[i].field, OriginalName: f.Name, Encoding: "7bit", MIMEType: media, Size: f.Size, URL: link,
		})
	}
	return out
}

// fileURL is where [API.serveFile] answers with the file, in the pattern of the
// hosted service (contract, section 1.3 (16) to (21)).
func (a *API) fileURL(f tenantry.File) string {
	return a.publicURL + "/files/location/" + url.PathEscape(string(f.LocationID)) + "/custom-Field/" + url.PathEscape(f.OwnerID) + "/" + f.URLName()
}
