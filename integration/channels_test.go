package integration_test

import (
	returningai "github.com/returningai/returningai-go"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

func TestChannelsList(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t, returningaitest.WithoutSeed())
	added := srv.AddChannel(returningaitest.Channel{Topic: "raids", Type: returningaitest.ChannelForum})
	channels, err := srv.Client().Integration.Channels.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []integration.Channel{{ID: added.ID, Topic: "raids", Type: integration.ChannelTypeForum}}, channels)
}

func TestChannelExtra(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ response, again string }{
		"as documented":   {`{"_id":"a","topic":"t","channelType":"open"}`, `{"_id":"a","topic":"t","channelType":"open"}`},
		"unknown members": {`{"__v":3,"_id":"a","new":{"x":[1.50]}}`, `{"_id":"a","__v":3,"new":{"x":[1.50]}}`},
		"unknown type":    {`{"_id":"a","channelType":"voice"}`, `{"_id":"a","channelType":"voice"}`},
		"numeric id":      {`{"_id":12345678901234567890}`, `{"_id":"12345678901234567890"}`},
		"other id name":   {`{"id":"a"}`, `{"_id":"a","id":"a"}`},
		"nulls":           {`{"_id":"a","topic":null}`, `{"_id":"a"}`},
		"duplicate names": {`{"_id":"a","topic":"x","topic":"y"}`, `{"_id":"a","topic":"y"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var channel integration.Channel
			require.NoError(t, returningai.Unmarshal([]byte(test.response), &channel))
			again, err := returningai.Marshal(channel)
			require.NoError(t, err)
			require.Equal(t, test.again, string(again))
		})
	}
}
