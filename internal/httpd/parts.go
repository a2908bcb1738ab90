package httpd

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/tenantry/tenantry/internal/db"
	"github.com/tenantry/tenantry/internal/jobs"
	"github.com/tenantry/tenantry/internal/oauth"
	"github.com/tenantry/tenantry/internal/ratelimit"
)

// Parts are what the metrics ask at each scrape; they count by themselves.
type Parts struct {
	DB          *db.DB
	Tokens      *oauth.Authenticator
	Jobs        *jobs.Runner
	Connections *Connections
	Limits      []*ratelimit.Shared // those that are shared with other servers
}

// Watch adds the metrics of these parts. It may be called once.
func (m *Metrics) Watch(p Parts) { m.registry.MustRegister(p) }

// Describe implements [prometheus.Collector]: what is collected is all that there is.
func (p Parts) Describe(descriptions chan<- *prometheus.Desc) {
	prometheus.DescribeByCollect(p, descriptions)
}

// Collect implements [prometheus.Collector].
func (p Parts) Collect(out chan<- prometheus.Metric) {
	s := samples(out)
	p.collectDB(s)
	tokens := p.Tokens.CacheStats()
	const looked = "Access tokens looked up, by whether they were remembered."
	s.count("tenantry_token_cache_requests_total", looked, tokens.Hits, "result", "hit")
	s.count("tenantry_token_cache_requests_total", looked, tokens.Misses, "result", "miss")
	for _, work := range p.Jobs.Stats() {
		s.count("tenantry_job_steps_total", "Short transactions of background work.", work.Steps, "job", work.Name)
		s.count("tenantry_job_failures_total", "Failures of background work, which is tried again.", work.Failures, "job", work.Name)
		s.gauge("tenantry_job_locations_paused", "Sub-accounts whose background work failed and waits.", float64(work.Paused), "job", work.Name)
	}
	for _, l := range p.Limits {
		shared := l.Stats()
		s.count("tenantry_limit_leases_total", "Blocks of the shared quotas that this process took.", shared.Leases, "limit", l.Name())
		s.count("tenantry_limit_failures_total", "Failures of the shared counters.", shared.Failures, "limit", l.Name())
		s.count("tenantry_limit_alone_total", "Decisions of this process by itself, while the shared counters were away.", shared.Alone, "limit", l.Name())
	}
	conns := p.Connections.Stats()
	s.gauge("tenantry_http_connections_open", "Connections of clients.", float64(conns.Open))
	s.gauge("tenantry_http_connections_limit", "Connections that there may be.", float64(conns.Limit))
	const closed = "Connections closed for lack of room: idle ones for new ones, else new ones."
	s.count("tenantry_http_connections_dropped_total", closed, conns.Evicted, "which", "idle")
	s.count("tenantry_http_connections_dropped_total", closed, conns.Refused, "which", "new")
}

func (p Parts) collectDB(s samples) {
	d := p.DB.Stats()
	s.count("tenantry_db_writes_total", "Write transactions of the application.", d.Writes)
	s.count("tenantry_db_write_batches_total", "Transactions of the database that they shared, each with one flush.", d.Batches)
	s.gauge("tenantry_db_writes_waiting", "Writes that wait for their turn.", float64(d.WritesWaiting))
	s.gauge("tenantry_db_read_connections", "Connections for reads.", float64(d.ReadConnections))
	s.gauge("tenantry_db_read_connections_busy", "Connections for reads that are in use.", float64(d.ReadsBusy))
	s.count("tenantry_db_read_waits_total", "Reads that waited for a connection.", d.ReadWaits)
	s.sample("tenantry_db_read_wait_seconds_total", "Time that reads waited for a connection.", prometheus.CounterValue, d.ReadWaited.Seconds())
	const size = "Size of the database's files."
	s.gauge("tenantry_db_file_bytes", size, float64(d.FileBytes), "file", "database")
	s.gauge("tenantry_db_file_bytes", size, float64(d.LogBytes), "file", "log")
}

// samples takes the values of one scrape.
type samples chan<- prometheus.Metric

func (s samples) count(name, help string, n uint64, label ...string) {
	s.sample(name, help, prometheus.CounterValue, float64(n), label...)
}

func (s samples) gauge(name, help string, v float64, label ...string) {
	s.sample(name, help, prometheus.GaugeValue, v, label...)
}

// sample adds a value, with the name and value of a label or none.
func (s samples) sample(name, help string, kind prometheus.ValueType, v float64, label ...string) {
	var labels prometheus.Labels
	if len(label) == 2 {
		labels = prometheus.Labels{label[0]: label[1]}
	}
	s <- prometheus.MustNewConstMetric(prometheus.NewDesc(name, help, nil, labels), kind, v)
}
