//! `prisoner CONFINEMENT DEED [ARGUMENT]…`: confines itself, tries one thing, and prints `ok` or the error's number.
#![allow(clippy::print_stdout, reason = "what it has to say is what its tests read")]

#[cfg(target_os = "linux")]
mod deeds;

#[cfg(target_os = "linux")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [confinement, deed, rest @ ..] = arguments.as_slice() else {
        return Err("expected a confinement and a deed".into());
    };
    let confinement: remotemedia_confine::Confinement = serde_json::from_str(confinement)?;
    if deed == "become" {
        let mut command = std::process::Command::new(&rest[0]);
        command.args(&rest[1..]).env_clear().env("NAMED", "1");
        return Err(confinement.exec(&mut command).into());
    }
    if let ("image", [file, size]) = (deed.as_str(), rest) {
        let mut image = std::fs::File::open(file)?;
        return Err(confinement.exec_image("image", &mut image, size.parse()?).into());
    }
    let applied = confinement.apply()?;
    let outcome = if deed == "nothing" { Ok(()) } else { deeds::attempt(deed, rest) };
    match outcome {
        Ok(()) if deed == "nothing" => println!("{}", serde_json::to_string(&applied)?),
        Ok(()) => println!("ok"),
        Err(error) => println!("{}", error.raw_os_error().map_or_else(|| error.to_string(), |it| it.to_string())),
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
