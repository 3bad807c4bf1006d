// Writes src/quadlet/keys.json: which keys each section of a Quadlet unit may have, and since
// which of the versions that Debian carries, from podman-systemd.unit(5) in Debian's packages.
//
// Needs Debian's apt and root's keyring; run it when a suite gets another Podman.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const suites = ["trixie", "forky"];
const mirror = process.env.DEBIAN_MIRROR ?? "http://deb.debian.org/debian";

/** The package's version, and its man page's source. */
function manual(suite) {
  const folder = mkdtempSync(join(tmpdir(), "quadlet-keys-"));
  try {
    for (const name of ["lists/partial", "cache", "parts", "tree"]) {
      mkdirSync(join(folder, name), { recursive: true });
    }
    const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
    const list = join(folder, "sources.list");
    writeFileSync(list, `deb [signed-by=${keyring}] ${mirror} ${suite} main\n`);
    const settings = {
      "Dir::Etc::sourcelist": list,
      "Dir::Etc::sourceparts": join(folder, "parts"),
      "Dir::State::lists": join(folder, "lists"),
      "Dir::Cache": join(folder, "cache"),
      "Acquire::Check-Valid-Until": "false",
      "APT::Sandbox::User": "root",
    };
    const options = Object.entries(settings).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    const run = (file, args) => execFileSync(file, args, { cwd: folder, stdio: "pipe" });
    run("apt-get", [...options, "update"]);
    run("apt-get", [...options, "download", "podman"]);
    const file = readdirSync(folder).find((name) => name.endsWith(".deb"));
    run("dpkg-deb", ["--extract", file, "tree"]);
    const page = readFileSync(join(folder, "tree/usr/share/man/man5/podman-systemd.unit.5.gz"));
    const version = /_(\d+\.\d+)/.exec(decodeURIComponent(file))[1];
    return { version, page: gunzipSync(page).toString("utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `.SH Container units [Container]` begins a section, `.SS \fBKey=\fR` names a key. */
function sectionsIn(page) {
  const sections = {};
  let section;
  for (const line of page.split("\n")) {
    const header = /^\.SH .*(?:units|section) \[(\w+)\]/i.exec(line)?.[1];
    if (line.startsWith(".SH")) {
      section = header;
      if (header) sections[header] ??= [];
    }
    const key = /^\.SS \\fB(\w+)=/.exec(line)?.[1];
    if (section && key && !sections[section].includes(key)) sections[section].push(key);
  }
  return sections;
}

const table = {};
for (const { version, page } of suites.map(manual)) {
  for (const [section, keys] of Object.entries(sectionsIn(page))) {
    table[section] ??= {};
    for (const key of keys) table[section][key] ??= version;
  }
}
const sorted = Object.fromEntries(
  Object.entries(table).map(([section, keys]) => [
    section,
    Object.fromEntries(Object.entries(keys).sort(([a], [b]) => (a < b ? -1 : 1))),
  ]),
);
writeFileSync(
  new URL("../src/quadlet/keys.json", import.meta.url),
  `${JSON.stringify(sorted, null, 2)}\n`,
);
