package returningai_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The operations that the tests of the client use: one that may be repeated
// and one that may not.
const (
	listOperation = returningai.OperationIntegrationChannelsList
	sendOperation = returningai.OperationIntegrationMessagesSend
)

func list(ctx context.Context, client *returningai.Client) error {
	_, err := client.Integration.Channels.List(ctx)
	return err
}

func send(ctx context.Context, client *returningai.Client) error {
	return client.Integration.Messages.Send(ctx, integration.SendMessageParams{
		ChannelID: "65a0c0de0000000000000004", Message: "gg", Sender: "bot",
	})
}

// quick is the default policy with waits that a test need not notice.
func quick() returningai.Option {
	policy := returningai.DefaultRetryPolicy()
	policy.MinWait, policy.MaxWait = time.Microsecond, time.Millisecond
	return returningai.WithRetryPolicy(policy)
}

// elapse lets time pass in a bubble.
func elapse(duration time.Duration) {
	time.Sleep(duration) //nolint:forbidigo // the clock is the test's own
}

// failed returns the error of a call as the type that every one has.
func failed(t *testing.T, err error) *returningai.Error {
	t.Helper()
	failure, ok := errors.AsType[*returningai.Error](err)
	require.True(t, ok, "%T: %v", err, err)
	return failure
}
