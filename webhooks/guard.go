package webhooks

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
)

// guard runs code of the user's, and makes an error of a panic. The value may
// hold anything of the delivery, so only its type is shown, and its text when
// it is the runtime's own.
func guard(call func()) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = panicError(value)
		}
	}()
	call()
	return nil
}

func panicError(value any) error {
	if failure, ok := value.(runtime.Error); ok {
		return fmt.Errorf("panic: %s", failure.Error())
	}
	return fmt.Errorf("panic: %T", value)
}

// guardedHandler is a log handler whose panics are dropped: what is logged
// decides nothing.
type guardedHandler struct{ slog.Handler }

func guardLogger(logger *slog.Logger) *slog.Logger {
	return slog.New(guardedHandler{logger.Handler()})
}

func (h guardedHandler) Enabled(ctx context.Context, level slog.Level) (enabled bool) {
	_ = guard(func() { enabled = h.Handler.Enabled(ctx, level) })
	return enabled
}

func (h guardedHandler) Handle(ctx context.Context, record slog.Record) error {
	return guard(func() { _ = h.Handler.Handle(ctx, record) }) // a logger drops the error anyway
}
