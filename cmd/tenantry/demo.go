package main

// demoContacts is how many contacts a demo sub-account has.
const demoContacts = 8

// demoLocation is the data of one demo sub-account.
type demoLocation struct {
	name, first, last      string
	phone, address, city   string
	state, postal, country string
	zone, site             string
	tags                   []string
}

// demoLocations are invented businesses in as many countries and time zones as a
// real agency might have; more are made by numbering them.
func demoLocations() []demoLocation {
	return []demoLocation{
		{"Blue Harbor Dental", "Dana", "Whitfield", "+12065550142", "410 Pike Street", "Seattle", "WA", "98101", "US", "America/Los_Angeles", "https://blueharbor.example", []string{"new patient", "recall due", "insurance: verified"}},
		{"Maple & Main Bakery", "Owen", "Tremblay", "+14165550117", "88 Queen Street West", "Toronto", "ON", "M5H 2M9", "CA", "America/Toronto", "https://maplemain.example", []string{"wholesale", "wedding cake", "newsletter"}},
		{"Kestrel Physiotherapy", "Imogen", "Hartley", "+442079460018", "12 Marylebone Lane", "London", "", "W1U 2NE", "GB", "Europe/London", "https://kestrelphysio.example", []string{"referral", "sports injury", "vip"}},
		{"Spreeufer Fitness", "Jonas", "Brandt", "+4930901820", "Stralauer Allee 6", "Berlin", "", "10245", "DE", "Europe/Berlin", "https://spreeufer.example", []string{"probetraining", "mitglied", "kündigung"}},
		{"Atelier Lumière", "Camille", "Roussel", "+33199001122", "5 rue des Filles-du-Calvaire", "Paris", "", "75003", "FR", "Europe/Paris", "https://lumiere.example", []string{"mariage", "portrait", "fidèle"}},
		{"Costa Verde Immobilien", "Lucía", "Navarro", "+34911230044", "Calle Larios 9", "Málaga", "", "29005", "ES", "Europe/Madrid", "https://costaverde.example", []string{"comprador", "vendedor", "visita hecha"}},
		{"Saffron Table", "Arjun", "Mehta", "+912266001234", "14 Linking Road", "Mumbai", "MH", "400050", "IN", "Asia/Kolkata", "https://saffrontable.example", []string{"catering", "regular", "feedback given"}},
		{"Kumo Language School", "Aiko", "Tanaka", "+81345801234", "2-11 Dogenzaka", "Tokyo", "", "150-0043", "JP", "Asia/Tokyo", "https://kumo.example", []string{"trial lesson", "business english", "体験"}},
		{"Jacaranda Plumbing", "Mia", "Thornton", "+61255501234", "31 Crown Street", "Sydney", "NSW", "2010", "AU", "Australia/Sydney", "https://jacaranda.example", []string{"emergency", "quote sent", "repeat customer"}},
		{"Southern Cross Adventures", "Tane", "Walker", "+6495550123", "7 Quay Street", "Auckland", "", "1010", "NZ", "Pacific/Auckland", "https://southerncross.example", []string{"kayak", "group booking", "waiver signed"}},
		{"Ipê Odontologia", "Rafael", "Moreira", "+551130001234", "Rua Augusta 1508", "São Paulo", "SP", "01304-001", "BR", "America/Sao_Paulo", "https://ipe.example", []string{"retorno", "convênio", "orçamento"}},
		{"Table Mountain Legal", "Naledi", "Dlamini", "+27215550123", "100 Long Street", "Cape Town", "", "8001", "ZA", "Africa/Johannesburg", "https://tmlegal.example", []string{"consultation", "retainer", "closed"}},
		{"Desert Rose Interiors", "Layla", "Haddad", "+97143001234", "Al Wasl Road 44", "Dubai", "", "", "AE", "Asia/Dubai", "https://desertrose.example", []string{"villa", "moodboard sent", "vip"}},
		{"Cerro Azul Coffee", "Mateo", "Restrepo", "+576014441234", "Carrera 7 # 60-12", "Bogotá", "", "110231", "CO", "America/Bogota", "https://cerroazul.example", []string{"mayorista", "suscripción", "feria"}},
	}
}

// demoPerson is a name for users and contacts.
type demoPerson struct{ first, last string }

func demoPeople() []demoPerson {
	return []demoPerson{
		{"Nora", "Lindqvist"}, {"Samir", "Okafor"}, {"Elena", "Petrova"}, {"Hugo", "Martins"}, {"Grace", "Kim"},
		{"Tomás", "Ibarra"}, {"Freya", "Nilsen"}, {"Kofi", "Mensah"}, {"Yuki", "Sato"}, {"Priya", "Raman"},
		{"Liam", "O'Connor"}, {"Zofia", "Kowalska"}, {"Ahmed", "Farouk"}, {"Chloé", "Girard"}, {"Marek", "Novák"}, {"Ruth", "Adler"},
	}
}
