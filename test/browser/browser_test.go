// Package browser_test walks the pages of a running server in headless Chromium, as a
// person would: with and without JavaScript, on a phone, and by keyboard.
package browser_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// stepTimeout bounds one step of a walk; a page that does not come by then does not come.
const stepTimeout = time.Minute

// browser is one window of a browser with a profile of its own.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu         *sync.Mutex
	complaints *[]string // of the browser about the page
}

// chromium is the one browser of all tests; each has windows of its own in it.
var chromium context.Context

func TestMain(m *testing.M) {
	os.Exit(func() int {
		stop, err := start()
		if err != nil {
			fmt.Fprintln(os.Stderr, "Chromium:", err)
			return 1
		}
		defer stop()
		return m.Run()
	}())
}

// start starts the browser with a profile of its own, which goes when it stops.
func start() (stop func(), err error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, fmt.Errorf("%w (on Debian: apt-get install chromium)", err)
	}
	profile, err := os.MkdirTemp("", "tenantry-browser-")
	if err != nil {
		return nil, err
	}
	allocator, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.UserDataDir(profile), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.WSURLReadTimeout(time.Minute))
	chromium, _ = chromedp.NewContext(allocator)
	stop = func() {
		_ = chromedp.Cancel(chromium) // waits for its end
		cancel()
		_ = os.RemoveAll(profile)
	}
	if err := chromedp.Do(chromium); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// window opens a window without cookies, of a phone's size. A dialog, and whatever the page
// does against its own policy, fails the test.
func window(t *testing.T, scripts bool) *browser {
	t.Helper()
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx, mu: new(sync.Mutex), complaints: new([]string)}
	err := chromedp.Listen(ctx, func(event any) {
		switch e := event.(type) {
		case *page.EventJavascriptDialogOpening:
			t.Errorf("a dialog opened: %s", e.Message)
		case *log.EventEntryAdded:
			if e.Entry.Source == log.EntrySourceSecurity || strings.Contains(e.Entry.Text, "Content Security Policy") {
				b.mu.Lock()
				defer b.mu.Unlock()
				*b.complaints = append(*b.complaints, e.Entry.Text)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, text := range b.heard() {
			t.Errorf("the browser complains: %s", text)
		}
	})
	call(b, log.Enable, cdp.Empty{})
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !scripts})
	b.size(360, 740)
	return b
}

// heard gives what the browser complained of, which a test that provokes it has to ask for.
func (b *browser) heard() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := *b.complaints
	*b.complaints = nil
	return all
}

// call sends a command of the protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) (result R) {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	if err != nil {
		b.t.Fatalf("%s: %v", command.Method, err)
	}
	return result
}

// run runs an action that gives something, within the time of one step.
func run[T any](b *browser, a chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		b.shot("failure")
		b.t.Fatal(err)
	}
	return v
}

// size makes the window so large, in CSS pixels.
func (b *browser) size(width, height int64) {
	b.t.Helper()
	run(b, chromedp.EmulateViewport(width, height))
}

// open goes to an address.
func (b *browser) open(url string) {
	b.t.Helper()
	run(b, chromedp.Navigate(url))
}

// click clicks on what the selector finds and waits for the page that it leads to.
func (b *browser) click(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.shot("failure")
		b.t.Fatalf("click on %s: %v", selector, err)
	}
}

// enter presses Enter where the focus is and waits for the page that it leads to.
func (b *browser) enter() {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, stepTimeout)
	defer cancel()
	if _, err := chromedp.RunResponse(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		b.shot("failure")
		b.t.Fatalf("Enter: %v", err)
	}
}

// tick clicks on a box or radio button, which leads nowhere.
func (b *browser) tick(selector string) {
	b.t.Helper()
	run(b, chromedp.Click(chromedp.CSS(selector)))
}

// write types into a field.
func (b *browser) write(selector, text string) {
	b.t.Helper()
	run(b, chromedp.Clear(chromedp.CSS(selector)))
	run(b, chromedp.SendKeys(chromedp.CSS(selector), text))
}

// text is what a person reads.
func (b *browser) text() string {
	b.t.Helper()
	return run(b, chromedp.Text(chromedp.CSS("body")))
}

// reads fails the test unless the page says all of this.
func (b *browser) reads(texts ...string) {
	b.t.Helper()
	all := b.text()
	for _, text := range texts {
		if !strings.Contains(all, text) {
			b.shot("failure")
			b.t.Fatalf("the page does not say %q:\n%s", text, all)
		}
	}
}

// ask evaluates an expression; the inspector may, even where the page's scripts may not.
func ask[T any](b *browser, expression string) T {
	b.t.Helper()
	return run(b, chromedp.Evaluate[T](expression))
}

// shot keeps a picture of the whole page in the folder that TENANTRY_SCREENSHOTS names, to
// be looked at; without that it does nothing.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := os.Getenv("TENANTRY_SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Errorf("screenshot: %v", err)
		return
	}
	name = strings.ReplaceAll(b.t.Name()+"-"+name, "/", "-")
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		b.t.Error(err)
	}
}
