// Package uitest looks at the page of the fake in headless Chromium.
package uitest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
	"github.com/returningai/returningai-go/returningaitest"
	"github.com/returningai/returningai-go/returningaitest/console"
)

// fixture is a fake with its page open in a browser.
type fixture struct {
	*returningaitest.Server

	browser context.Context //nolint:containedctx // chromedp keeps the browser in it
	client  *returningai.Client
}

// open opens the page in a window of its own.
func open(t *testing.T, width, height int64, scheme string) fixture {
	t.Helper()
	srv := returningaitest.NewServer(t, returningaitest.WithAddress("127.0.0.1:0"), returningaitest.WithPages(console.New))
	allocator, stop := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	t.Cleanup(stop)
	browser, closeBrowser := chromedp.NewContext(allocator)
	t.Cleanup(closeBrowser)
	browser, cancel := context.WithTimeout(browser, 2*time.Minute)
	t.Cleanup(cancel)
	f := fixture{Server: srv, browser: browser, client: srv.Client(returningai.WithRetryPolicy(once()))}
	t.Cleanup(f.client.CloseIdleConnections)
	f.run(t,
		chromedp.EmulateViewport(width, height),
		chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			return err
		}),
		chromedp.Navigate(srv.URL(returningaitest.CommunityHost)+"/_ui"),
		chromedp.WaitVisible(`#connection[data-state=live]`),
		chromedp.WaitVisible(`#users tbody tr`),
	)
	return f
}

func once() returningai.RetryPolicy {
	policy := returningai.DefaultRetryPolicy()
	policy.MaxAttempts = 1
	return policy
}

func (f fixture) run(t *testing.T, actions ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	require.NoError(t, chromedp.Do(f.browser, actions...))
}

// value evaluates an expression on the page.
func value[T any](t *testing.T, f fixture, expression string) T {
	t.Helper()
	result, err := chromedp.Run(f.browser, chromedp.Evaluate[T](expression))
	require.NoError(t, err)
	return result
}

// until waits until an expression is true on the page.
func (f fixture) until(t *testing.T, expression string) {
	t.Helper()
	_, err := chromedp.Run(f.browser, chromedp.Poll[bool](expression, chromedp.WithPollingInterval(20*time.Millisecond)))
	require.NoError(t, err, expression)
}

func (f fixture) say(t *testing.T, text string) {
	t.Helper()
	require.NoError(t, f.client.Integration.Messages.Send(t.Context(), integration.SendMessageParams{
		ChannelID: f.Channels()[0].ID, Message: text, Sender: "bot",
	}))
}

func TestMessageAppearsWithoutReload(t *testing.T) {
	t.Parallel()
	f := open(t, 1280, 900, "light")
	value[bool](t, f, `window.loadedOnce = true`)
	f.say(t, "gg, well played")
	f.until(t, `document.querySelector('#messages').textContent.includes('gg, well played')`)
	f.until(t, `document.querySelector('#requests tbody').textContent.includes('integration.messages.send')`)
	require.True(t, value[bool](t, f, `window.loadedOnce === true`))
}

func TestTextEscaped(t *testing.T) {
	t.Parallel()
	f := open(t, 1280, 900, "dark")
	const text = `<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>`
	f.say(t, text)
	f.AddUser(returningaitest.User{Username: `<b onclick=x>`, DisplayName: text, Roles: []string{text}})
	f.AddChannel(returningaitest.Channel{Topic: text})
	f.Inject(returningaitest.Fault{Response: returningaitest.Failure(500, text)})
	f.until(t, `document.querySelector('#users').textContent.includes('onerror')`)
	f.until(t, `document.querySelector('#messages').textContent.includes('onerror')`)
	require.Equal(t, 0, value[int](t, f, `document.querySelectorAll('main img, main script, main b').length`))
	require.True(t, value[bool](t, f, `window.pwned === undefined`))
}

