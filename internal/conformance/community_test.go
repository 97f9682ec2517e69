package conformance_test

import (
	"context"
	"errors"
	"maps"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/internal/conformance"
	"github.com/returningai/returningai-go/returningaitest"
)

// community is a fake community behind checking proxies, and a client of it.
type community struct {
	*returningai.Client

	fake    *returningaitest.Server
	proxies []*conformance.Proxy
	hosts   map[returningai.Family]string // of the proxies
}

// fakeFamilies are the SDK's families as the fake calls them.
var fakeFamilies = map[returningai.Family]returningaitest.Family{
	returningai.FamilySystem:        returningaitest.System,
	returningai.FamilyIntegration:   returningaitest.Integration,
	returningai.FamilyApplication:   returningaitest.Application,
	returningai.FamilyCommunityHost: returningaitest.CommunityHost,
}

func newCommunity(t *testing.T, document *conformance.Document, coverage *conformance.Coverage, options ...returningaitest.Option) *community {
	t.Helper()
	c := &community{fake: returningaitest.NewServer(t, options...), hosts: map[returningai.Family]string{}}
	configured := []returningai.Option{
		returningai.WithAPIKey(c.fake.APIKey()),
		returningai.WithBearer(c.fake.Token()),
	}
	for family, ofFake := range fakeFamilies {
		target, err := url.Parse(c.fake.URL(ofFake))
		require.NoError(t, err)
		proxy := &conformance.Proxy{Document: document, Coverage: coverage, Family: family, Target: target}
		server := httptest.NewServer(proxy)
		t.Cleanup(server.Close)
		c.proxies = append(c.proxies, proxy)
		c.hosts[family] = server.URL
		if family == returningai.FamilyCommunityHost {
			configured = append(configured, returningai.WithCommunityHost(server.URL))
		} else {
			configured = append(configured, returningai.WithBaseURL(family, server.URL+target.Path))
		}
	}
	var err error
	c.Client, err = returningai.New(configured...)
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// ways returns the ways in which the fake can response an operation.
func ways(operation *conformance.Operation) map[string][]returningaitest.Option {
	all := map[string][]returningaitest.Option{"": nil}
	if operation.Parameters.GetByInAndName(openapi3.ParameterInQuery, "skip") != nil {
		all["skipping"] = []returningaitest.Option{returningaitest.WithSkipPaging()}
	}
	return all
}

// exchanges returns what passed the proxies for an operation.
func (c *community) exchanges(operationID string) []*conformance.Exchange {
	var of []*conformance.Exchange
	for _, proxy := range c.proxies {
		for _, exchange := range proxy.Exchanges() {
			if exchange.Operation != nil && exchange.Operation.OperationID == operationID {
				of = append(of, exchange)
			}
		}
	}
	return of
}

// problems returns how what passed the proxies breaks the document.
func (c *community) problems() error {
	var problems []error
	for _, proxy := range c.proxies {
		for _, exchange := range proxy.Exchanges() {
			problems = append(problems, exchange.Problems...)
		}
	}
	return errors.Join(problems...)
}

// A driver performs one operation, in every way that its parameters allow, on
// a community of its own. It returns what the SDK read, and fails the test when
// a call does.
type driver func(t *testing.T, c *community) any

// drivers are those of all families. A new operation gets one in the file of
// its family.
func drivers() map[string]driver {
	all := map[string]driver{}
	for _, family := range []map[string]driver{systemDrivers, integrationDrivers, usersDrivers, bulkDrivers, applicationDrivers} {
		maps.Copy(all, family)
	}
	return all
}

// send makes a driver of a call that responses nothing.
func send(call func(ctx context.Context, c *community) error) driver {
	return func(t *testing.T, c *community) any {
		t.Helper()
		require.NoError(t, call(t.Context(), c))
		return nil
	}
}

// read makes a driver of a call that responses something.
func read[T any](call func(ctx context.Context, c *community) (T, error)) driver {
	return func(t *testing.T, c *community) any {
		t.Helper()
		response, err := call(t.Context(), c)
		require.NoError(t, err)
		return response
	}
}
