//! Excel workbooks, row by row in constant memory. Text is written as text, never as a formula.

use std::fs::File;
use std::io::BufWriter;

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::pick::{Cells, Table};
use super::{ExportError, ExportReport};

/// Rows of a sheet, heading included.
const SHEET_ROWS: u32 = 1_048_576;
/// Characters of a cell, in UTF-16.
const CELL_LENGTH: usize = 32_767;

pub(crate) fn write(table: &Table, file: &mut File) -> Result<ExportReport, ExportError> {
    write_sheets(table, file, SHEET_ROWS)
}

fn write_sheets(table: &Table, file: &mut File, sheet_rows: u32) -> Result<ExportReport, ExportError> {
    let mut report = ExportReport::empty();
    let mut workbook = Workbook::new();
    let n_rows = table.n_rows() as u64;
    let per_sheet = u64::from(sheet_rows.saturating_sub(1).max(1));
    let n_sheets = n_rows.div_ceil(per_sheet).max(1);
    let bold = Format::new().set_bold();
    let mut rows = table.batches.iter().flat_map(|batch| {
        let cells = table.cells(batch);
        let cells = cells.map(std::rc::Rc::new).map_err(Some);
        let mut state = cells;
        (0..batch.num_rows()).map(move |row| match &mut state {
            Ok(cells) => Ok((cells.clone(), row)),
            Err(error) => Err(error.take()),
        })
    });
    for _ in 0..n_sheets {
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_freeze_panes(1, 0)?;
        for (column, heading) in table.headings.iter().enumerate() {
            let width = crate::summary::display_width(heading).clamp(8, 40) as f64 + 2.0;
            sheet.set_column_width(column as u16, width)?;
        }
        for (column, heading) in table.headings.iter().enumerate() {
            sheet.write_string_with_format(0, column as u16, short(heading), &bold)?;
        }
        for (line, row) in rows.by_ref().take(per_sheet as usize).enumerate() {
            let (cells, row) = row.map_err(|error| {
                error.unwrap_or_else(|| std::io::Error::other("a batch of customers is broken").into())
            })?;
            for (column, cell) in cells.iter().enumerate() {
                put(sheet, line as u32 + 1, column as u16, cell, row)?;
            }
        }
        report.n_sheets += 1;
    }
    drop(rows);
    workbook.save_to_writer(BufWriter::new(file))?;
    Ok(report)
}

fn put(
    sheet: &mut Worksheet,
    line: u32,
    column: u16,
    cell: &Cells<'_>,
    row: usize,
) -> Result<(), ExportError> {
    if let Some(number) = cell.number(row) {
        sheet.write_number(line, column, number)?;
    } else if let Some(truth) = cell.truth(row) {
        sheet.write_boolean(line, column, truth)?;
    } else {
        let mut text = String::new();
        cell.text(row, &mut text);
        if !text.is_empty() {
            sheet.write_string(line, column, short(&text))?;
        }
    }
    Ok(())
}

/// What fits into a cell.
fn short(text: &str) -> String {
    let mut length = 0;
    text.chars()
        .take_while(|c| {
            length += c.len_utf16();
            length <= CELL_LENGTH
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::pick::pick;
    use super::super::{ExportOptions, FileKind, Who};
    use super::*;
    use crate::summary::synthetic::{Month, base};

    #[test]
    fn more_rows_than_a_sheet_holds_go_on_in_the_next() {
        let options = ExportOptions {
            kind: FileKind::Excel,
            who: Who::Everyone,
            columns: vec![],
            lang: gradus_model::Lang::En,
            titles: true,
            guard_formulas: true,
        };
        let table = pick(&base(Month(0), 25), &options, None).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        assert_eq!(write_sheets(&table, &mut file, 11).unwrap().n_sheets, 3);
        let empty = pick(&base(Month(0), 0), &options, None).unwrap();
        assert_eq!(write(&empty, &mut tempfile::tempfile().unwrap()).unwrap().n_sheets, 1);
        assert_eq!(short(&"😀".repeat(20_000)).encode_utf16().count(), 32_766);
    }
}
