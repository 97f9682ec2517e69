package doccode

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
)

// TestProgramsOfTheDocumentsRun runs each complete program against the fake
// server. A program that serves is stopped after a while; any other must end well.
func TestProgramsOfTheDocumentsRun(t *testing.T) {
	t.Parallel()
	srv := returningaitest.NewServer(t)
	for _, path := range documents(t) {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, block := range blocks(string(text)) {
			if block.isProgram() {
				runProgram(t, block, srv)
			}
		}
	}
}

func TestProgramThatFails(t *testing.T) {
	t.Parallel()
	program := build(t, block{Code: "package main\n\nimport \"os\"\n\nfunc main() { os.Exit(3) }\n"})
	_, err := start(t, program, nil)
	require.EqualError(t, err, "exit status 3")
}

func runProgram(t *testing.T, block block, srv *returningaitest.Server) {
	t.Helper()
	out, err := start(t, build(t, block), environment(srv))
	require.NoError(t, err, "the program at line %d:\n%s", block.Line, out)
}

// environment holds the variables that the programs of the documents read.
func environment(srv *returningaitest.Server) []string {
	return []string{
		"RETURNINGAI_API_KEY=" + srv.APIKey(), "RETURNINGAI_TOKEN=" + srv.Token(),
		"RETURNINGAI_SYSTEM_URL=" + srv.URL(returningaitest.System),
		"RETURNINGAI_INTEGRATION_URL=" + srv.URL(returningaitest.Integration),
		"RETURNINGAI_APPLICATION_URL=" + srv.URL(returningaitest.Application),
		"COMMUNITY_HOST=" + srv.URL(returningaitest.CommunityHost),
		"RETURNINGAI_SIGNING_SECRET=whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"RETURNINGAI_WEBHOOK_KEY=" + webhookKey,
		"BOT_USER=bot", "SENDER=bot", "CHANNEL_ID=" + srv.Channels()[0].ID,
	}
}

const webhookKey = "a key of at least sixteen bytes"

// TestBotOfTheReadme delivers each message twice, and the bot's own messages to
// it: it replies once.
func TestBotOfTheReadme(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	blocks := blocks(string(text))
	bot := slices.IndexFunc(blocks, func(block block) bool {
		return block.isProgram() && strings.Contains(block.Code, "webhooks.On(")
	})
	require.GreaterOrEqual(t, bot, 0, "the README has a bot")
	address := freeAddress(t)
	blocks[bot].Code = strings.Replace(blocks[bot].Code, defaultAddress, address, 1)
	srv := returningaitest.NewServer(t)
	program := exec.CommandContext(t.Context(), build(t, blocks[bot]))
	program.Env = append(os.Environ(), environment(srv)...)
	require.NoError(t, program.Start())
	defer func() {
		require.NoError(t, program.Process.Kill())
		require.Error(t, program.Wait())
	}()
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", address)
		return err == nil && connection.Close() == nil
	}, 10*time.Second, 10*time.Millisecond)

	srv.SendWebhooks(returningaitest.Webhook{
		URL: "http://" + address + "/hooks/returningai", Key: webhookKey,
		Events: []returningaitest.WebhookEvent{returningaitest.EventMessagePosted},
	})
	srv.InjectDelivery(returningaitest.DeliveryFault{Times: returningaitest.Always, Repeat: 1})
	for _, sender := range []string{"player-one", "bot"} {
		require.NoError(t, srv.Client().Integration.Messages.Send(t.Context(), integration.SendMessageParams{
			ChannelID: srv.Channels()[0].ID, Message: "!hello", Sender: sender,
		}))
		require.NoError(t, srv.WaitForDeliveries(t.Context()))
	}
	messages := srv.Messages()
	require.Len(t, messages, 3, "two messages and one reply")
	require.Equal(t, "hello, Player One!", messages[1].Text)
}

// defaultAddress is where the programs of the documents listen.
const defaultAddress = "localhost:8080"

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	return listener.Addr().String()
}

// build returns the path of the program.
func build(t *testing.T, block block) string {
	t.Helper()
	directory := t.TempDir()
	source, program := filepath.Join(directory, "main.go"), filepath.Join(directory, "program")
	code := strings.ReplaceAll(block.Code, defaultAddress, "localhost:0") // the port may be taken
	require.NoError(t, os.WriteFile(source, []byte(code), 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, source).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return program
}

// serving is how long a program may run that does not end by itself.
const serving = 3 * time.Second

func start(t *testing.T, program string, environment []string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), serving)
	defer cancel()
	var out bytes.Buffer
	command := exec.CommandContext(ctx, program)
	command.Env = append(os.Environ(), environment...)
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	if ctx.Err() != nil {
		err = nil // it serves
	}
	return out.String(), err
}
