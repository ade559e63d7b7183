//! A table in the format of Apache Parquet: the cells of its text, each as what its column holds.
//!
//! Every column is optional, and what is empty in the text is null. The same table gives the same
//! bytes: nothing in the file says when or where it was made.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, Type as PhysicalType};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};

use super::{Column, Kind, Table};

/// Rows that readers get at once: enough to compress well, few enough for many columns in memory.
const GROUP: usize = 1 << 17;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ParquetError {
    /// The library refused.
    #[error("cannot write a table as Parquet: {0}")]
    Refused(#[from] parquet::errors::ParquetError),
    /// The text of the table is no table.
    #[error("cannot write a table as Parquet: {0}")]
    Unread(#[from] csv::Error),
    /// A cell is not what its column holds.
    #[error("cannot write a table as Parquet: in the column {column}, `{cell}` is not {}", kind.name())]
    Unfit {
        /// Its column.
        column: String,
        /// Its text.
        cell: String,
        /// What it is not.
        kind: Kind,
    },
}

/// The whole file.
///
/// # Errors
/// If a cell is not what its column says, which no table of this program has.
pub fn parquet(table: &Table) -> Result<Vec<u8>, ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        // Of each page would be more than the pages of a short table.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .build();
    let schema = schema(&table.columns)?;
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties))?;
    let mut reader = csv::Reader::from_reader(table.csv.as_slice());
    let mut chunks: Vec<Chunk> = table.columns.iter().map(Chunk::new).collect();
    let mut count = 0;
    for row in reader.records() {
        for (chunk, cell) in chunks.iter_mut().zip(&row?) {
            chunk.put(cell)?;
        }
        count += 1;
        if count == GROUP {
            write_group(&mut writer, &mut chunks)?;
            count = 0;
        }
    }
    if count > 0 {
        write_group(&mut writer, &mut chunks)?;
    }
    Ok(writer.into_inner()?)
}

fn schema(columns: &[Column]) -> Result<TypePtr, ParquetError> {
    let field = |column: &Column| {
        let (physical, logical) = match column.kind {
            Kind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            Kind::Truth => (PhysicalType::BOOLEAN, None),
            Kind::Whole => (PhysicalType::INT64, None),
            Kind::Real => (PhysicalType::DOUBLE, None),
        };
        Type::primitive_type_builder(&column.name, physical)
            .with_logical_type(logical)
            .with_repetition(Repetition::OPTIONAL)
            .build()
            .map(Arc::new)
    };
    let fields: Result<Vec<TypePtr>, _> = columns.iter().map(field).collect();
    let group = Type::group_type_builder("schema").with_fields(fields?);
    Ok(Arc::new(group.build()?))
}

/// The cells of a column that are not written yet.
struct Chunk<'t> {
    column: &'t Column,
    values: Values,
    /// For each row, 1 if it has a value and 0 if it has none.
    levels: Vec<i16>,
}

/// Those that are not empty.
enum Values {
    Text(Vec<ByteArray>),
    Truth(Vec<bool>),
    Whole(Vec<i64>),
    Real(Vec<f64>),
}

