package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"github.com/feedctl/feedctl/internal/ecosystem/all"
	"github.com/feedctl/feedctl/internal/serve"
)

func (a *app) serveCommand() *cobra.Command {
	var address string
	command := &cobra.Command{
		Use:     "serve [DIR]",
		GroupID: "use",
		Short:   "Serve a feed for trying it",
		Long: `Serve is a small web server for trying a feed. Documents that hold the feed's
address are rendered for the name under which the client asks, so no base URL is
needed. It listens on loopback unless told otherwise, and has no access control.`,
		Example: "  feedctl serve feed\n  feedctl serve feed --addr 127.0.0.1:4873",
		Args:    cobra.MaximumNArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return a.serve(cmd.Context(), cmd, address, args) },
	}
	command.Flags().StringVar(&address, "addr", "127.0.0.1:8080", "address and port to listen on; port 0 takes a free one")
	return command
}

func (a *app) serve(ctx context.Context, cmd *cobra.Command, address string, args []string) error {
	if err := a.load(cmd); err != nil {
		return err
	}
	handler, err := serve.New(a.place(args), all.Ecosystems(), a.logger(cmd))
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("%w; choose another address with --addr", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	switch {
	case a.json:
		if err := printJSON(cmd.OutOrStdout(), map[string]string{"feed": a.place(args), "url": fmt.Sprintf("http://%s/", listener.Addr())}); err != nil {
			return errors.Join(err, listener.Close())
		}
	case !a.quiet:
		fmt.Fprintf(cmd.OutOrStdout(), "serving %s at http://%s/ (Ctrl-C ends it)\n", a.place(args), listener.Addr())
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if err := server.Shutdown(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}
