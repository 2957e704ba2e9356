// The fixture has a large module graph with pruning.
package main

import (
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"google.golang.org/grpc"
	"k8s.io/client-go/kubernetes"
)

var (
	_ = kubernetes.NewForConfig
	_ = grpc.NewClient
	_ = otlptracegrpc.NewClient
)

func main() {}
