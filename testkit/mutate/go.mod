module github.com/returningai/returningai-go/testkit/mutate

go 1.26.0
