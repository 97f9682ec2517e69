package application_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand" //nolint:depguard // testing/quick takes its generators in terms of it
	"reflect"
	"strings"
	"testing"
	"testing/quick"

	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/value"
)

// anyJSON is the text of a random JSON value, in every spelling that JSON
// allows, with white space.
type anyJSON string

// Generate implements [quick.Generator].
func (anyJSON) Generate(random *rand.Rand, size int) reflect.Value {
	return reflect.ValueOf(anyJSON(randomJSON(random, min(size, 5))))
}

func randomJSON(random *rand.Rand, depth int) string {
	kinds := 8
	if depth > 0 {
		kinds = 10
	}
	text := ""
	switch kind := random.Intn(kinds); kind {
	case 0:
		text = "null"
	case 1:
		text = []string{"true", "false"}[random.Intn(2)]
	case 2, 3, 4:
		text = randomNumber(random)
	case 8:
		text = randomList(random, "[", "]", func(int) string { return randomJSON(random, depth-1) })
	case 9: // numbered names, since none may occur twice
		text = randomList(random, "{", "}", func(number int) string {
			name := strings.TrimSuffix(randomString(random), `"`) + fmt.Sprintf(`%d"`, number)
			return name + randomSpace(random) + ":" + randomJSON(random, depth-1)
		})
	default:
		text = randomString(random)
	}
	return randomSpace(random) + text + randomSpace(random)
}

func randomList(random *rand.Rand, begin, end string, item func(number int) string) string {
	items := make([]string, random.Intn(4))
	for number := range items {
		items[number] = item(number)
	}
	return begin + randomSpace(random) + strings.Join(items, ",") + end
}

// randomNumber makes numbers beyond every type, with zeros that a float drops.
func randomNumber(random *rand.Rand) string {
	text := []string{"", "-"}[random.Intn(2)]
	whole := strings.TrimLeft(randomDigits(random, 30), "0")
	if whole == "" {
		whole = "0"
	}
	text += whole
	if random.Intn(2) == 0 {
		text += "." + randomDigits(random, 30)
	}
	if random.Intn(3) == 0 {
		text += []string{"e", "E", "e+", "E-", "e-0"}[random.Intn(5)] + randomDigits(random, 4)
	}
	return text
}

func randomDigits(random *rand.Rand, most int) string {
	digits := make([]byte, 1+random.Intn(most))
	for i := range digits {
		digits[i] = byte('0' + random.Intn(10))
	}
	return string(digits)
}

// randomString spells characters in all ways: plainly, escaped by name or
// number, and as pairs. U+2028 is always escaped, since the encoding/json of Go
// 1.27 that the fake writes with escapes it even in raw JSON.
func randomString(random *rand.Rand) string {
	pieces := []string{
		"a", "Z", " ", "é", "字", "🎮", "\ufffd", "<", ">", "&", "/", "\x7f", `\"`, `\\`, `\/`, `\b`, `\f`, `\n`, `\r`, `\t`,
		`\u0041`, `\u00E9`, `\u2028`, `\ufffd`, `\u0000`, `\u003C`, `\uD83C\uDFAE`, `\u002f`,
	}
	text := `"`
	for range random.Intn(8) {
		text += pieces[random.Intn(len(pieces))]
	}
	return text + `"`
}

func randomSpace(random *rand.Rand) string {
	return []string{"", "", "", " ", "\n\t", "\r\n"}[random.Intn(6)]
}

// Any JSON value that is put in comes out identical, to the byte, except the
// white space around its tokens: from the SDK to the server, in its state, and
// back in the responses to the write and to the list.
func TestValueRoundTrip(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	user := srv.AddUser(returningaitest.User{Username: "player"}).ID
	field := srv.AddUserField(returningaitest.UserField{Field: "anything", Type: "anything"}).ID
	histories := newClient(srv).Application.FieldHistories
	newest := application.ListHistoriesParams{Limit: 1, Sort: "createdAt:desc"}
	var before json.RawMessage
	comesBack := func(text anyJSON) bool {
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, []byte(text)))
		want := compact.String()
		put, err := value.Parse([]byte(text))
		require.NoError(t, err, text)
		made, err := histories.Create(t.Context(), user, application.CreateHistoryParams{FieldID: field, Value: put})
		require.NoError(t, err, text)
		require.Equal(t, want, string(made.Value.JSON()), "returned by the write")
		require.Equal(t, string(before), string(made.PreviousValue.JSON()))
		require.Equal(t, want, string(srv.FieldValue(field, user)), "kept by the server")
		listed, err := histories.ListByFieldAndUser(t.Context(), field, user, newest)
		require.NoError(t, err, text)
		require.Equal(t, made, listed.Items[0])
		require.Equal(t, put, listed.Items[0].Value)

		// And once more through the response type's own JSON.
		written, err := returningai.Marshal(made)
		require.NoError(t, err)
		require.Contains(t, string(written), `"value":`+want)
		var read application.FieldHistory
		require.NoError(t, returningai.Unmarshal(written, &read))
		require.Equal(t, made, read)
		before = json.RawMessage(want)
		return true
	}
	for _, text := range []anyJSON{"12345678901234567890.10", "null", `""`, "-0", "1E400", "[]", "{}", "{\"b\":1,\"a\":2}"} {
		comesBack(text)
	}
	require.NoError(t, quick.Check(comesBack, &quick.Config{MaxCount: 400}))
}

// What JavaScript could not read is sent as it is, too.
func TestLineSeparator(t *testing.T) {
	t.Parallel()
	srv := newServer(t)
	put, err := value.Parse([]byte("\"\u2028\u2029\""))
	require.NoError(t, err)
	made, err := newClient(srv).Application.FieldHistories.Create(t.Context(), playerID, application.CreateHistoryParams{FieldID: guildID, Value: put})
	require.NoError(t, err)
	require.Equal(t, "\"\u2028\u2029\"", string(srv.FieldValue(guildID, playerID)))
	require.Equal(t, "\u2028\u2029", made.Value.String())
}
