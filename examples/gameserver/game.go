package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/returningai/returningai-go"
	"github.com/returningai/returningai-go/integration"
)

// Player is a player as the game itself knows one. The totals are the truth:
// the community gets copies of them.
type Player struct {
	UserID string `json:"userId"` // user number: badges are awarded to it
	Email  string `json:"email"`  // names the user in a bulk update
	Coins  int64  `json:"coins"`
	Level  int    `json:"level"` // there is a badge for each
}

var (
	players = []byte("players") // the game's records, by user number
	changed = []byte("changed") // user numbers whose coins were not published
)

// Game keeps its players and its outbox in one database.
type Game struct {
	db     *bolt.DB
	outbox *Outbox
	client *returningai.Client
	badges []string // id of the badge of each level
}

// OpenGame prepares the database.
func OpenGame(db *bolt.DB, client *returningai.Client, badges []string) (*Game, error) {
	outbox, err := OpenOutbox(db,
		func(ctx context.Context, award Award) error {
			_, err := client.System.Badges.Award(ctx, award.BadgeID, award.UserID)
			return err
		},
		func(ctx context.Context) error {
			_, err := client.System.Badges.List(ctx)
			return err
		},
	)
	if err != nil {
		return nil, err
	}
	return &Game{db: db, outbox: outbox, client: client, badges: badges}, db.Update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{players, changed} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// Play runs a match of so many players until ctx ends.
func (g *Game) Play(ctx context.Context, count int, pace time.Duration) error {
	errs := make([]error, count)
	var group sync.WaitGroup
	for i := range count {
		group.Go(func() {
			player := Player{UserID: fmt.Sprint(2000 + i), Email: fmt.Sprintf("player-%d@example.com", 2000+i)}
			for errs[i] == nil && ctx.Err() == nil {
				sleep(ctx, rand.N(2*pace))
				errs[i] = g.win(player, 1+rand.Int64N(10), rand.N(4) == 0)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// win adds coins, and maybe a level with its badge, in one transaction.
func (g *Game) win(player Player, coins int64, levelUp bool) error {
	return g.db.Batch(func(tx *bolt.Tx) error {
		key, record := []byte(player.UserID), player
		if stored := tx.Bucket(players).Get(key); stored != nil {
			if err := json.Unmarshal(stored, &record); err != nil {
				return err
			}
		}
		record.Coins += coins
		if levelUp && record.Level < len(g.badges) {
			if err := g.outbox.Put(tx, Award{UserID: record.UserID, BadgeID: g.badges[record.Level]}); err != nil {
				return err
			}
			record.Level++
		}
		value, err := json.Marshal(record)
		if err != nil {
			return err
		}
		if err := tx.Bucket(changed).Put(key, nil); err != nil {
			return err
		}
		return tx.Bucket(players).Put(key, value)
	})
}

// totals is a row of the bulk update. Publishing a total again is harmless.
type totals struct {
	Email string                   `csv:"email"`
	Coins integration.NumberChange `csv:"coins"`
}

// Publish sends the coins that changed, as absolute totals, in one request. After
// any failure it is simply called again: nothing needs to be known of the first.
func (g *Game) Publish(ctx context.Context) error {
	sent, err := g.unpublished()
	if err != nil || len(sent) == 0 {
		return err
	}
	rows := make([]totals, 0, len(sent))
	for _, number := range slices.Sorted(maps.Keys(sent)) {
		rows = append(rows, totals{sent[number].Email, integration.Overwrite(sent[number].Coins)})
	}
	if _, err := g.client.Integration.Users.BulkUpdate(ctx, integration.BulkUpdateParams{
		CSV: integration.EncodeRows(slices.Values(rows)),
	}); err != nil {
		return err
	}
	return g.db.Update(func(tx *bolt.Tx) error {
		for number, player := range sent {
			var now Player
			if err := json.Unmarshal(tx.Bucket(players).Get([]byte(number)), &now); err != nil {
				return err
			}
			if now.Coins != player.Coins {
				continue // it changed meanwhile
			}
			if err := tx.Bucket(changed).Delete([]byte(number)); err != nil {
				return err
			}
		}
		return nil
	})
}

// unpublished returns the players whose coins changed since they were published.
func (g *Game) unpublished() (map[string]Player, error) {
	found := map[string]Player{}
	return found, g.db.View(func(tx *bolt.Tx) error {
		return tx.Bucket(changed).ForEach(func(number, _ []byte) error {
			var player Player
			err := json.Unmarshal(tx.Bucket(players).Get(number), &player)
			found[string(number)] = player
			return err
		})
	})
}
