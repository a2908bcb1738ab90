package client

// Deletion is the answer to the deletion of a tag, custom field, custom value or
// template.
type Deletion struct {
	// Succeded is the flag in the published spelling.
	Succeded bool `json:"succeded"`
	// Succeeded is the same flag spelled right, which only Tenantry sends.
	Succeeded bool `json:"succeeded"`
}

// Done tells whether either flag is set.
func (d Deletion) Done() bool { return d.Succeded || d.Succeeded }
