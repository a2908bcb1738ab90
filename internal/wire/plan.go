package wire

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

type kind int

const (
	kindString kind = iota
	kindBool
	kindInteger
	kindNumber
	kindList
	kindObject
	kindAny // any JSON value, kept raw
)

// value is the compiled form of one Go type in a wire position.
type value struct {
	kind   kind
	typ    reflect.Type // without the pointer
	ptr    bool
	rules  ruleSet
	elem   *value  // of a list
	object *object // of an object
	check  bool    // typ implements Checker
}

// field is one declared property or parameter.
type field struct {
	name    string
	index   int // in its struct
	value   *value
	def     string // default of a query parameter
	doc     string
	example string
	omits   bool // left out of an answer when empty
}

// object is a compiled struct.
type object struct {
	typ    reflect.Type
	name   string // in the OpenAPI document, by its schema tag
	fields []field
	byName map[string]int
	cross  bool // *typ implements CrossChecker
}

var (
	checkerType = reflect.TypeFor[Checker]()
	crossType   = reflect.TypeFor[CrossChecker]()
	rawType     = reflect.TypeFor[json.RawMessage]()
)

// compiler remembers the structs that it has seen, so a type is compiled once
// and may contain itself.
type compiler struct{ seen map[reflect.Type]*object }

func newCompiler() *compiler { return &compiler{seen: map[reflect.Type]*object{}} }

func (c *compiler) value(t reflect.Type, rules ruleSet) *value {
	v := &value{typ: t, rules: rules}
	if t.Kind() == reflect.Pointer {
		v.ptr, v.typ = true, t.Elem()
	}
	v.check = v.typ.Implements(checkerType)
	if e, ok := reflect.TypeAssert[Enumerated](reflect.Zero(v.typ)); ok {
		v.rules.enum = e.Enum()
	}
	if v.typ == rawType {
		v.kind = kindAny
		return v
	}
	switch v.typ.Kind() {
	case reflect.String:
		v.kind = kindString
	case reflect.Bool:
		v.kind = kindBool
	case reflect.Int, reflect.Int64:
		v.kind = kindInteger
	case reflect.Float64:
		v.kind = kindNumber
	case reflect.Slice:
		v.kind = kindList
		each := ruleSet{enum: rules.enum, maxLen: rules.maxLen, notEmpty: rules.eachEmpty}
		v.elem = c.value(v.typ.Elem(), each)
	case reflect.Struct:
		v.kind, v.object = kindObject, c.object(v.typ)
	case reflect.Map, reflect.Interface:
		v.kind = kindAny
	default:
		panic(fmt.Sprintf("wire: cannot bind %s", t))
	}
	return v
}

func (c *compiler) object(t reflect.Type) *object {
	if o, ok := c.seen[t]; ok {
		return o
	}
	o := &object{typ: t, byName: map[string]int{}, cross: reflect.PointerTo(t).Implements(crossType)}
	c.seen[t] = o
	for i := range t.NumField() {
		sf := t.Field(i)
		if name := sf.Tag.Get("schema"); name != "" && sf.Name == "_" {
			o.name = name
			continue
		}
		name, opts, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if sf.Anonymous && name == "" {
			panic("wire: embedded fields are not supported: " + t.String())
		}
		if !sf.IsExported() || name == "-" || name == "" {
			continue
		}
		f := c.field(sf, i, name)
		f.omits = strings.Contains(opts, "omit")
		o.byName[name] = len(o.fields)
		o.fields = append(o.fields, f)
	}
	return o
}

func (c *compiler) field(sf reflect.StructField, index int, name string) field {
	return field{
		name: name, index: index,
		value: c.value(sf.Type, parseRules(sf.Tag.Get("rule"))),
		def:   sf.Tag.Get("default"), doc: sf.Tag.Get("doc"), example: sf.Tag.Get("example"),
	}
}

// inputPlan is the compiled input struct of an operation.
type inputPlan struct {
	path, query []field
	queryByName map[string]int
	body        *field   // nil: the operation has none
	media       []string // that the body may have
	form        *object
	formIndex   int
}

func compileInput(t reflect.Type, op Op) *inputPlan {
	c := newCompiler()
	p := &inputPlan{queryByName: map[string]int{}}
	for i := range t.NumField() {
		sf := t.Field(i)
		switch {
		case sf.Tag.Get("path") != "":
			p.path = append(p.path, c.field(sf, i, sf.Tag.Get("path")))
		case sf.Tag.Get("query") != "":
			f := c.field(sf, i, sf.Tag.Get("query"))
			p.queryByName[f.name] = len(p.query)
			p.query = append(p.query, f)
		case bodyMedia(sf.Tag.Get("body")) != nil:
			f := c.field(sf, i, "")
			p.body, p.media = &f, bodyMedia(sf.Tag.Get("body"))
		case sf.Tag.Get("body") == "form":
			p.formIndex, p.form = i, c.object(reflect.New(sf.Type).Interface().(formOf).textType())
		default:
			panic(fmt.Sprintf("wire: %s.%s has no path, query or body tag", t, sf.Name))
		}
	}
	for _, f := range p.path {
		if !strings.Contains(op.Path, "{"+f.name+"}") {
			panic(fmt.Sprintf("wire: %s has no {%s}", op.Path, f.name))
		}
	}
	return p
}

const (
	mediaJSON       = "application/json"
	mediaURLEncoded = "application/x-www-form-urlencoded"
)

// bodyMedia lists the media types of a body tag, nil for one that names none.
func bodyMedia(tag string) []string {
	switch tag {
	case "json":
		return []string{mediaJSON}
	case "urlencoded":
		return []string{mediaURLEncoded}
	case "urlencoded,json":
		return []string{mediaURLEncoded, mediaJSON}
	}
	return nil
}
