// Package files keeps uploaded files, in a folder of the local disk or in a bucket of
// S3-compatible storage, and serves them safely.
//
// It owns where the files lie: staging an upload on the disk as a stream, keeping it
// durably under a key such as "locationID/fileID", opening and removing it, and
// finding those that nobody knows. It also owns what makes an uploaded file safe to pass
// on: a clean name, content that does not contradict the extension, and the headers of
// the answer. Keys are a small alphabet; on the disk every path goes through [os.Root],
// and symbolic links are refused even where they stay inside the folder.
//
// It refuses to know what a file belongs to: fields, limits and rows are the
// business of internal/api and internal/store. A folder belongs to one process; a bucket
// is for as many as share a database.
package files
