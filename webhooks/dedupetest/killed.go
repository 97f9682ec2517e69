package dedupetest

import (
	"bufio"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/returningai/returningai-go/secret"
	"github.com/returningai/returningai-go/webhooks"
	"github.com/returningai/returningai-go/webhooks/webhookstest"
)

// environment is where a process of [RunKilled] finds its parent.
const environment = "RETURNINGAI_DEDUPETEST_PARENT"

// RunKilled tests a deduper with two processes on one store: every delivery is
// sent to both, and one process is killed between claim and commit. It fails
// unless every delivery is replied to once, and that one within 20 seconds of
// the restart.
//
// The processes are the test binary itself, running the test that called
// RunKilled. The variables of env tell newDeduper there which store it is.
func RunKilled(t *testing.T, newDeduper func(t *testing.T) webhooks.Deduper, env ...string) {
	t.Helper()
	if parent := os.Getenv(environment); parent != "" { //nolint:forbidigo // set by startProcess
		serveProcess(t, newDeduper(t), parent)
		return
	}
	parent := &replies{count: map[string]int{}, entered: make(chan struct{}), victim: rand.Text()}
	server := httptest.NewServer(parent)
	defer server.Close()
	start := func() *process { return startProcess(t, append(env, environment+"="+server.URL)) }
	first, second := start(), start()

	ids := []string{parent.victim}
	var wg sync.WaitGroup
	for range 10 {
		id := rand.Text()
		ids = append(ids, id)
		for _, to := range []*process{first, second} {
			wg.Go(func() { to.insist(t, id) })
		}
	}
	wg.Wait()
	go func() { _, _ = first.deliver(parent.victim) }()
	<-parent.entered
	first.kill()
	restarted := time.Now()
	first = start()
	for _, to := range []*process{first, second} {
		wg.Go(func() { to.insist(t, parent.victim) })
	}
	wg.Wait()
	took := time.Since(restarted)
	t.Logf("acknowledged %v after the restart", took.Round(time.Millisecond))
	if took > 20*time.Second {
		t.Errorf("acknowledged %v after the restart, want 20s at most", took)
	}
	for _, id := range ids {
		if times := parent.times(id); times != 1 {
			t.Errorf("%d replies to one delivery, want 1", times)
		}
	}
}

// replies is the parent: it counts what the callbacks reply, and holds up the
// first callback of the victim until its process is dead.
type replies struct {
	victim  string
	entered chan struct{}

	mu    sync.Mutex
	held  bool
	count map[string]int
}

func (r *replies) ServeHTTP(_ http.ResponseWriter, request *http.Request) {
	_, id, _ := strings.Cut(request.URL.Path[1:], "/")
	r.mu.Lock()
	isFirst := id == r.victim && !r.held
	if isFirst {
		r.held = true
	} else if strings.HasPrefix(request.URL.Path, "/reply/") {
		r.count[id]++
	}
	r.mu.Unlock()
	if isFirst {
		close(r.entered)
		<-request.Context().Done()
	}
}

func (r *replies) times(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count[id]
}

// process is a receiver in a process of its own.
type process struct {
	command *exec.Cmd
	url     string
}

func startProcess(t *testing.T, env []string) *process {
	t.Helper()
	// G204: it is this test binary.
	command := exec.Command(os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$", "-test.v") //nolint:gosec,noctx // killed below
	command.Env = append(os.Environ(), env...)                                                        //nolint:forbidigo // a child of the test
	command.Stderr = os.Stderr                                                                        //nolint:forbidigo // a test's
	output, err := command.StdoutPipe()
	if err == nil {
		err = command.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	made := &process{command: command}
	t.Cleanup(made.kill)
	var lines []string
	scanner := bufio.NewScanner(output)
	for scanner.Scan() {
		if url, ok := strings.CutPrefix(scanner.Text(), "listening "); ok {
			made.url = url
			go func() {
				for scanner.Scan() { // until it ends
				}
			}()
			return made
		}
		lines = append(lines, scanner.Text())
	}
	t.Fatalf("the process does not listen:\n%s", strings.Join(lines, "\n"))
	return nil
}

// kill kills the process, once.
func (p *process) kill() {
	if p.command.ProcessState == nil {
		_ = p.command.Process.Kill()
		_ = p.command.Wait()
	}
}

// deliver sends a delivery, and returns the status.
func (p *process) deliver(id string) (int, error) {
	request, err := webhookstest.NewRequest(p.url, webhookstest.Body(webhooks.KindUserJoinedServer),
		webhooks.WithStandardWebhooksSignature(secret.New(webhookstest.StandardSecret)),
		webhooks.WithMessageID(func() string { return id }))
	if err != nil {
		return 0, err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// insist sends a delivery until it is acknowledged.
func (p *process) insist(t *testing.T, id string) {
	t.Helper()
	var status int
	var err error
	for began := time.Now(); time.Since(began) < 3*patience; <-time.After(100 * time.Millisecond) {
		if status, err = p.deliver(id); status == http.StatusOK {
			return
		}
	}
	t.Errorf("never acknowledged: status %d, error %v", status, err)
}

// serveProcess is one of the processes: it receives until it is killed, or the
// parent is gone.
func serveProcess(t *testing.T, deduper webhooks.Deduper, parent string) {
	t.Helper()
	receiver, err := webhooks.NewReceiver(
		webhooks.WithStandardWebhooks(webhooks.NewSecret("", webhookstest.StandardSecret)), webhooks.WithDeduper(deduper))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	//nolint:gosec // the parent is this test, and its address its own
	tell := func(ctx context.Context, what string) error {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, parent+what, nil)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
	webhooks.On(receiver, func(ctx context.Context, _ webhooks.UserJoinedServer) error {
		delivery, _ := webhooks.DeliveryFrom(ctx)
		if err := tell(ctx, "/enter/"+delivery.ID); err != nil {
			return err
		}
		return tell(ctx, "/reply/"+delivery.ID)
	})
	server := httptest.NewServer(receiver)
	defer server.Close()
	fmt.Println("\nlistening", server.URL+"/hooks") //nolint:forbidigo // for the parent
	for tell(t.Context(), "/alive/") == nil {
		<-time.After(time.Second)
	}
}
