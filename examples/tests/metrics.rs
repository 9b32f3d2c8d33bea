//! The names under which metrics are exported.

use cooee::Metrics;
use metrics_exporter_prometheus::PrometheusBuilder;

/// A field that is added to a snapshot must not be forgotten.
#[test]
fn each_number_of_a_snapshot_is_exported_under_the_name_of_its_field() {
    let prometheus = PrometheusBuilder::new().install_recorder();
    let prometheus = prometheus.expect("it is the first recorder");
    let snapshot = Metrics::default();
    snapshot.export();
    let page = prometheus.render();
    let shown = format!("{snapshot:#?}");
    let mut part = "";
    let mut missing = Vec::new();
    for line in shown.lines() {
        let Some((field, value)) = line.trim().split_once(": ") else {
            continue;
        };
        if value.ends_with("Stats {") || value.ends_with("Metrics {") {
            part = field;
        }
        let name = format!("cooee_{part}_{field}");
        let is_number = value.trim_end_matches(',').parse::<u64>().is_ok();
        let exported = |line: &str| line.starts_with(&name);
        if is_number && !page.lines().any(exported) {
            missing.push(name);
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "{page}");
    assert!(
        page.contains("cooee_engine_ignored_total{reason=\"not_ours\"} 0"),
        "{page}"
    );
    assert!(page.contains("cooee_driver_resumes_total 0"), "{page}");
    assert!(page.contains("cooee_sockets_open 0"), "{page}");
}
