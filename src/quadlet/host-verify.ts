import type { Finding } from "./rules/finding.js";
import { type File, inRelease, partsOf, type Service } from "./services.js";
import { silencedIn } from "./silence.js";
import { parseUnitFile } from "./unit-file.js";
import { verifyMessages } from "./verify-messages.js";

/** What systemd says of a unit is no rule of ours, but may be silenced as one. */
const rule = "systemd-verify";

/**
 * What `systemd-analyze verify` says of the services that the host's generator made, at the lines
 * that they were made from. It writes `/web.service:16: Failed to parse Restart=x, ignoring: …` and,
 * for a drop-in, `/web.service.d/10.conf:2: Unknown key 'X' in section [Service], ignoring.`, with
 * `/` for the folder that the host made them in.
 */
export function hostFindings(
  lines: readonly string[],
  files: readonly File[],
  services: readonly Service[],
): readonly Finding[] {
  return verifyMessages(lines).flatMap(({ file: named, line: number, text }): Finding[] => {
    const path = named.replace(/^\//, "");
    const place = inSystemds(path, number, files) ?? inUnit(path, text, files, services);
    if (place === undefined) return [];
    const { file } = place;
    if (silencedIn(file.content)(rule, place.line)) return [];
    return [
      {
        rule,
        severity: "warning",
        source: file.source,
        path: inRelease(file),
        ...(place.line === undefined ? {} : { line: place.line }),
        message: `systemd says: ${text.replace(/\.$/, "")}`,
        remedy: "What it ignores has no effect.",
      },
    ];
  });
}

interface Place {
  readonly file: File;
  readonly line?: number;
}

/** Drop-ins and plain units are what systemd reads, line by line. */
function inSystemds(
  path: string,
  line: number | undefined,
  files: readonly File[],
): Place | undefined {
  const file = files.find((one) => one.place === "systemd" && one.path === path);
  return file && { file, ...(line === undefined ? {} : { line }) };
}

/** Lines of a generated service are not those of its unit, but the key is the same. */
function inUnit(
  name: string,
  text: string,
  files: readonly File[],
  services: readonly Service[],
): Place | undefined {
  const service = services.find((one) => one.name === name);
  const parts = service ? partsOf(service, files) : [];
  const [, unknown, failed] = /key '([^']+)'|Failed to parse (\w+)=/.exec(text) ?? [];
  const wanted = unknown ?? failed;
  for (const file of parts) {
    if (file.place !== "quadlet") continue;
    const entry = parseUnitFile(file.content).entries.find(
      ({ section, key }) => key === wanted && /^(Unit|Service|Install)$/.test(section),
    );
    if (entry) return { file, line: entry.line };
  }
  const [first] = parts;
  return first && { file: first };
}