impl<'t> Chunk<'t> {
    fn new(column: &'t Column) -> Chunk<'t> {
        let values = match column.kind {
            Kind::Text => Values::Text(Vec::new()),
            Kind::Truth => Values::Truth(Vec::new()),
            Kind::Whole => Values::Whole(Vec::new()),
            Kind::Real => Values::Real(Vec::new()),
        };
        let levels = Vec::new();
        Chunk {
            column,
            values,
            levels,
        }
    }

    fn put(&mut self, cell: &str) -> Result<(), ParquetError> {
        self.levels.push(i16::from(!cell.is_empty()));
        if cell.is_empty() {
            return Ok(());
        }
        let is_fit = match &mut self.values {
            Values::Text(values) => {
                values.push(ByteArray::from(cell));
                true
            }
            Values::Truth(values) => push(values, cell.parse().ok()),
            Values::Whole(values) => push(values, cell.parse().ok()),
            Values::Real(values) => push(values, cell.parse().ok()),
        };
        if is_fit {
            return Ok(());
        }
        Err(ParquetError::Unfit {
            column: self.column.name.clone(),
            cell: cell.to_owned(),
            kind: self.column.kind,
        })
    }

    fn write(&self, writer: &mut SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        let levels = Some(self.levels.as_slice());
        match &self.values {
            Values::Text(values) => {
                let typed = writer.typed::<ByteArrayType>();
                typed.write_batch(values, levels, None)?
            }
            Values::Truth(values) => {
                let typed = writer.typed::<BoolType>();
                typed.write_batch(values, levels, None)?
            }
            Values::Whole(values) => {
                let typed = writer.typed::<Int64Type>();
                typed.write_batch(values, levels, None)?
            }
            Values::Real(values) => {
                let typed = writer.typed::<DoubleType>();
                typed.write_batch(values, levels, None)?
            }
        };
        Ok(())
    }
}

/// Whether there is a value to keep.
fn push<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
    let is_one = value.is_some();
    values.extend(value);
    is_one
}

/// Writes what is kept as one group of rows, and begins anew.
fn write_group(
    writer: &mut SerializedFileWriter<Vec<u8>>,
    chunks: &mut [Chunk<'_>],
) -> Result<(), ParquetError> {
    let mut group = writer.next_row_group()?;
    for chunk in chunks {
        // There are as many columns as the schema has.
        if let Some(mut column) = group.next_column()? {
            chunk.write(&mut column)?;
            column.close()?;
        }
        *chunk = Chunk::new(chunk.column);
    }
    group.close()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::Field;

    use super::super::table::Rows;
    use super::*;

    fn table(kinds: &[Kind], rows: &[&[&str]]) -> Table {
        let names = ["a", "b.c", "d", "e"];
        let pairs = names.iter().zip(kinds);
        let columns = pairs.map(|(name, kind)| Column::new(*name, *kind));
        let mut table = Rows::new(columns.collect());
        for row in rows {
            table.row(*row);
        }
        table.into_table()
    }

    const ALL: [Kind; 4] = [Kind::Text, Kind::Truth, Kind::Whole, Kind::Real];

    #[test]
    fn every_kind_comes_back_and_what_is_empty_is_null() {
        let rows: &[&[&str]] = &[
            &["one, \"two\"", "true", "-7", "0.1"],
            &["", "", "", ""],
            &["汉", "false", "9223372036854775807", "1.5e-9"],
        ];
        let file = parquet(&table(&ALL, rows)).expect("it can be written");
        let mut copy = tempfile::tempfile().expect("a temporary file");
        copy.write_all(&file).expect("writable");
        let reader = SerializedFileReader::new(copy).expect("a file");
        let found: Vec<Vec<Field>> = reader
            .get_row_iter(None)
            .expect("rows")
            .map(|row| row.expect("a row").into_columns())
            .map(|columns| columns.into_iter().map(|(_, field)| field).collect())
            .collect();
        assert_eq!(
            found[0],
            [
                Field::Str("one, \"two\"".to_owned()),
                Field::Bool(true),
                Field::Long(-7),
                Field::Double(0.1)
            ]
        );
        assert_eq!(found[1], vec![Field::Null; 4]);
        assert_eq!(found[2][2], Field::Long(i64::MAX));
        assert_eq!(found[2][3], Field::Double(1.5e-9));
    }

    #[test]
    fn a_cell_that_does_not_fit_is_named_and_not_rounded() {
        let bad = table(&[Kind::Text, Kind::Whole], &[&["x", "1.5"]]);
        let error = parquet(&bad).expect_err("1.5 is no whole number");
        let expected =
            "cannot write a table as Parquet: in the column b.c, `1.5` is not a whole number";
        assert_eq!(error.to_string(), expected);
    }
}
