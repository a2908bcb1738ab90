package tenantry

// PermissionNames lists the permissions that an agency can give a location
// (UpdatePermissionsDto of the published v3 document).
func PermissionNames() []string {
	return []string{
		"2-way-text-messaging", "gmb-messaging", "web-chat", "reputation-management", "facebook-messenger",
		"gmb-call-tracking", "missed-call-text-back", "text-to-pay", "calendar", "crm", "opportunities",
		"email-marketing", "form-builder", "survey-builder", "trigger-links", "html-builder",
		"sms-email-templates", "funnels", "websites", "workflow", "membership", "all-reports", "triggers",
		"campaigns", "launchpad",
	}
}
