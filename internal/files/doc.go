// Package files keeps uploaded files on the local disk and serves them safely.
//
// It owns the folder of the files: staging an upload as a stream, keeping it
// durably under a key such as "locationID/fileID", opening and removing it. It
// also owns what makes an uploaded file safe to pass on: a clean name, content
// that does not contradict the extension, and the headers of the answer. Every
// path goes through [os.Root], keys are a small alphabet, and symbolic links
// are refused even where they stay inside the folder.
//
// It refuses to know what a file belongs to: fields, limits and rows are the
// business of internal/api and internal/store. One process owns the folder.
package files
