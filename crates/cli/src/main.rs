//! The command line: parse, call a verb, render. Exit codes: 0 fine; 1 what was typed, a document or a file is
//! wrong; 2 the world failed.

mod arguments;
mod bars;
mod init;
mod keys;
mod learn;
mod look;
mod mistaken;
mod model;
mod next;
mod overrides;
mod quarantine;
mod remote;
mod render;
mod review;
mod rules;
mod run;
mod satisfaction;
mod serve;
mod users;

use std::process::ExitCode;

use clap::Parser;
use gradus_model::Findings;
use gradus_workspace::{WorkspaceError, failed, technical_cause};

use arguments::{Arguments, Command};

/// Whoever is graded comes and goes in many small columns, on several threads: docs/decisions/0026.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        // What cannot be understood is wrong like any other argument. Help and version are no mistake.
        Err(said) => {
            let typed: Vec<String> = std::env::args().collect();
            return ExitCode::from(mistaken::said(&said, mistaken::lang_of(&typed)));
        }
    };
    // The process that reads a workbook limits its own memory before anything else runs.
    if matches!(arguments.command, Command::ReadExcel) {
        return gradus_workspace::excel_child();
    }
    let lang = arguments.lang();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    match runtime.block_on(run::run(&arguments, lang)) {
        Ok(code) => ExitCode::from(code),
        Err(WorkspaceError::Findings(findings)) => {
            render::findings(&findings, lang, arguments.json());
            ExitCode::from(1)
        }
        Err(error) => {
            if let Some(finding) = error.as_finding() {
                render::findings(&Findings(vec![finding]), lang, arguments.json());
                return ExitCode::from(1);
            }
            let finding = failed(&arguments.workspace, &error);
            if arguments.json() {
                render::json(&serde_json::json!({
                    "error": finding.in_one(), "code": finding.code, "place": finding.place,
                    "what": finding.what, "right": finding.right,
                }));
            }
            eprintln!("{}", finding.render(lang));
            if std::env::var("GRADUS_CAUSE").is_ok_and(|wanted| wanted == "1") {
                eprintln!("{}", technical_cause(&error));
            }
            ExitCode::from(2)
        }
    }
}
