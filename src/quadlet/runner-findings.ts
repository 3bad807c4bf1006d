import { generatorMessages, lineAbout } from "./generator-messages.js";
import type { Finding } from "./rules/finding.js";
import { dropInOwner, type File, inRelease, partsOf, type Service } from "./services.js";
import { parseUnitFile } from "./unit-file.js";
import { verifyMessages } from "./verify-messages.js";

/** The services that `quadlet -dryrun` prints, by name. */
export function generatedServices(output: string): ReadonlyMap<string, string> {
  const [, ...parts] = output.split(/^---(\S+\.service)---\n/m);
  const services = new Map<string, string>();
  for (let index = 0; index < parts.length; index += 2) {
    services.set(parts[index] ?? "", parts[index + 1] ?? "");
  }
  return services;
}

/** What a generator that is not the host's says of a release, at the files and lines it is about. */
export function generatorFindings(
  files: readonly File[],
  lines: readonly string[],
): readonly Finding[] {
  return generatorMessages(lines).flatMap(({ unit, text, line, about }): Finding[] => {
    const file = files.find(({ place, path }) => place === "quadlet" && path === unit);
    if (file === undefined) return [];
    const at =
      line !== undefined || about === undefined
        ? { file, line }
        : (withDropIns(file, files)
            .map((part) => ({ file: part, line: lineAbout(about, part.content) }))
            .find((place) => place.line !== undefined) ?? { file, line });
    return [finding("runner-podman", at, `the runner's own Podman does not take ${unit}: ${text}`)];
  });
}

/**
 * What `systemd-analyze verify` says of a release's services and plain units.
 *
 * @param generated the services that Quadlet made, by name
 * @param folder where they were when systemd read them
 */
export function verifyFindings(
  files: readonly File[],
  services: readonly Service[],
  generated: ReadonlyMap<string, string>,
  lines: readonly string[],
  folder: string,
): readonly Finding[] {
  return verifyMessages(lines).flatMap(({ file: named, line, text }): Finding[] => {
    // A program of the host's need not be here.
    if (/ is not executable: /.test(text)) return [];
    const name = named.startsWith(`${folder}/`) ? named.slice(folder.length + 1) : named;
    const own = files.find(({ place, path }) => place === "systemd" && path === name);
    if (own) return [systemdFinding({ file: own, line }, text)];
    const service = services.find((one) => one.name === name);
    const parts = service ? partsOf(service, files) : [];
    const unit = parts.find((file) => file.path === service?.unit);
    if (unit === undefined) return [];
    const made = parseUnitFile(generated.get(name) ?? "").entries;
    // Quadlet copies what it leaves to systemd as it stands.
    const entry = made.findLast((one) => line !== undefined && one.line <= line);
    const section = /^Unknown section '(.*)'/.exec(text)?.[1];
    const places = parts.flatMap((file) => {
      const found = parseUnitFile(file.content).entries.find((one) =>
        section === undefined
          ? one.section === entry?.section && one.key === entry.key && one.value === entry.value
          : one.section === section,
      );
      return found ? [{ file, line: found.line }] : [];
    });
    return [systemdFinding(places[0] ?? { file: unit, line: undefined }, text)];
  });
}

function systemdFinding(at: Place, text: string): Finding {
  return finding("runner-systemd", at, `systemd says of it: ${text}`);
}

interface Place {
  readonly file: File;
  readonly line: number | undefined;
}

function finding(rule: string, { file, line }: Place, message: string): Finding {
  return {
    rule,
    severity: "warning",
    source: file.source,
    path: inRelease(file),
    ...(line === undefined ? {} : { line }),
    message,
    remedy: "The host's own has the last word: plan or deploy to it asks it.",
  };
}

function withDropIns(file: File, files: readonly File[]): readonly File[] {
  return [
    file,
    ...files.filter(({ place, path }) => place === "quadlet" && dropInOwner(path) === file.path),
  ];
}
