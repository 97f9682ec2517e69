package bench

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/internal/wire"
)

// BenchmarkDecode reads a list of about a kilobyte as it is documented, the same
// list with numbers for ids, the same with duplicate names, which is read
// leniently, and, for comparison in the same run, the documented one by
// encoding/json without unknown fields.
func BenchmarkDecode(b *testing.B) {
	strict := channelList(`"65f0c0ffee65f0c0ffee%04d"`)
	b.Run("strict", func(b *testing.B) {
		decode(b, strict, func(data []byte) error {
			var channels []integration.Channel
			return wire.Unmarshal(data, &channels)
		})
	})
	b.Run("numbers for ids", func(b *testing.B) {
		decode(b, channelList(`65%04d`), func(data []byte) error {
			var channels []integration.Channel
			return wire.Unmarshal(data, &channels)
		})
	})
	b.Run("lenient", func(b *testing.B) {
		decode(b, channelList(`false,"_id":65%04d`), func(data []byte) error {
			var channels []integration.Channel
			return wire.Unmarshal(data, &channels)
		})
	})
	b.Run("encoding-json", func(b *testing.B) {
		decode(b, strict, func(data []byte) error {
			var channels []struct {
				ID    string `json:"_id"`
				Topic string `json:"topic"`
				Type  string `json:"channelType"`
			}
			return json.Unmarshal(data, &channels)
		})
	})
}

func decode(b *testing.B, data []byte, read func([]byte) error) {
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := read(data); err != nil {
			b.Fatal(err)
		}
	}
}

func channelList(id string) []byte {
	channels := make([]string, 10)
	for i := range channels {
		channels[i] = fmt.Sprintf(`{"_id":`+id+`,"topic":"general","channelType":"open","memberCount":%d,"__v":0}`, i, i)
	}
	return []byte("[" + strings.Join(channels, ",") + "]")
}
