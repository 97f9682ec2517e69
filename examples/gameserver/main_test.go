package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"

	returningai "github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/returningaitest"
)

// asProgram makes the test binary run as the program, so that it can be killed.
const asProgram = "GAMESERVER_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// world is the service, the file of the game, and the programs that use both.
type world struct {
	srv    *returningaitest.Server
	path   string
	badges []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{srv: returningaitest.NewServer(t, returningaitest.WithRequestLogLimit(100_000)), path: filepath.Join(t.TempDir(), "game.db")}
	w.badges = populate(w.srv)
	return w
}

// program returns the game server as a process that was not started yet.
func (w *world) program(t *testing.T, out *bytes.Buffer, arguments ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	program := exec.CommandContext(t.Context(), self, append([]string{
		"-db", w.path, "-badges", strings.Join(w.badges, ","), "-pace", "250ms",
	}, arguments...)...)
	program.Env = append(os.Environ(), asProgram+"=1",
		"RETURNINGAI_API_KEY="+w.srv.APIKey(), "RETURNINGAI_TOKEN="+w.srv.Token(),
		"RETURNINGAI_SYSTEM_URL="+w.srv.URL(returningaitest.System),
		"RETURNINGAI_INTEGRATION_URL="+w.srv.URL(returningaitest.Integration))
	program.Stdout, program.Stderr = out, out
	return program
}

// killed runs the game server and kills it at a random moment, so many times.
func (w *world) killed(t *testing.T, times int) {
	t.Helper()
	for range times {
		var out bytes.Buffer
		program := w.program(t, &out)
		require.NoError(t, program.Start())
		<-time.After(rand.N(600 * time.Millisecond)) // any moment will do
		require.NoError(t, program.Process.Kill())
		require.EqualError(t, program.Wait(), "signal: killed", out.String())
	}
}

// outage runs the game server through a fault that lasts for a while.
func (w *world) outage(t *testing.T, fault returningaitest.Fault, period time.Duration) {
	t.Helper()
	w.through(t, func() {
		w.srv.Inject(fault.For(period))
		<-time.After(period)
	})
}

// refused runs the game server while the service is down for a while.
func (w *world) refused(t *testing.T, period time.Duration) {
	t.Helper()
	w.through(t, func() {
		accept := w.srv.RefuseConnections(returningaitest.System)
		<-time.After(period)
		accept()
	})
}

// through runs the game server before, during and after something happens.
func (w *world) through(t *testing.T, happen func()) {
	t.Helper()
	var out bytes.Buffer
	program := w.program(t, &out)
	require.NoError(t, program.Start())
	require.Eventually(t, func() bool { return len(w.srv.RequestsTo(returningai.OperationSystemBadgesAward)) > 20 }, time.Minute, 10*time.Millisecond)
	happen()
	before := len(w.srv.RequestsTo(returningai.OperationSystemBadgesAward))
	require.Eventually(t, func() bool { return len(w.srv.RequestsTo(returningai.OperationSystemBadgesAward)) > before+20 }, time.Minute, 10*time.Millisecond)
	require.NoError(t, program.Process.Signal(syscall.SIGTERM))
	require.NoError(t, program.Wait(), out.String())
}

// ledger lists the awards of the game, and the outcome of each.
type ledger struct {
	awarded, applied, doubled, lost, inDoubt, inDoubtApplied int
}

// settle sends what is pending, and compares the game with the service.
func (w *world) settle(t *testing.T) ledger {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, w.program(t, &out, "-drain").Run(), out.String())
	parked := w.parked(t)
	w.srv.RunBulkJobs()
	coins := map[string]int64{}
	for _, user := range w.srv.Users() {
		coins[user.UserID] = int64(user.Coins)
	}
	result := ledger{inDoubt: len(parked)}
	db, err := bolt.Open(w.path, 0o600, &bolt.Options{ReadOnly: true})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, db.View(func(tx *bolt.Tx) error {
		require.Zero(t, tx.Bucket(pending).Stats().KeyN, "drained")
		require.Zero(t, tx.Bucket(sending).Stats().KeyN, "nothing is on its way")
		return tx.Bucket(players).ForEach(func(_, value []byte) error {
			var player Player
			require.NoError(t, json.Unmarshal(value, &player))
			require.Equal(t, player.Coins, coins[player.UserID], "the coins of %s", player.UserID)
			w.compare(player, parked, &result)
			return nil
		})
	}))
	return result
}