func TestFaultFromPage(t *testing.T) {
	t.Parallel()
	f := open(t, 1280, 900, "light")
	f.run(t,
		chromedp.WaitReady(`#operations option[value="integration.channels.list"]`),
		chromedp.SetValue(`#operations`, "integration.channels.list"),
		chromedp.SetValue(`#kinds`, "503 Service Unavailable"),
		chromedp.Click(`#fault button`),
		chromedp.WaitVisible(`#faults li`),
	)
	_, err := f.client.Integration.Channels.List(t.Context())
	require.ErrorIs(t, err, returningai.ErrServer)
	_, err = f.client.Integration.Channels.List(t.Context())
	require.NoError(t, err)
	f.until(t, `document.querySelectorAll('#faults li').length === 0`)
	f.until(t, `document.querySelector('#requests tbody').textContent.includes('503 Service Unavailable')`)

	f.run(t, chromedp.Click(`#fault button`), chromedp.WaitVisible(`#faults li button`), chromedp.Click(`#faults li button`), chromedp.WaitNotPresent(`#faults li`))
	require.Empty(t, f.Faults())
}

func TestButtonsCauseEvents(t *testing.T) {
	t.Parallel()
	f := open(t, 1280, 900, "light")
	receiver := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(receiver.Close)
	f.SendWebhooks(returningaitest.Webhook{URL: receiver.URL, Events: console.AllEvents()})
	f.run(t,
		chromedp.SendKeys(`#causes input[name=username]`, "zoe"+kb.Enter),
		chromedp.WaitReady(`select[name=user] option[value=zoe]`),
		chromedp.SetValue(`select[name=user]`, "zoe"),
		chromedp.Click(`form[data-call$=visit] button`),
		chromedp.SetValue(`select[name=username]`, "zoe"),
		chromedp.Click(`form[data-call$=purchase] button`),
	)
	f.until(t, `document.querySelectorAll('#deliveries tbody td.good').length === 3`)
	require.Equal(t, "Golden frame", f.Purchases()[0].Item)
}

// TestTenThousandRequests keeps the page usable: few rows, and no task that
// blocks it for long.
func TestTenThousandRequests(t *testing.T) {
	t.Parallel()
	f := open(t, 1280, 900, "light")
	value[bool](t, f, `
		window.longest = 0;
		new PerformanceObserver(list => { for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration); }).observe({ type: 'longtask' });
		true`)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 1250 {
				_, _ = f.client.Integration.Channels.List(t.Context()) // the page shows what failed
			}
		})
	}
	group.Wait()
	f.until(t, `document.querySelector('#numbers').textContent === '10,000 requests'`)
	require.Equal(t, 200, value[int](t, f, `document.querySelectorAll('#requests tbody tr').length`))

	f.run(t, chromedp.SendKeys(`#filter-text`, "nothing-like-this"))
	f.until(t, `document.querySelector('#requests .more').textContent === 'No request matches.'`)
	value[bool](t, f, `document.querySelector('#filter').reset(); true`)
	f.run(t, chromedp.SendKeys(`#filter-text`, "channels"))
	f.until(t, `document.querySelectorAll('#requests tbody tr').length === 200`)
	f.run(t, chromedp.Click(`#older`))
	f.until(t, `document.querySelectorAll('#requests tbody tr').length === 400`)
	longest := value[float64](t, f, `window.longest`)
	t.Logf("longest task: %.0f ms", longest)
	require.Less(t, longest, 500.0, "ms")
}

// TestControlsHaveNames asks the accessibility tree that screen readers use.
func TestControlsHaveNames(t *testing.T) {
	t.Parallel()
	f := open(t, 1280, 900, "light")
	f.Inject(returningaitest.Fault{Response: returningaitest.Status(500)})
	f.run(t, chromedp.WaitVisible(`#faults li button`))
	tree, err := chromedp.Run(f.browser, func(ctx context.Context, _ *chromedp.Target) (accessibility.GetFullAXTreeResult, error) {
		return chromedp.Call(ctx, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	})
	require.NoError(t, err)
	controls := 0
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		switch role := string(node.Role.Value); role {
		case `"button"`, `"textbox"`, `"searchbox"`, `"combobox"`, `"spinbutton"`, `"region"`, `"article"`, `"main"`:
			if role == `"main"` {
				continue
			}
			controls++
			require.NotNil(t, node.Name, role)
			require.NotEqual(t, `""`, string(node.Name.Value), role)
		}
	}
	require.Greater(t, controls, 15)

	f.run(t, chromedp.KeyEvent(kb.Tab))
	require.Equal(t, "skip", value[string](t, f, `document.activeElement.className`), "the first stop of the keyboard")
}

