package main

import (
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"
)

// finder collects the mutants of one function.
type finder struct {
	checked
	source   []byte
	file     *ast.File
	inHeader map[ast.Node]bool // statements that are no lines of their own; false if they cannot be removed
	mutants  []mutant
}

func (f *finder) text(node ast.Node) string {
	return string(f.source[f.offset(node.Pos()):f.offset(node.End())])
}

func (f *finder) offset(at token.Pos) int { return f.positions.Position(at).Offset }

func (f *finder) site(form form, node ast.Node) site {
	return site{form: form, start: f.offset(node.Pos()), end: f.offset(node.End())}
}

// change adds a mutant of a node. The switch is around the site.
func (f *finder) change(site site, node ast.Node, after string) *mutant {
	f.mutants = append(f.mutants, mutant{
		line: f.positions.Position(node.Pos()).Line, start: f.offset(node.Pos()), end: f.offset(node.End()),
		before: f.text(node), after: after, site: site,
	})
	return &f.mutants[len(f.mutants)-1]
}

// typed adds a mutant of a number.
func (f *finder) typed(form form, node ast.Expr, after string) *mutant {
	made := f.change(f.site(form, node), node, after)
	made.site.typ = types.TypeString(types.Default(f.info.TypeOf(node)), f.qualifier)
	return made
}

// qualifier names a package as the file does.
func (f *finder) qualifier(other *types.Package) string {
	for _, spec := range f.file.Imports {
		if path, _ := strconv.Unquote(spec.Path.Value); path != other.Path() {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return other.Name()
	}
	return ""
}

// swaps are the operators that take the place of another.
var swaps = map[token.Token]token.Token{
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ,
	token.GEQ: token.GTR, token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL, token.REM: token.MUL,
}

var operationNames = map[token.Token]string{
	token.ADD: "add", token.SUB: "sub", token.MUL: "mul", token.QUO: "quo", token.REM: "rem",
}

func (f *finder) visit(node ast.Node) bool {
	switch node := node.(type) {
	case *ast.BinaryExpr:
		f.binary(node)
	case *ast.IfStmt:
		f.header(node.Init)
		f.change(f.site(condition, node.Cond), node.Cond, "true || ("+f.text(node.Cond)+")") // what it uses stays used
		f.change(f.site(condition, node.Cond), node.Cond, "false && ("+f.text(node.Cond)+")")
	case *ast.ForStmt:
		f.header(node.Init)
		f.header(node.Post)
	case *ast.SwitchStmt:
		f.header(node.Init)
		f.clauses(node, node.Body)
	case *ast.TypeSwitchStmt:
		f.header(node.Init)
		f.inHeader[node.Assign] = false
		f.clauses(node, node.Body)
	case *ast.CommClause:
		f.inHeader[node.Comm] = false
	case *ast.UnaryExpr:
		if node.Op == token.NOT {
			f.change(f.site(condition, node), node, f.text(node.X))
		}
	case *ast.BasicLit:
		if value, err := strconv.ParseInt(node.Value, 0, 64); node.Kind == token.INT && err == nil {
			f.typed(number, node, strconv.FormatInt(value+1, 10))
		}
	case *ast.Ident:
		if node.Name == "true" || node.Name == "false" {
			f.change(f.site(condition, node), node, strconv.FormatBool(node.Name == "false"))
		}
	case *ast.ExprStmt, *ast.IncDecStmt, *ast.DeferStmt, *ast.GoStmt:
		f.remove(node)
	case *ast.AssignStmt:
		if node.Tok != token.DEFINE {
			f.remove(node)
		}
	}
	return true
}

func (f *finder) binary(node *ast.BinaryExpr) {
	other, ok := swaps[node.Op]
	after := f.text(node.X) + " " + other.String() + " " + f.text(node.Y)
	switch {
	case node.Op == token.LAND, node.Op == token.LOR:
		f.change(f.site(condition, node), node, f.text(node.X))
		f.change(f.site(condition, node), node, f.text(node.Y))
	case !ok || strings.HasSuffix(f.info.TypeOf(node).Underlying().String(), "string"):
	case operationNames[node.Op] == "":
		f.change(f.site(condition, node), node, after)
	default:
		made := f.typed(operation, node, after)
		made.operator, made.site.left, made.site.right = node.Op, f.offset(node.X.End()), f.offset(node.Y.Pos())
	}
}

func (f *finder) header(statement ast.Stmt) {
	if statement != nil {
		f.inHeader[statement] = true
	}
}

func (f *finder) remove(node ast.Node) {
	form := statement
	if removable, ok := f.inHeader[node]; removable {
		form = inHeader
	} else if ok {
		return
	}
	f.change(f.site(form, node), node, "")
}

// clauses removes each case of a switch, but not the default.
func (f *finder) clauses(around ast.Stmt, body *ast.BlockStmt) {
	for _, one := range body.List {
		if one, ok := one.(*ast.CaseClause); ok && one.List != nil {
			f.change(f.site(clause, around), one, "")
		}
	}
}
