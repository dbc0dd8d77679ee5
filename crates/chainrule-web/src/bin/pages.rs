//! Writes the pages that use the engine's module. `crates/chainrule-web/build` builds the module and calls this.

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs, io};

use chainrule_web::pages::{PAGES, packed};

const USAGE: &str = "usage: pages MODULE FOLDER";

fn write(module: &Path, folder: &Path) -> io::Result<()> {
    let module = packed(&fs::read(module)?)?;
    fs::create_dir_all(folder)?;
    for template in PAGES {
        let path = folder.join(template.file);
        let page = template.with_module(&module);
        fs::write(&path, &page)?;
        println!("{} ({} kB)", path.display(), page.len() / 1000);
    }
    Ok(())
}

fn main() -> ExitCode {
    let paths: Vec<_> = env::args_os().skip(1).collect();
    let [module, folder] = paths.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match write(Path::new(module), Path::new(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", Path::new(module).display());
            ExitCode::FAILURE
        }
    }
}
