package returningaitest

import (
	"errors"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListenFallsBackToIPv6(t *testing.T) {
	t.Parallel()
	missing := errors.New("cannot assign requested address")
	var asked []string
	only := func(reachable string) loopback {
		return loopback{listenTCP: func(_, address string) (net.Listener, error) {
			asked = append(asked, address)
			if address != reachable {
				return nil, missing
			}
			return (&memoryNetwork{}).listen(address)
		}}
	}
	listener, err := only("[::1]:0").listen(anyPort)
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	require.Equal(t, []string{anyPort, "[::1]:0"}, asked)

	_, err = only("").listen(anyPort)
	require.ErrorIs(t, err, missing, "the first error is reported")
	_, err = only("[::1]:0").listen("127.0.0.1:12111")
	require.ErrorIs(t, err, missing, "a given address has no substitute")
}

func TestMemoryNetworkRefusesTakenAddress(t *testing.T) {
	t.Parallel()
	network := &memoryNetwork{}
	first, err := network.listen("127.0.0.1:7")
	require.NoError(t, err)
	_, err = network.listen("127.0.0.1:7")
	require.ErrorContains(t, err, "address already in use")
	require.NoError(t, first.Close())
	require.NoError(t, first.Close(), "again")
	_, err = network.dial(t.Context(), "127.0.0.1:7")
	require.ErrorContains(t, err, "refused")
	again, err := network.listen("127.0.0.1:7")
	require.NoError(t, err)
	require.NoError(t, again.Close())
}
