package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server in a process of its own.
type process struct {
	cmd  *exec.Cmd
	addr string
}

// startTimeout bounds the wait for a server's first answer.
const startTimeout = 30 * time.Second

// startServer runs `tenantry serve` on a place, with all that a production server has
// on and the quotas out of reach, and gives the time until its first answer.
func startServer(ctx context.Context, binary string, at place) (*process, time.Duration, error) {
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, 0, err
	}
	logs, err := os.Create(at.folder + "-" + addr + ".log")
	if err != nil {
		return nil, 0, err
	}
	defer func() { _ = logs.Close() }() // the process has its own handle
	const many = "1000000000"
	cmd := exec.CommandContext(ctx, binary, append([]string{"serve", "--addr", addr, "--log-format", "json", //nolint:gosec // built by make
		"--burst-limit", many, "--daily-limit", many, "--token-limit", many}, at.args()...)...)
	cmd.Stderr = logs
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, 0, err
	}
	p := &process{cmd: cmd, addr: addr}
	if err := awaitAnswer(ctx, addr, "/health"); err != nil {
		said, _ := os.ReadFile(logs.Name()) // the error itself matters more
		return nil, 0, errors.Join(fmt.Errorf("%w: %s", err, said), p.stop())
	}
	return p, time.Since(start), nil
}

// freeAddress finds a port that nobody listens on.
func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return ln.Addr().String(), ln.Close()
}

// awaitAnswer asks for the health until there is an answer.
func awaitAnswer(ctx context.Context, addr, path string) error {
	for end := time.Now().Add(startTimeout); ; time.Sleep(time.Millisecond) {
		c, err := dial(addr)
		if err == nil {
			status, _, doErr := c.do(request("GET", path, "", nil))
			_ = c.Close()
			if doErr == nil && status == 200 {
				return nil
			}
			err = errors.Join(fmt.Errorf("health: status %d", status), doErr)
		}
		if err = errors.Join(err, ctx.Err()); ctx.Err() != nil || time.Now().After(end) {
			return err
		}
	}
}

// startReference runs a reference: this program again, see [serveReference].
func startReference(ctx context.Context, kind string, at place, size int) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-reference", kind, "-url", at.url, "-size", strconv.Itoa(size)) //nolint:gosec // this program
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	p := &process{cmd: cmd, addr: strings.TrimSpace(line)}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reference %s: %w", kind, err), p.stop())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return p, nil
}

// stop ends the process as an operator would, and waits for it.
func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

// memory is what the process holds in memory (its resident set), in bytes.
func (p *process) memory() (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if text, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "kB")))
			return kib << 10, err
		}
	}
	return 0, errors.New("/proc tells no VmRSS")
}
