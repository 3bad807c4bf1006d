import { parseUnitFile } from "./unit-file.js";

/** What a complaint is about, as far as it names a key or a value. */
export interface About {
  readonly section?: string;
  readonly key?: string;
  readonly value?: string;
}

/** One complaint of Quadlet's generator. */
export interface GeneratorMessage {
  /** The Quadlet file's name, `web.container`. */
  readonly unit: string;
  readonly text: string;
  /** Of that file, where the generator says it. */
  readonly line?: number;
  readonly about?: About;
}

/**
 * Reads what `quadlet -dryrun` prints. Podman 5.4 and 5.8 write, with or without a program's name
 * before it: `converting "web.container": unsupported key 'X' in group 'Container' in PATH`, or
 * `error loading "PATH", …`. Warnings are left out: their only kind is of short image names, and
 * it takes an image in a variable for one.
 */
export function generatorMessages(lines: readonly string[]): readonly GeneratorMessage[] {
  const seen = new Set<string>();
  return lines.flatMap((line): GeneratorMessage[] => {
    const [, unit = "", said = ""] =
      /converting "([^"]+)": (.*)$/.exec(line) ??
      /error loading "(?:.*\/)?([^"/]+)",? (.*)$/.exec(line) ??
      [];
    if (unit === "" || seen.has(`${unit}\t${said}`)) return [];
    seen.add(`${unit}\t${said}`);
    const text = said.replace(/ in \/\S+$/, "");
    const number = /^file contains line (\d+):/.exec(text)?.[1];
    const about = aboutIn(text);
    return [
      {
        unit,
        text,
        ...(number === undefined ? {} : { line: Number(number) }),
        ...(about === undefined ? {} : { about }),
      },
    ];
  });
}

function aboutIn(text: string): About | undefined {
  const [, key, section] = /unsupported key '([^']+)' in group '([^']+)'/.exec(text) ?? [];
  if (key !== undefined && section !== undefined) return { key, section };
  const [, reference] =
    /(?:unit|source|image) (\S+\.[a-z]+) (?:was not found|does not exist)/.exec(text) ??
    /unable to translate dependency for (\S+)/.exec(text) ??
    [];
  if (reference !== undefined) return { value: reference };
  const [, ofService] = /invalid (?:service )?(Type|KillMode) '/.exec(text) ?? [];
  if (ofService !== undefined) return { section: "Service", key: ofService };
  const [, ofKey] =
    /\b(?:in|for) (?:the )?(?:key )?([A-Z]\w+)(?: key|=)/.exec(text) ??
    /^invalid (\w+) set\b/.exec(text) ??
    [];
  return ofKey === undefined ? undefined : { key: ofKey };
}

/** The line of a unit that a complaint is about, from 1. */
export function lineAbout(about: About, content: string): number | undefined {
  return parseUnitFile(content).entries.find(
    ({ section, key, value }) =>
      (about.section === undefined || section === about.section) &&
      (about.key === undefined || key === about.key) &&
      (about.value === undefined || value.split(/[\s:,=]/).includes(about.value)),
  )?.line;
}
