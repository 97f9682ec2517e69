package community

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// userColumn is the index of the column that names users, or -1. Which
// columns may is assumed.
func userColumn(columns []string) int {
	if i := slices.Index(columns, "email"); i >= 0 {
		return i
	}
	return slices.Index(columns, "username")
}

// isOpColumn reports whether a column holds the operation for the number in the
// next column.
func isOpColumn(columns []string, i int) bool {
	return i+1 < len(columns) && columns[i] == columns[i+1]+"_op"
}

func checkHeader(columns []string, updates bool) error {
	if userColumn(columns) < 0 {
		return problem(Invalid, "the file has no column that names the users")
	}
	for i, name := range columns {
		switch {
		case name == "":
			return problem(Invalid, "column %d of the file has no name", i+1)
		case slices.Index(columns, name) != i:
			return problem(Invalid, "column %d of the file is there twice", i+1)
		case updates && strings.HasSuffix(name, "_op") && !isOpColumn(columns, i):
			return problem(Invalid, "column %d of the file is not directly before its column", i+1)
		}
	}
	return nil
}

func checkCells(columns, cells []string, updates bool) error {
	numeric := false
	for i, cell := range cells {
		if updates && isOpColumn(columns, i) {
			if !slices.Contains([]string{"add", "subtract", "overwrite"}, cell) {
				return problem(Invalid, "unknown op")
			}
			numeric = true
			continue
		}
		if !numeric && columns[i] != "xp" && columns[i] != "coins" {
			continue
		}
		if _, err := strconv.ParseFloat(cell, 64); err != nil && (numeric || cell != "") {
			return problem(Invalid, "not a number")
		}
		numeric = false
	}
	return nil
}

// setCell applies a cell to the user.
func (u *User) setCell(name, operation, cell string) {
	switch name {
	case "email", "username":
	case "firstname", "first_name":
		u.FirstName = cell
	case "lastname", "last_name":
		u.LastName = cell
	case "displayname":
		u.DisplayName = cell
	case "xp":
		u.XP = calculate(u.XP, operation, cell)
	case "coins":
		u.Coins = calculate(u.Coins, operation, cell)
	default:
		u.setCustomField(name, operation, cell)
	}
}

func (u *User) setCustomField(name, operation, cell string) {
	fields := maps.Clone(u.CustomFields)
	if fields == nil {
		fields = map[string]any{}
	}
	fields[name] = cell
	if operation != "" {
		fields[name] = calculate(number(u.CustomFields[name]), operation, cell)
	}
	u.CustomFields = fields
}

// calculate applies an operation; none overwrites.
func calculate(before float64, operation, cell string) float64 {
	operand := number(cell)
	switch operation {
	case "add":
		return before + operand
	case "subtract":
		return before - operand
	}
	return operand
}

// number reads the value of a field; what is not a number counts as 0.
func number(value any) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case int:
		return float64(value)
	case string:
		parsed, _ := strconv.ParseFloat(value, 64)
		return parsed
	}
	return 0
}
