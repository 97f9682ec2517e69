package value_test

import (
	"fmt"

	"github.com/returningai/returningai-go/value"
)

// The kind of a value is the one that arrived, and numbers keep all their digits.
func Example() {
	for _, text := range []string{`12345678901234567890.10`, `"42"`, `true`, `null`} {
		v, err := value.Parse([]byte(text))
		if err != nil {
			fmt.Println(err)
			return
		}
		number, exact := v.Int()
		fmt.Println(v.Kind(), v, number, exact)
	}
	// Output:
	// number 12345678901234567890.10 9223372036854775807 false
	// string 42 42 true
	// boolean true 0 false
	// null null 0 false
}

// Values to send.
func ExampleInt() {
	fmt.Println(value.Int(42), value.Float(0.5), value.String("gold"), value.Bool(true))
	// Output: 42 0.5 gold true
}
