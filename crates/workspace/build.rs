//! Industries are built into the binary: every example with a `tour.yaml`, packed and compressed, one blob each.
//! What is packed is read back by `src/industries/packed.rs`.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::ZlibEncoder;

const EXAMPLES: &str = "../../examples";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={EXAMPLES}");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let mut table = String::from("&[\n");
    for folder in sorted(Path::new(EXAMPLES))?.into_iter().filter(|path| path.join("tour.yaml").is_file()) {
        let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_string();
        let mut files: Vec<PathBuf> =
            ["gradus.yaml", "tour.yaml", "expected.csv"].map(|file| folder.join(file)).into();
        for part in ["sources", "model", "data"] {
            files.extend(sorted(&folder.join(part))?);
        }
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
        for file in files.into_iter().filter(|file| file.is_file()) {
            let relative = file.strip_prefix(&folder)?.to_string_lossy().replace('\\', "/");
            let bytes = std::fs::read(&file)?;
            packed.write_all(&u32::try_from(relative.len())?.to_le_bytes())?;
            packed.write_all(relative.as_bytes())?;
            packed.write_all(&u32::try_from(bytes.len())?.to_le_bytes())?;
            packed.write_all(&bytes)?;
        }
        let blob = out.join(format!("{name}.industry"));
        std::fs::write(&blob, packed.finish()?)?;
        table.push_str(&format!("    ({name:?}, include_bytes!({:?})),\n", blob.display().to_string()));
    }
    table.push_str("]\n");
    std::fs::write(out.join("industries.rs"), table)?;
    Ok(())
}

/// What lies in a folder, by name; nothing if there is no such folder.
fn sorted(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut paths = std::fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}