// compare counts the awards of a player.
func (w *world) compare(player Player, parked map[Award]bool, result *ledger) {
	times := map[string]int{}
	for _, badge := range w.srv.BadgesOf(player.UserID) {
		times[badge.ID]++
	}
	for _, badge := range w.badges[:player.Level] {
		inDoubt := parked[Award{UserID: player.UserID, BadgeID: badge}]
		result.awarded++
		switch applied := times[badge]; {
		case applied > 1:
			result.doubled++
		case applied == 0 && !inDoubt:
			result.lost++
		case applied == 1:
			result.applied++
			if inDoubt {
				result.inDoubtApplied++
			}
		}
		delete(times, badge)
	}
	result.doubled += len(times) // badges that nobody awarded
}

// parked returns what -list prints.
func (w *world) parked(t *testing.T) map[Award]bool {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, w.program(t, &out, "-list").Run(), out.String())
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	awards := map[Award]bool{}
	for _, line := range lines[:len(lines)-1] {
		require.Contains(t, line, "in doubt: ", "nothing was refused")
		var award Award
		_, err := fmt.Sscanf(line, "badge %s for user %s", &award.BadgeID, &award.UserID)
		require.NoError(t, err, line)
		award.UserID = strings.TrimSuffix(award.UserID, ":")
		awards[award] = true
	}
	require.Equal(t, fmt.Sprintf("%d parked", len(awards)), lines[len(lines)-1])
	return awards
}

// setting reads how long a run is. The deep run sets more than the default.
func setting[T any](t *testing.T, name string, short T, parse func(string) (T, error)) T {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return short
	}
	value, err := parse(text)
	require.NoError(t, err, name)
	return value
}

// TestLedgerAgrees kills the game server, and takes the service away from it. No
// award is doubled or lost, and each one in doubt is listed.
func TestLedgerAgrees(t *testing.T) {
	t.Parallel()
	kills := setting(t, "GAMESERVER_KILLS", 5, strconv.Atoi)
	period := setting(t, "GAMESERVER_OUTAGE", 2*time.Second, time.ParseDuration)
	for _, test := range []struct {
		name string
		act  func(*testing.T, *world)
	}{
		{fmt.Sprintf("%d x kill -9", kills), func(t *testing.T, w *world) { w.killed(t, kills) }},
		{fmt.Sprintf("%v of 503", period), func(t *testing.T, w *world) {
			w.outage(t, returningaitest.Fault{Response: returningaitest.Status(503)}, period)
		}},
		{fmt.Sprintf("%v of lost responses", period), func(t *testing.T, w *world) {
			w.outage(t, returningaitest.Fault{Applied: true, Response: returningaitest.CutBeforeResponse()}, period)
		}},
		{fmt.Sprintf("%v of lost responses to awards only", period), func(t *testing.T, w *world) {
			w.outage(t, returningaitest.Fault{
				Operation: returningai.OperationSystemBadgesAward, Applied: true, Response: returningaitest.CutBeforeResponse(),
			}, period)
		}},
		{fmt.Sprintf("%v of refused connections", period), func(t *testing.T, w *world) { w.refused(t, period) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			test.act(t, w)
			result := w.settle(t)
			t.Logf("%s: awarded %d, applied %d, doubled %d, lost %d, in doubt and listed %d (%d of them applied)", test.name,
				result.awarded, result.applied, result.doubled, result.lost, result.inDoubt, result.inDoubtApplied)
			require.Positive(t, result.awarded)
			require.Zero(t, result.doubled)
			require.Zero(t, result.lost)
			require.Equal(t, result.awarded, result.applied+result.inDoubt-result.inDoubtApplied)
		})
	}
}

// TestDemo leaves something in doubt, in a longer outage if the machine is so busy
// that nobody was awarded during a short one.
func TestDemo(t *testing.T) {
	t.Parallel()
	const want = `[1-9][0-9]* awards applied; the outage left these in doubt:\n(badge .* in doubt: .*\n)+[1-9][0-9]* parked\n$`
	for period := 500 * time.Millisecond; ; period *= 2 {
		var out bytes.Buffer
		require.NoError(t, runDemo(t.Context(), &out, period))
		if regexp.MustCompile(want).MatchString(out.String()) {
			return
		}
		require.Less(t, period, 5*time.Second, out.String())
	}
}
