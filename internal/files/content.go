package files

import (
	"mime"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"

	"github.com/tenantry/tenantry"
)

// sniffLen is how many bytes of a file its type is told by: what mimetype looks at.
const sniffLen = 4096

// Media types that more than one rule names.
const (
	typeUnknown = "application/octet-stream"
	typePlain   = "text/plain"
	typeHTML    = "text/html"
	typeXML     = "text/xml"
	typeSVG     = "image/svg+xml"
	typePDF     = "application/pdf"
	typeZip     = "application/zip"
	typeOLE     = "application/x-ole-storage"
)

// sniff tells the media type of a file that begins with head. Its parameters
// are dropped but for the charset of plain text: that of HTML and XML is copied
// from the content, as it stands there. No archive is unpacked.
func sniff(head []byte, name string) string {
	detected := mimetype.Detect(head).String()
	media := mediaType(detected)
	if wordlike(media) && familyOf(extension(name)) == textFamily && printable(head) {
		return typePlain
	}
	if media == typePlain {
		return detected
	}
	return media
}

// wordlike tells the types whose signature is a few letters, with which a text
// can begin as well: a table of countries with "MZ" is no program.
func wordlike(media string) bool {
	switch media {
	case "application/vnd.microsoft.portable-executable", "application/x-bzip2", "application/x-shockwave-flash",
		"application/lzip", "application/x-rpm", "application/x-cpio", "image/vnd.adobe.photoshop",
		"audio/musepack", "audio/basic":
		return true
	}
	return false
}

// printable tells text from bytes: no control characters but those of layout.
func printable(head []byte) bool {
	return !slices.ContainsFunc(head, func(b byte) bool {
		return b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' || b == 0x7f
	})
}

// mediaType is a type without its parameters.
func mediaType(text string) string {
	media, _, err := mime.ParseMediaType(text)
	if err != nil {
		return typeUnknown
	}
	return media
}

// CheckContent refuses a file whose content, of the type mimeType that was
// sniffed for it, contradicts the extension of name: a program in a .pdf, a web
// page in a .png. Its error is [tenantry.Refused].
//
// It judges by families, because a photograph saved under the extension of
// another image format harms nobody, and refuses only what is recognised. So
// these pass: content that is not (plain text, tables of text and unknown bytes,
// whatever the extension), and names without an extension or with one that is
// not known here. HTML and SVG under their own names pass too; see [Serve].
func CheckContent(name, mimeType string) error {
	ext := extension(name)
	media := mediaType(mimeType)
	if unsure(media) || familyOf(ext).holds(ext, media) {
		return nil
	}
	return tenantry.Errorf(tenantry.Refused, "upload_refused",
		"The content of the file %q is %s, which does not match its extension", name, media)
}

// unsure tells the types that sniffing falls back to.
func unsure(media string) bool {
	switch media {
	case typeUnknown, typePlain, "text/csv", "text/tab-separated-values":
		return true
	}
	return false
}

// family is a group of extensions that hold the same kinds of content.
type family int

const (
	noFamily family = iota
	textFamily
	pictureFamily
	vectorFamily
	pdfFamily
	mediaFamily
	officeFamily  // the binary formats of Microsoft Office
	packageFamily // its formats since 2007, OpenDocument, EPUB: zip files inside
	archiveFamily // compressed files, where one extension is as good as another
)

// familyOf knows the extensions that fields of type FILE_UPLOAD are commonly set to.
func familyOf(ext string) family {
	switch ext {
	case "txt", "text", "csv", "tsv", "md", "log", "json", "xml", "html", "htm", "xhtml",
		"yaml", "yml", "ics", "vcf", "rtf", "eml", "srt", "vtt":
		return textFamily
	case "png", "jpg", "jpeg", "jpe", "jfif", "gif", "webp", "bmp", "tif", "tiff",
		"heic", "heif", "avif", "ico", "jxl":
		return pictureFamily
	case "svg":
		return vectorFamily
	case "pdf":
		return pdfFamily
	case "mp3", "wav", "m4a", "aac", "ogg", "oga", "ogv", "flac", "wma", "amr", "aif", "aiff", "mid", "midi",
		"mp4", "m4v", "mov", "webm", "avi", "mkv", "mpeg", "mpg", "3gp", "3g2", "wmv", "flv":
		return mediaFamily
	case "doc", "dot", "xls", "xlt", "ppt", "pps":
		return officeFamily
	case "docx", "docm", "dotx", "xlsx", "xlsm", "xltx", "pptx", "pptm", "ppsx",
		"odt", "ods", "odp", "odg", "epub", "pages", "numbers", "key":
		return packageFamily
	case "zip", "7z", "rar", "gz", "tgz", "tar", "bz2", "xz", "zst":
		return archiveFamily
	}
	return noFamily
}

// holds tells whether a file of the family may have this content.
func (f family) holds(ext, media string) bool {
	switch f {
	case textFamily:
		return descends(media, typePlain)
	case pictureFamily:
		return strings.HasPrefix(media, "image/") && media != typeSVG
	case vectorFamily:
		return media == typeSVG || media == typeXML
	case pdfFamily:
		return media == typePDF
	case mediaFamily:
		return strings.HasPrefix(media, "audio/") || strings.HasPrefix(media, "video/") ||
			media == "application/ogg" || media == "application/vnd.rn-realmedia-vbr"
	case officeFamily:
		return isOffice(media) || media == "text/rtf" || isReport(ext, media)
	case packageFamily:
		return isOffice(media)
	case archiveFamily:
		return isArchive(media)
	}
	return true
}

// isReport tells the web pages and XML documents that programs write under the
// name of a workbook or letter, for Office to open.
func isReport(ext, media string) bool {
	return (ext == "xls" || ext == "doc") && (media == typeHTML || media == typeXML)
}

// isOffice tells documents. The old and the new formats are found under each
// other's extension: a new one with a password is stored as an old one.
// Programs in the same containers are not among them.
func isOffice(media string) bool {
	switch media {
	case "application/x-ms-installer", "application/java-archive", "application/vnd.android.package-archive":
		return false
	}
	return descends(media, typeOLE) || descends(media, typeZip)
}

func isArchive(media string) bool {
	switch media {
	case "application/x-7z-compressed", "application/vnd.rar", "application/gzip", "application/x-tar",
		"application/x-bzip2", "application/x-xz", "application/zstd":
		return true
	}
	return descends(media, typeZip)
}

// descends tells whether media is ancestor or a kind of it.
func descends(media, ancestor string) bool {
	for m := mimetype.Lookup(media); m != nil; m = m.Parent() {
		if mediaType(m.String()) == ancestor {
			return true
		}
	}
	return media == ancestor
}
