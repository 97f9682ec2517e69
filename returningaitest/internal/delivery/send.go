package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// deliver makes a delivery, as often as its fault says.
func (o *Outbox) deliver(made *shipment) State {
	state := Failed
	if !waitFor(o.closing, made.fault.Delay) {
		return state
	}
	for range 1 + made.fault.Repeat {
		if o.closing.Err() == nil && o.deliverOnce(made) {
			state = Delivered
		}
	}
	return state
}

// deliverOnce tries until the receiver accepts or refuses, or no attempt is
// left.
func (o *Outbox) deliverOnce(made *shipment) (delivered bool) {
	wait := made.webhook.RetryWait
	for number := 1; ; number++ {
		attempt := o.attempt(made)
		o.mu.Lock()
		made.entry.Attempts = append(made.entry.Attempts, attempt)
		o.mu.Unlock()
		switch {
		case attempt.Status >= 200 && attempt.Status < 300:
			return true
		case number == made.webhook.Attempts || !isTemporary(attempt.Status):
			return false
		}
		o.changed()
		if !waitFor(o.closing, wait) {
			return false
		}
		wait *= 2
	}
}

// isTemporary reports whether to try again; 0 is no response.
func isTemporary(status int) bool {
	switch status {
	case 0, http.StatusRequestTimeout, http.StatusConflict, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return status >= 500
}

// waitFor waits, and reports whether ctx is still good afterwards.
func waitFor(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// attempt sends one request and reads the response.
func (o *Outbox) attempt(made *shipment) Attempt {
	now, webhook := o.now().UTC(), made.webhook
	header := http.Header{"Content-Type": {made.contentType}, "User-Agent": {"returningaitest"}}
	if webhook.Key != "" {
		header.Set("X-Api-Key", webhook.Key)
	}
	if webhook.Encryption.Mode != "" {
		header.Set("X-Encrypted", "true")
	}
	webhook.Signature.sign(header, made.entry.ID, now.Add(-made.fault.Age), made.body)
	body := bytes.Clone(made.body)
	if made.fault.Alter != nil {
		body = made.fault.Alter(header, body)
	}
	attempt := Attempt{Time: now, Header: header, Body: body}
	attempt.Status, attempt.Err = webhook.post(o.closing, header.Clone(), body)
	return attempt
}

// transport opens a connection for each attempt, so that none is left open. It
// uses no proxy and follows no redirect.
var transport = &http.Transport{DisableKeepAlives: true}

// post returns the status of the webhook's response.
func (w *Webhook) post(ctx context.Context, header http.Header, body []byte) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, w.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.URL, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the URL cannot be used") // the error would quote it
	}
	request.Header = header
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return 0, err
	}
	return response.StatusCode, nil
}
