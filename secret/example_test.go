package secret_test

import (
	"encoding/json"
	"fmt"

	"github.com/returningai/returningai-go/secret"
)

// A Text does not print. Reveal gives it to the code that needs it.
func ExampleText() {
	config := struct {
		Name string      `json:"name"`
		Key  secret.Text `json:"key"`
	}{"bot", secret.New("s3cret")}
	fmt.Printf("%v %+v %q\n", config, config.Key, config.Key)
	text, err := json.Marshal(config)
	fmt.Println(string(text), err)
	fmt.Println(config.Key.Reveal(), config.Key.Equal(secret.New("s3cret")))
	// Output:
	// {bot [redacted]} [redacted] "[redacted]"
	// {"name":"bot","key":"[redacted]"} <nil>
	// s3cret true
}
