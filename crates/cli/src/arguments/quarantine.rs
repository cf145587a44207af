//! Rows that were refused.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// Open rows with their reasons, without their content (列出).
    List {
        /// Only those of this import (导入编号).
        #[arg(long, value_name = "NUMBER")]
        import: Option<i64>,
    },
    /// Write open rows with their content to a new JSON lines file (导出); this is in the audit log.
    Export {
        /// The file; it must not be there yet (文件).
        to: PathBuf,
        /// Only those of this import (导入编号).
        #[arg(long, value_name = "NUMBER")]
        import: Option<i64>,
    },
    /// Import the mended rows of an exported file (重新导入).
    Replay {
        /// The file that `gradus quarantine export` wrote, with its cells mended (文件).
        from: PathBuf,
        /// The source of the rows (数据源).
        #[arg(long, value_name = "NAME")]
        source: String,
    },
    /// A row with its cells, identifying ones masked (查看).
    Show {
        /// As `gradus quarantine list` shows it (编号).
        number: i64,
        /// In clear; this is in the audit log (显示明文).
        #[arg(long)]
        identifiers: bool,
    },
    /// Mend cells of a row and import it again; without a cell as it is, such as after its source was mended (修正).
    Mend {
        /// As `gradus quarantine list` shows it (编号).
        number: i64,
        /// What stands in this cell from now on; may be repeated (单元格的新值).
        #[arg(long, value_name = "COLUMN=VALUE")]
        set: Vec<String>,
        /// This cell is empty; may be repeated (清空单元格).
        #[arg(long, value_name = "COLUMN")]
        empty: Vec<String>,
    },
}
