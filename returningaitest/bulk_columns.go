package returningaitest

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// userColumn is the index of the column that names users, -1 without one.
// Which columns may is assumed.
func userColumn(columns []string) int {
	if i := slices.Index(columns, "email"); i >= 0 {
		return i
	}
	return slices.Index(columns, "username")
}

// opColumn reports whether a column holds what is done with the number in the
// next one, which only updates know.
func (j *bulkJob) opColumn(i int) bool {
	return j.Operation == bulkUpdate && i+1 < len(j.Columns) && j.Columns[i] == j.Columns[i+1]+"_op"
}

// checkHeading refuses a heading that the job cannot work by.
func (j *bulkJob) checkHeading() error {
	if userColumn(j.Columns) < 0 {
		return refuse(http.StatusBadRequest, "the file has no column that names the users")
	}
	for i, name := range j.Columns {
		switch {
		case name == "":
			return refuse(http.StatusBadRequest, "column %d of the file has no name", i+1)
		case slices.Index(j.Columns, name) != i:
			return refuse(http.StatusBadRequest, "column %d of the file is there twice", i+1)
		case j.Operation == bulkUpdate && strings.HasSuffix(name, "_op") && !j.opColumn(i):
			return refuse(http.StatusBadRequest, "column %d of the file is not directly before its column", i+1)
		}
	}
	return nil
}

// checkCells refuses a row that the job cannot work with.
func (j *bulkJob) checkCells(cells []string) error {
	numeric := false
	for i, cell := range cells {
		if j.opColumn(i) {
			if !slices.Contains([]string{"add", "subtract", "overwrite"}, cell) {
				return errors.New("unknown op")
			}
			numeric = true
			continue
		}
		if !numeric && j.Columns[i] != "xp" && j.Columns[i] != "coins" {
			continue
		}
		if _, err := strconv.ParseFloat(cell, 64); err != nil && (numeric || cell != "") {
			return errors.New("not a number")
		}
		numeric = false
	}
	return nil
}

// setCell does to a user what a cell says.
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
	fields := maps.Clone(u.CustomFields) // copies of the user share the map
	if fields == nil {
		fields = map[string]any{}
	}
	fields[name] = cell
	if operation != "" {
		fields[name] = calculate(number(u.CustomFields[name]), operation, cell)
	}
	u.CustomFields = fields
}

// calculate applies an op; without one the number is overwritten.
func calculate(had float64, operation, cell string) float64 {
	operand := number(cell)
	switch operation {
	case "add":
		return had + operand
	case "subtract":
		return had - operand
	}
	return operand
}

// number reads the value of a field, 0 where it is none.
func number(value any) float64 {
	switch value := value.(type) {
	case float64:
		return value
	case int:
		return float64(value)
	case string:
		parsed, _ := strconv.ParseFloat(value, 64) // was checked, or is no number
		return parsed
	}
	return 0
}
