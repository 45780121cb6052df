//! Temperatures: thermal zones and hardware monitors in `/sys/class`. Most virtual machines have none.

use std::fs;
use std::path::{Path, PathBuf};

use kilat_core::Temperature;

use super::{read_number, read_text, rounded};

/// Sensors told: a server has some dozens.
const MAX_SENSORS: usize = 32;
/// Beyond this a sensor is broken, not hot.
const PLAUSIBLE: std::ops::RangeInclusive<f64> = -50.0..=150.0;
/// Longest name told.
const MAX_NAME_CHARS: usize = 64;

/// A sensor's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sensor {
    name: String,
    input: PathBuf,
}

/// All sensors there are. They come and go rarely, so that their names are looked for rarely.
pub(crate) fn find(sys: &Path) -> Vec<Sensor> {
    let mut sensors = Vec::new();
    for monitor in folders(&sys.join("class/hwmon"), "hwmon") {
        let chip = name(&monitor.join("name"), "sensor");
        for input in folders(&monitor, "temp").into_iter().filter(|path| path.to_string_lossy().ends_with("_input")) {
            let label = input.to_string_lossy().replace("_input", "_label");
            let label = read_text(Path::new(&label)).map(|label| format!(" {}", clean(&label))).unwrap_or_default();
            sensors.push(Sensor { name: format!("{chip}{label}"), input });
        }
    }
    // Zones are mostly the same sensors again: only where there are no monitors.
    if sensors.is_empty() {
        for zone in folders(&sys.join("class/thermal"), "thermal_zone") {
            sensors.push(Sensor { name: name(&zone.join("type"), "zone"), input: zone.join("temp") });
        }
    }
    sensors.truncate(MAX_SENSORS);
    sensors
}

/// What they show now; one that shows nothing plausible is left out.
pub(crate) fn read(sensors: &[Sensor]) -> Vec<Temperature> {
    let shown = sensors.iter().filter_map(|sensor| {
        let celsius = read_number::<i64>(&sensor.input)? as f64 / 1_000.0;
        PLAUSIBLE.contains(&celsius).then(|| Temperature { name: sensor.name.clone(), celsius: rounded(celsius) })
    });
    shown.collect()
}

fn folders(parent: &Path, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix)))
        .take(MAX_SENSORS * 4)
        .collect();
    found.sort();
    found
}

fn name(path: &Path, otherwise: &str) -> String {
    read_text(path).map(|name| clean(&name)).filter(|name| !name.is_empty()).unwrap_or_else(|| otherwise.to_owned())
}

fn clean(name: &str) -> String {
    name.trim().chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: PathBuf, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn monitors_are_read_with_their_labels_and_broken_ones_left_out() {
        let sys = tempfile::tempdir().unwrap();
        let at = |path: &str| sys.path().join("class").join(path);
        write(at("hwmon/hwmon0/name"), "coretemp\n");
        write(at("hwmon/hwmon0/temp1_input"), "61500\n");
        write(at("hwmon/hwmon0/temp1_label"), "Package id 0\n");
        write(at("hwmon/hwmon0/temp2_input"), "-274000\n");
        write(at("hwmon/hwmon1/temp1_input"), "nonsense\n");
        write(at("thermal/thermal_zone0/temp"), "20000\n");
        let seen = read(&find(sys.path()));
        assert_eq!(seen, [Temperature { name: "coretemp Package id 0".to_owned(), celsius: 61.5 }]);
    }

    #[test]
    fn without_monitors_the_zones_are_read_and_without_both_nothing_is_known() {
        let sys = tempfile::tempdir().unwrap();
        assert_eq!(read(&find(sys.path())), []);
        write(sys.path().join("class/thermal/thermal_zone0/temp"), "48123\n");
        write(sys.path().join("class/thermal/thermal_zone0/type"), "x86_pkg_temp\n");
        assert_eq!(read(&find(sys.path())), [Temperature { name: "x86_pkg_temp".to_owned(), celsius: 48.1 }]);
    }
}
