package peers

import (
	"fmt"
	"testing"
)

// BenchmarkGet reads one object of 1 KB.
func BenchmarkGet(b *testing.B) {
	measure(b, []row{returningAIGet(), goGitHubGet(), stripeGet(), slackGet()})
}

// BenchmarkPost sends 300 bytes, and reads an object of 220.
func BenchmarkPost(b *testing.B) {
	measure(b, []row{returningAIPost(), goGitHubPost(), stripePost(), slackPost()})
}

// BenchmarkList reads 200 records of 600 bytes each.
func BenchmarkList(b *testing.B) {
	measure(b, []row{
		returningAIList("returningai", "", 200), returningAIList("returningai-unknown-fields", unknownFields, 200),
		returningAIRows("returningai-rows", false), returningAIRows("returningai-rows-decoded", true), goGitHubList(),
	})
}

// BenchmarkListScale shows that the cost of a list is linear.
func BenchmarkListScale(b *testing.B) {
	for _, count := range []int{1, 10, 100, 1_000, 10_000} {
		measure(b, []row{returningAIList(fmt.Sprintf("returningai-%d-users", count), "", count)})
	}
}

// BenchmarkLoopback is BenchmarkGet from 64 goroutines, over the network.
func BenchmarkLoopback(b *testing.B) {
	overLoopback(b, []row{returningAIGet(), goGitHubGet(), slackGet()})
}
