package conformance_test

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/application"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/system"
	"github.com/returningai/returningai-go/testkit/conformance"
)

// A response is a type that the SDK reads responses into, and the schema of the
// document whose sample it is tried with.
type response struct {
	schema string
	read   reflect.Type
}

var responses = []response{
	{"SecureAuth", reflect.TypeFor[system.SecureLogin]()},
	{"SystemUser", reflect.TypeFor[system.User]()},
	{"LoggedIn", reflect.TypeFor[system.Login]()},
	{"Server", reflect.TypeFor[system.Server]()},
	{"Channel", reflect.TypeFor[system.Channel]()},
	{"Role", reflect.TypeFor[system.Role]()},
	{"Badge", reflect.TypeFor[system.Badge]()},
	{"IntegrationChannel", reflect.TypeFor[integration.Channel]()},
	{"User", reflect.TypeFor[integration.User]()},
	{"Earnings", reflect.TypeFor[integration.Earnings]()},
	{"UserHistory", reflect.TypeFor[integration.LegacyGamificationHistory]()},
	{"Stats", reflect.TypeFor[integration.GamificationStats]()},
	{"Queued", reflect.TypeFor[integration.QueuedJob]()},
	{"ApiKey", reflect.TypeFor[integration.APIKey]()},
	{"ApplicationUser", reflect.TypeFor[application.User]()},
	{"UserField", reflect.TypeFor[application.UserField]()},
	{"FieldHistory", reflect.TypeFor[application.FieldHistory]()},
}

// samples returns the sample of every schema of the document that has one.
func samples(t *testing.T) map[string]any {
	t.Helper()
	text, err := os.ReadFile(documentFile)
	require.NoError(t, err)
	var document struct {
		Components struct {
			Schemas map[string]struct{ Examples []any }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &document))
	samples := map[string]any{}
	for name, schema := range document.Components.Schemas {
		if len(schema.Examples) > 0 {
			samples[name] = schema.Examples[0]
		}
	}
	return samples
}

// TestAllResponseTypesTried walks from the SDK's methods to all types that
// they response.
func TestAllResponseTypesTried(t *testing.T) {
	t.Parallel()
	tried, returned := map[reflect.Type]bool{}, map[reflect.Type]bool{}
	for _, response := range responses {
		collectResponseTypes(response.read, tried)
	}
	client, err := returningai.New()
	require.NoError(t, err)
	for _, op := range returningai.Operations() {
		place := reflect.ValueOf(client)
		names := strings.Split(op.GoMethod, ".")
		for _, name := range names[:len(names)-1] {
			place = reflect.Indirect(place).FieldByName(name)
			require.True(t, place.IsValid(), op.GoMethod)
		}
		method := place.MethodByName(names[len(names)-1])
		require.True(t, method.IsValid(), op.GoMethod)
		collectResponseTypes(method.Type().Out(0), returned)
	}
	require.Greater(t, len(returned), 10)
	for read := range returned {
		require.True(t, tried[read], "%v is not among the responses that are tried", read)
	}
}

// collectResponseTypes finds the types that keep what they do not know.
func collectResponseTypes(read reflect.Type, into map[reflect.Type]bool) {
	switch read.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collectResponseTypes(read.Elem(), into)
	case reflect.Struct:
		if _, keeps := read.FieldByName("Extra"); keeps && !strings.HasPrefix(read.Name(), "Page[") {
			if into[read] {
				return
			}
			into[read] = true
		}
		for field := range read.Fields() {
			if field.IsExported() {
				collectResponseTypes(field.Type, into)
			}
		}
	}
}

func decode(t *testing.T, read reflect.Type, text string) any {
	t.Helper()
	value := reflect.New(read)
	require.NoError(t, returningai.Unmarshal([]byte(text), value.Interface()), text)
	return value.Elem().Interface()
}

