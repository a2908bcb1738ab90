package client

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/textproto"
	"path"
	"strconv"
)

// Upload is one file to send.
type Upload struct {
	// Name is the file name; its extension must be one that the field accepts.
	Name string
	// Content is read to its end, once.
	Content io.Reader
	// ContentType is guessed from the extension if empty.
	ContentType string
	// Field is the name of the form part, Name if empty. The hosted service attaches
	// a part called <custom field id>_<uuid> to that field of a contact.
	Field string
}

// UploadResult is where uploaded files are (FileUploadResponseDto of the published
// document).
type UploadResult struct {
	URLs  map[string]string `json:"uploadedFiles"` // by file name
	Files []UploadedFile    `json:"meta"`
}

// UploadedFile is one file of an upload.
type UploadedFile struct {
	FieldName    string `json:"fieldname"`
	OriginalName string `json:"originalname"`
	Encoding     string `json:"encoding"`
	MIMEType     string `json:"mimetype"`
	Size         int64  `json:"size"` // bytes
	URL          string `json:"url"`
}

// UploadFiles sends files to a contact, an opportunity or a custom field, whichever
// has the id; maxFiles is the number that the caller allows. Tenantry takes 50 MB a
// file. The files are streamed, not held in memory, so the request is never
// repeated. When the method returns it has stopped reading them, unless ctx ended
// during a read. Scope: locations/customFields.write.
func (c *Client) UploadFiles(ctx context.Context, locationID, id string, maxFiles int, files ...Upload) (*UploadResult, error) {
	pr, pw := io.Pipe()
	form := multipart.NewWriter(pw)
	written := make(chan struct{})
	go func() {
		defer close(written)
		// The reading side gets the error, or the end of the body without one.
		pw.CloseWithError(writeUpload(form, id, maxFiles, files))
	}()
	body := stream{contentType: form.FormDataContentType(), reader: pr}
	result, err := call[UploadResult](ctx, c, post(body, "locations", locationID, "customFields", "upload"))
	// A request that failed early, or was answered early, leaves the writer blocked.
	pr.Close()
	select {
	case <-written:
	case <-ctx.Done():
	}
	return result, err
}

func writeUpload(form *multipart.Writer, id string, maxFiles int, files []Upload) error {
	if err := form.WriteField("id", id); err != nil {
		return err
	}
	if err := form.WriteField("maxFiles", strconv.Itoa(maxFiles)); err != nil {
		return err
	}
	for _, f := range files {
		part, err := form.CreatePart(f.header())
		if err != nil {
			return err
		}
		if _, err := io.Copy(part, f.Content); err != nil {
			return fmt.Errorf("client: upload %q: %w", f.Name, err)
		}
	}
	return form.Close()
}

func (f Upload) header() textproto.MIMEHeader {
	return textproto.MIMEHeader{
		"Content-Disposition": {multipart.FileContentDisposition(cmp.Or(f.Field, f.Name), f.Name)},
		"Content-Type":        {cmp.Or(f.ContentType, mime.TypeByExtension(path.Ext(f.Name)), "application/octet-stream")},
	}
}