// TestPageFits takes screenshots, to look at, and checks that nothing is wider
// than the window. SCREENSHOTS names the directory for them.
func TestPageFits(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"light", "dark"} {
		for name, width := range map[string]int64{"wide": 1280, "narrow": 390} {
			t.Run(scheme+" "+name, func(t *testing.T) {
				t.Parallel()
				f := open(t, width, 900, scheme)
				populate(t, f)
				require.LessOrEqual(t, value[int64](t, f, `document.documentElement.scrollWidth`), width)
				directory := os.Getenv("SCREENSHOTS")
				if directory == "" {
					directory = t.TempDir()
				}
				picture, err := chromedp.Run(f.browser, chromedp.FullScreenshot(100))
				require.NoError(t, err)
				require.NoError(t, os.WriteFile(filepath.Join(directory, fmt.Sprintf("fakeserver-%s-%s.png", scheme, name)), picture, 0o600))
			})
		}
	}
}

// populate makes a community with something of everything.
func populate(t *testing.T, f fixture) {
	t.Helper()
	calls := 0
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls%3 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(receiver.Close)
	f.SendWebhooks(returningaitest.Webhook{URL: receiver.URL, Events: []returningaitest.WebhookEvent{returningaitest.EventMessagePosted, returningaitest.EventUserJoined}})
	f.AddUser(returningaitest.User{Username: "ada", DisplayName: "Ada Lovelace", XP: 12450, Coins: 380, Roles: []string{"Founder"}, Outside: true})
	f.JoinUser("ada")
	f.VisitServer("ada")
	ctx, badge, role := t.Context(), f.Badges()[0].ID, f.Roles()[0].ID
	for _, user := range f.Users()[1:] {
		_, err := f.client.System.Badges.Award(ctx, badge, user.UserID)
		require.NoError(t, err)
	}
	_, err := f.client.System.Badges.Award(ctx, badge, f.Users()[1].UserID)
	require.NoError(t, err)
	_, err = f.client.System.Roles.AddToUser(ctx, role, f.Users()[1].UserID)
	require.NoError(t, err)
	for _, text := range []string{"Welcome to the community!", "The spring tournament starts on Friday at 18:00. Sign up in this channel.", "gg"} {
		f.say(t, text)
	}
	first := f.Messages()[0].ID
	require.NoError(t, f.client.Integration.Messages.React(ctx, integration.ReactParams{MessageID: first, Emoji: ":tada:", Sender: "ada"}))
	require.NoError(t, f.client.Integration.Messages.Reply(ctx, integration.ReplyParams{MessageID: first, Message: "Glad to be here.", Sender: "ada"}))
	f.Inject(returningaitest.Fault{Operation: "integration.channels.list", Response: returningaitest.RetryAfter(http.StatusTooManyRequests, "1")})
	limited := f.Client(returningai.WithRetryPolicy(once())) // a 429 holds back the client that gets it
	t.Cleanup(limited.CloseIdleConnections)
	_, err = limited.Integration.Channels.List(ctx)
	require.ErrorIs(t, err, returningai.ErrRateLimited)
	_, err = f.client.Integration.Channels.List(ctx)
	require.NoError(t, err)
	f.Inject(returningaitest.Fault{Operation: "integration.messages.send", Times: 3, Response: returningaitest.Status(http.StatusServiceUnavailable)})
	require.NoError(t, f.WaitForDeliveries(ctx))
	f.until(t, `document.querySelectorAll('#requests tbody tr').length >= 10 && document.querySelectorAll('#faults li').length === 1`)
	f.until(t, `document.querySelectorAll('#deliveries tbody td.good').length === 5`)
}
