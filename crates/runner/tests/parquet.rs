//! Tables in the format of Apache Parquet: what they say is what the same tables say as text, with
//! types, and neither threads nor time have a say in their bytes.

use std::fs;
use std::path::Path;
use std::process::Command;

use parquet::basic::Type;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;

const SWEEP: &str = r#"schema = 1
name = "lossy"
[run]
seed = 3
until = "20s"
replications = 4
policies = ["three-way", "cookies"]
[host.server]
backlog = 4
[link.c2s]
delay = "50ms"
loss.random = "10%"
[link.s2c]
delay = "50ms"
[load.main]
arrivals = { poisson = "2/s" }
stop = "10s"
transfer = { bytes = 100 }
[load.flood]
arrivals = { poisson = "2/s" }
stop = "5s"
syn_flood = { spoofed = true, responds = "never" }
[sweep]
"link.c2s.loss.random" = ["0%", "30%"]
"host.server.backlog" = [4, 8]
[compare]
metrics = ["connect_time.q50", "goodput", "backlog_drop_probability.attack"]
[output]
parquet = true
"#;

/// Runs an experiment in a folder; its results are in the folder that is returned.
fn run(home: &Path, text: &str, jobs: &str) -> std::path::PathBuf {
    fs::write(home.join("x.toml"), text).expect("writable");
    let output = Command::new(env!("CARGO_BIN_EXE_runner"))
        .current_dir(home)
        .args(["run", "-q", "x.toml", "--out", jobs, "--jobs", jobs])
        .output()
        .expect("the program starts");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{messages}");
    home.join(jobs).join("lossy")
}

/// The columns of a file, each with its type, and its rows.
fn read(path: &Path) -> (Vec<(String, Type)>, Vec<Vec<Field>>) {
    let file = fs::File::open(path).expect("readable");
    let reader = SerializedFileReader::new(file).expect("it is Parquet");
    let schema = reader.metadata().file_metadata().schema_descr_ptr();
    let column = |it: &parquet::schema::types::ColumnDescPtr| {
        assert_eq!(it.max_def_level(), 1, "{} may be null", it.name());
        (it.name().to_owned(), it.physical_type())
    };
    let columns = schema.columns().iter().map(column).collect();
    let rows = reader.get_row_iter(None).expect("rows").map(|row| {
        let cells = row.expect("a row").into_columns();
        cells.into_iter().map(|(_, field)| field).collect()
    });
    (columns, rows.collect())
}

/// Whether a field says what a cell of the text does.
fn is_same(field: &Field, cell: &str) -> bool {
    match field {
        Field::Null => cell.is_empty(),
        Field::Str(text) => text == cell,
        Field::Bool(truth) => cell.parse() == Ok(*truth),
        Field::Long(number) => cell.parse() == Ok(*number),
        Field::Double(number) => cell
            .parse::<f64>()
            .is_ok_and(|it| it.to_bits() == number.to_bits()),
        other => panic!("no table has {other:?}"),
    }
}

#[test]
fn every_table_says_what_its_text_says() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = run(home.path(), SWEEP, "2");
    for name in ["replications", "points", "comparison"] {
        let (columns, rows) = read(&folder.join(format!("{name}.parquet")));
        let mut text = csv::Reader::from_path(folder.join(format!("{name}.csv"))).expect("a table");
        let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(text.headers().expect("names"), names, "{name}");
        let lines: Vec<csv::StringRecord> = text.records().map(|row| row.expect("a row")).collect();
        assert_eq!(lines.len(), rows.len(), "{name}");
        assert!(!rows.is_empty(), "{name}");
        for (line, row) in lines.iter().zip(&rows) {
            for ((cell, field), (column, _)) in line.iter().zip(row).zip(&columns) {
                assert!(
                    is_same(field, cell),
                    "{name}, {column}: {cell} and {field:?}"
                );
            }
        }
    }
}

#[test]
fn columns_have_the_types_of_what_they_hold() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = run(home.path(), SWEEP, "2");
    let (columns, rows) = read(&folder.join("replications.parquet"));
    for (name, expected) in [
        ("link.c2s.loss.random", Type::BYTE_ARRAY),
        ("host.server.backlog", Type::INT64),
        ("policy", Type::BYTE_ARRAY),
        ("replication", Type::INT64),
        ("segments_sent", Type::INT64),
        ("embryonic.max", Type::INT64),
        ("server.ListenDrops", Type::INT64),
        ("embryonic.area", Type::DOUBLE),
        ("connect_time.q50", Type::DOUBLE),
        ("segments_per_connection", Type::DOUBLE),
        ("backlog_drop_probability.attack", Type::DOUBLE),
    ] {
        let found = columns.iter().find(|(column, _)| column == name);
        assert_eq!(found.map(|(_, kind)| *kind), Some(expected), "{name}");
    }
    assert_eq!(rows.len(), 4 * 2 * 4, "points, policies, replications");
    let has_null = rows.iter().flatten().any(|field| *field == Field::Null);
    assert!(
        has_null,
        "cookies keep no entry, whose life is not measured"
    );
}

#[test]
fn the_bytes_are_the_same_for_any_number_of_threads_and_listed() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folders = ["1", "2"].map(|jobs| run(home.path(), SWEEP, jobs));
    let manifest = fs::read_to_string(folders[0].join("manifest.json")).expect("a manifest");
    for name in ["replications", "points", "comparison"] {
        let name = format!("{name}.parquet");
        let [one, two] = folders
            .each_ref()
            .map(|it| fs::read(it.join(&name)).expect("a file"));
        assert!(one == two, "{name}");
        assert!(manifest.contains(&format!("\"{name}\": \"")), "{manifest}");
    }
}

#[test]
fn a_single_run_has_a_table_if_it_is_asked_for() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let text = SWEEP.replace("replications = 4", "replications = 1");
    let (text, _) = text.split_once("[sweep]").expect("a sweep");
    let folder = run(
        home.path(),
        &format!("{text}[output]\nparquet = true\n"),
        "1",
    );
    let (_, rows) = read(&folder.join("replications.parquet"));
    assert_eq!(rows.len(), 2, "policies");
    let folder = run(home.path(), text, "2");
    assert!(!folder.join("replications.csv").exists());
}
