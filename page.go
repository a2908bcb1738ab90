package tenantry

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Total int // rows that match, before paging
}
