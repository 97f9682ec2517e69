package returningaitest

import (
	"net/http"
	"strconv"
	"time"
)

// rateWindow counts the requests of each credential in the current period.
type rateWindow struct {
	start  time.Time
	counts map[string]int
}

// admit counts a request and refuses it when its credential has had its share.
func (w *rateWindow) admit(e *exchange) error {
	limit, period := e.server.settings.rateLimit, e.server.settings.ratePeriod
	if limit == 0 {
		return nil
	}
	if w.counts == nil || e.now.Sub(w.start) >= period {
		w.start, w.counts = e.now, map[string]int{}
	}
	credential := e.http.Header.Get(e.family.credentialHeader())
	w.counts[credential]++
	if w.counts[credential] <= limit {
		return nil
	}
	left := w.start.Add(period).Sub(e.now)
	seconds := (left + time.Second - 1) / time.Second
	return &refusal{
		status:  http.StatusTooManyRequests,
		message: "too many requests",
		header:  http.Header{"Retry-After": {strconv.FormatInt(int64(seconds), 10)}},
	}
}
