package returningai

import (
	"github.com/returningai/returningai-go/internal/scrub"
	"github.com/returningai/returningai-go/secret"
)

// holder is an authenticator that knows its credential before it is sent.
type holder interface{ held() secret.Text }

func (h *fixedHeader) held() secret.Text { return h.value }

func (b *bearerSource) held() secret.Text {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.token.Value
}

// scrubHeld makes a scrubber take out the credentials of the client, of all
// families: a gateway in front of one may echo what another was sent.
func scrubHeld(scrubber *scrub.Scrubber, authenticators map[Family]Authenticator) {
	for _, authenticator := range authenticators {
		if holder, ok := authenticator.(holder); ok {
			scrubber.AddHeader(holder.held().Reveal())
		}
	}
}
