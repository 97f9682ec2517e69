module github.com/returningai/returningai-go

go 1.26.0
