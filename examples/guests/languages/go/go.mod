module mask-name

go 1.26
