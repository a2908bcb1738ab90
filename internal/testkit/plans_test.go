package testkit

import "testing"

func TestCostlySteps(t *testing.T) {
	for step, want := range map[string]bool{
		"SCAN tasks": true, "SCAN t USING COVERING INDEX tasks_in_order": true, "USE TEMP B-TREE FOR ORDER BY": true,
		"USE TEMP B-TREE FOR LAST TERM OF ORDER BY":           true,
		"SEARCH t USING INDEX tasks_in_order (location_id=?)": false, "SCAN CONSTANT ROW": false,
		"SCAN task_search VIRTUAL TABLE INDEX 0:M1":                   false,
		"  ->  Seq Scan on tasks t  (cost=0.00..1.00 rows=9 width=4)": true, "Seq Scan on settings  (cost=0.00..1.00 rows=9 width=4)": false,
		"  ->  Parallel Seq Scan on tasks  (cost=0.00..1.00 rows=9 width=4)": true,
		"  ->  Sort  (cost=0.00..1.00 rows=9000 width=4)":                    true, "  ->  Sort  (cost=0.00..1.00 rows=90 width=4)": false,
		"  ->  Index Scan using tasks_pkey on tasks t  (cost=0.29..8.31 rows=1 width=14)": false,
	} {
		if got := costly(step); got != want {
			t.Errorf("%q: %v", step, got)
		}
	}
}