// TestEnvelopesDecodeVariants sends envelopes that changed without notice
// through the whole client.
func TestEnvelopesDecodeVariants(t *testing.T) {
	t.Parallel()
	for operation, envelopes := range map[string][]string{
		"system.servers.list": {
			`{"meta":{"success":true,"message":"m","devMessage":"m","new":1},"body":[{"_id":"a"}],"new":{"deep":[1]}}`,
			`{"body":[{"_id":"a"}],"meta":{"success":"true"}}`,
			`{"meta":{"success":true},"body":null,"body":[{"_id":"a"}]}`,
			`{"meta":{"success":1,"message":null,"devMessage":null},"body":[{"_id":"a"}]}`,
			`{"meta":null,"body":[{"_id":"a"}]}`,
		},
		"integration.channels.list": {
			`{"status":"success","message":null,"data":[{"_id":"a"}],"new":{"deep":[1]}}`,
			`{"data":[{"_id":"a"}],"status":"success","statusCode":200}`,
			`{"status":"failed","status":"success","data":[],"data":[{"_id":"a"}]}`,
			`{"status":null,"data":[{"_id":"a"}]}`,
		},
		"application.communityUsers.list": {
			`{"meta":{"status":"success","statusCode":"200","page":"1","limit":"20","total":"1","new":1},"data":[{"_id":"a"}],"new":null}`,
			`{"data":[{"_id":"a"}],"message":null,"meta":{"total":1.0,"limit":20,"page":1,"statusCode":200,"status":"success"}}`,
			`{"meta":{"status":"success","page":null,"skip":null,"limit":null,"total":null},"data":[{"_id":"a"}]}`,
		},
	} {
		for _, envelope := range envelopes {
			require.Equal(t, []string{"a"}, listed(t, operation, envelope), envelope)
		}
		empty := regexp.MustCompile(`"(data|body)":\[\{.*?\}\]`).ReplaceAllString(envelopes[0], `"$1":null`)
		require.Empty(t, listed(t, operation, empty), empty)
	}
}

// listed responses a list with a body and returns the ids that were read.
func listed(t *testing.T, operation, body string) (ids []string) {
	t.Helper()
	fake := returningaitest.NewServer(t)
	fake.Inject(returningaitest.Fault{Operation: operation, Response: returningaitest.Raw(200, "application/json", body)})
	client := fake.Client()
	switch operation {
	case "system.servers.list":
		servers, err := client.System.Servers.List(t.Context())
		require.NoError(t, err, body)
		for _, server := range servers {
			ids = append(ids, server.ID)
		}
	case "integration.channels.list":
		channels, err := client.Integration.Channels.List(t.Context())
		require.NoError(t, err, body)
		for _, channel := range channels {
			ids = append(ids, channel.ID)
		}
	case "application.communityUsers.list":
		page, err := client.Application.CommunityUsers.List(t.Context(), application.ListCommunityUsersParams{CommunityID: fake.CommunityID()})
		require.NoError(t, err, body)
		for _, user := range page.Items {
			ids = append(ids, user.ID)
		}
	}
	return ids
}

// TestResponsesDecodeVariants changes the samples as services change
// without notice.
func TestResponsesDecodeVariants(t *testing.T) {
	t.Parallel()
	samples := samples(t)
	history, _ := samples["DailyHistory"].(map[string]any)
	results, _ := history["results"].([]any)
	require.NotEmpty(t, results)
	samples["Earnings"] = results[0]
	for _, response := range responses {
		t.Run(response.read.String(), func(t *testing.T) {
			t.Parallel()
			sample := samples[response.schema]
			require.NotNil(t, sample)
			as := decode(t, response.read, write(sample, asItIs))
			require.Equal(t, as, decode(t, response.read, write(sample, reversed)), "reordered")
			require.Equal(t, as, decode(t, response.read, write(sample, duplicated)), "duplicate names: the last one wins")

			objects, variants := map[string]bool{}, 0
			added := grow(sample, response.read, objects)
			require.NotEmpty(t, objects)
			unread := conformance.Unread(decode(t, response.read, write(added, asItIs)))
			for object := range objects {
				require.Contains(t, unread, object+"."+unknownMember)
			}
			visit(sample, response.read, nil, func(site site) {
				for _, variant := range site.variants() {
					variants++
					text := write(replace(sample, site.path, variant.value), asItIs)
					got := decode(t, response.read, text)
					switch variant.expect {
					case sameAsBefore:
						require.Equal(t, as, got, "%s: %v", variant.name, site.path)
					case sameAsMissing:
						without := decode(t, response.read, write(replace(sample, site.path, missing{}), asItIs))
						require.Equal(t, without, got, "%s: %v", variant.name, site.path)
					case kept:
						require.Equal(t, variant.want, fieldAt(got, site.path), "%s: %v", variant.name, site.path)
					}
				}
			})
			require.NotZero(t, variants)
		})
	}
}
