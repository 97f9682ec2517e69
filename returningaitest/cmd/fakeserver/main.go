// Fakeserver runs the fake Returning.AI for programs in any language:
//
//	go run github.com/returningai/returningai-go/returningaitest/cmd/fakeserver
//
// It listens on one port, prints the environment variables for the SDK and
// commands for curl, and stops on SIGINT and SIGTERM. The page /_ui shows the
// community live, and /_control takes faults, seeds and resets as JSON. Path
// prefixes tell the families of the API apart: /system, /integration,
// /application and /webhooks; Secure Auth is at the root.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/returningaitest/console"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "fakeserver:", err)
		stop()
		os.Exit(1)
	}
}

// settings are the values of the flags.
type settings struct {
	listen        string
	webhooks      list
	seed          string
	encrypt       string
	encryptionKey string
	sign          string
	secret        string
	allowRemote   bool
	token         string
	hosts         list
}

// list is a flag that may be given several times.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

// Set adds a value.
func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

func parse(args []string, output io.Writer) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("fakeserver", flag.ContinueOnError)
	flags.SetOutput(output)
	flags.StringVar(&s.listen, "listen", "127.0.0.1:12111", "`address` to listen on; port 0 takes any")
	flags.Var(&s.webhooks, "webhook", "`URL` that is told about every event; may be given several times")
	flags.StringVar(&s.seed, "seed", "", "JSON `file` with what the community starts with")
	flags.StringVar(&s.encrypt, "encrypt", "", "encrypt webhooks: gcm or cbc")
	flags.StringVar(&s.encryptionKey, "encryption-key", "", "`key` of 32 bytes for -encrypt; the default is random and printed")
	flags.StringVar(&s.sign, "sign", "", "prove the sender of webhooks: standard, hmac or key")
	flags.StringVar(&s.secret, "secret", "", "`secret` for -sign; the default is random and printed")
	flags.BoolVar(&s.allowRemote, "allow-remote", false, "let other machines connect; needs -token")
	flags.StringVar(&s.token, "token", "", "`token` that /_control and /_ui require")
	flags.Var(&s.hosts, "host", "`name` by which other machines know this one; may be given several times")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() > 0 {
		return s, fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	return s, s.check()
}

func (s *settings) check() error {
	host, _, err := net.SplitHostPort(s.listen)
	if err != nil {
		return fmt.Errorf("-listen: %w", err)
	}
	switch {
	case !isLoopback(host) && !s.allowRemote:
		return fmt.Errorf("-listen %s lets other machines connect: add -allow-remote and -token", s.listen)
	case s.allowRemote && s.token == "":
		return errors.New("-allow-remote needs -token")
	case s.encrypt == "" && s.encryptionKey != "":
		return errors.New("-encryption-key needs -encrypt")
	case s.sign == "" && s.secret != "":
		return errors.New("-secret needs -sign")
	case len(s.webhooks) == 0 && (s.encrypt != "" || s.sign != ""):
		return errors.New("-encrypt and -sign need -webhook")
	}
	return nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, output, usage io.Writer) error {
	s, err := parse(args, usage)
	if err != nil {
		return err
	}
	options, err := s.options()
	if err != nil {
		return err
	}
	webhooks, err := s.receivers()
	if err != nil {
		return err
	}
	srv, err := returningaitest.Start(options...)
	if err != nil {
		return err
	}
	defer srv.Close()
	srv.SendWebhooks(webhooks...)
	if err := s.describe(output, srv); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (s *settings) options() ([]returningaitest.Option, error) {
	pages := console.New
	if s.token != "" {
		pages = console.WithToken(s.token, s.hosts...)
	}
	options := []returningaitest.Option{returningaitest.WithAddress(s.listen), returningaitest.WithPages(pages)}
	if s.seed == "" {
		return options, nil
	}
	text, err := os.ReadFile(s.seed)
	if err != nil {
		return nil, fmt.Errorf("-seed: %w", err)
	}
	seed, err := returningaitest.ParseSeed(text)
	if err != nil {
		return nil, fmt.Errorf("-seed: %w", err)
	}
	return append(options, returningaitest.WithSeed(seed)), nil
}

// receivers returns the webhooks of the flags, and makes the secrets that the
// flags omit.
func (s *settings) receivers() ([]returningaitest.Webhook, error) {
	if s.encrypt != "" && s.encryptionKey == "" {
		s.encryptionKey = (rand.Text() + rand.Text())[:32]
	}
	if s.sign != "" && s.secret == "" {
		s.secret = strings.ToLower(rand.Text()[:24]) // valid base64, as -sign standard needs
	}
	webhook := returningaitest.Webhook{Events: console.AllEvents()}
	var err error
	if webhook.Encryption, err = console.Encryption(s.encrypt, s.encryptionKey); err != nil {
		return nil, fmt.Errorf("-encrypt: %w", err)
	}
	if s.sign == "key" {
		webhook.Key = s.secret
	} else if webhook.Signature, err = console.Signature(s.sign, s.secret); err != nil {
		return nil, fmt.Errorf("-sign: %w, or key", err)
	}
	var all []returningaitest.Webhook
	for _, url := range s.webhooks {
		webhook.URL = url
		all = append(all, webhook)
	}
	return all, nil
}

// describe prints how to use the server. The lines work in a shell.
func (s *settings) describe(output io.Writer, srv *returningaitest.Server) error {
	origin, integration := srv.URL(returningaitest.CommunityHost), srv.URL(returningaitest.Integration)
	lines := []string{
		"export RETURNINGAI_API_KEY=" + srv.APIKey(),
		"export RETURNINGAI_TOKEN=" + srv.Token(),
		"export RETURNINGAI_SYSTEM_URL=" + srv.URL(returningaitest.System),
		"export RETURNINGAI_INTEGRATION_URL=" + integration,
		"export RETURNINGAI_APPLICATION_URL=" + srv.URL(returningaitest.Application),
		"# community id: " + srv.CommunityID() + ", community host: " + origin,
	}
	if s.encryptionKey != "" {
		lines = append(lines, "# webhook encryption key: "+s.encryptionKey)
	}
	if s.secret != "" {
		lines = append(lines, "# webhook secret: "+s.secret)
	}
	token, query := "", ""
	if s.token != "" {
		token, query = ` -H "Authorization: Bearer $FAKESERVER_TOKEN"`, "?token=…"
	}
	lines = append(lines,
		"# page: "+origin+"/_ui"+query,
		`# curl -H "Authorization: Bearer $RETURNINGAI_TOKEN" `+integration+"/channels",
		"# curl"+token+" "+origin+"/_control/state",
		"# curl"+token+` -H 'Content-Type: application/json' -d '{"status": 429, "retryAfter": "1"}' `+origin+"/_control/faults",
	)
	_, err := fmt.Fprintln(output, strings.Join(lines, "\n"))
	return err
}
